//! Paths of routes with names in braces where values stand: filled with values, and matched with paths. Knows no route.

/// Returns the path with a value in place of each name, in order.
pub(super) fn filled(template: &str, values: &[u64]) -> String {
    let mut values = values.iter();
    let mut path = String::with_capacity(template.len() + 8);
    for segment in template.split('/').skip(1) {
        path.push('/');
        let value = is_value(segment).then(|| values.next()).flatten();
        match value {
            Some(value) => path.push_str(&value.to_string()),
            None => path.push_str(segment),
        }
    }
    path
}

/// Returns the texts that stand in a path where the template has names; none where the path is another one, or a text
/// is no number.
pub(super) fn matched<'a>(template: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let mut segments = path.strip_prefix('/')?.split('/');
    let mut values = Vec::new();
    for expected in template.split('/').skip(1) {
        let segment = segments.next()?;
        if is_value(expected) {
            let digits = !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
            values.push(digits.then_some(segment)?);
        } else if expected != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(values)
}

fn is_value(segment: &str) -> bool {
    segment.starts_with('{')
}

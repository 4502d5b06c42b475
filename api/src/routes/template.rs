//! Paths of routes with names in braces where values stand: filled with values, and matched with paths. Knows no route.

use std::fmt;

/// Writes the path with a value in place of each name, in order.
pub(super) fn write_filled(
    f: &mut fmt::Formatter<'_>,
    template: &str,
    values: &[u64],
) -> fmt::Result {
    let mut rest = template;
    for value in values {
        let name =
            rest.split_once('{').and_then(|(before, name)| Some((before, name.split_once('}')?)));
        let Some((before, (_, after))) = name else { break };
        write!(f, "{before}{value}")?;
        rest = after;
    }
    f.write_str(rest)
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

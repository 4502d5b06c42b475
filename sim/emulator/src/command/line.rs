//! What a grid job is to do, behind the number of its task: as it stands, or in octal for `printf`. Must not run
//! anything.

use std::borrow::Cow;

/// What stands before the number of a task.
const TASK: &str = ": task ";
/// What stands around a text in octal.
const SPELLED: (&str, &str) = ("eval \"$(printf %b '", "')\"");

/// The work of a job, whose command may begin with the number of its task.
pub(super) fn work(command: &str) -> Cow<'_, str> {
    let numbered = || {
        let (number, rest) = command.strip_prefix(TASK)?.split_once("; ")?;
        number.bytes().all(|byte| byte.is_ascii_digit()).then_some(rest)
    };
    let rest = numbered().unwrap_or(command);
    let spelled = rest.strip_prefix(SPELLED.0).and_then(|rest| rest.strip_suffix(SPELLED.1));
    match spelled.filter(|text| !text.contains('\'')).and_then(read) {
        Some(text) => Cow::Owned(text),
        None => Cow::Borrowed(rest),
    }
}

/// What `printf %b` writes for a text with no escapes but octal ones.
fn read(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.extend_from_slice(before.as_bytes());
        let digits = after.strip_prefix('0')?.get(..3)?;
        out.push(u8::from_str_radix(digits, 8).ok()?);
        rest = after.get(4..)?;
    }
    out.extend_from_slice(rest.as_bytes());
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::work;

    #[test]
    fn the_work_stands_behind_the_number_plain_or_in_octal() {
        assert_eq!(work(": task 17; run 'a b'"), "run 'a b'");
        assert_eq!(
            work(": task 1; eval \"$(printf %b 'run caf\\0303\\0251 \\0043b')\""),
            "run caf\u{e9} #b"
        );
        assert_eq!(work("run ; : task 3; x"), "run ; : task 3; x");
        for odd in
            ["eval \"$(printf %b 'a\\n')\"", ": task x; run", "eval \"$(printf %b 'a\\09z')\""]
        {
            assert_eq!(work(odd), odd);
        }
    }
}

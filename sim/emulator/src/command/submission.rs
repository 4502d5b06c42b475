//! What becomes of a command at its submission: OAR 2 sends it through one more shell, OAR 3
//! replaces `$HOME` and nothing else. Must not run anything.

/// Where and when a command is submitted.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Home of the submitter.
    pub home: &'a str,
    /// The date on the server, seconds since 1970.
    pub now_s: i64,
}

/// The number a shell answers for `$$`.
const SHELL_NUMBER: &str = "614";

/// OAR 3's command: the text `$HOME` is replaced.
pub fn oar3(command: &str, place: Place<'_>) -> String {
    command.replace("$HOME", place.home)
}

/// OAR 2's command: `$NAME`, `$$`, `$(…)` and `` `…` `` are expanded on the server, with `\` before
/// `$`, `` ` ``, `\` or `"` taken away. Of substitutions only `date +%s` is known; others give
/// nothing, as a program without output does.
pub fn oar2(command: &str, place: Place<'_>) -> String {
    let mut out = String::with_capacity(command.len());
    let mut rest = command;
    while let Some(at) = rest.find(['\\', '$', '`']) {
        out.push_str(&rest[..at]);
        let (special, after) = (&rest[at..=at], &rest[at + 1..]);
        rest = match special {
            "\\" => escaped(after, &mut out),
            "`" => match after.split_once('`') {
                Some((inner, after)) => {
                    out.push_str(&substituted(inner, place));
                    after
                }
                None => after,
            },
            _ => variable(after, place, &mut out),
        };
    }
    out.push_str(rest);
    out
}

fn escaped<'a>(after: &'a str, out: &mut String) -> &'a str {
    match after.chars().next() {
        Some(c @ ('$' | '`' | '\\' | '"')) => {
            out.push(c);
            &after[1..]
        }
        Some(_) | None => {
            out.push('\\');
            after
        }
    }
}

fn variable<'a>(after: &'a str, place: Place<'_>, out: &mut String) -> &'a str {
    if let Some(after) = after.strip_prefix('$') {
        out.push_str(SHELL_NUMBER);
        return after;
    }
    if let Some((inner, after)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
        out.push_str(&substituted(inner, place));
        return after;
    }
    let name_ends = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let (name, after) = after.split_at(name_ends.unwrap_or(after.len()));
    match name {
        "" => out.push('$'),
        "HOME" => out.push_str(place.home),
        _ => {}
    }
    after
}

fn substituted(program: &str, place: Place<'_>) -> String {
    match program.trim() {
        "date +%s" => place.now_s.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { home: "/home/alice", now_s: 1_000_000_005 };

    #[test]
    fn oar_2_expands_on_the_server_what_is_not_escaped() {
        for (sent, kept) in [
            ("/bin/bash -c 'kill -9 $$'", "/bin/bash -c 'kill -9 614'"),
            ("$HOME/job.sh", "/home/alice/job.sh"),
            ("\\$HOME/job.sh", "$HOME/job.sh"),
            ("[ $(date +%s) -lt 9 ]", "[ 1000000005 -lt 9 ]"),
            ("[ \\$(date +%s) -lt 9 ]", "[ $(date +%s) -lt 9 ]"),
            ("echo `id` $NOSUCH end$", "echo   end$"),
            ("a\\b", "a\\b"),
        ] {
            assert_eq!(oar2(sent, PLACE), kept, "{sent}");
        }
    }

    #[test]
    fn oar_3_replaces_the_home_alone() {
        assert_eq!(oar3("$HOME/a $$ `id`", PLACE), "/home/alice/a $$ `id`");
    }
}

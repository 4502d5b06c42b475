//! What becomes of a command at its submission and at its start: OAR 2 sends it through two more shells when it
//! is submitted, OAR 3 replaces `$HOME`, and reads the command as Perl does when it starts. Must not run anything.

/// What a server's shells know where and when a command is submitted.
#[derive(Clone, Copy, Debug)]
pub struct SubmitContext<'a> {
    /// Home of the submitter.
    pub home: &'a str,
    /// The date on the server, seconds since 1970.
    pub now_s: i64,
}

/// The number a shell answers for `$$`.
const SHELL_NUMBER: &str = "614";

/// OAR 3's command: the text `$HOME` is replaced.
pub fn oar3(command: &str, context: SubmitContext<'_>) -> String {
    command.replace("$HOME", context.home)
}

/// What an OAR 3 hands to the shell of a job: the command stands in single quotes of Perl's, in which OAR sees to
/// single quotes only. None where one of them ends the text early, so that the job cannot be launched.
pub fn read_by_perl(command: &str) -> Option<String> {
    let mut out = String::with_capacity(command.len());
    let quoted = command.replace('\'', "\\'");
    let mut characters = quoted.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, characters.peek()) {
            ('\\', Some('\\' | '\'')) => out.extend(characters.next()),
            ('\'', _) | ('\\', None) => return None,
            _ => out.push(c),
        }
    }
    Some(out)
}

/// OAR 2's command, after two shells that read it in double quotes. Its API sees to double quotes and the
/// backslashes before them in both, and in the outer one to `$` and backquotes and the backslashes before them. So
/// `$NAME`, `$$`, `$(…)` and `` `…` `` are expanded once; of substitutions only `date +%s` is known, and others
/// give nothing, as a program without output does. None where a backslash eats the closing quote.
pub fn oar2(command: &str, context: SubmitContext<'_>) -> Option<String> {
    let mut out = String::with_capacity(command.len());
    let mut rest = command;
    while let Some(at) = rest.find(['\\', '$', '`']) {
        out.push_str(&rest[..at]);
        let (special, after) = (&rest[at..=at], &rest[at + 1..]);
        rest = match special {
            "\\" => backslashes(&rest[at..], &mut out)?,
            "`" => match after.split_once('`') {
                Some((inner, after)) => {
                    out.push_str(&substituted(inner, context));
                    after
                }
                None => after,
            },
            _ => variable(after, context, &mut out),
        };
    }
    out.push_str(rest);
    Some(out)
}

/// Reads a run of backslashes and what it escapes. Returns the rest.
fn backslashes<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let after = text.trim_start_matches('\\');
    let run = text.len() - after.len();
    let once = |run: usize| run / 2 + run % 2;
    let next = after.chars().next();
    let left = match next {
        Some('"') => run,
        Some('$' | '`') => run / 2,
        None if run % 2 == 1 => return None,
        None => run / 2,
        Some(_) => once(once(run)),
    };
    out.extend(std::iter::repeat_n('\\', left));
    match next {
        Some(special @ ('$' | '`')) if run % 2 == 1 => {
            out.push(special);
            Some(&after[1..])
        }
        _ => Some(after),
    }
}

fn variable<'a>(after: &'a str, context: SubmitContext<'_>, out: &mut String) -> &'a str {
    if let Some(after) = after.strip_prefix('$') {
        out.push_str(SHELL_NUMBER);
        return after;
    }
    if let Some((inner, after)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
        out.push_str(&substituted(inner, context));
        return after;
    }
    let name_ends = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let (name, after) = after.split_at(name_ends.unwrap_or(after.len()));
    match name {
        "" => out.push('$'),
        "HOME" => out.push_str(context.home),
        _ => {}
    }
    after
}

fn substituted(program: &str, context: SubmitContext<'_>) -> String {
    match program.trim() {
        "date +%s" => context.now_s.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: SubmitContext<'_> = SubmitContext { home: "/home/alice", now_s: 1_000_000_005 };

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
            assert_eq!(oar2(sent, CONTEXT).as_deref(), Some(kept), "{sent}");
        }
    }

    #[test]
    fn backslashes_go_through_two_shells_as_on_a_real_oar_2() {
        // As an OAR 2.5.9 did with 70 commands made at random.
        for (sent, kept) in [
            (r#"a\\"b"#, r#"a\\"b"#),
            (r"a\\\\b", r"a\b"),
            (r"a\\b\\\c", r"a\b\c"),
            (r"\\\$x \\$NOSUCH.", r"\$x \."),
            (r"a\\", r"a\"),
        ] {
            assert_eq!(oar2(sent, CONTEXT).as_deref(), Some(kept), "{sent}");
        }
        assert_eq!(oar2(r"a\", CONTEXT), None);
        assert_eq!(oar2(r"a\\\", CONTEXT), None);
    }

    #[test]
    fn oar_3_reads_a_command_as_perl_does() {
        for (sent, read) in [
            (r"a\b", Some(r"a\b")),
            (r"a\\b \\\\", Some(r"a\b \\")),
            ("it's", Some("it's")),
            (r"it\\'s", Some(r"it\'s")),
            (r"it\\\\'s", Some(r"it\\'s")),
            (r"it\'s", None),
            (r"a\", None),
        ] {
            assert_eq!(read_by_perl(sent).as_deref(), read, "{sent}");
        }
    }

    #[test]
    fn oar_3_replaces_the_home_alone() {
        assert_eq!(oar3("$HOME/a $$ `id`", CONTEXT), "/home/alice/a $$ `id`");
    }
}

//! A handful of shell words: `sleep`, `echo`, `exit`, `true`, `false`, `pwd`, `kill -9 $$`,
//! `bash -c '…'`, joined by `;` or newlines. Whatever else a command says is not understood, and
//! then nothing of it is. Must not run anything.

use gleaner_sim::time::SimSpan;

/// Longest text that is looked at, bytes.
const TEXT_MAX: usize = 4096;
/// How deep `bash -c` may be nested.
const DEPTH_MAX: u32 = 4;
/// A command that does nothing still takes a moment: OAR rounds to whole seconds.
const MOMENT: SimSpan = SimSpan::from_ms(100);

/// What a command will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// How long it runs.
    pub run: SimSpan,
    /// The raw wait status it ends with: an exit code times 256, or the number of a signal.
    pub status: i32,
    /// What it writes to its output.
    pub stdout: String,
    /// What it writes to its error output.
    pub stderr: String,
}

/// What `command` does in `directory`, if every word of it is understood.
pub fn effect(command: &str, directory: &str) -> Option<Effect> {
    if command.len() > TEXT_MAX {
        return None;
    }
    let nothing = Effect { run: MOMENT, status: 0, stdout: String::new(), stderr: String::new() };
    let mut shell = Shell { effect: nothing, directory, over: false };
    shell.run(command, 0)?;
    Some(shell.effect)
}

struct Shell<'a> {
    effect: Effect,
    directory: &'a str,
    over: bool,
}

impl Shell<'_> {
    fn run(&mut self, script: &str, depth: u32) -> Option<()> {
        for words in statements(script)? {
            if self.over {
                break;
            }
            self.statement(&words, depth)?;
        }
        Some(())
    }

    fn statement(&mut self, words: &[String], depth: u32) -> Option<()> {
        let (program, arguments) = words.split_first()?;
        let program = ["/bin/", "/usr/bin/"]
            .iter()
            .find_map(|folder| program.strip_prefix(folder))
            .unwrap_or(program);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.effect.status = match (program, arguments.as_slice()) {
            ("true" | ":", _) => 0,
            ("false", _) => 1 << 8,
            ("pwd", []) => {
                self.effect.stdout.push_str(self.directory);
                self.effect.stdout.push('\n');
                0
            }
            ("echo", words) => {
                let (words, to_error) = match words.split_last() {
                    Some((&(">&2" | "1>&2"), words)) => (words, true),
                    Some(_) | None => (words, false),
                };
                if words.iter().any(|word| word.contains(['>', '<', '|'])) {
                    return None;
                }
                let out = if to_error { &mut self.effect.stderr } else { &mut self.effect.stdout };
                out.push_str(&words.join(" "));
                out.push('\n');
                0
            }
            ("sleep", &[time]) => {
                let seconds: f64 = time.parse().ok().filter(|s: &f64| (0.0..1e9).contains(s))?;
                self.effect.run = self.effect.run + SimSpan::from_ms((seconds * 1000.0) as i64);
                0
            }
            ("exit", &[]) => {
                self.over = true;
                self.effect.status
            }
            ("exit", &[code]) => {
                self.over = true;
                i32::from(code.parse::<u8>().ok()?) << 8
            }
            ("kill", &["-9" | "-KILL", "$$"]) => {
                self.over = true;
                9
            }
            ("bash" | "sh", &["-c", script]) if depth < DEPTH_MAX => {
                self.run(script, depth + 1)?;
                self.over = false;
                return Some(());
            }
            _ => return None,
        };
        Some(())
    }
}

/// The words of each statement; `None` where a quote does not end or a character has a meaning of
/// its own that is not known here.
fn statements(script: &str) -> Option<Vec<Vec<String>>> {
    let mut all = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut characters = script.chars();
    while let Some(c) = characters.next() {
        match c {
            '\'' => {
                let into = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '\'' => break,
                        inner => into.push(inner),
                    }
                }
            }
            '"' => {
                let into = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '"' => break,
                        '`' | '\\' | '$' => return None,
                        inner => into.push(inner),
                    }
                }
            }
            ';' | '\n' => {
                all.last_mut()?.extend(word.take());
                all.push(Vec::new());
            }
            ' ' | '\t' => all.last_mut()?.extend(word.take()),
            '`' | '\\' | '|' | '(' | ')' | '<' | '*' | '?' | '{' | '}' => return None,
            '&' if !word.as_deref().is_some_and(|word| word.ends_with('>')) => return None,
            _ => word.get_or_insert_default().push(c),
        }
    }
    all.last_mut()?.extend(word);
    all.retain(|words| !words.is_empty());
    let known = |word: &String| !word.contains('$') || word == "$$" || word.contains(' ');
    (!all.is_empty() && all.iter().flatten().all(known)).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_understood_have_their_effect() {
        let check = |command: &str, run_ms: i64, status: i32, out: &str, err: &str| {
            let effect = effect(command, "/home/alice").expect(command);
            let got = (effect.run.ms(), effect.status, &*effect.stdout, &*effect.stderr);
            assert_eq!(got, (run_ms, status, out, err), "{command}");
        };
        check("/bin/sleep 3", 3_100, 0, "", "");
        check("true", 100, 0, "", "");
        check("false", 100, 256, "", "");
        check("true 7 8", 100, 0, "", "");
        check("/bin/bash -c 'exit 3'", 100, 768, "", "");
        check("/bin/bash -c 'kill -9 $$'", 100, 9, "", "");
        check("/bin/bash -c 'echo out; echo err >&2'", 100, 0, "out\n", "err\n");
        check("/bin/echo p1 1 a", 100, 0, "p1 1 a\n", "");
        check("echo about to fail\nexit 2", 100, 512, "about to fail\n", "");
        check("/bin/pwd", 100, 0, "/home/alice\n", "");
        check("sleep 1; false; exit", 1_100, 256, "", "");
    }

    #[test]
    fn words_that_are_not_understood_are_left_to_others() {
        for command in [
            "$HOME/job.sh 1",
            "/no/such/command",
            "echo `id`",
            "sleep x",
            "echo 'open",
            "",
            ";",
            "echo a > file",
            "sleep 1 & exit 3",
            "exit 300",
            "cat file | wc",
        ] {
            assert_eq!(effect(command, "/"), None, "{command}");
        }
    }
}

//! The text of an assertion, read from left to right without recursion. Must not know figures.

use crate::assertion::error::{AssertionError, Found};
use crate::assertion::resolve::Path;
use crate::assertion::{Assertion, Claim, Operator};

impl Assertion {
    /// Reads an assertion.
    ///
    /// # Errors
    /// If the text does not follow the grammar; the error tells the column.
    pub fn parse(text: &str) -> Result<Self, AssertionError> {
        let mut reader = Reader { chars: text.chars().collect(), at: 0 };
        let mut any_of = vec![vec![reader.claim()?]];
        loop {
            reader.skip_space();
            if reader.at == reader.chars.len() {
                return Ok(Assertion { any_of });
            }
            let start = reader.at;
            match reader.word().as_str() {
                "and" => {
                    let claim = reader.claim()?;
                    any_of.last_mut().expect("a group is pushed before the loop").push(claim);
                }
                "or" => any_of.push(vec![reader.claim()?]),
                _ => {
                    reader.at = start;
                    return Err(reader.expected("`and`, `or` or the end"));
                }
            }
        }
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn claim(&mut self) -> Result<Claim, AssertionError> {
        let path = self.path()?;
        self.skip_space();
        let operator = self.operator()?;
        self.skip_space();
        let number = self.number("a number")?;
        Ok(Claim { path, operator, number })
    }

    fn path(&mut self) -> Result<Path, AssertionError> {
        self.skip_space();
        let start = self.at;
        let mut parts = Vec::new();
        loop {
            parts.push(self.part()?);
            if self.peek() != Some('.') {
                break;
            }
            self.at += 1;
        }
        let text: String = self.chars[start..self.at].iter().collect();
        if matches!(text.as_str(), "and" | "or") {
            self.at = start;
            return Err(self.expected("the path of a figure"));
        }
        Ok(Path { text, column: start + 1, parts })
    }

    fn part(&mut self) -> Result<String, AssertionError> {
        let start = self.at;
        if self.peek() == Some('"') {
            let rest = &self.chars[start + 1..];
            let Some(length) = rest.iter().position(|&c| c == '"') else {
                return Err(AssertionError::OpenQuote { column: start + 1 });
            };
            self.at = start + length + 2;
            return Ok(rest[..length].iter().collect());
        }
        let ends =
            |c: char| c.is_whitespace() || matches!(c, '.' | '<' | '>' | '=' | '!' | '~' | '"');
        while self.peek().is_some_and(|c| !ends(c)) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.expected("the path of a figure"));
        }
        Ok(self.chars[start..self.at].iter().collect())
    }

    fn operator(&mut self) -> Result<Operator, AssertionError> {
        let equal_follows = self.chars.get(self.at + 1) == Some(&'=');
        let (operator, length) = match (self.peek(), equal_follows) {
            (Some('<'), true) => (Operator::LessOrEqual, 2),
            (Some('<'), false) => (Operator::Less, 1),
            (Some('>'), true) => (Operator::GreaterOrEqual, 2),
            (Some('>'), false) => (Operator::Greater, 1),
            (Some('='), true) => (Operator::Equal, 2),
            (Some('!'), true) => (Operator::NotEqual, 2),
            (Some('~'), _) => {
                self.at += 1;
                let start = self.at;
                let tolerance = self.number("a tolerance, at least 0, right after `~`")?;
                if tolerance < 0.0 {
                    self.at = start;
                    return Err(self.expected("a tolerance, at least 0, right after `~`"));
                }
                return Ok(Operator::Near(tolerance));
            }
            _ => return Err(self.expected("one of `<` `<=` `>` `>=` `==` `!=` `~TOL`")),
        };
        self.at += length;
        Ok(operator)
    }

    fn number(&mut self, expected: &'static str) -> Result<f64, AssertionError> {
        let start = self.at;
        let word = self.word();
        // `inf` and `nan` read as numbers, too, but compare with nothing useful.
        let number = word.parse().ok().filter(|value: &f64| value.is_finite());
        number.ok_or_else(|| {
            self.at = start;
            self.expected(expected)
        })
    }

    /// Returns the characters up to the next space.
    fn word(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| !c.is_whitespace()) {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn expected(&mut self, expected: &'static str) -> AssertionError {
        let column = self.at + 1;
        let found = match self.word() {
            word if word.is_empty() && self.peek().is_none() => Found::End,
            word if word.is_empty() => Found::Text(" ".to_owned()),
            word => Found::Text(word),
        };
        AssertionError::Expected { expected, column, found }
    }
}

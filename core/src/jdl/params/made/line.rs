//! The text of a parameter, with names in braces where values stand. Knows no column.

/// The name of the place of a parameter, from 0.
pub(super) const NUMBER: &str = "number";

/// A text with places for values.
#[derive(Debug, Default)]
pub(super) struct Line(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    /// It stands as it is.
    Text(Box<str>),
    /// The place of the parameter.
    Number,
    /// A value of the column at this position.
    Value(usize),
}

impl Line {
    /// Makes the values behind one another, with a number in front: the first word must be unique.
    pub(super) fn numbered(names: &[&str]) -> Line {
        let values = Line::values(names).0;
        let blank = (!names.is_empty()).then(|| Piece::Text(" ".into()));
        Line([Piece::Number].into_iter().chain(blank).chain(values).collect())
    }

    /// Makes the values behind one another.
    pub(super) fn values(names: &[&str]) -> Line {
        let mut pieces = Vec::new();
        for at in 0..names.len() {
            if at > 0 {
                pieces.push(Piece::Text(" ".into()));
            }
            pieces.push(Piece::Value(at));
        }
        Line(pieces)
    }

    /// Reads a text in which `{name}` is a value, `{number}` the place of the parameter, and `{{` a brace.
    pub(super) fn read(text: &str, names: &[&str]) -> Result<Line, String> {
        let (mut pieces, mut plain) = (Vec::new(), String::new());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            plain.push_str(before);
            if let Some(behind) = behind.strip_prefix('{') {
                plain.push('{');
                rest = behind;
                continue;
            }
            let unclosed = || {
                format!(
                    "`params.line` has a brace without an end: `{{{behind}`; write `{{{{` for a brace"
                )
            };
            let (name, behind) = behind.split_once('}').ok_or_else(unclosed)?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain).into()));
            }
            pieces.push(match names.iter().position(|known| *known == name) {
                Some(at) => Piece::Value(at),
                None if name == NUMBER => Piece::Number,
                None => {
                    let known = names.join("`, `");
                    return Err(format!(
                        "`params.line` names `{name}`, and there are `{known}` and `{NUMBER}`"
                    ));
                }
            });
            rest = behind;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain.into()));
        }
        Ok(Line(pieces))
    }

    /// Returns the text of the parameter at a place, with the values of all columns.
    pub(super) fn filled(&self, number: u64, values: &[String]) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Number => text.push_str(&number.to_string()),
                Piece::Value(at) => text.push_str(values.get(*at).map_or("", |value| value)),
            }
        }
        text
    }
}

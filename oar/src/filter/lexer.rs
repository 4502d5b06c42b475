//! Words of the filter language, each with its column. Knows no grammar.

use crate::error::ParseError;
use crate::value::Value;

/// A word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A property, or a keyword: the parser decides by position.
    Name(String),
    /// A property in double quotes, never a keyword.
    Quoted(String),
    /// A number or a text.
    Literal(Value),
    /// `=`, `==`, `!=`, `<>`, `<`, `<=`, `>`, `>=`, `(`, `)`, `,`.
    Sign(&'static str),
}

const KEYWORDS: [&str; 9] = ["AND", "OR", "NOT", "IN", "LIKE", "BETWEEN", "IS", "NULL", "TRUE"];
const SIGNS: [&str; 11] = ["==", "!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ","];

/// Whether a property can be written without quotes.
pub(super) fn is_plain_name(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let later = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    name.starts_with(first)
        && name.chars().all(later)
        && !KEYWORDS.iter().any(|word| word.eq_ignore_ascii_case(name))
}

/// Splits a filter into words with their columns (characters, from 1).
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ParseError> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut column = 1;
    loop {
        let trimmed = rest.trim_start();
        column += rest[..rest.len() - trimmed.len()].chars().count();
        rest = trimmed;
        let Some(first) = rest.chars().next() else {
            return Ok(found);
        };
        let (length, token) = token(rest, first, column, found.last().map(|(_, token)| token))?;
        found.push((column, token));
        column += rest[..length].chars().count();
        rest = &rest[length..];
    }
}

/// The first word of a text that starts with it, and its length in bytes.
fn token(
    rest: &str,
    first: char,
    column: usize,
    before: Option<&Token>,
) -> Result<(usize, Token), ParseError> {
    if first == '\'' || first == '"' {
        let (length, inner) =
            quoted(rest, first).ok_or(ParseError::Unclosed { column, open: first })?;
        let token =
            if first == '"' { Token::Quoted(inner) } else { Token::Literal(Value::Text(inner)) };
        return Ok((length, token));
    }
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        return Ok((sign.len(), Token::Sign(sign)));
    }
    let value_expected = !matches!(before, Some(Token::Name(_) | Token::Literal(_)))
        || matches!(before, Some(Token::Name(word)) if is_keyword(word));
    if first.is_ascii_digit() || first == '.' || ("+-".contains(first) && value_expected) {
        return number(rest, column);
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let later = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let length = rest.find(|c| !later(c)).unwrap_or(rest.len());
        return Ok((length, Token::Name(rest[..length].to_owned())));
    }
    Err(ParseError::Unexpected { column, expected: "a word", found: format!("`{first}`") })
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

/// The text between quotes, doubled quotes undone, and the length with the quotes.
fn quoted(rest: &str, quote: char) -> Option<(usize, String)> {
    let mut inner = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            inner.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == quote) {
            inner.push(quote);
            chars.next();
        } else {
            return Some((at + 1, inner));
        }
    }
    None
}

fn number(rest: &str, column: usize) -> Result<(usize, Token), ParseError> {
    let bytes = rest.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(usize::from(matches!(bytes[0], b'+' | b'-')));
    let mut whole = true;
    if bytes.get(end) == Some(&b'.') {
        whole = false;
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if digits(signed) > signed {
            whole = false;
            end = digits(signed);
        }
    }
    let text = &rest[..end];
    let value = if whole {
        text.parse().ok().map(Value::Int)
    } else {
        text.parse().ok().filter(|n: &f64| n.is_finite()).map(Value::Real)
    };
    let value = value.ok_or_else(|| ParseError::Number { column, text: text.to_owned() })?;
    Ok((end, Token::Literal(value)))
}

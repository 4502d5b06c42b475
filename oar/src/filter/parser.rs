//! Grammar of the filter language: recursive descent of bounded depth.

use super::lexer::{Token, tokens};
use super::{Comparison, Filter, Operand};
use crate::error::ParseError;
use crate::value::Value;

/// Longest filter accepted, in bytes.
const LENGTH_MAX: usize = 1 << 16;
/// Deepest nesting of parentheses and NOTs.
const DEPTH_MAX: usize = 64;

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// What the grammar does not know, with its column; texts over 64 KiB or nested too deeply.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > LENGTH_MAX {
            return Err(ParseError::TooLong { length: text.len(), limit: LENGTH_MAX });
        }
        let end_column = text.chars().count() + 1;
        let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0, end_column };
        let filter = parser.alternatives()?;
        if parser.next < parser.tokens.len() {
            return Err(parser.unexpected("`AND`, `OR` or the end"));
        }
        Ok(filter)
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
    end_column: usize,
}

impl Parser {
    fn alternatives(&mut self) -> Result<Filter, ParseError> {
        let mut parts = vec![self.conjunction()?];
        while self.takes_word("OR") {
            parts.push(self.conjunction()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::Or(parts) })
    }

    fn conjunction(&mut self) -> Result<Filter, ParseError> {
        let mut parts = vec![self.negation()?];
        while self.takes_word("AND") {
            parts.push(self.negation()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::And(parts) })
    }

    fn negation(&mut self) -> Result<Filter, ParseError> {
        let column = self.column();
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(ParseError::TooDeep { column, limit: DEPTH_MAX });
        }
        let filter = if self.takes_word("NOT") {
            Filter::Not(Box::new(self.negation()?))
        } else if self.takes_sign("(") {
            let inner = self.alternatives()?;
            self.need_sign(")", "`)`")?;
            inner
        } else {
            self.predicate()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn predicate(&mut self) -> Result<Filter, ParseError> {
        let left = self.operand()?;
        if let Some(how) = self.comparison() {
            return Ok(Filter::Compare(left, how, self.operand()?));
        }
        if self.takes_word("IS") {
            let negated = self.takes_word("NOT");
            if !self.takes_word("NULL") {
                return Err(self.unexpected("`NULL`"));
            }
            return Ok(negate_if(negated, Filter::IsNull(left)));
        }
        let negated = self.takes_word("NOT");
        let filter = if self.takes_word("IN") {
            self.need_sign("(", "`(`")?;
            let mut list = vec![self.operand()?];
            while self.takes_sign(",") {
                list.push(self.operand()?);
            }
            self.need_sign(")", "`,` or `)`")?;
            Filter::In(left, list)
        } else if self.takes_word("LIKE") {
            Filter::Like(left, self.operand()?)
        } else if self.takes_word("BETWEEN") {
            let low = self.operand()?;
            if !self.takes_word("AND") {
                return Err(self.unexpected("`AND`"));
            }
            Filter::Between(left, low, self.operand()?)
        } else {
            return Err(self.unexpected("a comparison"));
        };
        Ok(negate_if(negated, filter))
    }

    fn operand(&mut self) -> Result<Operand, ParseError> {
        let operand = match self.tokens.get(self.next).map(|(_, token)| token) {
            Some(Token::Literal(value)) => Operand::Literal(value.clone()),
            Some(Token::Quoted(name)) => Operand::Property(name.clone()),
            Some(Token::Name(word)) if word.eq_ignore_ascii_case("NULL") => {
                Operand::Literal(Value::Null)
            }
            Some(Token::Name(word)) if super::lexer::is_plain_name(word) => {
                Operand::Property(word.clone())
            }
            _ => return Err(self.unexpected("a property or a value")),
        };
        self.next += 1;
        Ok(operand)
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let Some((_, Token::Sign(sign))) = self.tokens.get(self.next) else {
            return None;
        };
        let how = match *sign {
            "=" | "==" => Comparison::Equal,
            "!=" | "<>" => Comparison::Different,
            "<" => Comparison::Less,
            "<=" => Comparison::AtMost,
            ">" => Comparison::Greater,
            ">=" => Comparison::AtLeast,
            _ => return None,
        };
        self.next += 1;
        Some(how)
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.next),
            Some((_, Token::Name(name))) if name.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    fn takes_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.next),
            Some((_, Token::Sign(given))) if *given == sign);
        self.next += usize::from(found);
        found
    }

    fn need_sign(&mut self, sign: &str, expected: &'static str) -> Result<(), ParseError> {
        if self.takes_sign(sign) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn column(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end_column, |(column, _)| *column)
    }

    fn unexpected(&self, expected: &'static str) -> ParseError {
        let found = match self.tokens.get(self.next).map(|(_, token)| token) {
            None => "the end".to_owned(),
            Some(Token::Name(name) | Token::Quoted(name)) => format!("`{name}`"),
            Some(Token::Literal(value)) => format!("`{value}`"),
            Some(Token::Sign(sign)) => format!("`{sign}`"),
        };
        ParseError::Unexpected { column: self.column(), expected, found }
    }
}

fn negate_if(negated: bool, filter: Filter) -> Filter {
    if negated { Filter::Not(Box::new(filter)) } else { filter }
}

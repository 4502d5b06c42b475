//! Parses one row from bytes: no copies, no text conversion, one pass.
//! Must not know files or lines.

use crate::error::swf::RowProblem;
use crate::swf::{FIELDS, SwfRecord};

/// Fields (counted from 0) that may have decimals: average cpu time, used and requested memory.
const DECIMAL: u32 = 1 << 5 | 1 << 6 | 1 << 9;

/// Digits that always fit an `i64`.
const SAFE_DIGITS: usize = 18;

/// Characters of an offending field shown in a message.
const SHOWN_MAX: usize = 40;

/// Whether the line holds no row: blank, or a comment.
#[inline]
pub(crate) fn is_comment_or_blank(line: &[u8]) -> bool {
    match line.iter().find(|byte| !is_blank(**byte)) {
        None | Some(b';') => true,
        Some(_) => false,
    }
}

/// Parses a row. `line` has no line end.
#[inline]
pub(crate) fn parse(line: &[u8]) -> Result<SwfRecord, RowProblem> {
    let mut integers = [0i64; FIELDS];
    let mut decimals = [0f64; FIELDS];
    let mut rest = without_blanks(line);
    for index in 0..FIELDS {
        match rest {
            // What is not known: half of the fields of most rows.
            [b'-', b'1', b' ', behind @ ..] => {
                integers[index] = -1;
                rest = without_blanks(behind);
                continue;
            }
            [] => return Err(not_utf8(line).unwrap_or(RowProblem::FieldCount { found: index })),
            [..] => {}
        }
        let behind = match integer(rest) {
            Some((value, behind)) => {
                integers[index] = value;
                behind
            }
            None => {
                decimals[index] = decimal(line, line.len() - rest.len(), index)?;
                integers[index] = i64::MIN;
                &rest[token(rest).len()..]
            }
        };
        rest = without_blanks(behind);
    }
    if !rest.is_empty() {
        return Err(too_many(line));
    }
    Ok(record(&integers, &decimals))
}

#[inline]
fn without_blanks(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', behind @ ..] = text {
        text = behind;
    }
    text
}

/// An integer and what is behind it, when the field is one and surely fits; anything else is looked at
/// again by [`decimal`], which is slow and exact.
#[inline]
fn integer(text: &[u8]) -> Option<(i64, &[u8])> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let mut value = 0i64;
    let mut rest = digits;
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        value = value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
        rest = behind;
    }
    let length = digits.len() - rest.len();
    let ended = matches!(rest, [] | [b' ' | b'\t', ..]);
    if length == 0 || length > SAFE_DIGITS || !ended {
        return None;
    }
    Some((if negative { -value } else { value }, rest))
}

/// The field starting at `at`, when it is not a short integer: a decimal where one is allowed, or
/// the reason why not. Integers of more than [`SAFE_DIGITS`] digits are out of range: no field
/// has a use for 10^18.
#[cold]
fn decimal(line: &[u8], at: usize, index: usize) -> Result<f64, RowProblem> {
    let token = token(&line[at..]);
    let field = u8::try_from(index + 1).expect("a row has 18 fields");
    if let Some(problem) = not_utf8(line) {
        return Err(problem);
    }
    let text = shown(token);
    let unsigned = token.strip_prefix(b"-").unwrap_or(token);
    let allowed = DECIMAL & (1 << index) != 0;
    if !unsigned.is_empty() && unsigned.iter().all(u8::is_ascii_digit) {
        return Err(RowProblem::OutOfRange { field, text });
    }
    if !allowed {
        return Err(RowProblem::NotInteger { field, text });
    }
    let plain = unsigned.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        && unsigned.iter().any(u8::is_ascii_digit);
    let value = std::str::from_utf8(token).ok().and_then(|text| text.parse::<f64>().ok());
    match value {
        Some(value) if plain && value.is_finite() => Ok(value),
        _ => Err(RowProblem::NotNumber { field, text }),
    }
}

fn record(integers: &[i64; FIELDS], decimals: &[f64; FIELDS]) -> SwfRecord {
    // `i64::MIN` has 19 digits, so no parsed integer is equal to it.
    let number = |index: usize| {
        if integers[index] == i64::MIN { decimals[index] } else { integers[index] as f64 }
    };
    SwfRecord {
        job: integers[0],
        submit_s: integers[1],
        wait_s: integers[2],
        run_s: integers[3],
        allocated_procs: integers[4],
        cpu_s: number(5),
        memory_kb: number(6),
        requested_procs: integers[7],
        requested_s: integers[8],
        requested_memory_kb: number(9),
        status: integers[10],
        user: integers[11],
        group: integers[12],
        executable: integers[13],
        queue: integers[14],
        partition: integers[15],
        preceding_job: integers[16],
        think_s: integers[17],
    }
}

#[cold]
fn too_many(line: &[u8]) -> RowProblem {
    not_utf8(line).unwrap_or_else(|| {
        let found = line.split(|byte| is_blank(*byte)).filter(|field| !field.is_empty()).count();
        RowProblem::FieldCount { found }
    })
}

#[cold]
fn not_utf8(line: &[u8]) -> Option<RowProblem> {
    let error = std::str::from_utf8(line).err()?;
    Some(RowProblem::NotUtf8 { column: error.valid_up_to() + 1 })
}

fn token(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| is_blank(*byte)).unwrap_or(text.len());
    &text[..end]
}

/// A field as shown in a message: shortened, control characters escaped.
fn shown(token: &[u8]) -> String {
    let text = String::from_utf8_lossy(token);
    let short: String = text.chars().take(SHOWN_MAX).flat_map(char::escape_debug).collect();
    if text.chars().count() > SHOWN_MAX { short + "..." } else { short }
}

#[inline]
fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

//! Whole numbers as bytes, small ones short: seven bits a byte, the lowest first (LEB128). Must not know
//! what they mean.

/// Appends a number.
#[inline]
pub(super) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Takes a number from the front of what [`put`] wrote.
#[inline]
pub(super) fn take(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    while let Some((&byte, rest)) = bytes.split_first() {
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            break;
        }
    }
    value
}

/// Returns a number of either sign as one without, small ones small: 0, -1, 1, -2, ...
#[inline]
pub(super) fn fold(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Undoes [`fold`].
#[inline]
pub(super) fn unfold(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_read_back(values in prop::collection::vec(prop_oneof![any::<i64>(), -300i64..300], 0..50)) {
            let mut out = Vec::new();
            values.iter().for_each(|value| put(&mut out, fold(*value)));
            let mut rest = out.as_slice();
            for value in values {
                prop_assert_eq!(unfold(take(&mut rest)), value);
            }
            prop_assert!(rest.is_empty());
        }
    }
}

//! Labels in any type of number that an application has them in, narrowed piece by piece.

use crate::error::{Error, Operand, Result};
use crate::kernel::voxel::{Bf16Bits, F16Bits, Voxel};
use crate::volume::LabelSlice;
use std::collections::BTreeSet;
use std::ops::Range;

/// Numbers that stand for labels, borrowed from the caller: integers, and floats that hold whole numbers, as `argmax` and
/// readers of images give them. No copy is made of all of them; [`Numbers::labels`] narrows a piece at a time.
///
/// ```
/// use voxdice::{Numbers, LabelBuffer, LabelSlice, Operand};
/// let (argmax, mut buffer) = ([0i64, 2, 2, 255], LabelBuffer::default());
/// let numbers = Numbers::I64(&argmax);
/// let labels = numbers.labels(1..4, Operand::Pred, &[], &mut buffer)?;
/// assert_eq!(labels, LabelSlice::U8(&[2, 2, 255]));
/// let broken = [0.0f32, 1.5];
/// assert!(Numbers::F32(&broken).labels(0..2, Operand::Pred, &[], &mut buffer).is_err());
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)] // the type of a number
pub enum Numbers<'a> {
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
    U64(&'a [u64]),
    I8(&'a [i8]),
    I16(&'a [i16]),
    I32(&'a [i32]),
    I64(&'a [i64]),
    /// Bits of binary16 values.
    F16(&'a [u16]),
    /// Bits of bfloat16 values.
    Bf16(&'a [u16]),
    F32(&'a [f32]),
    F64(&'a [f64]),
}

/// Memory for a piece of labels, used again for the next one.
#[derive(Debug, Clone, Default)]
pub struct LabelBuffer {
    small: Vec<u8>,
    wide: Vec<u32>,
    floats: Vec<f32>,
}

impl Numbers<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(x) => x.len(),
            Self::I8(x) => x.len(),
            Self::U16(x) | Self::F16(x) | Self::Bf16(x) => x.len(),
            Self::I16(x) => x.len(),
            Self::U32(x) => x.len(),
            Self::I32(x) => x.len(),
            Self::F32(x) => x.len(),
            Self::U64(x) => x.len(),
            Self::I64(x) => x.len(),
            Self::F64(x) => x.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers of a piece as labels, exactly: `u8`, `u16` and, without negative labels, `u32` as they are, others in
    /// the buffer, as `u8` where all of them fit and as `u32` where not. Numbers below 0 that are in `negative` become
    /// their `io::labels::code`, the bits of an `i32`. `operand` is what errors call the map.
    ///
    /// # Errors
    /// [`Error::NotALabel`] for a negative number that is not named, a fraction, NaN, an infinity, what passes 2^32 − 1 and,
    /// beside negative labels, what passes 2^31 − 1; [`Error::LengthMismatch`] for a piece beyond the end.
    pub fn labels<'b>(
        &'b self,
        piece: Range<usize>,
        operand: Operand,
        negative: &[i32],
        buffer: &'b mut LabelBuffer,
    ) -> Result<LabelSlice<'b>> {
        let negative: BTreeSet<i32> = negative.iter().copied().collect();
        let (start, end) = (piece.start, piece.end);
        let length = self.len() as u64;
        let beyond = || Error::LengthMismatch { shape: format!("{start}..{end}"), expected: end as u64, found: length };
        macro_rules! narrowed {
            ($x:expr) => {
                narrow(
                    $x.get(piece).ok_or_else(beyond)?,
                    start,
                    operand,
                    &negative,
                    &mut buffer.small,
                    &mut buffer.wide,
                )
            };
        }
        let floats = |x: &[u16], of: fn(u16) -> f32, into: &mut Vec<f32>| -> Result<()> {
            into.clear();
            into.extend(x.get(start..end).ok_or_else(beyond)?.iter().map(|&bits| of(bits)));
            Ok(())
        };
        match self {
            Self::U8(x) => Ok(LabelSlice::U8(x.get(piece).ok_or_else(beyond)?)),
            Self::U16(x) => Ok(LabelSlice::U16(x.get(piece).ok_or_else(beyond)?)),
            Self::U32(x) if negative.is_empty() => Ok(LabelSlice::U32(x.get(piece).ok_or_else(beyond)?)),
            // Beside codes those that look like one are refused.
            Self::U32(x) => narrowed!(x),
            Self::U64(x) => narrowed!(x),
            Self::I8(x) => narrowed!(x),
            Self::I16(x) => narrowed!(x),
            Self::I32(x) => narrowed!(x),
            Self::I64(x) => narrowed!(x),
            Self::F32(x) => narrowed!(x),
            Self::F64(x) => narrowed!(x),
            Self::F16(x) => {
                floats(x, |bits| f32::from_bits(F16Bits(bits).f32_bits()), &mut buffer.floats)?;
                narrow(&buffer.floats, start, operand, &negative, &mut buffer.small, &mut buffer.wide)
            }
            Self::Bf16(x) => {
                floats(x, |bits| f32::from_bits(Bf16Bits(bits).f32_bits()), &mut buffer.floats)?;
                narrow(&buffer.floats, start, operand, &negative, &mut buffer.small, &mut buffer.wide)
            }
        }
    }
}

/// A type of number.
trait Number: Copy + PartialEq + std::fmt::Display {
    /// As a label below 256, and whether that is the same number.
    fn small(self) -> (u8, bool);
    /// As any label.
    fn wide(self) -> Option<u32>;
    /// As a number below 0.
    fn negative(self) -> Option<i32>;
}

macro_rules! numbers {
    ($signed:literal: $($kind:ty),*) => {$(
        impl Number for $kind {
            #[inline(always)]
            #[allow(clippy::float_cmp)] // equal or not a label
            fn small(self) -> (u8, bool) {
                let small = self as u8;
                (small, small as $kind == self)
            }

            fn wide(self) -> Option<u32> {
                let wide = self as u64;
                if wide as $kind == self { u32::try_from(wide).ok() } else { None }
            }

            fn negative(self) -> Option<i32> {
                let whole = self as i64;
                if $signed && whole < 0 && whole as $kind == self { i32::try_from(whole).ok() } else { None }
            }
        }
    )*};
}

numbers!(true: i16, i32, i64, f32, f64);
numbers!(false: u32, u64);

impl Number for i8 {
    #[inline(always)]
    fn small(self) -> (u8, bool) {
        (self as u8, self >= 0)
    }

    fn wide(self) -> Option<u32> {
        u32::try_from(self).ok()
    }

    fn negative(self) -> Option<i32> {
        (self < 0).then_some(self.into())
    }
}

fn narrow<'b, N: Number>(
    numbers: &[N],
    start: usize,
    operand: Operand,
    negative: &BTreeSet<i32>,
    small: &'b mut Vec<u8>,
    wide: &'b mut Vec<u32>,
) -> Result<LabelSlice<'b>> {
    small.resize(numbers.len(), 0);
    // Without an early exit, so that the compiler narrows whole vectors.
    let all_small = small.iter_mut().zip(numbers).fold(true, |all, (into, number)| {
        let (label, is_same) = number.small();
        *into = label;
        all & is_same
    });
    if all_small {
        return Ok(LabelSlice::U8(small));
    }
    wide.clear();
    for (voxel, number) in (start as u64..).zip(numbers) {
        let named = || number.negative().filter(|label| negative.contains(label)).map(|label| label as u32);
        // With codes among the labels, those that look like one could not be told from them.
        let plain = number.wide().filter(|&label| negative.is_empty() || label <= i32::MAX as u32);
        let label = plain.or_else(named);
        wide.push(label.ok_or_else(|| Error::NotALabel { operand, voxel, value: number.to_string() })?);
    }
    Ok(LabelSlice::U32(wide))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(numbers: &Numbers<'_>, negative: &[i32]) -> Result<Vec<u32>> {
        let mut buffer = LabelBuffer::default();
        Ok(match numbers.labels(0..numbers.len(), Operand::Truth, negative, &mut buffer)? {
            LabelSlice::U8(x) => x.iter().map(|&x| x.into()).collect(),
            LabelSlice::U16(x) => x.iter().map(|&x| x.into()).collect(),
            LabelSlice::U32(x) => x.to_vec(),
        })
    }

    #[test]
    fn every_type_holds_the_same_labels() {
        for (numbers, expected) in [
            (Numbers::U64(&[0, 255, 256, 4_294_967_295]), vec![0, 255, 256, u32::MAX]),
            (Numbers::I64(&[0, 255, 256, 4_294_967_295]), vec![0, 255, 256, u32::MAX]),
            (Numbers::F64(&[0.0, 255.0, 256.0, 4_294_967_295.0]), vec![0, 255, 256, u32::MAX]),
            (Numbers::F32(&[-0.0, 255.0, 256.0, 4_294_967_040.0]), vec![0, 255, 256, 4_294_967_040]),
            (Numbers::I32(&[0, 300, i32::MAX]), vec![0, 300, i32::MAX as u32]),
            (Numbers::I16(&[0, 255, 32_767]), vec![0, 255, 32_767]),
            (Numbers::I8(&[0, 127]), vec![0, 127]),
            (Numbers::F16(&[0, 0x3c00, 0x4200, 0x5c00]), vec![0, 1, 3, 256]),
            (Numbers::Bf16(&[0, 0x3f80, 0x4040, 0x4380]), vec![0, 1, 3, 256]),
        ] {
            assert_eq!(labels(&numbers, &[]).unwrap(), expected, "{numbers:?}");
        }
    }

    #[test]
    fn what_is_no_label_is_named_with_its_place() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        for (numbers, voxel, value) in [
            (Numbers::I64(&[1, -1]), 1, "-1"),
            (Numbers::I8(&[-128]), 0, "-128"),
            (Numbers::U64(&[1 << 32]), 0, "4294967296"),
            (Numbers::U64(&[u64::MAX]), 0, "18446744073709551615"),
            (Numbers::I64(&[0, 0, 1 << 40]), 2, "1099511627776"),
            (Numbers::F32(&[0.0, 0.5]), 1, "0.5"),
            (Numbers::F32(&[4_294_967_296.0]), 0, "42949673"),
            (Numbers::F64(&[nan]), 0, "NaN"),
            (Numbers::F64(&[inf]), 0, "inf"),
            (Numbers::F64(&[1e300]), 0, "1000"),
            (Numbers::F16(&[0x3800]), 0, "0.5"),
            (Numbers::Bf16(&[0xbf80]), 0, "-1"),
        ] {
            let message = labels(&numbers, &[]).unwrap_err().to_string();
            assert!(message.starts_with(&format!("truth holds {value}")), "{message}");
            assert!(message.contains(&format!("at voxel {voxel} ")), "{message}");
        }
    }

    #[test]
    fn negative_labels_are_labels_where_they_are_named() {
        assert_eq!(labels(&Numbers::I64(&[-1, 2, -100]), &[-1, -100]).unwrap(), [u32::MAX, 2, -100i32 as u32]);
        assert_eq!(labels(&Numbers::F32(&[-1.0, 2.0]), &[-1]).unwrap(), [u32::MAX, 2]);
        assert!(labels(&Numbers::I64(&[-2]), &[-1]).is_err());
        for large in [
            Numbers::I64(&[4_294_967_295]),
            Numbers::U32(&[4_294_967_295]),
            Numbers::U64(&[4_294_967_295]),
            Numbers::U64(&[u64::MAX]),
            Numbers::F64(&[4_294_967_295.0]),
        ] {
            assert!(labels(&large, &[-1]).is_err(), "{large:?} would be taken for -1");
        }
        let most = i32::MAX as u32;
        assert_eq!(labels(&Numbers::U32(&[7, most]), &[-1]).unwrap(), [7, most]);
        assert_eq!(labels(&Numbers::U64(&[7, most.into()]), &[-1]).unwrap(), [7, most]);
    }

    #[test]
    fn pieces_beyond_the_end_are_errors() {
        let mut buffer = LabelBuffer::default();
        assert!(Numbers::I64(&[1]).labels(0..2, Operand::Pred, &[], &mut buffer).is_err());
        assert!(Numbers::U8(&[1]).labels(1..2, Operand::Pred, &[], &mut buffer).is_err());
        assert!(Numbers::F16(&[1]).labels(1..2, Operand::Pred, &[], &mut buffer).is_err());
        let error = Numbers::U32(&[1]).labels(0..2, Operand::Pred, &[], &mut buffer).unwrap_err();
        assert!(matches!(error, Error::LengthMismatch { expected: 2, found: 1, .. }), "{error}");
    }
}

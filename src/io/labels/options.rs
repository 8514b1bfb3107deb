//! How the caller's options turn numbers that are not labels into labels.

use super::convert::Number;
use crate::error::LabelFault;
use crate::io::{Colours, StoredType};
use crate::volume::Dtype;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How the numbers of a file become labels. By default they are labels as they stand, or an error.
///
/// ```no_run
/// use voxdice::io::labels::{LabelOptions, read_with};
/// // -1 marks what nobody looked at, and a float writer left 0.9999 for 1.
/// let options = LabelOptions { round: Some(0.01), negative: [-1].into(), ..LabelOptions::default() };
/// let truth = read_with("case_001.nii.gz", &options)?;
/// # Ok::<(), voxdice::error::FileError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelOptions {
    /// Numbers that are at most this far from a whole one become it: such numbers come from scaled or interpolated
    /// labels.
    pub round: Option<f64>,
    /// Numbers from this on become label 1, the others 0: a mask of probabilities. They are compared as by
    /// [`Activation::Threshold`](crate::Activation::Threshold): floats with the number of their type that is next to it, whole
    /// numbers with itself. What a header scales is `f64`, but whole numbers count as `f32`
    /// ([`SoftVolume::scaled_as_f32`](crate::io::soft::SoftVolume::scaled_as_f32)).
    pub threshold: Option<f64>,
    /// Negative numbers that are labels as well, with a [`code`] in place of their number. With any of them, labels
    /// from 2^31 on are an error, since they could not be told from the codes.
    pub negative: BTreeSet<i32>,
    /// What 255 is in a grey picture of 8 bits that holds nothing but 0 and 255.
    pub white: White,
    /// The labels of colours. Without them a picture with colours is an error.
    pub colours: Option<Arc<Colours>>,
}

/// What 255 is in a grey picture that holds nothing but 0 and 255.
///
/// Masks are often stored so, to be looked at. Elsewhere 255 is a number, such as that of pixels to ignore.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum White {
    /// Label 1: the picture is a mask. [`LabelVolume::white`](super::LabelVolume::white) tells.
    #[default]
    One,
    /// Label 255, as everywhere else.
    Number,
}

/// The label that stands for a number: itself, or for a negative one 2^32 more. `None` beyond 32 bits.
///
/// ```
/// use voxdice::io::labels::code;
/// assert_eq!([code(255), code(-1), code(1 << 40)], [Some(255), Some(u32::MAX), None]);
/// ```
#[must_use]
pub fn code(label: i64) -> Option<u32> {
    match i32::try_from(label) {
        Ok(small) => Some(small as u32),
        Err(_) => u32::try_from(label).ok(),
    }
}

impl LabelOptions {
    /// Whether numbers must be labels already.
    pub(super) fn are_plain(&self) -> bool {
        self.round.is_none() && self.threshold.is_none() && self.negative.is_empty()
    }

    /// The same with the threshold of this type, for numbers of it that come as another one.
    pub(super) fn of(&self, dtype: Dtype) -> Self {
        Self { threshold: self.threshold.map(|threshold| dtype.threshold(threshold)), ..self.clone() }
    }

    /// The label of a number.
    pub(super) fn label<T: Number>(&self, number: T) -> Result<u32, LabelFault> {
        if let Some(threshold) = self.threshold {
            let value = number.as_f64();
            let threshold = if T::STORED == StoredType::F32 { Dtype::F32.threshold(threshold) } else { threshold };
            return if value.is_nan() { Err(LabelFault::NotFinite) } else { Ok(u32::from(value >= threshold)) };
        }
        if number.is_label() {
            return self.in_range(number.label());
        }
        let value = number.as_f64();
        let whole = value.round();
        let distance = (value - whole).abs();
        // Written so that a NaN is beyond any distance.
        let near = distance == 0.0 || self.round.is_some_and(|most| distance <= most + ROUNDING);
        if !near {
            let far = self.round.is_some() && value.is_finite();
            return Err(if far { LabelFault::Far } else { number.fault() });
        }
        match whole {
            whole if whole < 0.0 => {
                // What 32 bits do not hold becomes another number.
                let label = whole as i32;
                let named = f64::from(label) == whole && self.negative.contains(&label);
                if named { Ok(label as u32) } else { Err(LabelFault::Negative) }
            }
            whole if whole.is_label() => self.in_range(whole.label()),
            _ => Err(LabelFault::TooLarge),
        }
    }

    fn in_range(&self, label: u32) -> Result<u32, LabelFault> {
        if self.negative.is_empty() || label < 1 << 31 { Ok(label) } else { Err(LabelFault::BesideNegative) }
    }
}

/// Slack for the distance: 0.9 in f32 is a little further than 0.1 from 1.
const ROUNDING: f64 = 1e-6;

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(most: f64) -> LabelOptions {
        LabelOptions { round: Some(most), ..LabelOptions::default() }
    }

    #[test]
    fn numbers_near_a_label_become_it_and_others_say_so() {
        let options = rounded(0.01);
        for (value, label) in [(0.9999, 1), (1e-9, 0), (-1e-9, 0), (-0.009, 0), (1034.991, 1035), (7.0, 7), (0.99, 1)] {
            assert_eq!(options.label(value), Ok(label), "{value}");
        }
        assert_eq!(options.label(0.9882f64), Err(LabelFault::Far));
        assert_eq!(rounded(0.1).label(0.9882f32), Ok(1));
        assert_eq!(rounded(0.1).label(0.9f32), Ok(1));
        assert_eq!(rounded(0.1).label(4_294_967_295.95), Err(LabelFault::TooLarge));
        assert_eq!(options.label(-1.0), Err(LabelFault::Negative));
        assert_eq!(options.label(f64::NAN), Err(LabelFault::NotFinite));
        assert_eq!(options.label(f64::INFINITY), Err(LabelFault::NotFinite));
        assert_eq!(options.label(1u64 << 32), Err(LabelFault::TooLarge));
    }

    #[test]
    fn negative_labels_have_codes_where_they_are_named() {
        let options = LabelOptions { negative: [-1, i32::MIN].into(), ..rounded(0.1) };
        assert_eq!(options.label(-1i8), Ok(u32::MAX));
        assert_eq!(options.label(-0.95f32), Ok(u32::MAX));
        assert_eq!(options.label(i64::from(i32::MIN)), Ok(1 << 31));
        assert_eq!(options.label(-2i32), Err(LabelFault::Negative));
        assert_eq!(options.label(-1e12), Err(LabelFault::Negative));
        assert_eq!(
            [options.label((1u64 << 31) - 1), options.label(1u64 << 31)],
            [Ok((1 << 31) - 1), Err(LabelFault::BesideNegative)]
        );
    }

    #[test]
    fn a_threshold_is_met_from_itself_on() {
        let options = LabelOptions { threshold: Some(0.7), ..LabelOptions::default() };
        assert_eq!([0.7f32, 0.699_999, 1.0, -3.0].map(|p| options.label(p)), [Ok(1), Ok(0), Ok(1), Ok(0)]);
        assert_eq!([0.7f64, 0.7f64.next_down(), 0.7f32.into()].map(|p| options.label(p)), [Ok(1), Ok(0), Ok(0)]);
        // 0.7 in 16 bits is above 0.7, and 0.1 below 0.1.
        let of = |threshold| LabelOptions { threshold: Some(threshold), ..LabelOptions::default() }.of(Dtype::F16);
        assert_eq!([of(0.7).label(0.7f32), of(0.1).label(0.099_975_586f32)], [Ok(0), Ok(1)]);
        assert_eq!(options.label(255i16), Ok(1));
        assert_eq!(options.label(f32::NAN), Err(LabelFault::NotFinite));
    }
}

//! Soft volumes from files: probabilities, logits and masks, in a type that the engine takes.
//!
//! ```no_run
//! let pred = voxdice::io::soft::read("pred.npy")?;
//! println!("{:?}, {} voxels with more digits than f32", pred.axes, pred.beyond_f32());
//! # Ok::<(), voxdice::error::FileError>(())
//! ```
//!
//! Floats, masks and whole numbers of up to 16 bits keep their values. What is beyond the range of `f32` is refused, as the
//! engine would take it for an infinity. A whole number of 32 or 64 bits is taken only if it is an `f32`.
//!
//! An image file has its first axis fastest; [`SoftVolume::axes`] has the slowest first, so x comes last.

use super::Placement;
use super::header::Image;
use super::image;
use super::input::Input;
use super::nifti::{Geometry, Voxels};
use super::npy::{self, Elements};
use super::voxels::{StoredType, half};
use crate::error::{Error, FileError};
use crate::memory::collected;
use crate::shape::Shape;
use crate::volume::{LabelMap, Volume};

/// Voxels in the type that the file made necessary.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// From `f64`, from numbers that a header scales, and from whole numbers of which some are negative or above 65,535.
    F64(Vec<f64>),
    /// From `f32`.
    F32(Vec<f32>),
    /// From `f16`, as its bits.
    F16(Vec<u16>),
    /// From `bool` and from whole numbers of which none is above 255.
    U8(Vec<u8>),
    /// From whole numbers of which none is above 65,535.
    U16(Vec<u16>),
}

/// What kind of file a volume came from.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// A `.npy` array, whose axes mean what the user says.
    Npy,
    /// An image, whose axes are z, y, x, with the channels before them where there are four.
    Image {
        /// Where the voxels lie.
        geometry: Box<Geometry>,
    },
}

/// A volume of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct SoftVolume {
    /// The voxels, the last axis fastest.
    pub values: Values,
    /// The axes, slowest first.
    pub axes: Vec<usize>,
    /// Whether the file stores whole numbers (or booleans), so that they may be labels.
    pub integer: bool,
    /// Bytes behind the voxels, as [`Image::surplus`](super::Image::surplus).
    pub surplus: u64,
    /// How far apart neighbouring values are, where a header scales whole numbers.
    pub step: Option<f64>,
    /// Where they came from.
    pub origin: Origin,
}

/// A volume whose voxels are whole numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// The volume, in a type of whole numbers.
    pub volume: SoftVolume,
    /// Voxels that were not whole before.
    pub moved: u64,
}

/// Reads a `.npy` file, or an image of any format that is read.
///
/// # Errors
/// See [`FileError`].
pub fn read(input: impl Into<Input>) -> Result<SoftVolume, FileError> {
    let input = input.into();
    let (elements, axes, step, surplus, origin) = match npy::is_array(input.path()) {
        true => {
            let npy::Array { elements, shape } = npy::read(&input)?;
            (elements, shape, None, 0, Origin::Npy)
        }
        false => {
            let Image { header, voxels, surplus } = image::read(&input)?;
            let geometry = Box::new(header.geometry);
            let axes = header.shape.iter().rev().copied().collect();
            let whole = !matches!(header.dtype, StoredType::F32 | StoredType::F64);
            let step = header.scale.filter(|_| whole).map(|scale| scale.slope.abs());
            (Elements::Plain(voxels), axes, step, surplus, Origin::Image { geometry })
        }
    };
    let integer = !matches!(elements, Elements::F16(_) | Elements::Plain(Voxels::F32(_) | Voxels::F64(_)));
    let values = convert(elements).map_err(|(count, value, whole)| FileError::Unrepresentable {
        path: input.path().into(),
        count,
        value,
        whole,
    })?;
    let axes = axes.into_iter().map(|n| usize::try_from(n).unwrap_or(usize::MAX)).collect();
    Ok(SoftVolume { values, axes, integer, surplus, step, origin })
}

/// The whole number that a value is, or was before a header's scale with such a step.
fn unscaled(value: f32, step: Option<f64>) -> Option<f32> {
    // The value was rounded to f32, and so was the step. A step of a half leaves every number next to a whole one.
    let lost = f64::from(f32::EPSILON) * f64::from(value.abs().max(1.0));
    let near = step.filter(|step| *step < 0.5).map_or(0.0, |step| step / 2.0 + lost);
    let whole = value.round();
    (f64::from((value - whole).abs()) <= near).then_some(whole)
}

impl SoftVolume {
    /// A volume without voxels.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            values: Values::U8(Vec::new()),
            axes: vec![0],
            integer: true,
            surplus: 0,
            step: None,
            origin: Origin::Npy,
        }
    }

    /// The voxels as numbers.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when `shape` has another number of elements.
    pub fn volume(&self, shape: Shape) -> Result<Volume<'_>, Error> {
        match &self.values {
            Values::F64(values) => Volume::f64(shape, values),
            Values::F32(values) => Volume::f32(shape, values),
            Values::F16(bits) => Volume::f16_bits(shape, bits),
            Values::U8(values) => Volume::u8(shape, values),
            Values::U16(values) => Volume::u16(shape, values),
        }
    }

    /// Makes whole numbers that a header scales `f32`s: its slope has no more digits, and so 50 with the slope 0.01 is 0.5. Beside a
    /// threshold `voxdice loss` does so, and label maps do.
    pub fn scaled_as_f32(&mut self) {
        if let (Some(_), Values::F64(values)) = (self.step, &self.values) {
            self.values = Values::F32(collected(values.iter().map(|&value| value as f32)));
        }
    }

    /// Voxels with more digits than `f32` has: of them activations other than comparisons, powers, pointwise losses and gradients
    /// take the nearest one, and so does a truth beside any activation or in which voxels are masked.
    #[must_use]
    pub fn beyond_f32(&self) -> u64 {
        let Values::F64(values) = &self.values else { return 0 };
        values.iter().filter(|&&value| is_beyond_f32(value)).count() as u64
    }

    /// The same voxels as whole numbers, where they are labels from 0 to 65,535 of any type.
    ///
    /// Whole numbers that a writer scaled to fit them into an integer type lie within half a [step](SoftVolume::step)
    /// of what they were, and become that; [`Labelled::moved`] counts them. A probability map has values in between,
    /// and is not a label map.
    ///
    /// # Errors
    /// The index and the value of the first voxel that is not a label.
    pub fn into_labels(self) -> Result<Labelled, (usize, f32)> {
        let values: Vec<f32> = match self.values {
            Values::U8(_) | Values::U16(_) => return Ok(Labelled { volume: self, moved: 0 }),
            Values::F64(values) => values.into_iter().map(|value| value as f32).collect(),
            Values::F32(values) => values,
            Values::F16(bits) => bits.into_iter().map(half).collect(),
        };
        let is_label = |value| unscaled(value, self.step).is_some_and(|whole| (0.0..=65_535.0).contains(&whole));
        if let Some((index, &value)) = values.iter().enumerate().find(|&(_, &value)| !is_label(value)) {
            return Err((index, value));
        }
        let moved = values.iter().filter(|value| value.fract() != 0.0).count() as u64;
        let labels = || values.iter().map(|value| value.round());
        let values = match labels().fold(0.0f32, f32::max) {
            0.0..=255.0 => Values::U8(labels().map(|value| value as u8).collect()),
            _ => Values::U16(labels().map(|value| value as u16).collect()),
        };
        Ok(Labelled { volume: Self { values, integer: true, ..self }, moved })
    }

    /// Makes every voxel 0 that is one of these values (or was before it was scaled, as in [`SoftVolume::into_labels`]), and says of each voxel whether it was none of them.
    ///
    /// ```
    /// use voxdice::io::soft::{SoftVolume, Values};
    /// let mut volume = SoftVolume { values: Values::F32(vec![1.0, -1.0]), axes: vec![2], ..SoftVolume::empty() };
    /// assert_eq!(volume.leave_out(&[-1, 255]), [1, 0]);
    /// assert_eq!(volume.values, Values::F32(vec![1.0, 0.0]));
    /// ```
    pub fn leave_out(&mut self, ignored: &[i64]) -> Vec<u8> {
        fn keep<T: Copy + Default>(values: &mut [T], is_ignored: impl Fn(T) -> bool) -> Vec<u8> {
            let kept: Vec<u8> = values.iter().map(|&value| u8::from(!is_ignored(value))).collect();
            values.iter_mut().zip(&kept).filter(|(_, kept)| **kept == 0).for_each(|(value, _)| *value = T::default());
            kept
        }
        let step = self.step;
        let mut ignored: Vec<f32> = ignored.iter().map(|&label| label as f32).collect();
        ignored.sort_unstable_by(f32::total_cmp);
        // Of the two zeros a label is the one without a sign.
        let is_label = |whole: f32| ignored.binary_search_by(|label| label.total_cmp(&(whole + 0.0))).is_ok();
        let is_ignored = |value| unscaled(value, step).is_some_and(is_label);
        match &mut self.values {
            Values::F64(values) => keep(values, |value| is_ignored(value as f32)),
            Values::F32(values) => keep(values, is_ignored),
            Values::F16(bits) => keep(bits, |bits| is_ignored(half(bits))),
            Values::U8(values) => keep(values, |value| is_ignored(value.into())),
            Values::U16(values) => keep(values, |value| is_ignored(value.into())),
        }
    }

    /// The voxels as a mask; `None` where one is neither 0 nor 1.
    #[must_use]
    pub fn mask(&self) -> Option<Vec<u8>> {
        self.holds_only([0.0, 1.0]).then(|| match &self.values {
            Values::F64(values) => values.iter().map(|&value| value as f32 as u8).collect(),
            Values::F32(values) => values.iter().map(|&value| value as u8).collect(),
            Values::F16(bits) => bits.iter().map(|&bits| half(bits) as u8).collect(),
            Values::U8(values) => values.clone(),
            Values::U16(values) => values.iter().map(|&value| value as u8).collect(),
        })
    }

    /// The least and the greatest voxel that is finite, as `f32`.
    #[must_use]
    pub fn range(&self) -> Option<(f32, f32)> {
        self.range_without(None)
    }

    /// The same of the voxels that are not this value.
    pub(crate) fn range_without(&self, but: Option<f32>) -> Option<(f32, f32)> {
        fn of(values: impl Iterator<Item = f32>, but: Option<f32>) -> Option<(f32, f32)> {
            values.filter(|value| value.is_finite() && Some(*value) != but).fold(None, |range, value| {
                let (least, most) = range.unwrap_or((value, value));
                Some((value.min(least), value.max(most)))
            })
        }
        match &self.values {
            Values::F64(values) => of(values.iter().map(|&value| value as f32), but),
            Values::F32(values) => of(values.iter().copied(), but),
            Values::F16(bits) => of(bits.iter().copied().map(half), but),
            Values::U8(values) => of(values.iter().copied().map(f32::from), but),
            Values::U16(values) => of(values.iter().copied().map(f32::from), but),
        }
    }

    /// Whether every voxel is one of these, as `f32`: a mask that a header scales by f32(1/255) is 0 and 1.
    #[must_use]
    pub fn holds_only<const N: usize>(&self, values: [f32; N]) -> bool {
        let known = |value: f32| values.contains(&value);
        match &self.values {
            Values::F64(values) => values.iter().all(|&value| known(value as f32)),
            Values::F32(values) => values.iter().all(|&value| known(value)),
            Values::F16(bits) => bits.iter().all(|&bits| known(half(bits))),
            Values::U8(values) => values.iter().all(|&value| known(value.into())),
            Values::U16(values) => values.iter().all(|&value| known(value.into())),
        }
    }

    /// Puts the voxels in the order of another grid, volume by volume (channels, points in time). The two grids hold the
    /// same points; the axes behind z stay.
    #[must_use]
    pub fn reordered(self, place: &Placement) -> Self {
        fn each<T: Copy + Default>(values: &[T], place: &Placement) -> Vec<T> {
            let volume = usize::try_from(place.len()).unwrap_or(usize::MAX).max(1);
            values.chunks(volume).flat_map(|values| place.onto(values)).collect()
        }
        let values = match &self.values {
            Values::F64(values) => Values::F64(each(values, place)),
            Values::F32(values) => Values::F32(each(values, place)),
            Values::F16(values) => Values::F16(each(values, place)),
            Values::U8(values) => Values::U8(each(values, place)),
            Values::U16(values) => Values::U16(each(values, place)),
        };
        let [x, y, z] = place.shape().map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        let behind = self.axes.len().saturating_sub(3);
        let axes = [self.axes.get(..behind).unwrap_or_default(), &[z, y, x]].concat();
        Self { values, axes, ..self }
    }

    /// The voxels as labels; `None` where they are not whole numbers from 0 to 65,535.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::LabelChannels`].
    pub fn labels(&self, shape: Shape) -> Result<Option<LabelMap<'_>>, Error> {
        match &self.values {
            Values::U8(values) => LabelMap::u8(shape, values).map(Some),
            Values::U16(values) => LabelMap::u16(shape, values).map(Some),
            Values::F64(_) | Values::F32(_) | Values::F16(_) => Ok(None),
        }
    }
}

/// How many, the first, and whether it is whole.
type Unrepresentable = (u64, String, bool);

fn convert(elements: Elements) -> Result<Values, Unrepresentable> {
    match elements {
        Elements::F16(bits) => Ok(Values::F16(bits)),
        Elements::Bool(values) | Elements::Plain(Voxels::U8(values)) => Ok(Values::U8(values)),
        Elements::Plain(Voxels::U16(values)) => Ok(Values::U16(values)),
        Elements::Plain(Voxels::F32(values)) => Ok(Values::F32(values)),
        Elements::Plain(Voxels::F64(values)) => from_f64(values),
        Elements::Plain(Voxels::I8(values)) => whole(&values),
        Elements::Plain(Voxels::I16(values)) => whole(&values),
        Elements::Plain(Voxels::U32(values)) => whole(&values),
        Elements::Plain(Voxels::I32(values)) => whole(&values),
        Elements::Plain(Voxels::U64(values)) => whole(&values),
        Elements::Plain(Voxels::I64(values)) => whole(&values),
    }
}

/// Whether a number is none of `f32`.
fn is_beyond_f32(value: f64) -> bool {
    !value.is_nan() && f64::from(value as f32) != value
}

fn from_f64(values: Vec<f64>) -> Result<Values, Unrepresentable> {
    let too_large = |value: &&f64| value.is_finite() && (**value as f32).is_infinite();
    if let Some(first) = values.iter().find(too_large) {
        return Err((values.iter().filter(too_large).count() as u64, format!("{first:e}"), false));
    }
    Ok(Values::F64(values))
}

fn whole<T: Copy + Into<i128>>(values: &[T]) -> Result<Values, Unrepresentable> {
    let each = || values.iter().map(|&value| value.into());
    let (smallest, largest) = each().fold((0i128, 0i128), |(a, b), value| (a.min(value), b.max(value)));
    let values = match (smallest, largest) {
        (0, 0..=0xff) => Values::U8(collected(each().map(|v| v as u8))),
        (0, 0x100..=0xffff) => Values::U16(collected(each().map(|v| v as u16))),
        _ => {
            let inexact = |value: &i128| (*value as f32) as i128 != *value;
            if let Some(first) = each().find(inexact) {
                return Err((each().filter(inexact).count() as u64, first.to_string(), true));
            }
            Values::F64(collected(each().map(|v| v as f64)))
        }
    };
    Ok(values)
}

#[cfg(test)]
mod tests;

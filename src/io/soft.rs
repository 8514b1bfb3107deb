//! Soft volumes from files: probabilities, logits and masks, in a type that the engine takes.
//!
//! ```no_run
//! let pred = voxdice::io::soft::read("pred.npy")?;
//! println!("{:?}, {} voxels rounded", pred.axes, pred.rounded);
//! # Ok::<(), voxdice::io::soft::SoftError>(())
//! ```
//!
//! `f32`, `f16`, masks and whole numbers of up to 16 bits keep their values. An `f64` becomes the nearest `f32`, and
//! [`SoftVolume::rounded`] counts those that lost bits by it. A whole number of 32 or 64 bits is taken only if no bit
//! is lost.
//!
//! A NIfTI file has its first axis fastest; [`SoftVolume::axes`] has the slowest first, so x comes last.

use std::path::{Path, PathBuf};

use super::nifti::{self, Geometry, Voxels};
use super::npy::{self, Elements, NpyError};
use crate::error::{Error, FileError};
use crate::shape::Shape;
use crate::volume::{LabelMap, Volume};

/// Voxels in the type that the file made necessary.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// From `f32` and `f64`, and from whole numbers of which some are negative or above 65,535.
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
    /// A NIfTI image, whose axes are z, y, x, with the channels before them where there are four.
    Nifti {
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
    /// Voxels which were rounded from `f64`.
    pub rounded: u64,
    /// Where they came from.
    pub origin: Origin,
}

/// Why a file is no soft volume.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SoftError {
    /// The NIfTI file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The `.npy` file could not be read.
    #[error(transparent)]
    Npy(#[from] NpyError),
    /// A kind of file that is not read.
    #[error("{}: soft volumes in .{extension} are not read; convert it to .npy or NIfTI", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The end of its name.
        extension: String,
    },
    /// A number that no `f32` can stand for.
    #[error(
        "{}: {count} voxels are beyond what 32-bit floats hold {}, the first is {value}; store them as float32",
        path.display(), if *whole { "exactly" } else { "at all" }
    )]
    Unrepresentable {
        /// The file.
        path: PathBuf,
        /// How many.
        count: u64,
        /// The first of them.
        value: String,
        /// Whether it is a whole number, which must not be rounded.
        whole: bool,
    },
}

/// Reads a `.npy` file, or else a NIfTI file.
///
/// # Errors
/// See [`SoftError`].
pub fn read(path: impl AsRef<Path>) -> Result<SoftVolume, SoftError> {
    let path = path.as_ref();
    let extension = path.extension().map(|end| end.to_string_lossy().to_lowercase()).unwrap_or_default();
    let (elements, axes, origin) = match extension.as_str() {
        "npy" => {
            let npy::Array { elements, shape } = npy::read(path)?;
            (elements, shape, Origin::Npy)
        }
        "npz" | "nrrd" | "nhdr" | "mha" | "mhd" | "h5" | "hdf5" | "zarr" | "pt" | "pth" | "png" | "tif" | "tiff" => {
            return Err(SoftError::Format { path: path.into(), extension });
        }
        _ => {
            let nifti::Image { header, voxels, .. } = nifti::read(path)?;
            let geometry = Box::new(header.geometry);
            let axes = header.shape.iter().rev().copied().collect();
            (Elements::Plain(voxels), axes, Origin::Nifti { geometry })
        }
    };
    let integer = !matches!(elements, Elements::F16(_) | Elements::Plain(Voxels::F32(_) | Voxels::F64(_)));
    let Converted { values, rounded } = convert(elements)
        .map_err(|(count, value, whole)| SoftError::Unrepresentable { path: path.into(), count, value, whole })?;
    let axes = axes.into_iter().map(|n| usize::try_from(n).unwrap_or(usize::MAX)).collect();
    Ok(SoftVolume { values, axes, integer, rounded, origin })
}

impl SoftVolume {
    /// The voxels as numbers.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when `shape` has another number of elements.
    pub fn volume(&self, shape: Shape) -> Result<Volume<'_>, Error> {
        match &self.values {
            Values::F32(values) => Volume::f32(shape, values),
            Values::F16(bits) => Volume::f16_bits(shape, bits),
            Values::U8(values) => Volume::u8(shape, values),
            Values::U16(values) => Volume::u16(shape, values),
        }
    }

    /// The voxels as labels; `None` where they are no whole numbers from 0 to 65,535.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::LabelChannels`].
    pub fn labels(&self, shape: Shape) -> Result<Option<LabelMap<'_>>, Error> {
        match &self.values {
            Values::U8(values) => LabelMap::u8(shape, values).map(Some),
            Values::U16(values) => LabelMap::u16(shape, values).map(Some),
            Values::F32(_) | Values::F16(_) => Ok(None),
        }
    }
}

#[derive(Debug, PartialEq)]
struct Converted {
    values: Values,
    rounded: u64,
}

/// How many, the first, and whether it is whole.
type Unrepresentable = (u64, String, bool);

fn convert(elements: Elements) -> Result<Converted, Unrepresentable> {
    let exact = |values| Ok(Converted { values, rounded: 0 });
    match elements {
        Elements::F16(bits) => exact(Values::F16(bits)),
        Elements::Bool(values) | Elements::Plain(Voxels::U8(values)) => exact(Values::U8(values)),
        Elements::Plain(Voxels::U16(values)) => exact(Values::U16(values)),
        Elements::Plain(Voxels::F32(values)) => exact(Values::F32(values)),
        Elements::Plain(Voxels::F64(values)) => from_f64(&values),
        Elements::Plain(Voxels::I8(values)) => whole(&values),
        Elements::Plain(Voxels::I16(values)) => whole(&values),
        Elements::Plain(Voxels::U32(values)) => whole(&values),
        Elements::Plain(Voxels::I32(values)) => whole(&values),
        Elements::Plain(Voxels::U64(values)) => whole(&values),
        Elements::Plain(Voxels::I64(values)) => whole(&values),
    }
}

fn from_f64(values: &[f64]) -> Result<Converted, Unrepresentable> {
    let beyond = |value: &&f64| value.is_finite() && (**value as f32).is_infinite();
    if let Some(first) = values.iter().find(beyond) {
        return Err((values.iter().filter(beyond).count() as u64, format!("{first:e}"), false));
    }
    let rounded = values.iter().filter(|&&value| !value.is_nan() && f64::from(value as f32) != value).count();
    Ok(Converted { values: Values::F32(values.iter().map(|&v| v as f32).collect()), rounded: rounded as u64 })
}

fn whole<T: Copy + Into<i128>>(values: &[T]) -> Result<Converted, Unrepresentable> {
    let each = || values.iter().map(|&value| value.into());
    let (smallest, largest) = each().fold((0i128, 0i128), |(a, b), value| (a.min(value), b.max(value)));
    let values = match (smallest, largest) {
        (0, 0..=0xff) => Values::U8(each().map(|v| v as u8).collect()),
        (0, 0x100..=0xffff) => Values::U16(each().map(|v| v as u16).collect()),
        _ => {
            let inexact = |value: &i128| (*value as f32) as i128 != *value;
            if let Some(first) = each().find(inexact) {
                return Err((each().filter(inexact).count() as u64, first.to_string(), true));
            }
            Values::F32(each().map(|v| v as f32).collect())
        }
    };
    Ok(Converted { values, rounded: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(voxels: Voxels) -> Result<(Values, u64), Unrepresentable> {
        convert(Elements::Plain(voxels)).map(|converted| (converted.values, converted.rounded))
    }

    #[test]
    fn whole_numbers_keep_their_values_in_the_narrowest_type() {
        assert_eq!(values(Voxels::I64(vec![0, 255])), Ok((Values::U8(vec![0, 255]), 0)));
        assert_eq!(values(Voxels::U32(vec![256])), Ok((Values::U16(vec![256]), 0)));
        assert_eq!(values(Voxels::I8(vec![-1, 2])), Ok((Values::F32(vec![-1.0, 2.0]), 0)));
        assert_eq!(values(Voxels::U64(vec![1 << 40])), Ok((Values::F32(vec![1_099_511_627_776.0]), 0)));
    }

    #[test]
    fn a_whole_number_that_would_change_is_refused_and_a_float_is_counted() {
        let (count, first, whole) = values(Voxels::I32(vec![1, (1 << 24) + 1, -(1 << 24) - 1])).unwrap_err();
        assert_eq!((count, first.as_str(), whole), (2, "16777217", true));
        let odd = [0.5, 0.1, f64::NAN, f64::INFINITY, 0.2];
        let (found, rounded) = values(Voxels::F64(odd.to_vec())).unwrap();
        assert_eq!(rounded, 2);
        assert!(matches!(found, Values::F32(v) if v[0] == 0.5 && v[1] == 0.1 && v[2].is_nan() && v[3].is_infinite()));
        assert!(matches!(values(Voxels::F64(vec![1e300])), Err((1, _, false))));
    }
}

//! FreeSurfer's volumes: `.mgz` and `.mgh`.
//!
//! ```no_run
//! let image = voxdice::io::mgh::read("aseg.mgz")?;
//! println!("{:?} of {}", image.header.shape, image.header.dtype);
//! # Ok::<(), voxdice::error::FileError>(())
//! ```
//!
//! # What is read
//!
//! * Version 1 with voxels of `u8`, `i16`, `u16`, `i32` or `f32`, which have the high byte first; through gzip or not, as the
//!   content says. Several frames are a fourth axis.
//! * The directions of the axes, the size of a voxel and the place of the middle voxel, in RAS as here. Where the header says that
//!   it has none, FreeSurfer and nibabel differ in what they take instead: here voxels are of 1 mm, and no place is known.
//!
//! What FreeSurfer writes behind the voxels (times of recording, and tags) is not looked at.

use std::path::Path;

use super::format::ImageFormat;
use super::geometry::{Geometry, Units};
use super::header::{Format, Header, Image, Meaning};
use super::input::{FileRef, Input};
use super::stream::Stream;
use super::unread::{Layout, Unread};
use super::voxels::{ByteOrder, StoredType, count};
use crate::error::{FileError, HeaderFault};

impl Format {
    /// FreeSurfer's MGH.
    pub const MGH: Self = Self("MGH");
}

pub(super) const FORMAT: ImageFormat = ImageFormat {
    endings: &[".mgz", ".mgh", ".mgh.gz"],
    halves: &[],
    picture: false,
    starts: |first| {
        let word = |at: usize| first.get(at..).and_then(|rest| rest.first_chunk().copied()).map(i32::from_be_bytes);
        let positive = |at: usize| word(at).is_some_and(|length| length > 0);
        word(0) == Some(1) && [4, 8, 12, 16].into_iter().all(positive) && word(20).and_then(dtype).is_some()
    },
    header: |file| open(file).map(|(header, _)| header),
    unread,
};

/// Bytes before the voxels.
const START: usize = 284;

/// Reads a volume.
///
/// # Errors
///
/// See [`FileError`]: a file is not there, is not MGH, is damaged, or does not fit in memory.
pub fn read(input: impl Into<Input>) -> Result<Image, FileError> {
    FORMAT.read(&input.into())
}

/// Reads header and geometry only; the voxels are not looked at, and may be missing.
///
/// # Errors
///
/// As [`read`], for the header.
pub fn read_header(input: impl Into<Input>) -> Result<Header, FileError> {
    FORMAT.read_header(&input.into())
}

fn dtype(code: i32) -> Option<StoredType> {
    Some(match code {
        0 => StoredType::U8,
        1 => StoredType::I32,
        3 => StoredType::F32,
        4 => StoredType::I16,
        10 => StoredType::U16,
        _ => return None,
    })
}

fn open<'a>(file: &FileRef<'a>) -> Result<(Header, Stream<'a>), FileError> {
    let (bytes, stream) = Stream::behind_header::<START>(file)?;
    Ok((header(&bytes, file.path())?, stream))
}

fn header(bytes: &[u8; START], path: &Path) -> Result<Header, FileError> {
    let fault = |fault| FileError::Header { path: path.to_path_buf(), fault };
    let take = |at: usize| bytes.get(at..).and_then(|rest| rest.first_chunk().copied()).unwrap_or([0; 4]);
    let (word, real) = (|at| i32::from_be_bytes(take(at)), |at| f64::from(f32::from_be_bytes(take(at))));
    let value = |field, value: i32, expected| fault(HeaderFault::Value { field, value: value.to_string(), expected });
    if word(0) != 1 {
        return Err(value("version", word(0), "1, with which an MGH file begins"));
    }
    let mut shape = Vec::new();
    for (field, at) in [("width", 4), ("height", 8), ("depth", 12), ("frames", 16)] {
        let length = u64::try_from(word(at)).ok().filter(|&length| length > 0);
        shape.push(length.ok_or_else(|| value(field, word(at), "a positive length"))?);
    }
    if shape.last() == Some(&1) {
        shape.pop();
    }
    let stored = dtype(word(20)).ok_or_else(|| value("type", word(20), "0, 1, 3, 4 or 10, which are read"))?;
    count(path, &shape, stored)?;
    let has_place =
        bytes.get(28..).and_then(|rest| rest.first_chunk().copied()).is_some_and(|flag| i16::from_be_bytes(flag) > 0);
    let three = |at: usize| [0, 4, 8].map(|more| real(at.saturating_add(more)));
    let (spacing, axes, centre) = (three(30), [42, 54, 66].map(three), three(78));
    // The place is that of the voxel in the middle, and the first one is half of each axis before it.
    let [u, v, w] = axes;
    let ([a, b, c], mut origin) = (spacing, centre);
    for ((direction, size), &length) in [(u, a), (v, b), (w, c)].into_iter().zip(&shape) {
        for (place, along) in origin.iter_mut().zip(direction) {
            *place -= along * size * (length as f64 / 2.0);
        }
    }
    let geometry = if has_place {
        Geometry::from_axes([(a, u), (b, v), (c, w)], origin, [1.0; 3], Units::Millimetre)
    } else {
        Geometry::from_spacing([1.0; 3])
    };
    geometry.check(&shape).map_err(|fault| FileError::BadGeometry { path: path.to_path_buf(), fault })?;
    Ok(Header {
        format: Format::MGH,
        shape,
        channels: 1,
        dtype: stored,
        scale: None,
        geometry,
        meaning: Meaning::Numbers,
    })
}

fn unread<'a>(file: &FileRef<'a>) -> Result<(Header, Unread<'a>), FileError> {
    let (header, stream) = open(file)?;
    let layout = Layout { dtype: header.dtype, count: header.voxel_count(), byte_order: ByteOrder::Big, scale: None };
    let unread = Unread::behind(stream, layout, START as u64)?;
    // Times and tags follow the voxels.
    Ok((header, unread.with_trailer()))
}

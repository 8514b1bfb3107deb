//! MetaImage: `.mha`, and `.mhd` with a data file.
//!
//! ```no_run
//! let image = voxdice::io::metaimage::read("case_001.mha")?;
//! println!("{:?} of {}", image.header.shape, image.header.dtype);
//! # Ok::<(), voxdice::error::FileError>(())
//! ```
//!
//! # Why an own reader
//!
//! No well-kept crate reads the format. It is a header of text and numbers behind it, so that an own reader is small,
//! and is held to the same promises as that of NIfTI: the answer is the file's or an error, checksums are verified,
//! memory follows what the file holds, and nothing panics whatever the bytes.
//!
//! # What is read
//!
//! * Whole numbers of 8 to 64 bits, f32 and f64, of both byte orders; raw, compressed (zlib or gzip) or as text.
//!   `MET_LONG` has 32 bits in this format, whatever the machine.
//! * Voxels in the same file or in one data file, which has to be in the header's folder or below it. Several data files
//!   (`LIST`, or a pattern with `%`) are refused.
//! * Channels, which run fastest in the file and are the last axis of the image.
//! * `ElementSpacing` (else `ElementSize`), `TransformMatrix` and `Offset`, with their other names. The format's world
//!   is LPS (x to the left, y to the back); the affine is turned to ours. A matrix row is the direction of one axis.
//! * `ElementToIntensityFunctionSlope` and `ElementToIntensityFunctionOffset` are not applied, as in ITK.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::io::Cursor;
use std::path::Path;

use super::file::open;
use super::image::{Header, Image};
use super::unread::Unread;
use crate::error::FileError;

mod header;

/// Reads an image.
///
/// # Errors
///
/// See [`FileError`]: a file is not there, is not MetaImage, is damaged, or has no room in memory.
pub fn read(path: impl AsRef<Path>) -> Result<Image, FileError> {
    Image::load(unread(path.as_ref())?)
}

/// Reads header and geometry only; the voxels are not looked at, and may be missing.
///
/// # Errors
///
/// As [`read`], for the header.
pub fn read_header(path: impl AsRef<Path>) -> Result<Header, FileError> {
    let path = path.as_ref();
    let (reader, _) = open(path)?;
    header::load(reader, path).map(|(recipe, _)| recipe.header)
}

/// Reads an image from bytes in memory. `name` is what errors call it; a data file is looked for beside it.
///
/// # Errors
///
/// As [`read`].
pub fn read_bytes(name: impl AsRef<Path>, bytes: &[u8]) -> Result<Image, FileError> {
    Image::load(unread_bytes(name.as_ref(), bytes)?)
}

/// Reads the header in bytes in memory, and goes to the voxels.
pub(super) fn unread_bytes<'a>(name: &Path, bytes: &'a [u8]) -> Result<(Header, Unread<'a>), FileError> {
    let (recipe, reader) = header::load(Cursor::new(bytes), name)?;
    recipe.open(reader, u64::try_from(bytes.len()).unwrap_or(u64::MAX), name)
}

/// Reads the header, and goes to the voxels.
pub(super) fn unread(path: &Path) -> Result<(Header, Unread<'static>), FileError> {
    let (reader, length) = open(path)?;
    let (recipe, reader) = header::load(reader, path)?;
    recipe.open(reader, length, path)
}

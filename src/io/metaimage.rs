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
//! memory follows what the file holds, and no bytes cause a panic.
//!
//! # What is read
//!
//! * Whole numbers of 8 to 64 bits, f32 and f64, of both byte orders; raw, compressed (zlib or gzip) or as text.
//!   `MET_LONG` has 32 bits in this format, on every machine.
//! * Voxels in the same file or in one data file, which has to be in the header's folder or below it. Several data files
//!   (`LIST`, or a pattern with `%`) are refused.
//! * Channels, which run fastest in the file and are the last axis of the image.
//! * `ElementSpacing` (else `ElementSize`), `TransformMatrix` and `Offset`, with their other names. The format's world
//!   is LPS (x to the left, y to the back); the affine is turned to ours. A matrix row is the direction of one axis.
//! * `ElementToIntensityFunctionSlope` and `ElementToIntensityFunctionOffset` are not applied, as in ITK.

use super::format::ImageFormat;
use super::header::{Format, Header, Image};
use super::input::Input;
use super::recipe;
use crate::error::FileError;

mod header;

impl Format {
    /// MetaImage.
    pub const META_IMAGE: Self = Self("MetaImage");
}

pub(super) const FORMAT: ImageFormat = ImageFormat {
    endings: &[".mha", ".mhd"],
    halves: &[],
    picture: false,
    starts: |first| first.starts_with(b"ObjectType") || first.starts_with(b"NDims"),
    header: |file| recipe::read_header(file, header::load),
    unread: |file| recipe::unread(file, header::load),
};

/// Reads an image.
///
/// # Errors
///
/// See [`FileError`]: a file is not there, is not MetaImage, is damaged, or does not fit in memory.
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

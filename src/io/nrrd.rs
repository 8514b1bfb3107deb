//! NRRD: `.nrrd`, and `.nhdr` with a data file.
//!
//! ```no_run
//! let image = voxdice::io::nrrd::read("case_001.nrrd")?;
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
//! * Versions 1 to 5; whole numbers of 8 to 64 bits, f32 and f64, of both byte orders; raw, gzip or text. The encodings
//!   hex and bzip2, and several data files, are refused.
//! * Voxels in the same file or in one data file, which has to be in the header's folder or below it. `byte skip: -1` takes
//!   the last bytes of a raw file, or of what a gzip stream holds.
//! * One axis that is not of space (direction `none`, or a kind such as `vector` or `list`). It becomes the last axis of
//!   the image, wherever the file has it, and its length is the number of channels unless its kind is `time`. Of four axes
//!   without kinds and directions the first one (else the last) is of layers if the segments of 3D Slicer lie in as many.
//! * `space directions` and `space origin`, turned from RAS, LAS or LPS (also with time) to RAS. A file which does not
//!   say its space is taken as LPS, as ITK does. Without directions, `spacings` count; `axis mins` are not looked at.

use super::format::ImageFormat;
use super::header::{Format, Header, Image};
use super::input::Input;
use super::recipe;
use crate::error::FileError;

mod axes;
mod header;
mod pairs;
mod segments;

pub use segments::{ReferenceGrid, Representation, Segment, Segmentation, segmentation, segments};

impl Format {
    /// NRRD.
    pub const NRRD: Self = Self("NRRD");
}

pub(super) const FORMAT: ImageFormat = ImageFormat {
    endings: &[".seg.nrrd", ".seg.nhdr", ".nrrd", ".nhdr"],
    halves: &[],
    picture: false,
    starts: |first| first.starts_with(b"NRRD000"),
    header: |file| recipe::read_header(file, header::load),
    unread: |file| recipe::unread(file, header::load),
};

/// Reads an image.
///
/// # Errors
///
/// See [`FileError`]: a file is not there, is not NRRD, is damaged, or does not fit in memory.
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

//! TIFF as label maps: `.tif` and `.tiff`, pictures and stacks.
//!
//! ```no_run
//! let image = voxdice::io::tiff::read("case_001.tif")?;
//! println!("{:?} of {}", image.header.shape, image.header.dtype);
//! # Ok::<(), voxdice::error::FileError>(())
//! ```
//!
//! # What is read
//!
//! * Whole numbers of 1, 2, 4, 8, 16, 32 and 64 bits and floats of 32 and 64, in both byte orders, also as BigTIFF; strips and
//!   tiles; without compression, or packed with LZW, deflate, PackBits or Zstandard, with either predictor (which of PackBits
//!   some programs undo, and others do not: it is refused).
//! * Grey, where 0 is black, and palettes, whose places are the numbers. Colours, if every pixel is grey. Where 0 is white,
//!   readers differ in whether the numbers are turned around, so such files are refused. So are JPEG and fax.
//! * Several pages of one size and type: a stack, of which the first page is the lowest. Smaller copies of a page are passed
//!   over. A stack that says that it goes over channels or times is refused. A stack of ImageJ of more than 4 GB has one page
//!   with all slices behind each other.
//!
//! The shape is width, height and, of a stack, pages. The size of a voxel is that of nnU-Net's file beside it (`case_001.json`
//! with `"spacing"` in mm, slowest axis first), of OME's `PhysicalSizeX` and the like, or of ImageJ's description. The plain
//! tags for a resolution are for printers: most files say 72 or 96 to an inch, whatever they show. They are not looked at, and
//! the file does not say how large a pixel is.
//!
//! # Why an own reader
//!
//! The crate `tiff` 0.11 refuses palettes, and turns numbers around where 0 is white. What is left besides is a list of
//! numbers with their places in the file, and decoders that are crates anyway.

use super::format::ImageFormat;
use super::header::{Format, Header, Image};
use super::input::{FileRef, Input};
use super::stream::Stream;
use super::unread::{Layout, Unread};
use crate::error::FileError;

mod chunk;
mod directory;
mod ome;
mod page;
mod size;
mod stack;

use stack::Stack;

impl Format {
    /// TIFF.
    pub const TIFF: Self = Self("TIFF");
}

pub(super) const FORMAT: ImageFormat = ImageFormat {
    endings: &[".tif", ".tiff"],
    halves: &[],
    picture: true,
    starts: |first| STARTS.iter().any(|start| first.starts_with(start)),
    header: |file| Stack::open(file).map(|stack| stack.header),
    unread,
};

/// How a file starts, in both byte orders, and as BigTIFF.
const STARTS: [&[u8]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];

/// Reads a picture or a stack.
///
/// # Errors
///
/// See [`FileError`]: a file is not there, is not TIFF, is damaged, has colours, or does not fit in memory.
pub fn read(input: impl Into<Input>) -> Result<Image, FileError> {
    FORMAT.read(&input.into())
}

/// Reads the header only; the pixels are not looked at, and may be missing.
///
/// # Errors
///
/// As [`read`], for the header.
pub fn read_header(input: impl Into<Input>) -> Result<Header, FileError> {
    FORMAT.read_header(&input.into())
}

fn unread<'a>(file: &FileRef<'a>) -> Result<(Header, Unread<'a>), FileError> {
    let stack = Stack::open(file)?;
    let header = stack.header.clone();
    let (count, byte_order) = (header.voxel_count(), stack.byte_order());
    let layout = Layout { dtype: header.dtype, count, byte_order, scale: None };
    let declared = count.saturating_mul(layout.dtype.size());
    let length = stack.length();
    Ok((header, Unread::new(Stream::of_parts(stack.slices(file.colours()), length, file.path()), layout, declared)))
}

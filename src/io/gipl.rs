//! GIPL, the format of the Guys Image Processing Lab: `.gipl` and `.gipl.gz`.
//!
//! ```no_run
//! let image = voxdice::io::gipl::read("case_001.gipl")?;
//! println!("{:?} of {}", image.header.shape, image.header.dtype);
//! # Ok::<(), voxdice::error::FileError>(())
//! ```
//!
//! # What is read
//!
//! * Whole numbers of 8 to 32 bits, f32 and f64, which have the high byte first; through gzip or not, as the content says.
//! * Lengths, the size of a voxel and the place of the first one, along the axes of the format's world, which is LPS, as ITK
//!   has it; the affine is turned to ours. The field for directions is one that ITK neither reads nor writes.

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
    /// GIPL.
    pub const GIPL: Self = Self("GIPL");
}

pub(super) const FORMAT: ImageFormat = ImageFormat {
    endings: &[".gipl", ".gipl.gz"],
    halves: &[],
    picture: false,
    starts: |first| first.get(MAGIC_AT..).is_some_and(|rest| MAGIC.iter().any(|magic| rest.starts_with(magic))),
    header: |file| open(file).map(|(header, _)| header),
    unread,
};

/// Bytes before the voxels.
const START: usize = 256;

const MAGIC_AT: usize = 252;

/// 719555000, or 4026526128 of an extension.
const MAGIC: [[u8; 4]; 2] = [719_555_000_u32.to_be_bytes(), 4_026_526_128_u32.to_be_bytes()];

/// Reads a volume.
///
/// # Errors
///
/// See [`FileError`]: a file is not there, is not GIPL, is damaged, or does not fit in memory.
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

fn dtype(code: u16) -> Option<StoredType> {
    Some(match code {
        7 => StoredType::I8,
        8 => StoredType::U8,
        15 => StoredType::I16,
        16 => StoredType::U16,
        31 => StoredType::U32,
        32 => StoredType::I32,
        64 => StoredType::F32,
        65 => StoredType::F64,
        _ => return None,
    })
}

fn open<'a>(file: &FileRef<'a>) -> Result<(Header, Stream<'a>), FileError> {
    let (bytes, stream) = Stream::behind_header::<START>(file)?;
    Ok((header(&bytes, file.path())?, stream))
}

fn header(bytes: &[u8; START], path: &Path) -> Result<Header, FileError> {
    let fault = |fault| FileError::Header { path: path.to_path_buf(), fault };
    fn take<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
        bytes.get(at..).and_then(|rest| rest.first_chunk().copied()).unwrap_or([0; N])
    }
    let magic: [u8; 4] = take(bytes, MAGIC_AT);
    if !MAGIC.contains(&magic) {
        let value = format!("{magic:02x?}");
        return Err(fault(HeaderFault::Value { field: "magic", value, expected: "that of a GIPL file" }));
    }
    let half = |at| u16::from_be_bytes(take(bytes, at));
    let code = half(8);
    let stored = dtype(code).ok_or_else(|| fault(HeaderFault::Type(format!("{code} of GIPL"))))?;
    // Lengths of axes that are not there are 0 or 1.
    let mut shape: Vec<u64> = [0, 2, 4, 6].map(|at| half(at).into()).to_vec();
    while shape.len() > 1 && shape.last().is_some_and(|&length| length < 2) {
        shape.pop();
    }
    if shape.contains(&0) {
        let value = format!("{shape:?}");
        return Err(fault(HeaderFault::Dims {
            field: "dim",
            value,
            expected: "one positive length for each dimension",
        }));
    }
    count(path, &shape, stored)?;
    let size = |at| f64::from(f32::from_be_bytes(take(bytes, at)));
    let place = |at| f64::from_be_bytes(take(bytes, at));
    // A missing axis has no size either.
    let sized = |size: f64| if size == 0.0 { 1.0 } else { size };
    let [x, y, z] = [10, 14, 18].map(|at| sized(size(at)));
    let axes = [(x, [1.0, 0.0, 0.0]), (y, [0.0, 1.0, 0.0]), (z, [0.0, 0.0, 1.0])];
    let origin = [204, 212, 220].map(place);
    let geometry = Geometry::from_axes(axes, origin, [-1.0, -1.0, 1.0], Units::Unknown);
    geometry.check(&shape).map_err(|fault| FileError::BadGeometry { path: path.to_path_buf(), fault })?;
    Ok(Header {
        format: Format::GIPL,
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
    Ok((header, Unread::behind(stream, layout, START as u64)?))
}

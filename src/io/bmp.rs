//! Windows bitmaps as label maps: `.bmp`.
//!
//! ```no_run
//! let image = voxdice::io::bmp::read("case_001.bmp")?;
//! println!("{:?} of {}", image.header.shape, image.header.dtype);
//! # Ok::<(), voxdice::error::FileError>(())
//! ```
//!
//! # What is read
//!
//! * Palettes of 1, 4 and 8 bits: the place in the palette is the number. Grey is stored with a palette too; where that is
//!   black to white in equal steps, the number is the brightness.
//! * 24 and 32 bits, if every pixel is grey: the first one that is not is an error with its place.
//! * Rows from below, as is usual, and from above. Compressed bitmaps, and 16 bits, are refused.
//!
//! The shape is width, height. The resolution is for printers and is not looked at, so the file does not say how large a pixel
//! is. An own reader, because the crates that read the format give colours in place of the numbers of a palette.

use std::io::SeekFrom;
use std::path::Path;

use super::file::read_full;
use super::format::ImageFormat;
use super::header::{Format, Header, Image, Meaning};
use super::input::{FileRef, Input, Reader};
use super::picture::{self, Pixel, Pixels, REWRITE, damaged, unsupported};
use super::stream::{Parts, Stream};
use super::unread::{Layout, Unread};
use super::voxels::{ByteOrder, StoredType};
use crate::error::{FileAction, FileError, Part};

impl Format {
    /// A Windows bitmap.
    pub const BMP: Self = Self("BMP");
}

pub(super) const FORMAT: ImageFormat = ImageFormat {
    endings: &[".bmp"],
    halves: &[],
    picture: true,
    // Text may begin so too; the length of the second header tells.
    starts: |first| first.starts_with(b"BM") && word(first, 14).is_some_and(|length| HEADERS.contains(&length)),
    header: |file| open(file).map(|(header, ..)| header),
    unread,
};

/// Lengths of the second header, by version.
const HEADERS: [u32; 7] = [12, 40, 52, 56, 64, 108, 124];

/// Bytes that are read at once, where rows are shorter.
const BLOCK: u64 = 1 << 16;

/// Reads a picture.
///
/// # Errors
///
/// See [`FileError`]: a file is not there, is no bitmap, is damaged, has colours, or does not fit in memory.
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

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

/// Where the rows are.
struct Place {
    /// Of the first byte of all rows.
    start: u64,
    /// Bytes of a row, with what pads it to a multiple of 4.
    stride: u64,
    height: u64,
    from_below: bool,
}

fn open<'a>(file: &FileRef<'a>) -> Result<(Header, Pixel, Place, Reader<'a>, u64), FileError> {
    let (mut reader, length) = file.open()?;
    let path = file.path();
    if length == 0 {
        return Err(FileError::Empty { path: path.to_path_buf(), gzip: false });
    }
    // Both headers, and the palette.
    let mut bytes = [0; 14 + 124 + 4 * 256];
    let failed = |source| FileError::Io { path: path.to_path_buf(), action: FileAction::Read, source };
    let got = read_full(&mut reader, &mut bytes).map_err(failed)?;
    let bytes = bytes.get(..got).unwrap_or_default();
    if !bytes.starts_with(b"BM") {
        return Err(damaged(path, "BMP", "it does not begin as a bitmap does"));
    }
    let short = || FileError::Truncated { path: path.to_path_buf(), part: Part::Header, needed: 54, found: got as u64 };
    let word = |at| word(bytes, at).ok_or_else(short);
    let half = |at| half(bytes, at).ok_or_else(short);
    let (start, size) = (word(10)?, word(14)?);
    if !HEADERS.contains(&size) {
        return Err(damaged(
            path,
            "BMP",
            format!("its second header has {size} bytes, and there are none of that length"),
        ));
    }
    // OS/2 had 16 bits for each length, and three bytes for each colour.
    let old = size == 12;
    let (width, height, bits) = if old {
        (i32::from(half(18)?), i32::from(half(20)?), half(24)?)
    } else {
        (word(18)? as i32, word(22)? as i32, half(28)?)
    };
    let packing = if old { 0 } else { word(30)? };
    let lengths = u64::try_from(width).ok().filter(|&width| width > 0).zip(Some(u64::from(height.unsigned_abs())));
    let Some((width, rows)) = lengths.filter(|&(_, height)| height > 0) else {
        return Err(damaged(path, "BMP", format!("it is {width} x {height} pixels large")));
    };
    let colours: &[u8] = bytes.get(usize::try_from(size).unwrap_or(0).saturating_add(14)..).unwrap_or_default();
    let pixel = match (bits, packing) {
        (1 | 4 | 8, 0) => Pixel::grey(bits.into()),
        (24, 0) => Pixel { bits: 8, colours: 3, extra: 0, opacity: false, byte_order: ByteOrder::Little },
        // The fourth byte is nothing.
        (32, 0) => Pixel { bits: 8, colours: 3, extra: 1, opacity: false, byte_order: ByteOrder::Little },
        (32, 3 | 6) if is_usual(bytes) => {
            // Without a mask the fourth byte is nothing, too. Short headers have no room for one.
            let opacity = (size >= 56 || packing == 6) && word(66)? != 0;
            Pixel { bits: 8, colours: 3, extra: 1, opacity, byte_order: ByteOrder::Little }
        }
        (_, 1 | 2) => return Err(unsupported(path, "a bitmap with compressed rows", REWRITE)),
        (0, 4 | 5) => return Err(unsupported(path, "a bitmap that has a PNG or JPEG in it", REWRITE)),
        _ => return Err(unsupported(path, format!("a bitmap of {bits} bits and packing {packing}"), REWRITE)),
    };
    let meaning = match bits {
        8 if !is_grey_ramp(colours, if old { 3 } else { 4 }) => Meaning::Palette,
        1 | 4 => Meaning::Palette,
        _ => Meaning::Brightness,
    };
    if start < size.saturating_add(14) {
        return Err(damaged(path, "BMP", format!("its pixels are said to be at byte {start}, in its headers")));
    }
    let row = pixel.row_bytes(width).unwrap_or(u64::MAX);
    let stride = row.checked_next_multiple_of(4).unwrap_or(u64::MAX);
    let place = Place { start: start.into(), stride, height: rows, from_below: height > 0 };
    let header = picture::header(Format::BMP, vec![width, rows], StoredType::U8, meaning, path)?;
    Ok((header, pixel, place, reader, length))
}

/// Whether the masks of 32 bits are those of blue, green, red and opacity in this order.
fn is_usual(bytes: &[u8]) -> bool {
    [(54, 0x00ff_0000), (58, 0x0000_ff00), (62, 0x0000_00ff)].iter().all(|&(at, mask)| word(bytes, at) == Some(mask))
}

/// Whether a palette of 256 colours is black to white.
fn is_grey_ramp(palette: &[u8], size: usize) -> bool {
    let mut colours = palette.chunks_exact(size);
    (0..=255_u8).all(|value| colours.next().is_some_and(|colour| colour.iter().take(3).all(|&part| part == value)))
}

fn unread<'a>(file: &FileRef<'a>) -> Result<(Header, Unread<'a>), FileError> {
    let (header, pixel, place, reader, length) = open(file)?;
    let path = file.path();
    let needed = place.stride.saturating_mul(place.height);
    let found = length.saturating_sub(place.start);
    // Some writers leave the padding of the last row away.
    let [width, height] = [0, 1].map(|axis| header.shape.get(axis).copied().unwrap_or(0));
    let padding = place.stride.saturating_sub(pixel.row_bytes(width).unwrap_or(u64::MAX));
    if found < needed.saturating_sub(padding) {
        return Err(FileError::Truncated { path: path.to_path_buf(), part: Part::Voxels, needed, found });
    }
    let count = header.voxel_count();
    let layout = Layout { dtype: header.dtype, count, byte_order: ByteOrder::Little, scale: None };
    let pixels = Pixels::new(pixel, width, height, false).blue_first().coloured(file.colours());
    let rows = Rows { path: path.into(), reader, place, pixels, row: 0, block: Vec::new() };
    Ok((header, Unread::new(Stream::of_parts(rows, length, path), layout, count)))
}

struct Rows<'a> {
    path: Box<Path>,
    reader: Reader<'a>,
    place: Place,
    pixels: Pixels,
    row: u64,
    block: Vec<u8>,
}

impl Parts for Rows<'_> {
    /// Several rows at once: from below, each block is before the one that was read last.
    fn next(&mut self, part: &mut Vec<u8>) -> Result<bool, FileError> {
        part.clear();
        let Self { path, reader, place, pixels, row, block } = self;
        let left = place.height.saturating_sub(*row);
        let rows = BLOCK.checked_div(place.stride).unwrap_or(1).clamp(1, left.max(1)).min(left);
        if rows == 0 {
            return Ok(false);
        }
        let first = if place.from_below { left.saturating_sub(rows) } else { *row };
        let start = place.start.saturating_add(first.saturating_mul(place.stride));
        let bytes = usize::try_from(rows.saturating_mul(place.stride)).unwrap_or(usize::MAX);
        let room =
            |source| FileError::OutOfMemory { path: path.to_path_buf(), bytes: bytes as u64, source: Some(source) };
        block.clear();
        block.try_reserve(bytes).map_err(room)?;
        block.resize(bytes, 0);
        let failed = |source| FileError::Io { path: path.to_path_buf(), action: FileAction::Read, source };
        reader.seek(SeekFrom::Start(start)).map_err(failed)?;
        read_full(reader, block).map_err(failed)?;
        let stride = usize::try_from(place.stride).unwrap_or(usize::MAX);
        let mut flatten = |line: &[u8]| {
            let line = line.get(..pixels.row_bytes()).unwrap_or(line);
            let refused = |fault| FileError::Picture { path: path.to_path_buf(), fault };
            pixels.flatten(line, part).map_err(refused)
        };
        if place.from_below {
            block.chunks_exact(stride).rev().try_for_each(&mut flatten)?;
        } else {
            block.chunks_exact(stride).try_for_each(&mut flatten)?;
        }
        *row = row.saturating_add(rows);
        Ok(true)
    }
}

//! PNG as label maps: `.png`.
//!
//! ```no_run
//! let image = voxdice::io::png::read("case_001.png")?;
//! println!("{:?} of {}", image.header.shape, image.header.dtype);
//! # Ok::<(), voxdice::error::FileError>(())
//! ```
//!
//! # What is read
//!
//! * Grey of 1, 2, 4, 8 and 16 bits, and palettes, interlaced or not. The numbers are those in the file: a place in a palette
//!   is the number, whatever colour is there, and grey of 4 bits goes up to 15. (The crate `image` expands both.)
//! * Colours, if every pixel is grey. The first pixel that is not is an error with its place. A transparency that differs
//!   between pixels is one as well.
//! * The first picture of a file. Animations are refused.
//!
//! The shape is width, height. A resolution (`pHYs`) is for printers and is not looked at, so the file does not say how large
//! a pixel is. Checksums are verified.

use std::path::Path;

use png::{BitDepth, ColorType, Decoder, DecodingError, Limits};

use super::format::ImageFormat;
use super::gzip;
use super::header::{Format, Header, Image, Meaning};
use super::input::{FileRef, Input, Reader};
use super::picture::{self, Pixel, Pixels, REWRITE};
use super::stream::{Parts, Stream};
use super::unread::{Layout, Unread};
use super::voxels::ByteOrder;
use crate::error::{FileError, PictureFault};

impl Format {
    /// PNG.
    pub const PNG: Self = Self("PNG");
}

pub(super) const FORMAT: ImageFormat = ImageFormat {
    endings: &[".png"],
    halves: &[],
    picture: true,
    starts: |first| first.starts_with(b"\x89PNG"),
    header: |file| open(file).map(|(header, ..)| header),
    unread,
};

/// Reads a picture.
///
/// # Errors
///
/// See [`FileError`]: a file is not there, is not PNG, is damaged, has colours, or does not fit in memory.
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

/// The header, how a pixel is stored, bytes of the file, and the decoder behind the header.
fn open<'a>(file: &FileRef<'a>) -> Result<(Header, Pixel, u64, Decoder<Reader<'a>>), FileError> {
    let (reader, length) = file.open()?;
    let path = file.path();
    if length == 0 {
        return Err(FileError::Empty { path: path.to_path_buf(), gzip: false });
    }
    let mut decoder = Decoder::new(reader);
    decoder.ignore_checksums(false);
    // Profiles and texts say nothing of labels, and may be large once they are unpacked.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let info = decoder.read_header_info().map_err(|error| fault(path, error))?;
    let bits = match info.bit_depth {
        BitDepth::One => 1,
        BitDepth::Two => 2,
        BitDepth::Four => 4,
        BitDepth::Eight => 8,
        BitDepth::Sixteen => 16,
    };
    let (colours, extra) = match info.color_type {
        ColorType::Grayscale | ColorType::Indexed => (1, 0),
        ColorType::GrayscaleAlpha => (1, 1),
        ColorType::Rgb => (3, 0),
        ColorType::Rgba => (3, 1),
    };
    let meaning = match info.color_type {
        ColorType::Indexed => Meaning::Palette,
        _ if bits == 8 => Meaning::Brightness,
        _ => Meaning::Numbers,
    };
    let shape = vec![u64::from(info.width), u64::from(info.height)];
    let pixel = Pixel { bits, colours, extra, opacity: extra > 0, byte_order: ByteOrder::Big };
    let Some(dtype) = pixel.unsigned() else {
        return Err(picture::unsupported(path, format!("a picture of {bits} bits"), REWRITE));
    };
    Ok((picture::header(Format::PNG, shape, dtype, meaning, path)?, pixel, length, decoder))
}

fn unread<'a>(file: &FileRef<'a>) -> Result<(Header, Unread<'a>), FileError> {
    let (header, pixel, length, mut decoder) = open(file)?;
    let path = file.path();
    let [width, height] = [0, 1].map(|axis| header.shape.get(axis).copied().unwrap_or(0));
    // Rows are packed with deflate, so that the file has to be long enough for them.
    let row = pixel.row_bytes(width).unwrap_or(u64::MAX);
    let (needed, at_most) = (row.saturating_mul(height), gzip::at_most(length));
    if needed > at_most {
        return Err(FileError::TooSmallForClaim { path: path.to_path_buf(), needed, compressed: length, at_most });
    }
    // Two rows, and what the decoder keeps besides.
    let bytes = usize::try_from(row).unwrap_or(usize::MAX).saturating_mul(2).saturating_add(1 << 20);
    decoder.set_limits(Limits { bytes });
    let reader = decoder.read_info().map_err(|error| fault(path, error))?;
    if reader.info().animation_control().is_some_and(|control| control.num_frames > 1) {
        return Err(picture::unsupported(path, "an animated PNG", "write each frame as a file of its own"));
    }
    let pixels = Pixels::new(pixel, width, height, false).coloured(file.colours());
    let mut rows = Rows { path: path.into(), reader, pixels, whole: None };
    if rows.reader.info().interlaced {
        rows.deinterlace(needed, row)?;
    }
    let layout = Layout { dtype: header.dtype, count: header.voxel_count(), byte_order: ByteOrder::Big, scale: None };
    let declared = layout.count.saturating_mul(layout.dtype.size());
    Ok((header, Unread::new(Stream::of_parts(rows, length, path), layout, declared)))
}

struct Rows<'a> {
    path: Box<Path>,
    reader: png::Reader<Reader<'a>>,
    pixels: Pixels,
    /// All rows of an interlaced picture, with the bytes of a row and the next one.
    whole: Option<(Vec<u8>, usize, usize)>,
}

impl Rows<'_> {
    /// Reads the passes of an interlaced picture, which give rows only together.
    fn deinterlace(&mut self, bytes: u64, row: u64) -> Result<(), FileError> {
        let room = |source| FileError::OutOfMemory { path: self.path.to_path_buf(), bytes, source };
        let (bytes, row) = usize::try_from(bytes).ok().zip(usize::try_from(row).ok()).ok_or_else(|| room(None))?;
        let mut all = Vec::new();
        all.try_reserve_exact(bytes).map_err(|source| room(Some(source)))?;
        all.resize(bytes, 0);
        self.reader.next_frame(&mut all).map_err(|error| fault(&self.path, error))?;
        self.whole = Some((all, row, 0));
        Ok(())
    }
}

impl Parts for Rows<'_> {
    fn next(&mut self, part: &mut Vec<u8>) -> Result<bool, FileError> {
        part.clear();
        let refused = |fault| FileError::Picture { path: self.path.to_path_buf(), fault };
        if let Some((all, row, next)) = &mut self.whole {
            let end = next.saturating_add(*row);
            if let Some(row) = all.get(*next..end).filter(|row| !row.is_empty()) {
                *next = end;
                self.pixels.flatten(row, part).map_err(refused)?;
                return Ok(true);
            }
        } else if let Some(row) = self.reader.next_row().map_err(|error| fault(&self.path, error))? {
            self.pixels.flatten(row.data(), part).map_err(refused)?;
            return Ok(true);
        }
        match self.reader.finish() {
            // It was finished before.
            Ok(()) | Err(DecodingError::Parameter(_)) => Ok(false),
            Err(error) => Err(fault(&self.path, error)),
        }
    }
}

/// What the decoder said, as an error of the file.
fn fault(path: &Path, error: DecodingError) -> FileError {
    let what = match error {
        DecodingError::IoError(source) if source.kind() != std::io::ErrorKind::UnexpectedEof => {
            let action = crate::error::FileAction::Read;
            return FileError::Io { path: path.to_path_buf(), action, source };
        }
        DecodingError::IoError(_) => "it ends early".into(),
        DecodingError::LimitsExceeded => "a part of it is far larger than its pixels".into(),
        other => plain(&other.to_string()),
    };
    FileError::Picture { path: path.to_path_buf(), fault: PictureFault::Damaged { format: "PNG", what } }
}

/// The words of a decoder, which may quote the file, inside a message.
fn plain(text: &str) -> String {
    let shown = text.trim_end_matches('.').chars().take(200);
    shown.map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

//! What the tags of a page say about its pixels.

use super::directory::{Directory, File};
use crate::error::FileError;
use crate::io::header::Meaning;
use crate::io::picture::{Pixel, REWRITE, unsupported};
use crate::io::voxels::StoredType;

/// The tags that are looked at.
pub(super) mod tag {
    pub const SUBFILE: u16 = 254;
    pub const WIDTH: u16 = 256;
    pub const HEIGHT: u16 = 257;
    pub const BITS: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const DESCRIPTION: u16 = 270;
    pub const STRIPS: u16 = 273;
    pub const ORIENTATION: u16 = 274;
    pub const SAMPLES: u16 = 277;
    pub const ROWS_PER_STRIP: u16 = 278;
    pub const STRIP_BYTES: u16 = 279;
    pub const X_RESOLUTION: u16 = 282;
    pub const Y_RESOLUTION: u16 = 283;
    pub const PLANAR: u16 = 284;
    pub const PREDICTOR: u16 = 317;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_HEIGHT: u16 = 323;
    pub const TILES: u16 = 324;
    pub const TILE_BYTES: u16 = 325;
    pub const EXTRA: u16 = 338;
    pub const FORMAT: u16 = 339;
    pub const DEPTH: u16 = 32_997;
    pub const TILE_DEPTH: u16 = 32_998;
}

/// Samples of a pixel that are looked at: more are refused.
const SAMPLES: u64 = 8;

/// The largest edge of a tile whose page is smaller.
const LARGEST_TILE: u64 = 4096;

/// The pixels of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub width: u64,
    pub height: u64,
    pub dtype: StoredType,
    pub meaning: Meaning,
    pub pixel: Pixel,
}

/// How they are stored, which may differ from page to page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Storage {
    pub packing: Packing,
    pub predictor: Predictor,
    /// Pixels of a piece: of a strip as wide as the page, or of a tile.
    pub piece: [u64; 2],
    pub tiled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Lzw,
    Deflate,
    PackBits,
    Zstandard,
}

/// What is done to samples before they are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Predictor {
    None,
    /// Each is stored as its difference from the one before.
    Difference,
    /// The same with the bytes of floats, the highest of all first.
    Floats,
}

impl Page {
    /// Numbers of a pixel.
    pub fn samples(&self) -> u64 {
        self.pixel.samples() as u64
    }

    pub fn of(file: &mut File<'_>, tags: &Directory) -> Result<Self, FileError> {
        let [width, height] = [file.one(tags, tag::WIDTH, 0)?, file.one(tags, tag::HEIGHT, 0)?];
        if width == 0 || height == 0 || width > u64::from(u32::MAX) || height > u64::from(u32::MAX) {
            return Err(file.damaged(format!("a page is {width} x {height} pixels large")));
        }
        let path = file.path.clone();
        let refused = |what: String, remedy| unsupported(&path, what, remedy);
        if file.one(tags, tag::DEPTH, 1)? > 1 || file.one(tags, tag::TILE_DEPTH, 1)? > 1 {
            return Err(refused("a TIFF with several slices in one page".into(), "write a page for each slice"));
        }
        if file.one(tags, tag::ORIENTATION, 1)? > 1 {
            let remedy =
                "programs differ in whether they turn it: write it with its first row on top and its first column left";
            return Err(refused("a TIFF that is stored turned or mirrored".into(), remedy));
        }
        let samples = file.one(tags, tag::SAMPLES, 1)?;
        let bits = file.first_numbers(tags, tag::BITS, samples.min(SAMPLES))?.unwrap_or_else(|| vec![1]);
        let formats = file.first_numbers(tags, tag::FORMAT, samples.min(SAMPLES))?.unwrap_or_else(|| vec![1]);
        let alike = |values: &[u64]| values.first().copied().filter(|first| values.iter().all(|value| value == first));
        let (Some(bits), Some(format)) = (alike(&bits), alike(&formats)) else {
            return Err(refused("a TIFF whose samples are of different types".into(), REWRITE));
        };
        let dtype = match (format, bits) {
            (1 | 4, 1 | 2 | 4 | 8) => StoredType::U8,
            (1 | 4, 16) => StoredType::U16,
            (1 | 4, 32) => StoredType::U32,
            (1 | 4, 64) => StoredType::U64,
            (2, 8) => StoredType::I8,
            (2, 16) => StoredType::I16,
            (2, 32) => StoredType::I32,
            (2, 64) => StoredType::I64,
            (3, 32) => StoredType::F32,
            (3, 64) => StoredType::F64,
            _ => {
                let kind = match format {
                    2 => "signed whole numbers",
                    3 => "floats",
                    5 | 6 => "complex numbers",
                    _ => "whole numbers",
                };
                return Err(refused(format!("a TIFF with {kind} of {bits} bits"), REWRITE));
            }
        };
        let bits = u32::try_from(bits).unwrap_or(8);
        let opacity = matches!(file.one(tags, tag::EXTRA, 0)?, 1 | 2);
        let photometric = file.one(tags, tag::PHOTOMETRIC, 1)?;
        let (colours, meaning) = match photometric {
            1 if dtype == StoredType::U8 && bits == 8 => (1, Meaning::Brightness),
            1 => (1, Meaning::Numbers),
            2 if dtype == StoredType::U8 && bits == 8 => (3, Meaning::Brightness),
            2 => (3, Meaning::Numbers),
            3 => (1, Meaning::Palette),
            0 => {
                let remedy = "programs differ in whether its numbers are turned around: write it with 0 as black";
                return Err(refused("a TIFF in which 0 is white".into(), remedy));
            }
            other => return Err(refused(format!("a TIFF with colours of kind {other}"), REWRITE)),
        };
        let behind = usize::try_from(samples).unwrap_or(usize::MAX).checked_sub(colours);
        // Of grey with a second number that is no opacity, which one is the label is not known.
        let known = behind.filter(|&behind| behind == 0 || (behind == 1 && (opacity || colours == 3)));
        let Some(behind) = known else {
            return Err(FileError::Channels { path: path.to_path_buf(), channels: samples });
        };
        if samples > 1 && (bits < 8 || file.one(tags, tag::PLANAR, 1)? != 1) {
            let remedy = "write the labels as grey (`photometric=\"minisblack\"` of tifffile)";
            return Err(refused("a TIFF with colours in planes, or of less than a byte".into(), remedy));
        }
        let pixel = Pixel { bits, colours, extra: behind, opacity: opacity && behind > 0, byte_order: file.order };
        Ok(Self { width, height, dtype, meaning, pixel })
    }
}

impl Storage {
    pub fn of(file: &mut File<'_>, tags: &Directory, page: &Page) -> Result<Self, FileError> {
        let path = file.path.clone();
        let lossy = "its compression changes the numbers of labels, or is of a scanner; write them without compression";
        let packing = match file.one(tags, tag::COMPRESSION, 1)? {
            1 => Packing::Plain,
            5 => Packing::Lzw,
            8 | 32_946 => Packing::Deflate,
            32_773 => Packing::PackBits,
            50_000 => Packing::Zstandard,
            2..=4 => return Err(unsupported(&path, "a TIFF with fax compression", lossy)),
            6 | 7 => return Err(unsupported(&path, "a TIFF with JPEG compression", lossy)),
            other => return Err(unsupported(&path, format!("a TIFF with compression {other}"), REWRITE)),
        };
        let predictor = match (file.one(tags, tag::PREDICTOR, 1)?, page.dtype) {
            // It is looked at only where something is packed.
            _ if packing == Packing::Plain => Predictor::None,
            (1, _) => Predictor::None,
            // Some programs undo it there, and others do not.
            (other, _) if packing == Packing::PackBits => {
                return Err(unsupported(&path, format!("a TIFF with PackBits and predictor {other}"), REWRITE));
            }
            (2, _) if page.pixel.bits >= 8 => Predictor::Difference,
            (3, StoredType::F32 | StoredType::F64) => Predictor::Floats,
            (other, _) => return Err(unsupported(&path, format!("a TIFF with predictor {other}"), REWRITE)),
        };
        if file.one(tags, tag::FILL_ORDER, 1)? != 1 {
            return Err(unsupported(&path, "a TIFF with the bits of a byte the other way round", REWRITE));
        }
        let tiled = tags.has(tag::TILES);
        let piece = if tiled {
            [file.one(tags, tag::TILE_WIDTH, 0)?, file.one(tags, tag::TILE_HEIGHT, 0)?]
        } else {
            [page.width, file.one(tags, tag::ROWS_PER_STRIP, page.height)?.min(page.height)]
        };
        let [width, height] = piece;
        if width == 0 || height == 0 || (tiled && page.pixel.bits < 8 && !width.is_multiple_of(8)) {
            return Err(file.damaged(format!("its pieces are {width} x {height} pixels large")));
        }
        let most = |edge: u64| edge.next_multiple_of(16).max(LARGEST_TILE);
        if tiled && (width > most(page.width) || height > most(page.height)) {
            return Err(
                file.damaged(format!("its tiles are {width} x {height} pixels large, much more than its pages"))
            );
        }
        Ok(Self { packing, predictor, piece, tiled })
    }
}

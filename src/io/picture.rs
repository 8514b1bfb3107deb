//! What the formats of pictures have in common: pixels become numbers, one for each.
//!
//! A grey value is a number, and so is a place in a palette, whatever colour is there. A colour is none: pixels whose
//! red, green and blue are equal are grey, and any other pixel is an error. Transparency has to be the same
//! everywhere.

use std::path::Path;
use std::sync::Arc;

use super::colours::Colours;
use super::geometry::Geometry;
use super::header::{Format, Header, Meaning};
use super::voxels::{ByteOrder, StoredType, count};
use crate::error::{FileError, PictureFault};

/// How the samples of a pixel lie in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pixel {
    /// Of a sample: 1, 2, 4, or a multiple of 8.
    pub bits: u32,
    /// 1, or 3 for colours.
    pub colours: usize,
    /// Samples behind the colours: the opacity, or what is passed over.
    pub extra: usize,
    pub opacity: bool,
    pub byte_order: ByteOrder,
}

/// Makes numbers of the pixels of rows.
#[derive(Debug)]
pub(super) struct Pixels {
    pixel: Pixel,
    width: usize,
    /// Rows that were seen, and how many there are in a slice.
    row: u64,
    rows: u64,
    /// Whether there is more than one slice.
    stacked: bool,
    opacity: Option<Vec<u8>>,
    colours: Option<Arc<Colours>>,
    /// Whether blue is the first colour of a pixel.
    blue_first: bool,
}

impl Pixel {
    pub fn grey(bits: u32) -> Self {
        Self { bits, colours: 1, extra: 0, opacity: false, byte_order: ByteOrder::Big }
    }

    pub fn samples(self) -> usize {
        self.colours.saturating_add(self.extra)
    }

    /// Bytes of a row of pixels; none where they cannot be counted.
    pub fn row_bytes(self, width: u64) -> Option<u64> {
        let bits = u64::from(self.bits).checked_mul(self.samples() as u64)?.checked_mul(width)?;
        Some(bits.div_ceil(8))
    }

    /// Whole numbers of these bits, as they come out.
    #[cfg(feature = "images")]
    pub fn unsigned(self) -> Option<StoredType> {
        Some(match self.bits {
            1 | 2 | 4 | 8 => StoredType::U8,
            16 => StoredType::U16,
            32 => StoredType::U32,
            64 => StoredType::U64,
            _ => return None,
        })
    }
}

impl Pixels {
    pub fn new(pixel: Pixel, width: u64, rows: u64, stacked: bool) -> Self {
        let width = usize::try_from(width).unwrap_or(usize::MAX);
        Self { pixel, width, row: 0, rows, stacked, opacity: None, colours: None, blue_first: false }
    }

    /// The same where a pixel begins with blue.
    pub fn blue_first(self) -> Self {
        Self { blue_first: true, ..self }
    }

    /// The same with labels for colours.
    pub fn coloured(self, colours: Option<Arc<Colours>>) -> Self {
        Self { colours, ..self }
    }

    /// Bytes of a row without padding.
    pub fn row_bytes(&self) -> usize {
        let bytes = self.pixel.row_bytes(self.width as u64);
        bytes.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(usize::MAX)
    }

    /// Appends the numbers of the next row.
    pub fn flatten(&mut self, row: &[u8], out: &mut Vec<u8>) -> Result<(), PictureFault> {
        let Pixel { bits, colours, .. } = self.pixel;
        if bits < 8 {
            unpack(row, bits, self.width, out);
        } else if self.pixel.samples() == 1 {
            out.extend_from_slice(row);
        } else {
            let size = usize::try_from(bits / 8).unwrap_or(1);
            let length = size.saturating_mul(self.pixel.samples());
            for (x, pixel) in (0..).zip(row.chunks_exact(length)) {
                let mut samples = pixel.chunks_exact(size);
                let first = samples.next().unwrap_or_default();
                // Grey is a colour here as others are.
                let table = self.colours.as_ref().filter(|_| colours == 3 && size <= 2);
                if let Some(table) = table {
                    let colour = self.colour(pixel, size);
                    let Some(label) = table.label(colour) else {
                        return Err(PictureFault::Unlisted { position: self.position(x), colour });
                    };
                    match (size, self.pixel.byte_order) {
                        (1, _) => out.push(label),
                        (_, ByteOrder::Big) => out.extend([0, label]),
                        (_, ByteOrder::Little) => out.extend([label, 0]),
                    }
                    samples.by_ref().take(2).for_each(drop);
                } else if samples.by_ref().take(colours.saturating_sub(1)).any(|sample| sample != first) {
                    let colour = self.colour(pixel, size);
                    return Err(PictureFault::Colour { position: self.position(x), colour });
                }
                if self.pixel.opacity
                    && let Some(opacity) = samples.next()
                    && self.opacity.get_or_insert_with(|| opacity.to_vec()) != opacity
                {
                    return Err(PictureFault::Alpha { position: self.position(x) });
                }
                if table.is_none() {
                    out.extend_from_slice(first);
                }
            }
        }
        self.row = self.row.saturating_add(1);
        Ok(())
    }

    fn colour(&self, pixel: &[u8], size: usize) -> [u16; 3] {
        let mut samples = pixel.chunks_exact(size).map(|sample| match (self.pixel.byte_order, sample) {
            (_, [value]) => u16::from(*value),
            (ByteOrder::Big, [high, low, ..]) | (ByteOrder::Little, [low, high, ..]) => {
                u16::from_be_bytes([*high, *low])
            }
            _ => 0,
        });
        let [first, green, last] = [(); 3].map(|()| samples.next().unwrap_or(0));
        if self.blue_first { [last, green, first] } else { [first, green, last] }
    }

    fn position(&self, x: u64) -> Vec<u64> {
        let (y, z) = (self.row.checked_rem(self.rows), self.row.checked_div(self.rows));
        let [y, z] = [y, z].map(|place| place.unwrap_or(0));
        if self.stacked { vec![x, y, z] } else { vec![x, y] }
    }
}

/// Samples of less than a byte, the first one in the highest bits.
fn unpack(row: &[u8], bits: u32, width: usize, out: &mut Vec<u8>) {
    let mask = (1_u8 << bits.min(7)).wrapping_sub(1);
    let per_byte = 8_u32.checked_div(bits).unwrap_or(1);
    let end = out.len().saturating_add(width);
    for &byte in row {
        let shifts = (1..=per_byte).map(|place| 8_u32.saturating_sub(place.saturating_mul(bits)));
        out.extend(shifts.map(|shift| byte.checked_shr(shift).unwrap_or(0) & mask));
    }
    out.truncate(end);
}

/// The header of a picture, or of a stack of them.
pub(super) fn header(
    format: Format,
    shape: Vec<u64>,
    dtype: StoredType,
    meaning: Meaning,
    path: &Path,
) -> Result<Header, FileError> {
    count(path, &shape, dtype)?;
    let geometry = Geometry::unsaid();
    Ok(Header { format, shape, channels: 1, dtype, scale: None, geometry, meaning })
}

/// A picture that is damaged.
pub(super) fn damaged(path: &Path, format: &'static str, what: impl Into<String>) -> FileError {
    FileError::Picture { path: path.to_path_buf(), fault: PictureFault::Damaged { format, what: what.into() } }
}

/// A picture of a sort that is not read.
pub(super) fn unsupported(path: &Path, what: impl Into<String>, remedy: &'static str) -> FileError {
    FileError::Picture { path: path.to_path_buf(), fault: PictureFault::Unsupported { what: what.into(), remedy } }
}

/// What to do with a picture whose numbers cannot be read.
pub(super) const REWRITE: &str =
    "write the numbers of the classes again, as grey or palette PNG of 8 or 16 bits, or as TIFF";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_samples_are_taken_out_of_their_bytes_from_the_left() {
        let of = |row: &[u8], bits, width| {
            let mut out = Vec::new();
            unpack(row, bits, width, &mut out);
            out
        };
        assert_eq!(of(&[0b1010_0001, 0b1000_0000], 1, 9), [1, 0, 1, 0, 0, 0, 0, 1, 1]);
        assert_eq!(of(&[0b1101_1000], 2, 3), [3, 1, 2]);
        assert_eq!(of(&[0xf1, 0x20], 4, 3), [15, 1, 2]);
    }

    #[test]
    fn colours_have_the_labels_of_their_table() {
        let table: Colours = [([0, 0, 0], 0), ([9, 0, 0], 3), ([7, 7, 7], 4)].into_iter().collect();
        let pixel = Pixel { bits: 8, colours: 3, extra: 1, opacity: true, byte_order: ByteOrder::Big };
        let of = |pixel: Pixel, row: &[u8]| {
            let mut out = Vec::new();
            let table = Some(Arc::new(table.clone()));
            let mut pixels = Pixels::new(pixel, 3, 4, false).coloured(table);
            pixels.flatten(row, &mut out).map(|()| out)
        };
        assert_eq!(of(pixel, &[9, 0, 0, 1, 7, 7, 7, 1, 0, 0, 0, 1]), Ok(vec![3, 4, 0]));
        let fault = of(pixel, &[9, 0, 0, 1, 8, 0, 0, 1]);
        assert_eq!(fault, Err(PictureFault::Unlisted { position: vec![1, 0], colour: [8, 0, 0] }));
        // Transparency has to be the same all the same.
        assert_eq!(of(pixel, &[9, 0, 0, 1, 9, 0, 0, 2]), Err(PictureFault::Alpha { position: vec![1, 0] }));
        let wide = Pixel { bits: 16, extra: 0, opacity: false, ..pixel };
        assert_eq!(of(wide, &[0, 9, 0, 0, 0, 0]), Ok(vec![0, 3]));
        let little = Pixel { byte_order: ByteOrder::Little, ..wide };
        assert_eq!(of(little, &[9, 0, 0, 0, 0, 0]), Ok(vec![3, 0]));
        // A number of a grey picture is no colour.
        assert_eq!(of(Pixel::grey(8), &[9, 7, 1]), Ok(vec![9, 7, 1]));
    }

    #[test]
    fn grey_that_is_stored_as_colour_is_grey_and_a_colour_says_where_it_is() {
        let pixel = Pixel { bits: 8, colours: 3, extra: 1, opacity: true, byte_order: ByteOrder::Big };
        let mut pixels = Pixels::new(pixel, 2, 4, false);
        let mut out = Vec::new();
        pixels.flatten(&[1, 1, 1, 9, 2, 2, 2, 9], &mut out).unwrap();
        assert_eq!(out, [1, 2]);
        let fault = pixels.flatten(&[1, 1, 1, 9, 2, 3, 2, 9], &mut out);
        assert_eq!(fault, Err(PictureFault::Colour { position: vec![1, 1], colour: [2, 3, 2] }));
        let fault = pixels.flatten(&[1, 1, 1, 8, 2, 2, 2, 9], &mut out);
        assert_eq!(fault, Err(PictureFault::Alpha { position: vec![0, 1] }));
        // In slices of one row the third number goes up.
        let wide = Pixel { bits: 16, byte_order: ByteOrder::Little, extra: 0, opacity: false, ..pixel };
        let mut pixels = Pixels::new(wide, 1, 1, true);
        pixels.flatten(&[1, 2, 1, 2, 1, 2], &mut out).unwrap();
        let fault = pixels.flatten(&[1, 2, 1, 2, 1, 3], &mut out);
        assert_eq!(fault, Err(PictureFault::Colour { position: vec![0, 0, 1], colour: [513, 513, 769] }));
    }
}

//! Grey pictures of 0 and 255 alone: masks, whose 255 is white and not a number.

use crate::error::FileError;
use crate::io::header::{Header, Meaning};
use crate::io::image;
use crate::io::input::Input;

/// Pixels that are looked at together.
const CHUNK: usize = 1 << 16;

/// Which numbers a grey picture holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "eval"), allow(dead_code))]
pub(crate) enum Shades {
    /// 0 and 1, if any.
    Bits,
    /// 255, and 0 if anything.
    White,
    /// Others, or 1 and 255.
    Others,
}

/// The same of a file; `None` where it is no grey picture of 8 bits.
pub(crate) fn shades(input: &Input) -> Result<Option<Shades>, FileError> {
    let (header, mut unread) = image::unread(input.file())?;
    if header.meaning != Meaning::Brightness {
        return Ok(None);
    }
    let mut left = header.voxel_count();
    let mut pixels = vec![0_u8; CHUNK.min(usize::try_from(left).unwrap_or(CHUNK))];
    let (mut one, mut white) = (false, false);
    while left > 0 {
        let next = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let pixels = pixels.get_mut(..next).unwrap_or_default();
        unread.fill(pixels)?;
        let has = |wanted: u8| pixels.iter().fold(false, |found, &pixel| found | (pixel == wanted));
        one |= has(1);
        white |= has(255);
        if (one && white) || pixels.iter().fold(false, |others, &pixel| others | !matches!(pixel, 0 | 1 | 255)) {
            return Ok(Some(Shades::Others));
        }
        left = left.saturating_sub(next as u64);
    }
    Ok(Some(if white { Shades::White } else { Shades::Bits }))
}

/// Whether a picture holds nothing but 0 and 255. One that cannot be read holds nothing; its reader tells.
pub(super) fn is_white(input: &Input, header: &Header) -> bool {
    header.meaning == Meaning::Brightness && matches!(shades(input), Ok(Some(Shades::White)))
}

/// Makes 255 a 1.
pub(super) fn as_one(pixels: &mut [u8]) {
    pixels.iter_mut().for_each(|pixel| *pixel = if *pixel == 255 { 1 } else { *pixel });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bitmap of one row, grey by its palette.
    fn row(pixels: &[u8]) -> Input {
        let mut file = b"BM".to_vec();
        file.extend([0_u32, 0, 14 + 40 + 1024, 40, pixels.len() as u32, 1].map(u32::to_le_bytes).as_flattened());
        file.extend([1_u16, 8].map(u16::to_le_bytes).as_flattened());
        file.extend([0; 24]);
        file.extend((0..=255_u8).flat_map(|grey| [grey, grey, grey, 0]));
        file.extend(pixels);
        file.resize(file.len().next_multiple_of(2) + 2, 0);
        Input::bytes("a.bmp", file)
    }

    #[test]
    fn a_picture_is_a_mask_where_it_holds_0_and_255_alone() {
        for (pixels, found) in [
            (&[0, 255, 255][..], Shades::White),
            (&[255], Shades::White),
            (&[0, 1, 1], Shades::Bits),
            (&[0, 0], Shades::Bits),
            (&[1, 255], Shades::Others),
            (&[0, 2], Shades::Others),
            (&[0, 255, 254], Shades::Others),
        ] {
            assert_eq!(shades(&row(pixels)).unwrap(), Some(found), "{pixels:?}");
        }
        // The last pixel of a long row counts as well.
        let mut long = vec![0; CHUNK + 3];
        long[CHUNK + 2] = 7;
        assert_eq!(shades(&row(&long)).unwrap(), Some(Shades::Others));
    }
}

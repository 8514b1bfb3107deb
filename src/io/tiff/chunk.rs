//! One piece of a page, unpacked: a strip of rows, or a tile.

use weezl::{BitOrder, LzwStatus, decode::Decoder};

use super::page::{Packing, Predictor, Storage};
use crate::io::picture::Pixel;
use crate::io::voxels::ByteOrder;
use crate::io::zlib::Unzlib;

/// Bytes by which the room for a piece grows, so that it follows what is there.
const STEP: usize = 1 << 16;

/// What is wrong with a piece.
pub(super) type Fault = &'static str;

const SHORT: Fault = "a strip or tile holds fewer pixels than its page says";
const BROKEN: Fault = "a compressed strip or tile is broken";
const ROOM: Fault = "there is no memory for a strip or tile as large as it says";

/// The samples of a piece: `rows` rows of so many bytes.
pub(super) fn unpack(
    packed: Vec<u8>,
    storage: &Storage,
    pixel: Pixel,
    row: usize,
    rows: usize,
) -> Result<Vec<u8>, Fault> {
    let length = row.checked_mul(rows).ok_or(SHORT)?;
    let mut samples = match storage.packing {
        Packing::Plain => packed,
        Packing::Lzw => lzw(&packed, length)?,
        Packing::Deflate => deflate(&packed, length)?,
        Packing::PackBits => pack_bits(&packed, length)?,
        Packing::Zstandard => zstandard(&packed, length)?,
    };
    if samples.len() < length {
        return Err(SHORT);
    }
    // The last strip may have the rows of a full one.
    samples.truncate(length);
    let size = usize::try_from(pixel.bits / 8).unwrap_or(1);
    for row in samples.chunks_exact_mut(row.max(1)) {
        match storage.predictor {
            Predictor::None => {}
            Predictor::Difference => add_up(row, size, pixel.samples(), pixel.byte_order),
            Predictor::Floats => floats(row, size, pixel.samples(), pixel.byte_order),
        }
    }
    Ok(samples)
}

/// Makes room for up to [`STEP`] more bytes, and gives the place of the first.
fn more(out: &mut Vec<u8>, length: usize) -> Result<usize, Fault> {
    let done = out.len();
    let next = done.saturating_add(STEP).min(length);
    out.try_reserve(next.saturating_sub(done)).map_err(|_| ROOM)?;
    out.resize(next, 0);
    Ok(done)
}

fn lzw(packed: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
    let mut decoder = Decoder::with_tiff_size_switch(BitOrder::Msb, 8);
    let (mut out, mut left) = (Vec::new(), packed);
    while out.len() < length {
        let done = more(&mut out, length)?;
        let found = decoder.decode_bytes(left, out.get_mut(done..).unwrap_or_default());
        out.truncate(done.saturating_add(found.consumed_out));
        left = left.get(found.consumed_in..).unwrap_or_default();
        match found.status {
            Ok(LzwStatus::Ok) if found.consumed_in > 0 || found.consumed_out > 0 => {}
            Ok(LzwStatus::Ok | LzwStatus::NoProgress | LzwStatus::Done) => break,
            Err(_) => return Err(BROKEN),
        }
    }
    Ok(out)
}

fn deflate(packed: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
    let mut stream = Unzlib::new(packed);
    let mut out = Vec::new();
    while out.len() < length {
        let done = more(&mut out, length)?;
        let got = stream.read(out.get_mut(done..).unwrap_or_default()).map_err(|_| BROKEN)?;
        out.truncate(done.saturating_add(got));
        if got == 0 {
            return Ok(out);
        }
    }
    // The checksum is behind the last byte.
    stream.read(&mut [0]).map_err(|_| BROKEN)?;
    Ok(out)
}

/// Runs: a byte says how many bytes follow as they are, or how often the next one comes.
fn pack_bits(packed: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
    let (mut out, mut left) = (Vec::new(), packed);
    while let (true, [head, rest @ ..]) = (out.len() < length, left) {
        out.try_reserve(STEP).map_err(|_| ROOM)?;
        let plain = usize::from(*head).saturating_add(1);
        left = match (head, rest) {
            (0..=127, _) => {
                out.extend_from_slice(rest.get(..plain).unwrap_or(rest));
                rest.get(plain..).unwrap_or_default()
            }
            // Nothing.
            (128, _) => rest,
            (_, [byte, rest @ ..]) => {
                let times = 257_usize.saturating_sub(usize::from(*head));
                out.resize(out.len().saturating_add(times), *byte);
                rest
            }
            (_, []) => rest,
        };
    }
    Ok(out)
}

fn zstandard(packed: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
    let mut stream = ruzstd::decoding::StreamingDecoder::new(packed).map_err(|_| BROKEN)?;
    let mut out = Vec::new();
    while out.len() < length {
        let done = more(&mut out, length)?;
        let got = std::io::Read::read(&mut stream, out.get_mut(done..).unwrap_or_default()).map_err(|_| BROKEN)?;
        out.truncate(done.saturating_add(got));
        if got == 0 {
            break;
        }
    }
    Ok(out)
}

/// Adds to each sample the one of the pixel before, modulo its size.
fn add_up(row: &mut [u8], size: usize, samples: usize, order: ByteOrder) {
    let pixel = size.saturating_mul(samples);
    let mut before: Vec<u8> = row.get(..pixel).unwrap_or_default().to_vec();
    for here in row.chunks_exact_mut(pixel.max(1)).skip(1) {
        for (sample, before) in here.chunks_exact_mut(size.max(1)).zip(before.chunks_exact(size.max(1))) {
            let mut carry = 0_u16;
            let mut add = |(to, from): (&mut u8, &u8)| {
                carry = carry.saturating_add(u16::from(*to)).saturating_add(u16::from(*from));
                *to = carry.to_le_bytes()[0];
                carry >>= 8;
            };
            match order {
                ByteOrder::Little => sample.iter_mut().zip(before).for_each(&mut add),
                ByteOrder::Big => sample.iter_mut().zip(before).rev().for_each(&mut add),
            }
        }
        before.copy_from_slice(here);
    }
}

/// Floats whose bytes were sorted by their place in a float, the highest ones first, and then stored as differences.
fn floats(row: &mut [u8], size: usize, samples: usize, order: ByteOrder) {
    add_up(row, 1, samples, order);
    let sorted = row.to_vec();
    let count = sorted.len().checked_div(size).unwrap_or(0);
    for (place, bytes) in sorted.chunks_exact(count.max(1)).take(size).enumerate() {
        let within = match order {
            ByteOrder::Big => place,
            ByteOrder::Little => size.saturating_sub(1).saturating_sub(place),
        };
        for (float, byte) in row.chunks_exact_mut(size.max(1)).zip(bytes) {
            if let Some(to) = float.get_mut(within) {
                *to = *byte;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_pack_bits_are_copies_and_repeats() {
        // The example of the standard.
        let packed = [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
        let plain = [
            0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0x22, 0xaa, 0xaa, 0xaa, 0xaa,
            0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
        ];
        assert_eq!(pack_bits(&packed, 24).unwrap(), plain);
        assert_eq!(pack_bits(&[0x80, 3, 1], 4).unwrap(), [1]);
        assert!(pack_bits(&[0x81], 4).unwrap().is_empty());
    }

    #[test]
    fn differences_carry_within_a_sample_in_either_byte_order() {
        let mut row = [0xff, 0x01, 0x02, 0x00, 0xff, 0xff];
        add_up(&mut row, 2, 1, ByteOrder::Little);
        assert_eq!(row.as_chunks::<2>().0.iter().map(|v| u16::from_le_bytes(*v)).collect::<Vec<_>>(), [511, 513, 512]);
        let mut row = [0x01, 0xff, 0x00, 0x02, 0xff, 0xff];
        add_up(&mut row, 2, 1, ByteOrder::Big);
        assert_eq!(row.as_chunks::<2>().0.iter().map(|v| u16::from_be_bytes(*v)).collect::<Vec<_>>(), [511, 513, 512]);
        let mut row = [1, 10, 1, 10, 1, 10];
        add_up(&mut row, 1, 2, ByteOrder::Big);
        assert_eq!(row, [1, 10, 2, 20, 3, 30]);
    }
}

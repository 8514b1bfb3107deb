//! Gzip by the book (RFC 1952), a second time: what the framing in `io` is compared with. Only the inflater is shared.

use std::io::Read;

use flate2::read::ZlibDecoder;
use flate2::{Crc, Decompress, FlushDecompress, Status};

/// What is inside a file of one or more members.
pub enum Walk {
    /// All of it is sound.
    Sound(Vec<u8>),
    /// Checksums or lengths are wrong, and nothing else. With the same file where they are right.
    Unsigned(Vec<u8>),
    Broken,
}

/// The bytes of a header, or None where it is none or its checksum is wrong.
fn header(data: &[u8]) -> Option<usize> {
    let flags = *data.get(3)?;
    if !data.starts_with(&[0x1f, 0x8b, 8]) || flags & 0xe0 != 0 {
        return None;
    }
    let mut at = 10;
    if flags & 4 != 0 {
        let length = u16::from_le_bytes(*data.get(at..)?.first_chunk()?);
        at += 2 + usize::from(length);
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += data.get(at..)?.iter().position(|&byte| byte == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        let mut sum = Crc::new();
        sum.update(data.get(..at)?);
        if (sum.sum() as u16).to_le_bytes() != *data.get(at..)?.first_chunk::<2>()? {
            return None;
        }
        at += 2;
    }
    (at <= data.len()).then_some(at)
}

/// The content of a raw deflate stream at the start of these bytes, and how long the stream is.
fn inflate(data: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut inflate = Decompress::new(false);
    let mut content = Vec::with_capacity(1 << 12);
    loop {
        let before = (inflate.total_in(), inflate.total_out());
        let rest = data.get(inflate.total_in() as usize..)?;
        let status = inflate.decompress_vec(rest, &mut content, FlushDecompress::None).ok()?;
        if status == Status::StreamEnd {
            return Some((content, inflate.total_in() as usize));
        }
        let stood = before == (inflate.total_in(), inflate.total_out());
        if stood && content.len() < content.capacity() {
            return None;
        }
        content.reserve(content.len().max(1 << 12));
    }
}

/// Goes through all members.
pub fn walk(data: &[u8]) -> Walk {
    let (mut all, mut repaired) = (Vec::new(), data.to_vec());
    let (mut at, mut signed) = (0, true);
    loop {
        let Some(start) = header(&data[at..]) else { return Walk::Broken };
        at += start;
        let Some((content, length)) = inflate(&data[at..]) else { return Walk::Broken };
        at += length;
        let mut sum = Crc::new();
        sum.update(&content);
        let right = [sum.sum().to_le_bytes(), (content.len() as u32).to_le_bytes()].concat();
        let Some(found) = data.get(at..at + 8) else { return Walk::Broken };
        signed &= found == right;
        repaired[at..at + 8].copy_from_slice(&right);
        at += 8;
        all.extend(content);
        if data[at..].iter().all(|&byte| byte == 0) {
            return if signed { Walk::Sound(all) } else { Walk::Unsigned(repaired) };
        }
    }
}

/// The content of a zlib stream.
pub fn zlib(data: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    ZlibDecoder::new(data).read_to_end(&mut content).ok()?;
    Some(content)
}

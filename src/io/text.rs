//! Voxels which are written as text: numbers with white space between them.

use super::stream::Stream;
use super::unread::{in_memory, make_room};
use super::voxels::Voxel;
use crate::error::{FileError, HeaderFault};

/// The longest number that is read. Some writers print every digit of an f64, which are 767 at most.
const LONGEST: usize = 1100;

/// Reads `count` numbers. What follows them is not looked at.
pub(super) fn load<T: Voxel>(source: &mut Stream<'_>, count: u64) -> Result<Vec<T>, FileError> {
    let total = in_memory::<T>(source.path(), count)?;
    let mut voxels: Vec<T> = Vec::new();
    let mut word: Vec<u8> = Vec::new();
    let mut buffer = [0; 1 << 14];
    while voxels.len() < total {
        let got = source.read_full(&mut buffer)?;
        let bytes = buffer.get(..got).unwrap_or_default();
        // The end of the file ends a number as white space does.
        let end: &[u8] = if got < buffer.len() { b" " } else { b"" };
        for &byte in bytes.iter().chain(end) {
            if voxels.len() == total {
                break;
            }
            if !byte.is_ascii_whitespace() {
                word.push(byte);
                if word.len() > LONGEST {
                    return Err(no_number(source, voxels.len(), &word, T::STORED.name()));
                }
            } else if !word.is_empty() {
                let number = std::str::from_utf8(&word).ok().and_then(T::parsed);
                let Some(number) = number else {
                    return Err(no_number(source, voxels.len(), &word, T::STORED.name()));
                };
                if voxels.len() == voxels.capacity() {
                    make_room(source.path(), &mut voxels, total, false)?;
                }
                voxels.push(number);
                word.clear();
            }
        }
        if got < buffer.len() && voxels.len() < total {
            return Err(source.truncated(least_bytes(count), least_bytes(voxels.len() as u64)));
        }
    }
    Ok(voxels)
}

/// A digit for each number, and white space between them.
pub(super) fn least_bytes(numbers: u64) -> u64 {
    numbers.saturating_mul(2).saturating_sub(1)
}

fn no_number(source: &Stream<'_>, index: usize, word: &[u8], dtype: &'static str) -> FileError {
    let text = quoted(&String::from_utf8_lossy(word));
    let fault = HeaderFault::Voxel { index: index as u64, text, dtype };
    FileError::Header { path: source.path().to_path_buf(), fault }
}

/// A part of a file inside a message: no control characters, and not too long.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 60;
    let start: String = text.chars().take(SHOWN).collect();
    let more = if start.len() < text.len() { "..." } else { "" };
    format!("{start:?}{more}")
}

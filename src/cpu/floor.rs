//! Plain reads and copies: nothing that looks at each voxel once can be faster. Several ways of reading are tried,
//! because the fastest one differs between processors.

use super::simd::{Level, Line, Store, fill};
use crate::options::Simd;

/// Bytes that a thread takes at a time.
const BLOCK: usize = 256 << 10;

/// On how many threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// On the calling thread: small memory is read before a second thread would begin.
    One,
    /// On those of the CPU backend.
    All,
}

/// Whether memory is asked for before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefetch {
    /// By the processor alone.
    None,
    /// As the kernels do.
    Ahead,
}

/// A way of reading.
pub type Way = (Threads, Prefetch);

/// All ways.
pub const WAYS: [Way; 4] = [
    (Threads::All, Prefetch::Ahead),
    (Threads::All, Prefetch::None),
    (Threads::One, Prefetch::Ahead),
    (Threads::One, Prefetch::None),
];

/// Reads every byte of the slices once with the widest vectors and adds them up in words, the same way or another.
pub fn read(slices: &[&[u8]], (threads, prefetch): Way) -> u64 {
    let level = Level::of(Simd::Auto);
    let blocks = slices.iter().map(|slice| slice.len().div_ceil(BLOCK)).max().unwrap_or(0);
    let block = |i: usize| {
        let parts = slices.iter().filter_map(|slice| slice.chunks(BLOCK).nth(i));
        parts.fold(0, |sum: u64, part| sum.wrapping_add(level.sum_words(part, prefetch)))
    };
    match threads {
        Threads::One => (0..blocks).map(block).fold(0, u64::wrapping_add),
        Threads::All => super::map_indexed(blocks, block).into_iter().fold(0, u64::wrapping_add),
    }
}

/// Writes all of `into`, past the caches, while it reads `from`, which has as many bytes or a quarter of them: what a
/// gradient does whose truth is f32 or u8.
pub fn copy(from: &[u8], into: &mut [f32], threads: Threads) {
    let per_value = if from.len() >= size_of_val(into) { 4 } else { 1 };
    let block = |_: &mut (), (from, into): (&[u8], &mut [f32])| {
        let (before, lines, _) = bytemuck::pod_align_to_mut::<f32, Line>(into);
        let from = from.get(before.len() * per_value..).unwrap_or_default();
        let values = |bytes: &[u8; 16]| std::array::from_fn(|i| f32::from(bytes[i]));
        match per_value {
            4 => fill(lines, Store::Streamed, from.as_chunks::<64>().0.iter().map(|bytes| bytemuck::cast(*bytes))),
            _ => fill(lines, Store::Streamed, from.as_chunks::<16>().0.iter().map(values)),
        }
    };
    let parts = from.chunks(BLOCK / 4 * per_value).zip(into.chunks_mut(BLOCK / 4)).collect::<Vec<_>>();
    match threads {
        Threads::One => parts.into_iter().for_each(|part| block(&mut (), part)),
        Threads::All => super::for_each(parts, || (), block),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "takes hours there")]
    fn every_byte_is_read_once_in_every_way() {
        let bytes: Vec<u8> = (0..1_000_003u32).map(|i| (i * 7 % 251) as u8).collect();
        let mut changed = bytes.clone();
        changed[999_999] ^= 1;
        let expected = read(&[&bytes, &bytes[..77]], WAYS[0]);
        for way in WAYS {
            assert_eq!(read(&[&bytes, &bytes[..77]], way), expected);
            assert_ne!(read(&[&changed, &bytes[..77]], way), expected);
            assert_eq!(read(&[], way), 0);
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes hours there")]
    fn a_copy_arrives_but_for_lines_that_are_cut() {
        let values: Vec<f32> = (0..100_000u32).map(|i| i as f32).collect();
        let bytes: Vec<u8> = (0..100_000u32).map(|i| i as u8).collect();
        for threads in [Threads::One, Threads::All] {
            let mut copied = vec![-1.0; values.len()];
            copy(bytemuck::cast_slice(&values), &mut copied, threads);
            assert!(copied.iter().zip(&values).skip(16).take(99_000).all(|(a, b)| a == b || *a == -1.0));
            assert!(copied.iter().filter(|&&x| x == -1.0).count() < 100);
            copy(&bytes, &mut copied, threads);
            assert!(copied[50_000..50_064].iter().zip(&bytes[50_000..]).all(|(a, b)| *a == f32::from(*b)));
        }
    }
}

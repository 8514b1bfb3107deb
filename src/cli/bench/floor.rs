//! A plain read on all threads: the ceiling of everything that looks at each voxel once.

use std::thread;

/// Bytes per step of the inner loop.
const STEP: usize = 64;

/// Reads every byte of the slices once and adds them up in words.
pub(super) fn read(slices: &[&[u8]]) -> u64 {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    slices.iter().fold(0, |sum, slice| sum ^ on_threads(slice, threads))
}

fn on_threads(bytes: &[u8], threads: usize) -> u64 {
    // A thread takes longer to start than a small slice to read.
    let part = bytes.len().div_ceil(threads).next_multiple_of(STEP).max(1 << 18);
    thread::scope(|scope| {
        let mut parts = bytes.chunks(part);
        let own = parts.next().unwrap_or_default();
        let others: Vec<_> = parts.map(|part| thread::Builder::new().spawn_scoped(scope, || sum(part))).collect();
        let own = sum(own);
        // A thread that could not be had leaves its part unread: then the floor is too fast, never the work.
        others.into_iter().flatten().fold(own, |all, part| all.wrapping_add(part.join().unwrap_or(0)))
    })
}

fn sum(bytes: &[u8]) -> u64 {
    let (steps, rest) = bytes.as_chunks::<STEP>();
    let mut sums = [0u64; STEP / 8];
    for step in steps {
        let (words, _) = step.as_chunks::<8>();
        for (sum, word) in sums.iter_mut().zip(words) {
            *sum = sum.wrapping_add(u64::from_le_bytes(*word));
        }
    }
    let rest = rest.iter().map(|&byte| u64::from(byte));
    sums.into_iter().chain(rest).fold(0, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_read_once_whatever_the_threads() {
        let bytes: Vec<u8> = (0..1_000_003u32).map(|i| (i * 7 % 251) as u8).collect();
        assert_eq!(on_threads(&bytes, 1), on_threads(&bytes, 3));
        let mut changed = bytes.clone();
        changed[999_999] ^= 1;
        assert_ne!(read(&[&bytes]), read(&[&changed]));
        assert_eq!(read(&[]), 0);
    }
}

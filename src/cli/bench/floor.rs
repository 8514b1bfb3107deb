//! How fast the bytes of some work can be read and written at most.

use super::row::{least, seconds};
use crate::internals::floor::{Threads, WAYS, copy, read as read_in};
use anyhow::{Result, ensure};

/// Reads every byte of the slices once and adds them up in words.
pub(super) fn read(slices: &[&[u8]]) -> u64 {
    read_in(slices, WAYS[0])
}

/// Seconds of the fastest plain read, which must find what the first one found.
pub(super) fn read_seconds(slices: &[&[u8]], expected: u64) -> Result<f64> {
    let times = WAYS.map(|way| {
        seconds(|| {
            ensure!(read_in(slices, way) == expected, "memory changed under a read");
            Ok(())
        })
    });
    Ok(least(&times.into_iter().collect::<Result<Vec<_>>>()?))
}

/// Seconds of the faster of two streaming copies.
pub(super) fn copy_seconds(from: &[u8], into: &mut [f32]) -> Result<f64> {
    let mut copied = |threads| {
        seconds(|| {
            copy(from, into, threads);
            Ok(())
        })
    };
    Ok(copied(Threads::All)?.min(copied(Threads::One)?))
}

/// Whether this process has as much memory in huge pages as volumes of so many bytes fill.
pub(super) fn pages(bytes: u64) -> &'static str {
    let maps = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let kib = |line: &str| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok();
    match maps.lines().find_map(|line| line.strip_prefix("AnonHugePages:")).and_then(kib) {
        // Their ends are in small ones.
        Some(huge) if huge * 1024 >= bytes / 10 * 9 => "2 MiB",
        Some(_) => "4 KiB",
        None => "unknown",
    }
}

//! Voxels that are still in their file. `decode.rs` reads them into one vector, and a reader of label maps reads them
//! in chunks.

use std::collections::TryReserveError;
use std::path::Path;

use super::stream::Stream;
use super::voxels::{ByteOrder, Scale, StoredType, Voxel};
use crate::error::FileError;
use crate::memory::prefer_huge_pages;

/// Bytes unpacked at a time: few enough to be still in cache when their order is swapped.
const CHUNK: usize = 1 << 18;

/// The initial capacity in bytes, where the length of the file's content is not known.
const FIRST_ROOM: usize = 4 << 20;

/// The capacity grows by at most this many times the bytes decoded so far. Few steps are best: an allocator that moves
/// a growing vector then holds little more than the volume.
const GROWTH: usize = 7;

/// How the voxels lie in a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub dtype: StoredType,
    pub count: u64,
    pub byte_order: ByteOrder,
    pub scale: Option<Scale>,
}

/// The order of the voxels in their file, and how they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// In the wanted order.
    Same,
    /// Of three axes with these lengths, the second one has to become the last.
    SecondLast([usize; 3]),
}

/// How a voxel is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Binary,
    Text,
}

/// A stream that stands at the first voxel, and what is known of the voxels.
pub(super) struct Unread<'a> {
    pub stream: Stream<'a>,
    pub layout: Layout,
    pub notation: Notation,
    pub order: Order,
    /// Bytes of the stream that the header accounts for.
    pub declared: u64,
    /// Whether other things than voxels follow them.
    trailer: bool,
    /// Bytes of voxels that were read.
    found: u64,
}

impl<'a> Unread<'a> {
    /// Binary voxels in the order in which they are wanted.
    pub fn new(stream: Stream<'a>, layout: Layout, declared: u64) -> Self {
        Self { stream, layout, notation: Notation::Binary, order: Order::Same, declared, trailer: false, found: 0 }
    }

    /// Voxels that follow a header of `start` bytes, which was read, to the end of a file that is long enough for them.
    pub fn behind(stream: Stream<'a>, layout: Layout, start: u64) -> Result<Self, FileError> {
        let unread = Self::new(stream, layout, 0);
        let needed = unread.needed();
        let declared = start.saturating_add(needed);
        if unread.stream.is_packed() {
            unread.stream.check_claim(declared)?;
        } else if unread.stream.length() < declared {
            return Err(unread.stream.truncated(needed, unread.stream.length().saturating_sub(start)));
        }
        Ok(Self { declared, ..unread })
    }

    /// The same where the format has more behind the voxels.
    pub fn with_trailer(self) -> Self {
        Self { trailer: true, ..self }
    }

    /// Whether [`Unread::fill`] gives the voxels as [`Unread::load`] does.
    pub fn comes_in_pieces(&self) -> bool {
        self.notation == Notation::Binary && self.order == Order::Same
    }

    /// Reads the next voxels, unscaled and in the byte order of this machine.
    pub fn fill<T: Voxel>(&mut self, fresh: &mut [T]) -> Result<(), FileError> {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(fresh);
        let wanted = bytes.len();
        let got = self.stream.read_full(bytes)?;
        self.found = self.found.saturating_add(got as u64);
        if got < wanted {
            return Err(self.stream.truncated(self.needed(), self.found));
        }
        if (self.layout.byte_order == ByteOrder::Big) != cfg!(target_endian = "big") {
            for voxel in fresh {
                *voxel = voxel.swapped();
            }
        }
        Ok(())
    }

    /// Skips the remaining voxels, and verifies all that [`Unread::load`] would have verified.
    pub fn give_up(&mut self) -> Result<(), FileError> {
        if self.stream.is_packed() {
            let passed = self.stream.pass(self.needed().saturating_sub(self.found))?;
            self.found = self.found.saturating_add(passed);
            if self.found < self.needed() {
                return Err(self.stream.truncated(self.needed(), self.found));
            }
        }
        self.finish().map(|_| ())
    }

    /// After the last voxel: verifies the bytes after it, and returns how many there are. A text may end with anything.
    pub fn finish(&mut self) -> Result<u64, FileError> {
        let surplus = self.stream.finish(self.declared)?;
        Ok(if self.trailer || self.notation == Notation::Text { 0 } else { surplus })
    }

    /// Bytes of all voxels.
    pub fn needed(&self) -> u64 {
        self.layout.count.saturating_mul(self.layout.dtype.size())
    }
}

/// Reserves memory for the next voxels, and returns how many to read now: at least one, and no more than fit.
pub(super) fn make_room<T>(path: &Path, voxels: &mut Vec<T>, count: usize, known: bool) -> Result<usize, FileError> {
    let size = size_of::<T>().max(1);
    let chunk = CHUNK.checked_div(size).unwrap_or(1);
    let left = count.saturating_sub(voxels.len());
    let step = left.min(chunk);
    if voxels.capacity().saturating_sub(voxels.len()) < step {
        let first = FIRST_ROOM.checked_div(size).unwrap_or(1);
        let room = voxels.len().saturating_mul(GROWTH).max(first);
        let more = if known { left } else { left.min(room) };
        voxels.try_reserve_exact(more).map_err(|source| out_of_memory::<T>(path, count as u64, Some(source)))?;
        // Not before the last growth: memory that is of two kinds of pages cannot grow in place, and its copy takes as much.
        if more == left {
            prefer_huge_pages(voxels.spare_capacity_mut());
        }
    }
    Ok(step)
}

pub(super) fn in_memory<T>(path: &Path, count: u64) -> Result<usize, FileError> {
    usize::try_from(count).map_err(|_| out_of_memory::<T>(path, count, None))
}

pub(super) fn out_of_memory<T>(path: &Path, count: u64, source: Option<TryReserveError>) -> FileError {
    let bytes = count.saturating_mul(size_of::<T>() as u64);
    FileError::OutOfMemory { path: path.to_path_buf(), bytes, source }
}

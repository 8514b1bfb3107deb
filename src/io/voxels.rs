//! The voxels: one typed vector, filled straight from the file.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::collections::TryReserveError;
use std::fmt;
use std::path::Path;

use bytemuck::Pod;

use super::text;
use crate::error::{FileError, Part};

/// Bytes unpacked at a time: few enough to be still in cache when their order is swapped.
const CHUNK: usize = 1 << 18;

/// What room is made for at first, in bytes, where the file's content is not known to be there.
const FIRST_ROOM: usize = 4 << 20;

/// What may follow the voxels in a packed stream, besides as much again as the header accounts for.
pub(super) const TRAILER_LIMIT: u64 = 16 << 20;

/// How many times what has been decoded so far is added to the room at most. Few steps, so that an
/// allocator which moves a vector to make it larger holds little more than the volume while it does.
const GROWTH: usize = 7;

/// A byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The lowest byte first.
    Little,
    /// The highest byte first.
    Big,
}

/// `value = slope * stored + inter`, taken in f64.
///
/// Present only where it changes a voxel. A slope of 0 or one that is not finite means "not scaled",
/// and its intercept is not looked at; with slope 1 and intercept 0 there is nothing to do. In all of
/// these cases the voxels come back exactly as stored. A slope that counts, with an intercept which
/// is not finite, is an error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The factor.
    pub slope: f64,
    /// What is added after it.
    pub inter: f64,
}

/// How the voxels lie in a stream, from its next byte on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub dtype: StoredType,
    pub count: u64,
    pub byte_order: ByteOrder,
    pub scale: Option<Scale>,
}

/// The bytes of a file, unpacked where they are packed.
pub(super) trait Stream {
    fn path(&self) -> &Path;

    /// Whether only reading shows how many bytes there are.
    fn is_packed(&self) -> bool;

    /// Fills a buffer, or as much of it as there are bytes.
    fn read_full(&mut self, out: &mut [u8]) -> Result<usize, FileError>;

    /// An end inside the voxels.
    fn truncated(&self, needed: u64, found: u64) -> FileError {
        FileError::Truncated { path: self.path().to_path_buf(), part: Part::Voxels, needed, found }
    }
}

/// The number of voxels, if their bytes can be counted. A length of 0 does not excuse the others:
/// whoever computes strides from this shape must not overflow either.
pub(super) fn count(shape: &[u64], size: u64) -> Option<u64> {
    let bytes = shape.iter().try_fold(size, |bytes, &length| bytes.checked_mul(length.max(1)))?;
    if shape.contains(&0) {
        return Some(0);
    }
    bytes.checked_div(size)
}

/// A number that a voxel can be: the ten types of [`StoredType`], and no others.
pub trait Voxel: Pod + PartialEq + fmt::Debug + sealed::Sealed {
    /// Its name in a header.
    const STORED: StoredType;
    #[doc(hidden)]
    fn swapped(self) -> Self;
    #[doc(hidden)]
    fn as_f64(self) -> f64;
    #[doc(hidden)]
    fn parsed(text: &str) -> Option<Self>;
    #[doc(hidden)]
    fn wrap(voxels: Vec<Self>) -> Voxels;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! types {
    ($($variant:ident $type:ty, $code:literal, $name:literal, $swap:expr;)*) => {
        /// The type of voxels on disk.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum StoredType {
            $(#[doc = concat!("Voxels of ", $name, ".")] $variant,)*
        }

        /// Voxels in the file's order, x fastest, in the byte order of this machine.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Voxels {
            $(#[doc = concat!("Voxels of ", $name, ".")] $variant(Vec<$type>),)*
        }

        impl StoredType {
            /// Every type.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub(super) const fn from_code(code: i16) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }

            pub(super) const fn code(self) -> i16 {
                match self { $(Self::$variant => $code,)* }
            }

            /// Bytes of one voxel.
            #[must_use]
            pub const fn size(self) -> u64 {
                match self { $(Self::$variant => size_of::<$type>() as u64,)* }
            }

            /// `u8`, `i16`, `f32` and so on.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl Voxels {
            /// The type of these voxels: that of the file, or f64 where the header scales.
            #[must_use]
            pub const fn dtype(&self) -> StoredType {
                match self { $(Self::$variant(_) => StoredType::$variant,)* }
            }

            /// How many there are.
            #[must_use]
            pub fn len(&self) -> usize {
                match self { $(Self::$variant(voxels) => voxels.len(),)* }
            }
        }

        $(
            impl sealed::Sealed for $type {}

            impl Voxel for $type {
                const STORED: StoredType = StoredType::$variant;
                fn swapped(self) -> Self {
                    let swap: fn($type) -> $type = $swap;
                    swap(self)
                }
                #[allow(clippy::cast_lossless, clippy::unnecessary_cast)]
                fn as_f64(self) -> f64 {
                    self as f64
                }
                fn parsed(text: &str) -> Option<Self> {
                    text.parse().ok()
                }
                fn wrap(voxels: Vec<Self>) -> Voxels {
                    Voxels::$variant(voxels)
                }
            }
        )*

        /// Reads the voxels which a header announces, and not a byte more.
        pub(super) fn load<S: Stream>(source: &mut S, layout: &Layout) -> Result<Voxels, FileError> {
            match layout.dtype {
                $(StoredType::$variant => load_as::<$type, S>(source, layout),)*
            }
        }

        /// Reads voxels which are written as text.
        pub(super) fn load_text<S: Stream>(source: &mut S, layout: &Layout) -> Result<Voxels, FileError> {
            match layout.dtype {
                $(StoredType::$variant => text::load::<$type, S>(source, layout.count).map(Voxels::$variant),)*
            }
        }

        impl Voxels {
            /// The voxels in another order: of three axes, the second one becomes the last.
            pub(super) fn second_axis_last(self, axes: [usize; 3]) -> Result<Self, TryReserveError> {
                Ok(match self {
                    $(Self::$variant(voxels) => Self::$variant(second_axis_last(&voxels, axes)?),)*
                })
            }
        }
    };
}

types! {
    U8 u8, 2, "u8", |v| v;
    I8 i8, 256, "i8", |v| v;
    U16 u16, 512, "u16", u16::swap_bytes;
    I16 i16, 4, "i16", i16::swap_bytes;
    U32 u32, 768, "u32", u32::swap_bytes;
    I32 i32, 8, "i32", i32::swap_bytes;
    U64 u64, 1280, "u64", u64::swap_bytes;
    I64 i64, 1024, "i64", i64::swap_bytes;
    F32 f32, 16, "f32", |v| f32::from_bits(v.to_bits().swap_bytes());
    F64 f64, 64, "f64", |v| f64::from_bits(v.to_bits().swap_bytes());
}

impl fmt::Display for StoredType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Voxels {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Copies in long runs, one after the other.
fn second_axis_last<T: Copy>(voxels: &[T], [before, moved, after]: [usize; 3]) -> Result<Vec<T>, TryReserveError> {
    let mut out = Vec::new();
    out.try_reserve_exact(voxels.len())?;
    for place in 0..moved {
        let runs = voxels.chunks(before.max(1)).skip(place).step_by(moved.max(1)).take(after);
        runs.for_each(|run| out.extend_from_slice(run));
    }
    Ok(out)
}

fn load_as<T: Voxel, S: Stream>(source: &mut S, layout: &Layout) -> Result<Voxels, FileError> {
    let needed = layout.count.saturating_mul(layout.dtype.size());
    let known = !source.is_packed();
    let mut stored =
        Stored { source, needed, found: 0, swap: (layout.byte_order == ByteOrder::Big) != cfg!(target_endian = "big") };
    let count = layout.count;
    match layout.scale {
        None => stored.collect::<T>(count, known).map(T::wrap),
        Some(scale) => stored.collect_scaled::<T>(count, known, scale).map(Voxels::F64),
    }
}

/// Voxels as they lie in a source, from the first one on.
struct Stored<'a, S> {
    source: &'a mut S,
    needed: u64,
    found: u64,
    swap: bool,
}

impl<S: Stream> Stored<'_, S> {
    fn collect<T: Voxel>(&mut self, count: u64, known: bool) -> Result<Vec<T>, FileError> {
        let count = self.in_memory::<T>(count)?;
        let mut voxels = Vec::new();
        while voxels.len() < count {
            let start = voxels.len();
            let step = self.make_room(&mut voxels, count, known)?;
            voxels.resize(start.saturating_add(step), T::zeroed());
            self.fill(voxels.get_mut(start..).unwrap_or_default())?;
        }
        Ok(voxels)
    }

    fn collect_scaled<T: Voxel>(
        &mut self,
        count: u64,
        known: bool,
        Scale { slope, inter }: Scale,
    ) -> Result<Vec<f64>, FileError> {
        let count = self.in_memory::<f64>(count)?;
        let mut voxels = Vec::new();
        let mut chunk = Vec::new();
        while voxels.len() < count {
            let step = self.make_room(&mut voxels, count, known)?;
            chunk.resize(step, T::zeroed());
            self.fill(&mut chunk)?;
            // Not mul_add: one rounding less would differ from every other reader.
            voxels.extend(chunk.iter().map(|voxel| voxel.as_f64() * slope + inter));
        }
        Ok(voxels)
    }

    fn make_room<T>(&self, voxels: &mut Vec<T>, count: usize, known: bool) -> Result<usize, FileError> {
        make_room(self.source.path(), voxels, count, known)
    }

    fn fill<T: Voxel>(&mut self, fresh: &mut [T]) -> Result<(), FileError> {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(fresh);
        let wanted = bytes.len();
        let got = self.source.read_full(bytes)?;
        self.found = self.found.saturating_add(got as u64);
        if got < wanted {
            return Err(self.source.truncated(self.needed, self.found));
        }
        if self.swap {
            for voxel in fresh {
                *voxel = voxel.swapped();
            }
        }
        Ok(())
    }

    fn in_memory<T>(&self, count: u64) -> Result<usize, FileError> {
        in_memory::<T>(self.source.path(), count)
    }
}

/// Makes room for the next voxels, and says how many to read now: at least one, and no more than there is room for.
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
    }
    Ok(step)
}

pub(super) fn in_memory<T>(path: &Path, count: u64) -> Result<usize, FileError> {
    usize::try_from(count).map_err(|_| out_of_memory::<T>(path, count, None))
}

fn out_of_memory<T>(path: &Path, count: u64, source: Option<TryReserveError>) -> FileError {
    let bytes = count.saturating_mul(size_of::<T>() as u64);
    FileError::OutOfMemory { path: path.to_path_buf(), bytes, source }
}

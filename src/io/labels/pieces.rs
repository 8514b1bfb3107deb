//! Labels from a stream, converted chunk by chunk in buffers that are reused.

use bytemuck::{cast_slice, cast_slice_mut};

use super::LabelOptions;
use super::convert::{Number, Offender, check, interpreted, meant, whole, whole_halves};
use super::merged::Merged;
use super::white::as_one;
use crate::error::FileError;
use crate::io::decode::fill_scaled;
use crate::io::npy::Content;
use crate::io::unread::{Unread, out_of_memory};
use crate::io::voxels::half;
use crate::io::{StoredType, Voxel};
use crate::volume::{Dtype, LabelSlice};

pub(super) struct Pieces {
    unread: Unread<'static>,
    content: Content,
    options: LabelOptions,
    /// Whether 255 is label 1.
    white: bool,
    /// The voxels as they are stored, in any type: these words are aligned for every type.
    raw: Vec<u64>,
    /// Scaled voxels.
    scaled: Vec<f64>,
    /// Labels that cannot be converted in place.
    copied: Vec<u32>,
    merged: Merged,
}

/// Why there is no chunk.
pub(super) enum Stop {
    File(FileError),
    Offender(Offender),
}

impl From<FileError> for Stop {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<Offender> for Stop {
    fn from(offender: Offender) -> Self {
        Self::Offender(offender)
    }
}

/// The type of the labels, and where they are.
enum Width {
    U8,
    U16,
    U32,
    Copied,
}

impl Pieces {
    pub fn new(unread: Unread<'static>, content: Content, options: LabelOptions, white: bool) -> Self {
        Self {
            unread,
            content,
            options,
            white,
            raw: Vec::new(),
            scaled: Vec::new(),
            copied: Vec::new(),
            merged: Merged::default(),
        }
    }

    /// Reads and converts the next `n` voxels.
    pub fn advance(&mut self, n: usize) -> Result<(), Stop> {
        if self.is_scaled() {
            return self.advance_scaled(n);
        }
        if !self.options.are_plain() {
            return self.advance_interpreted(n);
        }
        match (&self.content, self.unread.layout.dtype) {
            (Content::Bool, _) => {
                for voxel in self.stored::<u8>(n)? {
                    *voxel = u8::from(*voxel != 0);
                }
            }
            (Content::Half, _) => whole_halves(self.stored(n)?)?,
            (Content::Plain, dtype) => match dtype {
                StoredType::U8 => _ = self.stored::<u8>(n)?,
                StoredType::U16 => _ = self.stored::<u16>(n)?,
                StoredType::U32 => _ = self.stored::<u32>(n)?,
                StoredType::I8 => check::<i8>(self.stored(n)?)?,
                StoredType::I16 => check::<i16>(self.stored(n)?)?,
                StoredType::I32 => check::<i32>(self.stored(n)?)?,
                StoredType::F32 => whole(self.stored(n)?)?,
                StoredType::U64 => self.advance_wide::<u64>(n)?,
                StoredType::I64 => self.advance_wide::<i64>(n)?,
                StoredType::F64 => self.advance_wide::<f64>(n)?,
            },
        }
        Ok(())
    }

    /// The chunk of `n` voxels that was read last.
    pub fn piece(&self, n: usize) -> LabelSlice<'_> {
        match self.width() {
            Width::U8 => LabelSlice::U8(first(cast_slice(&self.raw), n)),
            Width::U16 => LabelSlice::U16(first(cast_slice(&self.raw), n)),
            Width::U32 => LabelSlice::U32(first(cast_slice(&self.raw), n)),
            Width::Copied => LabelSlice::U32(first(&self.copied, n)),
        }
    }

    /// After the last voxel: verifies the bytes after it, and returns how many there are.
    pub fn finish(&mut self) -> Result<u64, FileError> {
        self.unread.finish()
    }

    /// Reads on after a voxel that is not a label: if the file is damaged, that is the error to report.
    pub fn give_up(&mut self) -> Result<(), FileError> {
        self.unread.give_up()
    }

    /// The labels of which a threshold made one, as far as they were read.
    pub fn merged(&self) -> Vec<i64> {
        self.merged.labels()
    }

    /// Whether the header asks for a scaling.
    pub fn is_scaled(&self) -> bool {
        self.unread.layout.scale.is_some()
    }

    fn width(&self) -> Width {
        if self.is_scaled() || !self.options.are_plain() {
            return Width::Copied;
        }
        match self.unread.layout.dtype {
            StoredType::U8 | StoredType::I8 => Width::U8,
            StoredType::U16 | StoredType::I16 => Width::U16,
            StoredType::U32 | StoredType::I32 | StoredType::F32 => Width::U32,
            StoredType::U64 | StoredType::I64 | StoredType::F64 => Width::Copied,
        }
    }

    fn advance_wide<T: Number>(&mut self, n: usize) -> Result<(), Stop> {
        let voxels: &[T] = self.stored(n)?;
        check(voxels)?;
        let voxels = first(cast_slice(&self.raw), n);
        copy::<T>(&self.unread, voxels, &mut self.copied)
    }

    fn advance_scaled(&mut self, n: usize) -> Result<(), Stop> {
        room(&self.unread, &mut self.raw, n)?;
        room(&self.unread, &mut self.scaled, n)?;
        let values = self.scaled.get_mut(..n).unwrap_or_default();
        fill_scaled(&mut self.unread, &mut self.raw, values)?;
        let options = meant(values, self.unread.layout.dtype, &self.options);
        if !options.are_plain() {
            return interpret::<f64>(&self.unread, values, &options, (&mut self.merged, &mut self.copied));
        }
        check(values)?;
        copy::<f64>(&self.unread, values, &mut self.copied)
    }

    /// Voxels that are labels only by the options.
    fn advance_interpreted(&mut self, n: usize) -> Result<(), Stop> {
        match (&self.content, self.unread.layout.dtype) {
            (Content::Bool, _) => {
                for voxel in self.stored::<u8>(n)? {
                    *voxel = u8::from(*voxel != 0);
                }
                self.interpret_stored::<u8>(n)
            }
            (Content::Half, _) => {
                let voxels: Vec<f32> = self.stored::<u16>(n)?.iter().map(|&bits| half(bits)).collect();
                interpret(&self.unread, &voxels, &self.options.of(Dtype::F16), (&mut self.merged, &mut self.copied))
            }
            (Content::Plain, dtype) => match dtype {
                StoredType::U8 => self.interpret_next::<u8>(n),
                StoredType::I8 => self.interpret_next::<i8>(n),
                StoredType::U16 => self.interpret_next::<u16>(n),
                StoredType::I16 => self.interpret_next::<i16>(n),
                StoredType::U32 => self.interpret_next::<u32>(n),
                StoredType::I32 => self.interpret_next::<i32>(n),
                StoredType::U64 => self.interpret_next::<u64>(n),
                StoredType::I64 => self.interpret_next::<i64>(n),
                StoredType::F32 => self.interpret_next::<f32>(n),
                StoredType::F64 => self.interpret_next::<f64>(n),
            },
        }
    }

    fn interpret_next<T: Number>(&mut self, n: usize) -> Result<(), Stop> {
        self.stored::<T>(n)?;
        self.interpret_stored::<T>(n)
    }

    fn interpret_stored<T: Number>(&mut self, n: usize) -> Result<(), Stop> {
        interpret::<T>(
            &self.unread,
            first(cast_slice(&self.raw), n),
            &self.options,
            (&mut self.merged, &mut self.copied),
        )
    }

    /// Reads the next voxels as they are stored.
    fn stored<T: Voxel>(&mut self, n: usize) -> Result<&mut [T], FileError> {
        room(&self.unread, &mut self.raw, n.saturating_mul(size_of::<T>()).div_ceil(size_of::<u64>()))?;
        let voxels = cast_slice_mut(&mut self.raw).get_mut(..n).unwrap_or_default();
        self.unread.fill(voxels)?;
        if self.white {
            as_one(cast_slice_mut(voxels));
        }
        Ok(voxels)
    }
}

fn copy<T: Number>(unread: &Unread<'_>, voxels: &[T], out: &mut Vec<u32>) -> Result<(), Stop> {
    room(unread, out, voxels.len())?;
    for (label, voxel) in out.iter_mut().zip(voxels) {
        *label = voxel.label();
    }
    Ok(())
}

fn interpret<T: Number>(
    unread: &Unread<'_>,
    voxels: &[T],
    options: &LabelOptions,
    (merged, out): (&mut Merged, &mut Vec<u32>),
) -> Result<(), Stop> {
    room(unread, out, voxels.len())?;
    let mut labels = out.iter_mut();
    interpreted(voxels, options, merged, |found| {
        if let Some(label) = labels.next() {
            *label = found;
        }
    })?;
    Ok(())
}

fn first<T>(all: &[T], n: usize) -> &[T] {
    all.get(..n).unwrap_or(all)
}

/// Makes a buffer long enough. It never becomes shorter, so that its bytes are cleared once and not for each chunk.
fn room<T: Voxel>(unread: &Unread<'_>, buffer: &mut Vec<T>, length: usize) -> Result<(), FileError> {
    if let Some(more) = length.checked_sub(buffer.len()).filter(|&more| more > 0) {
        let failed = |source| out_of_memory::<T>(unread.stream.path(), length as u64, Some(source));
        buffer.try_reserve_exact(more).map_err(failed)?;
        buffer.resize(length, T::zeroed());
    }
    Ok(())
}

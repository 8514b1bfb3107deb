//! NumPy arrays: `.npy` files, versions 1 to 3, and those in archives, `.npz`: `masks.npz` where it holds one array, and
//! `masks.npz:pred` of several.
//!
//! ```
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("gradient.npy");
//! use voxdice::io::npy::{self, Elements, Order};
//! use voxdice::io::nifti::Voxels;
//! npy::write(&path, &[2, 3], Order::RowMajor, &[0.0f32, 1.0, 2.0, 3.0, 4.0, 5.0])?;
//! let array = npy::read(&path)?;
//! assert_eq!(array.shape, [2, 3]);
//! assert_eq!(array.elements, Elements::Plain(Voxels::F32(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0])));
//! # Ok::<(), voxdice::error::FileError>(())
//! ```
//!
//! # Why an own reader
//!
//! The format is one page. The crate `npyz` 0.9 reads half floats only through one more crate, brings a parser
//! generator for the dictionary in the header, and decodes element by element; here the bytes are read straight into
//! the vector that is returned, at the speed of a copy. What a header claims is compared with the length of the file
//! before anything is allocated, and the answer is the file's, or an error.

mod header;
mod write;

pub use write::{input, write};

use super::archived;
use super::file::ends_in;
use super::input::{FileRef, Input, Reader};
use super::npz;
use super::stream::{Packing, Stream};
use super::unread::{self, Layout};
use super::voxels::{ByteOrder, StoredType, Voxel, Voxels, half};
use crate::error::{FileAction, FileError, NpyFault};
use crate::memory::prefer_huge_pages;
use header::{Header, Kind};
use std::io::Read;
use std::path::{Path, PathBuf};

/// An array, in row-major order (the last axis fastest), for any order on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// What it holds.
    pub elements: Elements,
    /// The axes, slowest first; none for a single number.
    pub shape: Vec<u64>,
}

/// The elements of an array, in the byte order of this machine.
#[derive(Debug, Clone, PartialEq)]
pub enum Elements {
    /// `float16`, as its bits.
    F16(Vec<u16>),
    /// `bool`, as 0 and 1.
    Bool(Vec<u8>),
    /// Integers of 8 to 64 bits, `float32` and `float64`.
    Plain(Voxels),
}

impl Elements {
    /// What NumPy calls the type, in the short form: `bool`, `f16`, `u8` and so on.
    #[must_use]
    pub fn dtype_name(&self) -> &'static str {
        match self {
            Self::F16(_) => "f16",
            Self::Bool(_) => "bool",
            Self::Plain(voxels) => voxels.dtype().name(),
        }
    }

    /// The elements as voxels: half floats as `f32`, which holds each of them, and booleans as `u8`.
    #[must_use]
    pub fn into_voxels(self) -> Voxels {
        match self {
            Self::F16(bits) => Voxels::F32(bits.into_iter().map(half).collect()),
            Self::Bool(voxels) => Voxels::U8(voxels),
            Self::Plain(voxels) => voxels,
        }
    }
}

/// Which axis of an array is fastest in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// The last one: C.
    #[default]
    RowMajor,
    /// The first one: Fortran.
    ColumnMajor,
}

/// Reads a `.npy` file, or an array of a `.npz` archive.
///
/// # Errors
/// See [`FileError`].
pub fn read(input: impl Into<Input>) -> Result<Array, FileError> {
    Unread::open(input.into().file())?.load()
}

/// Whether a path is that of an array, or of an archive of them.
pub(crate) fn is_array(path: &Path) -> bool {
    ends_in(path, "npy") || archived::parts(path).is_some()
}

/// An array whose elements are still in their file.
pub(super) struct Unread {
    source: Source,
    header: Header,
}

/// The meaning of the numbers in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Numbers.
    Plain,
    /// Whether each of them is not 0.
    Bool,
    /// The bits of half floats.
    Half,
}

impl Unread {
    pub fn open(file: &FileRef<'static>) -> Result<Self, FileError> {
        let archived = npz::array(file)?;
        let file = archived.as_ref().map_or(file, Input::file);
        let (reader, length) = file.open()?;
        let path = file.path();
        let mut source = Source { reader, path: path.into() };
        let (header, taken) = source.header()?;
        let found = length.saturating_sub(taken);
        let expected = header.count().and_then(|count| count.checked_mul(header.kind.size())).unwrap_or(u64::MAX);
        if expected != found {
            return Err(FileError::Length { path: path.into(), expected, found });
        }
        Ok(Self { source, header })
    }

    /// The axes, slowest first.
    pub fn shape(&self) -> &[u64] {
        &self.header.shape
    }

    pub fn content(&self) -> Content {
        match self.header.kind {
            Kind::Bool => Content::Bool,
            Kind::F16 => Content::Half,
            _ => Content::Plain,
        }
    }

    /// The type of numbers; `None` where they mean something else.
    pub fn stored(&self) -> Option<StoredType> {
        Some(self.header.kind.stored()).filter(|_| self.content() == Content::Plain)
    }

    /// Whether the elements lie in the file in row-major order. Which axis is fastest does not matter where only one
    /// is longer than 1.
    pub fn comes_in_pieces(&self) -> bool {
        self.header.order == Order::RowMajor || self.header.shape.iter().filter(|&&n| n > 1).count() < 2
    }

    /// The elements as a stream, in the file's order.
    pub fn in_pieces(self) -> unread::Unread<'static> {
        let Self { source: Source { reader, path }, header } = self;
        let count = header.count().unwrap_or(u64::MAX);
        let byte_order = if header.big_endian { ByteOrder::Big } else { ByteOrder::Little };
        let layout = Layout { dtype: header.kind.stored(), count, byte_order, scale: None };
        let length = count.saturating_mul(header.kind.size());
        unread::Unread::new(Stream::new(reader, length, Packing::Plain, &path), layout, length)
    }

    pub fn load(self) -> Result<Array, FileError> {
        let Self { source: mut reader, header } = self;
        let elements = match header.kind {
            Kind::Bool => Elements::Bool(reader.load::<u8>(&header)?.into_iter().map(|v| u8::from(v != 0)).collect()),
            Kind::F16 => Elements::F16(reader.load::<u16>(&header)?),
            Kind::U8 => reader.plain::<u8>(&header)?,
            Kind::I8 => reader.plain::<i8>(&header)?,
            Kind::U16 => reader.plain::<u16>(&header)?,
            Kind::I16 => reader.plain::<i16>(&header)?,
            Kind::U32 => reader.plain::<u32>(&header)?,
            Kind::I32 => reader.plain::<i32>(&header)?,
            Kind::U64 => reader.plain::<u64>(&header)?,
            Kind::I64 => reader.plain::<i64>(&header)?,
            Kind::F32 => reader.plain::<f32>(&header)?,
            Kind::F64 => reader.plain::<f64>(&header)?,
        };
        Ok(Array { elements, shape: header.shape })
    }
}

struct Source {
    reader: Reader<'static>,
    path: PathBuf,
}

impl Source {
    /// The header, and how many bytes it takes.
    fn header(&mut self) -> Result<(Header, u64), FileError> {
        let mut start = Vec::new();
        self.up_to(8, &mut start)?;
        let path = || self.path.clone();
        if start.is_empty() {
            return Err(FileError::Empty { path: path(), gzip: false });
        }
        if !start.starts_with(header::MAGIC) || start.len() < 8 {
            start.truncate(header::MAGIC.len());
            return Err(FileError::NotNpy { path: path(), found: start });
        }
        let mut short = [0; 2];
        let mut long = [0; 4];
        let (length, before) = match start.get(6) {
            Some(1) => {
                self.exact(&mut short)?;
                (u64::from(u16::from_le_bytes(short)), 10_u64)
            }
            Some(2 | 3) => {
                self.exact(&mut long)?;
                (u64::from(u32::from_le_bytes(long)), 12)
            }
            version => {
                let fault = NpyFault::Version(version.copied().unwrap_or(0));
                return Err(FileError::NpyHeader { path: path(), fault });
            }
        };
        if length > header::LONGEST {
            return Err(FileError::NpyHeader { path: self.path.clone(), fault: NpyFault::TooLong(length) });
        }
        let mut text = Vec::new();
        self.up_to(length, &mut text)?;
        if (text.len() as u64) < length {
            return Err(FileError::NpyHeader { path: self.path.clone(), fault: NpyFault::Cut });
        }
        let header = header::parse(&text).map_err(|stop| match stop {
            header::Stop::Fault(fault) => FileError::NpyHeader { path: self.path.clone(), fault },
            header::Stop::Dtype(found) => FileError::UnsupportedElements { path: self.path.clone(), found },
        })?;
        Ok((header, before.saturating_add(length)))
    }

    fn plain<T: Voxel>(&mut self, header: &Header) -> Result<Elements, FileError> {
        Ok(Elements::Plain(T::wrap(self.load::<T>(header)?)))
    }

    fn load<T: Voxel>(&mut self, header: &Header) -> Result<Vec<T>, FileError> {
        let count = header.count().unwrap_or(u64::MAX);
        let bytes = count.saturating_mul(size_of::<T>() as u64);
        let out_of_memory = |source| FileError::OutOfMemory { path: self.path.clone(), bytes, source };
        let count = usize::try_from(count).map_err(|_| out_of_memory(None))?;
        let mut elements: Vec<T> = Vec::new();
        elements.try_reserve_exact(count).map_err(|source| out_of_memory(Some(source)))?;
        prefer_huge_pages(elements.spare_capacity_mut());
        elements.resize(count, T::zeroed());
        self.exact(bytemuck::cast_slice_mut(&mut elements))?;
        if header.big_endian != cfg!(target_endian = "big") {
            elements.iter_mut().for_each(|element| *element = element.swapped());
        }
        Ok(if header.order == Order::ColumnMajor { row_major(elements, &header.shape) } else { elements })
    }

    fn up_to(&mut self, bytes: u64, out: &mut Vec<u8>) -> Result<(), FileError> {
        let failed = |source| FileError::Io { path: self.path.clone(), action: FileAction::Read, source };
        self.reader.by_ref().take(bytes).read_to_end(out).map_err(failed)?;
        Ok(())
    }

    fn exact(&mut self, out: &mut [u8]) -> Result<(), FileError> {
        let failed = |source| FileError::Io { path: self.path.clone(), action: FileAction::Read, source };
        self.reader.read_exact(out).map_err(failed)
    }
}

/// Elements whose first axis is fastest, with the last one fastest.
#[allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "the elements are as many as the shape says"
)]
fn row_major<T: Copy>(elements: Vec<T>, shape: &[u64]) -> Vec<T> {
    if shape.iter().filter(|&&n| n > 1).count() < 2 || elements.is_empty() {
        return elements;
    }
    let mut strides = Vec::with_capacity(shape.len());
    let mut stride = 1usize;
    for &n in shape {
        strides.push(stride);
        stride *= n as usize;
    }
    let mut sorted = Vec::with_capacity(elements.len());
    let mut index = vec![0u64; shape.len()];
    let mut from = 0;
    loop {
        sorted.push(elements[from]);
        // An odometer: the last axis turns first.
        let mut axis = shape.len();
        loop {
            if axis == 0 {
                return sorted;
            }
            axis -= 1;
            index[axis] += 1;
            from += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            from -= strides[axis] * shape[axis] as usize;
            index[axis] = 0;
        }
    }
}

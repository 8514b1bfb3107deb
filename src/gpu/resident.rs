//! Voxels that are in a buffer of the application already.

use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::volume::{Dtype, LabelMap, Source, Volume};

/// Elements in a buffer of the application.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resident<'a> {
    pub(super) buffer: &'a wgpu::Buffer,
    /// Bytes before the first element: any number.
    pub(super) offset: u64,
    pub dtype: Dtype,
    elements: u64,
}

impl<'a> Resident<'a> {
    fn new(shape: &Shape, dtype: Dtype, buffer: &'a wgpu::Buffer, offset: u64) -> Result<Self> {
        need(buffer, wgpu::BufferUsages::STORAGE)?;
        let (needed, found) = (shape.elements() * dtype.size(), buffer.size());
        match offset.checked_add(needed) {
            Some(end) if end <= found => {
                // Bindings are whole words, and a buffer is bound up to its last one.
                if end > found / 4 * 4 {
                    return Err(Error::BufferTail { found });
                }
                Ok(Self { buffer, offset, dtype, elements: shape.elements() })
            }
            _ => Err(Error::BufferTooSmall { shape: shape.to_string(), offset, needed, found }),
        }
    }

    /// The elements from `first` on.
    pub fn from(self, first: u64) -> Self {
        let (offset, elements) = (self.offset + first * self.dtype.size(), self.elements.saturating_sub(first));
        Self { offset, elements, ..self }
    }

    /// The byte behind the last element.
    pub(super) fn end(&self) -> u64 {
        self.offset + self.elements * self.dtype.size()
    }
}

/// Refuses a buffer without one of these usages.
pub(super) fn need(buffer: &wgpu::Buffer, usages: wgpu::BufferUsages) -> Result<()> {
    let names = [
        (wgpu::BufferUsages::STORAGE, "STORAGE"),
        (wgpu::BufferUsages::COPY_SRC, "COPY_SRC"),
        (wgpu::BufferUsages::COPY_DST, "COPY_DST"),
    ];
    let missing = names.iter().find(|(usage, _)| usages.contains(*usage) && !buffer.usage().contains(*usage));
    match missing {
        Some(&(_, missing)) => Err(Error::BufferUsage { missing }),
        None => Ok(()),
    }
}

impl<'a> Volume<'a> {
    /// A volume that is in `buffer` already, from byte `offset` on: nothing is copied through the host, and the only
    /// usage that the buffer needs is `STORAGE`. For an engine on the same device
    /// ([`Engine::with_device`](crate::Engine::with_device)).
    ///
    /// Any offset is allowed. Elements that lie at a multiple of their size are read in place, except a few at the very
    /// end of a buffer whose size is not a multiple of 16. Others are first copied on the GPU, window by window.
    ///
    /// Commands that fill the buffer must have been submitted before the call that reads it. A buffer of another
    /// device, a mapped or a destroyed one makes that call fail with [`Error::BufferRefused`].
    ///
    /// # Errors
    /// [`Error::BufferUsage`] without usage `STORAGE`; [`Error::BufferTooSmall`]; [`Error::BufferTail`] where the
    /// volume ends in the last bytes of a buffer whose size is not a multiple of 4; [`Error::Parameter`] for
    /// [`Dtype::U32`], which is for labels.
    pub fn buffer(shape: Shape, dtype: Dtype, buffer: &'a wgpu::Buffer, offset: u64) -> Result<Self> {
        if dtype == Dtype::U32 {
            return refused(dtype, "F64, F32, F16, Bf16, U8 or U16 for a volume");
        }
        let resident = Resident::new(&shape, dtype, buffer, offset)?;
        Ok(Self::of(shape, Source::Buffer(resident)))
    }
}

impl<'a> LabelMap<'a> {
    /// A label map that is in `buffer` already, from byte `offset` on; see [`Volume::buffer`].
    ///
    /// # Errors
    /// [`Error::LabelChannels`]; those of [`Volume::buffer`], with [`Error::Parameter`] for floats.
    pub fn buffer(shape: Shape, dtype: Dtype, buffer: &'a wgpu::Buffer, offset: u64) -> Result<Self> {
        if matches!(dtype, Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::Bf16) {
            return refused(dtype, "U8, U16 or U32 for a label map");
        }
        let resident = Resident::new(&shape, dtype, buffer, offset)?;
        Self::of(shape, Source::Buffer(resident))
    }
}

fn refused<T>(dtype: Dtype, range: &str) -> Result<T> {
    Err(Error::Parameter { name: "the type of the elements", value: format!("{dtype:?}"), range: range.into() })
}

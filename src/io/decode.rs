//! All voxels of a file as one vector.

use super::text;
use super::unread::{Notation, Order, Unread, in_memory, make_room};
use super::voxels::{Scale, Voxel, Voxels, with_type};
use crate::error::FileError;

impl Unread<'_> {
    /// Reads all voxels, and verifies the bytes after them.
    pub fn load(self) -> Result<Voxels, FileError> {
        self.load_to_end().map(|(voxels, _)| voxels)
    }

    /// The same, with the number of bytes behind the voxels.
    pub fn load_to_end(mut self) -> Result<(Voxels, u64), FileError> {
        let voxels = match self.notation {
            Notation::Binary => with_type!(self.layout.dtype, T => self.collect::<T>())?,
            Notation::Text => {
                with_type!(self.layout.dtype, T => text::load::<T>(&mut self.stream, self.layout.count).map(T::wrap))?
            }
        };
        let surplus = self.finish()?;
        let Order::SecondLast(axes) = self.order else { return Ok((voxels, surplus)) };
        let (path, bytes) = (self.stream.path(), self.needed());
        let room = |source| FileError::OutOfMemory { path: path.to_path_buf(), bytes, source: Some(source) };
        Ok((voxels.second_axis_last(axes).map_err(room)?, surplus))
    }

    /// All voxels in one vector, of the stored type or scaled.
    fn collect<T: Voxel>(&mut self) -> Result<Voxels, FileError> {
        match self.layout.scale {
            None => self.collect_stored::<T>().map(T::wrap),
            Some(scale) => self.collect_scaled::<T>(scale).map(Voxels::F64),
        }
    }

    fn collect_stored<T: Voxel>(&mut self) -> Result<Vec<T>, FileError> {
        let count = in_memory::<T>(self.stream.path(), self.layout.count)?;
        let mut voxels = Vec::new();
        while voxels.len() < count {
            let start = voxels.len();
            let step = self.make_room(&mut voxels, count)?;
            voxels.resize(start.saturating_add(step), T::zeroed());
            self.fill(voxels.get_mut(start..).unwrap_or_default())?;
        }
        Ok(voxels)
    }

    fn collect_scaled<T: Voxel>(&mut self, scale: Scale) -> Result<Vec<f64>, FileError> {
        let count = in_memory::<f64>(self.stream.path(), self.layout.count)?;
        let mut voxels = Vec::new();
        let mut chunk = Vec::new();
        while voxels.len() < count {
            let step = self.make_room(&mut voxels, count)?;
            chunk.resize(step, T::zeroed());
            self.fill(&mut chunk)?;
            voxels.extend(chunk.iter().map(|voxel| scale.of(voxel.as_f64())));
        }
        Ok(voxels)
    }

    fn make_room<T>(&self, voxels: &mut Vec<T>, count: usize) -> Result<usize, FileError> {
        make_room(self.stream.path(), voxels, count, !self.stream.is_packed())
    }
}

/// Reads and scales the next voxels. `raw` has one word for each of them.
pub(super) fn fill_scaled(unread: &mut Unread<'_>, raw: &mut [u64], scaled: &mut [f64]) -> Result<(), FileError> {
    let Some(scale) = unread.layout.scale else { return Ok(()) };
    with_type!(unread.layout.dtype, T => {
        let raw: &mut [T] = bytemuck::cast_slice_mut(raw);
        let raw = raw.get_mut(..scaled.len()).unwrap_or_default();
        unread.fill(raw)?;
        for (scaled, voxel) in scaled.iter_mut().zip(raw) {
            *scaled = scale.of(voxel.as_f64());
        }
    });
    Ok(())
}

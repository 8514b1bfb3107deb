//! Voxels in memory, of one of the types.

use crate::text;
use crate::{Shape, Volume, prefer_huge_pages};
use anyhow::{Result, anyhow};
use std::ops::Range;

/// A value for each place, where there is memory for all of them.
pub(super) fn filled<T>(places: Range<usize>, value: impl Fn(usize) -> T) -> Result<Vec<T>> {
    let mut all = Vec::new();
    let bytes = places.len() as u64 * size_of::<T>() as u64;
    let asked = all.try_reserve_exact(places.len());
    asked
        .map_err(|_| anyhow!("a volume of {} does not fit into memory; name a smaller --shape", text::bytes(bytes)))?;
    prefer_huge_pages(all.spare_capacity_mut());
    all.extend(places.map(value));
    Ok(all)
}

/// Voxels of one of the types.
pub(super) enum Voxels {
    F32(Vec<f32>),
    U8(Vec<u8>),
}

impl Voxels {
    pub(super) fn real(elements: usize, float: bool, value: impl Fn(usize) -> f32) -> Result<Self> {
        Ok(if float {
            Self::F32(filled(0..elements, value)?)
        } else {
            Self::U8(filled(0..elements, |i| u8::from(value(i) > 0.5))?)
        })
    }

    pub(super) fn volume(&self, shape: &Shape) -> Result<Volume<'_>> {
        Ok(match self {
            Self::F32(voxels) => Volume::f32(shape.clone(), voxels)?,
            Self::U8(voxels) => Volume::u8(shape.clone(), voxels)?,
        })
    }

    /// NaN outside.
    pub(super) fn value(&self, place: usize) -> f64 {
        let value = match self {
            Self::F32(voxels) => voxels.get(place).map(|&voxel| f64::from(voxel)),
            Self::U8(voxels) => voxels.get(place).map(|&voxel| f64::from(voxel)),
        };
        value.unwrap_or(f64::NAN)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::F32(voxels) => bytemuck::cast_slice(voxels),
            Self::U8(voxels) => voxels,
        }
    }

    /// The values are small multiples of 1/4, so that no addition is rounded.
    pub(super) fn total(&self) -> f64 {
        match self {
            Self::F32(voxels) => voxels.iter().map(|&voxel| f64::from(voxel)).sum(),
            Self::U8(voxels) => voxels.iter().map(|&voxel| f64::from(voxel)).sum(),
        }
    }
}

#[cfg(feature = "gpu")]
impl Voxels {
    pub(super) fn dtype(&self) -> crate::Dtype {
        match self {
            Self::F32(_) => crate::Dtype::F32,
            Self::U8(_) => crate::Dtype::U8,
        }
    }
}

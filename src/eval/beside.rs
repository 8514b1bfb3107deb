//! What is found beside counts while the voxels of two files are read.

use super::instances::Finder;
use crate::cpu::KeptMaps;
use crate::{LabelSlice, Pair};

/// Neither, for counts alone.
#[derive(Default)]
pub(super) struct Beside {
    pub lesions: Option<Finder>,
    /// The maps themselves, for what is measured in space.
    pub maps: Option<KeptMaps>,
}

impl Beside {
    pub fn is_none(&self) -> bool {
        self.lesions.is_none() && self.maps.is_none()
    }

    /// The next voxels.
    pub fn add(&mut self, pair: Pair<LabelSlice<'_>>) -> Result<(), crate::Error> {
        self.lesions.as_mut().map_or(Ok(()), |lesions| lesions.add(pair))?;
        self.maps.as_mut().map_or(Ok(()), |maps| maps.add(pair))
    }

    /// The next voxels, which have label 0 in both maps.
    pub fn add_background(&mut self, voxels: u64) -> Result<(), crate::Error> {
        self.lesions.as_mut().map_or(Ok(()), |lesions| lesions.add_background(voxels))?;
        self.maps.as_mut().map_or(Ok(()), |maps| maps.add_background(voxels))
    }
}

//! How much of each skeleton lies in the other mask.

/// The skeleton of one mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Centreline {
    pub(crate) mask: u64,
    pub(crate) voxels: u64,
    pub(crate) within: u64,
}

impl Centreline {
    /// How many voxels the mask has.
    pub fn mask(&self) -> u64 {
        self.mask
    }

    /// How many voxels the skeleton has. Thinning leaves nothing of many blocks with even sides.
    pub fn voxels(&self) -> u64 {
        self.voxels
    }

    /// How many of them are in the mask of the other side.
    pub fn within(&self) -> u64 {
        self.within
    }
}

/// The skeletons of one class on both sides: integers, the same for all threads and instructions. Compare with `==`.
/// [`cl_dice`](crate::metric::topology::cl_dice) is a formula of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Centrelines {
    pub(crate) truth: Centreline,
    pub(crate) pred: Centreline,
}

impl Centrelines {
    /// Of the truth, within the prediction.
    pub fn truth(&self) -> Centreline {
        self.truth
    }

    /// Of the prediction, within the truth.
    pub fn pred(&self) -> Centreline {
        self.pred
    }
}

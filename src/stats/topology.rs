//! How often a mask is connected, pierced and hollow.

/// Betti numbers of the solid that the closed voxels of a mask make: voxels that share a corner touch, and what is not
/// the mask is connected across faces. Beyond the image there is background, so that its border closes nothing. An
/// image of two axes has no cavities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Betti {
    pub(crate) components: u64,
    pub(crate) loops: u64,
    pub(crate) cavities: u64,
}

impl Betti {
    /// b0: connected components, with corners.
    pub fn components(&self) -> u64 {
        self.components
    }

    /// b1: holes of a plane mask, tunnels through a solid: as many cuts as it takes until none is left.
    pub fn loops(&self) -> u64 {
        self.loops
    }

    /// b2: background that is enclosed.
    pub fn cavities(&self) -> u64 {
        self.cavities
    }

    /// All three, by dimension.
    pub fn numbers(&self) -> [u64; 3] {
        [self.components, self.loops, self.cavities]
    }

    /// The Euler characteristic: b0 - b1 + b2.
    pub fn euler(&self) -> i128 {
        i128::from(self.components) - i128::from(self.loops) + i128::from(self.cavities)
    }
}

/// The topology of one class on both sides: integers, the same for all threads and instructions. Compare with `==`.
/// Formulas of it are in [`metric::topology`](crate::metric::topology).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Topology {
    pub(crate) truth: Betti,
    pub(crate) pred: Betti,
}

impl Topology {
    /// Of the truth.
    pub fn truth(&self) -> Betti {
        self.truth
    }

    /// Of the prediction.
    pub fn pred(&self) -> Betti {
        self.pred
    }
}

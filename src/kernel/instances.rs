//! Kernels of lesions. Their twins are in `cpu/instances`; `twin` has the definition of a component.

#[cfg(feature = "gpu")]
pub(crate) mod twin;

use super::source::fragment::{
    INSTANCES, INSTANCES_COMPRESS, INSTANCES_COUNTS, INSTANCES_FIND, INSTANCES_MERGE, INSTANCES_RUNS, SURFACE,
};

/// A kernel of lesions, in the order of their work. They start from masks as bits, which are those of surfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum InstancesKernel {
    /// How many runs there are.
    Counts,
    /// Which.
    Runs,
    /// Joins those that belong together.
    Merge,
    /// Gives each its component.
    Compress,
}

impl InstancesKernel {
    pub const ALL: [Self; 4] = [Self::Counts, Self::Runs, Self::Merge, Self::Compress];

    pub fn fragments(self) -> &'static [&'static str] {
        match self {
            Self::Counts => &[SURFACE, INSTANCES, INSTANCES_COUNTS],
            Self::Runs => &[SURFACE, INSTANCES, INSTANCES_RUNS],
            Self::Merge => &[SURFACE, INSTANCES, INSTANCES_FIND, INSTANCES_MERGE],
            Self::Compress => &[SURFACE, INSTANCES_FIND, INSTANCES_COMPRESS],
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Counts => "instances counts",
            Self::Runs => "instances runs",
            Self::Merge => "instances merge",
            Self::Compress => "instances compress",
        }
    }
}

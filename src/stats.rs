//! Small, exact, mergeable statistics: what a backend returns and what a metric reads. No formulas here.

mod centrelines;
mod counts;
mod exact;
mod instances;
mod partials;
mod sums;
mod surface;
mod topology;

pub use centrelines::{Centreline, Centrelines};
pub use counts::Counts;
pub use exact::{Exact, FRACTION_BITS};
pub use instances::{
    Connectivity, InstanceOptions, Instances, InstancesBy, Join, Lesion, LesionRun, Overlap, OwnSteps, Regions, Runs,
    Touch,
};
pub use partials::Partials;
pub use sums::{NonFiniteCount, Sums, Terms};
pub use surface::{
    DistanceCount, Distances, Elements, ImageEdge, Lattice, NO_TARGET, SLACK, Spacing, Surface, SurfaceOptions, Target,
};
pub use topology::{Betti, Topology};

pub(crate) use exact::scale_of;
pub(crate) use sums::{BlockSums, POINTWISE, SCALE_POWER, UNITS};
#[cfg(feature = "eval")]
pub(crate) use surface::Farthest;
pub(crate) use surface::{LATTICE_BITS, kinds};

use crate::error::Result;

/// Statistics of two disjoint sets of voxels combine into the statistics of their union.
///
/// Merging is exact and order-free: any grouping of any shards gives the same value, so results compare with `==`.
pub trait Merge: Sized {
    /// Adds `other` to `self`. On an error `self` is unchanged.
    ///
    /// # Errors
    /// When the two do not fit together; whether they do does not depend on the order of merging.
    fn merge(&mut self, other: &Self) -> Result<()>;
}

//! Lesions (cells, objects) of one class: the lesions of either side, and which of them meet.

mod options;

pub use options::{Connectivity, InstanceOptions, InstancesBy, Join, OwnSteps, Regions, Runs};

/// One lesion of either side: a connected component, components that were joined, or the voxels of one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lesion {
    voxels: u64,
    first: u64,
    low: [u32; 3],
    high: [u32; 3],
    sums: [u128; 3],
}

impl Lesion {
    /// No voxels yet.
    pub(crate) const NONE: Self = Self { voxels: 0, first: u64::MAX, low: [u32::MAX; 3], high: [0; 3], sums: [0; 3] };

    /// Voxels along x from `start` to before `end`, the first of which is voxel `first` of the image.
    pub(crate) fn of_run(first: u64, [start, end]: [u32; 2], y: u32, z: u32) -> Self {
        let (voxels, last) = (u64::from(end - start), end - 1);
        // Products of numbers of 32 bits.
        let times = |at: u32| u128::from(u64::from(at) * voxels);
        let below = |end: u32| u64::from(end) * u64::from(end).saturating_sub(1) / 2;
        let along_x = u128::from(below(end) - below(start));
        let (low, high) = ([start, y, z], [last, y, z]);
        Self { voxels, first, low, high, sums: [along_x, times(y), times(z)] }
    }

    /// Adds the voxels of another part of it.
    pub(crate) fn add(&mut self, other: &Self) {
        self.voxels += other.voxels;
        self.first = self.first.min(other.first);
        for axis in 0..3 {
            self.low[axis] = self.low[axis].min(other.low[axis]);
            self.high[axis] = self.high[axis].max(other.high[axis]);
            self.sums[axis] += other.sums[axis];
        }
    }

    /// How many voxels it has.
    pub fn voxels(&self) -> u64 {
        self.voxels
    }

    /// The index of its first voxel in the order of the image, whose last axis is the fastest. Lesions are in this order.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The first voxel of its box along x, y and z: the last axis, the one before it, and the one before that.
    pub fn low(&self) -> [u32; 3] {
        self.low
    }

    /// The last voxel of its box, which is in it.
    pub fn high(&self) -> [u32; 3] {
        self.high
    }

    /// The sums of its voxels' places along x, y and z. Over its voxels they are the centroid.
    pub fn sums(&self) -> [u128; 3] {
        self.sums
    }
}

/// Voxels that a true and a predicted lesion share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Overlap {
    /// The place of the true lesion in [`Instances::truth`].
    pub truth: u32,
    /// The place of the predicted lesion in [`Instances::pred`].
    pub pred: u32,
    /// How many voxels.
    pub voxels: u64,
}

/// Voxels of a lesion that follow each other along x.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LesionRun {
    /// Its slice.
    pub z: u32,
    /// Its row.
    pub y: u32,
    /// The place of the first voxel along x.
    pub start: u32,
    /// Behind the last voxel.
    pub end: u32,
    /// The place of the lesion in its list.
    pub lesion: u32,
}

/// A lesion beside one of another class of the same side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Touch {
    /// Which of [`InstanceOptions::touching`] it is.
    pub which: usize,
    /// The place of the lesion of the first class.
    pub lesion: u32,
    /// The place of the lesion of the other class.
    pub other: u32,
}

/// The lesions of one class on both sides and the voxels that they share: integers, the same for all threads, slabs and
/// orders. Compare with `==`. Every number about lesions is a formula of it:
/// [`metric::instances`](crate::metric::instances).
///
/// ```
/// use voxdice::stats::{InstanceOptions, Overlap};
/// use voxdice::{Classes, Engine, EngineOptions, LabelMap, Pair, Shape};
/// let engine = Engine::new(&EngineOptions::default())?;
/// let shape = Shape::new(1, 1, [2, 6])?; // 2 rows of 6 columns
/// let truth = [1u8, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1];
/// let pred = [0u8, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0];
/// let pair = Pair { pred: LabelMap::u8(shape.clone(), &pred)?, truth: LabelMap::u8(shape, &truth)? };
/// let found = engine.instances(pair, &Classes::new([1])?, &InstanceOptions::default())?;
/// let found = &found.values()[0];
/// assert_eq!(found.truth().iter().map(|lesion| lesion.voxels()).collect::<Vec<_>>(), [4, 2]);
/// assert_eq!((found.pred().len(), found.truth()[1].first()), (1, 5));
/// assert_eq!(found.overlaps(), [Overlap { truth: 0, pred: 0, voxels: 2 }]);
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instances {
    pub(crate) axes: usize,
    pub(crate) extent: [u64; 3],
    pub(crate) truth: Vec<Lesion>,
    pub(crate) pred: Vec<Lesion>,
    pub(crate) overlaps: Vec<Overlap>,
    pub(crate) near: Option<Vec<[u32; 2]>>,
    pub(crate) regions: Option<Vec<Overlap>>,
    pub(crate) runs: Option<[Vec<LesionRun>; 2]>,
    pub(crate) touches: [Vec<Touch>; 2],
}

impl Instances {
    /// An image without lesions, of these spatial axes.
    pub(crate) fn zero(spatial: &[u64]) -> Self {
        let mut extent = [1; 3];
        extent.iter_mut().zip(spatial.iter().rev()).for_each(|(extent, &n)| *extent = n);
        Self {
            axes: spatial.len(),
            extent,
            truth: Vec::new(),
            pred: Vec::new(),
            overlaps: Vec::new(),
            near: None,
            regions: None,
            runs: None,
            touches: Default::default(),
        }
    }

    /// How many spatial axes the image has, 2 or 3.
    pub fn axes(&self) -> usize {
        self.axes
    }

    /// Voxels of the image along x, y and z.
    pub fn extent(&self) -> [u64; 3] {
        self.extent
    }

    /// The lesions of the truth, by their first voxel. Lesion number n of a table is at place n - 1.
    pub fn truth(&self) -> &[Lesion] {
        &self.truth
    }

    /// The lesions of the prediction, by their first voxel.
    pub fn pred(&self) -> &[Lesion] {
        &self.pred
    }

    /// Lesions that share voxels, sorted.
    pub fn overlaps(&self) -> &[Overlap] {
        &self.overlaps
    }

    /// Places of true and predicted lesions that meet where the true one is dilated [`InstanceOptions::near`] times, sorted;
    /// those that overlap among them. Without dilation these are all.
    pub fn near(&self) -> impl Iterator<Item = [u32; 2]> + '_ {
        let near = self.near.iter().flatten().copied();
        let own = if self.near.is_none() { &self.overlaps[..] } else { &[] };
        near.chain(own.iter().map(|overlap| [overlap.truth, overlap.pred]))
    }

    /// For [`Regions::Nearest`]: how many voxels of a predicted lesion have this true lesion as the nearest one, sorted.
    pub fn regions(&self) -> Option<&[Overlap]> {
        self.regions.as_deref()
    }

    /// With [`Runs::Kept`]: the voxels of the true lesions, in the order of the image.
    pub fn runs_of_truth(&self) -> Option<&[LesionRun]> {
        self.runs.as_ref().map(|[truth, _]| &truth[..])
    }

    /// The same of the predicted ones.
    pub fn runs_of_pred(&self) -> Option<&[LesionRun]> {
        self.runs.as_ref().map(|[_, pred]| &pred[..])
    }

    /// Lesions of the truth that touch those of other classes, as [`InstanceOptions::touching`] asks, sorted.
    pub fn touches_of_truth(&self) -> &[Touch] {
        &self.touches[0]
    }

    /// The same of the prediction.
    pub fn touches_of_pred(&self) -> &[Touch] {
        &self.touches[1]
    }

    /// Whether a lesion reaches the border of the image, where a part of it may be missing.
    pub fn is_at_border(&self, lesion: &Lesion) -> bool {
        (0..self.axes).any(|axis| lesion.low[axis] == 0 || u64::from(lesion.high[axis]) + 1 == self.extent[axis])
    }
}

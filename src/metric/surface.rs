//! Distances between surfaces: pure formulas of [`Surface`] statistics.
//!
//! A surface has two lists of distances d in mm, each with a weight w: from the elements of the truth's boundary to the
//! prediction (side [`Side::Truth`]), and back ([`Side::Pred`]). The place of an element, and the target of its
//! distance, were chosen when the surface was measured ([`SurfaceOptions`]); the formulas choose the rest.
//! [`SurfaceRules`] holds both, and [`SurfacePreset`] those of other tools.
//!
//! | metric | function | formula |
//! |---|---|---|
//! | `hd` | [`hausdorff`] at 100 % | the largest d of both lists (Hausdorff 1914) |
//! | `hd=Q`, `hd95` | [`hausdorff`] | the Q % quantile of each list, then [`Directions`] |
//! | `hd_truth=Q`, `hd_pred=Q` | [`directed_hausdorff`] | of one list |
//! | `asd_truth`, `asd_pred` | [`asd`] | Σwd / Σw of one list |
//! | `assd` | [`assd`] | Σwd / Σw of both together |
//! | `masd`, `max_asd` | [`masd`], [`max_asd`] | the mean, the larger of the two means |
//! | `sd_median`, `sd_std`, `sd_rms` | [`median`], [`std`](fn@std), [`rms`] | of both together |
//! | `nsd=T` | [`nsd`] | weight with d ≤ T over all weight (Nikolov et al. 2018) |
//! | `nsd_truth=T`, `nsd_pred=T` | [`directed_nsd`] | of one list |
//!
//! All but the last two rows are in mm, 0 to infinite, and 0 is best; NSD is 0 to 1, and 1 is best. Boundary IoU is an
//! [`iou`](crate::metric::iou) of other counts: [`Engine::bands`](crate::Engine::bands).
//!
//! **Empty.** Where a side has no elements, distances are undefined (NaN), and so is an NSD where neither has any; where one
//! has, NSD is 0. [`SurfaceRules::empty`] has other values.

mod area;
mod metrics;
mod missed;
mod presets;
mod quantile;
mod rules;
mod within;

pub use area::Weight;
pub use metrics::SurfaceMetric;
pub use missed::Missed;
pub use presets::SurfacePreset;
pub use quantile::{Percentile, Quantile};
pub use rules::{EmptySurface, RuleSpacing, Situation, Situations, SurfaceRules};
pub use within::{Tolerance, ToleranceRule};

use crate::error::by_name;
#[allow(unused_imports)] // the documentation links to it
use crate::stats::SurfaceOptions;
use crate::stats::{Distances, Surface};
use area::Areas;

/// Which boundary distances are measured from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// From the truth's elements to the prediction.
    Truth,
    /// From the prediction's elements to the truth.
    Pred,
}

/// How the two directions become one percentile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Directions {
    /// The larger of the two: MONAI, DeepMind, MetricsReloaded.
    #[default]
    Max,
    /// Their mean: plastimatch.
    Mean,
    /// The percentile of both lists together: medpy, panoptica, seg-metrics.
    Pooled,
}

impl Directions {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Max, Self::Mean, Self::Pooled];

    /// The name that a command line knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Mean => "mean",
            Self::Pooled => "pooled",
        }
    }
}

by_name!(Directions, "the directions of a percentile");

/// How the two directions become one normalised surface distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NsdForm {
    /// What is within on both sides over all on both: DeepMind, MONAI, MetricsReloaded.
    #[default]
    Pooled,
    /// The mean of the two fractions: panoptica, BraTS 2024, nnU-Net v1.
    Mean,
}

impl NsdForm {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Pooled, Self::Mean];

    /// The name that a command line knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pooled => "pooled",
            Self::Mean => "mean",
        }
    }
}

by_name!(NsdForm, "the form of NSD");

/// Elements of one distance.
#[derive(Debug, Clone, Copy)]
struct Item {
    squared: u64,
    distance: f64,
    count: u64,
    kind: u8,
    /// Of one of them.
    area: f64,
}

impl Item {
    fn weight(&self) -> f64 {
        self.count as f64 * self.area
    }
}

/// The items of one side, or of both, in ascending order of distance.
fn items(surface: &Surface, sides: &[Side], weight: Weight) -> Vec<Item> {
    let areas = Areas::new(surface.lattice(), weight);
    let of_side = |side: &Side| {
        of(surface, *side).entries().iter().map(|entry| Item {
            squared: entry.squared,
            distance: surface.lattice().distance(entry.squared),
            count: entry.count,
            kind: entry.kind,
            area: areas.of_kind(entry.kind),
        })
    };
    let mut items: Vec<Item> = sides.iter().flat_map(of_side).collect();
    items.sort_by_key(|item| item.squared);
    items
}

const BOTH: [Side; 2] = [Side::Truth, Side::Pred];

fn of(surface: &Surface, side: Side) -> &Distances {
    match side {
        Side::Truth => surface.truth(),
        Side::Pred => surface.pred(),
    }
}

/// `f`, where both masks have elements; else undefined.
fn where_both(surface: &Surface, f: impl FnOnce() -> f64) -> f64 {
    if Situation::of(surface) == Situation::Both { f() } else { f64::NAN }
}

/// The percentile of the distances of one side, in mm.
///
/// Undefined unless both masks have elements.
///
/// ```
/// # use voxdice::stats::{DistanceCount, Distances, Lattice, Spacing, Surface, SurfaceOptions};
/// # let lattice = Lattice::new(&Spacing::new([0.5, 0.5])?, &[100, 100])?;
/// # let list = |squared: &[u64]| {
/// #     Distances::new(squared.iter().map(|&squared| DistanceCount { squared, kind: 0, count: 1 }).collect())
/// # };
/// # // Distances in steps of 0.5 mm: of the truth 0, 1, 2, 3, of the prediction 0, 0, 5.
/// # let surface = Surface::new(lattice, SurfaceOptions::default(), list(&[0, 1, 4, 9])?, list(&[0, 0, 25])?);
/// use voxdice::metric::surface::{Percentile, Side, directed_hausdorff};
/// // Distances of 0, 0.5, 1 and 1.5 mm from the truth, of 0, 0 and 2.5 mm from the prediction.
/// assert_eq!(directed_hausdorff(&surface, Side::Truth, Percentile::linear(50.0)?), 0.75);
/// assert_eq!(directed_hausdorff(&surface, Side::Pred, Percentile::linear(100.0)?), 2.5);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn directed_hausdorff(surface: &Surface, side: Side, percentile: Percentile) -> f64 {
    where_both(surface, || percentile.of(&items(surface, &[side], percentile.weight())))
}

/// The Hausdorff distance, or a percentile of it, in mm: of each side, then as `directions` says. At 100 % it is the largest
/// distance of either side, and `directions` must be [`Directions::Max`] or [`Directions::Pooled`] for that.
///
/// Undefined unless both masks have elements.
///
/// ```
/// # use voxdice::stats::{DistanceCount, Distances, Lattice, Spacing, Surface, SurfaceOptions};
/// # let lattice = Lattice::new(&Spacing::new([0.5, 0.5])?, &[100, 100])?;
/// # let list = |squared: &[u64]| {
/// #     Distances::new(squared.iter().map(|&squared| DistanceCount { squared, kind: 0, count: 1 }).collect())
/// # };
/// # let surface = Surface::new(lattice, SurfaceOptions::default(), list(&[0, 1, 4, 9])?, list(&[0, 0, 25])?);
/// use voxdice::metric::surface::{Directions, Percentile, hausdorff};
/// // Distances of 0, 0.5, 1 and 1.5 mm from the truth, of 0, 0 and 2.5 mm from the prediction.
/// let median = Percentile::linear(50.0)?;
/// assert_eq!(hausdorff(&surface, median, Directions::Max), 0.75);
/// assert_eq!(hausdorff(&surface, median, Directions::Mean), 0.375);
/// assert_eq!(hausdorff(&surface, median, Directions::Pooled), 0.5);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn hausdorff(surface: &Surface, percentile: Percentile, directions: Directions) -> f64 {
    let each = || BOTH.map(|side| directed_hausdorff(surface, side, percentile));
    match directions {
        Directions::Max => {
            let [truth, pred] = each();
            truth.max(pred)
        }
        Directions::Mean => 0.5 * each().iter().sum::<f64>(),
        Directions::Pooled => where_both(surface, || percentile.of(&items(surface, &BOTH, percentile.weight()))),
    }
}

/// The average surface distance of one side, Σwd / Σw, in mm.
///
/// Undefined unless both masks have elements.
///
/// ```
/// # use voxdice::stats::{DistanceCount, Distances, Lattice, Spacing, Surface, SurfaceOptions};
/// # let lattice = Lattice::new(&Spacing::new([0.5, 0.5])?, &[100, 100])?;
/// # let list = |squared: &[u64]| {
/// #     Distances::new(squared.iter().map(|&squared| DistanceCount { squared, kind: 0, count: 1 }).collect())
/// # };
/// # let surface = Surface::new(lattice, SurfaceOptions::default(), list(&[0, 1, 4, 9])?, list(&[0, 0, 25])?);
/// use voxdice::metric::surface::{Side, Weight, asd, assd, masd, max_asd};
/// // Distances of 0, 0.5, 1 and 1.5 mm from the truth, of 0, 0 and 2.5 mm from the prediction.
/// assert_eq!(asd(&surface, Side::Truth, Weight::Count), 3.0 / 4.0);
/// assert_eq!(asd(&surface, Side::Pred, Weight::Count), 2.5 / 3.0);
/// assert_eq!(assd(&surface, Weight::Count), 5.5 / 7.0);
/// assert_eq!(masd(&surface, Weight::Count), (3.0 / 4.0 + 2.5 / 3.0) / 2.0);
/// assert_eq!(max_asd(&surface, Weight::Count), 2.5 / 3.0);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn asd(surface: &Surface, side: Side, weight: Weight) -> f64 {
    where_both(surface, || mean(&items(surface, &[side], weight), |d| d))
}

/// The average symmetric surface distance, Σwd / Σw of both sides together, in mm: medpy, MONAI's symmetric one. An example
/// is beside [`asd`]. Not panoptica's "ASSD", which is [`masd`].
///
/// Undefined unless both masks have elements.
pub fn assd(surface: &Surface, weight: Weight) -> f64 {
    where_both(surface, || mean(&items(surface, &BOTH, weight), |d| d))
}

/// The mean of the two average surface distances, in mm: MetricsReloaded's MASD, ITK's average Hausdorff distance. An example
/// is beside [`asd`].
///
/// Undefined unless both masks have elements.
pub fn masd(surface: &Surface, weight: Weight) -> f64 {
    let [truth, pred] = BOTH.map(|side| asd(surface, side, weight));
    0.5 * (truth + pred)
}

/// The larger of the two average surface distances, in mm: the modified Hausdorff distance (Dubuisson & Jain 1994). An
/// example is beside [`asd`].
///
/// Undefined unless both masks have elements.
pub fn max_asd(surface: &Surface, weight: Weight) -> f64 {
    let [truth, pred] = BOTH.map(|side| asd(surface, side, weight));
    truth.max(pred)
}

/// The median of the distances of both sides together, each element once, in mm.
///
/// Undefined unless both masks have elements.
///
/// ```
/// # use voxdice::stats::{DistanceCount, Distances, Lattice, Spacing, Surface, SurfaceOptions};
/// # let lattice = Lattice::new(&Spacing::new([0.5, 0.5])?, &[100, 100])?;
/// # let list = |squared: &[u64]| {
/// #     Distances::new(squared.iter().map(|&squared| DistanceCount { squared, kind: 0, count: 1 }).collect())
/// # };
/// # let surface = Surface::new(lattice, SurfaceOptions::default(), list(&[0, 1, 4, 9])?, list(&[0, 0, 25])?);
/// use voxdice::metric::surface::{Weight, median, rms, std};
/// // Distances of 0, 0.5, 1 and 1.5 mm from the truth, of 0, 0 and 2.5 mm from the prediction.
/// assert_eq!(median(&surface), 0.5);
/// assert_eq!(rms(&surface, Weight::Count), f64::sqrt((0.25 + 1.0 + 2.25 + 6.25) / 7.0));
/// assert!((std(&surface, Weight::Count).powi(2) - (9.75 / 7.0 - (5.5f64 / 7.0).powi(2))).abs() < 1e-15);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn median(surface: &Surface) -> f64 {
    where_both(surface, || quantile::MEDIAN.of(&items(surface, &BOTH, Weight::Count)))
}

/// The standard deviation of the distances of both sides together, √(Σw(d − mean)² / Σw), in mm. An example is beside
/// [`median`].
///
/// Undefined unless both masks have elements.
pub fn std(surface: &Surface, weight: Weight) -> f64 {
    where_both(surface, || {
        let items = items(surface, &BOTH, weight);
        let mean_distance = mean(&items, |d| d);
        mean(&items, |d| (d - mean_distance) * (d - mean_distance)).sqrt()
    })
}

/// The root mean square of the distances of both sides together, √(Σwd² / Σw), in mm: LiTS' RMSD. An example is beside
/// [`median`].
///
/// Undefined unless both masks have elements.
pub fn rms(surface: &Surface, weight: Weight) -> f64 {
    where_both(surface, || mean(&items(surface, &BOTH, weight), |d| d * d).sqrt())
}

/// The part of one side's boundary that is within the tolerance of the other mask.
///
/// Range 0 to 1. Undefined where this side has no elements; 0 where the other has none.
pub fn directed_nsd(surface: &Surface, side: Side, tolerance: Tolerance, weight: Weight) -> f64 {
    let (within, all) = fraction(surface, side, tolerance, weight);
    within / all
}

/// Normalised surface distance, surface Dice: the part of both boundaries that is within the tolerance of the other one
/// (Nikolov et al. 2018).
///
/// Range 0 to 1. Undefined where neither mask has elements; 0 where one has none.
///
/// ```
/// # use voxdice::stats::{DistanceCount, Distances, Lattice, Spacing, Surface, SurfaceOptions};
/// # let lattice = Lattice::new(&Spacing::new([0.5, 0.5])?, &[100, 100])?;
/// # let list = |squared: &[u64]| {
/// #     Distances::new(squared.iter().map(|&squared| DistanceCount { squared, kind: 0, count: 1 }).collect())
/// # };
/// # let surface = Surface::new(lattice, SurfaceOptions::default(), list(&[0, 1, 4, 9])?, list(&[0, 0, 25])?);
/// use voxdice::metric::surface::{NsdForm, Side, Tolerance, Weight, directed_nsd, nsd};
/// // Distances of 0, 0.5, 1 and 1.5 mm from the truth, of 0, 0 and 2.5 mm from the prediction.
/// let tolerance = Tolerance::mm(1.0)?;
/// assert_eq!(nsd(&surface, tolerance, NsdForm::Pooled, Weight::Count), 5.0 / 7.0);
/// assert_eq!(nsd(&surface, tolerance, NsdForm::Mean, Weight::Count), (3.0 / 4.0 + 2.0 / 3.0) / 2.0);
/// assert_eq!(directed_nsd(&surface, Side::Truth, tolerance, Weight::Count), 3.0 / 4.0);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn nsd(surface: &Surface, tolerance: Tolerance, form: NsdForm, weight: Weight) -> f64 {
    let [(a, all_a), (b, all_b)] = BOTH.map(|side| fraction(surface, side, tolerance, weight));
    match (form, Situation::of(surface)) {
        (NsdForm::Mean, Situation::Both) => 0.5 * (a / all_a + b / all_b),
        _ => (a + b) / (all_a + all_b),
    }
}

/// The weight that is within the tolerance, and all weight.
fn fraction(surface: &Surface, side: Side, tolerance: Tolerance, weight: Weight) -> (f64, f64) {
    let items = items(surface, &[side], weight);
    let within = items.iter().filter(|item| tolerance.holds(surface, item.squared));
    (total(within.map(Item::weight)), total(items.iter().map(Item::weight)))
}

/// Σw·f(d) / Σw.
fn mean(items: &[Item], f: impl Fn(f64) -> f64) -> f64 {
    total(items.iter().map(|item| item.weight() * f(item.distance))) / total(items.iter().map(Item::weight))
}

/// The sum; of nothing it is 0, where the standard library's is -0.
fn total(terms: impl Iterator<Item = f64>) -> f64 {
    terms.fold(0.0, |sum, term| sum + term)
}

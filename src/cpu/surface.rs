//! Surface distances on the CPU.
//!
//! Per class: the box of both masks, bit rows of it, the elements by logic of words, those that both masks share by
//! counting bits, and for the others a search for the nearest bit. Most elements find it within a few rows ([`near`]);
//! others search blocks of rows from what the elements beside them found ([`far`]). Where that costs more than it is
//! worth, the rest is left to an exact distance transform of the box ([`transform`]).

mod band;
pub(in crate::cpu) mod bits;
mod boundary;
mod boxes;
mod corners;
mod far;
#[cfg(feature = "eval")]
mod farthest;
mod fours;
#[cfg(feature = "eval")]
mod kept;
mod masks;
mod near;
mod nearest;
#[cfg(test)]
mod pairs;
mod row;
mod tally;
mod transform;

use super::Backend;
use super::simd::Level;
use crate::classes::Classes;
use crate::error::{Operand, Result};
#[cfg(feature = "gpu")]
use crate::job::BoxMasks;
use crate::job::{BandsJob, LabelPair, SurfacesJob};
use crate::kernel::counts::Label;
use crate::options::Band;
#[cfg(feature = "eval")]
use crate::stats::Farthest;
use crate::stats::{Counts, DistanceCount, Distances, Elements, Lattice, NO_TARGET, Surface, SurfaceOptions, Target};
use crate::volume::Data;
use band::band;
use bits::{Bits, Sides};
use boundary::boundary;
use corners::Corners;
#[cfg(feature = "eval")]
pub use kept::KeptMaps;
pub(in crate::cpu) use masks::fill_equal;
use masks::{Maps, Member, Voxels};
use nearest::Nearest;
use tally::Tally;

impl Backend {
    /// A surface per plane (sample) and class.
    pub fn surfaces(&self, job: &SurfacesJob<'_>) -> Result<Vec<Surface>> {
        self.each_class(&job.pair, |masks, _| surface(&masks, &job.lattice, job.options))
    }

    /// The element that is farthest from its target, per plane and class.
    #[cfg(feature = "eval")]
    pub fn farthest(&self, job: &SurfacesJob<'_>) -> Result<Vec<Option<Farthest>>> {
        self.each_class(&job.pair, |masks, _| {
            Ok(masks.and_then(|masks| farthest::farthest(&masks, &job.lattice, job.options)))
        })
    }

    /// Counts of boundary bands per plane and class.
    pub fn bands(&self, job: &BandsJob<'_>) -> Result<Vec<Counts>> {
        self.each_class(&job.pair, |masks, voxels| band_counts(&masks, job.band, &job.lattice, voxels))
    }

    /// The surfaces of masks that another backend made of label maps with this extent.
    #[cfg(feature = "gpu")]
    pub fn surfaces_of(
        &self,
        masks: &[Option<BoxMasks>],
        extent: [usize; 3],
        options: &SurfaceOptions,
        lattice: &Lattice,
    ) -> Result<Vec<Surface>> {
        let of =
            |masks: &Option<BoxMasks>| surface(&masks.as_ref().map(|masks| Masks::of(masks, extent)), lattice, options);
        masks.iter().map(of).collect()
    }

    /// Counts of the boundary bands of a mask of each class and sample, and of voxels that are not ignored.
    #[cfg(feature = "gpu")]
    pub fn bands_of(
        &self,
        masks: &[Option<BoxMasks>],
        voxels: &[u64],
        extent: [usize; 3],
        band: Band,
        lattice: &Lattice,
    ) -> Result<Vec<Counts>> {
        let of = |(masks, &voxels): (&Option<BoxMasks>, &u64)| {
            band_counts(&masks.as_ref().map(|masks| Masks::of(masks, extent)), band, lattice, voxels)
        };
        masks.iter().zip(voxels).map(of).collect()
    }

    /// `f` of the masks of every plane and class, or of nothing where neither map has the class, and of the number of voxels
    /// of the plane that are not ignored.
    pub(in crate::cpu) fn each_class<R: Send>(
        &self,
        pair: &LabelPair<'_>,
        f: impl Fn(Option<Masks>, u64) -> Result<R> + Send + Sync,
    ) -> Result<Vec<R>> {
        match pair.truth {
            Data::U8(t) => self.with_truth(t, pair, f),
            Data::U16(t) => self.with_truth(t, pair, f),
            Data::U32(t) => self.with_truth(t, pair, f),
            Data::F64(_) | Data::F32(_) | Data::F16(_) | Data::Bf16(_) => Ok(Vec::new()), // a LabelMap never holds floats
        }
    }

    fn with_truth<T: Label, R: Send>(
        &self,
        t: &[T],
        pair: &LabelPair<'_>,
        f: impl Fn(Option<Masks>, u64) -> Result<R> + Send + Sync,
    ) -> Result<Vec<R>> {
        match pair.pred {
            Data::U8(p) => planes(t, p, pair, self.level, f),
            Data::U16(p) => planes(t, p, pair, self.level, f),
            Data::U32(p) => planes(t, p, pair, self.level, f),
            Data::F64(_) | Data::F32(_) | Data::F16(_) | Data::Bf16(_) => Ok(Vec::new()),
        }
    }
}

/// Both masks of a class, cropped to their common box.
pub(in crate::cpu) struct Masks {
    pub truth: Bits,
    pub pred: Bits,
    pub sides: Sides,
    /// The first voxel of the box.
    #[cfg_attr(not(feature = "eval"), allow(dead_code))]
    low: [usize; 3],
}

#[cfg(feature = "gpu")]
impl Masks {
    pub fn of(masks: &BoxMasks, extent: [usize; 3]) -> Self {
        let high = [0, 1, 2].map(|axis| masks.low[axis] + masks.size[axis] - 1);
        let [truth, pred] = [&masks.truth, &masks.pred].map(|words| Bits::of_words(masks.size, words));
        Self { truth, pred, sides: boxes::Crop { low: masks.low, high }.sides(extent), low: masks.low }
    }
}

fn band_counts(masks: &Option<Masks>, width: Band, lattice: &Lattice, voxels: u64) -> Result<Counts> {
    let Some(masks) = masks else { return Counts::new(0, 0, 0, voxels) };
    let [truth, pred] = [&masks.truth, &masks.pred].map(|mask| band(mask, width, lattice));
    Counts::new(truth.count_common(&pred), pred.count(), truth.count(), voxels)
}

fn planes<T: Label, P: Label, R: Send>(
    t: &[T],
    p: &[P],
    pair: &LabelPair<'_>,
    level: Level,
    f: impl Fn(Option<Masks>, u64) -> Result<R> + Send + Sync,
) -> Result<Vec<R>> {
    let voxels = pair.extent.iter().product::<usize>();
    let mut all = Vec::with_capacity(t.len() / voxels * pair.classes.len());
    for (truth, pred) in t.chunks_exact(voxels).zip(p.chunks_exact(voxels)) {
        all.extend(of_plane(&Voxels { truth, pred, extent: pair.extent, level }, pair.classes, &f)?);
    }
    Ok(all)
}

/// `f` of the masks of every class of a plane, as [`Backend::each_class`].
fn of_plane<R: Send>(
    maps: &impl Maps,
    classes: &Classes,
    f: impl Fn(Option<Masks>, u64) -> Result<R> + Send + Sync,
) -> Result<Vec<R>> {
    let (extent, ignored) = (maps.extent(), classes.ignored());
    let ignored = (!ignored.is_empty()).then(|| Member::new(ignored));
    let left_out = ignored.as_ref().map_or(0, |ignored| maps.count(ignored));
    let voxels = (extent.iter().product::<usize>() - left_out) as u64;
    let crops = maps.crops(classes);
    let of_class = super::map_indexed(classes.len(), |class| {
        let labels = Member::new(&classes.sets()[class]);
        let masks = crops[class].map(|crop| {
            let mut pred = maps.fill(Operand::Pred, &crop, &labels);
            if let Some(ignored) = &ignored {
                // The truth of a class never holds an ignored label.
                pred.remove(&maps.fill(Operand::Truth, &crop, ignored));
            }
            let truth = maps.fill(Operand::Truth, &crop, &labels);
            Masks { truth, pred, sides: crop.sides(extent), low: crop.low }
        });
        f(masks, voxels)
    });
    of_class.into_iter().collect()
}

fn surface(masks: &Option<Masks>, lattice: &Lattice, options: &SurfaceOptions) -> Result<Surface> {
    let Some(masks) = masks else {
        let none = Distances::default();
        return Ok(Surface::new(lattice.clone(), options.clone(), none.clone(), none));
    };
    let sides = masks.sides.with(options.image_edge);
    let ends = Ends::of(masks, lattice, options);
    let corners = |mask| (options.elements == Elements::Corner).then(|| Corners::new(mask, &sides, lattice.axes()));
    let of = |side, mask| {
        let (elements, targets) = ends.of_side(side);
        distances(elements, targets, corners(mask), lattice)
    };
    Ok(Surface::new(lattice.clone(), options.clone(), of(0, &masks.truth)?, of(1, &masks.pred)?))
}

/// What distances go from and to, of the truth and of the prediction.
struct Ends {
    own: [Bits; 2],
    /// What the other side is measured to, where that is not its elements.
    targets: Option<[Bits; 2]>,
}

impl Ends {
    fn of(masks: &Masks, lattice: &Lattice, options: &SurfaceOptions) -> Self {
        let sides = masks.sides.with(options.image_edge);
        let elements = |mask: &Bits, elements| boundary(mask, elements, &sides, lattice.axes());
        let own = [&masks.truth, &masks.pred].map(|mask| elements(mask, options.elements));
        let targets = match options.target {
            Target::Elements => None,
            Target::Mask => Some([masks.truth.clone(), masks.pred.clone()]),
            Target::Face => Some([&masks.truth, &masks.pred].map(|mask| elements(mask, Elements::Face))),
            Target::Full => Some([&masks.truth, &masks.pred].map(|mask| elements(mask, Elements::Full))),
        };
        Self { own, targets }
    }

    /// The elements of the truth (0) or the prediction (1), and what they are measured to.
    fn of_side(&self, side: usize) -> (&Bits, &Bits) {
        (&self.own[side], &self.targets.as_ref().unwrap_or(&self.own)[1 - side])
    }
}

/// Of each element to the nearest target.
fn distances(elements: &Bits, targets: &Bits, corners: Option<Corners>, lattice: &Lattice) -> Result<Distances> {
    let kind = |z, y, x| corners.as_ref().map_or(0, |corners| corners.kind(z, y, x));
    // Those that are targets themselves.
    let mut entries: Vec<DistanceCount> = match &corners {
        None => vec![DistanceCount { squared: 0, kind: 0, count: elements.count_common(targets) }],
        Some(_) => tally_each(&elements.and(targets), 0, &kind),
    };
    let queries = elements.without(targets);
    if targets.is_empty() {
        entries.extend(tally_each(&queries, NO_TARGET, &kind));
    } else {
        entries.extend(Nearest { targets, weights: lattice.weights3(), kind: &kind }.of_all(queries));
    }
    Distances::new(entries)
}

/// Counts bits, which have one distance.
fn tally_each(bits: &Bits, squared: u64, kind: &(impl Fn(usize, usize, usize) -> u8 + Sync)) -> Vec<DistanceCount> {
    let tasks = bits.tasks(bits.count());
    let parts = super::map_indexed(tasks.len(), |task| {
        let mut tally = Tally::new();
        bits.each_in(tasks[task].clone(), |z, y, x| tally.add(squared, kind(z, y, x)));
        tally.finish()
    });
    parts.concat()
}

//! Volumes with known results, and what is done with them.

#[cfg(feature = "gpu")]
use super::gpu::Buffer;
use super::maps::{Maps, of_hash, of_organ};
use super::voxels::{Voxels, filled};
use super::{Dtypes, floor, lesions};
use crate::metric::instances::{InstanceRules, matching};
use crate::metric::{Loss, LossOptions};
use crate::stats::{Counts, Distances, Instances, Sums, Surface, SurfaceOptions, Terms};
use crate::{Classes, Engine, LabelMap, Pair, Shape, SumsOptions, Table, Volume};
use anyhow::{Result, ensure};
use std::cell::RefCell;

/// A call with known result.
pub(super) struct Work {
    /// Statistic and types of prediction and truth, such as `sums/f32xu8`.
    name: String,
    shape: Shape,
    operands: [Voxels; 2],
    reduction: Reduction,
    expected: Value,
    /// Where a gradient goes: the same memory in every call, as in training.
    gradient: RefCell<Vec<f32>>,
}

/// Two numbers that tell whether all is well.
pub(super) type Value = [f64; 2];

/// What is done with the operands.
pub(super) enum Reduction {
    Sums(SumsOptions),
    /// The sums of a loss, and its derivative with respect to every voxel.
    Gradient(Box<Loss>),
    Counts(Classes),
    /// Distances of surfaces, in voxels.
    Surfaces(Classes),
    /// Components connected by faces, and which of them match.
    Lesions(Classes),
}

/// What is made of soft volumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Soft {
    /// Σp, Σt, Σpt.
    Sums3,
    /// These, Σp² and Σt².
    Sums5,
    /// Three sums, and the gradient of Dice.
    Gradient,
}

impl Work {
    /// Soft volumes: every third voxel 0.75 and the others 0.25, against a mask that repeats itself after seven voxels,
    /// which is no multiple of what a word or a vector holds.
    pub fn soft(shape: &Shape, dtypes: Dtypes, statistic: Soft) -> Result<Self> {
        let elements = usize::try_from(shape.elements())?;
        let (pred_float, truth_float, types) = match dtypes {
            Dtypes::F32F32 => (true, true, "f32xf32"),
            Dtypes::F32U8 => (true, false, "f32xu8"),
            Dtypes::U8U8 => (false, false, "u8xu8"),
        };
        let pred = Voxels::real(elements, pred_float, |i| if i % 3 == 0 { 0.75 } else { 0.25 })?;
        let truth = Voxels::real(elements, truth_float, |i| if i % 7 % 2 == 0 { 1.0 } else { 0.0 })?;
        let sums = |terms| Reduction::Sums(SumsOptions { terms, ..SumsOptions::default() });
        let (name, reduction) = match statistic {
            Soft::Sums3 => ("sums", sums(Terms::Plain)),
            Soft::Sums5 => ("sums5", sums(Terms::Squared)),
            Soft::Gradient => ("gradient", Reduction::Gradient(Box::new(Loss::new(LossOptions::default())?))),
        };
        let expected = [pred.total(), truth.total()];
        let name = format!("{name}/{types}");
        let written = if statistic == Soft::Gradient { elements } else { 0 };
        let gradient = RefCell::new(filled(0..written, |_| 0.0)?);
        Ok(Self { name, shape: shape.clone(), operands: [pred, truth], reduction, expected, gradient })
    }

    /// Label maps of a sample for each of the shape's samples and channels.
    pub fn labels(shape: &Shape, classes: u8, maps: Maps) -> Result<Self> {
        let (samples, of_sample) = (usize::try_from(shape.cells())?, usize::try_from(shape.voxels_per_cell())?);
        let spatial: Vec<usize> = shape.spatial().iter().map(|&n| usize::try_from(n)).collect::<Result<_, _>>()?;
        let shape = Shape::new(samples, 1, [of_sample])?;
        let voxels = usize::try_from(shape.elements())?;
        let (truth, pred): (Vec<u8>, Vec<u8>) = match maps {
            Maps::Runs => {
                let label = |i: usize| of_hash(i / 40, classes);
                (filled(0..voxels, label)?, filled(3..voxels + 3, label)?)
            }
            Maps::Organs => {
                let label = |i: usize| of_organ(i % of_sample, &spatial, classes);
                (filled(0..voxels, label)?, filled(1..voxels + 1, label)?)
            }
            Maps::Noise => {
                let label = |i: usize| of_hash(i, classes);
                (filled(0..voxels, label)?, filled(voxels..2 * voxels, label)?)
            }
        };
        let ones = |map: &[u8]| map.iter().filter(|&&label| label == 1).count() as u64;
        let both = pred.iter().zip(&truth).filter(|&(&p, &t)| p == 1 && t == 1).count() as u64;
        let expected = [both as f64, (ones(&pred) + ones(&truth)) as f64];
        let reduction = Reduction::Counts(Classes::new(1..=u32::from(classes))?);
        let kind = match maps {
            Maps::Runs => "",
            Maps::Organs => "_organs",
            Maps::Noise => "_noise",
        };
        let (name, operands) = (format!("counts{classes}{kind}/u8xu8"), [pred, truth].map(Voxels::U8));
        let gradient = RefCell::default();
        Ok(Self { name, shape, operands, reduction, expected, gradient })
    }

    /// A box of each class, side by side along the first axis of space; the prediction is the truth moved by a column. So
    /// every distance is 0 or 1, and how many are 1 is known.
    pub fn boxes(shape: &Shape, classes: u8) -> Result<Self> {
        let (samples, spatial) = (usize::try_from(shape.cells())?, shape.spatial());
        let fits = matches!(spatial.len(), 2 | 3) && spatial.iter().all(|&n| n >= 5);
        ensure!(fits, "surfaces need --shape with 2 or 3 axes of space of at least 5 voxels, and it has {spatial:?}");
        let spatial: Vec<usize> = spatial.iter().map(|&n| usize::try_from(n)).collect::<Result<_, _>>()?;
        // Three quarters of each axis.
        let low: Vec<usize> = spatial.iter().map(|n| n / 8 + 1).collect();
        let length: Vec<usize> = spatial.iter().map(|n| 3 * n / 4 - 1).collect();
        let thick = length[0] / usize::from(classes);
        ensure!(
            thick > 0,
            "{classes} boxes do not fit beside each other into {} voxels; name fewer --classes",
            length[0]
        );
        let shape = Shape::new(samples, 1, &spatial)?;
        let of_sample = spatial.iter().product::<usize>();
        let label = |mut place: usize, moved: usize| {
            place %= of_sample;
            let mut label = 0;
            for axis in (0..spatial.len()).rev() {
                let at = (place % spatial[axis]).wrapping_sub(low[axis]);
                place /= spatial[axis];
                let at = if axis + 1 == spatial.len() { at.wrapping_sub(moved) } else { at };
                if at >= length[axis] {
                    return 0;
                }
                label = at / thick + 1;
            }
            if label <= usize::from(classes) { label as u8 } else { 0 }
        };
        let voxels = samples * of_sample;
        let operands = [filled(0..voxels, |i| label(i, 1))?, filled(0..voxels, |i| label(i, 0))?];
        let mut sides = length.clone();
        sides[0] = thick;
        let [all, inner] = [0, 2].map(|less| sides.iter().map(|n| n.saturating_sub(less)).product::<usize>());
        // At 1 are the whole end that the other box has left, and the inside of the other end.
        let ends = &sides[..sides.len() - 1];
        let [end, inside] = [0, 2].map(|less| ends.iter().map(|n| n.saturating_sub(less)).product::<usize>());
        let times = samples * usize::from(classes) * 2;
        let expected = [(times * (all - inner)) as f64, (times * (end + inside)) as f64];
        let reduction = Reduction::Surfaces(Classes::new(1..=u32::from(classes))?);
        let (name, operands) = (format!("surfaces{classes}/u8xu8"), operands.map(Voxels::U8));
        Ok(Self { name, shape, operands, reduction, expected, gradient: RefCell::default() })
    }

    /// Lesions of both sides, whose number is known from filling them one by one.
    pub fn lesions(shape: &Shape, maps: Maps) -> Result<Self> {
        let (samples, spatial) = (usize::try_from(shape.cells())?, shape.spatial());
        let spatial: Vec<usize> = spatial.iter().map(|&n| usize::try_from(n)).collect::<Result<_, _>>()?;
        ensure!(
            matches!(spatial.len(), 2 | 3),
            "lesions need --shape with 2 or 3 axes of space, and it has {spatial:?}"
        );
        let shape = Shape::new(samples, 1, &spatial)?;
        let of_sample = spatial.iter().product::<usize>();
        let [pred, truth] = [1, 0].map(|side| match maps {
            Maps::Runs | Maps::Organs => {
                filled(0..samples * of_sample, |i| lesions::ball(i % of_sample, &spatial, side))
            }
            Maps::Noise => filled(0..samples * of_sample, |i| lesions::noise(i, side)),
        });
        let (pred, truth) = (pred?, truth?);
        let of_samples = |map: &[u8]| -> usize {
            map.chunks(of_sample).map(|sample| lesions::filled_one_by_one(sample, &spatial)).sum()
        };
        let both = pred.iter().zip(&truth).filter(|&(&p, &t)| p == 1 && t == 1).count();
        let expected = [(of_samples(&truth) + of_samples(&pred)) as f64, both as f64];
        let reduction = Reduction::Lesions(Classes::new([1])?);
        let noise = if maps == Maps::Noise { "_noise" } else { "" };
        let (name, operands) = (format!("lesions{noise}/u8xu8"), [pred, truth].map(Voxels::U8));
        let gradient = RefCell::default();
        Ok(Self { name, shape, operands, reduction, expected, gradient })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Every byte that the work reads.
    pub fn slices(&self) -> [&[u8]; 2] {
        self.operands.each_ref().map(Voxels::bytes)
    }

    pub fn bytes(&self) -> u64 {
        self.slices().iter().map(|slice| slice.len() as u64).sum()
    }

    /// Seconds of what must be done at least: every byte of the operands is read, whose sum is `expected`, and a gradient
    /// is written while the truth is read again.
    pub fn floor(&self, expected: u64) -> Result<f64> {
        let [pred, truth] = self.slices();
        let read = floor::read_seconds(&[pred, truth], expected)?;
        let written = match &self.reduction {
            Reduction::Gradient(_) => floor::copy_seconds(truth, &mut self.gradient.borrow_mut())?,
            Reduction::Sums(_) | Reduction::Counts(_) | Reduction::Surfaces(_) | Reduction::Lesions(_) => 0.0,
        };
        Ok(read + written)
    }

    /// Does it once with the voxels in host memory.
    pub fn run(&self, engine: &Engine) -> Result<Value> {
        match &self.reduction {
            Reduction::Sums(options) => {
                let [pred, truth] = self.volumes()?;
                Ok(totals(&engine.sums_with(Pair { pred, truth }, options)?))
            }
            Reduction::Gradient(loss) => {
                let options = loss.sums_options();
                let [pred, truth] = self.volumes()?;
                let sums = engine.sums_with(Pair { pred: pred.clone(), truth: truth.clone() }, &options)?;
                let partials = loss.gradient(&sums)?;
                engine.gradient_into(
                    Pair { pred, truth },
                    &options,
                    &sums,
                    &partials,
                    &mut self.gradient.borrow_mut(),
                )?;
                Ok(totals(&sums))
            }
            Reduction::Counts(classes) => {
                let [pred, truth] = self.maps()?;
                Ok(first_class(&engine.counts(Pair { pred, truth }, classes)?))
            }
            Reduction::Surfaces(classes) => {
                let [pred, truth] = self.maps()?;
                Ok(distances(&engine.surfaces(Pair { pred, truth }, classes, &SurfaceOptions::default())?))
            }
            Reduction::Lesions(classes) => {
                let [pred, truth] = self.maps()?;
                Ok(matched(&engine.instances(Pair { pred, truth }, classes, &lesions::options())?))
            }
        }
    }

    /// Compares the gradient of the last call with the formula of the loss, whose value depends on the truth alone.
    pub fn check_gradient(&self, engine: &Engine) -> Result<()> {
        let Reduction::Gradient(loss) = &self.reduction else { return Ok(()) };
        let [pred, truth] = self.volumes()?;
        let partials = loss.gradient(&engine.sums_with(Pair { pred, truth }, &loss.sums_options())?)?;
        let [_, truth] = &self.operands;
        let voxels = usize::try_from(self.shape.voxels_per_cell())?;
        let gradient = self.gradient.borrow();
        let of_cells = gradient.chunks(voxels).zip(partials.values()).enumerate();
        let is_right = of_cells.flat_map(|(cell, (gradient, partials))| {
            gradient.iter().enumerate().map(move |(voxel, &found)| {
                let expected = partials.pred + partials.product * truth.value(cell * voxels + voxel);
                (f64::from(found) - expected).abs() <= 1e-6 * expected.abs()
            })
        });
        ensure!(is_right.fold(true, |all, one| all & one), "{}: the gradient is wrong; report this", self.name);
        Ok(())
    }

    /// Compares what was found with what it must be.
    pub fn check(&self, found: Value) -> Result<()> {
        ensure!(
            found == self.expected,
            "{}: the result is {found:?} and must be {:?}; run `voxdice verify`, and report this",
            self.name,
            self.expected
        );
        Ok(())
    }

    pub fn volumes(&self) -> Result<[Volume<'_>; 2]> {
        let [pred, truth] = &self.operands;
        Ok([pred.volume(&self.shape)?, truth.volume(&self.shape)?])
    }

    fn maps(&self) -> Result<[LabelMap<'_>; 2]> {
        let [pred, truth] = self.slices();
        let map = |labels| LabelMap::u8(self.shape.clone(), labels);
        Ok([map(pred)?, map(truth)?])
    }
}

/// The same voxels in buffers on a GPU.
#[cfg(feature = "gpu")]
impl Work {
    pub fn reduction(&self) -> &Reduction {
        &self.reduction
    }

    /// Types of prediction and truth, such as `f32xu8`.
    pub fn types(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    pub fn volumes_in<'a>(&self, [pred, truth]: &'a [Buffer; 2]) -> Result<[Volume<'a>; 2]> {
        let volume = |voxels: &Voxels, buffer| Volume::buffer(self.shape.clone(), voxels.dtype(), buffer, 0);
        Ok([volume(&self.operands[0], pred)?, volume(&self.operands[1], truth)?])
    }

    pub fn maps_in<'a>(&self, [pred, truth]: &'a [Buffer; 2]) -> Result<[LabelMap<'a>; 2]> {
        let map = |voxels: &Voxels, buffer| LabelMap::buffer(self.shape.clone(), voxels.dtype(), buffer, 0);
        Ok([map(&self.operands[0], pred)?, map(&self.operands[1], truth)?])
    }
}

pub(super) fn totals(sums: &Table<Sums>) -> Value {
    sums.values().iter().fold([0.0; 2], |[pred, truth], cell| [pred + cell.pred(), truth + cell.truth()])
}

/// How many elements there are, and how many of them are a voxel away.
pub(super) fn distances(surfaces: &Table<Surface>) -> Value {
    let entries = surfaces.values().iter().flat_map(|surface| [surface.truth(), surface.pred()]);
    entries.flat_map(Distances::entries).fold([0.0; 2], |[all, near], entry| {
        let count = entry.count as f64;
        [all + count, near + if entry.squared == 1 { count } else { 0.0 }]
    })
}

/// How many lesions there are on both sides, and how many voxels they share. They are matched, too.
pub(super) fn matched(found: &Table<Instances>) -> Value {
    found.values().iter().fold([0.0; 2], |[lesions, both], found| {
        let matching = matching(found, &InstanceRules::default());
        let of_pred = matching.found.values().map(Vec::len).sum::<usize>() + matching.extra.len();
        let voxels = found.overlaps().iter().map(|overlap| overlap.voxels).sum::<u64>();
        [lesions + (found.truth().len() + of_pred) as f64, both + voxels as f64]
    })
}

pub(super) fn first_class(counts: &Table<Counts>) -> Value {
    let samples = (0..counts.samples()).filter_map(|sample| counts.get(sample, 0));
    samples.fold([0.0; 2], |[both, sum], first| {
        [both + first.tp() as f64, sum + (first.n_pred() + first.n_truth()) as f64]
    })
}

//! Distances between the surfaces of truth and prediction, and their topology: what is measured of every case, and its
//! values.
//!
//! Counts are kept and become scores later. For surfaces only the values are kept, because the statistic holds a number
//! for every distance that occurs. So the definition cannot be changed once the voxels are gone.

mod choices;
mod histogram;

pub use crate::metric::surface::Missed;
pub use choices::SurfaceChoices;
pub use histogram::DistanceHistogram;

use super::compare::surface_difference;
use super::error::EvalError;
use super::grids::{around, box_shape};
use crate::cpu::KeptMaps;
use crate::io::axes::without_ones_behind;
use crate::io::labels::{LabelVolume, Labels};
use crate::io::{Geometry, Placement};
use crate::metric::surface::{RuleSpacing, SurfacePreset, SurfaceRules};
use crate::metric::{EmptyPolicy, Metric, Needs, iou};
use crate::stats::{Centrelines, Counts, Surface, SurfaceOptions, Topology};
use crate::{Backend, Band, Classes, Empty, Engine, LabelMap, LabelSlice, Pair, Shape, Spacing, Table};
use std::path::Path;

/// What is measured besides counts: surfaces and topology.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Surfaces {
    /// In the order that they were named in. Without any nothing is measured, and voxels are counted while they are read.
    pub metrics: Vec<Metric>,
    /// Whose definition holds; that of [`SurfaceRules::default`] where none is named.
    pub preset: Option<SurfacePreset>,
    /// Choices that override it.
    pub choices: SurfaceChoices,
}

impl Surfaces {
    /// Every choice of the definition, but for a miss that is as far as the image is large.
    pub fn rules(&self) -> SurfaceRules {
        self.choices.over(self.preset.map(SurfacePreset::rules).unwrap_or_default())
    }

    /// Whether distances are in mm, else in voxels.
    pub fn is_in_mm(&self) -> bool {
        self.rules().is_in_mm()
    }

    /// The definition in words, after its name and what was chosen beside it.
    pub fn definition(&self) -> String {
        let chosen = self.choices.named().into_iter().map(|(name, choice)| format!("{name} {choice}"));
        let name = self.preset.map(|preset| preset.to_string());
        let names: Vec<String> = name.into_iter().chain(chosen).collect();
        let colon = if names.is_empty() { "" } else { ": " };
        format!("{}{colon}{}", names.join(", "), self.rules())
    }

    /// Whether distances in mm are asked for.
    fn needs_spacing(&self) -> bool {
        let in_voxels = |metric: &Metric| {
            let in_steps = matches!(metric, Metric::Boundary(Band::Voxels(_) | Band::BelowVoxels(_)));
            in_steps || metric.row().needs == Needs::Topology
        };
        !self.metrics.iter().all(in_voxels)
    }

    /// The score of a class with these counts, of whose case these values are known; of a class that is in neither file where
    /// there are none. NaN where it was not measured.
    pub(super) fn value(&self, metric: Metric, values: Option<&Vec<f64>>, counts: &Counts, empty: EmptyPolicy) -> f64 {
        let Some(place) = self.metrics.iter().position(|&own| own == metric) else { return f64::NAN };
        let in_neither = || match metric {
            Metric::Surface(metric) => self.rules().in_neither(metric),
            Metric::Topology(metric) => metric.of(&Topology::default()),
            _ => f64::NAN,
        };
        let value = values.and_then(|values| values.get(place).copied()).unwrap_or_else(in_neither);
        // A value that was stored has the rule that held then.
        match metric {
            Metric::Boundary(_) if counts.n_truth() == 0 && counts.n_pred() == 0 => empty.of_ratio(f64::NAN, counts),
            Metric::Centreline(metric) if metric.asks_nothing(counts) => empty.of_ratio(f64::NAN, counts),
            // Masks may have voxels, and no skeleton.
            Metric::Boundary(_) | Metric::Centreline(_) if !value.is_nan() => empty.of_ratio(value, counts),
            _ => value,
        }
    }
}

/// The engine that measures, and one that measures again to compare.
pub(super) type Engines<'a> = (&'a Engine, Option<&'a Engine>);

/// What was measured.
pub(super) struct Values {
    /// Of each class those of the metrics.
    pub values: Vec<Vec<f64>>,
    /// Of each class its distances; none where none were measured.
    pub histograms: Vec<DistanceHistogram>,
    /// Which class the counterpart measured otherwise, and how.
    pub difference: Option<(usize, String)>,
}

/// Where the voxels of a grid lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Frame {
    /// As a file says, or nowhere.
    File(Option<Geometry>),
    /// In a box around two grids.
    Box,
}

/// The grid of a case.
#[derive(Debug, Clone, Copy)]
pub(super) struct Image<'a> {
    /// What errors name.
    pub truth_path: &'a Path,
    /// Lengths, x first.
    pub shape: &'a [u64],
    /// Of a voxel, x first.
    pub spacing_mm: Option<[f64; 3]>,
    pub frame: Frame,
}

/// Two maps over its voxels.
pub(super) struct Field<'a> {
    pub image: Image<'a>,
    pub truth: LabelSlice<'a>,
    pub pred: LabelSlice<'a>,
}

/// Two maps of an image.
pub(super) enum Maps<'a> {
    Whole(Pair<LabelMap<'a>>),
    /// As they were read, measured on the CPU.
    Kept(&'a KeptMaps),
}

impl Maps<'_> {
    fn surfaces(
        &self,
        engine: &Engine,
        classes: &Classes,
        options: &SurfaceOptions,
    ) -> Result<Vec<Surface>, crate::Error> {
        match self {
            Self::Whole(pair) => engine.surfaces(pair.clone(), classes, options).map(Table::into_values),
            Self::Kept(maps) => maps.surfaces(classes, options),
        }
    }

    fn bands(
        &self,
        engine: &Engine,
        classes: &Classes,
        band: Band,
        spacing: &Spacing,
    ) -> Result<Vec<Counts>, crate::Error> {
        match self {
            Self::Whole(pair) => engine.bands(pair.clone(), classes, band, spacing).map(Table::into_values),
            Self::Kept(maps) => maps.bands(classes, band, spacing),
        }
    }

    fn topology(&self, engine: &Engine, classes: &Classes) -> Result<Vec<Topology>, crate::Error> {
        match self {
            Self::Whole(pair) => engine.topology(pair.clone(), classes).map(Table::into_values),
            Self::Kept(maps) => maps.topology(classes),
        }
    }

    fn centrelines(&self, engine: &Engine, classes: &Classes) -> Result<Vec<Centrelines>, crate::Error> {
        match self {
            Self::Whole(pair) => engine.centrelines(pair.clone(), classes).map(Table::into_values),
            Self::Kept(maps) => maps.centrelines(classes),
        }
    }
}

impl Field<'_> {
    /// Values of each class.
    pub fn measure(&self, engines: Engines<'_>, classes: &Classes, surfaces: &Surfaces) -> Result<Values, EvalError> {
        let (lengths, _) = self.image.in_space()?;
        let shape = Shape::new(1, 1, lengths)?;
        let pair = Pair { pred: map(&shape, self.pred)?, truth: map(&shape, self.truth)? };
        self.image.measure(&Maps::Whole(pair), engines, classes, surfaces)
    }
}

impl Image<'_> {
    /// Values of each class of two maps of this image.
    pub fn measure(
        &self,
        maps: &Maps<'_>,
        engines: Engines<'_>,
        classes: &Classes,
        surfaces: &Surfaces,
    ) -> Result<Values, EvalError> {
        let mut rules = surfaces.rules();
        if rules.spacing == RuleSpacing::Image && surfaces.needs_spacing() {
            self.needs_spacing()?;
        }
        let (lengths, spacing_mm) = self.in_space()?;
        let spacing_mm = if self.spacing_mm.is_some() { spacing_mm } else { vec![1.0; spacing_mm.len()] };
        let (shape, spacing) = (Shape::new(1, 1, lengths)?, Spacing::new(spacing_mm)?);
        if surfaces.choices.missed == Some(Missed::Diagonal) {
            rules.empty = rules.empty.missed(rules.options(&spacing).spacing.diagonal(shape.spatial())?);
        }
        let (mut distances, mut difference) = (None, None);
        if surfaces.metrics.iter().any(|metric| matches!(metric, Metric::Surface(_))) {
            let measure = |engine: &Engine| maps.surfaces(engine, classes, &rules.options(&spacing));
            let measured = measure(engines.0)?;
            if let Some(counterpart) = engines.1 {
                difference = first_unlike(engines.0, &measured, &measure(counterpart)?, surface_difference);
            }
            distances = Some(measured);
        }
        let any = |is: fn(&Metric) -> bool| surfaces.metrics.iter().any(is);
        let topology = any(|metric| matches!(metric, Metric::Topology(_)));
        let topology = topology.then(|| maps.topology(engines.0, classes)).transpose()?;
        let lines = any(|metric| matches!(metric, Metric::Centreline(_)));
        let lines = lines.then(|| maps.centrelines(engines.0, classes)).transpose()?;
        let mut values = vec![Vec::with_capacity(surfaces.metrics.len()); classes.len()];
        for &metric in &surfaces.metrics {
            let column: Vec<f64> = match (metric, &distances) {
                (Metric::Surface(metric), Some(distances)) => {
                    distances.iter().map(|surface| rules.value(metric, surface)).collect::<Result<_, _>>()?
                }
                (Metric::Boundary(band), _) => {
                    let bands = maps.bands(engines.0, classes, band, &spacing)?;
                    bands.iter().map(|counts| iou(counts, Empty::Nan)).collect()
                }
                (Metric::Topology(metric), _) => {
                    topology.iter().flatten().map(|topology| metric.of(topology)).collect()
                }
                (Metric::Centreline(metric), _) => lines.iter().flatten().map(|lines| metric.of(lines)).collect(),
                _ => vec![f64::NAN; classes.len()],
            };
            values.iter_mut().zip(column).for_each(|(values, value)| values.push(value));
        }
        let histograms = distances.iter().flatten().map(DistanceHistogram::of);
        Ok(Values { values, histograms: histograms.collect(), difference })
    }

    /// Refuses an image that does not say how large a voxel is.
    pub(super) fn needs_spacing(&self) -> Result<(), EvalError> {
        self.spacing_mm.map(drop).ok_or_else(|| EvalError::NoSpacing(self.truth_path.into()))
    }

    /// Lengths and spacings of the axes of space, slowest first: those that the file has, as other tools take them. A third
    /// one of one voxel is an axis too, across which every voxel is at the image's edge. Unknown spacings are NaN.
    pub(super) fn in_space(&self) -> Result<(Vec<usize>, Vec<f64>), EvalError> {
        let spacing_mm = self.spacing_mm.unwrap_or([f64::NAN; 3]);
        let (space, others) = self.shape.split_at(self.shape.len().min(3));
        if others.iter().any(|&length| length != 1) {
            return Err(EvalError::NotInSpace { path: self.truth_path.into(), shape: self.shape.to_vec() });
        }
        let mut axes: Vec<(u64, f64)> = space.iter().copied().zip(spacing_mm).collect();
        axes.resize(axes.len().max(2), (1, 1.0));
        axes.reverse();
        Ok(axes.into_iter().map(|(length, mm)| (usize::try_from(length).unwrap_or(usize::MAX), mm)).unzip())
    }
}

/// The first class of which the engine and its counterpart found something else, and how.
pub(super) fn first_unlike<T>(
    engine: &Engine,
    found: &[T],
    again: &[T],
    difference: impl Fn(&T, &T) -> Option<(String, [u64; 2])>,
) -> Option<(usize, String)> {
    let mut pairs = found.iter().zip(again).enumerate();
    pairs.find_map(|(class, (first, second))| {
        let (what, mut counts) = difference(first, second)?;
        if engine.describe().backend == Backend::Gpu {
            counts.reverse();
        }
        let [cpu, gpu] = counts;
        Some((class, format!("{what}: the CPU has {cpu}; the GPU has {gpu}")))
    })
}

pub(super) fn map<'a>(shape: &Shape, labels: LabelSlice<'a>) -> Result<LabelMap<'a>, crate::Error> {
    match labels {
        LabelSlice::U8(labels) => LabelMap::u8(shape.clone(), labels),
        LabelSlice::U16(labels) => LabelMap::u16(shape.clone(), labels),
        LabelSlice::U32(labels) => LabelMap::u32(shape.clone(), labels),
    }
}

/// `f` of two label maps. Where their voxels do not match one to one, both are put into the box around them.
pub(super) fn of_maps<R>(
    truth_path: &Path,
    [truth, pred]: [&LabelVolume; 2],
    place: Option<&Placement>,
    spacing_mm: Option<[f64; 3]>,
    f: impl FnOnce(&Field<'_>) -> Result<R, EvalError>,
) -> Result<R, EvalError> {
    let boxed = place.map(|place| in_one_box(truth, pred, place)).transpose()?;
    // The box has the axes of the truth, and where it is as large it is the truth's grid.
    let is_larger = |(shape, _): &(Vec<u64>, _)| without_ones_behind(shape) != without_ones_behind(&truth.shape);
    let frame = match &boxed {
        Some(boxed) if is_larger(boxed) => Frame::Box,
        _ => Frame::File(truth.geometry.or(pred.geometry)),
    };
    let (shape, [truth, pred]) = match &boxed {
        Some((shape, labels)) => (shape, labels.each_ref().map(Labels::slice)),
        None => (&truth.shape, [truth.labels.slice(), pred.labels.slice()]),
    };
    f(&Field { image: Image { truth_path, shape, spacing_mm, frame }, truth, pred })
}

/// The box around both, and their labels in it.
fn in_one_box(
    truth: &LabelVolume,
    pred: &LabelVolume,
    place: &Placement,
) -> Result<(Vec<u64>, [Labels; 2]), EvalError> {
    let (lengths, of_truth, of_pred) = around(place)?;
    let shape = box_shape(lengths, &of_truth, truth.shape.len());
    Ok((shape, [truth.onto(&of_truth), pred.onto(&of_pred)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EngineOptions;

    #[test]
    fn a_difference_names_the_class_the_side_and_the_distance() {
        let engine = Engine::new(&EngineOptions::default()).unwrap();
        let shape = Shape::new(1, 1, [2, 8]).unwrap();
        let surfaces = |pred: [u8; 16]| {
            let truth = [0, 1, 1, 0, 2, 2, 0, 0, 0, 1, 1, 0, 2, 2, 0, 0];
            let maps = [&pred, &truth].map(|labels| LabelMap::u8(shape.clone(), labels).unwrap());
            let [pred, truth] = maps;
            engine.surfaces(Pair { pred, truth }, &Classes::new([1, 2]).unwrap(), &SurfaceOptions::default()).unwrap()
        };
        let near = surfaces([0, 1, 1, 0, 2, 2, 0, 0, 0, 1, 1, 0, 2, 2, 0, 0]);
        let differ =
            |a: &Table<Surface>, b: &Table<Surface>| first_unlike(&engine, a.values(), b.values(), surface_difference);
        assert_eq!(differ(&near, &near), None);
        let far = surfaces([0, 1, 1, 0, 2, 0, 0, 0, 0, 1, 1, 0, 2, 2, 0, 0]);
        let (class, words) = differ(&near, &far).unwrap();
        assert_eq!(
            (class, &words[..]),
            (1, "elements of the truth at squared distance 0: the CPU has 4; the GPU has 3")
        );
        let none = surfaces([0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
        let (_, words) = differ(&far, &none).unwrap();
        assert_eq!(words, "elements of the truth at squared distance 0: the CPU has 3; the GPU has 0");
    }
}

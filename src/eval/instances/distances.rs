//! Surfaces of lesions: each true one against what it is matched with, in the box around them.

use crate::eval::error::EvalError;
use crate::eval::surfaces::Surfaces;
use crate::metric::Metric;
use crate::metric::instances::{InstancePreset, InstanceRules, LesionDistances, Matching};
use crate::metric::surface::SurfaceMetric;
use crate::stats::{Instances, Lesion, LesionRun, Surface, SurfaceOptions};
use crate::{Backend, Classes, Engine, EngineOptions, LabelMap, Pair, Shape, Spacing, cpu};
use std::collections::BTreeMap;

/// How surfaces of lesions are measured: as a preset of lesions has it, unless a definition or single choices were named.
pub(super) fn definition(preset: Option<InstancePreset>, surfaces: &Surfaces) -> LesionDistances {
    let own = preset.map(|preset| preset.distances().0).unwrap_or_default();
    let rules = surfaces.preset.map(|preset| preset.rules());
    let (distance, nsd) = (rules.unwrap_or(own.distance), rules.unwrap_or(own.nsd));
    let missed = surfaces.choices.missed.unwrap_or(own.missed);
    let (distance, nsd) = (surfaces.choices.over(distance), surfaces.choices.over(nsd));
    LesionDistances { distance, nsd, missed, ..own }
}

/// The metrics of lesions' surfaces among these.
pub(super) fn metrics(surfaces: &Surfaces) -> Vec<SurfaceMetric> {
    let of_lesions = |metric: &Metric| match metric {
        Metric::LesionSurface(own) => Some(*own),
        _ => None,
    };
    surfaces.metrics.iter().filter_map(of_lesions).collect()
}

/// The lesions of an image, as they are matched.
pub(super) struct Matched<'a> {
    pub found: &'a Instances,
    pub matching: &'a Matching,
    pub rules: &'a InstanceRules,
    pub voxel_mm3: f64,
}

impl Matched<'_> {
    /// Means over lesions, by the names of the metrics. `values` are those of [`Matched::measure`]; a class without lesions has
    /// none.
    pub fn means(
        &self,
        metrics: &[SurfaceMetric],
        definition: &LesionDistances,
        values: &BTreeMap<u32, Vec<f64>>,
        diagonal: f64,
    ) -> Vec<(String, f64)> {
        let mean = |(place, &metric): (usize, &SurfaceMetric)| {
            let of_metric = values.iter().map(|(&truth, values)| (truth, values[place])).collect();
            let pair = (self.found, self.matching);
            let mean = definition.mean(metric, &of_metric, pair, self.rules, (diagonal, self.voxel_mm3));
            (Metric::LesionSurface(metric).to_string(), mean)
        };
        metrics.iter().enumerate().map(mean).collect()
    }

    /// The values of each true lesion that counts and is matched. Spacings are those of the axes, slowest first.
    pub fn measure(
        &self,
        metrics: &[SurfaceMetric],
        definition: &LesionDistances,
        spacing: &Spacing,
    ) -> Result<BTreeMap<u32, Vec<f64>>, EvalError> {
        let [truth, pred] = [self.found.runs_of_truth(), self.found.runs_of_pred()];
        let (truth, pred) = (ByLesion::of(truth.unwrap_or_default()), ByLesion::of(pred.unwrap_or_default()));
        let counts = |lesion: &Lesion| self.rules.floor.passes(lesion.voxels(), self.voxel_mm3);
        let is_scored = |place: u32| self.found.truth().get(place as usize).is_some_and(counts);
        let matched: Vec<(u32, &Vec<u32>)> = self
            .matching
            .found
            .iter()
            .map(|(&lesion, preds)| (lesion, preds))
            .filter(|(own, _)| is_scored(*own))
            .collect();
        // Boxes of lesions are small.
        let engine = Engine::new(&EngineOptions { backend: Backend::Cpu, ..EngineOptions::default() })?;
        let of_lesion = |place: usize| -> Result<(u32, Vec<f64>), EvalError> {
            let (lesion, preds) = matched[place];
            let runs = (truth.get(lesion), preds.iter().flat_map(|&own| pred.get(own)));
            let cut = Cut::around(self.found, runs.0, runs.1)?;
            let mut measured: Vec<Surface> = Vec::new();
            let mut values = Vec::with_capacity(metrics.len());
            for &metric in metrics {
                let rules = definition.rules(metric);
                let options = rules.options(spacing);
                if !measured.iter().any(|surface| *surface.options() == options) {
                    measured.extend(cut.surfaces(&engine, &options)?);
                }
                let of_options = measured.iter().find(|surface| *surface.options() == options);
                values.push(of_options.map_or(Ok(f64::NAN), |surface| rules.value(metric, surface))?);
            }
            Ok((lesion, values))
        };
        cpu::map_indexed(matched.len(), of_lesion).into_iter().collect()
    }
}

/// Runs of one side, lesion by lesion.
struct ByLesion<'a> {
    runs: &'a [LesionRun],
    /// Places of runs, those of a lesion together.
    order: Vec<u32>,
}

impl<'a> ByLesion<'a> {
    fn of(runs: &'a [LesionRun]) -> Self {
        let mut order: Vec<u32> = (0..runs.len() as u32).collect();
        order.sort_by_key(|&at| runs[at as usize].lesion);
        Self { runs, order }
    }

    fn get(&self, lesion: u32) -> impl Iterator<Item = &'a LesionRun> + '_ {
        let from = self.order.partition_point(|&at| self.runs[at as usize].lesion < lesion);
        self.order[from..].iter().map(|&at| &self.runs[at as usize]).take_while(move |run| run.lesion == lesion)
    }
}

/// Two masks in the box around both, with one more voxel on each side where the image has one.
struct Cut {
    shape: Shape,
    truth: Vec<u8>,
    pred: Vec<u8>,
}

impl Cut {
    fn around<'a>(
        found: &Instances,
        truth: impl Iterator<Item = &'a LesionRun>,
        pred: impl Iterator<Item = &'a LesionRun>,
    ) -> Result<Self, EvalError> {
        let (truth, pred): (Vec<&LesionRun>, Vec<&LesionRun>) = (truth.collect(), pred.collect());
        let (mut low, mut high) = ([u64::MAX; 3], [0; 3]);
        for run in truth.iter().chain(&pred) {
            for (axis, [from, to]) in
                [[run.start, run.end], [run.y, run.y + 1], [run.z, run.z + 1]].into_iter().enumerate()
            {
                low[axis] = low[axis].min(u64::from(from).saturating_sub(1));
                high[axis] = high[axis].max((u64::from(to) + 1).min(found.extent()[axis]));
            }
        }
        let lengths: Vec<usize> =
            (0..found.axes()).rev().map(|axis| (high[axis].saturating_sub(low[axis])) as usize).collect();
        let [columns, rows] = [0, 1].map(|axis| high[axis].saturating_sub(low[axis]) as usize);
        let shape = Shape::new(1, 1, &lengths)?;
        let voxels = lengths.iter().product();
        let painted = |runs: &[&LesionRun]| {
            let mut mask = vec![0; voxels];
            for run in runs {
                let [x, y, z] = [run.start, run.y, run.z].map(u64::from);
                let row = ((z - low[2]) as usize * rows + (y - low[1]) as usize) * columns;
                let from = row + (x - low[0]) as usize;
                mask[from..from + (run.end - run.start) as usize].fill(1);
            }
            mask
        };
        Ok(Self { truth: painted(&truth), pred: painted(&pred), shape })
    }

    /// Of the one class.
    fn surfaces(&self, engine: &Engine, options: &SurfaceOptions) -> Result<Vec<Surface>, EvalError> {
        let [truth, pred] = [&self.truth, &self.pred].map(|mask| LabelMap::u8(self.shape.clone(), mask));
        Ok(engine.surfaces(Pair { truth: truth?, pred: pred? }, &Classes::new([1])?, options)?.into_values())
    }
}

//! What the voxels of two label maps give: counts, and what is measured beside them.

use super::beside::Beside;
use super::case::{Counted, merged, surplus};
use super::class::Class;
use super::count::{self, Counter, Predicted, Tally};
use super::error::EvalError;
use super::instances::{self, Finder, InstanceSearch, LesionScores};
use super::rules::{ClassSource, Rules, engine_classes};
use super::surfaces::{DistanceHistogram, Image, Maps, Values, of_maps};
use super::verify::{Verification, verified, with_places};
use super::warning::Warning;
use crate::cpu::KeptMaps;
use crate::io::labels::{self, LabelReader, LabelVolume, Labels};
use crate::io::{Input, Placement};
use crate::{Engine, Pair};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

/// The files of a case, of which the prediction may be missing.
pub(super) struct Files<'a> {
    pub truth: &'a Input,
    pub pred: Option<&'a Input>,
    /// Where the prediction is, or would have been.
    pub expected: &'a Path,
    /// Where the voxels of the prediction are among those of the truth, if not at the same places.
    pub place: Option<Placement>,
    pub image: Image<'a>,
}

/// By the key of a class, but for counts.
pub(super) struct Measured {
    pub tally: Tally,
    pub surfaces: ByKey<Vec<f64>>,
    pub distances: ByKey<DistanceHistogram>,
    pub instances: ByKey<LesionScores>,
    pub verification: Option<Verification>,
    pub warnings: Vec<Warning>,
}

impl Files<'_> {
    /// Measures while voxels are read, in memory that does not grow with the image but for runs that are kept. Nothing where that
    /// cannot be; of runs that would take more than the voxels this is known at the end alone, and such a case is read twice.
    pub fn while_read(
        &self,
        (truth, mut pred): (&mut LabelReader, Option<&mut LabelReader>),
        rules: &Rules,
        counter: Counter<'_>,
    ) -> Result<Option<Measured>, EvalError> {
        if counter.counterpart.is_some() || count::needs_volumes(counter.engine) {
            return Ok(None);
        }
        let metrics = &rules.surfaces.metrics;
        let mut beside = Beside::default();
        if self.place.is_none() {
            let find = |search| Finder::new(&self.image, search, rules);
            // An image in which no lesions can be found may have no voxel of a class.
            beside.lesions = rules.instances.as_ref().and_then(|search| find(search).ok().flatten());
            beside.maps = if metrics.is_empty() { None } else { self.kept(rules) };
        }
        if beside.lesions.is_some() != rules.instances.is_some() || beside.maps.is_none() != metrics.is_empty() {
            return Ok(None);
        }
        let mut warnings = Vec::new();
        let labels = match (&mut pred, &self.place, self.pred) {
            (Some(reader), None, _) => Predicted::InOrder(reader),
            (None, _, _) | (_, _, None) => Predicted::Missing,
            (Some(_), Some(place), Some(pred)) => {
                let volume = labels::read_with(pred, &rules.of_pred())?;
                warnings.extend(self.of_pred(volume.surplus, &volume.merged));
                Predicted::Placed(volume.labels, place.clone())
            }
        };
        let tally = count::streamed(truth, labels, rules, counter, &mut beside)?;
        let (mut surfaces, mut distances, mut instances) = Default::default();
        if let Some(maps) = beside.maps {
            if !maps.is_whole() {
                return Ok(None);
            }
            let classes: Vec<Class> = tally.counts.iter().map(|(class, _)| class.clone()).collect();
            // Without a class nothing is measured, and no size of a voxel is needed.
            if !classes.is_empty() {
                let known = engine_classes(&classes, &rules.ignore)?;
                let (maps, engines) = (Maps::Kept(&maps), (counter.engine, None));
                let values = self.image.measure(&maps, engines, &known, &rules.surfaces)?;
                (surfaces, distances) = by_key(&classes, values);
            }
        }
        if let (Some(search), Some(lesions)) = (&rules.instances, beside.lesions) {
            let (classes, found) = lesions.finish()?;
            if !classes.is_empty() {
                let scores = self.image.lesions(&found, &classes, search)?;
                instances = keys(&classes).zip(scores).collect();
            }
        }
        warnings.splice(0..0, surplus(self.image.truth_path, truth.surplus()));
        if let Some(reader) = pred {
            warnings.extend(self.of_pred(reader.surplus(), reader.merged()));
        }
        Ok(Some(Measured { tally, surfaces, distances, instances, verification: None, warnings }))
    }

    /// Both maps, for what is measured in space.
    fn kept(&self, rules: &Rules) -> Option<KeptMaps> {
        let (lengths, _) = self.image.in_space().ok()?;
        let has_zero = match &rules.classes {
            ClassSource::Named { classes, .. } => classes.iter().any(|class| class.labels.contains(&0)),
            ClassSource::Found => false,
        };
        KeptMaps::new(&lengths, has_zero || rules.ignore.holds(0))
    }

    fn of_pred(&self, bytes: u64, labels: &[i64]) -> impl Iterator<Item = Warning> {
        surplus(self.expected, bytes).into_iter().chain(merged(self.expected, labels))
    }

    /// Reads whole volumes and measures them on the engine, and twice where there is something to compare with.
    pub fn as_whole(&self, rules: &Rules, counter: Counter<'_>) -> Result<Measured, EvalError> {
        let (truth, pred) = count::read_both(self.truth, self.pred, rules, counter.threads)?;
        let mut warnings: Vec<Warning> = surplus(self.image.truth_path, truth.surplus).into_iter().collect();
        if let Some(volume) = &pred {
            warnings.extend(self.of_pred(volume.surplus, &volume.merged));
        }
        let pred = pred.unwrap_or_else(|| LabelVolume {
            labels: Labels::U8(vec![0; truth.voxels()]),
            shape: truth.shape.clone(),
            merged: Vec::new(),
            ..truth
        });
        let (mut surfaces, mut distances): (ByKey<Vec<f64>>, ByKey<DistanceHistogram>) = Default::default();
        let mut instances: ByKey<LesionScores> = BTreeMap::new();
        let mut difference = None;
        let present = Present::of([&truth, &pred], rules);
        if rules.need_places() && !present.classes.is_empty() {
            let (maps, classes) = ([&truth, &pred], engine_classes(&present.classes, &rules.ignore)?);
            of_maps(self.image.truth_path, maps, self.place.as_ref(), self.image.spacing_mm, |field| {
                let engines = (counter.engine, counter.counterpart);
                let named = |(class, how): (usize, String)| Some((present.classes.get(class)?.clone(), how));
                if !rules.surfaces.metrics.is_empty() {
                    let mut values = field.measure(engines, &classes, &rules.surfaces)?;
                    difference = values.difference.take().and_then(named);
                    (surfaces, distances) = by_key(&present.classes, values);
                }
                if let Some(search) = &rules.instances {
                    let mut of_lesions = None;
                    let found = field.lesions(engines, &mut of_lesions, &classes, &present.classes, search)?;
                    difference = difference.take().or(of_lesions.and_then(named));
                    instances = keys(&present.classes).zip(found).collect();
                }
                Ok(())
            })?;
        }
        let (tally, verification) = of_volumes([truth, pred], present, self.place.as_ref(), rules, counter)?;
        let verification = with_places(verification, difference.as_ref());
        // A label of the prediction where the truth is ignored is not found.
        let counted: HashSet<&String> = tally.counts.iter().map(|(class, _)| &class.key).collect();
        surfaces.retain(|key, _| counted.contains(key));
        distances.retain(|key, _| counted.contains(key));
        instances.retain(|key, _| counted.contains(key));
        Ok(Measured { tally, surfaces, distances, instances, verification, warnings })
    }
}

type ByKey<T> = BTreeMap<String, T>;

fn keys(classes: &[Class]) -> impl Iterator<Item = String> {
    classes.iter().map(|class| class.key.clone())
}

fn by_key(classes: &[Class], measured: Values) -> (ByKey<Vec<f64>>, ByKey<DistanceHistogram>) {
    (keys(classes).zip(measured.values).collect(), keys(classes).zip(measured.histograms).collect())
}

/// The voxels of two volumes that are to be counted.
struct Present {
    /// Voxels of the truth to ignore.
    ignored: u64,
    classes: Vec<Class>,
}

impl Present {
    fn of([truth, pred]: [&LabelVolume; 2], rules: &Rules) -> Self {
        let looks = !rules.ignore.is_empty() || rules.classes == ClassSource::Found;
        let of_truth = if looks { truth.census() } else { BTreeMap::new() };
        let ignored = rules.ignore.codes().filter_map(|label| of_truth.get(&label)).sum();
        let classes = match &rules.classes {
            ClassSource::Named { classes, .. } => classes.clone(),
            ClassSource::Found => {
                let labels: BTreeSet<u32> = of_truth.into_keys().chain(pred.census().into_keys()).collect();
                let labels = labels.into_iter().filter(|&label| label != 0 && !rules.ignore.holds(label));
                if rules.instances.as_ref().is_some_and(InstanceSearch::is_by_labels) {
                    // Each label is an instance of the one class; without any there are no voxels of it.
                    let labels: Vec<u32> = labels.collect();
                    let one = Class { labels, ..Class::mask(instances::ALL.into()) };
                    if one.labels.is_empty() { Vec::new() } else { vec![one] }
                } else {
                    labels.map(Class::label).collect()
                }
            }
        };
        Self { ignored, classes }
    }
}

/// Whole volumes on the engine, twice where there is something to compare with.
fn of_volumes(
    [mut truth, mut pred]: [LabelVolume; 2],
    Present { mut ignored, classes }: Present,
    place: Option<&Placement>,
    rules: &Rules,
    counter: Counter<'_>,
) -> Result<(Tally, Option<Verification>), EvalError> {
    if let Some(place) = place {
        let stored = truth.voxels() as u64;
        (truth, pred) = truth.joined(pred, place);
        // Beyond its grid the truth is background.
        if rules.ignore.holds(0) {
            ignored += truth.voxels() as u64 - stored;
        }
    }
    let voxels = truth.voxels() as u64 - ignored;
    if classes.is_empty() {
        return Ok((Tally { voxels, counts: Vec::new(), unlisted: Default::default() }, None));
    }
    let (counts, verification) =
        verified(&truth.map()?, &pred.map()?, &engine_classes(&classes, &rules.ignore)?, &classes, counter)?;
    // In every case the one class has other labels.
    let unlabelled = |class: Class| if class.key == instances::ALL { Class::mask(class.key) } else { class };
    let mut counts: Counted = classes.into_iter().map(unlabelled).zip(counts).collect();
    if rules.classes == ClassSource::Found {
        // Where the truth is ignored, a label of the prediction is not found.
        counts.retain(|(_, counts)| counts.n_truth() > 0 || counts.n_pred() > 0);
    }
    let unlisted = if out_of_range(&counts) == [0, 0] {
        Default::default()
    } else {
        unlisted(counter.engine, &truth, &pred, rules)?
    };
    Ok((Tally { voxels, counts, unlisted }, verification))
}

/// Labels that are not among the requested classes.
fn unlisted(
    engine: &Engine,
    truth: &LabelVolume,
    pred: &LabelVolume,
    rules: &Rules,
) -> Result<[Vec<u32>; 2], EvalError> {
    let ClassSource::Named { classes, .. } = &rules.classes else { return Ok(Default::default()) };
    let mut counts = engine.accumulate_counts(&engine_classes(classes, &rules.ignore)?);
    counts.add(Pair { pred: pred.labels.slice(), truth: truth.labels.slice() })?;
    let (_, [pred, truth]) = counts.finish_with_unlisted()?;
    Ok([truth, pred])
}

/// Voxels of truth and prediction that no class covers: the same for every class.
pub(super) fn out_of_range(counts: &Counted) -> [u64; 2] {
    counts.first().map_or([0, 0], |(_, counts)| [counts.out_of_range_truth(), counts.out_of_range_pred()])
}

#[cfg(test)]
mod tests;

//! A case of two label maps: its files compared and counted.

use super::case::{CaseResult, Counted, Prediction, merged, of_counts, surplus};
use super::class::Class;
use super::count::{self, Counter, Predicted, Tally};
use super::error::{EvalError, GridError};
use super::grids::Together;
use super::instances::{self, Finder, InstanceSearch};
use super::pairing::slices::without_counterpart;
use super::rules::{ClassSource, Rules, engine_classes};
use super::segmentation::{segment_names, segmentation_of};
use super::surfaces::{Frame, Image, of_maps};
use super::verify::{Verification, verified, with_places};
use super::warning::Warning;
use crate::error::FileError;
use crate::io::axes::without_ones_behind;
use crate::io::labels::{self, LabelReader, LabelVolume, Labels};
use crate::io::{Grid, Input, Placement, is_picture};
use crate::stats::Counts;
use crate::{Engine, Pair};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

/// More labels than any label map of anatomy has; an image has thousands of values.
const MANY_LABELS: usize = 1000;

/// Reads, compares and counts two label maps; without a prediction, as if that were empty.
pub(super) fn evaluate(
    name: &str,
    truth_input: &Input,
    pred_input: Option<&Input>,
    expected: &Path,
    rules: &Rules,
    counter: Counter<'_>,
) -> Result<CaseResult, EvalError> {
    let truth = truth_input.path();
    let mut truth_reader = LabelReader::open_with(truth_input, &rules.of_truth())?;
    let mut pred_reader = pred_input.map(|pred| LabelReader::open_with(pred, &rules.of_pred())).transpose()?;
    let mut warnings: Vec<Warning> = by_value(truth_input, pred_input)?.into_iter().collect();
    let mut together = Together::default();
    if let (Some(pred), Some(reader)) = (pred_input, &pred_reader) {
        if let Some((slice, folder)) = without_counterpart([truth_input, pred]) {
            return Err(GridError::Slice { slice, folder }.into());
        }
        let grids = [grid(&truth_reader), grid(reader)];
        together = together_of([truth_input, pred], grids, rules)?;
        if truth_input.is_same_file(pred) {
            warnings.push(Warning::SameFile);
        }
        warnings.extend(axis_order([truth, expected], [&truth_reader, reader]));
    }
    let white = [(truth, truth_reader.white()), (expected, pred_reader.as_ref().is_some_and(LabelReader::white))];
    let white: Vec<String> =
        white.iter().filter(|(_, white)| *white).map(|(path, _)| path.display().to_string()).collect();
    if !white.is_empty() {
        warnings.push(Warning::White { files: white });
    }
    warnings.append(&mut together.warnings);
    let Together { place, gap, .. } = together;
    let shape = truth_reader.shape().to_vec();
    // One of the two files may not say this.
    let geometry = truth_reader.geometry().or(pred_reader.as_ref().and_then(LabelReader::geometry));
    let given = rules.spacing_mm.map(|size| size.of(truth, &shape)).transpose()?;
    let spacing_mm = given.or(geometry.map(|geometry| geometry.spacing_mm()));
    let prediction = if pred_input.is_some() { Prediction::Read } else { Prediction::Missing };
    let frame = Frame::File(geometry.copied());
    let image = Image { truth_path: truth, shape: &shape, spacing_mm, frame };
    let mut lesions = match &rules.instances {
        // An image in which no lesions can be found may have no voxel of a class.
        Some(search) if place.is_none() => Finder::new(&image, search, rules).ok().flatten(),
        _ => None,
    };
    let held = !rules.surfaces.metrics.is_empty() || (rules.instances.is_some() && lesions.is_none());
    let streams = counter.counterpart.is_none() && !count::needs_volumes(counter.engine) && !held;
    let (mut surfaces, mut distances) = (BTreeMap::new(), BTreeMap::new());
    let (mut instances, mut difference) = (BTreeMap::new(), None);
    let (Tally { voxels, counts, unlisted }, verification) = if streams {
        let pred_labels = match (&mut pred_reader, place, pred_input) {
            (Some(reader), None, _) => Predicted::InOrder(reader),
            (None, _, _) | (_, _, None) => Predicted::Missing,
            (Some(_), Some(place), Some(pred)) => {
                let volume = labels::read_with(pred, &rules.of_pred())?;
                warnings.extend(surplus(expected, volume.surplus).into_iter().chain(merged(expected, &volume.merged)));
                Predicted::Placed(volume.labels, place)
            }
        };
        let tally = count::streamed(&mut truth_reader, pred_labels, rules, counter, &mut lesions)?;
        if let (Some(search), Some(lesions)) = (&rules.instances, lesions) {
            let (classes, found) = lesions.finish()?;
            // Without a class nothing is measured, and no size of a voxel is needed.
            if !classes.is_empty() {
                let scores = image.lesions(&found, &classes, search)?;
                instances = classes.into_iter().map(|class| class.key).zip(scores).collect();
            }
        }
        warnings.extend(surplus(truth, truth_reader.surplus()));
        if let Some(reader) = pred_reader {
            warnings.extend(surplus(expected, reader.surplus()).into_iter().chain(merged(expected, reader.merged())));
        }
        (tally, None)
    } else {
        drop((truth_reader, pred_reader));
        let (of_truth, of_pred) = count::read_both(truth_input, pred_input, rules, counter.threads)?;
        warnings.extend(surplus(truth, of_truth.surplus));
        if let Some(volume) = &of_pred {
            warnings.extend(surplus(expected, volume.surplus).into_iter().chain(merged(expected, &volume.merged)));
        }
        let of_pred = of_pred.unwrap_or_else(|| LabelVolume {
            labels: Labels::U8(vec![0; of_truth.voxels()]),
            shape: of_truth.shape.clone(),
            merged: Vec::new(),
            ..of_truth
        });
        let present = Present::of([&of_truth, &of_pred], rules);
        if rules.need_places() && !present.classes.is_empty() {
            let (maps, classes) = ([&of_truth, &of_pred], engine_classes(&present.classes, &rules.ignore)?);
            let keys = || present.classes.iter().map(|class| class.key.clone());
            of_maps(truth, maps, place.as_ref(), spacing_mm, |field| {
                let engines = (counter.engine, counter.counterpart);
                let named = |(class, how): (usize, String)| Some((present.classes.get(class)?.clone(), how));
                if !rules.surfaces.metrics.is_empty() {
                    let measured = field.measure(engines, &classes, &rules.surfaces)?;
                    surfaces = keys().zip(measured.values).collect();
                    distances = keys().zip(measured.histograms).collect();
                    difference = measured.difference.and_then(named);
                }
                if let Some(search) = &rules.instances {
                    let mut of_lesions = None;
                    let found = field.lesions(engines, &mut of_lesions, &classes, &present.classes, search)?;
                    difference = difference.take().or(of_lesions.and_then(named));
                    instances = keys().zip(found).collect();
                }
                Ok(())
            })?;
        }
        let (tally, verification) = of_volumes([of_truth, of_pred], present, place.as_ref(), rules, counter)?;
        (tally, with_places(verification, difference.as_ref()))
    };
    if rules.classes == ClassSource::Found {
        if counts.len() > MANY_LABELS {
            warnings.push(Warning::ManyLabels { labels: counts.len() });
        }
        warnings.extend(no_common_label(&counts));
    }
    // A label of the prediction where the truth is ignored is not found.
    let counted: HashSet<_> = counts.iter().map(|(class, _)| &class.key).collect();
    instances.retain(|key, _| counted.contains(key));
    warnings.extend(of_counts(&counts));
    warnings.extend(of_unlisted(&counts, unlisted, rules));
    Ok(CaseResult {
        name: name.into(),
        truth: truth.into(),
        pred: expected.into(),
        prediction,
        shape,
        voxels,
        spacing_mm,
        gap,
        counts,
        surfaces,
        distances,
        instances,
        warnings,
        verification,
    })
}

/// How the voxels of two label maps belong together, of which one may have segments.
pub(super) fn together_of(inputs: [&Input; 2], grids: [Grid<'_>; 2], rules: &Rules) -> Result<Together, EvalError> {
    let crops = segmentation_of(inputs[0])?.is_some() || segmentation_of(inputs[1])?.is_some();
    Ok(rules.geometry.together(inputs.map(Input::path), grids, crops)?)
}

fn grid(reader: &LabelReader) -> Grid<'_> {
    Grid { shape: reader.shape(), geometry: reader.geometry() }
}

/// An array beside an image, where both orders of its axes would fit.
fn axis_order(paths: [&Path; 2], readers: [&LabelReader; 2]) -> Option<Warning> {
    let shape = without_ones_behind(readers[0].shape());
    // The first axis of a picture is its width.
    if paths.iter().any(|path| is_picture(path)) {
        return None;
    }
    let alone = match readers.map(LabelReader::geometry) {
        [None, Some(_)] => paths[0],
        [Some(_), None] => paths[1],
        _ => return None,
    };
    let either = shape.len() > 1 && shape.iter().eq(shape.iter().rev());
    either.then(|| Warning::AxisOrder { array: alone.display().to_string() })
}

/// Segments beside a label map, which has no names: their labels were compared.
fn by_value(truth: &Input, pred: Option<&Input>) -> Result<Option<Warning>, FileError> {
    let of_pred = pred.map(segmentation_of).transpose()?.flatten();
    let (input, found) = match (segmentation_of(truth)?, of_pred, pred) {
        (Some(found), None, Some(_)) => (truth, found),
        (None, Some(found), Some(pred)) => (pred, found),
        _ => return Ok(None),
    };
    let names = segment_names(&found).map(str::to_owned).collect();
    Ok(Some(Warning::ByValue { file: input.path().display().to_string(), names }))
}

/// No label is in both files, as where one uses 1 and the other 255.
fn no_common_label(counts: &[(Class, Counts)]) -> Option<Warning> {
    let labels = |of: fn(&Counts) -> u64| -> Vec<u32> {
        counts.iter().filter(|(_, counts)| of(counts) > 0).flat_map(|(class, _)| class.labels.clone()).collect()
    };
    let (truth, pred) = (labels(Counts::n_truth), labels(Counts::n_pred));
    let apart = !truth.is_empty() && !pred.is_empty() && truth.iter().all(|label| !pred.contains(label));
    apart.then_some(Warning::NoCommonLabel { truth, pred })
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
    Present { ignored, classes }: Present,
    place: Option<&Placement>,
    rules: &Rules,
    counter: Counter<'_>,
) -> Result<(Tally, Option<Verification>), EvalError> {
    if let Some(place) = place {
        (truth, pred) = truth.joined(pred, place);
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
fn out_of_range(counts: &Counted) -> [u64; 2] {
    counts.first().map_or([0, 0], |(_, counts)| [counts.out_of_range_truth(), counts.out_of_range_pred()])
}

fn of_unlisted(counts: &Counted, labels: [Vec<u32>; 2], rules: &Rules) -> Option<Warning> {
    let ClassSource::Named { from, .. } = &rules.classes else { return None };
    let voxels = out_of_range(counts);
    (voxels != [0, 0]).then(|| Warning::Unlisted { voxels, labels, from: from.clone() })
}

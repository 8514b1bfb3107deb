//! One case: its files compared and counted.

use super::class::Class;
use super::count::{self, Predicted, Tally, Threads};
use super::geometry::Together;
pub(super) use super::geometry::same_extent;
use super::masks;
use super::pairing::{CasePair, Lone, Source};
use super::segmentation::{boxes, segment_names, segmentation_of};
use super::settings::{Rules, Wanted, engine_classes};
use super::verify::{Verification, verified};
use crate::cli::text::millilitres;
use crate::cli::warning::{Notice, Warning};
use crate::io::axes::without_ones_behind;
use crate::io::labels::{self, LabelReader, LabelVolume};
use crate::io::{Gap, Grid, Placement};
use crate::stats::Counts;
use crate::{CountsAccumulator, Engine};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Counts by class.
pub(super) type Counted = Vec<(Class, Counts)>;

/// A case that was evaluated.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Case {
    pub name: String,
    pub truth: PathBuf,
    /// Where the prediction is, or would have been.
    pub pred: PathBuf,
    pub prediction: Prediction,
    /// The file's shape, x first.
    pub shape: Vec<u64>,
    /// Voxels that were counted: all but those to ignore.
    pub voxels: u64,
    /// None for files that do not say.
    pub spacing_mm: Option<[f64; 3]>,
    /// How far the two grids are apart, where both files say where they lie.
    pub gap: Option<Gap>,
    /// In the order of the classes.
    pub counts: Counted,
    pub warnings: Vec<Notice>,
    pub verification: Option<Verification>,
}

/// Whether there was a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Prediction {
    Read,
    /// Counted as empty.
    Missing,
}

impl Case {
    /// Millilitres of a voxel.
    pub fn voxel_ml(&self) -> Option<f64> {
        millilitres(&self.shape, self.spacing_mm?)
    }
}

/// Where the voxels of a case are counted.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Device<'a> {
    pub engine: &'a Engine,
    /// Counts again, to compare.
    pub counterpart: Option<&'a Engine>,
    pub threads: Threads,
}

/// More labels than any label map of anatomy has; an image has thousands of values.
const MANY_LABELS: usize = 1000;

/// Reads, compares and counts one case.
pub(in crate::cli) fn evaluate(pair: &CasePair, rules: &Rules, device: Device<'_>) -> Result<Case> {
    match (&pair.truth, &pair.pred) {
        (Source::File(truth), Source::File(pred)) => of_files(&pair.name, truth, Some(pred), pred, rules, device),
        _ => masks::evaluate(pair, rules, device),
    }
}

/// Counts a truth whose prediction is missing as if that were empty.
pub(super) fn without_prediction(lone: &Lone, expected: &Path, rules: &Rules, device: Device<'_>) -> Result<Case> {
    match &lone.source {
        Source::File(truth) => of_files(&lone.name, truth, None, expected, rules, device),
        named => masks::without_prediction(&lone.name, named, expected, rules, device),
    }
}

fn of_files(
    name: &str,
    truth: &Path,
    pred: Option<&Path>,
    expected: &Path,
    rules: &Rules,
    device: Device<'_>,
) -> Result<Case> {
    let mut truth_reader = LabelReader::open_with(truth, &rules.of_truth())?;
    let mut pred_reader = pred.map(|pred| LabelReader::open_with(pred, &rules.of_pred())).transpose()?;
    let by_value = by_value(truth, pred)?;
    let is_segmentation = by_value.is_some();
    let mut warnings: Vec<Warning> = by_value.into_iter().collect();
    let mut together = Together::default();
    if let (Some(pred), Some(reader)) = (pred, &pred_reader) {
        let grids = [grid(&truth_reader), grid(reader)];
        together = match Some(grids).filter(|_| is_segmentation).and_then(|grids| boxes(grids, rules)) {
            Some(together) => together,
            None => rules.geometry.together([truth, pred], grids)?,
        };
        if same_file(truth, pred) {
            warnings.push(Warning::SameFile);
        }
        warnings.extend(axis_order([truth, pred], [&truth_reader, reader]));
    }
    warnings.append(&mut together.warnings);
    let Together { place, gap, .. } = together;
    let shape = truth_reader.shape().to_vec();
    // A file that does not say it may lie beside one that does.
    let geometry = truth_reader.geometry().or(pred_reader.as_ref().and_then(LabelReader::geometry));
    let spacing_mm = geometry.map(|geometry| geometry.spacing_mm());
    let prediction = if pred.is_some() { Prediction::Read } else { Prediction::Missing };
    let (Tally { voxels, counts, unlisted }, verification) =
        if device.counterpart.is_none() && !count::needs_volumes(device.engine) {
            let pred_labels = match (&mut pred_reader, place) {
                (None, _) => Predicted::Missing,
                (Some(reader), None) => Predicted::InOrder(reader),
                (Some(_), Some(place)) => {
                    let volume = labels::read_with(expected, &rules.of_pred())?;
                    warnings.extend(surplus(expected, volume.surplus));
                    Predicted::Placed(volume.labels, place)
                }
            };
            let tally = count::streamed(&mut truth_reader, pred_labels, rules, device.threads)?;
            warnings.extend(surplus(truth, truth_reader.surplus()));
            warnings.extend(pred_reader.and_then(|reader| surplus(expected, reader.surplus())));
            (tally, None)
        } else {
            drop((truth_reader, pred_reader));
            let volumes = count::read_both(truth, pred, rules, device.threads)?;
            warnings.extend(surplus(truth, volumes.0.surplus));
            warnings.extend(volumes.1.as_ref().and_then(|volume| surplus(expected, volume.surplus)));
            of_volumes(volumes, place.as_ref(), rules, device)?
        };
    if rules.wanted == Wanted::Found {
        if counts.len() > MANY_LABELS {
            warnings.push(Warning::ManyLabels { labels: counts.len() });
        }
        warnings.extend(no_common_label(&counts));
    }
    warnings.extend(of_counts(&counts));
    warnings.extend(of_unlisted(&counts, unlisted, rules));
    Ok(Case {
        name: name.into(),
        truth: truth.into(),
        pred: expected.into(),
        prediction,
        shape,
        voxels,
        spacing_mm,
        gap,
        counts,
        warnings: warnings.iter().map(Warning::notice).collect(),
        verification,
    })
}

fn grid(reader: &LabelReader) -> Grid<'_> {
    Grid { shape: reader.shape(), geometry: reader.geometry() }
}

/// An array beside an image, where both orders of its axes would fit.
fn axis_order(paths: [&Path; 2], readers: [&LabelReader; 2]) -> Option<Warning> {
    let shape = without_ones_behind(readers[0].shape());
    let alone = match readers.map(LabelReader::geometry) {
        [None, Some(_)] => paths[0],
        [Some(_), None] => paths[1],
        _ => return None,
    };
    let either = shape.len() > 1 && shape.iter().eq(shape.iter().rev());
    either.then(|| Warning::AxisOrder { array: alone.display().to_string() })
}

/// Segments beside a label map, which has no names: their labels were compared.
fn by_value(truth: &Path, pred: Option<&Path>) -> Result<Option<Warning>> {
    let of_pred = pred.map(segmentation_of).transpose()?.flatten();
    let (path, found) = match (segmentation_of(truth)?, of_pred, pred) {
        (Some(found), None, Some(_)) => (truth, found),
        (None, Some(found), Some(pred)) => (pred, found),
        _ => return Ok(None),
    };
    let names = segment_names(&found).map(str::to_owned).collect();
    Ok(Some(Warning::ByValue { file: path.display().to_string(), names }))
}

/// Labels of which each is in one file alone, as where one counts 1 and the other 255.
fn no_common_label(counts: &[(Class, Counts)]) -> Option<Warning> {
    let labels = |of: fn(&Counts) -> u64| -> Vec<u32> {
        counts.iter().filter(|(_, counts)| of(counts) > 0).flat_map(|(class, _)| class.labels.clone()).collect()
    };
    let (truth, pred) = (labels(Counts::n_truth), labels(Counts::n_pred));
    let apart = !truth.is_empty() && !pred.is_empty() && truth.iter().all(|label| !pred.contains(label));
    apart.then_some(Warning::NoCommonLabel { truth, pred })
}

/// A file that goes on behind its voxels.
fn surplus(file: &Path, bytes: u64) -> Option<Warning> {
    (bytes > 0).then(|| Warning::Surplus { file: file.display().to_string(), bytes })
}

/// Whole volumes on the engine, twice where there is something to compare with.
fn of_volumes(
    (mut truth, mut pred): (LabelVolume, Option<LabelVolume>),
    place: Option<&Placement>,
    rules: &Rules,
    device: Device<'_>,
) -> Result<(Tally, Option<Verification>)> {
    if let (Some(place), Some(whole)) = (place, pred.take_if(|_| place.is_some())) {
        let joined = truth.joined(whole, place);
        (truth, pred) = (joined.0, Some(joined.1));
    }
    let looks = !rules.ignore.is_empty() || rules.wanted == Wanted::Found;
    let of_truth = if looks { truth.census() } else { BTreeMap::new() };
    let ignored: u64 = rules.ignore.codes().filter_map(|label| of_truth.get(&label)).sum();
    let voxels = truth.voxels() as u64 - ignored;
    let classes: Vec<Class> = match &rules.wanted {
        Wanted::Named { classes, .. } => classes.clone(),
        Wanted::Found => {
            let of_pred = pred.as_ref().map(LabelVolume::census).unwrap_or_default();
            let labels: BTreeSet<u32> = of_truth.into_keys().chain(of_pred.into_keys()).collect();
            labels.into_iter().filter(|&label| label != 0 && !rules.ignore.holds(label)).map(Class::label).collect()
        }
    };
    if classes.is_empty() {
        return Ok((Tally { voxels, counts: Vec::new(), unlisted: Default::default() }, None));
    }
    let empty;
    let pred = match &pred {
        Some(pred) => pred,
        None => {
            empty = LabelVolume { labels: labels::Labels::U8(vec![0; truth.voxels()]), ..truth.clone() };
            &empty
        }
    };
    let (counts, verification) =
        verified(&truth.map()?, &pred.map()?, &engine_classes(&classes, &rules.ignore)?, &classes, device)?;
    let mut counts: Counted = classes.into_iter().zip(counts).collect();
    if rules.wanted == Wanted::Found {
        // Where the truth is ignored, a label of the prediction is not found.
        counts.retain(|(_, counts)| counts.n_truth() > 0 || counts.n_pred() > 0);
    }
    let unlisted = if out_of_range(&counts) == [0, 0] { Default::default() } else { unlisted(&truth, pred, rules)? };
    Ok((Tally { voxels, counts, unlisted }, verification))
}

/// Labels that were not asked for.
fn unlisted(truth: &LabelVolume, pred: &LabelVolume, rules: &Rules) -> Result<[Vec<u32>; 2]> {
    let Wanted::Named { classes, .. } = &rules.wanted else { return Ok(Default::default()) };
    let mut counts = CountsAccumulator::new(&engine_classes(classes, &rules.ignore)?);
    counts.add(pred.labels.slice(), truth.labels.slice())?;
    let (_, [pred, truth]) = counts.finish_with_unlisted()?;
    Ok([truth, pred])
}

/// Voxels of truth and prediction that no class covers: the same for every class.
fn out_of_range(counts: &Counted) -> [u64; 2] {
    counts.first().map_or([0, 0], |(_, counts)| [counts.out_of_range_truth(), counts.out_of_range_pred()])
}

fn of_unlisted(counts: &Counted, labels: [Vec<u32>; 2], rules: &Rules) -> Option<Warning> {
    let Wanted::Named { from, .. } = &rules.wanted else { return None };
    let voxels = out_of_range(counts);
    (voxels != [0, 0]).then(|| Warning::Unlisted { voxels, labels, from: from.clone() })
}

pub(super) fn same_file(truth: &Path, pred: &Path) -> bool {
    match (truth.canonicalize(), pred.canonicalize()) {
        (Ok(truth), Ok(pred)) => truth == pred,
        _ => false,
    }
}

/// What counts alone tell.
pub(super) fn of_counts(counts: &[(Class, Counts)]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let absent = counts.iter().filter(|(_, c)| c.n_truth() == 0 && c.n_pred() == 0);
    let absent: Vec<String> = absent.map(|(class, _)| class.display().to_owned()).collect();
    if !absent.is_empty() {
        warnings.push(Warning::Absent { labels: absent });
    }
    warnings
}

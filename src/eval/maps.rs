//! A case of two label maps: its files compared and counted.

use super::case::{CaseResult, Counted, Prediction, of_counts};
use super::class::Class;
use super::count::{Counter, Tally};
use super::error::{EvalError, GridError};
use super::grids::Together;
use super::measured::{Files, Measured, out_of_range};
use super::pairing::slices::without_counterpart;
use super::rules::{ClassSource, Rules};
use super::segmentation::{segment_names, segmentation_of};
use super::surfaces::{Frame, Image};
use super::warning::Warning;
use crate::error::FileError;
use crate::io::axes::without_ones_behind;
use crate::io::labels::LabelReader;
use crate::io::{Grid, Input, is_picture};
use crate::stats::Counts;
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
    let image = Image { truth_path: truth, shape: &shape, spacing_mm, frame: Frame::File(geometry.copied()) };
    let files = Files { truth: truth_input, pred: pred_input, expected, place, image };
    let readers = (&mut truth_reader, pred_reader.as_mut());
    let measured = match files.while_read(readers, rules, counter)? {
        Some(measured) => measured,
        None => {
            drop((truth_reader, pred_reader));
            files.as_whole(rules, counter)?
        }
    };
    let Measured { tally, surfaces, distances, instances, verification, warnings: of_files } = measured;
    let Tally { voxels, counts, unlisted } = tally;
    warnings.extend(of_files);
    if rules.classes == ClassSource::Found {
        if counts.len() > MANY_LABELS {
            warnings.push(Warning::ManyLabels { labels: counts.len() });
        }
        warnings.extend(no_common_label(&counts));
    }
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

fn of_unlisted(counts: &Counted, labels: [Vec<u32>; 2], rules: &Rules) -> Option<Warning> {
    let ClassSource::Named { from, .. } = &rules.classes else { return None };
    let voxels = out_of_range(counts);
    (voxels != [0, 0]).then(|| Warning::Unlisted { voxels, labels, from: from.clone() })
}

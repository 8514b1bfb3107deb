//! The voxels of a case, read again: the evaluation itself has only their numbers.

use super::Found;
use super::slice::{IGNORED, Marked, OTHER, PRED, TRUTH, Tally};
use crate::eval::case::CaseResult;
use crate::eval::class::Class;
use crate::eval::error::EvalError;
use crate::eval::grids::{Together, around};
use crate::eval::ignore::Ignore;
use crate::eval::instances::ALL;
use crate::eval::maps::together_of;
use crate::eval::masks::{self, Again, LEFT_OUT};
use crate::eval::pairing::Source as CaseSource;
use crate::eval::rules::Rules;
use crate::eval::sources;
use crate::io::labels::{self, LabelVolume, Labels, for_runs};
use crate::io::{Geometry, Grid, Input};
use crate::stats::Counts;
use bytemuck::NoUninit;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

/// The files of one case.
pub(super) enum Source<'a> {
    /// Two label maps, which hold all classes; no second one where the prediction is missing.
    Maps(Box<Maps>),
    /// What has names, read when a class is asked for.
    Named(Cow<'a, [CaseSource; 2]>),
}

/// Label maps of the same voxels.
pub(super) struct Maps {
    truth: Labels,
    pred: Option<Labels>,
    dims: [usize; 3],
    geometry: Option<Geometry>,
}

/// Reads what all classes of a case share. For a result that was read back, the kind of each file is determined again.
pub(super) fn open<'a>(
    case: &CaseResult,
    sources: Option<&'a [CaseSource; 2]>,
    rules: &Rules,
) -> Result<Source<'a>, EvalError> {
    let gone = |path: &Path| path.as_os_str().is_empty() || !Input::from(path).exists();
    let sources = match sources {
        Some(sources) => Cow::Borrowed(sources),
        None if gone(&case.truth) || (case.is_predicted() && gone(&case.pred)) => return Err(EvalError::FilesGone),
        None => Cow::Owned(sources::again(case)?),
    };
    let [of_truth, of_pred] = &*sources;
    if !of_truth.exists() || (case.is_predicted() && !of_pred.exists()) {
        return Err(EvalError::FilesGone);
    }
    let (CaseSource::File(of_truth), CaseSource::File(of_pred)) = (of_truth, of_pred) else {
        return Ok(Source::Named(sources));
    };
    let truth = labels::read_with(of_truth, &rules.of_truth())?;
    let (shape, geometry) = (truth.shape.clone(), truth.geometry);
    let of = |truth, pred, shape: &[u64]| {
        Ok(Source::Maps(Box::new(Maps { truth, pred, dims: Marked::dims(shape), geometry })))
    };
    if !case.is_predicted() {
        return of(truth.labels, None, &shape);
    }
    let pred = labels::read_with(of_pred, &rules.of_pred())?;
    let Together { place, .. } = together_of([of_truth, of_pred], [&truth, &pred].map(grid), rules)?;
    let Some(place) = place else { return of(truth.labels, Some(pred.labels), &shape) };
    let ([x, y, z], of_truth, of_pred) = around(&place)?;
    let volumes = of_truth.len() / (x * y * z).max(1);
    of(truth.onto(&of_truth), Some(pred.onto(&of_pred)), &[x, y, z, volumes])
}

fn grid(volume: &LabelVolume) -> Grid<'_> {
    Grid { shape: &volume.shape, geometry: volume.geometry.as_ref() }
}

impl Source<'_> {
    /// A class of this case, unless the files are no longer those that were counted.
    pub fn class(&self, case: &CaseResult, class: &Class, counts: &Counts, rules: &Rules) -> Result<Found, EvalError> {
        let found = match self {
            Self::Maps(maps) => {
                let voxels = marks(&maps.truth, maps.pred.as_ref(), class, &rules.ignore);
                Found { marked: Marked { voxels, dims: maps.dims }, geometry: maps.geometry }
            }
            Self::Named(sources) => of_masks(&masks::of_class(case, sources, class, rules)?),
        };
        let all = Tally::of(&found.marked.voxels);
        let voxels = |mark: u8| all.count(|voxel| voxel & (mark | IGNORED) == mark);
        if (voxels(TRUTH | PRED), voxels(TRUTH), voxels(PRED)) != (counts.tp(), counts.n_truth(), counts.n_pred()) {
            return Err(EvalError::FilesChanged);
        }
        Ok(found)
    }
}

fn marks(truth: &Labels, pred: Option<&Labels>, class: &Class, ignore: &Ignore) -> Vec<u8> {
    let labels: BTreeSet<u32> = class.labels.iter().copied().collect();
    // Where each label is an object, the one class is all of them.
    let is_all = class.key == ALL && labels.is_empty();
    let in_class = |label: u32| labels.contains(&label) || is_all && label != 0 && !ignore.holds(label);
    let mut voxels = vec![0; length(truth)];
    for_marks(&mut voxels, truth, |label, voxels| {
        let mark = match label {
            label if ignore.holds(label) => IGNORED,
            label if in_class(label) => TRUTH,
            0 => 0,
            _ => OTHER,
        };
        voxels.fill(mark);
    });
    if let Some(pred) = pred {
        for_marks(&mut voxels, pred, |label, voxels| {
            if in_class(label) {
                voxels.iter_mut().for_each(|voxel| *voxel |= PRED);
            }
        });
    }
    voxels
}

fn length(labels: &Labels) -> usize {
    match labels {
        Labels::U8(labels) => labels.len(),
        Labels::U16(labels) => labels.len(),
        Labels::U32(labels) => labels.len(),
    }
}

/// Calls `mark` with each run of equal labels, and the marks of these voxels.
fn for_marks(voxels: &mut [u8], labels: &Labels, mark: impl Fn(u32, &mut [u8])) {
    fn each<T: NoUninit + PartialEq + Into<u32>>(mut rest: &mut [u8], labels: &[T], mark: impl Fn(u32, &mut [u8])) {
        for_runs(labels, |label, run| {
            if let Some(voxels) = rest.split_off_mut(..run as usize) {
                mark(label.into(), voxels);
            }
        });
    }
    match labels {
        Labels::U8(labels) => each(voxels, labels, mark),
        Labels::U16(labels) => each(voxels, labels, mark),
        Labels::U32(labels) => each(voxels, labels, mark),
    }
}

fn of_masks(again: &Again) -> Found {
    let mark = |(&truth, &pred): (&u8, &u8)| match (truth, pred != 0) {
        (LEFT_OUT, false) => IGNORED,
        (LEFT_OUT, true) => IGNORED | PRED,
        (0, false) => 0,
        (0, true) => PRED,
        (_, false) => TRUTH,
        (_, true) => TRUTH | PRED,
    };
    let voxels = again.truth.iter().zip(&again.pred).map(mark).collect();
    Found { marked: Marked { voxels, dims: Marked::dims(&again.shape) }, geometry: again.geometry }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_say_what_each_voxel_is_in_both_maps() {
        let truth = Labels::U8(vec![0, 1, 2, 3, 9, 1]);
        let pred = Labels::U16(vec![1, 1, 2, 0, 1, 5]);
        let class = Class { labels: vec![1, 2], ..Class::label(1) };
        assert_eq!(marks(&truth, Some(&pred), &class, &Ignore::one(9)), [PRED, 3, 3, OTHER, IGNORED | PRED, TRUTH]);
        assert_eq!(marks(&truth, None, &class, &Ignore::default()), [0, TRUTH, TRUTH, OTHER, OTHER, TRUTH]);
    }
}

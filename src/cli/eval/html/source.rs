//! The voxels of a case, read again: the report itself has only their numbers.

use super::slice::{IGNORED, Marked, OTHER, PRED, TRUTH};
use crate::cli::eval::case::{Case, same_extent};
use crate::cli::eval::class::Class;
use crate::cli::eval::masks::{self, Mask};
use crate::cli::eval::settings::Rules;
use crate::io::Geometry;
use crate::io::labels::{self, LabelVolume, Labels};
use crate::stats::Counts;
use anyhow::{Result, bail};

/// The files of one case.
pub(super) enum Source {
    /// Two label maps, which hold all classes; no second one where the prediction is missing.
    Maps(Box<LabelVolume>, Option<Box<LabelVolume>>),
    /// A mask per class, read when it is asked for.
    Masks,
}

/// One class of a case, and how its voxels lie.
pub(super) struct Found {
    pub marked: Marked,
    pub geometry: Option<Geometry>,
}

/// Reads what all classes of a case share.
pub(super) fn open(case: &Case) -> Result<Source> {
    let gone = |path: &std::path::Path| path.as_os_str().is_empty() || !path.exists();
    if gone(&case.truth) || (case.is_predicted() && gone(&case.pred)) {
        bail!("the files are not at hand any more");
    }
    if case.truth.is_dir() || case.pred.is_dir() || masks::segments_of_case(case)?.is_some() {
        return Ok(Source::Masks);
    }
    let truth = Box::new(labels::read(&case.truth)?);
    let pred = if case.is_predicted() { Some(Box::new(labels::read(&case.pred)?)) } else { None };
    if let Some(pred) = &pred {
        same_extent([&case.truth, &case.pred], [&truth.shape, &pred.shape])?;
    }
    Ok(Source::Maps(truth, pred))
}

impl Source {
    /// A class of this case, unless the files are no longer those that were counted.
    pub fn class(&self, case: &Case, class: &Class, counts: &Counts, rules: &Rules) -> Result<Found> {
        let found = match self {
            Self::Maps(truth, pred) => {
                let voxels = marks(&truth.labels, pred.as_ref().map(|pred| &pred.labels), class, rules.ignore);
                // From a value or from an option of one: files of some formats do not say where their voxels lie.
                let geometry = truth.geometry;
                Found { marked: Marked { voxels, dims: Marked::dims(&truth.shape) }, geometry }
            }
            Self::Masks => of_masks(masks::of_class(case, class, rules)?)?,
        };
        let voxels =
            |mark: u8| found.marked.voxels.iter().filter(|&&voxel| voxel & (mark | IGNORED) == mark).count() as u64;
        if (voxels(TRUTH | PRED), voxels(TRUTH), voxels(PRED)) != (counts.tp(), counts.n_truth(), counts.n_pred()) {
            bail!("the files are no longer those that were counted");
        }
        Ok(found)
    }
}

fn marks(truth: &Labels, pred: Option<&Labels>, class: &Class, ignore: Option<u32>) -> Vec<u8> {
    let in_class = |label: u32| class.labels.contains(&label);
    let mut voxels = vec![0; length(truth)];
    mark(&mut voxels, truth, |label| match label {
        label if Some(label) == ignore => IGNORED,
        label if in_class(label) => TRUTH,
        0 => 0,
        _ => OTHER,
    });
    if let Some(pred) = pred {
        mark(&mut voxels, pred, |label| if in_class(label) { PRED } else { 0 });
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

/// Adds marks to voxels. Label maps are mostly constant, so that a label is judged once per run.
fn mark(voxels: &mut [u8], labels: &Labels, mark: impl Fn(u32) -> u8) {
    fn each<T: Copy + Into<u32>>(voxels: &mut [u8], labels: &[T], mark: impl Fn(u32) -> u8) {
        let mut last = (0, mark(0));
        for (voxel, &label) in voxels.iter_mut().zip(labels) {
            let label = label.into();
            if label != last.0 {
                last = (label, mark(label));
            }
            *voxel |= last.1;
        }
    }
    match labels {
        Labels::U8(labels) => each(voxels, labels, mark),
        Labels::U16(labels) => each(voxels, labels, mark),
        Labels::U32(labels) => each(voxels, labels, mark),
    }
}

fn of_masks(masks: [Option<Mask>; 2]) -> Result<Found> {
    let Some(one) = masks.iter().flatten().next() else { bail!("the files have no mask of this class any more") };
    let (shape, geometry) = (one.shape.clone(), one.geometry);
    let dims = Marked::dims(&shape);
    let mut voxels = vec![0; one.voxels.len()];
    for (mask, mark) in masks.iter().zip([TRUTH, PRED]) {
        let Some(mask) = mask else { continue };
        same_extent([&one.path, &mask.path], [&shape, &mask.shape])?;
        for (voxel, &inside) in voxels.iter_mut().zip(&mask.voxels) {
            *voxel |= if inside != 0 { mark } else { 0 };
        }
    }
    Ok(Found { marked: Marked { voxels, dims }, geometry })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_say_what_each_voxel_is_in_both_maps() {
        let truth = Labels::U8(vec![0, 1, 2, 3, 9, 1]);
        let pred = Labels::U16(vec![1, 1, 2, 0, 1, 5]);
        let class = Class { labels: vec![1, 2], ..Class::label(1) };
        assert_eq!(marks(&truth, Some(&pred), &class, Some(9)), [PRED, 3, 3, OTHER, IGNORED | PRED, TRUTH]);
        assert_eq!(marks(&truth, None, &class, None), [0, TRUTH, TRUTH, OTHER, OTHER, TRUTH]);
    }
}

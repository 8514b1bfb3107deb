//! One pair of files: read, compared and counted.

use super::geometry::GeometryRule;
use crate::cli::args::backend_name;
use crate::cli::compare::first_difference;
use crate::cli::text::extent;
use crate::cli::warning::Warning;
use crate::io;
use crate::io::labels::{self, LabelVolume, LabelsError};
use crate::stats::Counts;
use crate::{Classes, Engine};
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A reference and its prediction.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Pair {
    pub truth: PathBuf,
    pub pred: PathBuf,
}

/// What holds for every pair of a run.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Rules<'a> {
    /// None: all but 0 that either file has.
    pub labels: Option<&'a [u32]>,
    pub geometry: GeometryRule,
}

/// A pair that was evaluated.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Case {
    pub pair: Pair,
    /// The name of the prediction without its ending.
    pub name: String,
    /// The file's shape, x first.
    pub shape: Vec<u64>,
    pub spacing_mm: [f64; 3],
    /// Counts by label, sorted by label.
    pub counts: Vec<(u32, Counts)>,
    pub warnings: Vec<Warning>,
    pub verification: Option<Verification>,
}

/// What came of comparing two backends.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Verification {
    pub cpu: String,
    pub gpu: String,
    /// None where all counts are equal.
    pub difference: Option<String>,
}

impl Verification {
    pub fn devices(&self) -> String {
        format!("cpu ({}) and gpu ({})", self.cpu, self.gpu)
    }
}

/// More labels than any label map of anatomy has; an image has thousands of values.
const MANY_LABELS: usize = 1000;

/// Reads, compares and counts one pair, and counts it again on `counterpart` where there is one.
pub(in crate::cli) fn evaluate(
    pair: &Pair,
    rules: &Rules<'_>,
    engine: &Engine,
    counterpart: Option<&Engine>,
) -> Result<Case> {
    let mut warnings = check_headers(pair, rules.geometry)?;
    let (truth, pred) = read_both(pair)?;
    let labels = match rules.labels {
        Some(labels) => labels.to_vec(),
        None => labels_found(&truth, &pred),
    };
    if labels.is_empty() {
        bail!(
            "neither {} nor {} has a label other than 0; say with --labels which ones to evaluate",
            pair.truth.display(),
            pair.pred.display()
        );
    }
    let classes = Classes::new(labels.iter().copied())?;
    let counts = engine.counts(pred.map()?, truth.map()?, &classes)?.into_values();
    let verification = match counterpart {
        Some(counterpart) => Some(verify(&truth, &pred, &classes, &counts, [engine, counterpart])?),
        None => None,
    };
    if rules.labels.is_none() && labels.len() > MANY_LABELS {
        warnings.push(Warning::ManyLabels { labels: labels.len() });
    }
    let counts: Vec<(u32, Counts)> = labels.into_iter().zip(counts).collect();
    warnings.extend(warnings_of(&counts));
    Ok(Case {
        name: case_name(&pair.pred),
        pair: pair.clone(),
        spacing_mm: truth.geometry.spacing_mm(),
        shape: truth.shape,
        counts,
        warnings,
        verification,
    })
}

/// Shape and place, before any time is spent on voxels.
fn check_headers(pair: &Pair, rule: GeometryRule) -> Result<Vec<Warning>> {
    let truth = io::read_header(&pair.truth)?;
    let pred = io::read_header(&pair.pred)?;
    if without_trailing_ones(&truth.shape) != without_trailing_ones(&pred.shape) {
        bail!(
            "{} has {} voxels, but {} has {}; resample the prediction onto the grid of the truth",
            pair.truth.display(),
            extent(&truth.shape),
            pair.pred.display(),
            extent(&pred.shape)
        );
    }
    let mut warnings = Vec::new();
    if same_file(pair) {
        warnings.push(Warning::SameFile);
    }
    warnings.extend(rule.check(&truth.geometry, &pred.geometry, &truth.shape)?);
    Ok(warnings)
}

/// An axis of length 1 at the end, which some writers add, holds no voxels of its own.
fn without_trailing_ones(shape: &[u64]) -> &[u64] {
    let used = shape.iter().rposition(|&n| n != 1).map_or(0, |last| last + 1);
    &shape[..used]
}

fn same_file(pair: &Pair) -> bool {
    match (pair.truth.canonicalize(), pair.pred.canonicalize()) {
        (Ok(truth), Ok(pred)) => truth == pred,
        _ => false,
    }
}

/// Both files at once: most of the time of a run is their decompression.
fn read_both(pair: &Pair) -> Result<(LabelVolume, LabelVolume), LabelsError> {
    std::thread::scope(|scope| {
        let pred = std::thread::Builder::new().spawn_scoped(scope, || labels::read(&pair.pred));
        let truth = labels::read(&pair.truth)?;
        let pred = match pred.map(|thread| thread.join()) {
            Ok(Ok(pred)) => pred?,
            // No thread could be had, or it died: then one after the other.
            _ => labels::read(&pair.pred)?,
        };
        Ok((truth, pred))
    })
}

fn labels_found(truth: &LabelVolume, pred: &LabelVolume) -> Vec<u32> {
    let found: BTreeSet<u32> = truth.census().into_keys().chain(pred.census().into_keys()).collect();
    found.into_iter().filter(|&label| label != 0).collect()
}

fn warnings_of(counts: &[(u32, Counts)]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let absent = counts.iter().filter(|(_, c)| c.n_truth() == 0 && c.n_pred() == 0);
    let absent: Vec<u32> = absent.map(|&(label, _)| label).collect();
    if !absent.is_empty() {
        warnings.push(Warning::Absent { labels: absent });
    }
    // The same for every label: it is about the voxels that no label covers.
    let unlisted = counts.first().map_or((0, 0), |(_, c)| (c.out_of_range_truth(), c.out_of_range_pred()));
    if unlisted != (0, 0) {
        warnings.push(Warning::Unlisted { truth: unlisted.0, pred: unlisted.1 });
    }
    warnings
}

/// Counts again on the other engine. Blocks are compared only where totals differ: equal totals are what was promised.
fn verify(
    truth: &LabelVolume,
    pred: &LabelVolume,
    classes: &Classes,
    counts: &[Counts],
    engines: [&Engine; 2],
) -> Result<Verification> {
    let again = engines[1].counts(pred.map()?, truth.map()?, classes)?;
    let mut described = engines.map(Engine::describe);
    described.sort_by_key(|description| backend_name(description.backend));
    let [cpu, gpu] = described.map(|description| description.device);
    if again.values() == counts {
        return Ok(Verification { cpu, gpu, difference: None });
    }
    let class = counts.iter().zip(again.values()).position(|(a, b)| a != b).unwrap_or(0);
    let [first, second] = engines.map(|engine| engine.counts_by_block(pred.map()?, truth.map()?, classes));
    let difference = match first_difference(&first?, &second?) {
        Some(mut difference) => {
            if backend_name(engines[0].describe().backend) == "gpu" {
                difference.found.reverse();
            }
            format!("label {}, {difference}", classes.sets()[difference.channel][0])
        }
        None => format!(
            "label {}, sample 0: the totals differ although every block by itself agrees",
            classes.sets()[class][0]
        ),
    };
    Ok(Verification { cpu, gpu, difference: Some(difference) })
}

fn case_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let lower = name.to_lowercase();
    let ending = [".nii.gz", ".hdr.gz", ".img.gz", ".nii", ".hdr", ".img"].iter().find(|end| lower.ends_with(*end));
    match ending {
        Some(ending) if lower.len() == name.len() => name[..name.len() - ending.len()].to_owned(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_named_after_the_prediction() {
        let names = ["a/case_001.nii.gz", "b.v2.nii", "UPPER.NII.GZ", "plain"].map(|name| case_name(Path::new(name)));
        assert_eq!(names, ["case_001", "b.v2", "UPPER", "plain"]);
    }

    #[test]
    fn only_trailing_axes_of_one_are_nothing() {
        assert_eq!(without_trailing_ones(&[4, 1, 3, 1, 1]), [4, 1, 3]);
        assert_eq!(without_trailing_ones(&[1, 1]), [0; 0]);
    }
}

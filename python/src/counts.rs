//! Counts of label maps in arrays, and their scores.

use crate::arrays::Held;
use crate::rules::{self, parsed};
use crate::work::interruptible;
use crate::{failed, refused};
use pyo3::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use voxdice::eval::{Cancel, EvalError, Ignore, ScoreList};
use voxdice::metric::{EmptyPolicy, Metric};
use voxdice::stats::{Counts, Merge};
use voxdice::{
    Classes, CountsAccumulator, Engine, EngineOptions, Error, LabelBuffer, LabelSlice, LabelsAccumulator, Numbers,
    Operand, Pair, tuning,
};

/// Voxels that are narrowed at a time: what fits a cache.
const BLOCK: usize = 1 << 16;
/// Voxels that a thread takes at a time.
const STRETCH: usize = 1 << 21;
/// From so many voxels on the work is worth a thread that looks for signals.
const LONG: usize = 1 << 23;

/// Labels of classes, rows of tp, n_pred, n_truth, n and labels out of range on either side per sample and class, and the
/// voxels that were looked at per sample.
type Counted = (Vec<Vec<u32>>, Vec<Vec<[u64; 6]>>, Vec<u64>);

/// Counts of `samples` maps of equal size that lie one behind the other.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // called by the package alone
pub fn count(
    py: Python<'_>,
    pred: &Bound<'_, PyAny>,
    pred_kind: &str,
    truth: &Bound<'_, PyAny>,
    truth_kind: &str,
    samples: usize,
    sets: Option<Vec<Vec<u32>>>,
    ignore: &str,
) -> PyResult<Counted> {
    let (pred, truth) = (Held::new(pred, pred_kind)?, Held::new(truth, truth_kind)?);
    let pair = Pair { pred: pred.numbers()?, truth: truth.numbers()? };
    let ignore = rules::ignore(ignore)?;
    let engine = Engine::new(&EngineOptions::default()).map_err(failed)?;
    let voxels = pair.truth.len();
    let length = voxels.checked_div(samples).unwrap_or(0);
    // Each sample has a row of every class, whatever its size.
    let classes = sets.as_ref().map_or(1, Vec::len);
    let effort = voxels.saturating_add(samples.saturating_mul(classes));
    let found = interruptible(py, effort > LONG, |cancel| -> Result<Counted, EvalError> {
        let job = Job { engine: &engine, pair, ignore: &ignore, cancel };
        let ranges = (0..samples).map(|sample| sample * length..(sample + 1) * length);
        match sets {
            Some(sets) => {
                let classes = Classes::regions(sets.clone())?.ignoring_all(ignore.codes())?;
                let rows = ranges.map(|range| job.listed(range, &classes)).collect::<Result<Vec<_>, _>>()?;
                let n = rows.iter().map(|row| row.first().map_or(0, Counts::n)).collect();
                Ok((sets, rows.iter().map(|row| row.iter().map(numbers).collect()).collect(), n))
            }
            None => {
                let maps = ranges.map(|range| job.found(range)).collect::<Result<Vec<_>, _>>()?;
                // An ignored label may be in the prediction, where its voxels are of no class.
                let is_class = |&label: &u32| label != 0 && ignore.codes().all(|code| code != label);
                let labels: BTreeSet<u32> =
                    maps.iter().flat_map(|(map, _)| map.keys().copied()).filter(is_class).collect();
                let row = |(map, n): &(BTreeMap<u32, Counts>, u64)| {
                    labels.iter().map(|label| map.get(label).map_or([0, 0, 0, *n, 0, 0], numbers)).collect()
                };
                let rows = maps.iter().map(row).collect();
                Ok((labels.iter().map(|&label| vec![label]).collect(), rows, maps.iter().map(|(_, n)| *n).collect()))
            }
        }
    })?;
    found.map_err(|error| match error {
        EvalError::Engine(Error::NotALabel { operand, voxel, value }) if samples > 1 && length > 0 => {
            let (sample, voxel) = (voxel / length as u64, voxel % length as u64);
            refused(format!("sample {sample}: {}", Error::NotALabel { operand, voxel, value }))
        }
        error => failed(error),
    })
}

fn numbers(counts: &Counts) -> [u64; 6] {
    let out = [counts.out_of_range_pred(), counts.out_of_range_truth()];
    [counts.tp(), counts.n_pred(), counts.n_truth(), counts.n(), out[0], out[1]]
}

struct Job<'a> {
    engine: &'a Engine,
    pair: Pair<Numbers<'a>>,
    ignore: &'a Ignore,
    cancel: &'a Cancel,
}

/// What takes voxels piece by piece.
trait Accumulator: Clone + Send {
    fn take(&mut self, pair: Pair<LabelSlice<'_>>) -> Result<(), Error>;
}

impl Accumulator for CountsAccumulator {
    fn take(&mut self, pair: Pair<LabelSlice<'_>>) -> Result<(), Error> {
        self.add(pair)
    }
}

impl Accumulator for LabelsAccumulator {
    fn take(&mut self, pair: Pair<LabelSlice<'_>>) -> Result<(), Error> {
        self.add(pair)
    }
}

type Range = std::ops::Range<usize>;

impl Job<'_> {
    /// One per class.
    fn listed(&self, range: Range, classes: &Classes) -> Result<Vec<Counts>, EvalError> {
        let mut sums: Vec<Counts> = vec![Counts::default(); classes.len()];
        for part in self.parts(range, self.engine.accumulate_counts(classes))? {
            for (sum, counts) in sums.iter_mut().zip(part.finish()?) {
                sum.merge(&counts)?;
            }
        }
        Ok(sums)
    }

    /// One per label that occurs, and all voxels that count.
    fn found(&self, range: Range) -> Result<(BTreeMap<u32, Counts>, u64), EvalError> {
        let mut maps = Vec::new();
        for part in self.parts(range, self.engine.accumulate_labels(self.ignore.codes()))? {
            maps.push(part.finish()?);
        }
        let n_of = |map: &BTreeMap<u32, Counts>| map.values().next().map_or(0, Counts::n);
        let n = maps.iter().map(n_of).sum();
        let mut sums: BTreeMap<u32, Counts> = BTreeMap::new();
        for (label, counts) in maps.into_iter().flatten() {
            let sum = sums.entry(label).or_default();
            *sum = Counts::new(
                sum.tp() + counts.tp(),
                sum.n_pred() + counts.n_pred(),
                sum.n_truth() + counts.n_truth(),
                n,
            )?;
        }
        Ok((sums, n))
    }

    /// What each thread has counted.
    fn parts<A: Accumulator>(&self, range: Range, empty: A) -> Result<Vec<A>, EvalError> {
        let stretches = range.len().div_ceil(STRETCH);
        let workers = tuning::threads().min(stretches).max(1);
        let next = AtomicUsize::new(0);
        let work = |mut part: A| -> Result<A, EvalError> {
            let (mut of_pred, mut of_truth) = (LabelBuffer::default(), LabelBuffer::default());
            let negative: Vec<i32> = self.ignore.negative().into_iter().collect();
            loop {
                let start = range.start + next.fetch_add(1, Ordering::Relaxed) * STRETCH;
                if start >= range.end {
                    return Ok(part);
                }
                if self.cancel.is_cancelled() {
                    return Err(EvalError::Cancelled);
                }
                for first in (start..range.end.min(start + STRETCH)).step_by(BLOCK) {
                    let piece = first..range.end.min(first + BLOCK);
                    let pred = self.pair.pred.labels(piece.clone(), Operand::Pred, &negative, &mut of_pred);
                    let truth = self.pair.truth.labels(piece, Operand::Truth, &negative, &mut of_truth);
                    match (pred, truth) {
                        (Ok(pred), Ok(truth)) => part.take(Pair { pred, truth })?,
                        (pred, truth) => {
                            let errors = [pred.err(), truth.err()].into_iter().flatten();
                            return errors.min_by_key(place).map_or(Ok(part), |error| Err(error.into()));
                        }
                    }
                }
            }
        };
        if workers == 1 {
            return Ok(vec![work(empty)?]);
        }
        let parts = Mutex::new(Vec::with_capacity(workers));
        thread::scope(|scope| {
            let (work, parts) = (&work, &parts);
            let done = |part| parts.lock().unwrap_or_else(PoisonError::into_inner).push(part);
            for _ in 1..workers {
                let empty = empty.clone();
                // If fewer threads start than requested, the others do the work.
                let _ = thread::Builder::new().spawn_scoped(scope, move || done(work(empty)));
            }
            done(work(empty.clone()));
        });
        let parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (parts, errors): (Vec<_>, Vec<_>) = parts.into_iter().partition(Result::is_ok);
        // Stretches are taken in their order, so that whoever took the first bad voxel has met it.
        let first = errors.into_iter().filter_map(Result::err).min_by_key(|error| match error {
            EvalError::Engine(error) => place(error),
            _ => u64::MAX,
        });
        first.map_or_else(|| parts.into_iter().collect(), Err)
    }
}

/// The voxel that an error is about.
fn place(error: &Error) -> u64 {
    match error {
        Error::NotALabel { voxel, .. } => *voxel,
        _ => u64::MAX,
    }
}

/// Scores by name, one per row of tp, n_pred, n_truth and n.
#[pyfunction]
pub fn score(names: &str, empty: &str, counts: Vec<[u64; 4]>) -> PyResult<Vec<(String, Vec<f64>)>> {
    let ScoreList(scores) = parsed(names)?;
    let policy = EmptyPolicy { both: parsed(empty)?, ..EmptyPolicy::default() };
    let counts: Vec<Counts> = counts
        .into_iter()
        .map(|[tp, n_pred, n_truth, n]| Counts::new(tp, n_pred, n_truth, n))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    let of_counts = scores.iter().filter_map(|score| match score.metric {
        Metric::Counts(metric) => {
            Some(Ok((score.to_string(), counts.iter().map(|counts| policy.score(metric, counts)).collect())))
        }
        // Volumes need the size of a voxel: among `all` they are left out, alone they are an error.
        _ if names.to_ascii_lowercase().split(',').any(|name| name.trim() == "all") => None,
        _ => Some(Err(refused(format!(
            "`{score}` is no score of counts; evaluate the volumes with voxdice.surfaces, voxdice.instances or voxdice.evaluate"
        )))),
    });
    of_counts.collect()
}

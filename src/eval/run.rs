//! All cases of a run, on as many threads as were asked for. Each thread holds a few chunks of its case at a time, so
//! the memory depends on the threads and not on the cases.

use super::cancel::Cancel;
use super::case::CaseResult;
use super::count::{Counter, Threads};
use super::dispatch;
use super::error::EvalError;
use super::held::Held;
use super::instances::LesionScores;
use super::pairing::{CasePair, Lone, Source};
use super::rules::Rules;
use crate::Engine;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// How a run is executed.
#[derive(Clone)]
pub struct RunOptions<'a> {
    /// Cases at a time; by default as many as there are cores.
    pub jobs: Option<NonZeroUsize>,
    /// A second engine that counts again, to compare.
    pub counterpart: Option<&'a Engine>,
    /// Ends the run early.
    pub cancel: Cancel,
    /// Called with the progress of the run, in the thread that started it.
    pub on_event: &'a dyn Fn(Event),
}

impl Default for RunOptions<'_> {
    fn default() -> Self {
        Self { jobs: None, counterpart: None, cancel: Cancel::default(), on_event: &|_| () }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// So many cases will be counted.
    Started {
        /// How many.
        cases: usize,
    },
    /// One more case was counted, or failed.
    CaseDone,
}

/// One thing to do.
#[derive(Debug)]
pub(super) enum Task {
    Pair(CasePair),
    /// A truth whose prediction should have been at this place.
    Unpredicted {
        lone: Lone,
        expected: PathBuf,
    },
}

impl Task {
    /// The case.
    pub fn name(&self) -> &str {
        match self {
            Self::Pair(pair) => &pair.name,
            Self::Unpredicted { lone, .. } => &lone.name,
        }
    }

    /// The label map that a prediction is compared with.
    pub fn truth(&self) -> Option<&Path> {
        match self {
            Self::Pair(CasePair { truth: Source::File(truth), .. }) => Some(truth.path()),
            _ => None,
        }
    }

    /// The case, and where its voxels are.
    pub fn into_sources(self) -> (String, [Source; 2]) {
        match self {
            Self::Pair(CasePair { name, truth, pred }) => (name, [truth, pred]),
            Self::Unpredicted { lone, expected } => (lone.name, [lone.source, Source::File(expected.into())]),
        }
    }
}

/// The name of a case, and what came of it.
pub(super) type Outcome = (String, Result<CaseResult, EvalError>);

/// The result of a thread, and the channel on which it waits for the case to come back.
struct Done {
    place: usize,
    outcome: Outcome,
    back: mpsc::Sender<CaseResult>,
}

/// Rows of lesions that take megabytes.
const MANY_ROWS: usize = 1 << 14;

impl Done {
    /// The collecting thread keeps a copy, and the case goes back to be freed by the thread that made it. Allocators
    /// have a heap per thread: memory that a case leaves behind would lie between the buffers of its thread, and that
    /// heap would grow with every case.
    fn keep(self) -> (usize, Outcome) {
        let Self { place, outcome: (name, outcome), back } = self;
        let kept = outcome.map(|mut case| {
            // Long lists are not in the heap of a thread: they need not be copied.
            let long = |found: &mut LesionScores| {
                if found.rows.len() < MANY_ROWS { None } else { Some(std::mem::take(&mut found.rows)) }
            };
            let rows: Vec<_> = case.instances.values_mut().map(long).collect();
            let mut copy = case.clone();
            for (found, rows) in copy.instances.values_mut().zip(rows) {
                if let Some(rows) = rows {
                    found.rows = rows;
                }
            }
            // If the other thread has ended, the case is freed here.
            let _ = back.send(case);
            copy
        });
        (place, (name, kept))
    }
}

/// What makes of the task at a place its outcome.
pub(super) type Evaluate<'a> = dyn Fn(usize, Counter<'_>) -> Outcome + Sync + 'a;

/// Evaluates so many tasks. Failures are collected, and the others go on.
pub(super) fn run(
    tasks: usize,
    evaluate: &Evaluate<'_>,
    engine: &Engine,
    options: &RunOptions<'_>,
) -> Result<Vec<Outcome>, EvalError> {
    let &RunOptions { jobs, counterpart, ref cancel, on_event } = options;
    let jobs = match cfg!(feature = "parallel") {
        true => jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get),
        false => 1,
    };
    let workers = jobs.min(tasks).max(1);
    // With threads to spare, the two files of a case are decoded side by side.
    let threads = if workers < jobs { Threads::Two } else { Threads::One };
    let counter = Counter { engine, counterpart, threads, cancel };
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    let (sender, outcomes) = mpsc::channel();
    let one = || -> Option<(usize, Outcome)> {
        if stopped.load(Ordering::Relaxed) {
            return None;
        }
        let place = next.fetch_add(1, Ordering::Relaxed);
        let outcome = (place < tasks).then(|| evaluate(place, counter))?;
        if outcome.1.as_ref().is_err_and(concerns_all) {
            stopped.store(true, Ordering::Relaxed);
        }
        Some((place, outcome))
    };
    let work = |outcomes: mpsc::Sender<Done>| {
        while let Some((place, outcome)) = one() {
            let (back, returned) = mpsc::channel();
            // Nobody collects any more where `on_event` panicked: what is left is not begun.
            if outcomes.send(Done { place, outcome, back }).is_err() {
                break;
            }
            // A failure does not come back.
            drop(returned.recv());
        }
    };
    on_event(Event::Started { cases: tasks });
    let mut done = Vec::with_capacity(tasks);
    thread::scope(|scope| {
        // The receiver belongs to the scope, which waits for its threads: where `on_event` panics, it is dropped before, with all
        // that the threads wait for.
        let outcomes = outcomes;
        let work = &work;
        let mut started = 0;
        // If fewer threads start than requested, they do the same work; without any, this thread does it.
        for _ in (0..workers).take_while(|_| cfg!(feature = "parallel")) {
            let sender = sender.clone();
            started += usize::from(thread::Builder::new().spawn_scoped(scope, move || work(sender)).is_ok());
        }
        drop(sender);
        let alone = std::iter::from_fn(|| if started == 0 { one() } else { None });
        for outcome in outcomes.iter().map(Done::keep).chain(alone) {
            on_event(Event::CaseDone);
            done.push(outcome);
        }
    });
    cancel.check()?;
    done.sort_by_key(|(place, _)| *place);
    let mut cases = Vec::with_capacity(done.len());
    for (_, outcome) in done {
        match outcome {
            (_, Err(error)) if concerns_all(&error) => return Err(error),
            outcome => cases.push(outcome),
        }
    }
    Ok(cases)
}

/// Whether an error would meet every other case as well: a cancelled run, or a device that does not work.
fn concerns_all(error: &EvalError) -> bool {
    matches!(error, EvalError::Cancelled) || error.is_device()
}

/// Evaluates a task; its true map may be in memory already.
pub(super) fn evaluate(task: &Task, held: Option<&Held>, rules: &Rules, counter: Counter<'_>) -> Outcome {
    match task {
        Task::Pair(CasePair { name, truth: Source::File(truth), pred }) if held.is_some() => {
            // Whether both are one file is seen by their places.
            let same = matches!(pred, Source::File(pred) if truth.is_same_file(pred));
            let taken = held.map_or_else(|| truth.clone(), |held| held.take(truth));
            let truth = Source::File(if same { truth.clone() } else { taken });
            let pair = CasePair { name: name.clone(), truth, pred: pred.clone() };
            (name.clone(), dispatch::evaluate(&pair, rules, counter))
        }
        Task::Pair(pair) => (pair.name.clone(), dispatch::evaluate(pair, rules, counter)),
        Task::Unpredicted { lone, expected } => {
            (lone.name.clone(), dispatch::without_prediction(lone, expected, rules, counter))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EngineOptions;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::Duration;

    /// Also where several threads have a case that nobody takes any more, and without most cases being begun.
    #[test]
    fn a_callback_that_panics_ends_the_run() {
        let (sender, ended) = mpsc::channel();
        thread::spawn(move || {
            let engine = Engine::new(&EngineOptions::default()).unwrap();
            let begun = AtomicUsize::new(0);
            let evaluate = |place: usize, _: Counter<'_>| {
                begun.fetch_add(1, Ordering::Relaxed);
                (place.to_string(), Err(EvalError::FilesGone))
            };
            let on_event = |event| assert_eq!(event, Event::Started { cases: 10_000 });
            let options = RunOptions { jobs: NonZeroUsize::new(4), on_event: &on_event, ..RunOptions::default() };
            let run = AssertUnwindSafe(|| run(10_000, &evaluate, &engine, &options));
            let panicked = catch_unwind(run).is_err();
            sender.send((panicked, begun.into_inner())).unwrap();
        });
        // Threads that wait for each other would wait for ever.
        let (panicked, begun) = ended.recv_timeout(Duration::from_secs(60)).unwrap();
        assert!(panicked && begun < 10_000, "{begun}");
    }
}

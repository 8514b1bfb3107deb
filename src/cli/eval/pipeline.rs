//! All cases of a run, on as many threads as were asked for. Each thread holds a few pieces of its case at a time, so
//! the memory depends on the threads and not on the cases.

use super::case::{self, Case, Device};
use super::count::Threads;
use super::pairing::{CasePair, Lone};
use super::settings::Rules;
use crate::Engine;
use crate::cli::exit::Exit;
use crate::cli::interrupt::{self, Interrupted};
use crate::cli::progress::Progress;
use anyhow::Result;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

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

/// A case that could not be evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Failure {
    pub case: String,
    pub message: String,
}

/// A case, or its name and why there is none.
pub(super) type Outcome = Result<Case, (String, anyhow::Error)>;

/// The engines of a run.
pub(super) struct Engines {
    pub engine: Engine,
    pub counterpart: Option<Engine>,
}

/// What a thread has done, and where it waits for the case to come back.
struct Done {
    place: usize,
    outcome: Outcome,
    back: mpsc::Sender<Case>,
}

impl Done {
    /// What is kept is a copy by the thread that collects, and the case goes back to be freed where it was made. Allocators
    /// have a heap per thread: what a case leaves behind would lie between the buffers of its thread, and every next case
    /// make that heap grow.
    fn keep(self) -> (usize, Outcome) {
        let Self { place, outcome, back } = self;
        let kept = outcome.map(|case| {
            let copy = case.clone();
            // Where nobody waits any more the case is freed here.
            let _ = back.send(case);
            copy
        });
        (place, kept)
    }
}

/// As many threads as the machine has cores, unless somebody said otherwise.
pub(super) fn threads(asked: Option<NonZeroUsize>) -> usize {
    asked.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
}

/// Evaluates every task. Failures are collected, and the others go on.
pub(super) fn run(
    tasks: &[Task],
    rules: &Rules,
    engines: &Engines,
    jobs: usize,
    progress: &Progress,
) -> Result<Vec<Outcome>> {
    let workers = jobs.min(tasks.len()).max(1);
    // With threads to spare, the two files of a case are decoded side by side.
    let threads = if workers < jobs { Threads::Two } else { Threads::One };
    let device = Device { engine: &engines.engine, counterpart: engines.counterpart.as_ref(), threads };
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    let (sender, outcomes) = mpsc::channel();
    let one = || -> Option<(usize, Outcome)> {
        if stopped.load(Ordering::Relaxed) {
            return None;
        }
        let place = next.fetch_add(1, Ordering::Relaxed);
        let outcome = evaluate(tasks.get(place)?, rules, device);
        if outcome.as_ref().is_err_and(|(_, error)| concerns_all(error)) {
            stopped.store(true, Ordering::Relaxed);
        }
        Some((place, outcome))
    };
    let work = |outcomes: mpsc::Sender<Done>| {
        while let Some((place, outcome)) = one() {
            let (back, returned) = mpsc::channel();
            // The other end listens until this one is dropped. A failure does not come back.
            let _ = outcomes.send(Done { place, outcome, back });
            drop(returned.recv());
        }
    };
    let mut done = Vec::with_capacity(tasks.len());
    thread::scope(|scope| {
        let work = &work;
        let mut started = 0;
        for _ in 0..workers {
            let sender = sender.clone();
            // Fewer threads than wished for do the same work, and without any this one does it.
            started += usize::from(thread::Builder::new().spawn_scoped(scope, move || work(sender)).is_ok());
        }
        drop(sender);
        let alone = std::iter::from_fn(|| if started == 0 { one() } else { None });
        for outcome in outcomes.iter().map(Done::keep).chain(alone) {
            progress.step();
            done.push(outcome);
        }
    });
    interrupt::check()?;
    done.sort_by_key(|(place, _)| *place);
    let mut cases = Vec::with_capacity(done.len());
    for (_, outcome) in done {
        match outcome {
            Err((_, error)) if concerns_all(&error) => return Err(error),
            outcome => cases.push(outcome),
        }
    }
    Ok(cases)
}

/// Whether an error would meet every other case as well: an interruption, or a device that does not work.
fn concerns_all(error: &anyhow::Error) -> bool {
    error.is::<Interrupted>() || Exit::of(error) == Exit::Device
}

fn evaluate(task: &Task, rules: &Rules, device: Device<'_>) -> Outcome {
    match task {
        Task::Pair(pair) => case::evaluate(pair, rules, device).map_err(|error| (pair.name.clone(), error)),
        Task::Unpredicted { lone, expected } => {
            case::without_prediction(lone, expected, rules, device).map_err(|error| (lone.name.clone(), error))
        }
    }
}

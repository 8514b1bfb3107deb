//! Counting the voxels of two files: while they are decoded, or as whole volumes on the engine.

use super::beside::Beside;
use super::cancel::Cancel;
use super::class::Class;
use super::error::EvalError;
use super::rules::{ClassSource, Rules, engine_classes};
use crate::error::FileError;
use crate::io::labels::{self, LabelReader, LabelVolume, Labels};
use crate::io::{self, Input, Placement};
use crate::stats::Counts;
use crate::{Backend, CountsAccumulator, Engine, LabelSlice, LabelsAccumulator, Pair};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// Threads of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Threads {
    /// There are as many cases as threads: each has one.
    One,
    /// The truth is decoded beside the prediction.
    Two,
}

/// The engine that counts the voxels of a case.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counter<'a> {
    pub engine: &'a Engine,
    /// A second engine that counts again, to compare.
    pub counterpart: Option<&'a Engine>,
    pub threads: Threads,
    pub cancel: &'a Cancel,
}

/// Voxels decoded at a time: few enough that they are still in cache when they are counted.
const CHUNK: usize = 1 << 17;

/// Chunks that the other thread may be ahead.
const AHEAD: usize = 4;

/// Whether the engine does not count on this CPU, and so needs whole volumes.
pub(super) fn needs_volumes(engine: &Engine) -> bool {
    engine.describe().backend == Backend::Gpu
}

/// The prediction of a case that is counted while it is decoded.
pub(super) enum Predicted<'a> {
    /// In the order of the truth.
    InOrder(&'a mut LabelReader),
    /// In a different order, so that it is held in memory as a whole.
    Placed(Labels, Placement),
    /// There is none, which counts as empty.
    Missing,
}

/// The result of counting two label maps.
pub(super) struct Tally {
    /// All but those to ignore.
    pub voxels: u64,
    pub counts: Vec<(Class, Counts)>,
    /// The smallest labels of truth and prediction that are not among the requested classes.
    pub unlisted: [Vec<u32>; 2],
}

/// Counts two files while they are decoded, and finds what is asked for beside, in memory that does not grow with them (but for runs
/// that are kept, and a prediction in another order).
pub(super) fn streamed(
    truth: &mut LabelReader,
    pred: Predicted<'_>,
    rules: &Rules,
    counter: Counter<'_>,
    beside: &mut Beside,
) -> Result<Tally, EvalError> {
    // Every class has all voxels in its counts.
    let voxels = |counts: &[Counts]| counts.first().map_or(0, Counts::n);
    match &rules.classes {
        ClassSource::Named { classes, .. } => {
            let mut counts = counter.engine.accumulate_counts(&engine_classes(classes, &rules.ignore)?);
            each_stretch(truth, pred, counter, beside, &mut counts)?;
            let (counts, [pred, truth]) = counts.finish_with_unlisted()?;
            let voxels = voxels(&counts);
            let counts = classes.iter().cloned().zip(counts).collect();
            Ok(Tally { voxels, counts, unlisted: [truth, pred] })
        }
        ClassSource::Found => {
            let mut counts = counter.engine.accumulate_labels(rules.ignore.codes());
            each_stretch(truth, pred, counter, beside, &mut counts)?;
            let (labels, counts): (Vec<u32>, Vec<Counts>) = counts.finish()?.into_iter().unzip();
            let voxels = voxels(&counts);
            let found = labels.into_iter().zip(counts);
            let found = found.filter(|&(label, _)| label != 0 && !rules.ignore.holds(label));
            let counts = found.map(|(label, counts)| (Class::label(label), counts)).collect();
            Ok(Tally { voxels, counts, unlisted: Default::default() })
        }
    }
}

/// What counts voxels in their order.
trait Counting {
    fn add(&mut self, pair: Pair<LabelSlice<'_>>) -> Result<(), crate::Error>;

    /// So many voxels of label 0 on both sides.
    fn add_background(&mut self, voxels: u64);
}

impl Counting for CountsAccumulator {
    fn add(&mut self, pair: Pair<LabelSlice<'_>>) -> Result<(), crate::Error> {
        Self::add(self, pair)
    }

    fn add_background(&mut self, voxels: u64) {
        Self::add_background(self, voxels);
    }
}

impl Counting for LabelsAccumulator {
    fn add(&mut self, pair: Pair<LabelSlice<'_>>) -> Result<(), crate::Error> {
        Self::add(self, pair)
    }

    fn add_background(&mut self, voxels: u64) {
        Self::add_background(self, voxels);
    }
}

/// Voxels of which it is seen together whether all of them are background.
const TOGETHER: usize = 1 << 12;

/// Counts chunk by chunk. Where more is found beside, background, which most of an image is, is passed by, so that it is read
/// once and not twice.
fn each_stretch(
    truth: &mut LabelReader,
    pred: Predicted<'_>,
    counter: Counter<'_>,
    beside: &mut Beside,
    counts: &mut impl Counting,
) -> Result<(), EvalError> {
    each_piece(truth, pred, counter, |p, t| {
        if beside.is_none() || p.len() != t.len() {
            return Ok(counts.add(Pair { pred: p, truth: t })?);
        }
        let is_background = |start: usize| {
            let places = start..start + TOGETHER;
            p.part(places.clone()).is_background() && t.part(places).is_background()
        };
        let (n, mut start) = (p.len(), 0);
        let mut background = is_background(start);
        while start < n {
            let (own, mut end) = (background, start + TOGETHER);
            while end < n {
                background = is_background(end);
                if background != own {
                    break;
                }
                end += TOGETHER;
            }
            let places = start..end.min(n);
            if own {
                let voxels = places.len() as u64;
                counts.add_background(voxels);
                beside.add_background(voxels)?;
            } else {
                let pair = Pair { pred: p.part(places.clone()), truth: t.part(places) };
                counts.add(pair)?;
                beside.add(pair)?;
            }
            start = end;
        }
        Ok(())
    })
}

type Add<'a> = dyn FnMut(LabelSlice<'_>, LabelSlice<'_>) -> Result<(), EvalError> + 'a;

fn each_piece(
    truth: &mut LabelReader,
    pred: Predicted<'_>,
    Counter { threads, cancel, .. }: Counter<'_>,
    mut add: impl FnMut(LabelSlice<'_>, LabelSlice<'_>) -> Result<(), EvalError>,
) -> Result<(), EvalError> {
    // Each chunk checks for a cancellation request.
    let mut add = |p: LabelSlice<'_>, t: LabelSlice<'_>| {
        cancel.check()?;
        add(p, t)
    };
    match (pred, threads) {
        (Predicted::Missing, _) => over_nothing(truth, &mut add),
        (Predicted::InOrder(pred), Threads::One) => in_step(truth, pred, &mut add),
        (Predicted::InOrder(pred), Threads::Two) => side_by_side(truth, pred, &mut add),
        (Predicted::Placed(pred, place), _) => match pred {
            Labels::U8(pred) => by_place(truth, &pred, &place, |part| LabelSlice::U8(part), &mut add),
            Labels::U16(pred) => by_place(truth, &pred, &place, |part| LabelSlice::U16(part), &mut add),
            Labels::U32(pred) => by_place(truth, &pred, &place, |part| LabelSlice::U32(part), &mut add),
        },
    }
}

/// Chunks of the two files in turn.
fn in_step(truth: &mut LabelReader, pred: &mut LabelReader, add: &mut Add<'_>) -> Result<(), EvalError> {
    loop {
        match (pred.next_chunk(CHUNK)?, truth.next_chunk(CHUNK)?) {
            (Some(p), Some(t)) => add(p, t)?,
            (None, None) => return Ok(()),
            // The shapes were compared.
            _ => return Err(EvalError::Lengths),
        }
    }
}

/// A chunk of the truth, with the prediction's voxels at the same places; then the rest of the prediction.
fn by_place<T: Copy + Default>(
    truth: &mut LabelReader,
    pred: &[T],
    place: &Placement,
    slice: for<'a> fn(&'a [T]) -> LabelSlice<'a>,
    add: &mut Add<'_>,
) -> Result<(), EvalError> {
    let mut there = std::iter::repeat_n(T::default(), CHUNK).collect::<Vec<_>>();
    let mut start = 0;
    while let Some(t) = truth.next_chunk(CHUNK)? {
        let p = there.get_mut(..t.len()).unwrap_or_default();
        place.fill(pred, start, p);
        start += t.len() as u64;
        add(slice(p), t)?;
    }
    let zeros = vec![0u8; CHUNK];
    for p in place.beyond(pred).chunks(CHUNK) {
        add(slice(p), LabelSlice::U8(zeros.get(..p.len()).unwrap_or(&zeros)))?;
    }
    Ok(())
}

fn over_nothing(truth: &mut LabelReader, add: &mut Add<'_>) -> Result<(), EvalError> {
    let zeros = vec![0u8; CHUNK];
    while let Some(t) = truth.next_chunk(CHUNK)? {
        add(LabelSlice::U8(zeros.get(..t.len()).unwrap_or(&zeros)), t)?;
    }
    Ok(())
}

/// The truth is decoded on a separate thread; without threads, chunks alternate.
fn side_by_side(truth: &mut LabelReader, pred: &mut LabelReader, add: &mut Add<'_>) -> Result<(), EvalError> {
    if !cfg!(feature = "parallel") {
        return in_step(truth, pred, add);
    }
    let to_decode = &mut *truth;
    let counted = thread::scope(|scope| {
        let (sender, chunks) = sync_channel(AHEAD);
        let decoder = thread::Builder::new().spawn_scoped(scope, move || -> Result<(), FileError> {
            while let Some(chunk) = to_decode.next_chunk(CHUNK)? {
                // The receiver was dropped after its own error; that one is reported.
                if sender.send(Owned::of(chunk)).is_err() {
                    break;
                }
            }
            Ok(())
        });
        let decoder = decoder.ok()?;
        let counted = count_received(pred, &chunks, add);
        drop(chunks);
        Some(match decoder.join() {
            // If the stream ends too early, the thread that read it reports the error.
            Ok(decoded) => decoded.map_err(Into::into).and(counted),
            Err(_) => Err(EvalError::ThreadLost),
        })
    });
    counted.unwrap_or_else(|| in_step(truth, pred, add))
}

fn count_received(pred: &mut LabelReader, truth: &Receiver<Owned>, add: &mut Add<'_>) -> Result<(), EvalError> {
    while let Some(p) = pred.next_chunk(CHUNK)? {
        let t = truth.recv().map_err(|_| EvalError::TruthEnded)?;
        add(p, t.slice())?;
    }
    Ok(())
}

/// A chunk on its way to another thread.
enum Owned {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
}

impl Owned {
    fn of(chunk: LabelSlice<'_>) -> Self {
        match chunk {
            LabelSlice::U8(labels) => Self::U8(labels.to_vec()),
            LabelSlice::U16(labels) => Self::U16(labels.to_vec()),
            LabelSlice::U32(labels) => Self::U32(labels.to_vec()),
        }
    }

    fn slice(&self) -> LabelSlice<'_> {
        match self {
            Self::U8(labels) => LabelSlice::U8(labels),
            Self::U16(labels) => LabelSlice::U16(labels),
            Self::U32(labels) => LabelSlice::U32(labels),
        }
    }
}

/// Whole volumes, decoded side by side where there is a thread for it.
pub(super) fn read_both(
    truth: &Input,
    pred: Option<&Input>,
    rules: &Rules,
    threads: Threads,
) -> Result<(LabelVolume, Option<LabelVolume>), FileError> {
    let (of_truth, of_pred) = (rules.of_truth(), rules.of_pred());
    let read_pred = || pred.map(|pred| labels::read_with(pred, &of_pred)).transpose();
    if threads == Threads::One || pred.is_none() {
        return Ok((labels::read_with(truth, &of_truth)?, read_pred()?));
    }
    io::at_once(|| labels::read_with(truth, &of_truth), read_pred)
}

//! Counts of label maps that come in chunks, in memory that does not grow with them.

use super::Backend;
use super::counts::add_run;
use super::pairs::Pairs;
use super::simd::Level;
use crate::classes::{ClassIndex, Classes, IGNORED, UNLISTED};
use crate::error::{Error, Result};
use crate::kernel::counts::{Label, RawCounts};
use crate::stats::Counts;
use crate::volume::{LabelSlice, Pair};
use std::collections::{BTreeMap, BTreeSet};

/// Counts of classes that are known beforehand, fed in chunks: for maps that are decoded while they are counted, or
/// that do not fit in memory. Chunks may have any length and come in any order; the result is that of
/// [`Engine::counts`](crate::Engine::counts) for the whole maps, bit for bit. Made by
/// [`Engine::accumulate_counts`](crate::Engine::accumulate_counts).
///
/// ```
/// use voxdice::{Classes, Engine, EngineOptions, LabelSlice, Pair};
/// let engine = Engine::new(&EngineOptions::default())?;
/// let mut counts = engine.accumulate_counts(&Classes::new([1, 2])?);
/// counts.add(Pair { pred: LabelSlice::U8(&[1, 1, 2]), truth: LabelSlice::U8(&[1, 2, 2]) })?;
/// counts.add(Pair { pred: LabelSlice::U8(&[0]), truth: LabelSlice::U16(&[2]) })?;
/// let counts = counts.finish()?;
/// assert_eq!((counts[1].tp(), counts[1].n_truth(), counts[1].n()), (1, 3, 4));
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct CountsAccumulator {
    classes: Classes,
    counts: RawCounts,
    unlisted: Unlisted,
    /// What was counted and is not in `counts` yet.
    pairs: Pairs,
    voxels: u64,
}

/// The smallest labels of prediction and truth that no class has.
#[derive(Debug, Clone, Default)]
struct Unlisted([BTreeSet<u32>; 2]);

/// At most this many labels are kept, so that the memory does not grow with the volume.
const MOST_UNLISTED: usize = 16;

impl Unlisted {
    fn run(&mut self, index: &ClassIndex, p: u32, t: u32) {
        let of_truth = index.class_of(t);
        if of_truth == IGNORED {
            return;
        }
        for (labels, label, class) in [(0, p, index.class_of(p)), (1, t, of_truth)] {
            if class == UNLISTED {
                let labels = &mut self.0[labels];
                labels.insert(label);
                if labels.len() > MOST_UNLISTED {
                    labels.pop_last();
                }
            }
        }
    }
}

impl Backend {
    /// Nothing counted yet.
    pub fn accumulate_counts(&self, classes: &Classes) -> CountsAccumulator {
        CountsAccumulator::new(classes, self.level)
    }

    /// Nothing counted yet.
    pub fn accumulate_labels(&self, ignored: BTreeSet<u32>) -> LabelsAccumulator {
        LabelsAccumulator::new(ignored, self.level)
    }
}

impl CountsAccumulator {
    /// Nothing counted yet.
    fn new(classes: &Classes, level: Level) -> Self {
        let pairs = Pairs::new(level);
        let (counts, unlisted) = (RawCounts::zero(classes.len()), Unlisted::default());
        Self { counts, unlisted, classes: classes.clone(), pairs, voxels: 0 }
    }

    /// Counts a chunk of both maps.
    ///
    /// # Errors
    /// [`Error::PieceMismatch`] when the chunks have different lengths.
    pub fn add(&mut self, pair: Pair<LabelSlice<'_>>) -> Result<()> {
        let Pair { pred, truth } = pair;
        self.voxels += piece(pred, truth)?;
        each_type(pred, truth, &mut *self);
        Ok(())
    }

    /// Counts voxels that have label 0 in both maps.
    #[cfg(feature = "eval")]
    pub(crate) fn add_background(&mut self, voxels: u64) {
        self.voxels += voxels;
        add_run(&mut self.counts, &self.classes, 0, 0, voxels);
    }

    /// One [`Counts`] per class. Without any chunk all counts are 0.
    ///
    /// # Errors
    /// None in practice: counts of voxels are always valid.
    pub fn finish(self) -> Result<Vec<Counts>> {
        Ok(self.finish_with_unlisted()?.0)
    }

    /// The same, and which labels (the 16 smallest ones) prediction and truth have beside 0 that are neither of a class nor
    /// ignored: those of the voxels that [`Counts::out_of_range_pred`] and [`Counts::out_of_range_truth`] count.
    ///
    /// ```
    /// use voxdice::{Classes, Engine, EngineOptions, LabelSlice, Pair};
    /// let mut counts = Engine::new(&EngineOptions::default())?.accumulate_counts(&Classes::new([1])?);
    /// counts.add(Pair { pred: LabelSlice::U8(&[1, 0, 7, 4]), truth: LabelSlice::U8(&[1, 2, 1, 0]) })?;
    /// let (counts, [pred, truth]) = counts.finish_with_unlisted()?;
    /// assert_eq!((counts[0].out_of_range_pred(), pred, truth), (2, vec![4, 7], vec![2]));
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn finish_with_unlisted(mut self) -> Result<(Vec<Counts>, [Vec<u32>; 2])> {
        let Self { classes, counts, unlisted, pairs, .. } = &mut self;
        pairs.drain(|p, t, voxels| {
            add_run(counts, classes, p, t, voxels);
            unlisted.run(classes.index(), p, t);
        });
        let unlisted = self.unlisted.0.map(|labels| labels.into_iter().collect());
        Ok((self.counts.counts(self.voxels)?, unlisted))
    }
}

/// Counts of every label that either map has, 0 included, fed in chunks: for maps whose labels are not known
/// beforehand. Made by [`Engine::accumulate_labels`](crate::Engine::accumulate_labels).
///
/// ```
/// use voxdice::{Engine, EngineOptions, LabelSlice, Pair};
/// let mut found = Engine::new(&EngineOptions::default())?.accumulate_labels(Some(255));
/// found.add(Pair { pred: LabelSlice::U8(&[1, 1, 7, 0]), truth: LabelSlice::U8(&[1, 0, 255, 0]) })?;
/// let counts = found.finish()?;
/// assert_eq!(counts.keys().collect::<Vec<_>>(), [&0, &1]);
/// assert_eq!((counts[&1].tp(), counts[&1].n_pred(), counts[&1].n()), (1, 2, 3));
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LabelsAccumulator {
    labels: Labels,
    /// What was counted and is not in `labels` yet.
    pairs: Pairs,
    voxels: u64,
}

/// Counts by label.
#[derive(Debug, Clone)]
struct Labels {
    /// Voxels per label in the prediction, the truth and both, for labels below [`DENSE`]; as long as was needed.
    dense: Vec<[u64; 3]>,
    sparse: BTreeMap<u32, [u64; 3]>,
    ignored: BTreeSet<u32>,
    ignored_voxels: u64,
}

/// Labels below this have counters in an array, of at most 1.5 MiB.
const DENSE: u32 = 1 << 16;

/// More different labels than any label map of anatomy or of cells has; beyond it the memory would grow with the volume.
const MOST_LABELS: usize = 1 << 20;

impl LabelsAccumulator {
    /// Nothing counted yet. Voxels whose truth is one of `ignored` are left out of every count.
    fn new(ignored: BTreeSet<u32>, level: Level) -> Self {
        let labels = Labels { dense: Vec::new(), sparse: BTreeMap::new(), ignored, ignored_voxels: 0 };
        Self { labels, pairs: Pairs::new(level), voxels: 0 }
    }

    /// Counts a chunk of both maps.
    ///
    /// # Errors
    /// [`Error::PieceMismatch`] when the chunks have different lengths, [`Error::TooManyLabels`] beyond 2^20 of them.
    pub fn add(&mut self, pair: Pair<LabelSlice<'_>>) -> Result<()> {
        let Pair { pred, truth } = pair;
        self.voxels += piece(pred, truth)?;
        each_type(pred, truth, &mut *self);
        if self.labels.sparse.len() > MOST_LABELS {
            return Err(Error::TooManyLabels { limit: MOST_LABELS });
        }
        Ok(())
    }

    /// Counts voxels that have label 0 in both maps.
    #[cfg(feature = "eval")]
    pub(crate) fn add_background(&mut self, voxels: u64) {
        self.voxels += voxels;
        self.labels.run(0, 0, voxels);
    }

    /// One [`Counts`] per label that either map has, sorted by label. Without any chunk there is none.
    ///
    /// # Errors
    /// None in practice: counts of voxels are always valid.
    pub fn finish(mut self) -> Result<BTreeMap<u32, Counts>> {
        self.pairs.drain(|p, t, voxels| self.labels.run(p, t, voxels));
        let labels = self.labels;
        let n = self.voxels - labels.ignored_voxels;
        let dense = (0..).zip(labels.dense).filter(|(_, counts)| counts.iter().any(|&count| count > 0));
        dense
            .chain(labels.sparse)
            .map(|(label, [pred, truth, both])| Ok((label, Counts::new(both, pred, truth, n)?)))
            .collect()
    }
}

impl Labels {
    fn run(&mut self, p: u32, t: u32, voxels: u64) {
        if self.ignored.contains(&t) {
            self.ignored_voxels += voxels;
            return;
        }
        let of_pred = self.of(p);
        of_pred[0] += voxels;
        if p == t {
            of_pred[1] += voxels;
            of_pred[2] += voxels;
        } else {
            self.of(t)[1] += voxels;
        }
    }

    fn of(&mut self, label: u32) -> &mut [u64; 3] {
        if label >= DENSE {
            return self.sparse.entry(label).or_default();
        }
        let place = label as usize;
        if place >= self.dense.len() {
            self.dense.resize((place + 1).next_power_of_two(), [0; 3]);
        }
        &mut self.dense[place]
    }
}

/// The voxels of a chunk.
fn piece(pred: LabelSlice<'_>, truth: LabelSlice<'_>) -> Result<u64> {
    let (pred, truth) = (pred.len() as u64, truth.len() as u64);
    if pred == truth { Ok(pred) } else { Err(Error::PieceMismatch { pred, truth }) }
}

/// Handles a chunk, for any two types of labels.
trait Piece {
    fn count<P: Label, T: Label>(self, p: &[P], t: &[T]);
}

impl Piece for &mut CountsAccumulator {
    fn count<P: Label, T: Label>(self, p: &[P], t: &[T]) {
        let CountsAccumulator { classes, counts, unlisted, pairs, .. } = self;
        pairs.count(p, t, |p, t, voxels| {
            add_run(counts, classes, p, t, voxels);
            unlisted.run(classes.index(), p, t);
        });
    }
}

impl Piece for &mut LabelsAccumulator {
    fn count<P: Label, T: Label>(self, p: &[P], t: &[T]) {
        self.pairs.count(p, t, |p, t, voxels| self.labels.run(p, t, voxels));
    }
}

fn each_type(pred: LabelSlice<'_>, truth: LabelSlice<'_>, piece: impl Piece) {
    match pred {
        LabelSlice::U8(p) => each_truth(p, truth, piece),
        LabelSlice::U16(p) => each_truth(p, truth, piece),
        LabelSlice::U32(p) => each_truth(p, truth, piece),
    }
}

fn each_truth<P: Label>(p: &[P], truth: LabelSlice<'_>, piece: impl Piece) {
    match truth {
        LabelSlice::U8(t) => piece.count(p, t),
        LabelSlice::U16(t) => piece.count(p, t),
        LabelSlice::U32(t) => piece.count(p, t),
    }
}

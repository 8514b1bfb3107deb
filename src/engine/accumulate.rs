//! Sums of a volume that comes in chunks, in memory that does not grow with the volume.

mod ranges;
mod voxels;

use super::Engine;
use super::fold::{Facts, Fold, TruthNan};
use super::operands::sums_job;
use crate::classes::Classes;
use crate::cpu::{CountsAccumulator, LabelsAccumulator};
use crate::error::{Error, Operand, Result};
use crate::job::SumsOf;
use crate::options::SumsOptions;
use crate::shape::{BLOCK_VOXELS, Layout, Shape};
use crate::stats::Sums;
use crate::table::Table;
use crate::volume::{Data, Dtype, Pair, Source, Truth, TruthKind, Volume};
use ranges::Ranges;
use std::collections::BTreeMap;
use std::ops::Range;
use voxels::Voxels;

/// Sums of one sample that comes in chunks: for volumes that are decoded or predicted while they are summed, or that do
/// not fit in memory. Made by [`Engine::accumulate_sums`].
///
/// A chunk is a range of consecutive voxels with all their channels, of any length. Give consecutive chunks to
/// [`add`](Self::add), and others to [`add_at`](Self::add_at), in any order. The result is that of
/// [`Engine::sums_with`] for the whole volume, bit for bit: a block of 65,536 voxels that holds values beyond ±1 has
/// its own scale, so the voxels of a block are kept until it is complete. In order, that is one block; out of order, it
/// is every block with gaps. A kept block holds 65,536 voxels, with all channels of both operands. Whole blocks of a
/// chunk with one channel, or with channels last, are summed in place. Give chunks of many blocks, so that there is
/// work for all threads.
///
/// A file `[C, Z, Y, X]` has its channels one behind the other: read a part of each channel for a chunk, which takes a seek
/// per channel. Where channels do not depend on each other (no softmax, and no label map as truth), one accumulator of a
/// single channel after the other reads such a file in its order.
///
/// ```
/// use voxdice::{Engine, EngineOptions, Pair, Shape, SumsOptions, Volume};
/// let engine = Engine::new(&EngineOptions::default())?;
/// let mut sums = engine.accumulate_sums(&Shape::new(1, 1, [5])?, &SumsOptions::default())?;
/// for (p, t) in [(&[0.5f32, 1.0][..], &[1u8, 1][..]), (&[0.0, 8.0, 0.5], &[0, 1, 0])] {
///     let piece = Shape::new(1, 1, [p.len()])?;
///     sums.add(Pair { pred: Volume::f32(piece.clone(), p)?, truth: Volume::u8(piece, t)? })?;
/// }
/// let sums = sums.finish()?;
/// assert_eq!((sums.values()[0].pred(), sums.values()[0].product()), (10.0, 9.5));
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug)]
pub struct SumsAccumulator<'e> {
    engine: &'e Engine,
    channels: usize,
    voxels: u64,
    options: SumsOptions,
    /// Types of the operands, known since the first chunk.
    kinds: Option<Kinds>,
    fold: Fold,
    next: u64,
    seen: Ranges,
    open: BTreeMap<u64, OpenBlock>,
    state: State,
}

/// What both operands of every chunk are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kinds {
    pred: Dtype,
    truth: Dtype,
    truth_kind: TruthKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    /// An earlier chunk failed half way.
    Broken,
}

/// The voxels of a block that is not complete.
#[derive(Debug)]
struct OpenBlock {
    pred: Voxels,
    truth: Voxels,
    filled: u64,
}

/// A chunk in host memory.
struct Piece<'a> {
    shape: Shape,
    pred: Data<'a>,
    truth: Data<'a>,
    kinds: Kinds,
}

/// Bytes of an operand that are copied together at most, where channels lie apart.
const COPIED: u64 = 4 << 20;

impl Engine {
    /// Begins the sums of one sample of `shape` that will come in chunks.
    ///
    /// # Errors
    /// [`Error::Parameter`] for more than one sample, for more channels than fit in memory, and for options outside
    /// their range.
    pub fn accumulate_sums(&self, shape: &Shape, options: &SumsOptions) -> Result<SumsAccumulator<'_>> {
        options.validate()?;
        if shape.samples() != 1 {
            let range = "1: take one accumulator per sample".into();
            return Err(Error::Parameter { name: "the number of samples", value: shape.samples().to_string(), range });
        }
        let channels = shape.channels();
        if Vec::<Sums>::new().try_reserve_exact(channels as usize).is_err() {
            let range = "as many as there is memory for their sums".into();
            return Err(Error::Parameter { name: "the number of channels", value: channels.to_string(), range });
        }
        Ok(SumsAccumulator {
            engine: self,
            channels: shape.channels() as usize,
            voxels: shape.voxels_per_cell(),
            options: *options,
            kinds: None,
            fold: Fold::new(shape, options, Facts::new(shape, self.non_finite, TruthNan::Fault)),
            next: 0,
            seen: Ranges::default(),
            open: BTreeMap::new(),
            state: State::Good,
        })
    }

    /// Begins the counts of two label maps that will come in chunks. They are counted on the CPU.
    pub fn accumulate_counts(&self, classes: &Classes) -> CountsAccumulator {
        self.cpu.accumulate_counts(classes)
    }

    /// Begins the counts of every label of two label maps that will come in chunks, on the CPU. Voxels whose truth is
    /// one of `ignored` (`None` for none) are left out of every count.
    pub fn accumulate_labels(&self, ignored: impl IntoIterator<Item = u32>) -> LabelsAccumulator {
        self.cpu.accumulate_labels(ignored.into_iter().collect())
    }
}

impl SumsAccumulator<'_> {
    /// Adds the chunk that follows the previous one.
    ///
    /// # Errors
    /// Those of [`add_at`](Self::add_at).
    pub fn add<'a>(&mut self, pair: Pair<Volume<'a>, impl Into<Truth<'a>>>) -> Result<()> {
        self.add_at(self.next, pair)
    }

    /// Adds the chunk that begins at voxel `first` of the sample; the next [`add`](Self::add) continues after it. The
    /// chunk has one sample and all channels, in either layout. All chunks have the same types.
    ///
    /// # Errors
    /// [`Error::Stream`] for voxels that were added before or lie behind the end; [`Error::Parameter`] for a chunk of
    /// other channels or types, or in a GPU buffer; those of [`Engine::sums_with`], where [`Error::LabelOutOfRange`]
    /// counts the labels of this chunk. After an error in summing a chunk the accumulator cannot be used any more:
    /// later calls return an error.
    pub fn add_at<'a>(&mut self, first: u64, pair: Pair<Volume<'a>, impl Into<Truth<'a>>>) -> Result<()> {
        self.check_state()?;
        let piece = self.piece(sums_job(&pair.pred, &pair.truth.into(), &self.options)?)?;
        let end = first.checked_add(piece.shape.voxels_per_cell()).filter(|&end| end <= self.voxels);
        let Some(end) = end else {
            let (piece, voxels) = (piece.shape.voxels_per_cell(), self.voxels);
            return stream(format!("{piece} voxels from voxel {first} on are more than its {voxels}"));
        };
        if let Some(voxel) = self.seen.first_within(first..end) {
            return stream(format!("voxel {voxel} was added before"));
        }
        self.kinds = Some(piece.kinds);
        self.state = State::Broken;
        self.take(first..end, &piece)?;
        self.state = State::Good;
        self.seen.insert(first..end);
        self.next = end;
        Ok(())
    }

    /// The sums of the sample, one per channel.
    ///
    /// # Errors
    /// [`Error::Stream`] when voxels are missing; [`Error::NonFinite`] under that policy.
    pub fn finish(self) -> Result<Table<Sums>> {
        self.check_state()?;
        match self.seen.first_missing(self.voxels) {
            None => self.fold.finish(),
            Some(voxel) => stream(format!("voxel {voxel} of {} was never added", self.voxels)),
        }
    }

    fn check_state(&self) -> Result<()> {
        match self.state {
            State::Good => Ok(()),
            State::Broken => stream("an earlier piece failed; begin anew".into()),
        }
    }

    /// Checks a chunk against the others.
    fn piece<'a>(&self, job: SumsOf<Source<'a>>) -> Result<Piece<'a>> {
        let of = |source: Source<'a>, operand| {
            source.host(operand).map_err(|_| refused("a piece", "in a GPU buffer", "in host memory"))
        };
        let (pred, truth) = (of(job.pred, Operand::Pred)?, of(job.truth, Operand::Truth)?);
        let kinds = Kinds { pred: pred.dtype(), truth: truth.dtype(), truth_kind: job.truth_kind };
        if let Some(known) = self.kinds.filter(|&known| known != kinds) {
            return Err(refused("the type of a piece", &format!("{kinds:?}"), &format!("{known:?}")));
        }
        let (samples, channels) = (job.shape.samples(), job.shape.channels());
        if (samples, channels) != (1, self.channels as u64) {
            let found = format!("of {samples} samples and {channels} channels");
            return Err(refused("a piece", &found, &format!("of 1 sample and {} channels", self.channels)));
        }
        Ok(Piece { shape: job.shape, pred, truth, kinds })
    }

    /// Sums whole blocks of a chunk and keeps the rest.
    fn take(&mut self, range: Range<u64>, piece: &Piece<'_>) -> Result<()> {
        let whole_end = if range.end == self.voxels { range.end } else { range.end / BLOCK_VOXELS * BLOCK_VOXELS };
        let mut at = range.start;
        while at < range.end {
            let block = at / BLOCK_VOXELS;
            let block_end = self.voxels.min((block + 1) * BLOCK_VOXELS);
            if at == block * BLOCK_VOXELS && block_end <= range.end {
                // Blocks that lie in this chunk from their first to their last voxel.
                let end = whole_end.min(at + self.together(piece));
                self.whole_blocks(piece, at - range.start..end - range.start, block)?;
                at = end;
            } else {
                let end = block_end.min(range.end);
                self.keep(piece, at - range.start..end - range.start, at - block * BLOCK_VOXELS, block)?;
                at = end;
            }
        }
        Ok(())
    }

    /// Voxels of whole blocks that are summed in one call.
    fn together(&self, piece: &Piece<'_>) -> u64 {
        if self.in_place(piece) {
            return u64::MAX / 2;
        }
        let size = piece.kinds.pred.size().max(piece.kinds.truth.size());
        (COPIED / (size * self.channels as u64) / BLOCK_VOXELS).max(1) * BLOCK_VOXELS
    }

    /// Whether consecutive voxels are contiguous in memory.
    fn in_place(&self, piece: &Piece<'_>) -> bool {
        self.channels == 1 || piece.shape.layout() == Layout::ChannelsLast
    }

    fn whole_blocks(&mut self, piece: &Piece<'_>, range: Range<u64>, block: u64) -> Result<()> {
        let voxels = (range.end - range.start) as usize;
        if self.in_place(piece) {
            let channels = self.channels as u64;
            let elements = |per_voxel| (range.start * per_voxel) as usize..(range.end * per_voxel) as usize;
            let truth_channels = if piece.kinds.truth_kind == TruthKind::Labels { 1 } else { channels };
            let (pred, truth) = (piece.pred.slice(elements(channels)), piece.truth.slice(elements(truth_channels)));
            return self.sum(piece.shape.layout(), voxels, pred, truth, block);
        }
        let (mut pred, mut truth) = self.room(piece, voxels);
        pred.copy(0, piece.pred, &piece.shape, range.clone());
        truth.copy(0, piece.truth, &piece.shape, range);
        self.sum(Layout::ChannelsFirst, voxels, pred.data(), truth.data(), block)
    }

    /// Space for voxels of both operands.
    fn room(&self, piece: &Piece<'_>, voxels: usize) -> (Voxels, Voxels) {
        let truth_channels = if piece.kinds.truth_kind == TruthKind::Labels { 1 } else { self.channels };
        let pred = Voxels::new(piece.kinds.pred, self.channels, voxels);
        (pred, Voxels::new(piece.kinds.truth, truth_channels, voxels))
    }

    /// Keeps voxels of a block from its voxel `at` on, and sums it when it is complete.
    fn keep(&mut self, piece: &Piece<'_>, range: Range<u64>, at: u64, block: u64) -> Result<()> {
        let voxels = BLOCK_VOXELS.min(self.voxels - block * BLOCK_VOXELS);
        let mut open = match self.open.remove(&block) {
            Some(open) => open,
            None => {
                let (pred, truth) = self.room(piece, voxels as usize);
                OpenBlock { pred, truth, filled: 0 }
            }
        };
        open.filled += range.end - range.start;
        open.pred.copy(at as usize, piece.pred, &piece.shape, range.clone());
        open.truth.copy(at as usize, piece.truth, &piece.shape, range);
        if open.filled < voxels {
            self.open.insert(block, open);
            return Ok(());
        }
        self.sum(Layout::ChannelsFirst, voxels as usize, open.pred.data(), open.truth.data(), block)
    }

    /// Sums blocks from `first_block` on.
    fn sum(&mut self, layout: Layout, voxels: usize, pred: Data<'_>, truth: Data<'_>, first_block: u64) -> Result<()> {
        let Some(Kinds { truth_kind, .. }) = self.kinds else { return Ok(()) };
        let shape = Shape::new(1, self.channels, [voxels])?.with_layout(layout);
        let (pred, truth) = (Source::Host(pred), Source::Host(truth));
        let job = SumsOf { shape, pred, truth, truth_kind, options: self.options };
        let fold = &mut self.fold;
        let summed = self.engine.blocks(&job, &mut |mut block| {
            block.block += first_block;
            fold.add(&block)
        });
        summed.map_err(|error| match error {
            Error::LabelOutOfRange { count, mut first, label, channels } => {
                first.voxel += first_block * BLOCK_VOXELS;
                Error::LabelOutOfRange { count, first, label, channels }
            }
            error => error,
        })
    }
}

fn stream<T>(what: String) -> Result<T> {
    Err(Error::Stream { what })
}

fn refused(name: &'static str, value: &str, range: &str) -> Error {
    Error::Parameter { name, value: value.into(), range: range.into() }
}

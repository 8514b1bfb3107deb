//! Sums on the GPU: every block at scale 0. Blocks that need another scale are surveyed and summed again.

use super::Backend;
use super::arrival::Waiting;
use super::input::inputs;
use super::passes::{Aux, Pass};
use crate::error::Result;
use crate::job::{Block, SumsOf};
use crate::kernel::form::Form;
use crate::kernel::params::{Params, parameter};
use crate::kernel::source::{Key, SURVEY_WORDS, Statistic};
use crate::kernel::sums::{INFINITY, RawSums};
use crate::kernel::survey::Survey;
use crate::options::{Activation, SumsOptions};
use crate::plan::{Output, Plan, Window};
use crate::pointwise::{Entropy, Focal, Measure, Part, Pointwise};
use crate::stats::{NonFiniteCount, POINTWISE, Terms, scale_of};
use crate::volume::Dtype;
use crate::volume::Source;
use std::collections::BTreeMap;

/// A block by cell and index.
type BlockId = (u64, u64);

/// A block that must be summed again, and what is known about it.
type Flagged = BTreeMap<BlockId, Survey>;

/// What gets each block.
pub(crate) type BlockSink<'f> = &'f mut (dyn FnMut(Block) -> Result<()> + Send);

/// How the partials of a pass become blocks.
struct Gather<'f, T> {
    /// u32 words of a partial.
    words: u32,
    /// The blocks to run, where it is not all of them.
    only: Option<&'f Flagged>,
    decode: &'f (dyn Fn(&[u32]) -> T + Sync),
    join: fn(&mut T, &T),
    waiting: Waiting,
}

impl Backend {
    /// Sums every block and hands them to `sink`: first those that were fine at once, then the others.
    pub async fn sums(&self, job: &SumsOf<Source<'_>>, waiting: Waiting, sink: BlockSink<'_>) -> Result<()> {
        let mut flagged = Flagged::new();
        let form = Form::new(&job.options, job.truth_kind);
        let sums = |careful| Statistic::Sums { form, careful, int64: self.int64, dot: self.dot };
        let decode = |words: &[u32]| raw_sums(form, words);
        let pass = self.pass(job, sums(false), form.words())?;
        let grid = pass.plan.grid;
        let integers = pass.key.integer_sums();
        let all = Gather { words: form.words(), only: None, decode: &decode, join: RawSums::join, waiting };
        self.gather_blocks(&pass, &all, &mut |(cell, block), raw| {
            let voxels = grid.block_voxels(block);
            if !integers && raw.flagged() {
                flagged.insert((cell, block), Survey { max_finite: raw.max_abs, ..Survey::default() });
                return Ok(());
            }
            let sums =
                if integers { raw.integer_block(voxels) } else { raw.block(0, voxels, NonFiniteCount::default()) };
            sink(Block { cell, block, sums, first_non_finite: [None, None] })
        })
        .await?;
        if flagged.is_empty() {
            return Ok(());
        }
        self.survey(job, waiting, &mut flagged).await?;
        let pass = self.pass(job, sums(true), form.words())?;
        let again = Gather { only: Some(&flagged), ..all };
        self.gather_blocks(&pass, &again, &mut |(cell, block), raw| {
            let found = flagged.get(&(cell, block)).copied().unwrap_or_default();
            let scale = scale_of(found.max_finite);
            job.check(&raw, scale, cell)?;
            let sums = raw.block(scale, grid.block_voxels(block), found.non_finite);
            sink(Block { cell, block, sums, first_non_finite: found.first })
        })
        .await
    }

    /// Surveys the flagged blocks that hold NaN or infinities. For the other flagged blocks the first pass gave enough
    /// information.
    async fn survey(&self, job: &SumsOf<Source<'_>>, waiting: Waiting, flagged: &mut Flagged) -> Result<()> {
        let doubtful: Flagged =
            flagged.iter().filter(|(_, known)| known.max_finite >= INFINITY).map(|(&id, &known)| (id, known)).collect();
        if doubtful.is_empty() {
            return Ok(());
        }
        let form = Form::new(&job.options, job.truth_kind);
        let statistic = Statistic::Survey { activation: form.activation, truth: form.truth };
        let pass = self.pass(job, statistic, SURVEY_WORDS)?;
        let only = Some(&doubtful);
        let gather = Gather { words: SURVEY_WORDS, only, decode: &survey_of, join: Survey::join, waiting };
        self.gather_blocks(&pass, &gather, &mut |id, found| {
            flagged.insert(id, found);
            Ok(())
        })
        .await
    }

    pub(super) fn pass<'a>(&self, job: &SumsOf<Source<'a>>, statistic: Statistic, words: u32) -> Result<Pass<'a>> {
        let (grid, pred, truth) = inputs(job);
        let element_bytes = pred.source.dtype().size().max(truth.source.dtype().size());
        let plan = self.plan(grid, element_bytes, Output::Tasks(words), [&pred, &truth])?;
        let key = Key { pred: pred.operand(), truth: truth.operand(), lanes: plan.lanes, statistic };
        Ok(Pass { key, plan, pred, truth, params: numbers(&job.options, pred.source.dtype()), adds: false })
    }

    /// Runs a pass, on all blocks or on some, joins the parts of each block and hands whole blocks to `sink`.
    async fn gather_blocks<T: Copy + Send>(
        &self,
        pass: &Pass<'_>,
        gather: &Gather<'_, T>,
        sink: &mut (dyn FnMut(BlockId, T) -> Result<()> + Send),
    ) -> Result<()> {
        let &Gather { words, only, decode, join, waiting } = gather;
        let plan = &pass.plan;
        // Blocks that a window boundary cut: the sums so far, and of how many voxels.
        let mut cut: BTreeMap<BlockId, (T, u64)> = BTreeMap::new();
        let listed = |window: &Window| only.map(|flagged| tasks_of(plan, window, flagged));
        let aux = |window: &Window| match listed(window) {
            None => Some(Aux::NONE),
            Some(tasks) if tasks.is_empty() => None,
            Some(tasks) => Some(Aux {
                listed: Some(tasks.len() as u64),
                words: tasks.into_iter().flatten().collect::<Vec<u32>>().into(),
                entries: 0,
            }),
        };
        self.run(pass, waiting, &aux, &mut |window, partials| {
            let tasks = listed(window);
            let count = tasks.as_ref().map_or(plan.tasks(window), |tasks| tasks.len() as u64);
            let task = |i: u64| tasks.as_ref().map_or(i, |tasks| u64::from(tasks[i as usize][0]));
            let parts = plan.slots(*window, count, task);
            for (part, partial) in parts.zip(partials.chunks_exact(words as usize)) {
                if part.voxels == 0 {
                    continue;
                }
                let id = (part.cell, part.block);
                let (mut value, mut voxels) = (decode(partial), part.voxels);
                if let Some((before, seen)) = cut.remove(&id) {
                    join(&mut value, &before);
                    voxels += seen;
                }
                if voxels == plan.grid.block_voxels(part.block) {
                    sink(id, value)?;
                } else {
                    cut.insert(id, (value, voxels));
                }
            }
            Ok(())
        })
        .await
    }
}

/// The flagged tasks of a window, each with the scale of its block.
fn tasks_of(plan: &Plan, window: &Window, flagged: &Flagged) -> Vec<[u32; 2]> {
    let channels = plan.grid.channels;
    let cells = window.first_plane * channels..(window.first_plane + window.planes) * channels;
    // Of a plane that many windows share only the window's own blocks are looked at.
    let own = window.first_block..window.first_block + window.blocks;
    let ranges = match window.planes {
        1 => cells.map(|cell| (cell, own.start)..(cell, own.end)).collect(),
        _ => vec![(cells.start, 0)..(cells.end, 0)],
    };
    let near = ranges.into_iter().flat_map(|range| flagged.range(range));
    near.filter_map(|(&(cell, block), known)| {
        let task = plan.task(window, cell, block)?;
        // A survey has no scale yet and does not need one; shifts beyond 128 would be meaningless.
        let scale = if known.max_finite < INFINITY { scale_of(known.max_finite) } else { 0 };
        Some([task as u32, u32::from(scale)])
    })
    .collect()
}

/// The numbers of the options, for the kernels.
pub(super) fn numbers(options: &SumsOptions, pred: Dtype) -> Params {
    let mut params = Params { alpha: -1.0, ..Params::default() };
    if let Terms::Power(power) = options.terms {
        params.power = power;
    }
    if let Activation::Threshold(threshold) = options.activation {
        let threshold = pred.threshold(threshold);
        let bits = threshold.to_bits();
        params.threshold = threshold as f32;
        (params.threshold_low, params.threshold_high) = (bits as u32, (bits >> 32) as u32);
    }
    if let Some(pointwise) = options.pointwise {
        let (gamma, alpha) = pointwise.parameters();
        params.gamma = parameter(gamma);
        params.alpha = alpha.map_or(-1.0, parameter);
        if let Pointwise::Entropy(entropy) = pointwise {
            return with_entropy(params, entropy);
        }
    }
    params
}

fn with_entropy(params: Params, entropy: Entropy) -> Params {
    let (low, high) = entropy.bounds();
    Params {
        on: parameter(entropy.on),
        off: parameter(entropy.off),
        keep: parameter(entropy.labels.keep),
        add: parameter(entropy.labels.add),
        clip_low: parameter(low),
        clip_high: parameter(high),
        ratio: if let Focal::Reduced { threshold, .. } = entropy.factor { parameter(threshold) } else { 1.0 },
        part: match entropy.part {
            Part::All => 0,
            Part::Ones => 1,
            Part::Others => 2,
        },
        measure: u32::from(entropy.measure == Measure::Factor),
        ..params
    }
}

/// Decodes a partial of sums.wgsl.
fn raw_sums(form: Form, words: &[u32]) -> RawSums {
    /// `max_abs` of a run whose pointwise loss went beyond its grid.
    const TOO_LARGE: u32 = u32::MAX;
    let (terms, slots) = (form.terms() as usize, form.slots() as usize);
    let sum = |slot: usize| u64::from(words[2 * slot]) | u64::from(words[2 * slot + 1]) << 32;
    let mut raw = RawSums { max_abs: words[2 * slots], ..RawSums::default() };
    for term in 0..terms {
        raw.units[term] = sum(term);
    }
    if slots > terms {
        raw.units[POINTWISE] = sum(terms);
    }
    if raw.max_abs == TOO_LARGE {
        (raw.max_abs, raw.pointwise_too_large) = (INFINITY, true);
    }
    raw
}

/// Decodes a partial of survey.wgsl.
fn survey_of(words: &[u32]) -> Survey {
    let [pred, truth, voxels] = [words[0], words[1], words[2]].map(u64::from);
    Survey {
        non_finite: NonFiniteCount { pred, truth, voxels },
        max_finite: words[3],
        first: [words[4], words[5]].map(|first| (first != u32::MAX).then_some(first)),
    }
}

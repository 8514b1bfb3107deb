//! Sums that need more than two elements at a time: activations, label-map truths, powers and pointwise losses. A few
//! thousand voxels are prepared with all their channels in a scratch buffer, then summed like any others.

use super::Backend;
use super::simd::Level;
use super::sums::BATCH;
use crate::error::Result;
use crate::job::{Block, Strides, SumsJob};
use crate::kernel::activated::Channels;
use crate::kernel::doubles::{Largest, at_least, nearest};
use crate::kernel::sums::{INFINITY, RawSums, SumPass, fix_magnitude};
use crate::kernel::survey::{Survey, survey_run};
use crate::kernel::voxel::{Bf16Bits, F16Bits, Voxel as Element};
use crate::options::{Activation, SumsOptions};
use crate::shape::BLOCK_VOXELS;
use crate::stats::{FRACTION_BITS, POINTWISE, Terms, scale_of};
use crate::volume::{Data, TruthKind};

/// Elements of the scratch buffers of a thread: they stay in its cache, and the allocator reuses blocks of this size.
const SCRATCH: usize = 8 << 10;

impl Backend {
    /// Sums every block and hands them to `sink`, all channels of a block after another.
    pub(super) fn prepared_sums(&self, job: &SumsJob<'_>, sink: &mut dyn FnMut(Block) -> Result<()>) -> Result<()> {
        let blocks = job.shape.voxels_per_cell().div_ceil(BLOCK_VOXELS);
        let total = (job.shape.samples() * blocks) as usize;
        let batch = (BATCH / job.shape.channels().min(BATCH as u64) as usize).max(1);
        for start in (0..total).step_by(batch) {
            let done = super::map_indexed(batch.min(total - start), |i| {
                let task = (start + i) as u64;
                self.prepared_block(job, task / blocks, task % blocks)
            });
            for block in done.into_iter().flatten() {
                sink(block?)?;
            }
        }
        Ok(())
    }

    /// Block `block` of every channel of a sample.
    fn prepared_block(&self, job: &SumsJob<'_>, sample: u64, block: u64) -> Vec<Result<Block>> {
        let channels = job.shape.channels();
        let start = block * BLOCK_VOXELS;
        let end = (start + BLOCK_VOXELS).min(job.shape.voxels_per_cell());
        let mut scratch = Scratch::new(self.level, job);
        let mut found = vec![(RawSums::default(), Survey::default()); channels as usize];
        scratch.walk(job, sample, start..end, &mut |scratch, channel, first| {
            let (raw, survey) = &mut found[channel];
            let sum = self.sum(job, scratch, channel, SumPass { terms: job.options.terms, scale: 0, careful: false });
            raw.join(&sum);
            // Only NaN and infinities need to be looked for.
            let mut part = Survey { max_finite: sum.max_abs, ..Survey::default() };
            if sum.max_abs >= INFINITY {
                part = survey_run(scratch.pred(channel), scratch.truth(channel), 1);
                part.first = part.first.map(|at| at.map(|at| at + first));
            }
            survey.join(&part);
        });
        let passes: Vec<Option<SumPass>> = found.iter().map(|(raw, survey)| again(job, raw, survey)).collect();
        if passes.iter().any(Option::is_some) {
            for (found, pass) in found.iter_mut().zip(&passes) {
                found.0 = if pass.is_some() { RawSums::default() } else { found.0 };
            }
            scratch.walk(job, sample, start..end, &mut |scratch, channel, _| {
                if let Some(pass) = passes[channel] {
                    found[channel].0.join(&self.sum(job, scratch, channel, pass));
                }
            });
        }
        let blocks = found.into_iter().zip(passes).enumerate().map(|(channel, ((raw, survey), pass))| {
            let cell = sample * channels + channel as u64;
            let scale = pass.map_or(0, |pass| pass.scale);
            job.check(&raw, scale, cell)?;
            let sums = raw.block(scale, end - start, survey.non_finite);
            Ok(Block { cell, block, sums, first_non_finite: survey.first })
        });
        blocks.collect()
    }

    /// Sums of the prepared voxels of a channel.
    fn sum(&self, job: &SumsJob<'_>, scratch: &Scratch, channel: usize, pass: SumPass) -> RawSums {
        let (p, t) = (scratch.pred(channel), scratch.truth(channel));
        let mut raw = self.level.sum_run(p, t, 1, pass);
        let counts = |p: f32, t: f32| p.is_finite() && t.is_finite();
        if let Terms::Power(gamma) = job.options.terms {
            let scale = 2 * u32::from(pass.scale);
            let mut powers = vec![0.0; p.len()];
            for (unit, x) in [(3, p), (4, t)] {
                self.level.powers(x, gamma, &mut powers);
                let counted = powers.iter().zip(p.iter().zip(t)).filter(|&(_, (&p, &t))| counts(p, t));
                for (power, _) in counted {
                    raw.units[unit] = raw.units[unit].wrapping_add(fix_magnitude(power.to_bits(), scale));
                }
            }
        }
        if job.options.pointwise.is_some() {
            let losses = scratch.pointwise(channel).iter().zip(p.iter().zip(t));
            for (&loss, _) in losses.filter(|&(_, (&p, &t))| counts(p, t)) {
                raw.units[POINTWISE] = raw.units[POINTWISE].wrapping_add(loss);
                raw.pointwise_too_large |= loss > 1 << FRACTION_BITS;
            }
        }
        raw
    }
}

/// How a channel must be summed again, if it held values beyond ±1, NaN or infinities.
fn again(job: &SumsJob<'_>, raw: &RawSums, survey: &Survey) -> Option<SumPass> {
    let scale = scale_of(survey.max_finite);
    raw.flagged().then_some(SumPass { terms: job.options.terms, scale, careful: raw.max_abs >= INFINITY })
}

/// Prepared voxels of all channels, channel by channel.
pub(super) struct Scratch {
    level: Level,
    voxels: usize,
    len: usize,
    pred: Vec<f32>,
    truth: Vec<f32>,
    /// Losses in units of their grid.
    pointwise: Vec<u64>,
}

impl Scratch {
    fn new(level: Level, job: &SumsJob<'_>) -> Self {
        let channels = job.shape.channels() as usize;
        let voxels = Self::voxels_for(job);
        let elements = vec![0.0; channels * voxels];
        let pointwise = if job.options.pointwise.is_none() { Vec::new() } else { vec![0; elements.len()] };
        Self { level, voxels, len: 0, pred: elements.clone(), truth: elements, pointwise }
    }

    /// Voxels that are prepared at a time.
    pub fn voxels_for(job: &SumsJob<'_>) -> usize {
        (SCRATCH / job.shape.channels() as usize).clamp(64, BLOCK_VOXELS as usize)
    }

    fn pred(&self, channel: usize) -> &[f32] {
        &self.pred[channel * self.voxels..][..self.len]
    }

    fn truth(&self, channel: usize) -> &[f32] {
        &self.truth[channel * self.voxels..][..self.len]
    }

    fn pointwise(&self, channel: usize) -> &[u64] {
        &self.pointwise[channel * self.voxels..][..self.len]
    }

    /// Prepares the voxels of `range` a part at a time; `visit` gets each channel and the offset within the range.
    fn walk(
        &mut self,
        job: &SumsJob<'_>,
        sample: u64,
        range: std::ops::Range<u64>,
        visit: &mut dyn FnMut(&Self, usize, u32),
    ) {
        let mut start = range.start;
        while start < range.end {
            let end = (start + self.voxels as u64).min(range.end);
            self.prepare(job, sample, start..end);
            for channel in 0..job.shape.channels() as usize {
                visit(self, channel, (start - range.start) as u32);
            }
            start = end;
        }
    }

    fn prepare(&mut self, job: &SumsJob<'_>, sample: u64, range: std::ops::Range<u64>) {
        self.len = (range.end - range.start) as usize;
        let channels = Channels { stride: self.voxels, voxels: self.len };
        let activation = pred_values(job, job.options.activation, sample, range.start, &mut self.pred, channels);
        for channel in 0..job.shape.channels() {
            let into = &mut self.truth[channel as usize * self.voxels..][..self.len];
            truth_values(job, sample, channel, range.start, into);
        }
        if activation != Activation::None || job.options.pointwise.is_some() {
            let options = SumsOptions { activation, ..job.options };
            self.level.activate(&options, &mut self.pred, &self.truth, &mut self.pointwise, channels);
        }
    }
}

/// All channels of the prediction from voxel `first` on, and what is left of their activation: voxels of `f64` are compared as
/// they are, and for all else the f32 next to them counts. What is left of a threshold is an f32.
pub(crate) fn pred_values(
    job: &SumsJob<'_>,
    activation: Activation,
    sample: u64,
    first: u64,
    into: &mut [f32],
    Channels { stride, voxels }: Channels,
) -> Activation {
    let strides = Strides::of(&job.shape);
    let step = strides.per_voxel as usize;
    let start = |channel: usize| strides.at(sample, channel as u64, first);
    match (job.pred, activation) {
        (Data::F64(x), Activation::Threshold(threshold)) => {
            for (channel, into) in into.chunks_mut(stride).enumerate() {
                copy(x, start(channel), step, &mut into[..voxels], |x| at_least(x, threshold));
            }
            Activation::None
        }
        (Data::F64(x), Activation::Argmax) => {
            let mut largest = Largest::of(voxels);
            for channel in 0..job.shape.channels() as u32 {
                let values = &x[start(channel as usize)..];
                match step {
                    // A separate loop, which the compiler vectorizes.
                    1 => largest.see(channel, values.iter().copied()),
                    _ => largest.see(channel, values.iter().step_by(step).copied()),
                }
            }
            for (channel, into) in (0..).zip(into.chunks_mut(stride)) {
                largest.write(channel, &mut into[..voxels]);
            }
            Activation::None
        }
        _ => {
            for (channel, into) in into.chunks_mut(stride).enumerate() {
                load(job.pred, start(channel), step, &mut into[..voxels]);
            }
            match activation {
                Activation::Threshold(x) => Activation::Threshold(job.pred.dtype().threshold(x)),
                _ => activation,
            }
        }
    }
}

/// The truth of a channel from voxel `first` on, as f32.
pub(crate) fn truth_values(job: &SumsJob<'_>, sample: u64, channel: u64, first: u64, into: &mut [f32]) {
    match job.truth_kind {
        TruthKind::Real => {
            let strides = Strides::of(&job.shape);
            load(job.truth, strides.at(sample, channel, first), strides.per_voxel as usize, into);
        }
        TruthKind::Labels => {
            let first = Strides::of_labels(&job.shape).at(sample, channel, first);
            one_hot(job.truth, first, job.label_of(channel), into);
        }
    }
}

/// Elements from `first` on, `stride` apart, as the f32 next to them, which all but f64 are themselves.
pub(crate) fn load(data: Data<'_>, first: usize, stride: usize, into: &mut [f32]) {
    match data {
        Data::F64(x) => copy(x, first, stride, into, nearest),
        Data::F32(x) => copy(x, first, stride, into, |x| x),
        Data::F16(x) => copy(x, first, stride, into, |bits| f32::from_bits(F16Bits(bits).f32_bits())),
        Data::Bf16(x) => copy(x, first, stride, into, |bits| f32::from_bits(Bf16Bits(bits).f32_bits())),
        Data::U8(x) => copy(x, first, stride, into, |x| f32::from_bits(x.f32_bits())),
        Data::U16(x) => copy(x, first, stride, into, |x| f32::from_bits(x.f32_bits())),
        Data::U32(_) => {} // a Volume never holds u32
    }
}

/// What is made of elements from `first` on, `stride` apart.
fn copy<E: Copy>(from: &[E], first: usize, stride: usize, into: &mut [f32], value: impl Fn(E) -> f32) {
    let from = &from[first..];
    if stride == 1 {
        // A separate loop, which the compiler vectorizes.
        into.iter_mut().zip(from).for_each(|(into, &from)| *into = value(from));
    } else {
        into.iter_mut().zip(from.iter().step_by(stride)).for_each(|(into, &from)| *into = value(from));
    }
}

/// 1 where the label is `label`, else 0.
fn one_hot(data: Data<'_>, first: usize, label: u32, into: &mut [f32]) {
    use crate::kernel::counts::Label;
    fn compare<L: Label>(from: &[L], label: u32, into: &mut [f32]) {
        for (into, from) in into.iter_mut().zip(from) {
            *into = f32::from(u8::from(from.label() == label));
        }
    }
    match data {
        Data::U8(x) => compare(&x[first..], label, into),
        Data::U16(x) => compare(&x[first..], label, into),
        Data::U32(x) => compare(&x[first..], label, into),
        Data::F64(_) | Data::F32(_) | Data::F16(_) | Data::Bf16(_) => {} // a LabelMap never holds floats
    }
}

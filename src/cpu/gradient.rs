//! Gradients on the CPU, a chunk of voxels with all its channels at a time.

use super::Backend;
use super::prepared::{Scratch, load, truth_values};
use super::simd::{Level, Store, gradients_of_bytes};
use crate::error::Result;
use crate::job::{GradientJob, Strides, SumsJob};
use crate::kernel::activated::Channels;
use crate::kernel::exact_gradient::{ExactCoefficients, exact_coefficients, is_exact};
use crate::kernel::gradient::Coefficients;
use crate::shape::{BLOCK_VOXELS, Layout};
use crate::volume::{Data, TruthKind};

/// Bytes of a gradient from which on it is written past the caches, which would not hold it.
const LARGE: usize = 4 << 20;

/// A chunk of voxels of one sample, and where its gradients go: a slice per channel, or one with all channels.
struct Stretch<'a> {
    sample: u64,
    first: u64,
    len: usize,
    out: Vec<&'a mut [f32]>,
}

/// What an exact gradient is made of, by cell.
struct Exact {
    coefficients: Vec<ExactCoefficients>,
    /// Gradients by the byte of the truth, where they depend on nothing else. None where there are few voxels.
    by_byte: Vec<Option<Box<[f32; 256]>>>,
}

impl Exact {
    fn new(job: &GradientJob<'_>) -> Result<Self> {
        let (sums, channels) = (&job.sums, job.sums.shape.channels());
        let coefficients = exact_coefficients(job.partials, job.scales)?;
        let is_worth_it = matches!(sums.truth, Data::U8(_)) && sums.shape.voxels_per_cell() > BLOCK_VOXELS;
        let table = |cell: usize| {
            let truth = |byte: u8| match sums.truth_kind {
                TruthKind::Real => f32::from(byte),
                TruthKind::Labels => f32::from(u32::from(byte) == sums.label_of(cell as u64 % channels)),
            };
            let of = |t: f32| coefficients[cell].gradient(t.to_bits(), t.to_bits());
            let is_all = is_worth_it && !coefficients[cell].takes_pred() && job.all_finite[cell];
            is_all.then(|| Box::new(std::array::from_fn(|byte| of(truth(byte as u8)))))
        };
        let by_byte = (0..coefficients.len()).map(table).collect();
        Ok(Self { coefficients, by_byte })
    }
}

/// Buffers of a thread.
#[derive(Default)]
struct Buffers {
    pred: Vec<f32>,
    truth: Vec<f32>,
    gradient: Vec<f32>,
}

impl Backend {
    /// Writes the gradient with respect to the prediction, in its layout.
    pub fn gradient(&self, job: &GradientJob<'_>, out: &mut [f32]) -> Result<()> {
        let store = if size_of_val(out) < LARGE { Store::Cached } else { Store::Streamed };
        let stretches = stretches(&job.sums, out);
        if is_exact(&job.sums.options) {
            let exact = Exact::new(job)?;
            super::for_each(stretches, Buffers::default, |buffers, stretch| {
                exact_stretch((self.level, store), job, &exact, buffers, stretch);
            });
        } else {
            let coefficients = job.partials.iter().map(Coefficients::new).collect::<Result<Vec<_>>>()?;
            super::for_each(stretches, Buffers::default, |buffers, stretch| {
                activated_stretch(self.level, job, &coefficients, buffers, stretch);
            });
        }
        Ok(())
    }
}

/// The volume in chunks.
fn stretches<'a>(job: &SumsJob<'_>, out: &'a mut [f32]) -> Vec<Stretch<'a>> {
    let (channels, voxels) = (job.shape.channels() as usize, job.shape.voxels_per_cell() as usize);
    let len = Scratch::voxels_for(job);
    let mut all = Vec::new();
    for (sample, out) in (0..).zip(out.chunks_mut(channels * voxels)) {
        let start = all.len();
        for first in (0..voxels).step_by(len) {
            let len = len.min(voxels - first);
            all.push(Stretch { sample, first: first as u64, len, out: Vec::new() });
        }
        match job.shape.layout() {
            Layout::ChannelsFirst => {
                for out in out.chunks_mut(voxels) {
                    all[start..].iter_mut().zip(out.chunks_mut(len)).for_each(|(stretch, out)| stretch.out.push(out));
                }
            }
            Layout::ChannelsLast => {
                let rows = out.chunks_mut(len * channels);
                all[start..].iter_mut().zip(rows).for_each(|(stretch, out)| stretch.out.push(out));
            }
        }
    }
    all
}

impl Stretch<'_> {
    /// Writes the gradients of a channel to their places.
    fn write(&mut self, channel: usize, channels: usize, gradients: &[f32]) {
        if self.out.len() == channels {
            self.out[channel].copy_from_slice(gradients);
        } else {
            let places = self.out[0][channel..].iter_mut().step_by(channels);
            places.zip(gradients).for_each(|(place, &gradient)| *place = gradient);
        }
    }
}

fn exact_stretch(
    (level, store): (Level, Store),
    GradientJob { sums: job, all_finite, .. }: &GradientJob<'_>,
    exact: &Exact,
    buffers: &mut Buffers,
    mut stretch: Stretch<'_>,
) {
    let (channels, strides) = (job.shape.channels() as usize, Strides::of(&job.shape));
    for channel in 0..channels {
        let cell = stretch.sample as usize * channels + channel;
        let coefficients = &exact.coefficients[cell];
        let first = strides.at(stretch.sample, channel as u64, stretch.first);
        let stride = strides.per_voxel as usize;
        if let (Some(table), Data::U8(truth), true) = (&exact.by_byte[cell], job.truth, stretch.out.len() == channels) {
            let first = match job.truth_kind {
                TruthKind::Real => first,
                TruthKind::Labels => Strides::of_labels(&job.shape).at(stretch.sample, 0, stretch.first),
            };
            gradients_of_bytes(table, &truth[first..first + stretch.len], stretch.out[channel], store);
            continue;
        }
        let t = match job.truth_kind {
            TruthKind::Real => values(job.truth, first, stride, stretch.len, &mut buffers.truth),
            TruthKind::Labels => {
                buffers.truth.resize(stretch.len, 0.0);
                truth_values(job, stretch.sample, channel as u64, stretch.first, &mut buffers.truth);
                &buffers.truth
            }
        };
        // Without a coefficient of p, only a p that is not finite could matter, and the sums have shown that p is
        // finite.
        let p = if coefficients.takes_pred() || !all_finite[cell] {
            values(job.pred, first, stride, stretch.len, &mut buffers.pred)
        } else {
            t
        };
        if stretch.out.len() == channels {
            level.gradient_run(coefficients, p, t, stretch.out[channel], store);
        } else {
            buffers.gradient.resize(stretch.len, 0.0);
            level.gradient_run(coefficients, p, t, &mut buffers.gradient, Store::Cached);
            stretch.write(channel, channels, &buffers.gradient);
        }
    }
}

/// Voxels of a channel as f32: in place where they are that already.
fn values<'a>(data: Data<'a>, first: usize, stride: usize, len: usize, buffer: &'a mut Vec<f32>) -> &'a [f32] {
    if let (Data::F32(x), 1) = (data, stride) {
        return &x[first..first + len];
    }
    buffer.resize(len, 0.0);
    load(data, first, stride, buffer);
    buffer
}

/// Gradients through an activation, a power or a pointwise loss.
fn activated_stretch(
    level: Level,
    job: &GradientJob<'_>,
    coefficients: &[Coefficients],
    buffers: &mut Buffers,
    mut stretch: Stretch<'_>,
) {
    let (sums, len) = (&job.sums, stretch.len);
    let channels = sums.shape.channels() as usize;
    let cell = stretch.sample as usize * channels;
    let Buffers { pred, truth, .. } = buffers;
    pred.resize(channels * len, 0.0);
    truth.resize(channels * len, 0.0);
    let strides = Strides::of(&sums.shape);
    for channel in 0..channels {
        let range = channel * len..(channel + 1) * len;
        let at = strides.at(stretch.sample, channel as u64, stretch.first);
        load(sums.pred, at, strides.per_voxel as usize, &mut pred[range.clone()]);
        truth_values(sums, stretch.sample, channel as u64, stretch.first, &mut truth[range]);
    }
    let coefficients = &coefficients[cell..cell + channels];
    level.gradients(&sums.options, coefficients, truth, pred, Channels { stride: len, voxels: len });
    for channel in 0..channels {
        stretch.write(channel, channels, &pred[channel * len..][..len]);
    }
}

//! Gradients of losses with respect to the prediction.

use super::operands::sums_job;
use super::{Chosen, Engine, labels};
use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::gpu::{self, Waiting};
use crate::job::{GradientOf, SumsOf};
use crate::memory::prefer_huge_pages;
use crate::options::{Activation, SumsOptions};
use crate::stats::{Partials, Sums, Terms};
use crate::table::Table;
use crate::volume::{Pair, Source, Truth, Volume};

impl Engine {
    /// The gradient of a loss with respect to the prediction (before the activation), in the prediction's layout:
    /// one more pass, no intermediate volume.
    ///
    /// `options` and `sums` are those of [`Engine::sums_with`] for the same operands, `partials` what
    /// [`Loss::gradient`](crate::metric::Loss::gradient) makes of the sums. Elements that are not finite have gradient 0. Under a
    /// softmax that is every channel of a voxel whose prediction is not finite; a channel whose truth is not moves with the
    /// others, which do count.
    ///
    /// The result has the same bits on every device. Without an activation, a power or a pointwise loss coefficients
    /// and voxels are truncated to 30 bits, multiplied and added as integers, and rounded once to the nearest f32;
    /// the error is at most 2^-28 of the largest coefficient times the largest voxel, and half a unit in the last
    /// place. Otherwise numbers of 32 bits are computed with, whose error is not derived; it is tested to 1e-4 of the largest
    /// partial derivative.
    ///
    /// ```
    /// use voxdice::{Engine, EngineOptions, Pair, Shape, Volume, metric::{Loss, LossOptions}};
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let (p, t) = ([1.0f32, 0.5], [1.0f32, 0.0]);
    /// let volumes = || Ok::<_, voxdice::Error>((Volume::f32(Shape::new(1, 1, [2])?, &p)?, Volume::f32(Shape::new(1, 1, [2])?, &t)?));
    /// let loss = Loss::new(LossOptions::default())?;
    /// let (pred, truth) = volumes()?;
    /// let sums = engine.sums_with(Pair { pred, truth }, &loss.sums_options())?;
    /// let (pred, truth) = volumes()?;
    /// let gradient = engine.gradient(Pair { pred, truth }, &loss.sums_options(), &sums, &loss.gradient(&sums)?)?;
    /// // D = 2Σpt / (Σp + Σt) = 0.8; d(1 - D)/dp = (D - 2t) / (Σp + Σt).
    /// assert!((gradient[0] - (0.8 - 2.0) / 2.5).abs() < 1e-6 && (gradient[1] - 0.8 / 2.5).abs() < 1e-6);
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Engine::sums_with`]; [`Error::Parameter`] for partials that are not finite; [`Error::TableMismatch`] for tables of another shape;
    /// [`Error::NoGradient`] for a threshold or argmax; [`Error::MissingTerm`] for `sums` that
    /// were made with other options, which have other activations or scales.
    pub fn gradient<'a>(
        &self,
        pair: Pair<Volume<'a>, impl Into<Truth<'a>>>,
        options: &SumsOptions,
        sums: &Table<Sums>,
        partials: &Table<Partials>,
    ) -> Result<Vec<f32>> {
        let mut out = vec![0.0; pair.pred.shape().elements() as usize];
        prefer_huge_pages(&mut out);
        self.gradient_into(pair, options, sums, partials, &mut out)?;
        Ok(out)
    }

    /// [`Engine::gradient`] into the caller's memory, which must hold one element per element of the prediction.
    ///
    /// # Errors
    /// Those of [`Engine::gradient`]; [`Error::LengthMismatch`] when `out` has another length.
    pub fn gradient_into<'a>(
        &self,
        pair: Pair<Volume<'a>, impl Into<Truth<'a>>>,
        options: &SumsOptions,
        sums: &Table<Sums>,
        partials: &Table<Partials>,
        out: &mut [f32],
    ) -> Result<()> {
        let sums_of = sums_job(&pair.pred, &pair.truth.into(), options)?;
        if out.len() as u64 != sums_of.shape.elements() {
            let (shape, expected) = (sums_of.shape.to_string(), sums_of.shape.elements());
            return Err(Error::LengthMismatch { shape, expected, found: out.len() as u64 });
        }
        let factors = Factors::of(&sums_of, sums, partials)?;
        let job = factors.job(sums_of);
        match &self.backend {
            Chosen::Cpu(cpu) => {
                let job = job.host()?;
                labels::check(&job.sums)?;
                cpu.gradient(&job, out)
            }
            #[cfg(feature = "gpu")]
            Chosen::Gpu(gpu) => gpu::block_on(gpu_gradient(gpu, &job, Waiting::Here, out)),
        }
    }
}

#[cfg(feature = "gpu")]
pub(super) async fn gpu_gradient(
    gpu: &gpu::Backend,
    job: &GradientOf<'_, Source<'_>>,
    waiting: Waiting,
    out: &mut [f32],
) -> Result<()> {
    labels::check_anywhere(gpu, &job.sums, waiting).await?;
    gpu.gradient(job, waiting, out).await
}

/// What a gradient needs of the tables, by cell.
pub(super) struct Factors {
    partials: Vec<Partials>,
    scales: Vec<u16>,
    all_finite: Vec<bool>,
}

impl Factors {
    /// Checks that there is a gradient, and that the tables belong to the operands.
    pub fn of(job: &SumsOf<Source<'_>>, sums: &Table<Sums>, partials: &Table<Partials>) -> Result<Self> {
        let options = &job.options;
        if matches!(options.activation, Activation::Threshold(_) | Activation::Argmax) {
            return Err(Error::NoGradient { activation: format!("{:?}", options.activation) });
        }
        let size = (job.shape.samples() as usize, job.shape.channels() as usize);
        for found in [(sums.samples(), sums.channels()), (partials.samples(), partials.channels())] {
            if found != size {
                let name = |(samples, channels)| format!("{samples} x {channels}");
                return Err(Error::TableMismatch { left: name(size), right: name(found) });
            }
        }
        for sums in sums.values() {
            let found = SumsOptions { terms: sums.terms(), activation: sums.activation(), pointwise: sums.pointwise() };
            if found != *options {
                let term = format!("sums as {options:?} makes them, and was given those of {found:?}");
                return Err(Error::MissingTerm { term });
            }
        }
        let scales = sums.values().iter().map(Sums::largest_scale).collect();
        let all_finite = sums.values().iter().map(|sums| sums.non_finite().pred == 0).collect();
        Ok(Self { partials: partials.values().iter().map(|p| made(p, options)).collect(), scales, all_finite })
    }

    pub fn job<'a>(&'a self, sums: SumsOf<Source<'a>>) -> GradientOf<'a, Source<'a>> {
        GradientOf { sums, partials: &self.partials, scales: &self.scales, all_finite: &self.all_finite }
    }
}

/// The derivatives with respect to the sums that were made; the loss does not depend on others.
fn made(partials: &Partials, options: &SumsOptions) -> Partials {
    let on = |made: bool, value: f64| if made { value } else { 0.0 };
    Partials {
        pred_power: on(options.terms.has_powers(), partials.pred_power),
        abs_difference: on(options.terms == Terms::All, partials.abs_difference),
        pointwise: on(options.pointwise.is_some(), partials.pointwise),
        ..*partials
    }
}

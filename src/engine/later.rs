//! The same calls as futures, for applications that must not block and for many evaluations in flight.

use super::fold::{Facts, Fold, TruthNan};
use super::gradient::Factors;
use super::operands::{same_shape, sums_job};
use super::{Chosen, Engine, cpu_blocks};
use crate::classes::Classes;
use crate::error::Result;
#[cfg(feature = "gpu")]
use crate::gpu::Waiting;
use crate::job::{Block, CountsOf, SumsOf};
use crate::memory::prefer_huge_pages;
use crate::options::SumsOptions;
use crate::stats::{Counts, Partials, Sums};
use crate::table::Table;
use crate::volume::{LabelMap, Pair, Source, Truth, Volume};

impl Engine {
    /// [`Engine::sums_with`] as a future, for any executor.
    ///
    /// On a GPU, voxels in host memory are copied and commands submitted whenever the future is polled; between that it
    /// sleeps, and a thread of the engine, started by the first future, polls the device and wakes it. Two windows of
    /// an evaluation are in flight at a time, and any number of evaluations. Dropping the future cancels it: commands
    /// that have been submitted finish, and the engine stays usable. Dropping the engine waits for its thread. On the
    /// CPU the work is done in the first poll: give it a thread that may be blocked, such as
    /// `tokio::task::spawn_blocking`.
    ///
    /// ```
    /// use std::{pin::pin, task::{Context, Poll, Waker}};
    /// use voxdice::{Engine, EngineOptions, Pair, Shape, SumsOptions, Volume};
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let p = [0.5f32, 1.0];
    /// let volume = || Volume::f32(Shape::new(1, 1, [2])?, &p);
    /// let sums = pin!(engine.sums_async(Pair { pred: volume()?, truth: volume()? }, &SumsOptions::default()));
    /// // An executor does this; `sums.await` says it.
    /// let Poll::Ready(sums) = sums.poll(&mut Context::from_waker(Waker::noop())) else { unreachable!("on the CPU") };
    /// assert_eq!(sums?.values()[0].pred(), 1.5);
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Engine::sums_with`].
    pub fn sums_async<'a, T: Into<Truth<'a>>>(
        &'a self,
        pair: Pair<Volume<'a>, T>,
        options: &SumsOptions,
    ) -> impl Future<Output = Result<Table<Sums>>> + Send + use<'a, T> {
        let (pred, truth, options) = (pair.pred, pair.truth.into(), *options);
        async move {
            let job = sums_job(&pred, &truth, &options)?;
            let mut fold = Fold::new(&job.shape, &options, Facts::new(&job.shape, self.non_finite, TruthNan::Fault));
            self.blocks_later(&job, &mut |block| fold.add(&block)).await?;
            fold.finish()
        }
    }

    /// [`Engine::counts`] as a future; see [`Engine::sums_async`].
    ///
    /// # Errors
    /// Those of [`Engine::counts`].
    pub async fn counts_async(&self, pair: Pair<LabelMap<'_>>, classes: &Classes) -> Result<Table<Counts>> {
        let Pair { pred, truth } = pair;
        let shape = same_shape(pred.shape(), truth.shape())?;
        let job = CountsOf { grid: shape.grid(), pred: pred.source(), truth: truth.source(), classes };
        let planes = match &self.backend {
            Chosen::Cpu(cpu) => cpu.counts(&job.host()?),
            #[cfg(feature = "gpu")]
            Chosen::Gpu(gpu) => gpu.counts(&job, Waiting::Away).await?,
        };
        let mut counts = Vec::with_capacity(planes.len() * classes.len());
        for plane in planes {
            counts.extend(plane.counts(job.grid.voxels)?);
        }
        Ok(Table::new(shape.samples() as usize, classes.len(), counts))
    }

    /// [`Engine::gradient`] as a future; see [`Engine::sums_async`].
    ///
    /// # Errors
    /// Those of [`Engine::gradient`].
    pub fn gradient_async<'a, T: Into<Truth<'a>>>(
        &'a self,
        pair: Pair<Volume<'a>, T>,
        options: &SumsOptions,
        sums: &Table<Sums>,
        partials: &Table<Partials>,
    ) -> impl Future<Output = Result<Vec<f32>>> + Send + use<'a, T> {
        let job = sums_job(&pair.pred, &pair.truth.into(), options);
        let factors = job.and_then(|job| Ok((Factors::of(&job, sums, partials)?, job)));
        async move {
            let (factors, job) = factors?;
            let job = factors.job(job);
            let mut out = vec![0.0; job.sums.shape.elements() as usize];
            prefer_huge_pages(&mut out);
            match &self.backend {
                Chosen::Cpu(cpu) => {
                    let job = job.host()?;
                    super::labels::check(&job.sums)?;
                    cpu.gradient(&job, &mut out)?;
                }
                #[cfg(feature = "gpu")]
                Chosen::Gpu(gpu) => super::gradient::gpu_gradient(gpu, &job, Waiting::Away, &mut out).await?,
            }
            Ok(out)
        }
    }

    /// Every block in turn.
    async fn blocks_later(
        &self,
        job: &SumsOf<Source<'_>>,
        sink: &mut (dyn FnMut(Block) -> Result<()> + Send),
    ) -> Result<()> {
        match &self.backend {
            Chosen::Cpu(cpu) => cpu_blocks(cpu, job, sink),
            #[cfg(feature = "gpu")]
            Chosen::Gpu(gpu) => super::gpu_blocks(gpu, job, Waiting::Away, sink).await,
        }
    }
}

/// Engines are shared by threads, and the futures above move between them.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Engine>();
};

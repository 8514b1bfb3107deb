//! `voxdice verify`: whether every adapter gives exactly the numbers of the CPU.

mod data;
mod groups;
mod known;

use super::args::adapter_choice;
use super::devices::adapters;
use super::exit::Exit;
use super::output::Output;
use super::progress::Progress;
use super::text::grouped;
use crate::{AdapterChoice, Backend, Engine, EngineOptions, Error, NonFinite, Poison, ShaderInt64, Simd, Tuning};
use anyhow::Result;
use clap::Args;
pub(super) use data::Random;
use groups::{Group, Tally};
use std::time::Instant;

/// Check that the adapters give exactly the numbers of the CPU.
///
/// Every adapter (or the one named) is asked questions with known answers, and then compared with the CPU block by
/// block: sums of all types, layouts and terms over usual, large and non-finite values, and counts of few and many
/// labels, with native 64-bit integers and without, across many small windows and with poisoned result buffers.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 all agree; 1 a difference; 3 there is no such adapter.

Example: voxdice verify --adapter llvmpipe")]
pub(super) struct Verify {
    /// Only this GPU adapter, by its number or a part of its name (see `voxdice devices`)
    #[arg(long, value_name = "NAME|INDEX")]
    adapter: Option<String>,
    /// No progress on stderr
    #[arg(short, long)]
    quiet: bool,
}

/// What is checked of an adapter: each way in which its kernels can be built and fed.
const VARIANTS: [Variant; 2] = [
    Variant { int64: ShaderInt64::Auto, window_bytes: 1 << 20 },
    Variant { int64: ShaderInt64::Pairs, window_bytes: 64 << 10 },
];

#[derive(Debug, Clone, Copy)]
struct Variant {
    int64: ShaderInt64,
    window_bytes: u64,
}

impl Variant {
    fn engine(self, adapter: &AdapterChoice) -> crate::Result<Engine> {
        let Self { int64, window_bytes } = self;
        Engine::new(&EngineOptions {
            backend: Backend::Gpu,
            adapter: adapter.clone(),
            non_finite: NonFinite::Ignore,
            tuning: Tuning { int64, window_bytes, poison: Poison::On, ..Tuning::default() },
        })
    }
}

fn cpu(simd: Simd) -> crate::Result<Engine> {
    Engine::new(&EngineOptions {
        backend: Backend::Cpu,
        non_finite: NonFinite::Ignore,
        tuning: Tuning { simd, ..Tuning::default() },
        ..EngineOptions::default()
    })
}

impl Verify {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        output.quiet = self.quiet;
        let targets: Vec<AdapterChoice> = match &self.adapter {
            Some(text) => vec![adapter_choice(text)],
            None => adapters().into_iter().map(|adapter| AdapterChoice::Index(adapter.index)).collect(),
        };
        // An adapter that is not there is told before minutes are spent; so is a machine that has none.
        let wanted = targets.first().cloned().unwrap_or(AdapterChoice::Best);
        match VARIANTS[0].engine(&wanted) {
            Err(error @ (Error::NoAdapter { .. } | Error::GpuNotBuilt)) if targets.len() <= 1 => {
                return Err(error.into());
            }
            _ => {}
        }
        let mut run = Run { output, quiet: self.quiet, failed: 0, passed: 0 };
        let reference = cpu(Simd::Auto)?;
        run.heading(&format!("CPU: {}", reference.describe().device))?;
        run.group("known answers", |_| known::check(&reference))?;
        let baseline = cpu(Simd::Baseline)?;
        for group in Group::ALL {
            run.group(&format!("{}, plain instructions", group.name()), |_| group.compare(&reference, &baseline))?;
        }
        for target in &targets {
            for variant in VARIANTS {
                run.adapter(target, variant, &reference)?;
            }
        }
        run.conclude()
    }
}

/// A run of checks, printed as they end.
struct Run<'a> {
    output: &'a mut Output,
    quiet: bool,
    failed: usize,
    passed: usize,
}

impl Run<'_> {
    fn heading(&mut self, text: &str) -> Result<()> {
        self.output.result(&format!("{text}\n"))
    }

    fn adapter(&mut self, target: &AdapterChoice, variant: Variant, reference: &Engine) -> Result<()> {
        let windows = format!("windows of {} KiB", variant.window_bytes >> 10);
        let engine = match variant.engine(target) {
            Ok(engine) => engine,
            Err(error) => {
                self.failed += 1;
                return self.heading(&format!("\nGPU: {target:?}, {windows}\n  FAILED  {error}"));
            }
        };
        self.heading(&format!("\nGPU: {}, {windows}", engine.describe().device))?;
        self.group("known answers", |_| known::check(&engine))?;
        for group in Group::ALL {
            self.group(group.name(), |_| group.compare(reference, &engine))?;
        }
        Ok(())
    }

    /// Runs one group and prints its line. An error of the device is a failure of the group, not of the run.
    fn group(&mut self, name: &str, check: impl FnOnce(&Progress) -> Result<Tally>) -> Result<()> {
        let progress = Progress::start(self.quiet, name);
        let started = Instant::now();
        let outcome = check(&progress);
        drop(progress);
        let seconds = started.elapsed().as_secs_f64();
        let (tally, failure) = match outcome {
            Ok(tally) => {
                let failure = tally.first_failure.clone();
                (tally, failure)
            }
            Err(error) => (Tally::default(), Some(format!("{error:#}"))),
        };
        let checks = format!("{} checks", grouped(tally.checks));
        let blocks = if tally.blocks > 0 { format!("{} blocks", grouped(tally.blocks)) } else { String::new() };
        let verdict = if failure.is_some() { "FAILED" } else { "ok" };
        let mut line = format!("  {name:<42}{checks:>11}{blocks:>15}  {seconds:>4.1} s  {verdict}\n");
        match failure {
            None => self.passed += 1,
            Some(failure) => {
                self.failed += 1;
                line.push_str(&format!("    {failure}\n"));
            }
        }
        self.output.result(&line)
    }

    fn conclude(self) -> Result<Exit> {
        let Self { output, failed, passed, .. } = self;
        if failed == 0 {
            output.result(&format!("\nall {passed} groups agree to the last bit\n"))?;
            return Ok(Exit::Fine);
        }
        output.result(&format!("\n{failed} of {} groups FAILED\n", failed + passed))?;
        Ok(output.finding("verification failed: update the driver of that adapter, or use --backend cpu"))
    }
}

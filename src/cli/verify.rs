//! `voxdice verify`: whether every adapter gives exactly the numbers of the CPU.

mod data;
mod groups;
mod known;
mod lesions;
mod surfaces;
mod tally;

use super::args::adapter_choice;
use super::devices::adapters;
use super::exit::Exit;
use super::output::Output;
use super::progress::Progress;
use crate::text::{grouped, indented, wrapped};
use crate::tuning::{Poison, ShaderInt64, Simd, Tuning};
use crate::{AdapterChoice, Backend, Engine, EngineOptions, NonFinite};
use anyhow::Result;
use clap::Args;
pub(crate) use data::Random;
use groups::Group;
use std::sync::mpsc;
use std::time::Instant;
use tally::Tally;

/// Check that the adapters give exactly the numbers of the CPU.
///
/// Every adapter (or the one named) is asked questions with known answers, and then compared with the CPU block by
/// block: sums of all types, layouts and terms over usual, large and non-finite values, and counts of few and many
/// labels, with native 64-bit integers and without, across many small windows and with poisoned result buffers; and
/// surface distances of near and far, smooth and ragged surfaces, with every kind of elements; and lesions, few and many.
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
        let targets = self.targets()?;
        let mut score = Score { quiet: self.quiet, failed: 0, passed: 0 };
        let (reference, baseline) = (cpu(Simd::Auto)?, cpu(Simd::Baseline)?);
        score.follow(output, "checking the CPU", |events| check_cpu(&reference, &baseline, events))?;
        for target in &targets {
            // Each variant has a separate device, and most of the time goes into making kernels on one thread.
            std::thread::scope(|scope| {
                let mut running = Vec::new();
                for (round, variant) in VARIANTS.into_iter().enumerate() {
                    let (sender, receiver) = mpsc::channel();
                    let reference = &reference;
                    std::thread::Builder::new()
                        .spawn_scoped(scope, move || check_adapter(target, variant, round, reference, &sender))?;
                    running.push(receiver);
                }
                running.iter().try_for_each(|events| score.print(output, "checking the adapter", events))
            })?;
        }
        score.conclude(output)
    }
}

impl Verify {
    /// What to check. A missing adapter, and a machine without any, is reported before any time is spent.
    fn targets(&self) -> Result<Vec<AdapterChoice>> {
        let there = adapters();
        let all: Vec<AdapterChoice> = there.iter().map(|adapter| AdapterChoice::Index(adapter.index)).collect();
        let Some(text) = &self.adapter else {
            return if all.is_empty() { Err(missing(&AdapterChoice::Best)) } else { Ok(all) };
        };
        let choice = adapter_choice(text);
        let found = match &choice {
            AdapterChoice::Named(name) => {
                there.iter().any(|adapter| adapter.name.to_lowercase().contains(&name.to_lowercase()))
            }
            choice => all.contains(choice),
        };
        if found { Ok(vec![choice]) } else { Err(missing(&choice)) }
    }
}

/// The engine's error for a missing adapter.
fn missing(choice: &AdapterChoice) -> anyhow::Error {
    match VARIANTS[0].engine(choice) {
        Err(error) => error.into(),
        Ok(_) => anyhow::anyhow!("the adapters changed meanwhile; try again"),
    }
}

/// Something to print.
enum Event {
    /// What the next groups are about.
    Heading(String),
    /// A group that ended, after so many seconds.
    Group { name: &'static str, seconds: f64, tally: Tally },
}

type Events = mpsc::Sender<Event>;

fn check_cpu(reference: &Engine, baseline: &Engine, events: &Events) {
    heading(events, format!("CPU: {}", reference.describe().device));
    group(events, "known answers", || known::check(reference));
    heading(events, format!("\nCPU: {}", baseline.describe().device));
    for kind in Group::ALL {
        group(events, kind.name(), || kind.compare(reference, baseline, 0));
    }
}

fn check_adapter(target: &AdapterChoice, variant: Variant, round: usize, reference: &Engine, events: &Events) {
    let windows = format!("windows of {} KiB", variant.window_bytes >> 10);
    let engine = match variant.engine(target) {
        Ok(engine) => engine,
        Err(error) => {
            heading(events, format!("\nGPU: {windows}"));
            return group(events, "opening the adapter", || Err(error.into()));
        }
    };
    let about = format!("GPU: {}, {windows}, poisoned results", engine.describe().device);
    heading(events, format!("\n{}", wrapped(&about, 5)));
    group(events, "known answers", || known::check(&engine));
    for kind in Group::ALL {
        group(events, kind.name(), || kind.compare(reference, &engine, round));
    }
}

// Sending fails when the receiver is gone: then the rest does not matter.
fn heading(events: &Events, text: String) {
    let _ = events.send(Event::Heading(text));
}

/// Runs one group. An error of the device is a failure of the group, not of the run.
fn group(events: &Events, name: &'static str, check: impl FnOnce() -> Result<Tally>) {
    let started = Instant::now();
    let tally = check().unwrap_or_else(|error| Tally { first_failure: Some(format!("{error:#}")), ..Tally::default() });
    let _ = events.send(Event::Group { name, seconds: started.elapsed().as_secs_f64(), tally });
}

/// How it stands.
struct Score {
    quiet: bool,
    failed: usize,
    passed: usize,
}

impl Score {
    /// Runs `check` to its end and prints what it says.
    fn follow(&mut self, output: &mut Output, doing: &str, check: impl FnOnce(&Events)) -> Result<()> {
        let (sender, receiver) = mpsc::channel();
        check(&sender);
        drop(sender);
        self.print(output, doing, &receiver)
    }

    /// Prints events as they come, until there are no more.
    fn print(&mut self, output: &mut Output, doing: &str, events: &mpsc::Receiver<Event>) -> Result<()> {
        loop {
            let progress = Progress::start(self.quiet, doing);
            let event = events.recv();
            drop(progress);
            let Ok(event) = event else { return Ok(()) };
            output.result(&self.line(event))?;
        }
    }

    fn line(&mut self, event: Event) -> String {
        let (name, seconds, tally) = match event {
            Event::Heading(text) => return format!("{text}\n"),
            Event::Group { name, seconds, tally } => (name, seconds, tally),
        };
        let checks = format!("{} checks", grouped(tally.checks));
        let blocks = if tally.blocks > 0 { format!("{} blocks", grouped(tally.blocks)) } else { String::new() };
        let verdict = if tally.first_failure.is_some() { "FAILED" } else { "ok" };
        let mut line = format!("  {name:<30}{checks:>11}{blocks:>16}{seconds:>7.1} s  {verdict}\n");
        match tally.first_failure {
            None => self.passed += 1,
            Some(failure) => {
                self.failed += 1;
                line.push_str(&format!("{}\n", indented(&failure, 4)));
            }
        }
        line
    }

    fn conclude(self, output: &mut Output) -> Result<Exit> {
        let Self { failed, passed, .. } = self;
        if failed == 0 {
            output.result(&format!("\nall {passed} groups agree to the last bit\n"))?;
            return Ok(Exit::Fine);
        }
        output.result(&format!("\n{failed} of {} groups FAILED\n", failed + passed))?;
        Ok(output.finding("verification failed: update the driver of that adapter, or use --backend cpu"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_group_is_seen_in_its_line_and_in_the_exit_code() {
        let mut score = Score { quiet: true, failed: 0, passed: 0 };
        let event = |first_failure| Event::Group {
            name: "sums",
            seconds: 0.5,
            tally: Tally { checks: 1200, blocks: 0, first_failure },
        };
        assert_eq!(score.line(event(None)), format!("  {:<30}1,200 checks{:>16}    0.5 s  ok\n", "sums", ""));
        assert!(score.line(event(Some("block 3".into()))).ends_with("FAILED\n    block 3\n"));
        assert_eq!((score.passed, score.failed), (1, 1));
        assert_eq!(score.conclude(&mut Output::new()).unwrap(), Exit::Findings);
    }
}

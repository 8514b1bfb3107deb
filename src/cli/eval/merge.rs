//! `voxdice merge`: the results of shards joined into what one run would have found.

use super::args::ScoreArgs;
use super::check_found;
use super::publish::{OutputArgs, publish};
use crate::cli::exit::Exit;
use crate::cli::files::read_text;
use crate::cli::output::Output;
use crate::cli::words::flag;
use crate::eval::{Partial, merge};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;

/// Join results of shards into what one run would have written.
///
/// Takes what `voxdice eval --format json` printed, or summary.json files of nnU-Net's layout. Counts are added and every
/// score is made anew, so the choices about scores may be changed here without looking at a voxel again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  voxdice merge part1.json part2.json part3.json part4.json -o summary.json --csv cases.csv
  voxdice merge summary.json --metrics all")]
pub(crate) struct Merge {
    /// Results: `voxdice eval --shard I/N --format json > FILE`
    #[arg(required = true)]
    partial: Vec<PathBuf>,
    #[command(flatten)]
    scores: ScoreArgs,
    #[command(flatten)]
    outputs: OutputArgs,
}

impl Merge {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        output.quiet = self.outputs.quiet;
        self.outputs.check(None, &self.partial.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
        let read = |path: &PathBuf| -> Result<Partial> { Ok(Partial::parse(&read_text(path)?, path)?) };
        let parts: Vec<Partial> = self.partial.iter().map(read).collect::<Result<_>>()?;
        let (evaluation, scoring) = merge(parts, &self.scores.choices())?;
        if let Some(like) = self.scores.like {
            like.check_stored(evaluation.rules.instances.as_ref())?;
        }
        self.scores.choices().check_pool(evaluation.rules.instances.is_some(), flag)?;
        let summary = evaluation.summarize(scoring);
        check_found(&summary, output)?;
        publish(&summary, &self.outputs, None, output)
    }
}

//! `voxdice merge`: the results of shards joined into what one run would have found.

mod partial;
#[cfg(test)]
mod tests;

use super::case::Case;
use super::check_found;
use super::publish::{OutputArgs, publish};
use super::report::{Origin, Report};
use super::settings::ScoreArgs;
use super::shard::Shard;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use anyhow::{Result, bail};
use clap::Args;
use partial::Partial;
use std::collections::{BTreeMap, BTreeSet};
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
pub(in crate::cli) struct Merge {
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
        self.outputs.check(&self.partial.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
        let parts: Vec<(&PathBuf, Partial)> =
            self.partial.iter().map(|path| Ok((path, partial::read(path)?))).collect::<Result<_>>()?;
        let report = join(parts, &self.scores)?;
        check_found(&report, output)?;
        publish(&report, &self.outputs, output)
    }
}

/// The report of files with these texts.
#[cfg(any(test, fuzzing))]
pub(super) fn of_texts(texts: &[(PathBuf, String)], scores: &ScoreArgs) -> Result<Report> {
    let parts = texts.iter().map(|(path, text)| Ok((path, partial::parse(text, path)?)));
    join(parts.collect::<Result<_>>()?, scores)
}

fn join(parts: Vec<(&PathBuf, Partial)>, scores: &ScoreArgs) -> Result<Report> {
    let Some((first_path, first)) = parts.first() else { bail!("no results were named") };
    let mut same_device = true;
    for (path, part) in &parts[1..] {
        if let Some(what) = first.differs(part) {
            bail!(
                "{} and {} were made with different {what}; evaluate all shards with the same options",
                first_path.display(),
                path.display()
            );
        }
        same_device &= (&first.origin.backend, &first.origin.device) == (&part.origin.backend, &part.origin.device);
    }
    check_shards(&parts)?;
    check_classes(&parts)?;
    let mut origin = Origin { shard: None, ..first.origin.clone() };
    if !same_device {
        origin.device = "several devices".into();
    }
    let (rules, scoring) = (first.rules.clone(), scores.resolve(first.scores.as_ref())?);
    for (path, part) in &parts[1..] {
        if scores.resolve(part.scores.as_ref())? != scoring {
            bail!(
                "{} and {} were made with different choices about scores; say here with --metrics, --empty, --like, \
                 --bootstrap and --seed which ones are to hold",
                first_path.display(),
                path.display()
            );
        }
    }
    let mut owners: BTreeMap<String, &PathBuf> = BTreeMap::new();
    let mut all = Vec::new();
    let (mut cases, mut failures, mut missing, mut extra): (Vec<Case>, Vec<_>, Vec<_>, Vec<_>) = Default::default();
    for (path, part) in parts {
        for case in &part.cases {
            if let Some(other) = owners.insert(case.name.clone(), path) {
                bail!(
                    "the case {} is in {} and in {}; name each result once",
                    case.name,
                    other.display(),
                    path.display()
                );
            }
        }
        all.push(path);
        cases.extend(part.cases);
        failures.extend(part.failures);
        missing.extend(part.missing);
        extra.extend(part.extra);
    }
    failures.sort_by(|a, b| a.case.cmp(&b.case));
    missing.sort_by(|a, b| a.case.cmp(&b.case));
    extra.sort_by(|a, b| a.case.cmp(&b.case));
    let mut report = Report::new(cases, rules, scoring, origin);
    (report.failures, report.missing, report.extra) = (failures, missing, extra);
    Ok(report)
}

/// One key stands for the same labels everywhere, or for a mask.
fn check_classes(parts: &[(&PathBuf, Partial)]) -> Result<()> {
    let mut seen: BTreeMap<&str, (&[u32], &PathBuf)> = BTreeMap::new();
    for (path, part) in parts {
        let classes = part.cases.iter().flat_map(|case| &case.counts).map(|(class, _)| class);
        for class in classes.filter(|class| !class.labels.is_empty()) {
            let (labels, other) = *seen.entry(&class.key).or_insert((&class.labels, path));
            if labels != class.labels {
                bail!(
                    "the class {} is {labels:?} in {} and {:?} in {}; evaluate all shards with the same version",
                    class.key,
                    other.display(),
                    class.labels,
                    path.display()
                );
            }
        }
    }
    Ok(())
}

/// Shards without a result that are named.
const LOST: usize = 20;

/// Every shard once, and all of them.
fn check_shards(parts: &[(&PathBuf, Partial)]) -> Result<()> {
    let mut seen: BTreeSet<Shard> = BTreeSet::new();
    for (path, part) in parts {
        let Some(shard) = part.origin.shard else { continue };
        if let Some(other) = seen.iter().find(|other| other.count != shard.count) {
            bail!("{} is shard {shard}, beside {other}; name the results of one run", path.display());
        }
        if !seen.insert(shard) {
            bail!("{} is shard {shard}, which is there already; name each result once", path.display());
        }
    }
    let Some(&Shard { count, .. }) = seen.first() else { return Ok(()) };
    let lost = (1..=count).map(|index| Shard { index, count }).filter(|shard| !seen.contains(shard));
    // A damaged file may say that there are billions of shards.
    let told: Vec<String> = lost.take(LOST).map(|shard| shard.to_string()).collect();
    if !told.is_empty() {
        let others = (count as usize).saturating_sub(seen.len()).saturating_sub(told.len());
        let others = if others > 0 { format!(" and {others} more") } else { String::new() };
        bail!(
            "the results of shard {}{others} are not among the files; evaluate and name them as well",
            told.join(", ")
        );
    }
    Ok(())
}

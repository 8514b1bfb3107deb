//! `voxdice demo`: a small set of label maps, made and evaluated.

pub(crate) mod phantom;

use super::args::DeviceArgs;
use super::exit::Exit;
use super::output::Output;
use super::progress::Progress;
use crate::eval::{
    CasePair, Class, ClassSource, Cohort, GeometryRule, Pairing, Rules, RunOptions, Score, Scoring, Selection, Source,
    Summary,
};
use crate::io::nifti;
use crate::report::grid::{Align, Grid, Tone};
use crate::report::{counted_on, empty_rule};
use crate::text::{score as score_text, shown, wrapped};
use anyhow::{Context, Result};
use clap::Args;
use phantom::{CASES, ORGANS, SHAPE};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Make a small set of label maps and evaluate it.
///
/// Four abdomens of ellipsoids with uneven surfaces, and predictions of them with the usual mistakes: surfaces that are
/// a voxel off, and one lesion that is missed. They are the same on every machine.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  voxdice demo --out demo && voxdice eval demo/truth/case_2.nii.gz demo/pred/case_2.nii.gz"
)]
pub(super) struct Demo {
    /// Folder for the files [default: a fresh one in the system's folder for temporary files]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArgs,
    /// No notes or progress on stderr
    #[arg(short, long)]
    quiet: bool,
}

impl Demo {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        output.quiet = self.quiet;
        let engine = self.device.engine()?;
        let folder = match &self.out {
            Some(folder) => folder.clone(),
            None => fresh_folder()?,
        };
        refuse_to_replace(&folder)?;
        for half in ["truth", "pred"] {
            let folder = folder.join(half);
            std::fs::create_dir_all(&folder).with_context(|| no_folder(&folder))?;
        }
        let progress = Progress::start(self.quiet, "making volumes");
        let organs = (1..).zip(&ORGANS).map(|(label, organ)| Class::label(label).named(organ.name));
        let wanted = ClassSource::Named { classes: organs.collect(), from: "the phantom".into() };
        let rules = Rules { geometry: GeometryRule::Strict, ..Rules::of(wanted) };
        let mut pairing = Pairing::default();
        for case in 0..CASES {
            progress.say(&format!("case {} of {CASES}", case + 1));
            pairing.pairs.push(make(&folder, case)?);
        }
        let cohort = Cohort::new(pairing, rules, Selection::default())?;
        let mut evaluation = cohort.run(&engine, &RunOptions::default())?;
        if let Some(failure) = evaluation.failures.pop() {
            return Err(failure.error.into());
        }
        drop(progress);
        let summary = evaluation.summarize(Scoring::default());
        output.result(&render(&summary))?;
        let path = |half: &str| quoted(&folder.join(half).join("case_2.nii.gz"));
        output.note(format_args!(
            "note: the files are in {}, which may be deleted; one of them in detail:",
            shown(&folder)
        ));
        output.note(format_args!("voxdice eval {} {}", path("truth"), path("pred")));
        Ok(Exit::Fine)
    }
}

/// Truth and prediction of one case.
fn files_of(folder: &Path, case: usize) -> [PathBuf; 2] {
    ["truth", "pred"].map(|half| folder.join(half).join(format!("case_{}.nii.gz", case + 1)))
}

/// Refuses a folder that has files of these names: they may be real cases.
fn refuse_to_replace(folder: &Path) -> Result<()> {
    match (0..CASES).flat_map(|case| files_of(folder, case)).find(|file| file.exists()) {
        Some(file) => anyhow::bail!("{}: there is such a file already; name another folder with --out", file.display()),
        None => Ok(()),
    }
}

/// Writes truth and prediction of one case.
fn make(folder: &Path, case: usize) -> Result<CasePair> {
    let (truth, pred) = phantom::case(case);
    let name = format!("case_{}", case + 1);
    let [truth_file, pred_file] = files_of(folder, case);
    let geometry = phantom::geometry();
    nifti::write(&truth_file, &SHAPE, &geometry, &truth)?;
    nifti::write(&pred_file, &SHAPE, &geometry, &pred)?;
    Ok(CasePair { name, truth: Source::File(truth_file.into()), pred: Source::File(pred_file.into()) })
}

/// A folder that no other process uses.
fn fresh_folder() -> Result<PathBuf> {
    let base = std::env::temp_dir();
    for attempt in 0..1000 {
        let folder = base.join(format!("voxdice-demo-{}-{attempt}", std::process::id()));
        match std::fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error).with_context(|| no_folder(&folder));
            }
        }
    }
    anyhow::bail!("{}: no free name for a folder; name one with --out", base.display())
}

fn no_folder(folder: &Path) -> String {
    format!("{}: the folder cannot be made; name one with --out where you may write", folder.display())
}

fn render(summary: &Summary<'_>) -> String {
    let mut columns = vec![("Dice", Align::Left)];
    columns.extend(ORGANS.iter().map(|organ| (organ.name, Align::Right)));
    columns.push(("mean", Align::Right));
    let mut grid = Grid::new(&columns);
    let toned = |value: f64| {
        let tone = if value.is_nan() {
            Tone::Faint
        } else if value < 0.5 {
            Tone::Bad
        } else {
            Tone::Plain
        };
        (score_text(value), tone)
    };
    for case in &summary.evaluation.cases {
        let mut row = vec![(case.name.clone(), Tone::Plain)];
        row.extend(case.counts.iter().map(|counts| toned(summary.score(Score::DICE, case, counts))));
        row.push(toned(summary.mean_of_case(Score::DICE, case)));
        grid.row(row);
    }
    let mut last = vec![("mean".to_owned(), Tone::Plain)];
    last.extend(summary.class_means(Score::DICE).into_iter().map(toned));
    last.push(toned(summary.mean(Score::DICE)));
    grid.row(last);
    let mut text = grid.render(true);
    let (undefined, of) = summary.undefined(Score::DICE);
    // Writing to a string cannot fail.
    let rule = empty_rule(summary);
    let means = format!("means of {} defined, {undefined} undefined; {rule}", of - undefined);
    let _ = writeln!(text, "\n{}", wrapped(&means, 2));
    let _ = writeln!(text, "{}", wrapped(&counted_on(summary), 2));
    text
}

/// A path that a shell takes as one word.
fn quoted(path: &Path) -> String {
    let text = shown(path);
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:~".contains(c) || (cfg!(windows) && c == '\\');
    match text.chars().all(is_plain) {
        true => text,
        // Between double quotes a shell of Unix still looks for variables and commands.
        false if cfg!(unix) => format!("'{}'", text.replace('\'', r"'\''")),
        false => format!("\"{text}\""),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_a_path_as_one_word_and_looks_for_nothing_in_it() {
        for (path, word) in [("a/b.nii", "a/b.nii"), ("a b", "'a b'"), ("$(x)", "'$(x)'"), ("it's", r"'it'\''s'")] {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }
}

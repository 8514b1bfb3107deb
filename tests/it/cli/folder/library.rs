//! The evaluator as a library, beside the command that is made of it.

use super::Cohort as Folders;
use crate::cli::text;
use std::cell::Cell;
use std::path::Path;
use voxdice::eval::{
    Cancel, Cohort, EvalError, Evaluation, Event, MissingRule, PairingError, Partial, Rules, RunOptions, ScoreChoices,
    Scoring, Selection, Shard, merge, pair_files, pair_folders, pictures,
};
use voxdice::report::{self, Facts};
use voxdice::{Backend, Engine, EngineOptions};

fn engine() -> Engine {
    Engine::new(&EngineOptions { backend: Backend::Cpu, ..EngineOptions::default() }).unwrap()
}

fn evaluated(folders: &Folders, selection: Selection, options: &RunOptions<'_>) -> Result<Evaluation, EvalError> {
    let pairing = pair_folders(&folders.path("truth"), &folders.path("pred"))?;
    Cohort::new(pairing, Rules::default(), selection)?.run(&engine(), options)
}

#[test]
fn its_reports_are_those_of_the_command() {
    let folders = Folders::new();
    let files = ["s.json", "c.csv", "p.html"].map(|name| folders.path(name));
    let [summary_file, rows_file, page_file] = &files;
    let more = ["-o", text(summary_file), "--csv", text(rows_file), "--html", text(page_file), "--backend", "cpu"];
    let written = folders.json(0, &more);
    let evaluation = evaluated(&folders, Selection::default(), &RunOptions::default()).unwrap();
    let summary = evaluation.summarize(Scoring::default());
    let pictures = pictures::worst(&summary, &Cancel::default()).unwrap();
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    assert_eq!(report::nnunet_summary(&summary), read(summary_file));
    assert_eq!(report::csv(&summary), read(rows_file));
    assert_eq!(report::html(&summary, &pictures, &Facts), read(page_file));
    assert_eq!(report::json(&summary, &Facts), written);
}

#[test]
fn shards_are_joined_without_a_file() {
    let folders = Folders::new();
    let parts = (1..=3).map(|index| {
        let shard = Some(Shard { index, count: 3 });
        let part = evaluated(&folders, Selection { shard, ..Selection::default() }, &RunOptions::default()).unwrap();
        let text = report::json(&part.summarize(Scoring::default()), &Facts).to_string();
        Partial::parse(&text, Path::new("part.json")).unwrap()
    });
    let (joined, scoring) = merge(parts.collect(), &ScoreChoices::default()).unwrap();
    let whole = evaluated(&folders, Selection::default(), &RunOptions::default()).unwrap();
    let [joined, whole] = [(&joined, scoring), (&whole, Scoring::default())]
        .map(|(evaluation, scoring)| report::json(&evaluation.summarize(scoring), &Facts));
    assert_eq!(joined, whole);
}

#[test]
fn a_run_tells_how_far_it_is_and_ends_when_it_is_cancelled() {
    let folders = Folders::new();
    std::fs::remove_file(folders.path("pred/case_2.nii.gz")).unwrap();
    let (expected, done) = (Cell::new(0), Cell::new(0));
    let on_event = |event| match event {
        Event::Started { cases } => expected.set(cases),
        Event::CaseDone => done.set(done.get() + 1),
        _ => {}
    };
    let options = RunOptions { on_event: &on_event, ..RunOptions::default() };
    let found = evaluated(&folders, Selection { missing: MissingRule::Zero, shard: None }, &options).unwrap();
    assert_eq!((expected.get(), done.get(), found.cases.len(), found.missing.len()), (4, 4, 4, 1));
    assert!(!found.has_findings() && !found.cases[2].is_predicted());
    let cancel = Cancel::default();
    cancel.cancel();
    let error = evaluated(&folders, Selection::default(), &RunOptions { cancel, ..RunOptions::default() });
    assert!(matches!(error, Err(EvalError::Cancelled)), "{error:?}");
}

#[test]
fn what_goes_wrong_has_a_type() {
    let folders = Folders::new();
    let none = pair_folders(&folders.path("none"), &folders.path("none"));
    assert!(matches!(none, Err(PairingError::Folder { .. })), "{none:?}");
    std::fs::write(folders.path("pred/case_1.nii.gz"), "no image").unwrap();
    let found = evaluated(&folders, Selection::default(), &RunOptions::default()).unwrap();
    assert!(matches!(&found.failures[..], [failure] if matches!(failure.error, EvalError::Labels(_))), "{found:?}");
    // Of a single pair the failure is the error.
    let pairing = pair_files(&folders.path("truth/case_1.nii.gz"), &folders.path("pred/case_1.nii.gz"));
    let cohort = Cohort::new(pairing, Rules::default(), Selection::default()).unwrap();
    assert!(matches!(cohort.run(&engine(), &RunOptions::default()), Err(EvalError::Labels(_))));
}

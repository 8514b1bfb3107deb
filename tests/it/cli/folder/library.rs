//! The evaluator as a library, beside the command that is made of it.

use super::Cohort as Folders;
use crate::cli::text;
use std::cell::Cell;
use std::path::Path;
use voxdice::eval::{
    Cancel, CasePair, Cohort, EvalError, Evaluation, Event, MissingRule, PairingError, Partial, Rules, RunOptions,
    ScoreChoices, Scoring, Selection, Shard, Source, WORST, merge, pair_files, pair_folders, pair_inputs, pictures,
};
use voxdice::io::Input;
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
    let pictures = pictures::worst(&summary, WORST, &Cancel::default()).unwrap();
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    assert_eq!(report::nnunet_summary(&summary), read(summary_file));
    assert_eq!(report::csv(&summary), read(rows_file));
    assert_eq!(report::html(&summary, &pictures, &Facts), read(page_file));
    assert_eq!(report::json(&summary, &Facts), written);
}

/// What a page in a browser does: all files are bytes under a name, and there is no disk.
#[test]
fn bytes_are_evaluated_as_their_files_are() {
    let folders = Folders::new();
    // Two files to a case, and names on one side.
    let header =
        "ObjectType = Image\nNDims = 3\nDimSize = 4 3 1\nElementType = MET_UCHAR\nElementDataFile = case_9.raw\n";
    for half in ["truth", "pred"] {
        std::fs::write(folders.path(&format!("{half}/case_9.mhd")), header).unwrap();
        std::fs::write(folders.path(&format!("{half}/case_9.raw")), [0, 1, 2, 3, 0, 0, 1, 1, 2, 2, 3, 3]).unwrap();
    }
    let report = |evaluation: &Evaluation| {
        let summary = evaluation.summarize(Scoring::default());
        let pictures = pictures::worst(&summary, WORST, &Cancel::default()).unwrap();
        [report::json(&summary, &Facts).to_string(), report::html(&summary, &pictures, &Facts)]
    };
    let from_disk = report(&evaluated(&folders, Selection::default(), &RunOptions::default()).unwrap());
    let side = |half: &str| -> Vec<Input> {
        let mut files: Vec<_> =
            std::fs::read_dir(folders.path(half)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let bytes = |path: &Path| std::fs::read(path).unwrap();
        let is_map = |path: &&std::path::PathBuf| path.extension().is_some_and(|end| end != "raw");
        let input = |path: &std::path::PathBuf| match path.extension().is_some_and(|end| end == "mhd") {
            true => {
                Input::bytes(path, bytes(path)).with(path.with_extension("raw"), bytes(&path.with_extension("raw")))
            }
            false => Input::bytes(path, bytes(path)),
        };
        files.iter().filter(is_map).map(input).collect()
    };
    let pairing = pair_inputs(side("truth"), side("pred"));
    for half in ["truth", "pred"] {
        std::fs::remove_dir_all(folders.path(half)).unwrap();
    }
    let cohort = Cohort::new(pairing, Rules::default(), Selection::default()).unwrap();
    let evaluation = cohort.run(&engine(), &RunOptions::default()).unwrap();
    assert_eq!((evaluation.cases.len(), evaluation.failures.len()), (5, 0));
    assert_eq!(report(&evaluation), from_disk);
}

/// Masks and segments are read class by class from the same bytes.
#[test]
fn masks_and_segments_of_bytes_are_a_case() {
    let header = "NRRD0005\ntype: uchar\ndimension: 3\nsizes: 3 1 1\nspace: ras\nspace directions: (1,0,0) (0,1,0) (0,0,1)\n\
                  space origin: (0,0,0)\nencoding: raw\n";
    let file = |name: &str, more: &str, voxels: [u8; 3]| {
        Input::bytes(name, [header.as_bytes(), more.as_bytes(), b"\n", &voxels].concat())
    };
    let segments = "Segment0_Name:=liver\nSegment0_LabelValue:=4\nSegment1_Name:=spleen\nSegment1_LabelValue:=7\n";
    let mut pairing = pair_inputs([], []);
    let masks = [("liver", [1, 1, 0]), ("spleen", [0, 0, 255])];
    let files = masks.map(|(name, voxels)| (name.to_owned(), file(&format!("truth/{name}.nrrd"), "", voxels)));
    let truth = Source::Masks { folder: "truth".into(), files: files.to_vec() };
    let pred = Source::File(file("pred.seg.nrrd", segments, [4, 0, 7]));
    pairing.pairs.push(CasePair { name: "a".into(), truth, pred });
    let cohort = Cohort::new(pairing, Rules::default(), Selection::default()).unwrap();
    let found = cohort.run(&engine(), &RunOptions::default()).unwrap();
    let counts = |class: usize| {
        let (class, counts) = &found.cases[0].counts[class];
        (class.display(), counts.tp(), counts.n_truth(), counts.n_pred(), counts.n())
    };
    assert_eq!([counts(0), counts(1)], [("liver", 1, 2, 1, 3), ("spleen", 1, 1, 1, 3)]);
}

#[test]
fn shards_are_joined_without_a_file() {
    let folders = Folders::new();
    let parts = (1..=3).map(|index| {
        let shard = Shard::new(index, 3);
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
    let found =
        evaluated(&folders, Selection { missing: MissingRule::Zero, ..Selection::default() }, &options).unwrap();
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
    assert!(matches!(&found.failures[..], [failure] if matches!(failure.error, EvalError::File(_))), "{found:?}");
    // Of a single pair the failure is the error.
    let pairing = pair_files(folders.path("truth/case_1.nii.gz"), folders.path("pred/case_1.nii.gz"));
    let cohort = Cohort::new(pairing, Rules::default(), Selection::default()).unwrap();
    assert!(matches!(cohort.run(&engine(), &RunOptions::default()), Err(EvalError::File(_))));
}

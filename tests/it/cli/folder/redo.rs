//! Some cases alone: chosen by name, and joined with what another run found.

use super::{Cohort, cases, listed};
use crate::cli::{fails, run, stderr, stdout, text};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

fn troubled() -> Cohort {
    let cohort = Cohort::new();
    fs::rename(cohort.path("pred/case_1.nii.gz"), cohort.path("away.nii.gz")).unwrap();
    fs::write(cohort.path("pred/case_2.nii.gz"), "broken").unwrap();
    cohort
}

fn mend(cohort: &Cohort) {
    fs::rename(cohort.path("away.nii.gz"), cohort.path("pred/case_1.nii.gz")).unwrap();
    cohort.map("pred/case_2.nii.gz", &cohort.labels(2, 1));
}

fn result(cohort: &Cohort, name: &str, code: i32, more: &[&str]) -> PathBuf {
    let file = cohort.path(name);
    fs::write(&file, cohort.json(code, more).to_string()).unwrap();
    file
}

fn merged(parts: &[&PathBuf]) -> (Option<i32>, Value) {
    let paths = parts.iter().map(|part| text(part));
    let output = run(["merge", "--format", "json"].into_iter().chain(paths));
    (output.status.code(), serde_json::from_str(&stdout(&output)).unwrap())
}

#[test]
fn what_was_mended_is_no_finding_of_the_whole() {
    let cohort = troubled();
    let before = result(&cohort, "before.json", 1, &[]);
    let shown = stdout(&cohort.eval(&[]));
    assert!(shown.contains("2 of 4 cases; means over defined values"), "{shown}");
    mend(&cohort);
    let redo = result(&cohort, "redo.json", 0, &["--cases", "case_[12]"]);
    let (code, found) = merged(&[&before, &redo]);
    assert_eq!((code, found), (Some(0), cohort.json(0, &[])));
    // In the other order too.
    assert_eq!(merged(&[&redo, &before]).0, Some(0));

    // What is still broken stays, once.
    let cohort = troubled();
    let before = result(&cohort, "before.json", 1, &[]);
    fs::rename(cohort.path("away.nii.gz"), cohort.path("pred/case_1.nii.gz")).unwrap();
    let redo = result(&cohort, "redo.json", 1, &["--cases", "case_[12]"]);
    let (code, found) = merged(&[&before, &redo]);
    assert_eq!((code, &found), (Some(1), &cohort.json(1, &[])));
    assert_eq!(listed(&found, "failures", "case"), ["case_2"]);
}

/// A prediction that was counted as empty gives way to the one that came later; two that were read do not.
#[test]
fn a_prediction_that_came_later_takes_the_place_of_an_empty_one() {
    let cohort = troubled();
    let before = result(&cohort, "before.json", 1, &["--missing", "zero"]);
    mend(&cohort);
    let redo = result(&cohort, "redo.json", 0, &["--missing", "zero", "--cases", "case_[12]"]);
    assert_eq!(merged(&[&before, &redo]), (Some(0), cohort.json(0, &["--missing", "zero"])));
    let again = run(["merge", text(&redo), text(&redo)]);
    assert!(stderr(&again).contains("name each result once"), "{}", stderr(&again));
}

#[test]
fn names_that_no_case_has_are_told() {
    let cohort = Cohort::new();
    let list = cohort.path("list.txt");
    fs::write(&list, "case_3\r\ncase_1.nii.gz\r\ncase_9\r\n").unwrap();
    let found = cohort.json(1, &["--cases", text(&list)]);
    assert_eq!(
        (cases(&found), listed(&found, "failures", "case")),
        (vec!["case_1".into(), "case_3".into()], vec!["case_9".to_owned()])
    );
    assert!(stderr(&cohort.eval(&["--cases", text(&list)])).contains("case_9: "));
    assert_eq!(cases(&cohort.json(0, &["--cases", "case_1|case_2"])), ["case_1", "case_2"]);
    let (truth, pred) = (cohort.path("truth"), cohort.path("pred"));
    let eval =
        |cases: &str| ["eval".to_owned(), text(&truth).into(), text(&pred).into(), "--cases".into(), cases.into()];
    fails(2, &["--cases fits none of the 4 names", "case_0", "whole names"], eval("case"));
    fails(2, &["is no pattern", "case_00[378]"], eval("("));
    fs::write(&list, "\n").unwrap();
    fails(2, &["list.txt: there is no name of a case"], eval(text(&list)));
    let file = |half: &str| cohort.path(&format!("{half}/case_0.nii.gz"));
    let (truth, pred) = (file("truth"), file("pred"));
    fails(2, &["--cases is for two folders"], ["eval", text(&truth), text(&pred), "--cases", "case_0"]);
}

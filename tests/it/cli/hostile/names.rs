//! Names that are no words: outputs stay what they are, and the terminal is not written to by whoever named a file.

use super::{Cohort, commands_in, run_in, stderr, stdout, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

/// Without their ending.
const NAMES: [&[u8]; 18] = [
    b"line\nbreak",
    b"esc\x1b[2J\x1b]0;title\x07",
    b"c1\xc2\x9b31m",
    b"del\x7f",
    b"right-to-left\xe2\x80\xaegpj",
    b"not text \xff",
    b"not text \xfe",
    b" ",
    b"quo\"te",
    b"apo's",
    b"com,ma",
    b"--dash",
    b"-o",
    b"<script>alert(1)<",
    b"&amp;",
    b"$(touch pwned)",
    b"Case",
    b"case",
];

/// A cohort of these names: one prediction of the worst name is missing, one is extra, one is broken.
fn odd() -> Cohort {
    let cohort = Cohort::new();
    for half in ["truth", "pred"] {
        let folder = cohort.path(half);
        let map = fs::read(folder.join("case_0.nii.gz")).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        for name in NAMES {
            fs::write(folder.join(OsStr::from_bytes(&[name, b".nii.gz"].concat())), &map).unwrap();
        }
    }
    let pred = cohort.path("pred");
    fs::remove_file(pred.join(OsStr::from_bytes(b"esc\x1b[2J\x1b]0;title\x07.nii.gz"))).unwrap();
    fs::copy(pred.join("case.nii.gz"), pred.join("extra\u{1b}[31m.nii.gz")).unwrap();
    fs::write(pred.join("line\nbreak.nii.gz"), "broken").unwrap();
    cohort
}

const EVALUATED: usize = NAMES.len() - 2;

#[test]
fn every_output_of_odd_names_can_be_read_and_shown() {
    let cohort = odd();
    let folder = cohort.path("");
    let eval = |form: &str, more: &[&str]| {
        let output = run_in(&folder, &[&["eval", "truth", "pred", "--format", form], more].concat());
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        for shown in [stdout(&output), stderr(&output)] {
            assert_eq!(commands_in(&shown), "", "{form}: {shown:?}");
        }
        stdout(&output)
    };
    let table = eval("table", &["-o", "s.json", "--csv", "c.csv", "--html", "h.html"]);
    assert!(table.contains("1 missing prediction: esc\u{fffd}[2J\u{fffd}]0;title\u{fffd}"), "{table}");

    let found: Value = serde_json::from_str(&eval("json", &[])).unwrap();
    let names: BTreeSet<&str> =
        found["voxdice"]["cases"].as_array().unwrap().iter().map(|case| case["case"].as_str().unwrap()).collect();
    assert_eq!(names.len(), EVALUATED, "each case has a name of its own: {names:?}");
    for name in ["not text \u{fffd}.nii.gz", "not text \u{fffd}.nii.gz (2)", "Case", "case", " ", "--dash", "com,ma"] {
        assert!(names.contains(name), "{name}: {names:?}");
    }
    let summary: Value = serde_json::from_str(&fs::read_to_string(folder.join("s.json")).unwrap()).unwrap();
    assert_eq!(summary["metric_per_case"].as_array().unwrap().len(), EVALUATED);

    let csv = fs::read_to_string(folder.join("c.csv")).unwrap();
    assert_eq!(csv, eval("csv", &[]));
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3 * EVALUATED);
    let in_csv: BTreeSet<&str> = rows.iter().map(|row| &row[0]).collect();
    assert_eq!(in_csv, names);

    let html = fs::read_to_string(folder.join("h.html")).unwrap();
    assert_eq!(commands_in(&html), "");
    assert!(html.contains("&lt;script&gt;alert(1") && !html.contains("<script>alert(1"));
    assert!(!folder.join("pwned").exists());
}

/// A result holds its cases by name, so that two of one name would be refused.
#[test]
fn results_of_odd_names_can_be_merged() {
    let cohort = odd();
    let folder = cohort.path("");
    let mut parts = Vec::new();
    for shard in ["1/2", "2/2"] {
        let output = run_in(&folder, &["eval", "truth", "pred", "--format", "json", "--shard", shard]);
        let part = format!("part{}.json", &shard[..1]);
        fs::write(folder.join(&part), &output.stdout).unwrap();
        parts.push(part);
    }
    let merged = run_in(&folder, &["merge", &parts[0], &parts[1], "--format", "csv"]);
    assert_eq!(merged.status.code(), Some(1), "{}", stderr(&merged));
    let whole = run_in(&folder, &["eval", "truth", "pred", "--format", "csv"]);
    assert_eq!(stdout(&merged), stdout(&whole));
}

#[test]
fn no_command_shows_a_name_as_it_is() {
    let cohort = odd();
    let folder = cohort.path("truth");
    let [odd, other] = ["esc\u{1b}[2J\u{1b}]0;title\u{7}.nii.gz", "right-to-left\u{202e}gpj.nii.gz"];
    let none = "none\u{1b}[31m.nii.gz";
    let arguments: [&[&str]; 7] = [
        &["info", odd, other],
        &["info", none],
        &["eval", odd, other],
        &["eval", odd, none],
        &["eval", odd, other, "-o", "x\u{1b}y/z.json"],
        &["loss", odd, other, "--grad", "g\u{1b}[1m.npy"],
        &["demo", "--out", "d\u{1b}[1m"],
    ];
    for arguments in arguments {
        let output = run_in(&folder, arguments);
        let shown = stdout(&output) + &stderr(&output);
        assert_eq!(commands_in(&shown), "", "{arguments:?}: {shown:?}");
        assert!(shown.contains('\u{fffd}'), "{arguments:?}: {shown:?}");
    }
    // Names of classes come from files of others as well.
    let dataset = cohort.path("dataset.json");
    fs::write(&dataset, r#"{"labels": {"background": 0, "a\u001b[2J\nb": 1, "c\u009b": 2}}"#).unwrap();
    for form in ["table", "csv", "json"] {
        let output = run_in(&folder, &["eval", odd, other, "--dataset", text(&dataset), "--format", form]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(commands_in(&(stdout(&output) + &stderr(&output))), "", "{form}");
    }
}

//! Exit codes, and what is said with them.

use super::{Files, corpus, fails, gpu, run, stderr, text};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

#[test]
fn wrong_usage_is_exit_2() {
    let files = Files::new();
    let [truth, pred] = files.pair();
    let (truth, pred) = (text(&truth), text(&pred));
    for (part, arguments) in [
        ("not provided", vec!["eval", truth]),
        (
            "(did you mean dice?); known are all (those of counts and volumes), dice, iou, precision",
            vec!["eval", truth, pred, "--metrics", "dice,dise"],
        ),
        ("`hausdorff` is no metric; known are", vec!["eval", truth, pred, "--metrics", "dice,hausdorff"]),
        ("(did you mean deepmind?)", vec!["eval", truth, pred, "--metrics", "hd95", "--surface", "depmind"]),
        ("(did you mean brats23-gli?)", vec!["eval", truth, pred, "--like", "brats23_gli"]),
        ("(did you mean nnunet?)", vec!["eval", truth, pred, "--like", "nnunett"]),
        ("(did you mean components?)", vec!["eval", truth, pred, "--instances", "component"]),
        ("(did you mean greedy?)", vec!["eval", truth, pred, "--instances", "components", "--match", "greedi"]),
        ("`liver` is not a label", vec!["eval", truth, pred, "-l", "1,liver"]),
        ("runs backwards", vec!["eval", truth, pred, "-l", "9-5"]),
        ("possible values: nan, one, zero", vec!["eval", truth, pred, "--empty", "two"]),
        ("unrecognized subcommand", vec!["evaluate"]),
        ("99999999999 resamples are too many", vec!["eval", truth, pred, "--bootstrap", "99999999999"]),
        ("--adapter names a GPU", vec!["eval", truth, pred, "--backend", "cpu", "--adapter", "0"]),
        ("there is no folder", vec!["eval", truth, pred, "-o", "no/such/folder/summary.json"]),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(part), "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn files_that_cannot_be_evaluated_are_exit_2() {
    let files = Files::new();
    let [truth, pred] = files.pair();
    let (truth, pred) = (text(&truth), text(&pred));
    let none = files.path("none.nii.gz");
    fails(2, &["none.nii.gz: no such file; check the name and the folder"], ["eval", truth, text(&none)]);
    // What the system says would say it again.
    assert!(!stderr(&run(["eval", truth, text(&none)])).contains("os error"));
    fails(2, &["none.nii.gz: no such file"], ["info", text(&files.path("none.nii.gz"))]);

    let folder = files.path("x.nii.gz");
    std::fs::create_dir(&folder).unwrap();
    fails(2, &["x.nii.gz", "folder", "name two files or two folders"], ["eval", truth, text(&folder)]);
    fails(2, &["x.nii.gz", "folder"], ["info", text(&folder)]);
    fails(2, &["folder"], ["eval", truth, pred, "-o", text(&folder)]);

    let cut = files.path("cut.nii.gz");
    let whole = std::fs::read(truth).unwrap();
    std::fs::write(&cut, &whole[..whole.len() - 9]).unwrap();
    fails(2, &["cut.nii.gz", "gzip"], ["eval", truth, text(&cut)]);

    let other = files.map("other.nii", &[3, 4, 1], &[0u8; 12]);
    fails(2, &["4 x 3 x 1", "3 x 4 x 1", "resample"], ["eval", truth, text(&other)]);
    let empty = files.map("empty.nii", &[4, 3, 1], &[0u8; 12]);
    fails(2, &["label other than 0", "--labels"], ["eval", text(&empty), text(&empty)]);
}

#[test]
fn nothing_is_written_when_a_run_fails() {
    let Some(bad) = corpus("f32_not_labels.nii") else { return };
    let files = Files::new();
    let [summary, table] = ["summary.json", "table.csv"].map(|name| files.path(name));
    fails(2, &["whole number"], ["eval", text(&bad), text(&bad), "-o", text(&summary), "--csv", text(&table)]);
    assert_eq!(std::fs::read_dir(files.0.path()).unwrap().count(), 0);
}

#[test]
fn a_device_that_is_not_there_is_exit_3() {
    let files = Files::new();
    let [truth, pred] = files.pair();
    for more in [["--adapter", "no such adapter"], ["--adapter", "999"]] {
        fails(3, &["error: "], ["eval", text(&truth), text(&pred)].iter().chain(&more));
        fails(3, &["error: "], ["verify"].iter().chain(&more));
        fails(3, &["error: "], ["demo"].iter().chain(&more));
    }
    if !gpu() && std::env::var("VOXDICE_TEST_GPU").as_deref() != Ok("off") {
        fails(3, &["error: "], ["eval", text(&truth), text(&pred), "--backend", "gpu"]);
        fails(3, &["error: "], ["eval", text(&truth), text(&pred), "--verify"]);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let files = Files::new();
    // More labels than a pipe holds bytes, so that the command is still writing when the reader leaves.
    let labels: Vec<u16> = (0..20_000).collect();
    let map = files.map("many.nii", &[200, 100], &labels);
    let mut child = Command::new(env!("CARGO_BIN_EXE_voxdice"))
        .args(["eval", text(&map), text(&map), "--quiet"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("truth"));
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

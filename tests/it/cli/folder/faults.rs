//! What goes wrong around a run: files, rights, disks, signals.

use super::{Cohort, cases, listed, names_in};
use crate::cli::{Files, stderr, stdout, text};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

#[test]
fn one_bad_file_is_told_and_the_others_go_on() {
    let cohort = Cohort::new();
    let bytes = fs::read(cohort.path("pred/case_0.nii.gz")).unwrap();
    fs::write(cohort.path("pred/case_0.nii.gz"), &bytes[..bytes.len() - 12]).unwrap();
    fs::remove_file(cohort.path("pred/case_1.nii.gz")).unwrap();
    fs::create_dir(cohort.path("pred/case_1.nii.gz")).unwrap();
    fs::remove_file(cohort.path("pred/case_2.nii.gz")).unwrap();
    std::os::unix::fs::symlink("nowhere", cohort.path("pred/case_2.nii.gz")).unwrap();
    let output = cohort.eval(&["--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let found = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(cases(&found), ["case_3"]);
    assert_eq!(listed(&found, "failures", "case"), ["case_0", "case_1", "case_2"]);
    let messages = listed(&found, "failures", "message");
    for (message, part) in messages.iter().zip(["ends", "folder", "a link to nowhere, which is not there"]) {
        assert!(message.contains("pred/case_") && message.contains(part), "{message}");
        assert!(stderr(&output).contains(message.as_str()), "{message} in {}", stderr(&output));
    }
}

#[test]
fn a_cohort_without_a_good_case_is_an_error() {
    let cohort = Cohort::new();
    for case in 0..4 {
        fs::write(cohort.path(&format!("pred/case_{case}.nii.gz")), "broken").unwrap();
    }
    let summary = cohort.path("summary.json");
    let output = cohort.eval(&["-o", text(&summary)]);
    assert_eq!((output.status.code(), &stdout(&output)[..]), (Some(2), ""));
    assert!(stderr(&output).contains("no case could be evaluated") && !summary.exists());
}

/// Root may read everything, so the command runs as somebody else there.
#[test]
fn a_file_that_may_not_be_read_is_told() {
    let cohort = Cohort::new();
    for folder in ["", "truth", "pred"] {
        fs::set_permissions(cohort.path(folder), fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::set_permissions(cohort.path("pred/case_2.nii.gz"), fs::Permissions::from_mode(0o000)).unwrap();
    let binary = cohort.path("voxdice");
    fs::copy(env!("CARGO_BIN_EXE_voxdice"), &binary).unwrap();
    let root = fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    let mut command = if root { Command::new("setpriv") } else { Command::new(&binary) };
    if root {
        command.args(["--reuid", "65534", "--clear-groups", text(&binary)]);
    }
    let output =
        command.args(["eval", "truth", "pred", "--format", "json"]).current_dir(cohort.path("")).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let found = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(listed(&found, "failures", "case"), ["case_2"]);
    let said = stderr(&output);
    assert!(said.contains("pred/case_2.nii.gz") && said.to_lowercase().contains("permission"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let cohort = Cohort::new();
    let summary = cohort.path("summary.json");
    for flag in ["-o", "--csv", "--html"] {
        let other = if flag == "-o" { "--csv" } else { "-o" };
        let output = cohort.eval(&[flag, "/dev/full", other, text(&summary)]);
        assert_eq!((output.status.code(), &stdout(&output)[..]), (Some(2), ""));
        let said = stderr(&output);
        assert!(said.contains("/dev/full: cannot be written") && said.contains("No space left"), "{said}");
        assert!(!summary.exists(), "{flag}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_voxdice"))
        .args(["eval", "truth", "pred"])
        .current_dir(cohort.path(""))
        .stdout(fs::File::options().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("standard output"), "{}", stderr(&output));
}

/// Ctrl-C, and what a cluster sends before it kills.
#[test]
fn an_interrupted_run_writes_nothing_and_says_so() {
    let files = Files::new();
    // Some seconds of work.
    let shape = [256, 256, 256];
    let voxels: Vec<u8> = (0..1u32 << 24).map(|i| (i / 700 % 9) as u8).collect();
    let map = files.map("map.nii.gz", &shape, &voxels);
    for half in ["truth", "pred"] {
        fs::create_dir(files.path(half)).unwrap();
        for case in 0..400 {
            fs::hard_link(&map, files.path(&format!("{half}/case_{case}.nii.gz"))).unwrap();
        }
    }
    let (truth, pred, summary) = (files.path("truth"), files.path("pred"), files.path("summary.json"));
    let before = names_in(&files.path(""));
    for signal in ["-INT", "-TERM"] {
        let a_while = |_: &mut dyn Read| std::thread::sleep(Duration::from_millis(600));
        interrupt(signal, a_while, &["eval", text(&truth), text(&pred), "-o", text(&summary)]);
        assert_eq!(names_in(&files.path("")), before);
    }
}

/// A minute of arithmetic, after all voxels are counted: the findings are told in between.
#[test]
fn a_run_is_interrupted_after_the_counting_too() {
    let cohort = Cohort::new();
    for case in 10..60 {
        for half in ["truth", "pred"] {
            cohort.map(&format!("{half}/case_{case}.nii.gz"), &cohort.labels(case, 0));
        }
    }
    fs::remove_file(cohort.path("pred/case_0.nii.gz")).unwrap();
    let (truth, pred, summary) = (cohort.path("truth"), cohort.path("pred"), cohort.path("summary.json"));
    let eval = ["eval", text(&truth), text(&pred), "-o", text(&summary)];
    let before = names_in(&cohort.path(""));
    let more = ["--metrics", "all", "--bootstrap", "1000000", "--backend", "cpu"];
    let told = |stderr: &mut dyn Read| {
        let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("case_0: no prediction")), "the counting is not over");
    };
    interrupt("-INT", told, &[&eval[..], &more].concat());
    assert_eq!(names_in(&cohort.path("")), before);
}

/// Sends the signal to a run when it is time.
fn interrupt(signal: &str, wait: impl FnOnce(&mut dyn Read), arguments: &[&str]) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_voxdice"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = child.stderr.take().unwrap();
    wait(&mut stderr);
    let signalled = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &stdout(&output)[..]), (Some(130), ""), "{signal}");
    let mut told = String::new();
    stderr.read_to_string(&mut told).unwrap();
    assert!(told.contains("interrupted; nothing was written"), "{told}");
}

#[test]
fn names_that_would_break_lines_or_are_no_text_are_cases_too() {
    use std::os::unix::ffi::OsStrExt;
    let cohort = Cohort::new();
    let odd = std::ffi::OsStr::from_bytes(b"a\nb\xff<&>.nii.gz");
    for half in ["truth", "pred"] {
        fs::rename(cohort.path(&format!("{half}/case_0.nii.gz")), cohort.path(half).join(odd)).unwrap();
    }
    let page = cohort.path("report.html");
    let output = cohort.eval(&["--html", text(&page), "--format", "csv"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("a\u{fffd}b\u{fffd}<&>,1,"), "{}", stdout(&output));
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.contains("b\u{fffd}&lt;&amp;&gt;") && !html.contains("b\u{fffd}<&>"));
}

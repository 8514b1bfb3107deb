//! Files that are none, and lists that are something else.

use super::{Cohort, run_in, says, stderr};
use std::fs;
use std::process::Command;

#[cfg(unix)]
#[test]
fn pipes_devices_and_links_in_circles_are_told_and_the_others_go_on() {
    let cohort = Cohort::new();
    let folder = cohort.path("");
    let link = |to: &str, name: &str| {
        let _ = fs::remove_file(folder.join(name));
        std::os::unix::fs::symlink(to, folder.join(name)).unwrap();
    };
    // A pipe that nobody writes to would be waited for without an end.
    fs::remove_file(folder.join("pred/case_0.nii.gz")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.join("pred/case_0.nii.gz")).status().unwrap().success());
    link("case_1.nii.gz", "pred/case_1.nii.gz");
    link("/dev/zero", "pred/case_2.nii.gz");
    link(".", "pred/here");
    let said = says(&folder, 1, &["eval", "truth", "pred", "-q"]);
    for part in [
        "pred/case_0.nii.gz: this is a pipe or a device",
        "pred/case_1.nii.gz: cannot open",
        "pred/case_2.nii.gz: this is a pipe",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert_eq!(said.lines().count(), 3, "{said}");
    for one in ["pred/case_0.nii.gz", "pred/case_1.nii.gz", "/dev/zero"] {
        for command in ["eval", "loss"] {
            assert!(says(&folder, 2, &[command, "truth/case_3.nii.gz", one]).contains(one));
        }
        assert!(says(&folder, 2, &["info", one]).contains(one));
    }
}

#[test]
fn files_of_no_bytes_are_empty_in_every_format() {
    let cohort = Cohort::new();
    let folder = cohort.path("");
    for ending in ["nii", "nii.gz", "hdr", "mha", "mhd", "nrrd", "nhdr", "npy"] {
        let name = format!("none.{ending}");
        fs::write(folder.join(&name), "").unwrap();
        let said = says(&folder, 2, &["eval", "truth/case_0.nii.gz", &name]);
        assert!(said.contains(&name) && said.contains("the file is empty"), "{said}");
    }
}

/// A folder that is not there is no file of masks.
#[test]
fn a_folder_with_a_slip_in_its_name_is_told() {
    let cohort = Cohort::new();
    let folder = cohort.path("");
    for (truth, pred, slip) in [("truth", "pret", "pret"), ("trush", "pred", "trush"), ("trush", "pret", "trush")] {
        let said = says(&folder, 2, &["eval", truth, pred]);
        assert!(said.starts_with(&format!("error: {slip}: no such f")), "{said}");
    }
    let said = says(&folder, 2, &["eval", "truth", "pred/case_0.nii.gz"]);
    assert!(said.contains("name two files or two folders"), "{said}");
}

/// What has no end must not be read to its end. With a limit of memory, so that a machine survives it where it is.
#[cfg(target_os = "linux")]
#[test]
fn lists_and_results_that_are_no_text_are_told_at_once() {
    let cohort = Cohort::new();
    let folder = cohort.path("");
    fs::write(folder.join("utf16.json"), b"\xff\xfe{\0}\0").unwrap();
    for (file, part) in [
        ("/dev/zero", "this is no text"),
        ("/dev/urandom", "/dev/urandom: "),
        ("truth/case_0.nii.gz", "this is no text"),
        ("utf16.json", "UTF-16"),
        ("truth", "this is a folder"),
        ("none.json", "none.json: cannot be read"),
    ] {
        for command in
            ["merge {}", "merge {} -o whole.json", "eval truth pred --dataset {}", "eval truth pred --pairs {}"]
        {
            let command = command.replace("{}", file);
            let limited = format!("ulimit -v 4000000; exec timeout 60 {} {command}", env!("CARGO_BIN_EXE_voxdice"));
            let output = Command::new("sh").args(["-c", &limited]).current_dir(&folder).output().unwrap();
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{command}: {said}");
            assert!(said.contains(part) && said.starts_with("error: "), "{command}: {said}");
        }
    }
}

/// As programs of Windows write text.
#[test]
fn a_mark_of_the_byte_order_is_no_part_of_a_list() {
    let cohort = Cohort::new();
    let folder = cohort.path("");
    fs::write(folder.join("pairs.csv"), "\u{feff}truth,pred\r\ncase_0.nii.gz,case_0.nii.gz\r\n").unwrap();
    fs::write(folder.join("dataset.json"), "\u{feff}{\"labels\": {\"background\": 0, \"a\": 1}}").unwrap();
    let arguments = ["eval", "truth", "pred", "--pairs", "pairs.csv", "--dataset", "dataset.json", "-o", "s.json"];
    says(&folder, 0, &arguments);
    let summary = fs::read_to_string(folder.join("s.json")).unwrap();
    fs::write(folder.join("s.json"), format!("\u{feff}{summary}")).unwrap();
    assert_eq!(run_in(&folder, &["merge", "s.json"]).status.code(), Some(0));
}

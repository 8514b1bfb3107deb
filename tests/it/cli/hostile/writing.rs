//! While results are written: runs that are killed, and two at once.

use super::{Cohort, Files, run_in, says, text};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Label maps of so many labels that their results take a while to write.
fn large() -> Files {
    let files = Files::new();
    let labels: Vec<u16> = (0..20_000).collect();
    files.map("truth.nii", &[200, 100], &labels);
    files.map("pred.nii", &[200, 100], &labels.iter().map(|label| label / 2 * 2).collect::<Vec<u16>>());
    files
}

fn start(folder: &Path, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_voxdice"))
        .current_dir(folder)
        .args(["eval", "truth.nii", "pred.nii", "-q", "--backend", "cpu"])
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Hidden files of results that never got their name.
fn leftovers(folder: &Path) -> Vec<String> {
    let names = crate::cli::folder::names_in(folder);
    names.into_iter().filter(|name| name.starts_with(".summary.json.") && name.ends_with(".part")).collect()
}

#[test]
fn a_run_that_is_killed_leaves_the_old_result_or_the_new_one() {
    let files = large();
    let folder = files.path("");
    let summary = folder.join("summary.json");
    assert!(start(&folder, &["-o", "summary.json"]).wait().unwrap().success());
    let new = fs::read(&summary).unwrap();
    // In the middle of writing there is a hidden file that holds something.
    let halves = || {
        let begun = |name: &String| fs::metadata(folder.join(name)).is_ok_and(|file| file.len() > 0);
        leftovers(&folder).iter().filter(|name| begun(name)).count()
    };
    for _ in 0..40 {
        fs::write(&summary, "old").unwrap();
        let before = halves();
        let mut child = start(&folder, &["-o", "summary.json"]);
        while child.try_wait().unwrap().is_none() && halves() == before {
            std::thread::sleep(Duration::from_micros(200));
        }
        // On Unix this is SIGKILL, of which no program hears.
        let _ = child.kill();
        child.wait().unwrap();
        let found = fs::read(&summary).unwrap();
        assert!(found == b"old" || found == new, "{} bytes", found.len());
        if halves() == 3 {
            break;
        }
    }
    let left = leftovers(&folder);
    assert!(!left.is_empty(), "no run was killed in the middle");
    // What is left lies beside the results, and is in nobody's way.
    assert!(start(&folder, &["-o", "summary.json"]).wait().unwrap().success());
    assert_eq!((fs::read(&summary).unwrap() == new, leftovers(&folder)), (true, left));
}

/// A hidden file in the folder of the cases is no case.
#[test]
fn leftovers_are_no_cases() {
    let cohort = Cohort::new();
    let folder = cohort.path("");
    for name in [".case_9.nii.gz.0.part", ".x.json.17-0.part", ".case_8.nii.gz"] {
        fs::write(folder.join("truth").join(name), "half").unwrap();
    }
    says(&folder, 0, &["eval", "truth", "pred", "-q", "-o", "truth/x.json"]);
    assert!(folder.join("truth/.x.json.17-0.part").exists(), "nobody else's file is touched");
}

#[test]
fn of_two_runs_at_once_one_whole_result_stays() {
    let files = large();
    let folder = files.path("");
    let choices: [&[&str]; 3] = [&["--empty", "nan"], &["--empty", "one", "-l", "1-15000"], &["-l", "5-19000"]];
    let wanted: Vec<Vec<u8>> = choices
        .iter()
        .map(|choice| {
            assert!(start(&folder, &[&["-o", "one.json"], *choice].concat()).wait().unwrap().success());
            fs::read(folder.join("one.json")).unwrap()
        })
        .collect();
    assert!(wanted[0] != wanted[1] && wanted[1] != wanted[2]);
    for _ in 0..3 {
        let mut running: Vec<Child> =
            choices.iter().map(|choice| start(&folder, &[&["-o", "summary.json"], *choice].concat())).collect();
        assert!(running.iter_mut().all(|child| child.wait().unwrap().success()));
        let found = fs::read(folder.join("summary.json")).unwrap();
        assert!(wanted.contains(&found), "{} bytes", found.len());
        assert_eq!(leftovers(&folder), [""; 0]);
    }
}

/// The longest name that a file can have.
#[test]
fn long_names_are_names_too() {
    let cohort = Cohort::new();
    let folder = cohort.path("");
    let name = format!("{}.json", "n".repeat(250));
    assert_eq!(run_in(&folder, &["eval", "truth", "pred", "-o", &name]).status.code(), Some(0));
    assert!(folder.join(&name).exists());
    let case = format!("{}.nii.gz", "é".repeat(120));
    for half in ["truth", "pred"] {
        fs::rename(folder.join(half).join("case_0.nii.gz"), folder.join(half).join(&case)).unwrap();
    }
    says(&folder, 0, &["eval", "truth", "pred", "--html", text(&folder.join("h.html"))]);
}

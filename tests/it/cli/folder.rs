//! Folders of cases.

use super::{Files, run, stderr, stdout, text};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;

mod corpus;
#[cfg(unix)]
mod faults;
mod kinds;
mod library;
#[cfg(target_os = "linux")]
mod memory;
mod missing;
mod names;
mod outputs;
mod pairs;
mod pictures;
mod redo;
mod shards;
mod sides;
mod sources;
mod unread;

/// A cohort of four small cases, each of 24 voxels, below `truth` and `pred`.
pub(super) struct Cohort(pub(super) Files);

impl Cohort {
    pub(super) fn new() -> Self {
        let files = Files::new();
        for half in ["truth", "pred"] {
            std::fs::create_dir(files.path(half)).unwrap();
        }
        let cohort = Self(files);
        for case in 0..4u8 {
            let truth = cohort.labels(case, 0);
            let pred = cohort.labels(case, 1 + case % 2);
            cohort.map(&format!("truth/case_{case}.nii.gz"), &truth);
            cohort.map(&format!("pred/case_{case}.nii.gz"), &pred);
        }
        cohort
    }

    /// Labels 0 to 3; a shift makes a prediction of a truth.
    pub(super) fn labels(&self, case: u8, shift: u8) -> [u8; 24] {
        std::array::from_fn(|i| (i as u8 + shift + case) / 5 % 4)
    }

    fn map(&self, name: &str, voxels: &[u8]) -> PathBuf {
        self.0.map(name, &[4, 3, 2], voxels)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    /// Runs `voxdice eval truth pred` with more arguments.
    pub(super) fn eval(&self, more: &[&str]) -> Output {
        let (truth, pred) = (self.path("truth"), self.path("pred"));
        run(["eval", text(&truth), text(&pred)].iter().chain(more))
    }

    /// The same in two shards, whose results are written to files.
    pub(super) fn halves(&self, more: &[&str]) -> [PathBuf; 2] {
        ["1/2", "2/2"].map(|shard| {
            let path = self.path(&format!("part{}.json", &shard[..1]));
            std::fs::write(&path, self.eval(&[more, &["--shard", shard]].concat()).stdout).unwrap();
            path
        })
    }

    /// The JSON of a run that must end with this exit code.
    fn json(&self, code: i32, more: &[&str]) -> Value {
        let output = self.eval(&[&["--format", "json"], more].concat());
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        serde_json::from_str(&stdout(&output)).unwrap()
    }
}

/// What a list in the object `voxdice` names, sorted.
fn listed(found: &Value, list: &str, key: &str) -> Vec<String> {
    let entries = found["voxdice"][list].as_array().unwrap();
    entries.iter().map(|entry| entry[key].as_str().unwrap().to_owned()).collect()
}

/// The names of the cases that were evaluated.
fn cases(found: &Value) -> Vec<String> {
    listed(found, "cases", "case")
}

/// Every file in a folder but hidden ones that were there before.
pub(super) fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into()).collect();
    names.sort();
    names
}

//! The `voxdice` command, run as users run it.

use assert_cmd::Command;
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;
use voxdice::io::nifti::{Geometry, Voxel, write};

mod agree;
mod archives;
mod colours;
mod commands;
mod compare;
#[cfg(unix)]
mod documented;
mod eval;
mod failures;
pub mod flags;
pub mod folder;
mod formats;
#[cfg(unix)]
mod hostile;
mod info;
mod lattice;
mod lesion_maps;
mod lesion_surfaces;
mod lesion_words;
mod lesions;
mod loss;
#[cfg(target_os = "linux")]
mod memory;
mod pictures;
mod real;
mod surfaces;
mod topology;
mod values;

/// Runs the command to its end.
fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    let arguments: Vec<std::ffi::OsString> = arguments.into_iter().map(|word| word.as_ref().to_owned()).collect();
    let output = Command::cargo_bin("voxdice").unwrap().args(&arguments).output().unwrap();
    let words: Vec<String> = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    flags::check(&words, &stderr(&output));
    output
}

/// What a terminal of so many columns shows of a run that must have ended well.
fn in_columns<S: AsRef<OsStr>>(columns: usize, arguments: impl IntoIterator<Item = S>) -> String {
    let mut command = Command::cargo_bin("voxdice").unwrap();
    let output = command.args(arguments).env("COLUMNS", columns.to_string()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The result of a run that must have ended well.
fn fine<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output)
}

fn json<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Value {
    serde_json::from_str(&fine(arguments)).unwrap()
}

/// A run that must fail with this code, nothing on stdout, and one line on stderr that holds all of `parts`.
fn fails<S: AsRef<OsStr>>(code: i32, parts: &[&str], arguments: impl IntoIterator<Item = S>) {
    let output = run(arguments);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert_eq!(stdout(&output), "", "{text}");
    // Drivers print lines of their own.
    let line = text.lines().find(|line| parts.iter().all(|part| line.contains(part)));
    assert!(line.is_some_and(|line| line.starts_with("error: ")), "{parts:?} in {text}");
}

/// A folder of small label maps.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn map<T: Voxel>(&self, name: &str, shape: &[u64], voxels: &[T]) -> PathBuf {
        let path = self.path(name);
        write(&path, shape, &Geometry::from_spacing([0.5, 0.75, 2.0]), voxels).unwrap();
        path
    }

    /// Labels 1 and 2 of a map as masks of classes `c1` and `c2`, below this folder.
    fn masks(&self, folder: &str, map: &Path) -> PathBuf {
        let folder = self.path(folder);
        let image = voxdice::io::labels::read(map).unwrap();
        let voxdice::io::labels::Labels::U8(labels) = &image.labels else { unreachable!() };
        std::fs::create_dir_all(folder.join("case")).unwrap();
        for label in [1, 2] {
            let mask: Vec<u8> = labels.iter().map(|&own| u8::from(own == label)).collect();
            let path = folder.join(format!("case/c{label}.nii"));
            write(path, &image.shape, &image.geometry.unwrap(), &mask).unwrap();
        }
        folder
    }

    /// Truth and prediction whose counts can be told by looking: label 3 is in neither.
    fn pair(&self) -> [PathBuf; 2] {
        let truth = self.map("truth.nii.gz", &[4, 3, 1], &[0u8, 1, 1, 2, 0, 1, 1, 2, 0, 0, 0, 2]);
        let pred = self.map("pred.nii", &[4, 3, 1], &[0u8, 1, 1, 2, 0, 1, 2, 2, 0, 0, 0, 0]);
        [truth, pred]
    }
}

/// A file of the shared corpus.
fn corpus(name: &str) -> Option<PathBuf> {
    Some(crate::shared::shared()?.join("data/nifti").join(name))
}

/// Whether to run what needs a GPU.
fn gpu() -> bool {
    crate::engines::gpu::available()
}

/// The arguments of every backend that can be tested here.
fn backends() -> Vec<&'static str> {
    if gpu() { vec!["auto", "cpu", "gpu"] } else { vec!["auto", "cpu"] }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

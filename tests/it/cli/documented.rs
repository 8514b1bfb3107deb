//! Every command that the README, the documentation and `--help` show is run, in a folder with files of the names they use.

use super::folder::Cohort;
use super::{Files, fine, gpu, run, stderr, stdout, text};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Commands for whoever builds the project, whose tests these are; and two that take long, which
/// other tests run on less.
const ELSEWHERE: [&str; 6] = [
    ".ci/test",
    "cargo install --path .",
    "cargo install --path . --no-default-features --features cli,parallel",
    "cargo bench",
    "voxdice verify --adapter llvmpipe",
    "voxdice bench",
];

/// A command and what is shown below it.
#[derive(Debug)]
struct Shown {
    command: String,
    output: Vec<String>,
    place: String,
}

/// The commands in the `console` blocks of a text.
fn in_consoles(name: &str, text: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            let command = command.split(" #").next().unwrap_or(command).trim().to_owned();
            shown.push(Shown { command, output: Vec::new(), place: name.into() });
        } else if inside && !line.trim().is_empty() {
            shown.last_mut().unwrap().output.push(line.trim_end().into());
        }
    }
    shown
}

/// The examples at the end of `--help`.
fn in_help(command: &str) -> Vec<Shown> {
    let help = fine([command, "--help"]);
    let start = help.find("Example").unwrap();
    let examples = help[start..].lines().filter_map(|line| {
        let line = line.trim_start_matches("Example:").trim();
        line.starts_with("voxdice ").then(|| line.to_owned())
    });
    examples.map(|line| Shown { command: line, output: Vec::new(), place: format!("{command} --help") }).collect()
}

/// Files of the names that are used.
fn sandbox() -> Cohort {
    let cohort = Cohort::new();
    let files = &cohort.0;
    fs::rename(cohort.path("truth"), cohort.path("labelsTs")).unwrap();
    fs::rename(cohort.path("pred"), cohort.path("predictions")).unwrap();
    fs::create_dir(cohort.path("renamed")).unwrap();
    let mut pairs = String::new();
    for case in 0..4 {
        let from = cohort.path(&format!("predictions/case_{case}.nii.gz"));
        fs::copy(&from, cohort.path(&format!("renamed/model_case_{case}_pred.nii.gz"))).unwrap();
        pairs.push_str(&format!("case_{case}.nii.gz,model_case_{case}_pred.nii.gz,case_{case}\n"));
    }
    fs::write(cohort.path("pairs.csv"), pairs).unwrap();
    fs::write(cohort.path("dataset.json"), r#"{"labels": {"background": 0, "a": 1, "b": 2, "c": 3}}"#).unwrap();
    let map = |name: &str, shift| files.map(name, &[4, 3, 2], &cohort.labels(0, shift));
    map("truth.nii.gz", 0);
    map("pred.nii.gz", 1);
    map("labels.nii.gz", 0);
    // Three channels, whether they come first or last.
    let soft = |shift: u32| (0..72).map(|i| ((i * 7 + shift) % 11) as f32 / 11.0).collect::<Vec<f32>>();
    for (name, shift) in [("truth.npy", 0), ("pred.npy", 1), ("logits.npy", 2)] {
        let axes = [1, 3, 2, 4, 3];
        voxdice::io::npy::write(cohort.path(name), &axes, voxdice::io::npy::Order::RowMajor, &soft(shift)).unwrap();
    }
    // Models to compare, and what `eval` wrote of them.
    fs::create_dir(cohort.path("predictions_b")).unwrap();
    for case in 0..4u8 {
        files.map(&format!("predictions_b/case_{case}.nii.gz"), &[4, 3, 2], &cohort.labels(case, 2 - case % 2));
    }
    let tables = cohort.path("docs/compare");
    fs::create_dir_all(&tables).unwrap();
    for name in ["unet.csv", "ours.csv"] {
        fs::write(tables.join(name), document(&format!("docs/compare/{name}"))).unwrap();
    }
    let truth = cohort.path("labelsTs");
    for (pred, names) in
        [("predictions", ["unet", "a"]), ("predictions_b", ["ours", "b"]), ("predictions_b", ["c", "d"])]
    {
        for name in names {
            let rows = cohort.path(&format!("{name}.csv"));
            let pred = cohort.path(pred);
            let whole = fine(["eval", text(&truth), text(&pred), "--format", "json", "--csv", text(&rows)]);
            fs::write(cohort.path(&format!("{name}.json")), whole).unwrap();
        }
    }
    let channels: Vec<f32> = (0..4 * 24).map(|i| (i * 5 % 13) as f32 / 13.0).collect();
    files.map("probabilities.nii.gz", &[4, 3, 2, 4], &channels);
    cohort
}

/// `parallel` of GNU, as far as the documentation uses it, for machines that do not have it.
const PARALLEL: &str = r#"#!/bin/sh
command=$1; shift; [ "$1" = ::: ] || exit 255; shift
for word; do sh -c "$(printf %s "$command" | sed "s/{}/$word/g")" || exit 1; done
"#;

struct Shell {
    folder: PathBuf,
    path: String,
}

impl Shell {
    fn new(folder: &Path) -> Self {
        let tools = folder.join("tools");
        fs::create_dir(&tools).unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_voxdice")).parent().unwrap().to_owned();
        let path = std::env::var("PATH").unwrap();
        let parallel = tools.join("parallel");
        fs::write(&parallel, PARALLEL).unwrap();
        let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        fs::set_permissions(&parallel, mode).unwrap();
        // Last, so that the real one goes first.
        Self { folder: folder.into(), path: format!("{}:{path}:{}", binary.display(), tools.display()) }
    }

    fn run(&self, command: &str) -> std::process::Output {
        Command::new("sh").args(["-c", command]).current_dir(&self.folder).env("PATH", &self.path).output().unwrap()
    }
}

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn every_command_that_is_shown_runs() {
    let cohort = sandbox();
    let shell = Shell::new(&cohort.path(""));
    let mut all = Vec::new();
    for name in ["docs/folders.md", "docs/losses.md", "docs/compare.md", "README.md"] {
        all.extend(in_consoles(name, &document(name)));
    }
    for command in ["eval", "merge", "compare", "loss", "info", "devices", "verify", "bench", "demo"] {
        let of_command = in_help(command);
        assert!(!of_command.is_empty(), "{command}");
        all.extend(of_command);
    }
    let mut seen = BTreeSet::new();
    let mut ran = 0;
    // The array of Slurm writes what `merge` reads.
    let script = document("docs/folders.md");
    let script = script.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    for task in 1..=4 {
        let output = shell.run(&format!("SLURM_ARRAY_TASK_ID={task}; {script}"));
        assert!(output.status.success(), "{}", stderr(&output));
    }
    for Shown { command, output: expected, place } in all {
        if ELSEWHERE.contains(&command.as_str()) || !seen.insert(command.clone()) {
            continue;
        }
        let needs_gpu = ["--backend gpu", "verify", "--adapter"].iter().any(|word| command.contains(word));
        if needs_gpu && !gpu() {
            continue;
        }
        let own = command.replace("cargo run --release -- ", "voxdice ");
        let output = shell.run(&own);
        assert_eq!(output.status.code(), Some(0), "{place}: {command}\n{}", stderr(&output));
        // What is shown is all of it, but for empty lines, and for the device, which is another one here.
        let is_shown = |line: &&str| !line.trim().is_empty() && !line.starts_with("counted exactly on");
        let printed = stdout(&output);
        let printed: Vec<&str> = printed.lines().map(str::trim_end).filter(is_shown).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).filter(is_shown).collect();
        assert!(expected.is_empty() || printed == expected, "{place}: {command}\n{}", stdout(&output));
        ran += 1;
    }
    // More than a dozen, or the blocks were not found.
    assert!(ran >= 20, "{ran}");
}

/// The command for what failed makes a part that fits the others.
#[test]
fn what_was_mended_is_merged_as_the_page_says() {
    let cohort = sandbox();
    let shell = Shell::new(&cohort.path(""));
    let page = document("docs/folders.md");
    let script = page.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let [merge, again] = ["voxdice merge part1.json", "--cases 'case_[12]'"].map(|part| {
        let found = in_consoles("page", &page).into_iter().find(|own| own.command.contains(part));
        found.unwrap().command
    });
    for case in [1, 2] {
        fs::rename(cohort.path(&format!("predictions/case_{case}.nii.gz")), cohort.path(&format!("{case}.nii.gz")))
            .unwrap();
    }
    let codes = (1..=4).map(|task| shell.run(&format!("SLURM_ARRAY_TASK_ID={task}; {script}")).status.code());
    assert!(codes.filter(|code| *code == Some(1)).count() >= 1, "a shard lacks a prediction");
    for case in [1, 2] {
        fs::rename(cohort.path(&format!("{case}.nii.gz")), cohort.path(&format!("predictions/case_{case}.nii.gz")))
            .unwrap();
    }
    for command in [again, merge.replace("part4.json", "part4.json part5.json")] {
        let output = shell.run(&command);
        assert_eq!(output.status.code(), Some(0), "{command}\n{}", stderr(&output));
    }
}

#[test]
fn a_command_that_is_wrong_would_be_noticed() {
    let shown =
        in_consoles("x", "```console\n$ voxdice eval a b  # why\n\n out\n```\n$ not this\n```sh\n$ nor this\n```");
    assert_eq!(shown.len(), 1);
    assert_eq!((&shown[0].command[..], &shown[0].output[..]), ("voxdice eval a b", &[" out".to_owned()][..]));
    let files = Files::new();
    let shell = Shell::new(&files.path(""));
    assert_eq!(shell.run("voxdice eval none.nii.gz none.nii.gz").status.code(), Some(2));
    assert_eq!(run(["eval", text(&files.path("none.nii.gz")), "none"]).status.code(), Some(2));
}

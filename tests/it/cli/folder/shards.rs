//! Parts of a cohort on several machines, and their merge.

use super::{Cohort, names_in};
use crate::cli::{Files, fails, run, stderr, stdout, text};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// A cohort with everything that can be wrong with one: missing, extra, broken, and another grid.
fn troubled() -> Cohort {
    let cohort = Cohort::new();
    for case in 4..9 {
        cohort.map(&format!("truth/case_{case}.nii.gz"), &cohort.labels(case, 0));
        cohort.map(&format!("pred/case_{case}.nii.gz"), &cohort.labels(case, 2));
    }
    fs::remove_file(cohort.path("pred/case_4.nii.gz")).unwrap();
    fs::remove_file(cohort.path("truth/case_5.nii.gz")).unwrap();
    fs::write(cohort.path("pred/case_6.nii.gz"), "broken").unwrap();
    cohort.0.map("pred/case_7.nii.gz", &[4, 3, 1], &[1u8; 12]);
    cohort
}

/// The results of all shards.
fn parts(cohort: &Cohort, of: u32, more: &[&str]) -> Vec<PathBuf> {
    let part = |index: u32| {
        let file = cohort.path(&format!("part{index}.json"));
        let shard = format!("{index}/{of}");
        let output = cohort.eval(&[&["--shard", &shard, "--format", "json"], more].concat());
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", stderr(&output));
        fs::write(&file, stdout(&output)).unwrap();
        file
    };
    (1..=of).map(part).collect()
}

fn merge(parts: &[PathBuf], more: &[&str]) -> std::process::Output {
    run(["merge"].into_iter().chain(parts.iter().map(|part| text(part))).chain(more.iter().copied()))
}

#[test]
fn merged_parts_are_what_one_run_writes() {
    let cohort = troubled();
    let files = |prefix: &str| ["summary.json", "cases.csv"].map(|name| cohort.path(&format!("{prefix}_{name}")));
    let arguments = |[summary, csv]: &[PathBuf; 2]| -> Vec<String> {
        ["-o", text(summary), "--csv", text(csv), "--format", "json"].map(String::from).to_vec()
    };
    for choices in
        [&[][..], &["--missing", "zero", "-l", "1-4", "--metrics", "dice,mcc,volume_truth_ml", "--seed", "7"]]
    {
        let (one, joined) = (files("one"), files("joined"));
        let whole = arguments(&one);
        let whole: Vec<&str> = whole.iter().map(String::as_str).chain(choices.iter().copied()).collect();
        let whole = cohort.eval(&whole);
        let parts = parts(&cohort, 3, choices);
        // In any order.
        let again = arguments(&joined);
        let again: Vec<&str> = again.iter().map(String::as_str).collect();
        let merged = merge(&[parts[2].clone(), parts[0].clone(), parts[1].clone()], &again);
        assert_eq!(merged.status.code(), whole.status.code(), "{}", stderr(&merged));
        assert_eq!(stdout(&merged), stdout(&whole));
        for (one, joined) in one.iter().zip(&joined) {
            assert_eq!(fs::read_to_string(one).unwrap(), fs::read_to_string(joined).unwrap());
        }
        let table = |output: std::process::Output| stdout(&output);
        let whole = cohort.eval(choices);
        assert_eq!(table(merge(&parts, &[])), table(whole));
    }
}

/// Counts are there, so scores may be chosen anew.
#[test]
fn scores_can_be_chosen_when_merging() {
    let cohort = Cohort::new();
    let parts = parts(&cohort, 2, &["-l", "1-4"]);
    let merged = merge(&parts, &["--metrics", "recall", "--empty", "one", "--format", "json"]);
    let merged: Value = serde_json::from_str(&stdout(&merged)).unwrap();
    let whole = cohort.json(0, &["-l", "1-4", "--metrics", "recall", "--empty", "one"]);
    assert_eq!(merged, whole);
}

#[test]
fn summaries_of_nnunet_can_be_merged_too() {
    let cohort = Cohort::new();
    let summary = cohort.path("summary.json");
    cohort.eval(&["-l", "1-4", "-o", text(&summary)]);
    let merged = merge(&[summary], &["--metrics", "dice,precision", "--format", "json"]);
    let merged: Value = serde_json::from_str(&stdout(&merged)).unwrap();
    let whole = cohort.json(0, &["-l", "1-4", "--metrics", "dice,precision"]);
    assert_eq!(merged["metric_per_case"], whole["metric_per_case"]);
    assert_eq!(merged["mean"], whole["mean"]);
}

/// What would be the end of a run is a finding of a shard.
#[test]
fn a_shard_of_one_broken_or_empty_case_is_a_result() {
    let cohort = Cohort::new();
    fs::write(cohort.path("pred/case_2.nii.gz"), "broken").unwrap();
    for half in ["truth", "pred"] {
        cohort.map(&format!("{half}/case_3.nii.gz"), &[0; 24]);
    }
    let whole = cohort.eval(&["--format", "json"]);
    let parts = parts(&cohort, 40, &[]);
    let merged = merge(&parts, &["--format", "json"]);
    assert_eq!((merged.status.code(), stdout(&merged)), (Some(1), stdout(&whole)));
}

/// And what is the end of a run is that of a merge.
#[test]
fn shards_of_nothing_are_merged_to_an_error() {
    let cohort = Cohort::new();
    for (broken, message) in [(false, "none of 4 cases has a label other than 0"), (true, "no case could be evaluated")]
    {
        for case in 0..4 {
            for half in ["truth", "pred"] {
                cohort.map(&format!("{half}/case_{case}.nii.gz"), &[0; 24]);
            }
            if broken {
                fs::write(cohort.path(&format!("pred/case_{case}.nii.gz")), "broken").unwrap();
            }
        }
        let parts = parts(&cohort, 2, &[]);
        let summary = cohort.path("summary.json");
        for output in [cohort.eval(&["-o", text(&summary)]), merge(&parts, &["-o", text(&summary)])] {
            assert_eq!((output.status.code(), &stdout(&output)[..], summary.exists()), (Some(2), "", false));
            assert!(stderr(&output).contains(message), "{}", stderr(&output));
        }
    }
}

#[test]
fn parts_with_other_scores_need_a_word_about_them() {
    let cohort = Cohort::new();
    let parts = parts(&cohort, 2, &["-l", "1-4"]);
    let of =
        |more: &[&str]| stdout(&cohort.eval(&[&["--shard", "2/2", "-l", "1-4", "--format", "json"], more].concat()));
    for choice in [&["--empty", "one"][..], &["--seed", "9"], &["--metrics", "mcc"], &["--like", "monai"]] {
        fs::write(&parts[1], of(choice)).unwrap();
        fails(2, &["made with different choices about scores"], ["merge", text(&parts[0]), text(&parts[1])]);
    }
    fs::write(&parts[1], of(&["--empty", "one"])).unwrap();
    assert_eq!(merge(&parts, &["--empty", "nan"]).status.code(), Some(0));
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let cohort = Cohort::new();
    let parts = parts(&cohort, 3, &[]);
    let [one, two, three] = [0, 1, 2].map(|i| text(&parts[i]));
    fails(2, &["the results of shard 3/3 are not among the files"], ["merge", one, two]);
    fails(2, &["part1.json is shard 1/3, which is there already"], ["merge", one, two, three, one]);
    let other = cohort.path("other.json");
    let output = cohort.eval(&["--shard", "2/3", "--format", "json", "-l", "1"]);
    fs::write(&other, stdout(&output)).unwrap();
    fails(2, &["made with different classes"], ["merge", one, text(&other), three]);
    let whole = cohort.path("whole.json");
    fs::write(&whole, stdout(&cohort.eval(&["--format", "json"]))).unwrap();
    fails(2, &["is in", "name each result once"], ["merge", text(&whole), text(&whole)]);
    let broken = Files::new();
    let path = broken.path("broken.json");
    fs::write(&path, "{").unwrap();
    fails(2, &["broken.json: not a result"], ["merge", text(&path)]);
    assert_eq!(names_in(&broken.path("")), ["broken.json"]);
}

/// Without this feature the parser is off by one in the last digit of one number in ten, and a merge changed spacings. Tests
/// could not see it: they have the feature themselves.
#[test]
fn the_command_reads_numbers_as_exactly_as_the_tests() {
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("\n[dependencies]\n").unwrap();
    let json = dependencies.lines().find(|line| line.starts_with("serde_json = ")).unwrap();
    assert!(json.contains("\"float_roundtrip\""), "{json}");
    let cohort = Cohort::new();
    let part = cohort.path("part.json");
    let text = stdout(&cohort.eval(&["--format", "json"]));
    let mut result: Value = serde_json::from_str(&text).unwrap();
    for (place, spacing) in [3.9647444205640148, 3.6355461584698348, 1.2209348842252181].into_iter().enumerate() {
        result["voxdice"]["cases"][0]["spacing_mm"][place] = spacing.into();
    }
    fs::write(&part, result.to_string()).unwrap();
    let merged: Value = serde_json::from_str(&stdout(&merge(&[part], &["--format", "json"]))).unwrap();
    assert_eq!(merged["voxdice"]["cases"][0], result["voxdice"]["cases"][0]);
}

/// The recipe of the documentation for a Slurm array and for GNU parallel, with the shell in their place.
#[test]
fn the_recipe_for_a_cluster_runs() {
    let cohort = Cohort::new();
    let script = r#"
        set -e
        for SLURM_ARRAY_TASK_ID in 1 2 3 4; do
          voxdice eval truth pred --shard "$SLURM_ARRAY_TASK_ID/4" --format json > "part$SLURM_ARRAY_TASK_ID.json"
        done
        voxdice merge part*.json -o summary.json
        voxdice eval truth pred -o whole.json > table.txt
        cmp summary.json whole.json"#;
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_voxdice"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .current_dir(cohort.path(""))
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

/// `merge` has not the flags that mend a case, and retells what was wrong with it.
#[test]
fn errors_of_cases_are_retold_without_flags() {
    let cohort = Cohort::new();
    cohort.0.map("pred/case_0.nii.gz", &[4, 3, 2], &[0.5f32; 24]);
    let evaluated = cohort.eval(&["--shard", "1/1", "--format", "json"]);
    assert!(stderr(&evaluated).contains("voxel (0, 0, 0) is 0.5") && stderr(&evaluated).contains("--round"));
    let part = cohort.path("part.json");
    fs::write(&part, &evaluated.stdout).unwrap();
    let merged = run(["merge", text(&part)]);
    assert_eq!(merged.status.code(), Some(1));
    let said = stderr(&merged);
    assert!(said.contains("case_0") && said.contains("voxel (0, 0, 0) is 0.5") && !said.contains("--round"), "{said}");
}

/// Which file has which classes, and what to do.
#[test]
fn parts_of_other_classes_are_told_apart() {
    let cohort = Cohort::new();
    let dataset = cohort.path("dataset.json");
    fs::write(&dataset, r#"{"labels": {"background": 0, "a": 1, "b": 2, "c": 3}}"#).unwrap();
    let part = |name: &str, shard: &str, more: &[&str]| {
        let path = cohort.path(name);
        fs::write(&path, cohort.eval(&[&["--shard", shard, "--format", "json"], more].concat()).stdout).unwrap();
        path
    };
    let named = part("named.json", "1/2", &["--dataset", text(&dataset)]);
    let found = part("found.json", "2/2", &[]);
    let fewer = part("fewer.json", "2/2", &["-l", "1,3"]);
    let merge = |parts: &[&str], others: [&PathBuf; 2]| fails(2, parts, ["merge", text(others[0]), text(others[1])]);
    let flags = "`voxdice eval --dataset`, `voxdice eval --labels` or `voxdice eval --region` of the other";
    merge(&["a (1), b (2), c (3) in the one", "and all labels that occur in the other", flags], [&named, &found]);
    merge(
        &["named.json and ", "fewer.json were made with different classes: a (1) in the one, and class 1"],
        [&named, &fewer],
    );
    let three = part("three.json", "1/2", &["-l", "1-3"]);
    merge(&["class 2 in the one, and class 3 in the other", flags], [&three, &fewer]);
}

/// A CSV is another result of `eval`, and not the one to merge.
#[test]
fn what_is_no_json_is_told_with_what_is() {
    let cohort = Cohort::new();
    let rows = cohort.path("cases.csv");
    cohort.eval(&["--csv", text(&rows)]);
    fails(2, &["cases.csv: this is no JSON", "`voxdice eval --format json`", "summary.json"], ["merge", text(&rows)]);
}

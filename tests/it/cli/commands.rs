//! Help, devices, verify, demo.

use super::{Files, backends, fine, gpu, json, run, stderr, stdout, text};

#[test]
fn every_help_runs_and_has_an_example() {
    for command in ["eval", "loss", "info", "devices", "verify", "demo"] {
        for flag in ["-h", "--help"] {
            let shown = fine([command, flag]);
            assert!(shown.contains("Example") && shown.contains(&format!("voxdice {command}")), "{shown}");
        }
    }
    let shown = fine(["--help"]);
    assert!(shown.contains("Exit codes: 0 fine; 1 ran, with findings"), "{shown}");
    assert!(fine(["--version"]).starts_with("voxdice "));
    assert_eq!(run::<&str>([]).status.code(), Some(2));
}

#[test]
fn devices_lists_what_there_is_and_what_would_be_chosen() {
    let found = json(["devices", "--format", "json"]);
    assert_eq!(found["auto"]["backend"], "cpu");
    let adapters = found["adapters"].as_array().unwrap();
    let shown = fine(["devices"]);
    if gpu() {
        for key in ["index", "name", "kind", "api", "driver", "max_binding_bytes", "int64"] {
            assert!(!adapters[0][key].is_null(), "{key}");
        }
        assert_eq!(found["gpu"]["backend"], "gpu");
        assert!(shown.contains("--backend gpu  GPU: "), "{shown}");
    } else if adapters.is_empty() {
        assert!(found["gpu"]["error"].is_string());
        assert!(shown.replace('\n', " ").contains("runs on the CPU"), "{shown}");
    }
}

#[test]
fn verify_finds_that_every_adapter_agrees() {
    if !gpu() {
        return;
    }
    let output = run(["verify", "--adapter", "0"]);
    let shown = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}{}", stderr(&output));
    assert!(shown.contains("agree to the last bit") && !shown.contains("FAILED"), "{shown}");
    assert!(shown.matches("sums beside NaN and inf").count() == 3, "{shown}");
}

#[test]
fn demo_writes_files_that_eval_finds_the_same_in() {
    let files = Files::new();
    let mut tables = Vec::new();
    for backend in backends() {
        let folder = files.path(backend);
        let shown = fine(["demo", "--out", text(&folder), "--backend", backend]);
        assert!(shown.contains("voxdice eval "), "{shown}");
        tables.push(shown.split_once("\n\n").unwrap().0.to_owned());
    }
    assert!(tables.iter().all(|table| *table == tables[0]), "the same on every backend");
    for case in 1..=4 {
        let path = |half: &str| files.path(&format!("cpu/{half}/case_{case}.nii.gz"));
        let (truth, pred) = (path("truth"), path("pred"));
        let found = json(["eval", text(&truth), text(&pred), "-l", "1-5", "--geometry", "strict", "--format", "json"]);
        let line = tables[0].lines().find(|line| line.contains(&format!("case_{case}"))).unwrap();
        for label in 1..=5 {
            let dice = &found["mean"][label.to_string()]["Dice"];
            let cell = line.split_whitespace().nth(label).unwrap();
            match dice.as_f64() {
                None => assert_eq!((case, label, cell), (3, 5, "-")),
                Some(dice) => assert_eq!(format!("{dice:.4}"), cell),
            }
        }
        let lesion = &found["mean"]["5"];
        assert_eq!(lesion["TP"] == 0.0 && lesion["n_ref"] != 0.0, case == 2, "the missed lesion");
    }
}

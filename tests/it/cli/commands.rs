//! Help, devices, verify, demo.

use super::{Files, backends, fails, fine, gpu, in_columns, json, run, stderr, stdout, text};

#[test]
fn every_help_runs_and_has_an_example() {
    for command in ["eval", "loss", "info", "devices", "verify", "bench", "demo", "merge"] {
        for flag in ["-h", "--help"] {
            let shown = fine([command, flag]);
            assert!(shown.contains("Example") && shown.contains(&format!("voxdice {command}")), "{shown}");
            // The long form says more about the command than the list of commands does.
            let more = shown.lines().nth(2).is_some_and(|line| !line.starts_with("Usage"));
            assert_eq!(more, flag == "--help", "{shown}");
        }
    }
    let shown = fine(["--help"]);
    assert!(shown.contains("Exit codes: 0 fine; 1 ran, with findings"), "{shown}");
    assert!(fine(["--version"]).starts_with("voxdice "));
    assert_eq!(run::<&str>([]).status.code(), Some(2));
}

/// The first screen is what a first evaluation needs; everything stands under a heading.
#[test]
fn the_short_help_of_eval_can_be_read() {
    let short = fine(["eval", "-h"]);
    assert!(short.lines().count() <= 50, "{} lines", short.lines().count());
    assert!(short.contains("--metrics") && short.contains("--html") && !short.contains("--image-edge"), "{short}");
    let long = fine(["eval", "--help"]);
    assert!(long.contains("--image-edge") && long.contains("Grids:"), "{long}");
    let options = long.split("\nOptions:\n").nth(1).unwrap().split("\n\n\n").next().unwrap();
    let loose = options.split(":\n").next().unwrap().matches("--").count();
    assert!(loose <= 2, "--help and what it names: {options}");
}

#[test]
fn devices_lists_what_there_is_and_what_would_be_chosen() {
    let found = json(["devices", "--format", "json"]);
    assert_eq!(found["auto"]["backend"], "cpu");
    let adapters = found["adapters"].as_array().unwrap();
    let shown = fine(["devices"]);
    // A server without a screen: Mesa has nothing to complain about.
    let mut alone = assert_cmd::Command::cargo_bin("voxdice").unwrap();
    let said = alone.arg("devices").env_remove("XDG_RUNTIME_DIR").env_remove("NODEVICE_SELECT").output().unwrap();
    assert!(!stderr(&said).contains("XDG_RUNTIME_DIR"), "{}", stderr(&said));
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
        let output = run(["demo", "--out", text(&folder), "--backend", backend]);
        assert!(output.status.success() && stderr(&output).contains("\nvoxdice eval "), "{output:?}");
        let shown = stdout(&output);
        tables.push(shown.split_once("\n\n").unwrap().0.to_owned());
        fails(2, &["truth/case_1.nii.gz: there is such a file already", "--out"], ["demo", "--out", text(&folder)]);
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

/// The figures of a row of a benchmark follow from each other.
fn numbers_fit(row: &serde_json::Value) {
    let number = |key: &str| row[key].as_f64().unwrap();
    let percent = 100.0 * number("gb_per_s") / number("floor_gb_per_s");
    assert!((percent - number("percent_of_floor")).abs() < 1e-6 * percent && percent > 0.0, "{row}");
    let speed = number("bytes") / number("seconds") / 1e9;
    assert!((speed - number("gb_per_s")).abs() < 1e-9 * speed, "{row}");
    assert!(row["name"].as_str().unwrap().ends_with(row["model"].as_str().unwrap()), "{row}");
    assert!(!row["device"].as_str().unwrap().is_empty(), "{row}");
}

#[test]
fn bench_times_a_gpu_by_model() {
    if !gpu() {
        return;
    }
    let small = ["bench", "--backend", "gpu", "--shape", "2,1,5,30,21", "--seconds", "0.001", "--format", "json"];
    let of = |only: &[&str]| -> Vec<serde_json::Value> { json(small.iter().chain(only)).as_array().unwrap().clone() };
    let cases = [
        (&["--statistic", "sums", "--dtype", "f32xf32"][..], "sums/f32xf32", "f32xf32", 50_400),
        (&["--statistic", "sums", "--dtype", "f32xu8"], "sums/f32xu8", "f32xu8", 31_500),
        (&["--statistic", "gradient", "--dtype", "f32xf32"], "gradient/f32xf32", "f32xf32", 50_400),
        (&["--statistic", "counts", "--classes", "5"], "counts5/u8xu8", "u8xu8", 12_600),
        (&["--statistic", "surfaces", "--classes", "1"], "surfaces1/u8xu8", "u8xu8", 12_600),
    ];
    for (only, name, types, bytes) in cases {
        let rows = of(only);
        rows.iter().for_each(numbers_fit);
        let row = |name: &str| rows.iter().find(|row| row["name"] == name);
        let mut names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
        for model in ["end_to_end", "resident"] {
            let row = row(&format!("{name}/gpu/{model}")).unwrap();
            assert!(row["bytes"] == bytes && row["first_seconds"].as_f64().unwrap() > 0.0, "{row}");
        }
        for (model, times) in [("floor", 1), ("copy", 2), ("upload", 1), ("readback", 1)] {
            let row = row(&format!("bytes/{types}/gpu/{model}")).unwrap();
            assert!(row["bytes"] == times * bytes && row["first_seconds"].is_null(), "{row}");
        }
        // Pairs beside native integers, and the clock, are a matter of the adapter.
        let kernel = format!("{name}/gpu/kernel");
        assert!(row(&kernel).is_none_or(|row| row["bytes"] == bytes), "{names:?}");
        let pairs = row(&format!("{name}/gpu-pairs/resident"));
        assert!(pairs.is_none_or(|row| row["device"].as_str().unwrap().contains("as pairs")), "{names:?}");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), rows.len(), "no two rows have one name");
    }
    let shown = fine(small[..7].iter().chain(&["--statistic", "counts", "--classes", "3"]));
    assert!(shown.contains("counts3/u8xu8/gpu/resident") && shown.contains("plain read of host memory"), "{shown}");
}

#[test]
fn bench_has_a_row_per_reduction_with_its_share_of_a_plain_read() {
    let small = ["--shape", "2,1,5,30,20", "--seconds", "0.01"];
    let found = json(["bench", "--format", "json"].iter().chain(&small));
    let names: Vec<&str> = found.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    let expected = [
        "sums/f32xf32/cpu",
        "sums/f32xu8/cpu",
        "sums/u8xu8/cpu",
        "sums5/f32xf32/cpu",
        "sums5/f32xu8/cpu",
        "gradient/f32xf32/cpu",
        "gradient/f32xu8/cpu",
        "counts5/u8xu8/cpu",
        "counts117/u8xu8/cpu",
        "counts117_organs/u8xu8/cpu",
        "counts117_noise/u8xu8/cpu",
    ];
    assert_eq!(names, expected);
    found.as_array().unwrap().iter().for_each(numbers_fit);
    for backend in backends() {
        let one = ["bench", "--statistic", "counts", "--classes", "3", "--backend", backend];
        let shown = fine(one.iter().chain(&small));
        assert!(shown.contains("counts3/u8xu8") && shown.contains("plain read GB/s"), "{shown}");
    }
    let csv = fine(["bench", "--statistic", "counts", "--format", "csv"].iter().chain(&small));
    let records: Vec<_> = csv::Reader::from_reader(csv.as_bytes()).into_records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 4);
    assert!(
        records.iter().all(|record| &record[1] == "[2, 1, 3000]" && record[3].parse::<f64>().unwrap() > 0.0),
        "{csv}"
    );
    let output = run(["bench", "--shape", "3"]);
    assert!(output.status.code() == Some(2) && stderr(&output).contains("N,C"), "{}", stderr(&output));
    // More than any machine has, whether or not the system promises what it has not.
    for statistic in ["sums", "counts"] {
        let shape = "1,1,1000000,1000000,100000";
        let output = run(["bench", "--statistic", statistic, "--shape", shape]);
        let told = stderr(&output);
        assert!(output.status.code() == Some(2) && told.contains("name a smaller --shape"), "{told}");
    }
}

/// What --quiet hides, and what it does not: without it an exit code would be all there is.
#[test]
fn quiet_hides_what_no_exit_code_is_about() {
    let files = Files::new();
    let [truth, pred] = files.pair();
    for command in ["eval", "merge", "compare", "loss"] {
        let words = fine([command, "--help"]).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("No progress, notes or warnings on stderr; errors, and what makes the exit code 1, stay")
        );
    }
    // A warning of a label that is not there.
    let absent = ["eval", text(&truth), text(&pred), "-l", "1,9"];
    assert!(stderr(&run(absent)).contains("label 9 is in neither file"));
    assert_eq!(stderr(&run(absent.iter().chain(&["-q"]))), "");
    // Grids that lie apart are a finding.
    let moved = files.path("moved.nii");
    let geometry = voxdice::io::nifti::Geometry::from_spacing([0.5, 0.75, 3.0]);
    voxdice::io::nifti::write(&moved, &[4, 3, 2], &geometry, &[1u8; 24]).unwrap();
    let still = files.map("still.nii", &[4, 3, 2], &[1u8; 24]);
    let output = run(["eval", text(&still), text(&moved), "-q"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("warning: the affines"), "{}", stderr(&output));
}

/// Lines of the list of metrics fit a terminal, whose first lines are indented too.
#[test]
fn metrics_are_listed_in_the_width_of_the_terminal() {
    for columns in [60, 80, 120] {
        let shown = in_columns(columns, ["eval", "--metrics", "help"]);
        let long: Vec<&str> = shown.lines().filter(|line| line.chars().count() > columns).collect();
        assert!(long.is_empty() && shown.contains("\n    Dice coefficient"), "{long:?}");
    }
}

/// The next step is a flag that fits.
#[test]
fn names_of_labels_are_of_a_dataset() {
    let parts = ["`liver` is not a label", "where classes have names, say --dataset dataset.json"];
    fails(2, &parts, ["eval", "a.nii", "b.nii", "--labels", "liver"]);
    assert!(!stderr(&run(["eval", "a.nii", "b.nii", "--labels", "1,-2"])).contains("--dataset"));
}

//! The files that a run writes, and the table.

use super::{Cohort, names_in};
use crate::cli::{stderr, stdout, text};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// The rows of a CSV, each by column.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    lines.map(|row| header.iter().cloned().zip(row).collect()).collect()
}

#[test]
fn csv_has_the_counts_that_pooled_scores_are_made_of() {
    let cohort = Cohort::new();
    let file = cohort.path("cases.csv");
    let found = cohort.json(0, &["--csv", text(&file), "--metrics", "all"]);
    let rows = rows(&fs::read_to_string(&file).unwrap());
    assert_eq!(rows.len(), 4 * 3);
    for label in ["1", "2", "3"] {
        let sum = |column: &str| -> f64 {
            let of_label = rows.iter().filter(|row| row["label"] == label);
            of_label.map(|row| row[column].parse::<f64>().unwrap()).sum()
        };
        // 2 * sum(tp) / (sum(n_pred) + sum(n_truth)) group by label
        let pooled = 2.0 * sum("tp") / (sum("n_pred") + sum("n_truth"));
        let ours = &found["voxdice"]["statistics"]["dice"]["classes"][label]["pooled"];
        assert!((ours.as_f64().unwrap() - pooled).abs() < 1e-15);
        assert_eq!(sum("tp") + sum("fp") + sum("fn") + sum("tn"), 4.0 * 24.0);
    }
    for (row, expected) in rows.iter().zip([("case_0", "1"), ("case_0", "2"), ("case_0", "3"), ("case_1", "1")]) {
        assert_eq!((&row["case"][..], &row["label"][..]), expected);
        let case = &found["metric_per_case"][if row["case"] == "case_0" { 0 } else { 1 }]["metrics"][&row["label"]];
        assert_eq!(case["Dice"].as_f64().unwrap(), row["dice"].parse::<f64>().unwrap());
        assert_eq!(case["kappa"].as_f64().unwrap(), row["kappa"].parse::<f64>().unwrap());
        // 0.5 x 0.75 x 2 mm a voxel.
        let volume = row["n_truth"].parse::<f64>().unwrap() * 0.75e-3;
        assert!((row["volume_truth_ml"].parse::<f64>().unwrap() - volume).abs() < 1e-12);
    }
}

#[test]
fn every_mean_comes_with_how_many_scores_were_undefined() {
    let cohort = Cohort::new();
    let found = cohort.json(0, &["-l", "1-4"]);
    assert_eq!(found["voxdice"]["undefined"]["Dice"], 4);
    let of = |class: &str| found["voxdice"]["statistics"]["dice"]["classes"][class].clone();
    assert_eq!([of("4")["defined"].clone(), of("4")["undefined"].clone()], [0, 4]);
    assert!(of("4")["mean"].is_null() && of("4")["interval"].is_null());
    assert_eq!(of("1")["defined"], 4);
    let interval = of("1")["interval"].clone();
    let (low, mean, high) = (&interval[0], &of("1")["mean"], &interval[1]);
    let number = |value: &Value| value.as_f64().unwrap();
    assert!(number(low) <= number(mean) && number(mean) <= number(high), "{interval}");
    // The same seed, the same interval; another one, another. Few resamples: the interval of four cases is wide, and of
    // many resamples the lowest and the highest are the extremes for every seed.
    assert_eq!(found, cohort.json(0, &["-l", "1-4", "--seed", "0"]));
    let statistics = |seed: &str| {
        let found = cohort.json(0, &["-l", "1-4", "--bootstrap", "100", "--seed", seed]);
        found["voxdice"]["statistics"].clone()
    };
    assert_eq!(statistics("1"), statistics("1"));
    assert_ne!(statistics("0"), statistics("1"));
    let without = cohort.json(0, &["-l", "1-4", "--bootstrap", "0"]);
    assert!(without["voxdice"]["statistics"]["dice"]["classes"]["1"]["interval"].is_null());
}

/// There are cases enough, and one class is in a few of them alone.
#[test]
fn intervals_of_classes_that_few_cases_have_are_told_to_be_narrow() {
    let narrow = |few: u8| {
        let cohort = Cohort::new();
        for case in 0..25 {
            let label = if case < few { 2 } else { 1 };
            for side in ["truth", "pred"] {
                let voxels = [[1; 12], [label; 12]].concat();
                cohort.map(&format!("{side}/case_{case}.nii.gz"), &voxels);
            }
        }
        stdout(&cohort.eval(&[])).contains("the intervals are still a little too narrow")
    };
    assert!(narrow(5) && !narrow(25));
}

/// A class that only one case has: the mean of class means is far from the mean of case means, and so is its interval.
#[test]
fn the_mean_lies_in_the_interval_beside_it() {
    let cohort = Cohort::new();
    for case in 0..8 {
        let mut truth = [1u8; 24];
        let mut pred = truth;
        (truth[0], pred[1]) = (0, 0);
        if case == 0 {
            truth[5] = 2;
        }
        cohort.map(&format!("truth/case_{case}.nii.gz"), &truth);
        cohort.map(&format!("pred/case_{case}.nii.gz"), &pred);
    }
    let found = cohort.json(0, &[]);
    let dice = &found["voxdice"]["statistics"]["dice"];
    let number = |value: &Value| value.as_f64().unwrap();
    let (mean, over_cases) = (number(&dice["mean"]), number(&dice["over_cases"]["mean"]));
    assert!((mean - number(&dice["classes"]["1"]["mean"]) / 2.0).abs() < 1e-12 && over_cases - mean > 0.3, "{dice}");
    assert!((number(&dice["interval"][0])..=number(&dice["interval"][1])).contains(&mean), "{dice}");
    let table = stdout(&cohort.eval(&[]));
    let last = table.lines().find(|line| line.trim_start().starts_with("mean  ")).unwrap();
    let shown: Vec<f64> = last.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert!(shown[1] <= shown[0] && shown[0] <= shown[2], "{last}");
    // MONAI's order is that of the cases, in every place.
    let monai = cohort.json(0, &["--like", "monai"]);
    let dice = &monai["voxdice"]["statistics"]["dice"];
    assert_eq!(dice["mean"], dice["over_cases"]["mean"]);
    assert_eq!(dice["interval"], dice["over_cases"]["interval"]);
    assert_eq!(monai["foreground_mean"]["Dice"], dice["mean"]);
}

#[test]
fn equal_scores_have_equal_intervals_whatever_else_is_evaluated() {
    let cohort = Cohort::new();
    let statistics = |more: &[&str]| cohort.json(0, more)["voxdice"]["statistics"].clone();
    let both = statistics(&["-l", "1-3", "--metrics", "fbeta,iou,dice"]);
    assert_eq!(both["fbeta"], both["dice"]);
    let alone = statistics(&["-l", "2", "--metrics", "dice"]);
    assert_eq!(alone["dice"]["classes"]["2"], both["dice"]["classes"]["2"]);
    assert!(alone["dice"]["interval"].is_array());
}

#[test]
fn few_cases_are_told_and_few_resamples_refused() {
    let cohort = Cohort::new();
    let words = |output: &std::process::Output| stdout(output).replace("\n  ", " ");
    assert!(words(&cohort.eval(&[])).contains("fewer than 20 cases the intervals are too narrow: of 4 values"));
    let two = words(&cohort.eval(&["--cases", "case_[01]"]));
    assert!(two.contains("the true mean about 50 times in 100, not 95"), "{two}");
    assert!(!stdout(&cohort.eval(&["--bootstrap", "0"])).contains("fewer than 20 cases"));
    for few in ["1", "99"] {
        let output = cohort.eval(&["--bootstrap", few]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(&format!("{few} resamples are too few")), "{}", stderr(&output));
    }
}

#[test]
fn summaries_of_nnunet_have_intervals_when_they_are_merged() {
    let cohort = Cohort::new();
    let summary = cohort.path("summary.json");
    let own = cohort.json(0, &["-o", text(&summary)]);
    let merged = super::super::json(["merge", text(&summary), "--format", "json"]);
    assert!(own["voxdice"]["statistics"]["dice"]["interval"].is_array());
    assert_eq!(merged["voxdice"]["statistics"]["dice"], own["voxdice"]["statistics"]["dice"]);
}

/// nnU-Net sorts the names of files.
#[test]
fn the_summary_has_the_order_of_file_names() {
    let cohort = Cohort::new();
    for half in ["truth", "pred"] {
        cohort.map(&format!("{half}/case_0-1.nii.gz"), &cohort.labels(9, 0));
    }
    let summary = cohort.path("summary.json");
    assert_eq!(super::cases(&cohort.json(0, &["-o", text(&summary)]))[..2], ["case_0", "case_0-1"]);
    let written = fs::read_to_string(&summary).unwrap();
    let place = |name: &str| written.find(&format!("pred/{name}.nii.gz")).unwrap();
    assert!(place("case_0-1") < place("case_0") && place("case_0") < place("case_1"), "{written}");
}

#[test]
fn the_number_of_jobs_changes_nothing() {
    let cohort = Cohort::new();
    let one = cohort.json(0, &["--jobs", "1"]);
    for jobs in ["2", "3", "9"] {
        assert_eq!(one, cohort.json(0, &["--jobs", jobs]));
    }
}

#[test]
fn the_table_has_a_row_per_class_and_names_the_worst_cases() {
    let cohort = Cohort::new();
    let output = cohort.eval(&["--region", "all=1-3"]);
    let shown = stdout(&output);
    for part in ["95% CI", "median", "worst cases", "4 cases; means over defined values", "counted exactly"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(shown.lines().any(|line| line.trim_start().starts_with("all ")), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
}

/// A case that is bad on the whole is told, and one case does not fill the list of classes: ties go by the voxels missed.
#[test]
fn the_worst_cases_are_those_of_the_lowest_mean_and_of_the_most_missed_voxels() {
    let cohort = Cohort::new();
    for case in 0..12 {
        // Labels 1 to 3 of different sizes; a small one is missed in every case, and case 7 misses all.
        let truth: [u8; 24] = std::array::from_fn(|i| {
            if i < 12 {
                3
            } else if i < 22 {
                2
            } else {
                1
            }
        });
        let mut pred = truth.map(|label| if label == 1 || case == 7 { 0 } else { label });
        pred[0] = 0;
        for (half, voxels) in [("truth", truth), ("pred", pred)] {
            cohort.map(&format!("{half}/case_{case}.nii.gz"), &voxels);
        }
    }
    let lists = |more: &[&str]| -> Vec<Vec<String>> {
        let shown = stdout(&cohort.eval(more));
        let of = |head: &str| {
            let lines =
                shown.lines().skip_while(|line| !line.contains(head)).skip(2).take_while(|line| !line.is_empty());
            lines.map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect()
        };
        vec![of("worst cases"), of("worst classes")]
    };
    let [cases, classes] = &lists(&[])[..] else { panic!() };
    assert_eq!((cases.len(), &cases[0][..], classes.len()), (6, "case_7 0.0000", 6));
    assert_eq!(classes[..3], ["case_7 3", "case_7 2", "case_0 1"]);
    assert_eq!(lists(&["--worst", "1"]), [["case_7 0.0000"], ["case_7 3"]]);
    assert!(lists(&["--worst", "0"]).concat().is_empty());
    let page = cohort.path("report.html");
    let figures = |most: &str| {
        cohort.eval(&["--html", text(&page), "--worst", most]);
        fs::read_to_string(&page).unwrap().matches("<figure>").count()
    };
    assert_eq!([figures("3"), figures("0")], [3, 0]);
}

#[test]
fn the_report_is_one_page_that_asks_for_nothing() {
    let cohort = Cohort::new();
    let page = cohort.path("report.html");
    let output = cohort.eval(&["--html", text(&page)]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.trim_end().ends_with("</html>"));
    for part in ["<svg", "case_3", "<table"] {
        assert!(html.contains(part), "{part}");
    }
    for outside in ["src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!html.contains(outside), "{outside}");
    }
    // The same run, the same bytes.
    cohort.eval(&["--html", text(&page)]);
    assert_eq!(html, fs::read_to_string(&page).unwrap());
}

#[test]
fn all_files_or_none() {
    let cohort = Cohort::new();
    let before = names_in(cohort.0.path("").as_path());
    let (summary, csv) = (cohort.path("summary.json"), cohort.path("truth"));
    // A folder cannot be written: nothing else is.
    let output = cohort.eval(&["-o", text(&summary), "--csv", text(&csv)]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(names_in(cohort.0.path("").as_path()), before);
}

/// A typing error, or another dataset's numbers.
#[test]
fn labels_that_no_case_has_are_told() {
    let cohort = Cohort::new();
    let told = |labels: &str| stderr(&cohort.eval(&["--labels", labels]));
    assert!(told("1,98,99").contains("without a voxel in any case: 98, 99"), "{}", told("1,98,99"));
    assert!(!told("1,2").contains("in any case"));
    // Another shard may have it.
    assert!(!stderr(&cohort.eval(&["--labels", "99", "--shard", "1/2"])).contains("in any case"));
}

/// The mean over classes is not that of the means of cases where scores are undefined, and both have a number of cases and of
/// classes that they are of.
#[test]
fn the_row_of_the_mean_is_drawn_and_counted_as_it_is_printed() {
    let cohort = Cohort::new();
    for case in 0..5u8 {
        let (truth, pred) = match case {
            0 => ([1, 1, 2, 2], [1, 1, 0, 0]),
            4 => ([0; 4], [0; 4]),
            _ => ([1, 1, 0, 0], [1, 0, 0, 0]),
        };
        cohort.0.map(&format!("truth/case_{case}.nii.gz"), &[4, 1, 1], &truth);
        cohort.0.map(&format!("pred/case_{case}.nii.gz"), &[4, 1, 1], &pred);
    }
    let file = cohort.path("page.html");
    let output = cohort.eval(&["-l", "1,2,9", "--metrics", "dice", "--bootstrap", "0", "--html", text(&file)]);
    let shown = stdout(&output);
    let last = shown.lines().find(|line| line.starts_with(" mean")).unwrap();
    // (0.75 + 0) / 2, where the mean of the means of cases is 0.625.
    assert!(last.contains("0.3750") && last.contains("4 of 5"), "{shown}");
    let page = fs::read_to_string(&file).unwrap();
    let row = page.split("<tfoot>").nth(1).unwrap().split("</tfoot>").next().unwrap();
    assert!(row.contains("0.3750"), "{row}");
    // The axis is 0 to 1, 312 pixels long, from pixel 14 on.
    assert!(row.contains("class=\"mean\" d=\"M131 7l4 4l-4 4l-4-4z\""), "{row}");
    assert!(page.contains("<small>of 2 of 3 classes</small>"), "{page}");
}

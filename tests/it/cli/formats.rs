//! What the result looks like in each format.

use super::{Files, fine, json, run, stderr, stdout, text};
use serde_json::json;

const KEYS: [&str; 8] = ["Dice", "FN", "FP", "IoU", "TN", "TP", "n_pred", "n_ref"];

/// A change here is a change for everybody who looks at this table.
#[test]
fn the_table_reads_like_this() {
    let files = Files::new();
    let [truth, pred] = files.pair();
    let shown = fine(["eval", text(&truth), text(&pred), "-l", "1-3", "--backend", "cpu"]);
    let (table, device) = shown.split_at(shown.rfind("counted exactly").unwrap());
    let expected = format!(
        "\
truth  {}
pred   {}
grid   4 x 3 x 1 voxels of 0.5 x 0.75 x 2 mm

 label     Dice      IoU   TP   FP   FN   n_pred   n_truth
───────────────────────────────────────────────────────────
     1   0.8571   0.7500    3    0    1        3         4
     2   0.6667   0.5000    2    1    1        3         3
     3        -        -    0    0    0        0         0
───────────────────────────────────────────────────────────
  mean   0.7619   0.6250

mean of 2 defined, 1 undefined; a label in neither file is undefined (-)
",
        truth.display(),
        pred.display()
    );
    assert_eq!(table, expected);
    assert!(device.starts_with("counted exactly on the CPU: "), "{device}");
}

#[test]
fn the_lowest_labels_are_marked_and_large_counts_stay_within_80_columns() {
    let files = Files::new();
    let truth: Vec<u8> = (0..6000).map(|i| (i % 6) as u8).collect();
    // Label 5 is missed, label 4 half, the others are found.
    let pred: Vec<u8> =
        truth.iter().enumerate().map(|(i, &l)| if l == 5 || (l == 4 && i % 4 == 0) { 0 } else { l }).collect();
    let [truth, pred] = [("t.nii", truth), ("p.nii", pred)].map(|(name, map)| files.map(name, &[100, 60], &map));
    let shown = fine(["eval", text(&truth), text(&pred)]);
    assert!(shown.contains("\n    *5   0.0000 "), "{shown}");
    assert!(shown.contains("\n    *4   0.6667 "), "{shown}");
    assert!(shown.contains("1,000") && shown.contains("* the 2 lowest Dice"), "{shown}");
    let table = shown.lines().skip_while(|line| !line.contains("label"));
    assert!(table.into_iter().all(|line| line.chars().count() <= 80), "{shown}");
    assert!(!shown.contains('\u{1b}'), "colour without a terminal");
}

#[test]
fn json_has_the_layout_of_nnunet_and_null_for_what_is_undefined() {
    let files = Files::new();
    let [truth, pred] = files.pair();
    let found = json(["eval", text(&truth), text(&pred), "-l", "1,2,3", "--format", "json", "--backend", "cpu"]);
    let root: Vec<&String> = found.as_object().unwrap().keys().collect();
    assert_eq!(root, ["foreground_mean", "mean", "metric_per_case", "voxdice"]);
    let case = &found["metric_per_case"][0];
    assert_eq!(
        case["metrics"]["1"],
        json!({"Dice": 6.0 / 7.0, "FN": 1, "FP": 0, "IoU": 0.75, "TN": 8, "TP": 3, "n_pred": 3, "n_ref": 4})
    );
    assert!(case["metrics"]["3"]["Dice"].is_null() && found["mean"]["3"]["IoU"].is_null());
    assert_eq!(found["mean"]["2"]["TP"], json!(2.0));
    // The mean over what is defined, and beside it how much is not.
    assert_eq!(found["foreground_mean"]["Dice"], json!((6.0 / 7.0 + 2.0 / 3.0) / 2.0));
    assert_eq!(found["voxdice"]["undefined"], json!({"Dice": 1, "IoU": 1}));
    assert_eq!(case["reference_file"], text(&truth));
    assert_eq!(case["prediction_file"], text(&pred));
    for map in [&case["metrics"]["1"], &found["mean"]["2"], &found["foreground_mean"]] {
        assert_eq!(map.as_object().unwrap().keys().collect::<Vec<_>>(), KEYS);
    }
    let about = &found["voxdice"];
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!((&about["backend"], &about["options"]["empty"]), (&json!("cpu"), &json!("nan")));
    assert_eq!(about["options"]["labels"], json!([1, 2, 3]));
    assert_eq!(about["warnings"][0]["kind"], "absent_labels");
    assert!(about["verify"].is_null());
}

#[test]
fn csv_has_a_row_per_label() {
    let files = Files::new();
    let [truth, pred] = files.pair();
    let path = files.path("out.csv");
    let shown = fine(["eval", text(&truth), text(&pred), "-l", "1-3", "--format", "csv", "--csv", text(&path)]);
    let expected = "\
case,label,dice,iou,tp,fp,fn,tn,n_pred,n_truth,name,voxel_ml
pred,1,0.8571428571428571,0.75,3,0,1,8,3,4,1,0.00075
pred,2,0.6666666666666666,0.5,2,1,1,8,3,3,2,0.00075
pred,3,,,0,0,0,12,0,0,3,0.00075
";
    assert_eq!(shown, expected);
    assert_eq!(std::fs::read_to_string(path).unwrap(), expected);
    let shown = fine(["eval", text(&truth), text(&pred), "-l", "2", "--metrics", "iou", "--format", "csv"]);
    assert_eq!(shown, "case,label,iou,tp,fp,fn,tn,n_pred,n_truth,name,voxel_ml\npred,2,0.5,2,1,1,8,3,3,2,0.00075\n");
}

/// As Python writes it: keys sorted as text, four spaces, bare NaN, floats with a point, no newline at the end.
#[test]
fn the_summary_file_is_laid_out_as_nnunet_does() {
    let files = Files::new();
    let [truth, pred] = files.pair();
    let path = files.path("summary.json");
    std::fs::write(&path, "what was there before").unwrap();
    fine(["eval", text(&truth), text(&pred), "-l", "2,10", "-o", text(&path)]);
    let summary = std::fs::read_to_string(&path).unwrap();
    let expected = format!(
        r#"{{
    "foreground_mean": {{
        "Dice": NaN,
        "FN": 0.5,
        "FP": 0.5,
        "IoU": NaN,
        "TN": 10.0,
        "TP": 1.0,
        "n_pred": 1.5,
        "n_ref": 1.5
    }},
    "mean": {{
        "10": {{
            "Dice": NaN,
            "FN": 0.0,
            "FP": 0.0,
            "IoU": NaN,
            "TN": 12.0,
            "TP": 0.0,
            "n_pred": 0.0,
            "n_ref": 0.0
        }},
        "2": {{
            "Dice": 0.6666666666666666,
            "FN": 1.0,
            "FP": 1.0,
            "IoU": 0.5,
            "TN": 8.0,
            "TP": 2.0,
            "n_pred": 3.0,
            "n_ref": 3.0
        }}
    }},
    "metric_per_case": [
        {{
            "metrics": {{
                "10": {{
                    "Dice": NaN,
                    "FN": 0,
                    "FP": 0,
                    "IoU": NaN,
                    "TN": 12,
                    "TP": 0,
                    "n_pred": 0,
                    "n_ref": 0
                }},
                "2": {{
                    "Dice": 0.6666666666666666,
                    "FN": 1,
                    "FP": 1,
                    "IoU": 0.5,
                    "TN": 8,
                    "TP": 2,
                    "n_pred": 3,
                    "n_ref": 3
                }}
            }},
            "prediction_file": "{}",
            "reference_file": "{}"
        }}
    ]
}}"#,
        pred.display(),
        truth.display()
    );
    assert_eq!(summary, expected);
    // Nothing hidden is left beside it.
    let names = std::fs::read_dir(files.0.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().starts_with('.')));
}

#[test]
fn quiet_silences_warnings_on_stderr_and_not_in_json() {
    let files = Files::new();
    let [truth, pred] = files.pair();
    let arguments = ["eval", text(&truth), text(&pred), "-l", "1", "--backend", "cpu", "--format", "json"];
    let loud = run(arguments);
    assert!(stderr(&loud).contains("warning: 3 voxels of the truth and 3 of the prediction"), "{}", stderr(&loud));
    let quiet = run(arguments.into_iter().chain(["--quiet"]));
    assert_eq!(stderr(&quiet), "");
    assert_eq!(stdout(&quiet), stdout(&loud));
    assert!(stdout(&quiet).contains("unlisted_labels"));
}

/// What is not 0 is not shown as 0, and the size of a voxel neither.
#[test]
fn small_numbers_are_no_zeros() {
    let files = Files::new();
    let [truth, pred] = files.pair();
    let page = files.path("page.html");
    let of = |form| {
        let choices = ["--metrics", "volume_truth_ml", "--spacing", "0.0002,0.0002,0.001", "--format", form];
        fine(["eval", text(&truth), text(&pred), "--html", text(&page)].into_iter().chain(choices))
    };
    assert!(of("table").contains("voxels of 0.0002 x 0.0002 x 0.001 mm"), "{}", of("table"));
    for (form, small) in [("table", "<0.0001"), ("markdown", "\\<0.0001"), ("latex", "$<$0.0001")] {
        let shown = of(form);
        assert!(shown.contains(small) && !shown.contains("0.0000"), "{shown}");
    }
    assert!(!of("csv").contains('<') && of("csv").contains(",0.00000000000016,"), "{}", of("csv"));
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("&lt;0.0001") && html.contains("0.0002 \u{d7} 0.0002 \u{d7} 0.001 mm"));
}

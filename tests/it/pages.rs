//! Pages of reports in a browser: nothing scrolls sideways from a phone to a large screen, tables sort, marks stay.

mod loaded;

pub use loaded::wanted;

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;
use voxdice::io::nifti::{Geometry, write};

const WIDTHS: [u64; 6] = [360, 390, 768, 1280, 1440, 1920];

/// 117 classes, cubes in a row of rows.
const CLASSES: usize = 117;
const EDGE: usize = 21;

/// Truth and prediction of a case: all classes, of which the prediction lacks some voxels, one class as a whole, and
/// has some elsewhere.
fn maps(case: usize) -> [Vec<u8>; 2] {
    let mut truth = vec![0u8; EDGE * EDGE * EDGE];
    for (i, voxel) in truth.iter_mut().enumerate() {
        let [x, y, z] = [i % EDGE, i / EDGE % EDGE, i / EDGE / EDGE];
        let class = x / 4 + 5 * (y / 4) + 25 * (z / 4);
        if [x, y, z].iter().all(|&at| at % 4 < 3 && at / 4 < 5) && class < CLASSES {
            *voxel = class as u8 + 1;
        }
    }
    let mut pred = truth.clone();
    for (i, voxel) in pred.iter_mut().enumerate() {
        if (i * (case + 3)).is_multiple_of(29) || usize::from(*voxel) == 10 + case {
            *voxel = 0;
        }
        if i + 3 > EDGE * EDGE * EDGE {
            *voxel = 7;
        }
    }
    [truth, pred]
}

fn name(class: usize) -> String {
    format!("autochthonous_muscle_of_the_back_{class:03}_left")
}

/// Of folders with long names, classes with long names, several scores, distances and lesions; one prediction is missing
/// and one is broken.
fn report(folder: &Path) -> String {
    let long = "a_case_with_a_rather_long_name_as_archives_have_them_0123456789abcdef";
    let [truths, preds] = ["labelsTs", "predictions"].map(|name| folder.join(name));
    for folder in [&truths, &preds] {
        std::fs::create_dir(folder).unwrap();
    }
    for case in 0..5 {
        let [truth, pred] = maps(case);
        for (half, voxels) in [(&truths, truth), (&preds, pred)] {
            let file = half.join(format!("{long}_{case}.nii.gz"));
            write(&file, &[EDGE as u64; 3], &Geometry::from_spacing([1.0, 1.0, 2.5]), &voxels).unwrap();
        }
    }
    std::fs::remove_file(preds.join(format!("{long}_3.nii.gz"))).unwrap();
    std::fs::write(preds.join(format!("{long}_4.nii.gz")), "no image").unwrap();
    let labels: serde_json::Map<String, Value> =
        (1..=CLASSES).map(|class| (name(class), class.into())).chain([("background".into(), 0.into())]).collect();
    let dataset = folder.join("dataset.json");
    std::fs::write(&dataset, serde_json::json!({ "labels": labels }).to_string()).unwrap();
    let page = folder.join("report.html");
    let mut command = Command::cargo_bin("voxdice").unwrap();
    command.arg("eval").args([&truths, &preds]).arg("--dataset").arg(&dataset).arg("--html").arg(&page);
    command.args(["--metrics", "dice,hd95,nsd=1,volume_truth_ml", "--instances", "components", "--bootstrap", "200"]);
    let output = command.output().unwrap();
    // Ran, with findings.
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(page).unwrap()
}

/// What the page says in a browser: `pages/ask.js` shows it in frames of these widths, in one window.
fn ask(program: &Path, folder: &Path, report: &str) -> Value {
    // In a script nothing may look like the end of it.
    let quoted = Value::from(report).to_string().replace('<', "\\u003c");
    let script = include_str!("pages/ask.js");
    let page = folder.join("ask.html");
    let text = format!(
        "<!DOCTYPE html><meta charset=\"utf-8\"><body><script>const report = {quoted}; const widths = {WIDTHS:?};\n{script}</script>"
    );
    std::fs::write(&page, text).unwrap();
    let dom = loaded::loaded(program, &page);
    let answer = dom.split("<pre id=\"answer\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let answer = answer.unwrap_or_else(|| panic!("no answer in {dom:.2000}"));
    let answer = answer.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&answer).unwrap()
}

#[test]
fn a_report_fits_every_screen_and_answers_to_clicks() {
    let Some(program) = wanted() else { return };
    let folder = tempfile::tempdir().unwrap();
    let answer = ask(&program, folder.path(), &report(folder.path()));
    let of = |key: &str| answer[key].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    let found = of("frames");
    assert_eq!(found.iter().map(|frame| frame["inner"].as_u64().unwrap()).collect::<Vec<_>>(), WIDTHS);
    for frame in &found {
        assert!(frame["scroll"].as_u64() <= frame["inner"].as_u64(), "a page is wider than its window: {frame}");
        // Numbers first: the mean of the first class is in sight, on a phone too.
        assert!(frame["mean"].as_f64().unwrap() <= frame["inner"].as_f64().unwrap(), "{frame}");
        assert_scrolls(frame);
        // What is wider than a page is seen to fail.
        assert!(frame["control"].as_u64() > frame["inner"].as_u64(), "this test cannot fail: {frame}");
    }
    assert_eq!(answer["errors"], Value::Array(Vec::new()));
    // Sorted by the mean, upwards and then downwards; a case that is marked keeps the colours of its cells.
    let sorted = |key: &str| of(key).iter().map(|mean| mean.as_f64().unwrap()).collect::<Vec<_>>();
    assert!(sorted("up").is_sorted() && sorted("down").iter().rev().is_sorted(), "{answer}");
    assert_eq!((sorted("up").len(), answer["sort"].as_str()), (CLASSES, Some("descending")));
    assert_eq!(answer["marked"], 1);
    assert_eq!(answer["before"], answer["after"]);
    assert!(answer["before"].as_array().unwrap().iter().any(|colour| colour != "rgba(0, 0, 0, 0)"), "{answer}");
}

/// No table is cut without a way to what is not seen; on a phone there are such tables.
fn assert_scrolls(frame: &Value) {
    let cut = frame["cut"].as_array().unwrap();
    assert!(cut.iter().all(|found| *found == serde_json::json!(["auto", 0])), "a table is cut: {frame}");
    assert!(frame["inner"] != WIDTHS[0] || !cut.is_empty(), "this test cannot fail: {frame}");
}

/// Of three models with long names and two scores, and of two models.
fn comparisons(folder: &Path) -> [String; 2] {
    let table = |model: usize| {
        let path = folder.join(format!("a_model_with_a_rather_long_name_{model}.csv"));
        let rows = (0..60).flat_map(|case| {
            (1..=6).map(move |class| {
                let score = 0.5 + ((case * 31 + class * 17 + model * 7) % 47) as f64 / 100.0;
                let case = format!("a_case_with_a_rather_long_name_as_archives_have_them_{case:03}");
                format!("{case},{},{score},{}\n", name(class), 20.0 * (1.0 - score))
            })
        });
        std::fs::write(&path, format!("case,label,dice,hd95\n{}", rows.collect::<String>())).unwrap();
        path
    };
    let models: Vec<_> = (0..3).map(table).collect();
    [3, 2].map(|n| {
        let page = folder.join(format!("comparison_{n}.html"));
        let mut command = Command::cargo_bin("voxdice").unwrap();
        command.arg("compare").args(&models[..n]).arg("--html").arg(&page).args(["--bootstrap", "200"]);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read_to_string(page).unwrap()
    })
}

#[test]
fn a_comparison_fits_every_screen() {
    let Some(program) = wanted() else { return };
    let folder = tempfile::tempdir().unwrap();
    for page in comparisons(folder.path()) {
        let answer = ask(&program, folder.path(), &page);
        let frames = answer["frames"].as_array().unwrap_or_else(|| panic!("{answer}"));
        assert_eq!(frames.len(), WIDTHS.len(), "{answer}");
        for frame in frames {
            assert!(frame["scroll"].as_u64() <= frame["inner"].as_u64(), "a page is wider than its window: {frame}");
            assert_scrolls(frame);
            assert!(frame["control"].as_u64() > frame["inner"].as_u64(), "this test cannot fail: {frame}");
        }
        assert_eq!(answer["errors"], Value::Array(Vec::new()));
        assert_eq!((&answer["marked"], answer["sort"].as_str()), (&1.into(), Some("descending")), "{answer}");
    }
}

//! Choices of a comparison: challenges, intervals, weights, tables of models, volumes.

use super::{case, compared, csvs, evaluated, number, two_models};
use crate::cli::{Files, fails, fine, text};
use serde_json::Value;
use std::fs;

/// Folders are compared by the definitions of a challenge, as `eval` has them.
#[test]
fn folders_are_compared_like_a_challenge() {
    let (cohort, [truth, pred, other]) = two_models();
    let like = ["--like", "isles22"];
    let [a, b] = [("a", &pred), ("b", &other)]
        .map(|(name, folder)| format!("{name}={}", text(&evaluated(&cohort, &truth, name, folder, &like))));
    let folders = [("a", &pred), ("b", &other)].map(|(name, folder)| format!("{name}={}", text(folder)));
    let found = compared(&folders, &[&["--truth", text(&truth)][..], &like].concat());
    assert!(found["comparisons"].to_string().contains("lesion_f1"), "{}", found["voxdice"]);
    assert_eq!(found["comparisons"], compared(&[a, b], &like)["comparisons"]);
}

/// What is skewed has other ends, and what is symmetric has the same.
#[test]
fn accelerated_intervals_move_with_the_skew() {
    let files = Files::new();
    let case = case("n20");
    let models = csvs(&files, &case, "dice");
    let [plain, bca] = ["percentile", "bca"].map(|interval| compared(&models, &["--interval", interval]));
    let ends = |found: &Value| [0, 1].map(|end| number(&found["comparisons"][0]["interval"][end]));
    let mean = number(&bca["comparisons"][0]["mean_difference"]);
    assert!(ends(&bca)[0] < mean && mean < ends(&bca)[1] && ends(&bca) != ends(&plain));
    assert!((ends(&bca)[0] - ends(&plain)[0]).abs() < 0.5 * (mean - ends(&plain)[0]).abs());
    assert_eq!(bca["voxdice"]["options"]["interval"], "bca");
    assert!(bca["method"].as_str().unwrap().contains("(BCa)"), "{}", bca["method"]);
    let turned = compared(&[models[1].clone(), models[0].clone()], &["--interval", "bca"]);
    assert_eq!(ends(&turned), [-ends(&bca)[1], -ends(&bca)[0]]);
}

/// The mean rank over scores is weighted, and the numbers of models have their own table.
#[test]
fn scores_have_weights_and_models_a_table() {
    let files = Files::new();
    let model = |name: &str, dice: f64, hd95: f64| {
        let rows = (0..4).map(|i| format!("c{i},{},{}\n", dice + f64::from(i) / 100.0, hd95 + f64::from(i)));
        let path = files.path(&format!("{name}.csv"));
        fs::write(&path, format!("case,dice,hd95\n{}", rows.collect::<String>())).unwrap();
        format!("{name}={}", text(&path))
    };
    // By Dice a, b, c, and by distance c, b, a.
    let models = [model("a", 0.9, 9.0), model("b", 0.8, 5.0), model("c", 0.7, 1.0)];
    let ranks = |more: &[&str]| -> Vec<f64> {
        let found = compared(&models, &[&["--bootstrap", "0"], more].concat());
        found["overall"].as_array().unwrap().iter().map(|model| number(&model["mean_rank"])).collect()
    };
    assert_eq!(ranks(&[]), [2.0, 2.0, 2.0]);
    assert_eq!(ranks(&["--weights", "DSC=3,hd95=1"]), [1.5, 2.0, 2.5]);
    assert_eq!(ranks(&["--weights", "hd95=3"]), [2.5, 2.0, 1.5]);
    let [a, b, _] = &models;
    fails(2, &["METRIC=WEIGHT"], ["compare", a, b, "--weights", "dice=0"]);
    fails(2, &["iou has a weight and is not compared", "dice, hd95"], ["compare", a, b, "--weights", "iou=1"]);
    fails(2, &["dice", "one weight"], ["compare", a, b, "--weights", "dice=1,dice=2"]);
    fails(2, &["dice", "one weight"], ["compare", a, b, "--weights", "dice=1,DSC=2"]);

    let table = files.path("models.csv");
    let found: Value = serde_json::from_str(&fine(
        ["compare", "--format", "json", "--csv-models", text(&table)]
            .into_iter()
            .chain(models.iter().map(String::as_str)),
    ))
    .unwrap();
    let rows = fs::read_to_string(&table).unwrap();
    let rows: Vec<Vec<&str>> = rows.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((rows.len(), &rows[0][..4]), (1 + 2 * 3, &["metric", "class", "name", "model"][..]));
    for (row, model) in rows[1..4].iter().zip(found["models"].as_array().unwrap()) {
        let own = &model["scores"][0];
        assert_eq!((row[0], row[3]), ("dice", model["name"].as_str().unwrap()));
        assert_eq!(row[7].parse::<f64>().unwrap(), number(&own["mean"]));
        assert_eq!(row[8].parse::<f64>().unwrap(), number(&own["interval"][0]));
    }
    fails(2, &["--csv", "--csv-models"], ["compare", a, b, "--csv", text(&table), "--csv-models", text(&table)]);
}

/// Bias and limits of volumes, from the counts of `eval`.
#[test]
fn volumes_agree_within_limits() {
    let (cohort, [truth, pred, other]) = two_models();
    let a = evaluated(&cohort, &truth, "a", &pred, &["--spacing", "1,2,5"]);
    let b = evaluated(&cohort, &truth, "b", &other, &["--spacing", "1,2,5"]);
    let [a_text, b_text] = [&a, &b].map(|path| text(path).to_owned());
    let found = compared(&[a_text, b_text], &[]);
    let eval: Value = serde_json::from_str(&fs::read_to_string(a).unwrap()).unwrap();
    let volumes = found["volumes"].as_array().unwrap();
    assert_eq!(volumes.len(), 2 * found["voxdice"]["classes"].as_array().unwrap().len());
    let own = volumes.iter().find(|own| own["model"] == "a" && own["class"] == "1").unwrap();
    let rows = eval["metric_per_case"].as_array().unwrap().iter().map(|case| &case["metrics"]["1"]);
    let d: Vec<f64> = rows.map(|row| (number(&row["n_pred"]) - number(&row["n_ref"])) / 100.0).collect();
    let mean = d.iter().sum::<f64>() / d.len() as f64;
    let sd = (d.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / (d.len() - 1) as f64).sqrt();
    assert!(
        (number(&own["bias_ml"]) - mean).abs() < 1e-12 && (number(&own["sd_ml"]) - sd).abs() < 1e-12,
        "{own} {d:?}"
    );
    assert!((number(&own["limits_ml"][0]) - (mean - 1.96 * sd)).abs() < 1e-12 && own["n"] == d.len());
}

/// Ranks by tests need all tests: with two classes, whose ranks are averaged.
#[test]
fn ranks_by_tests_need_all_tests() {
    let files = Files::new();
    let model = |name: &str, dice: f64| {
        let rows = (0..4).map(|i| format!("c{i},1,{dice}\nc{i},2,{}\n", dice + f64::from(i) / 100.0));
        let path = files.path(&format!("{name}.csv"));
        fs::write(&path, format!("case,label,dice\n{}", rows.collect::<String>())).unwrap();
        format!("{name}={}", text(&path))
    };
    let models = [model("a", 0.9), model("b", 0.8), model("c", 0.7)];
    let [a, b, c] = &models;
    let by_tests = ["compare", a, b, c, "--rank", "test", "--bootstrap", "0"];
    fails(2, &["--rank test", "--test none", "leave one of them out"], [&by_tests[..], &["--test", "none"]].concat());
    fails(2, &["--rank test", "--against b", "leave one of them out"], [&by_tests[..], &["--against", "b"]].concat());
    let found = compared(&models, &["--rank", "test", "--bootstrap", "0"]);
    assert_eq!(found["overall"].as_array().unwrap().len(), 3);
    // Of two models there is one pair.
    let found = compared(&models[..2], &["--rank", "test", "--bootstrap", "0", "--against", "b"]);
    assert_eq!((&found["comparisons"][0]["a"], &found["comparisons"][0]["b"]), (&"a".into(), &"b".into()));
}

/// Distances in voxels are not called mm.
#[test]
fn titles_have_the_unit_of_the_definition() {
    let (_cohort, [truth, pred, other]) = two_models();
    for (surface, title) in [("skimage-hausdorff", "hd voxels"), ("deepmind", "hd mm")] {
        let compare = ["compare", "--truth", text(&truth), text(&pred), text(&other), "--bootstrap", "0"];
        let shown = fine([&compare[..], &["--metrics", "hd", "--surface", surface]].concat());
        assert_eq!(shown.contains("hd voxels"), title == "hd voxels", "{shown}");
        assert_eq!(shown.contains("hd mm"), title == "hd mm", "{shown}");
    }
}

/// What was read is not written over: neither groups nor the description of a data set.
#[test]
fn inputs_are_not_written_over() {
    let files = Files::new();
    let models = csvs(&files, &case("n20"), "dice");
    let list = files.path("groups.csv");
    let rows = "c000,g\n";
    fs::write(&list, rows).unwrap();
    let compare = ["compare", &models[0], &models[1]];
    fails(2, &["--csv", "an input"], [&compare[..], &["--group", text(&list), "--csv", text(&list)]].concat());
    assert_eq!(fs::read_to_string(&list).unwrap(), rows);
    let (cohort, [truth, pred, other]) = two_models();
    let dataset = cohort.path("dataset.json");
    let labels = r#"{"labels": {"background": 0, "one": 1}}"#;
    fs::write(&dataset, labels).unwrap();
    let compare = ["compare", text(&pred), text(&other), "--truth", text(&truth), "--dataset", text(&dataset)];
    fails(2, &["--output", "an input"], [&compare[..], &["-o", text(&dataset)]].concat());
    assert_eq!(fs::read_to_string(&dataset).unwrap(), labels);
}

/// A flag that would do nothing is refused, and one that does something is not.
#[test]
fn flags_that_do_nothing_are_refused() {
    let files = Files::new();
    let models = csvs(&files, &case("n20"), "dice");
    let refused = |part: &str, more: &[&str]| {
        fails(2, &[part, "leave it out"], [&["compare", &models[0], &models[1]], more].concat());
    };
    refused("--zeros does nothing with --test t", &["--zeros", "pratt", "--test", "t"]);
    refused("--adjust does nothing with --test none", &["--test", "none", "--adjust", "bh"]);
    refused("--family does nothing with --test none", &["--test", "none", "--family", "all"]);
    refused("--alpha does nothing with --test none", &["--test", "none", "--alpha", "0.1"]);
    for interval in ["bca", "percentile", "expanded"] {
        refused("--interval does nothing with --bootstrap 0", &["--interval", interval, "--bootstrap", "0"]);
    }
    for form in ["json", "csv"] {
        refused(&format!("--digits does nothing with --format {form}"), &["--format", form, "--digits", "3"]);
        refused(&format!("--changed does nothing with --format {form}"), &["--format", form, "--changed", "3"]);
    }
    for flag in [
        "--truth .",
        "--jobs 2",
        "--pair-regex x",
        "--surface monai",
        "--boundary face",
        "--dataset x.json",
        "--spacing 1,1,1",
        "--ignore 3",
        "--region a=1,2",
        "--round",
        "--threshold 0.5",
        "--geometry warn",
        "--backend cpu",
    ] {
        let words: Vec<&str> = flag.split(' ').collect();
        refused(&format!("{} is for folders of predictions", words[0]), &words);
    }
    refused("--empty says how counts become scores", &["--empty", "one"]);
    refused("--like says how counts become scores", &["--like", "nnunet"]);
    compared(&models, &["--interval", "t", "--bootstrap", "0", "--test", "wilcoxon", "--zeros", "drop"]);
}

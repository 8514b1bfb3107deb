//! Models compared by `voxdice compare`.

use super::folder::Cohort;
use super::{Files, fails, fine, json, run, stderr, stdout, text};
use crate::compared::golden::{file, near, number, scores};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

mod choices;
mod forms;
mod page;
mod tables;
mod traps;

/// The scores of each model of a golden case as CSV, and what names them.
fn csvs(files: &Files, case: &Value, metric: &str) -> Vec<String> {
    let models = case["models"].as_array().unwrap().iter().zip(scores(case));
    models.map(|(name, row)| csv(files, name.as_str().unwrap(), metric, &row)).collect()
}

/// One model's scores as CSV; undefined ones are empty.
fn csv(files: &Files, name: &str, metric: &str, row: &[f64]) -> String {
    let mut rows = format!("case,label,{metric}\n");
    for (i, value) in row.iter().enumerate() {
        let value = if value.is_nan() { String::new() } else { value.to_string() };
        rows.push_str(&format!("c{i:03},1,{value}\n"));
    }
    let path = files.path(&format!("{name}.csv"));
    fs::write(&path, rows).unwrap();
    format!("{name}={}", text(&path))
}

fn case(name: &str) -> Value {
    let file = file();
    file["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap().clone()
}

/// What `compare --format json` says, whatever the exit code.
fn compared(models: &[String], more: &[&str]) -> Value {
    let arguments = ["compare", "--format", "json"].into_iter().chain(models.iter().map(String::as_str));
    let output = run(arguments.chain(more.iter().copied()));
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap()
}

/// Every golden case through files and the command.
#[test]
fn the_command_has_the_golden_numbers() {
    let file = file();
    let mut pairs = 0;
    for case in file["cases"].as_array().unwrap() {
        let files = Files::new();
        let name = case["name"].as_str().unwrap();
        let metric = if case["higher_is_better"] == true { "dice" } else { "hd95" };
        let models = csvs(&files, case, metric);
        let found = compared(&models, &["--bootstrap", "0"]);
        let comparisons = found["comparisons"].as_array().unwrap();
        assert_eq!(comparisons.len(), case["pairs"].as_array().unwrap().len());
        let holm = &case["adjusted"]["wilcoxon_exact"]["holm"];
        for (place, (own, expected)) in comparisons.iter().zip(case["pairs"].as_array().unwrap()).enumerate() {
            pairs += 1;
            assert_eq!((&own["metric"], &own["class"], &own["n"]), (&metric.into(), &"1".into(), &expected["n"]));
            let names = ["a", "b"].map(|side| &case["models"][expected[side].as_u64().unwrap() as usize]);
            assert_eq!([&own["a"], &own["b"]], names);
            if expected["n"] == 0 {
                assert!(own["p"].is_null() && own["mean_difference"].is_null() && own["p_adjusted"].is_null());
                continue;
            }
            for (key, golden) in [("wins", "wins_of_a"), ("ties", "ties"), ("losses", "losses_of_a")] {
                assert_eq!(own[key], expected[golden], "{name}");
            }
            for (key, golden) in [("mean_difference", "mean_difference"), ("median_difference", "median_difference")] {
                near(number(&own[key]), &expected[golden], 1e-12, name);
            }
            let ranks = &expected["wilcoxon"];
            assert_eq!([&own["r_plus"], &own["r_minus"]], [&ranks["r_plus"], &ranks["r_minus"]], "{name}");
            near(number(&own["p"]), &ranks["exact"]["p_two_sided"], 1e-9, name);
            near(number(&own["p_adjusted"]), &holm[place], 1e-9, name);
        }
        if let Some(expected) = case["rankings"].get("mean_then_rank") {
            let ranks: Vec<&Value> =
                found["ranking"][0]["models"].as_array().unwrap().iter().map(|model| &model["rank"]).collect();
            assert_eq!(ranks, expected["ranks"].as_array().unwrap().iter().collect::<Vec<_>>(), "{name}");
        }
        for (rule, expected) in case.get("undefined_as").and_then(Value::as_object).into_iter().flatten() {
            let found = compared(&models, &["--bootstrap", "0", "--undefined", rule]);
            for (own, expected) in
                found["comparisons"].as_array().unwrap().iter().zip(expected["pairs"].as_array().unwrap())
            {
                near(number(&own["mean_difference"]), &expected["mean_difference"], 1e-12, name);
                near(number(&own["p"]), &expected["wilcoxon_exact_p"], 1e-9, name);
                assert_eq!([&own["wins"], &own["ties"]], [&expected["wins_of_a"], &expected["ties"]], "{name} {rule}");
            }
        }
    }
    assert_eq!(pairs, 74);
}

/// A cohort of two models: predictions in `pred`, others in `other`.
fn two_models() -> (Cohort, [PathBuf; 3]) {
    let cohort = Cohort::new();
    fs::create_dir(cohort.path("other")).unwrap();
    for case in 0..4u8 {
        let path = format!("other/case_{case}.nii.gz");
        cohort.0.map(&path, &[4, 3, 2], &cohort.labels(case, 2 - case % 2));
    }
    let paths = ["truth", "pred", "other"].map(|name| cohort.path(name));
    (cohort, paths)
}

/// Results of `eval` in every form, by file ending.
fn evaluated(cohort: &Cohort, truth: &Path, name: &str, pred: &Path, more: &[&str]) -> PathBuf {
    let path = cohort.path(&format!("{name}.json"));
    let [layout, rows] = ["summary.json", "csv"].map(|end| cohort.path(&format!("{name}.{end}")));
    let arguments = ["eval", text(truth), text(pred), "--format", "json", "-o", text(&layout), "--csv", text(&rows)];
    fs::write(&path, fine(arguments.into_iter().chain(more.iter().copied()))).unwrap();
    path
}

#[test]
fn folders_results_summaries_and_csv_are_compared_alike() {
    let (cohort, [truth, pred, other]) = two_models();
    evaluated(&cohort, &truth, "a", &pred, &[]);
    evaluated(&cohort, &truth, "b", &other, &[]);
    for (name, folder) in [("a", &pred), ("b", &other)] {
        for shard in ["1/2", "2/2"] {
            let part = fine(["eval", text(&truth), text(folder), "--shard", shard, "--format", "json"]);
            fs::write(cohort.path(&format!("{name}{}.json", &shard[..1])), part).unwrap();
        }
    }
    let at = |name: &str, file: &str| format!("{name}={}", text(&cohort.path(file)));
    let from_folders = ["a", "b"].iter().zip([&pred, &other]).map(|(name, path)| format!("{name}={}", text(path)));
    let folders = compared(&from_folders.collect::<Vec<_>>(), &["--truth", text(&truth)]);
    assert_eq!(folders["comparisons"].as_array().unwrap().len(), 2 * 4);
    for models in [
        vec![at("a", "a.json"), at("b", "b.json")],
        vec![at("a", "a.summary.json"), at("b", "b.summary.json")],
        vec![at("a", "a.csv"), at("b", "b.csv")],
        vec![at("a", "a1.json"), at("b", "b2.json"), at("a", "a2.json"), at("b", "b1.json")],
    ] {
        let found = compared(&models, &[]);
        for key in ["comparisons", "ranking", "notes", "method"] {
            assert_eq!(found[key], folders[key], "{models:?} {key}");
        }
    }
    // The names of models need not be written, and the order of the models is that of the differences.
    let turned = compared(&[text(&cohort.path("b.json")).into(), text(&cohort.path("a.json")).into()], &[]);
    let (one, other) = (&turned["comparisons"][0], &folders["comparisons"][0]);
    assert_eq!((&one["a"], &other["a"]), (&"b".into(), &"a".into()));
    assert_eq!(number(&one["mean_difference"]), -number(&other["mean_difference"]));
    assert_eq!(number(&one["interval"][0]), -number(&other["interval"][1]));
    assert_eq!([&one["p"], &one["p_greater"], &one["wins"]], [&other["p"], &other["p_less"], &other["losses"]]);
}

/// One stream of resamples: the interval of a model's mean is that of `eval`.
#[test]
fn intervals_are_those_of_eval() {
    let (cohort, [truth, pred, other]) = two_models();
    let more = ["--metrics", "dice,iou,hd95"];
    let a = evaluated(&cohort, &truth, "a", &pred, &more);
    evaluated(&cohort, &truth, "b", &other, &more);
    let found =
        compared(&["a", "b"].map(|name| format!("{name}={}", text(&cohort.path(&format!("{name}.json"))))), &[]);
    let eval: Value = serde_json::from_str(&fs::read_to_string(a).unwrap()).unwrap();
    let mut seen = 0;
    for scores in found["models"][0]["scores"].as_array().unwrap() {
        let statistics = &eval["voxdice"]["statistics"][scores["metric"].as_str().unwrap()];
        let own = match scores["class"].as_str().unwrap() {
            "mean" => &statistics["over_cases"],
            class => &statistics["classes"][class],
        };
        assert_eq!([&scores["mean"], &scores["interval"]], [&own["mean"], &own["interval"]], "{scores}");
        seen += 1;
    }
    assert_eq!(seen, 3 * 4);
}

#[test]
fn what_cannot_be_compared_is_told() {
    let (cohort, [truth, pred, other]) = two_models();
    let a = evaluated(&cohort, &truth, "a", &pred, &[]);
    let b = evaluated(&cohort, &truth, "b", &other, &["--empty", "one"]);
    // Another truth.
    let c = evaluated(&cohort, &pred, "c", &other, &[]);
    let [a, b, c] = [&a, &b, &c].map(|path| text(path));
    fails(2, &["nothing to be compared with"], ["compare", a]);
    fails(2, &["no such file", "none.json"], ["compare", a, "none.json"]);
    fails(2, &["different rules for empty classes", "--empty"], ["compare", a, b]);
    assert_eq!(run(["compare", a, b, "--empty", "nan"]).status.code(), Some(0));
    fails(2, &["not scored against the same truth", "case_1"], ["compare", a, c]);
    fails(2, &["no model is called x", "a, b"], ["compare", a, b, "--against", "x", "--empty", "nan"]);
    fails(2, &["a folder", "--truth"], ["compare", a, text(&pred)]);
    fails(2, &["--truth", "leave it out"], ["compare", a, b, "--truth", text(&truth)]);
    fails(2, &["named twice"], ["compare", a, a]);
    fails(2, &["has no scores called lesion_f1"], ["compare", a, b, "--empty", "nan", "--metrics", "lesion_f1"]);
    fails(2, &["hd95"], ["compare", a, &b.replace("b.json", "b.csv"), "--metrics", "hd95"]);
    let lesions = ["--like", "isles22"];
    let others = ["--instances", "components", "--match-threshold", "0.9"];
    let d = evaluated(&cohort, &truth, "d", &pred, &lesions);
    let e = evaluated(&cohort, &truth, "e", &other, &others);
    fails(2, &["definitions of lesions"], ["compare", text(&d), text(&e), "--metrics", "lesion_f1"]);
    let unlike = ["compare", text(&d), a, "--empty", "nan", "--like", "isles22"];
    fails(2, &["--like isles22 defines lesions", "evaluate the cases with it"], unlike);
    fails(2, &["none of"], ["compare", a, b, "--like", "nobody"]);
    // Folders get the scores that `eval` has with such conventions, the distances of lesions too.
    let found = run(["compare", text(&pred), text(&other), "--truth", text(&truth), "--like", "brats23-gli"]);
    let found = String::from_utf8(found.stdout).unwrap();
    assert!(["lesion F1", "lesion Dice", "lesion_hd95"].iter().all(|name| found.contains(name)), "{found}");
    // Distances in voxels of another size, and regions that others do not have.
    let f = evaluated(&cohort, &truth, "f", &pred, &["--metrics", "hd95", "--spacing", "1,1,1"]);
    let g = evaluated(&cohort, &truth, "g", &other, &["--metrics", "hd95", "--spacing", "1,1,3"]);
    fails(2, &["sizes of a voxel"], ["compare", text(&f), text(&g), "--metrics", "hd95"]);
    let h = evaluated(&cohort, &truth, "h", &pred, &["--region", "one=1,2"]);
    let i = evaluated(&cohort, &truth, "i", &other, &["--region", "two=1"]);
    fails(2, &["no class is in the results of all models", "one", "two"], ["compare", text(&h), text(&i)]);
    fails(2, &["too few", "--bootstrap"], ["compare", a, b, "--empty", "nan", "--bootstrap", "5"]);
    let files = Files::new();
    let mine = |name: &str, rows: &str| {
        let path = files.path(&format!("{name}.csv"));
        fs::write(&path, rows).unwrap();
        format!("{name}={}", text(&path))
    };
    let [x, y] = [mine("x", "case,mine\na,1\nb,3\n"), mine("y", "case,mine\na,2\nb,5\n")];
    fails(2, &["mine", "--higher-is-better mine"], ["compare", &x, &y]);
    for (flag, wins) in [("--higher-is-better", 0), ("--lower-is-better", 2)] {
        let found = compared(&[x.clone(), y.clone()], &[flag, "mine"]);
        assert_eq!(
            (&found["comparisons"][0]["wins"], &found["comparisons"][0]["metric"]),
            (&wins.into(), &"mine".into())
        );
    }
    fails(2, &["leave one out"], ["compare", &x, &y, "--higher-is-better", "mine", "--lower-is-better", "mine"]);
    let z = mine("z", "case,dice\nother,0.5\n");
    let w = mine("w", "case,dice\na,0.5\n");
    fails(2, &["no case is in the results of all models", "other"], ["compare", &z, &w]);
    fails(2, &["no metric is in the results", "--metrics"], ["compare", &x, &w]);
    fails(2, &["no column `case`"], ["compare", &w, &mine("v", "a,b\n1,2\n")]);
    fails(2, &["--group", "no pattern"], ["compare", &w, &w.replace("w=", "w2="), "--group", "("]);
    fails(2, &["column site"], ["compare", &w, &w.replace("w=", "w2="), "--group", "site"]);
    let q = mine("q", "case,label,dice,site\na,1,0.5,n\na,2,0.5,s\n");
    fails(2, &["a has no group", "n and s"], ["compare", &q, &q.replace("q=", "q2="), "--group", "site"]);
    fails(2, &["has no group"], ["compare", &w, &w.replace("w=", "w2="), "--group", "^x(.*)$"]);
}

#[test]
fn missing_cases_follow_the_rule() {
    let files = Files::new();
    let a = csv(&files, "a", "dice", &[0.9, 0.8, 0.7, 0.6]);
    let b = csv(&files, "b", "dice", &[0.8, 0.7, 0.6]);
    let arguments = |rule| ["compare", &a, &b, "--format", "json", "--missing", rule].map(str::to_owned);
    let output = run(arguments("error"));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("missing: b: no result for 1 of the cases: c003"), "{}", stderr(&output));
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(
        (&found["comparisons"][0]["n"], &found["models"][1]["missing"]),
        (&3.into(), &serde_json::json!(["c003"]))
    );
    let found = json(arguments("skip"));
    assert_eq!(found["comparisons"][0]["n"], 3);
    let found = json(arguments("zero"));
    assert_eq!(found["comparisons"][0]["n"], 4);
    assert!((number(&found["comparisons"][0]["mean_difference"]) - 0.9 / 4.0).abs() < 1e-12);
}

/// A prediction that is missing did not rightly find nothing, and what a model invents is no empty class.
#[test]
fn one_is_for_what_is_rightly_empty() {
    let rows = |values: [&str; 3]| {
        let line = |i: usize, value: &str, truth: u8, pred: u8| format!("c{i},1,{value},{truth},{pred}\n");
        // Precision is undefined where nothing is predicted, also of what is there.
        let all = [line(0, values[0], 0, 0), line(1, values[1], 7, 0), line(2, values[2], 9, 9)];
        format!("case,label,precision,n_truth,n_pred\n{}", all.concat())
    };
    let files = Files::new();
    let model = |name: &str, text_of: String| {
        let path = files.path(&format!("{name}.csv"));
        fs::write(&path, text_of).unwrap();
        format!("{name}={}", text(&path))
    };
    let models = [model("a", rows(["", "", "0.5"])), model("b", rows(["", "", "0.75"]))];
    let found = compared(&models, &["--undefined", "one"]);
    assert_eq!((&found["comparisons"][0]["n"], &found["comparisons"][0]["ties"]), (&2.into(), &1.into()));
    assert_eq!(compared(&models, &["--undefined", "zero"])["comparisons"][0]["n"], 3);
}

#[test]
fn cases_are_grouped_by_pattern_column_or_list() {
    let case = case("groups");
    let files = Files::new();
    let groups: Vec<&str> = case["groups"].as_array().unwrap().iter().map(|group| group.as_str().unwrap()).collect();
    let expected = &case["pairs"][0]["grouped"];
    let mut list = "case,group\n".to_owned();
    let mut models = Vec::new();
    for (name, row) in ["A", "B"].iter().zip(scores(&case)) {
        let mut rows = "case,site,dice\n".to_owned();
        for (i, (value, group)) in row.iter().zip(&groups).enumerate() {
            rows.push_str(&format!("{group}_{i:02},{group},{value}\n"));
            if *name == "A" {
                list.push_str(&format!("{group}_{i:02},{group}\n"));
            }
        }
        let path = files.path(&format!("{name}.csv"));
        fs::write(&path, rows).unwrap();
        models.push(format!("{name}={}", text(&path)));
    }
    let list_path = files.path("groups.csv");
    fs::write(&list_path, list).unwrap();
    let mut all = Vec::new();
    for group in ["^(.*)_", "site", text(&list_path)] {
        let found = compared(&models, &["--group", group]);
        let pair = &found["comparisons"][0];
        near(number(&pair["p"]), &expected["wilcoxon_of_group_means"]["exact"]["p_two_sided"], 1e-9, group);
        assert_eq!((&pair["groups"], &pair["n"]), (&expected["groups"], &18.into()));
        all.push(found["comparisons"].clone());
        let flips = compared(&models, &["--group", group, "--test", "sign-flip"]);
        let p = &expected["sign_flip_of_group_sums"]["p_two_sided"];
        near(number(&flips["comparisons"][0]["p"]), p, 1e-9, group);
    }
    assert!(all.iter().all(|one| *one == all[0]));
    // Without groups the names tell.
    let notes = compared(&models, &[])["notes"].to_string();
    assert!(notes.contains("may be of one patient"), "{notes}");
}

#[test]
fn several_models_against_one() {
    let case = case("five-models");
    let files = Files::new();
    let models = csvs(&files, &case, "dice");
    let all = compared(&models, &[]);
    let against = compared(&models, &["--against", "C"]);
    let pairs = against["comparisons"].as_array().unwrap();
    assert_eq!(pairs.len(), 4);
    assert!(pairs.iter().all(|pair| pair["b"] == "C" && pair["tests"] == 4));
    let own = |found: &Value, a: &str, b: &str| {
        let pairs = found["comparisons"].as_array().unwrap();
        pairs.iter().find(|pair| pair["a"] == a && pair["b"] == b).cloned().unwrap()
    };
    assert_eq!(own(&all, "A", "C")["p"], own(&against, "A", "C")["p"]);
    assert_eq!(number(&own(&all, "C", "D")["mean_difference"]), -number(&own(&against, "D", "C")["mean_difference"]));
    for by in ["mean", "median", "rank-mean", "test"] {
        let found = compared(&models, &["--rank", by]);
        assert_eq!(found["ranking"][0]["by"], by);
        let stored = ["mean_then_rank", "median_then_rank", "rank_then_mean", "test_then_rank"];
        let place = ["mean", "median", "rank-mean", "test"].iter().position(|own| *own == by).unwrap();
        let ranks: Vec<Value> =
            found["ranking"][0]["models"].as_array().unwrap().iter().map(|m| m["rank"].clone()).collect();
        assert_eq!(Value::from(ranks), case["rankings"][stored[place]]["ranks"], "{by}");
        let first: f64 =
            found["ranking"][0]["models"].as_array().unwrap().iter().map(|m| m["first"].as_f64().unwrap_or(0.2)).sum();
        assert!((first - 1.0).abs() < 1e-9);
    }
}

/// A case may have rows, and none of a class that others have.
#[test]
fn a_case_with_other_classes_alone_is_missing() {
    let files = Files::new();
    let table = |name: &str, rows: &str| {
        let path = files.path(&format!("{name}.csv"));
        fs::write(&path, format!("case,label,dice\n{rows}")).unwrap();
        format!("{name}={}", text(&path))
    };
    let (a, b) = (table("a", "x,1,0.5\ny,1,0.6\nz,1,0.7\n"), table("b", "x,2,0.5\ny,1,0.6\nz,1,0.7\n"));
    let output = run(["compare", &a, &b, "--format", "json"]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let lacks = [&found["models"][1]["missing"], &found["models"][1]["missing_rows"]];
    assert_eq!(lacks, [&serde_json::json!([]), &serde_json::json!([{"case": "x", "class": "1"}])]);
    assert!(found["notes"].to_string().contains("1 row of b without a result: x (1)"), "{}", found["notes"]);
    assert_eq!(found["comparisons"][0]["n"], 2);
}

/// What does not vary is as certain under one interval as under another.
#[test]
fn equal_models_are_equivalent_by_every_interval() {
    let files = Files::new();
    let a = csv(&files, "a", "dice", &[0.5, 0.75, 0.25, 1.0]);
    let b = csv(&files, "b", "dice", &[0.5, 0.75, 0.25, 1.0]);
    for interval in ["expanded", "percentile", "t", "bca"] {
        let found = compared(&[a.clone(), b.clone()], &["--margin", "0.01", "--interval", interval]);
        let pair = &found["comparisons"][0];
        assert_eq!(
            (&pair["verdict"], &pair["interval"]),
            (&"equivalent".into(), &serde_json::json!([0.0, 0.0])),
            "{interval}"
        );
    }
}

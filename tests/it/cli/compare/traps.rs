//! What a reader should be warned of: a test for each trap.

use super::{case, compared, csv, csvs};
use crate::cli::{Files, run, stderr, stdout};
use serde_json::Value;

fn notes(found: &Value) -> String {
    found["notes"].to_string()
}

#[track_caller]
fn noted(models: &[String], more: &[&str], part: &str) {
    let found = compared(models, more);
    assert!(notes(&found).contains(part), "{part} is not in {}", notes(&found));
}

#[track_caller]
fn not_noted(models: &[String], more: &[&str], part: &str) {
    let found = compared(models, more);
    assert!(!notes(&found).contains(part), "{part} is in {}", notes(&found));
}

/// Undefined scores that only one model has decide more than tests.
#[test]
fn asymmetric_undefined_scores_are_a_finding() {
    let files = Files::new();
    let models = csvs(&files, &case("undefined-asymmetry"), "dice");
    let output = run(["compare", &models[0], &models[1]]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("undefined in some models only in 3 of 14 cases: c002, c005, c009"));
    let table = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(table.contains("A - B would be +0.2163 and not +0.0028"), "{table}");
    // Where the rule gives all of them a value nothing is left to find.
    assert_eq!(run(["compare", &models[0], &models[1], "--undefined", "one"]).status.code(), Some(0));
}

#[test]
fn few_cases_cannot_reach_what_is_asked_for() {
    let files = Files::new();
    let five = csvs(&files, &case("n5-all-won"), "dice");
    noted(&five, &[], "5 cases that differ cannot reach 0.05: the smallest p is 0.0625");
    noted(&five, &[], "intervals are still a little too narrow");
    noted(&five, &["--interval", "percentile"], "intervals by percentiles are too narrow");
    noted(&five, &["--interval", "bca"], "intervals by percentiles are too narrow");
    not_noted(&five, &["--interval", "t"], "too narrow");
    not_noted(&five, &["--alpha", "0.07"], "cannot reach");
    // Seven cases can, but not among ten tests.
    let rows = |shift: f64| -> Vec<f64> { (0..7).map(|i| 0.5 + shift * (i + 1) as f64 / 10.0).collect() };
    let models: Vec<String> =
        (0..5).map(|m| csv(&files, &format!("m{m}"), "dice", &rows(0.1 * f64::from(m)))).collect();
    noted(&models, &[], "7 cases that differ cannot reach 0.05 among 10 tests");
    not_noted(&models[..2], &[], "cannot reach");
    not_noted(&models, &["--adjust", "bh"], "cannot reach");
    not_noted(&models, &["--adjust", "none"], "cannot reach");
}

/// Drawn signs have a least p, which an adjustment may lift beyond the level.
#[test]
fn drawn_signs_have_a_floor() {
    let files = Files::new();
    let row = |model: u32| -> Vec<f64> { (0..40u32).map(|i| f64::from((i * 37 + model * 11) % 101) / 101.0).collect() };
    let models: Vec<String> = (0..3).map(|m| csv(&files, &format!("m{m}"), "dice", &row(m))).collect();
    let few = ["--test", "sign-flip", "--alpha", "0.0002"];
    noted(&models, &few, "drawn signs give no p below");
    not_noted(&models, &["--test", "sign-flip"], "drawn signs");
    // The smallest p is not multiplied then.
    not_noted(&models, &[&few[..], &["--adjust", "bh"]].concat(), "drawn signs");
}

/// A wins 11 of 12 cases, and its mean is lower through one failure.
#[test]
fn ranks_and_means_may_disagree() {
    let files = Files::new();
    let models = csvs(&files, &case("signs-disagree"), "dice");
    noted(&models, &[], "the mean is for");
    let found = compared(&models, &[]);
    let pair = &found["comparisons"][0];
    assert_eq!(pair["verdict"], "undecided");
    let flips = compared(&models, &["--test", "sign-flip"]);
    assert_eq!(pair["p_of_mean"], flips["comparisons"][0]["p"]);
    let orders = compared(&csvs(&files, &case("orders-disagree"), "dice"), &[]);
    let text = notes(&orders);
    assert!(text.contains("the mean is for") && text.contains("rankings differ"), "{text}");
}

#[test]
fn one_case_decides() {
    let files = Files::new();
    let models = csvs(&files, &case("undefined-asymmetry"), "dice");
    noted(&models, &[], "without c003 the best mean is that of B");
}

/// Near the ceiling a difference is significant that nobody sees.
#[test]
fn small_and_significant_is_asked_back() {
    let files = Files::new();
    let row = |gain: f64| -> Vec<f64> { (0..60).map(|i| 0.98 + f64::from(i) / 10_000.0 + gain).collect() };
    let models = [csv(&files, "a", "dice", &row(0.0004)), csv(&files, "b", "dice", &row(0.0))];
    noted(&models, &[], "+0.0004 is significant and small");
    let found = compared(&models, &["--margin", "0.01"]);
    assert_eq!(found["comparisons"][0]["verdict"], "equivalent");
    assert!(!notes(&found).contains("significant and small"));
    assert_eq!(compared(&models, &["--margin", "0.0001"])["comparisons"][0]["verdict"], "better");
}

#[test]
fn dice_and_iou_are_one_fact() {
    let files = Files::new();
    let model = |name: &str, shift: f64| {
        let path = files.path(&format!("{name}.csv"));
        let rows = (0..6).map(|i| {
            let dice = 0.6 + f64::from(i) / 20.0 + shift;
            format!("c{i},{dice},{}\n", dice / (2.0 - dice))
        });
        std::fs::write(&path, format!("case,dice,iou\n{}", rows.collect::<String>())).unwrap();
        format!("{name}={}", path.display())
    };
    let models = [model("a", 0.01), model("b", 0.0)];
    noted(&models, &[], "Dice and IoU order the cases alike");
    not_noted(&models, &["--metrics", "dice"], "order the cases alike");
}

#[test]
fn many_models_make_a_lucky_winner() {
    let files = Files::new();
    let row = |model: u32| -> Vec<f64> { (0..8u32).map(|i| f64::from((i * 31 + model * 17) % 53) / 53.0).collect() };
    let models: Vec<String> = (0..11).map(|m| csv(&files, &format!("m{m:02}"), "dice", &row(m))).collect();
    noted(&models, &["--bootstrap", "0"], "partly the luckiest");
    not_noted(&models[..10], &["--bootstrap", "0"], "partly the luckiest");
}

/// Dropping a distance because something was missed rewards who missed it.
#[test]
fn dropped_distances_are_told() {
    let files = Files::new();
    let models = csvs(&files, &case("hd95-undefined"), "hd95");
    noted(&models, &[], "rewards who missed it");
    let found = compared(&models, &["--undefined", "last", "--rank", "rank-mean", "--bootstrap", "0"]);
    let ranks: Vec<&Value> = found["ranking"][0]["models"].as_array().unwrap().iter().map(|m| &m["rank"]).collect();
    assert_eq!(ranks, [4, 2, 1, 3]);
}

/// The same model twice, rounding that breaks ties, one case, and none.
#[test]
fn degenerate_inputs_are_answered() {
    let files = Files::new();
    let twins = csvs(&files, &case("identical"), "dice");
    noted(&twins, &[], "the same scores everywhere");
    let found = compared(&twins, &[]);
    assert_eq!(
        (&found["comparisons"][0]["p"], &found["comparisons"][0]["mean_difference"]),
        (&1.0.into(), &0.0.into())
    );
    let one = compared(&csvs(&files, &case("one-complete"), "dice"), &[]);
    let pair = &one["comparisons"][0];
    assert_eq!((&pair["p"], &pair["interval"], &pair["n"]), (&1.0.into(), &Value::Null, &1.into()));
    let none = csvs(&files, &case("none-complete"), "dice");
    for form in ["table", "csv", "json", "markdown", "latex"] {
        let output = run(["compare", &none[0], &none[1], "--format", form]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains("no case has dice of class 1 in all models"), "{}", stderr(&output));
        assert!(!stdout(&output).is_empty());
    }
}

/// Trainings do not vary here, which every form says.
#[test]
fn folds_and_seeds_are_not_in_the_numbers() {
    let files = Files::new();
    let found = compared(&csvs(&files, &case("n20"), "dice"), &[]);
    assert!(found["method"].as_str().unwrap().contains("seeds and folds of training are not in these numbers"));
    // And the interval is that of the difference, which two of the means do not tell.
    assert!(found["comparisons"][0]["interval"][0].as_f64().unwrap() > 0.0);
    let overlap = [0, 1].map(|model| found["models"][model]["scores"][0]["interval"].clone());
    assert!(overlap[0][0].as_f64() < overlap[1][1].as_f64(), "{overlap:?}");
}

/// A pattern that is too wide makes one group of all.
#[test]
fn one_group_of_all_cases_is_told() {
    let files = Files::new();
    let models = csvs(&files, &case("n20"), "dice");
    noted(&models, &["--group", "^(c)"], "all 20 cases are in one group");
    not_noted(&models, &["--group", "^(c[0-9]+)"], "in one group");
}

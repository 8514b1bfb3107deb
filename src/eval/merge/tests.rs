//! What the fuzz target found, named for what was wrong.

use super::{Partial, merge};
use crate::eval::error::EvalError;
use crate::eval::evaluation::Evaluation;
use crate::eval::scoring::ScoreChoices;

/// Results of two shards; the first one has a missing prediction.
const OWN: &str = include_str!("../../fuzzing/own_1.json");
const OTHER: &str = include_str!("../../fuzzing/own_2.json");
const NO_CLASS: &str = include_str!("../../fuzzing/no_class.json");

fn merged(texts: &[&str]) -> Result<Evaluation, EvalError> {
    let parts = (0..).zip(texts).map(|(i, text)| Partial::parse(text, format!("{i}.json").as_ref()));
    Ok(merge(parts.collect::<Result<_, _>>()?, &ScoreChoices::default())?.0)
}

fn refused(texts: &[&str], part: &str) {
    let message = merged(texts).map(|_| "merged".to_owned()).unwrap_or_else(|error| error.in_full());
    assert!(message.contains(part) && message.len() < 1000, "{message}");
}

#[test]
fn the_seeds_are_merged() {
    let report = merged(&[OWN, OTHER]).unwrap();
    assert_eq!((report.cases.len(), report.missing.len(), report.extra.len()), (2, 1, 1));
    assert_eq!(merged(&[NO_CLASS]).unwrap().cases.len(), 1);
}

/// The list of lost shards was made as a whole: 100 GiB.
#[test]
fn billions_of_shards_take_no_memory() {
    refused(&[&OWN.replace("1/2", "1/4294967295")], "2/4294967295, 3/4294967295");
    refused(&[&OWN.replace("1/2", "1/4294967295")], "21/4294967295 and 4294967274 more are not among the files");
    refused(&[&OWN.replace("1/2", "3/5"), &OTHER.replace("2/2", "1/5")], "shard 2/5, 4/5, 5/5 are not among");
}

/// A mean for each resample was kept: 32 GiB, and hours.
#[test]
fn billions_of_resamples_are_refused() {
    let texts = [OWN, OTHER].map(|text| text.replace("\"resamples\":100", "\"resamples\":4000000000"));
    refused(&[&texts[0], &texts[1]], "4000000000 resamples make no interval");
}

/// The product wrapped around, with overflow checks it panicked.
#[test]
fn a_shape_beyond_64_bits_is_refused() {
    let shape = NO_CLASS.replace("[3,2,2]", "[4294967296,4294967296]").replace("\"voxels\":12", "\"voxels\":null");
    refused(&[&shape], "the shape [4294967296, 4294967296] of a has more voxels than can be counted");
}

/// The counts of one of them became those of a class without voxels.
#[test]
fn a_class_that_is_there_twice_is_refused() {
    refused(&[&OWN.replace(r#"{"key":"2","#, r#"{"key":"1","#)], "the class 1 is there twice");
    // "01" is label 1 as well.
    let numbers = r#"{"TP":1,"FP":0,"FN":0,"TN":9}"#;
    let case = |keys: [&str; 2]| {
        let [a, b] = keys.map(|key| format!("\"{key}\":{numbers}"));
        format!(r#"{{"metric_per_case":[{{"metrics":{{{a},{b}}},"prediction_file":"p/a","reference_file":"t/a"}}]}}"#)
    };
    refused(&[&case(["1", "01"])], "the class 1 is there twice");
    refused(&[&case(["(1, 2)", "(1,2)"])], "the class (1, 2) is there twice");
    assert!(merged(&[&case(["1", "2"])]).is_ok());
}

/// Names of cases come from files otherwise, where they are cleaned.
#[test]
fn names_of_cases_keep_to_one_line() {
    let report = merged(&[&OWN.replace(r#""case":"a""#, r#""case":"a\u001b[2J\nb""#), OTHER]).unwrap();
    assert_eq!(report.cases[0].name, "a\u{fffd}[2J\u{fffd}b");
}

/// Two classes with one key: the counts of one of them became those of a class without voxels.
#[test]
fn a_key_of_different_classes_is_one_class_or_refused() {
    let other = OTHER.replace(r#"{"key":"2","name":null,"labels":[2]}"#, r#"{"key":"2","name":null,"labels":[4]}"#);
    refused(&[OWN, &other], "the class 2 is [2] in 0.json and [4] in 1.json");
    // A mask that is named like a label.
    let mask = OTHER.replace(r#"{"key":"2","name":null,"labels":[2]}"#, r#"{"key":"2","name":"2","labels":[]}"#);
    let report = merged(&[OWN, &mask]).unwrap();
    let keys: Vec<&str> = report.classes.iter().map(|class| &class.key[..]).collect();
    assert_eq!(keys, ["1", "2"]);
    assert!(report.cases.iter().all(|case| case.counts.iter().all(|(_, counts)| counts.tp() > 0)));
}

/// A layout that this version does not know may mean anything.
#[test]
fn results_of_later_layouts_are_refused() {
    let layout =
        |schema: u32, text: &str| text.replace("\"voxdice\":{", &format!("\"voxdice\":{{\"schema\":{schema},"));
    assert!(merged(&[&layout(1, OWN), OTHER]).is_ok(), "and earlier ones had no number");
    refused(&[&layout(2, OWN), OTHER], "a result in layout 2, and this version reads layouts up to 1");
    refused(&[&layout(2, r#"{"metric_per_case":{},"voxdice":{"cases":[]}}"#)], "layout 2");
}

//! Real pairs, with the counts and scores that other libraries found.

use super::{backends, gpu, json, text};
use crate::shared::{expectations, shared};

#[test]
fn real_pairs_have_the_counts_and_dice_other_tools_found() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("data/real");
    let expected = expectations(&folder.join("expected.json"));
    let mut pairs = 0;
    for pair in expected["pairs"].as_array().unwrap() {
        let [truth, pred] = ["truth", "pred"].map(|key| folder.join(pair[key].as_str().unwrap()));
        pairs += 1;
        let labels = pair["labels"].as_object().unwrap();
        let paths = [text(&truth), text(&pred)];
        for backend in backends() {
            // Without a list of labels: all but the background.
            let found = json(["eval", "--format", "json", "--backend", backend].into_iter().chain(paths));
            let mut present: Vec<&String> = labels.keys().filter(|label| *label != "0").collect();
            present.sort_by_key(|label| label.parse::<u32>().unwrap());
            assert_eq!(found["mean"].as_object().unwrap().keys().collect::<Vec<_>>(), present);
            let list = labels.keys().map(String::as_str).collect::<Vec<_>>().join(",");
            let more = ["eval", "--format", "json", "--backend", backend, "-l", &list];
            let found = json(more.into_iter().chain(paths));
            let metrics = found["metric_per_case"][0]["metrics"].as_object().unwrap();
            assert_eq!(metrics.len(), labels.len(), "{pair}");
            for (label, counts) in labels {
                let of = &metrics[label];
                assert_eq!(of["TP"], counts["tp"], "{backend} {label}");
                assert_eq!(of["n_ref"], counts["n_truth"], "{backend} {label}");
                assert_eq!(of["n_pred"], counts["n_pred"], "{backend} {label}");
                assert_eq!(of["Dice"].as_f64().unwrap(), counts["dice"].as_f64().unwrap(), "{backend} {label}");
            }
            let expected_backend = if backend == "gpu" { "gpu" } else { "cpu" };
            assert_eq!(found["voxdice"]["backend"], expected_backend);
        }
    }
    assert!(pairs >= 9, "only {pairs} pairs");
}

#[test]
fn verify_says_that_both_backends_agree() {
    let Some(shared) = shared() else { return };
    if !gpu() {
        return;
    }
    let folder = shared.join("data/real/totalsegmentator");
    let [truth, pred] = ["example_seg.nii.gz", "example_seg_fast.nii.gz"].map(|name| folder.join(name));
    for backend in ["cpu", "gpu"] {
        let arguments = ["eval", truth.to_str().unwrap(), pred.to_str().unwrap(), "--verify", "--format", "json"];
        let output = super::run(arguments.into_iter().chain(["--backend", backend]));
        assert_eq!(output.status.code(), Some(0));
        assert!(super::stderr(&output).contains("verified: cpu ("), "{}", super::stderr(&output));
        let found: serde_json::Value = serde_json::from_str(&super::stdout(&output)).unwrap();
        let verify = &found["voxdice"]["verify"];
        assert_eq!(verify["equal"], true);
        assert!(verify["difference"].is_null());
        assert!(verify["cpu"].as_str().unwrap().contains("thread"));
        assert_ne!(verify["cpu"], verify["gpu"]);
    }
}

/// nnU-Net 2.8.1's own numbers of the same case.
#[test]
fn a_case_of_a_folder_has_the_numbers_of_nnunet() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("data/folder");
    let text = std::fs::read_to_string(folder.join("nnunet_summary.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text.replace("NaN", "null")).unwrap();
    let mut compared = 0;
    for case in expected["metric_per_case"].as_array().unwrap() {
        let name = case["reference_file"].as_str().unwrap().rsplit('/').next().unwrap();
        let [truth, pred] = ["truth", "pred"].map(|half| folder.join(half).join(name));
        let (truth, pred) = (truth.to_str().unwrap(), pred.to_str().unwrap());
        let labels: Vec<&str> = case["metrics"].as_object().unwrap().keys().map(String::as_str).collect();
        let found = json(["eval", "-l", &labels.join(","), "--format", "json", "--geometry", "off", truth, pred]);
        assert_eq!(found["metric_per_case"][0]["metrics"], case["metrics"], "{name}");
        compared += 1;
    }
    assert!(compared >= 3, "only {compared} cases");
}

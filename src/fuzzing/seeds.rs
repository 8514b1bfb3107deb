//! Sound inputs to start from.

/// Files of a dataset.json: nnU-Net v2, the Decathlon, regions, and what is refused.
const DATASETS: [&str; 5] = [
    r#"{"labels": {"background": 0, "tumour": 2, "organ": 1, "ignore": 3}}"#,
    r#"{"labels": {"0": "background", "2": "Posterior", "1": "Anterior"}}"#,
    r#"{"name": "x", "labels": {"background": 0, "kidney": [1, 2, 3], "masses": [3], "tumor": 2, "ignore": [7]}, "file_ending": ".nii.gz"}"#,
    r#"{"labels": {"a": -1, "b": 1.5, "c": "x", "d": [], "e": 4294967296, "\u00e9": 4294967295}}"#,
    r#"{"labels": {"a": 1, "ignore": [7, 8]}}"#,
];

/// Results of two shards, of a pair, of a case without a class, and a summary of nnU-Net.
const RESULTS: [&str; 5] = [
    include_str!("own_1.json"),
    include_str!("own_2.json"),
    include_str!("pair.json"),
    include_str!("no_class.json"),
    include_str!("summary.json"),
];

/// Lists of pairs of files in this folder: with and without names, a prediction that is missing, masks, and what is refused.
const PAIRS: [&str; 5] = [
    "truth,pred,name\nown_1.json,own_2.json,first\n# a comment\nplan.rs,seeds.rs\n",
    "pair.json, absent.json\n\"pair.json\",\"summary.json\",\"a, \"\"quoted\"\" name\"\r\n",
    ".,pair.json,a folder\n",
    "own_1.json,own_2.json\npair.json,own_2.json\n",
    "own_1.json,,name\n",
];

/// The seeds of a body.
pub fn of(body: &str) -> Vec<Vec<u8>> {
    match body {
        "dataset_json" => DATASETS.map(|text| text.as_bytes().to_vec()).to_vec(),
        "pairs" => PAIRS.map(|text| text.as_bytes().to_vec()).to_vec(),
        "merge" => {
            let mut seeds = RESULTS.map(|text| text.as_bytes().to_vec()).to_vec();
            seeds.push(RESULTS[..2].join("\0").into_bytes());
            seeds
        }
        // Each number is its bits, as many bytes as they need, and a byte to be one less.
        _ => {
            let small = [3, 2, 0, 10, 1, 1, 0, 2, 1, 0, 2, 4, 1, 0, 0, 17, 0, 0, 1, 0, 12, 9, 1, 0, 0, 0, 0];
            let wide = [1, 0, 0, 20, 9, 9, 3, 0, 7, 5, 0, 0, 3, 2, 0, 1, 16, 0, 0, 0, 13, 5, 5, 1, 2, 1, 1, 1];
            let long =
                [30, 1, 2, 3, 4, 1, 5, 9, 0, 2, 1, 0, 1, 5, 0, 0, 2, 30, 0, 0, 0, 0, 1, 24, 0, 0, 0, 0, 3, 1, 0, 0];
            vec![small.to_vec(), wide.to_vec(), long.to_vec(), vec![0xff; 40]]
        }
    }
}

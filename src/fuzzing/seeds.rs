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

/// Scores: classes by label and by name, other separators, undefined scores in several words, remarks, counts, our own
/// table, and what is refused; and two models.
const SCORES: [&str; 8] = [
    "case,label,dice\na,1,0.5\na,2,0.75\nb,1,\nb,2,nan\n",
    "# made by x\n\nCase;Structure;DSC;HD95\n#1;liver;0,5;7\n\"b;c\";liver;0.25;-\n",
    "id\tmine\tsite\na\t1e300\tx\nb\t-1e300\ty\nc\t5e-324\tx\n",
    "case,label,precision,n_truth,n_pred\nc0,1.0,,0,0\nc1,1,,7.0,0\nc2,1,0.5,9,9\n",
    "case,label,name,dice,tp,fp,fn,tn,n_pred,n_truth,voxel_ml\na,1,liver,0.5,1,1,1,1,2,2,\na,0,,0.9,1,1,1,1,2,2,\n",
    "case,dice\na,0.1\na,0.2\n",
    "case,dice\na,0.1,3\n",
    "case,dice\na,0.1\nb,0.2\nc,inf\n\0case,dice\nb,0.3\na,0.1\nc,0.5\n",
];

/// The seeds of a body.
pub fn of(body: &str) -> Vec<Vec<u8>> {
    match body {
        "dataset_json" => DATASETS.map(|text| text.as_bytes().to_vec()).to_vec(),
        "pairs" => PAIRS.map(|text| text.as_bytes().to_vec()).to_vec(),
        "scores_csv" => SCORES.map(|text| text.as_bytes().to_vec()).to_vec(),
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

//! Lesions that are looked for while files are read.

use super::{Files, json, text};
use voxdice::io::nifti::{Geometry, write};

/// Distances want whole volumes, and lesions are looked for in these then. Labels of several types, an ignored one, a prediction
/// that is missing, and rows that are empty for a while.
#[test]
fn lesions_are_the_same_while_voxels_are_read_and_in_whole_volumes() {
    let files = Files::new();
    let shape = [90, 70, 9];
    let labels = |seed: u64| -> Vec<u16> {
        let at = |place: u64| {
            let (x, y, z) = (place % 90, place / 90 % 70, place / (90 * 70));
            let cube = (x / 4 * 31 + y / 5 * 37 + z / 2 * 41 + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            if (20..44).contains(&y) || !cube.is_multiple_of(3) { 0 } else { [1, 2, 7, 300][(cube / 3 % 4) as usize] }
        };
        (0..90 * 70 * 9).map(at).collect()
    };
    for folder in ["t", "p"] {
        std::fs::create_dir(files.path(folder)).unwrap();
    }
    for (name, seed) in [("t/a.nii.gz", 1), ("p/a.nii.gz", 2), ("t/b.nii.gz", 3)] {
        let path = files.path(name);
        write(&path, &shape, &Geometry::from_spacing([1.0, 1.0, 2.5]), &labels(seed)).unwrap();
    }
    let (truth, pred) = (files.path("t"), files.path("p"));
    let all: [&[&str]; 6] = [
        &[],
        &["-l", "1,300"],
        &["--region", "some=1,2,7", "--region", "few=2"],
        &["--ignore", "7"],
        &["--like", "autopet3"],
        &["--join", "1", "--match", "any", "--near", "1", "--criterion", "voxels", "--match-threshold", ">0"],
    ];
    for more in all {
        let instances = if more.contains(&"--like") { &[][..] } else { &["--instances", "components"] };
        let of = |metrics: &str| {
            let mut arguments =
                vec!["eval", text(&truth), text(&pred), "--format", "json", "--bootstrap", "0", "--quiet"];
            arguments.extend(["--backend", "cpu", "--missing", "zero", "--metrics", metrics]);
            arguments.extend(instances);
            arguments.extend(more);
            let found = json(arguments);
            let cases = found["metric_per_case"].as_array().unwrap().clone();
            assert_eq!(cases.len(), 2);
            cases.iter().map(|case| (case["metrics"].clone(), case["instances"].clone())).collect::<Vec<_>>()
        };
        let [streamed, whole] = ["dice,lesion_f1", "dice,lesion_f1,hd95"].map(of);
        for ((metrics, found), (of_whole, expected)) in streamed.iter().zip(&whole) {
            assert!(found.as_object().is_some_and(|found| !found.is_empty()), "{more:?}");
            assert_eq!(found, expected, "{more:?}");
            for (class, values) in metrics.as_object().unwrap() {
                for (metric, value) in values.as_object().unwrap() {
                    assert_eq!(*value, of_whole[class][metric], "{metric} of {class} {more:?}");
                }
            }
        }
    }
}

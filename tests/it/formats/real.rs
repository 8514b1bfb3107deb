//! Volumes which other projects publish, with the counts that other libraries found in them.

use std::collections::BTreeMap;

use voxdice::io;

use super::compare::{self, number, numbers};
use super::{expectations, is_ours, shared};
use crate::nifti::npy::Number;

#[test]
fn real_volumes_have_the_labels_other_readers_found() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("data/real");
    let expected = expectations(&folder.join("expected.json"));
    let mut read = 0;
    for case in expected["files"].as_array().unwrap() {
        let name = case["file"].as_str().unwrap();
        if !is_ours(name) && !name.ends_with(".nii.gz") {
            continue;
        }
        let image = io::read(folder.join(name)).unwrap();
        compare::header(&image.header, case).unwrap_or_else(|message| panic!("{name}: {message}"));
        let mut counts = BTreeMap::<i128, u64>::new();
        let mut floats = Vec::new();
        for value in numbers(&image.voxels) {
            match value {
                Number::Int(label) => *counts.entry(label).or_default() += 1,
                Number::Float(value) => floats.push(value),
            }
        }
        let labels = case["labels"].as_object().into_iter().flatten();
        let labels = labels.map(|(label, count)| (label.parse().unwrap(), count.as_u64().unwrap()));
        assert_eq!(counts, labels.collect(), "{name}");
        if let Some(sum) = case["sum"].as_i64().filter(|_| floats.is_empty()) {
            let found: i128 = counts.iter().map(|(&label, &count)| label * i128::from(count)).sum();
            assert_eq!(i128::from(sum), found, "{name}");
        }
        if !floats.is_empty() {
            let list = |key: &str| -> Vec<f64> { case[key].as_array().unwrap().iter().map(number).collect() };
            assert!(floats.starts_with(&list("first_values")) && floats.ends_with(&list("last_values")), "{name}");
            assert_eq!(floats.iter().copied().fold(f64::INFINITY, f64::min), number(&case["min"]), "{name}");
            assert_eq!(floats.iter().copied().fold(f64::NEG_INFINITY, f64::max), number(&case["max"]), "{name}");
        }
        read += 1;
    }
    println!("{read} real volumes");
    assert!(read >= 22, "only {read} volumes");
}

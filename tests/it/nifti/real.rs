//! Volumes which other projects publish, with the counts that other libraries found in them.

use std::collections::BTreeMap;

use voxdice::io::nifti;

use super::npy::Number;
use super::{compare, expectations, shared};

#[test]
fn real_volumes_have_the_labels_other_readers_found() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("data/real");
    let expected = expectations(&folder.join("expected.json"));
    let mut read = 0;
    for case in expected["files"].as_array().unwrap() {
        let name = case["file"].as_str().unwrap();
        if !name.ends_with(".nii.gz") {
            continue;
        }
        let image = nifti::read(folder.join(name)).unwrap();
        compare::header(&image.header, case).unwrap_or_else(|message| panic!("{name}: {message}"));
        let mut counts = BTreeMap::<i128, u64>::new();
        for value in compare::numbers(&image.voxels) {
            let Number::Int(label) = value else { panic!("{name}: {value:?}") };
            *counts.entry(label).or_default() += 1;
        }
        let labels = case["labels"].as_object().unwrap();
        let labels = labels.iter().map(|(label, count)| (label.parse().unwrap(), count.as_u64().unwrap()));
        assert_eq!(counts, labels.collect(), "{name}");
        let sum: i128 = counts.iter().map(|(&label, &count)| label * i128::from(count)).sum();
        assert_eq!(i128::from(case["sum"].as_i64().unwrap()), sum, "{name}");
        read += 1;
    }
    println!("{read} real volumes");
    assert!(read >= 12, "only {read} volumes");
}

//! Skeletons of scikit-image, and clDice of other programs.

use super::engine;
use crate::instances::cases::{cases, maps, number};
use crate::root::root;
use serde_json::Value;
use voxdice::metric::topology::{cl_dice, topology_precision, topology_sensitivity};
use voxdice::stats::Centrelines;
use voxdice::{Classes, LabelMap, Pair, Shape};

fn centrelines(spatial: &[usize], truth: &[u8], pred: &[u8]) -> Centrelines {
    let shape = Shape::new(1, 1, spatial).unwrap();
    let [pred, truth] = [pred, truth].map(|labels| LabelMap::u8(shape.clone(), labels).unwrap());
    engine().centrelines(Pair { pred, truth }, &Classes::new([1]).unwrap()).unwrap().into_values()[0]
}

/// tests/golden/skeletons.json: its `documentation` describes it.
fn skeletons() -> Vec<(String, Vec<usize>, [Vec<u8>; 2])> {
    let file: Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("tests/golden/skeletons.json")).unwrap()).unwrap();
    let case = |case: &Value| {
        let of = |name: &str| -> Vec<u8> {
            let runs: Vec<usize> = serde_json::from_value(case[name].clone()).unwrap();
            runs.chunks(2).flat_map(|run| vec![run[0] as u8; run[1]]).collect()
        };
        let shape: Vec<usize> = serde_json::from_value(case["shape"].clone()).unwrap();
        (case["name"].as_str().unwrap().to_owned(), shape, [of("mask"), of("skeleton")])
    };
    file["cases"].as_array().unwrap().iter().map(case).collect()
}

/// A skeleton that lies in the expected one and is as large is the expected one.
#[test]
fn skeletons_are_those_of_scikit_image() {
    let all = skeletons();
    for (name, shape, [mask, expected]) in &all {
        let n = expected.iter().map(|&label| u64::from(label)).sum::<u64>();
        let found = centrelines(shape, mask, expected);
        assert_eq!((found.truth().voxels(), found.truth().within()), (n, n), "{name} {shape:?} as the truth");
        let found = centrelines(shape, expected, mask);
        assert_eq!((found.pred().voxels(), found.pred().within()), (n, n), "{name} {shape:?} as the prediction");
    }
    assert!(all.len() >= 30);
}

#[test]
fn cl_dice_is_that_of_other_programs() {
    let mut undefined = 0;
    for case in cases() {
        let maps = maps(&case);
        let [truth, pred] =
            [&maps.truth, &maps.pred].map(|labels| labels.iter().map(|&l| u8::from(l > 0)).collect::<Vec<_>>());
        let lines = centrelines(&maps.spatial, &truth, &pred);
        let found = cl_dice(&lines);
        for tool in ["panoptica", "metrics_reloaded"] {
            let expected = number(&case["tools"]["cldice"][tool]);
            if expected.is_nan() {
                // They divide by zero where a side is empty and where nothing meets, too.
                let [truth, pred] = [lines.truth(), lines.pred()];
                let is_zero = match [truth.mask(), pred.mask()] {
                    [0, 0] => false,
                    [0, _] | [_, 0] => true,
                    _ => truth.voxels() > 0 && pred.voxels() > 0 && truth.within() + pred.within() == 0,
                };
                assert!(if is_zero { found == 0.0 } else { found.is_nan() }, "{}: {lines:?}", case["name"]);
                undefined += 1;
            } else {
                assert!((found - expected).abs() < 1e-12, "{} {tool}: {found}, not {expected}", case["name"]);
            }
        }
    }
    assert!((2..100).contains(&undefined), "{undefined}");
}

#[test]
fn an_empty_side_has_no_skeleton() {
    let (none, line) = ([0; 6], [0, 0, 0, 1, 1, 1]);
    let found = centrelines(&[2, 3], &line, &none);
    assert!(topology_precision(&found).is_nan() && topology_sensitivity(&found) == 0.0 && cl_dice(&found) == 0.0);
    let found = centrelines(&[2, 3], &none, &line);
    assert!(topology_precision(&found) == 0.0 && topology_sensitivity(&found).is_nan() && cl_dice(&found) == 0.0);
    assert!(cl_dice(&centrelines(&[2, 3], &none, &none)).is_nan());
    assert_eq!(cl_dice(&centrelines(&[2, 3], &line, &line)), 1.0);
    // Nothing is left of a block of 2 x 2 x 2, which is no miss.
    let block = [1; 8];
    let found = centrelines(&[2, 2, 2], &block, &block);
    assert_eq!((found.truth().mask(), found.truth().voxels()), (8, 0));
    assert!(cl_dice(&found).is_nan());
}

//! 67 pairs of masks through gudhi.

use super::betti;
use crate::instances::cases::{cases, maps};

#[test]
fn betti_numbers_are_those_of_gudhi() {
    let mut compared = 0;
    for case in cases() {
        let maps = maps(&case);
        for (side, labels) in [("truth", &maps.truth), ("pred", &maps.pred)] {
            let mask: Vec<u8> = labels.iter().map(|&label| u8::from(label > 0)).collect();
            let expected: Vec<u64> = serde_json::from_value(case["tools"]["gudhi_betti"][side].clone()).unwrap();
            let found = betti(&maps.spatial, &mask).numbers();
            assert_eq!(found[..maps.spatial.len()], expected, "{} {side}", case["name"]);
            assert!(maps.spatial.len() == 3 || found[2] == 0);
            compared += 1;
        }
    }
    assert_eq!(compared, 134);
}

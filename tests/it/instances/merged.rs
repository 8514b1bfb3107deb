//! LiTS merges lesions on both sides, and which lesions are found follows from what it counts.

use super::Maps;
use voxdice::metric::instances::{InstancePreset, detection_of, matching};

fn row(runs: &[[usize; 2]]) -> Vec<u32> {
    (0..64).map(|at| u32::from(runs.iter().any(|run| (run[0]..run[1]).contains(&at)))).collect()
}

#[test]
fn what_fails_the_threshold_is_missed_and_invented() {
    let rules = InstancePreset::Lits.system().rules;
    // An IoU of 1/3, and one of 17/19. The third truth is met by nothing.
    for (pred, counts, found, ml) in [([9, 27], (0, 2, 1), 0, [0.018, 0.023]), ([1, 19], (1, 1, 0), 1, [0.0, 0.005])] {
        let maps = Maps { spatial: vec![1, 1, 64], truth: row(&[[0, 18], [40, 45]]), pred: row(&[pred]) };
        let lesions = maps.one(&rules);
        let matched = matching(&lesions, &rules);
        let scores = detection_of(&lesions, &matched, &rules, 1.0);
        assert_eq!((scores.tp, scores.missed, scores.fp), counts, "{pred:?}");
        assert_eq!((matched.found.len(), matched.extra.len()), (found, 1 - found), "{pred:?}");
        assert_eq!([scores.false_positive_ml(), scores.false_negative_ml()], ml, "{pred:?}");
    }
}

/// Merged lesions count once, and none of them is missed.
#[test]
fn all_of_a_merged_lesion_are_found() {
    let rules = InstancePreset::Lits.system().rules;
    let maps = Maps { spatial: vec![1, 1, 64], truth: row(&[[0, 10], [12, 22]]), pred: row(&[[0, 22]]) };
    let lesions = maps.one(&rules);
    let matched = matching(&lesions, &rules);
    let scores = detection_of(&lesions, &matched, &rules, 1.0);
    assert_eq!((scores.tp, scores.missed, scores.fp), (1, 1, 0));
    assert_eq!(matched.found.into_iter().collect::<Vec<_>>(), [(0, vec![0]), (1, vec![0])]);
    assert_eq!([scores.false_positive_ml(), scores.false_negative_ml()], [0.0; 2]);
}

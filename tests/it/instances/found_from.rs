//! Lesions that are matched and not found: BraTS 2026 metastases matches from a Dice of 1e-6 on and finds from 0.1 on.

use super::Maps;
use voxdice::metric::instances::{Charge, InstancePreset, InstanceRules, detection, found_only, matching};

/// A row with a true lesion of 40 voxels, and a predicted one of 40 that shares `common` with it.
fn pair(common: usize) -> Maps {
    let row = |start: usize| (0..128).map(|at| u32::from((start..start + 40).contains(&at))).collect::<Vec<u32>>();
    Maps { spatial: vec![1, 1, 128], truth: row(0), pred: row(40 - common) }
}

#[test]
fn what_is_matched_below_a_tenth_is_not_found() {
    let rules = InstancePreset::Brats26Mets.system().rules;
    // Dice 2 n / 80.
    for (common, is_found) in [(3, false), (4, true), (40, true)] {
        let maps = pair(common);
        let found = maps.detect(&rules, 1.0);
        let expected = if is_found { (1, 0, 0) } else { (0, 1, 1) };
        assert_eq!((found.tp, found.missed, found.fp), expected, "{common}");
        assert_eq!(found.tp_pred, i64::from(is_found));
        // The mean is that of what is matched, to which a false positive of the same pair adds nothing.
        assert_eq!(found.lesion_dice(), 2.0 * common as f64 / 80.0);
        let lesions = maps.one(&rules);
        let matched = matching(&lesions, &rules);
        assert_eq!((matched.found.len(), matched.extra.len()), (1, 0));
        assert_eq!(found_only(&lesions, &matched, &rules).extra.len(), usize::from(!is_found));
    }
    // Without common voxels there is nothing to match: two terms of 0.
    let apart = pair(0).detect(&rules, 1.0);
    assert_eq!((apart.tp, apart.missed, apart.fp, apart.lesion_dice()), (0, 1, 1, 0.0));
}

/// A prediction that is matched with a lesion too small to count, below a tenth, is a false positive.
#[test]
fn the_floor_covers_what_is_found() {
    let rules = InstancePreset::Brats26Mets.system().rules;
    let row = |[start, end]: [usize; 2]| (0..512).map(|at| u32::from((start..end).contains(&at))).collect::<Vec<u32>>();
    // 4 mm3, which is below 20; a prediction of 76 or 77 voxels around them: Dice 8 / 80 and 8 / 81.
    for (end, extra) in [(76, 0), (77, 1)] {
        let maps = Maps { spatial: vec![1, 1, 512], truth: row([0, 4]), pred: row([0, end]) };
        let found = detection(&maps.one(&rules), &rules, 1.0);
        assert_eq!((found.tp, found.missed, found.fp), (0, 0, extra));
    }
}

/// The mean over found lesions is a mean: of those that are matched.
#[test]
fn no_mean_is_above_1() {
    let rules = InstancePreset::Brats26Mets.system().rules;
    let found = InstanceRules { charge: Charge::Nothing, ..rules };
    let row = |runs: &[[usize; 2]]| -> Vec<u32> {
        (0..256).map(|at| u32::from(runs.iter().any(|run| (run[0]..run[1]).contains(&at)))).collect()
    };
    // One is found whole, and one at a Dice of 6 / 80.
    let maps = Maps { spatial: vec![1, 1, 256], truth: row(&[[0, 40], [60, 100]]), pred: row(&[[0, 40], [97, 137]]) };
    assert_eq!(maps.detect(&found, 1.0).lesion_dice(), (1.0 + 6.0 / 80.0) / 2.0);
    assert_eq!(maps.detect(&InstanceRules { found_from: None, ..found }, 1.0).lesion_dice(), (1.0 + 6.0 / 80.0) / 2.0);
}

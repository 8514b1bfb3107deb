//! The detection of LiTS 2017: lesions are merged on both sides before they are compared.

use super::threshold::Threshold;
use crate::stats::Instances;
use std::collections::BTreeMap;

/// What the script counts, and which lesions that makes found.
pub(super) struct Merged {
    /// TP, FP and FN.
    pub counts: (i64, i64, i64),
    /// True lesions of a merged one that passes, each with the predicted lesions that are merged with it and meet it. A lesion
    /// that counts once as a merged one may be several here.
    pub found: BTreeMap<u32, Vec<u32>>,
}

/// Merges and compares.
///
/// Each true lesion goes with the predicted one that overlaps it most, and one that nothing overlaps stays alone. Those of one
/// predicted lesion are merged. Then each predicted lesion belongs to the merged lesion it overlaps most, and those of one
/// are merged too. A merged pair counts once, and where its IoU does not pass, as many as were merged in the truth are taken
/// off.
///
/// The script calls merged predictions by the number of their truth, and looks for them by the lowest number of their own.
/// So the union is that with the predictions of the truth of that number, if there are any and their pair has not failed
/// before. Recorded values can only be met with this.
pub(super) fn merged(found: &Instances, threshold: Threshold) -> Merged {
    let (n_truth, n_pred) = (found.truth().len() as i64, found.pred().len() as i64);
    // The most voxels, then the lowest number.
    let mut goes_with: Vec<Option<(u64, u32)>> = vec![None; found.truth().len()];
    for pair in found.overlaps() {
        let best = &mut goes_with[pair.truth as usize];
        if best.is_none_or(|(voxels, pred)| pair.voxels > voxels || pair.voxels == voxels && pair.pred < pred) {
            *best = Some((pair.voxels, pair.pred));
        }
    }
    // A merged lesion is called by its lowest one.
    let mut merged: BTreeMap<u32, u32> = BTreeMap::new();
    for (truth, (_, pred)) in (0..).zip(&goes_with).filter_map(|(truth, best)| Some((truth, (*best)?))) {
        merged.entry(pred).or_insert(truth);
    }
    let name = |truth: u32| {
        let pred = goes_with[truth as usize].map(|(_, pred)| pred);
        pred.and_then(|pred| merged.get(&pred).copied()).unwrap_or(truth)
    };
    let (mut size, mut number): (BTreeMap<u32, u64>, BTreeMap<u32, i64>) = Default::default();
    for (truth, lesion) in (0..).zip(found.truth()) {
        *size.entry(name(truth)).or_default() += lesion.voxels();
        *number.entry(name(truth)).or_default() += 1;
    }
    let mut common: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for pair in found.overlaps() {
        *common.entry((pair.pred, name(pair.truth))).or_default() += pair.voxels;
    }
    let mut best: BTreeMap<u32, (u64, u32)> = BTreeMap::new();
    for (&(pred, truth), &voxels) in &common {
        let own = best.entry(pred).or_insert((voxels, truth));
        if voxels > own.0 {
            *own = (voxels, truth);
        }
    }
    let mut groups: BTreeMap<u32, Group> = BTreeMap::new();
    for (pred, (voxels, truth)) in best {
        let group = groups.entry(truth).or_default();
        group.shared += voxels;
        group.preds.push(pred);
    }
    let mut in_order: Vec<(u32, u32)> = groups.iter().map(|(&truth, group)| (group.preds[0], truth)).collect();
    in_order.sort_unstable();
    let mut detected = groups.len() as i64;
    for (first, truth) in in_order {
        // Predictions of the truth that has the number of this prediction.
        let labelled = groups.get(&first).map_or(&[][..], |group| &group.preds);
        let voxels: u64 = labelled.iter().map(|&pred| found.pred()[pred as usize].voxels()).sum();
        let both: u64 = labelled.iter().filter_map(|&pred| common.get(&(pred, truth))).sum();
        let all = size.get(&truth).copied().unwrap_or(0) + voxels - both;
        if let Some(group) = groups.get_mut(&truth)
            && !threshold.passes(group.shared, all)
        {
            detected -= number.get(&truth).copied().unwrap_or(0);
            group.preds.clear();
        }
    }
    let mut by_truth: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for pair in found.overlaps() {
        // Of those that fail none is left.
        if groups.get(&name(pair.truth)).is_some_and(|group| group.preds.contains(&pair.pred)) {
            by_truth.entry(pair.truth).or_default().push(pair.pred);
        }
    }
    Merged { counts: (detected, n_pred - detected, n_truth - detected), found: by_truth }
}

/// Predicted lesions of one merged truth, ascending, until it fails.
#[derive(Default)]
struct Group {
    shared: u64,
    preds: Vec<u32>,
}

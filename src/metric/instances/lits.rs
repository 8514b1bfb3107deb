//! The detection counts of LiTS 2017: lesions are merged on both sides before they are compared.

use super::threshold::Threshold;
use crate::stats::Instances;
use std::collections::BTreeMap;

/// TP, FP and FN.
///
/// Each true lesion goes with the predicted one that overlaps it most, and one that nothing overlaps with the first
/// predicted lesion that overlaps anything: `argmax` of zeros. Those of one predicted lesion are merged. Then each
/// predicted lesion belongs to the merged lesion it overlaps most, and those of one are merged too. A merged pair
/// counts once, and where its IoU does not pass, as many as were merged in the truth are taken off.
pub(super) fn counts(found: &Instances, threshold: Threshold) -> (i64, i64, i64) {
    let (n_truth, n_pred) = (found.truth().len() as i64, found.pred().len() as i64);
    let Some(first) = found.overlaps().iter().map(|pair| pair.pred).min() else { return (0, n_pred, n_truth) };
    // The most voxels, then the lowest number.
    let mut goes_with = vec![(0, first); found.truth().len()];
    for pair in found.overlaps() {
        let best = &mut goes_with[pair.truth as usize];
        if pair.voxels > best.0 || pair.voxels == best.0 && pair.pred < best.1 {
            *best = (pair.voxels, pair.pred);
        }
    }
    // A merged lesion is called by its lowest one.
    let mut merged: BTreeMap<u32, u32> = BTreeMap::new();
    for (truth, (_, pred)) in (0..).zip(&goes_with) {
        merged.entry(*pred).or_insert(truth);
    }
    let name = |truth: u32| merged.get(&goes_with[truth as usize].1).copied().unwrap_or(truth);
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
    let mut groups: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for (pred, (voxels, truth)) in best {
        let (shared, pred_size) = groups.entry(truth).or_default();
        *shared += voxels;
        *pred_size += found.pred()[pred as usize].voxels();
    }
    let mut detected = groups.len() as i64;
    for (truth, (shared, pred_size)) in groups {
        let all = size.get(&truth).copied().unwrap_or(0) + pred_size - shared;
        if !threshold.passes(shared, all) {
            detected -= number.get(&truth).copied().unwrap_or(0);
        }
    }
    (detected, n_pred - detected, n_truth - detected)
}

//! Lesions that are left out or become one after they were found.

use super::rules::InstanceRules;
use crate::stats::{Instances, Lesion, LesionRun, Overlap, Touch};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The lesions of all classes as the rules, one for each class, count them: small predicted ones
/// [dropped](InstanceRules::drop), and then those that touch the same lesion of another class joined, as
/// [`InstanceOptions::touching`](crate::stats::InstanceOptions::touching) has the classes in their order. A lesion that touches
/// several goes with the first of them (BraTS 2024). `voxel_mm3` is the volume of a voxel.
pub fn reduced<'a>(
    found: &'a [Instances],
    rules: &[InstanceRules],
    touching: &[[usize; 2]],
    voxel_mm3: f64,
) -> Vec<Cow<'a, Instances>> {
    let is_dropped = |class: usize, side: usize, lesion: u32| {
        let lesions = found.get(class).map(|found| found.pred());
        let lesion = lesions.and_then(|lesions| lesions.get(lesion as usize));
        let rule = rules.get(class);
        side == 1 && rule.zip(lesion).is_some_and(|(rule, lesion)| rule.drop.holds(lesion.voxels(), voxel_mm3))
    };
    let of_class = |(class, found): (usize, &'a Instances)| {
        // Lesions found with classes that these rules do not join stay as they are.
        let others = |which: usize| touching.get(which).filter(|pair| pair[0] == class).map(|pair| pair[1]);
        let sides = [(found.truth(), found.touches_of_truth()), (found.pred(), found.touches_of_pred())];
        let [truth, pred] = [0, 1].map(|side| {
            let (lesions, touches) = sides[side];
            let own: Vec<Option<u32>> =
                (0..lesions.len() as u32).map(|lesion| (!is_dropped(class, side, lesion)).then_some(lesion)).collect();
            joined(own, touches, |which, other| others(which).is_some_and(|class| !is_dropped(class, side, other)))
        });
        let is_same = |groups: &[Option<u32>]| groups.iter().zip(0..).all(|(group, own)| *group == Some(own));
        if is_same(&truth) && is_same(&pred) {
            Cow::Borrowed(found)
        } else {
            Cow::Owned(regrouped(found, &truth, &pred))
        }
    };
    found.iter().enumerate().map(of_class).collect()
}

/// Groups of lesions, each called by its lowest one, after the lesions of each other class in turn have joined those that
/// touch the same.
fn joined(mut groups: Vec<Option<u32>>, touches: &[Touch], is_there: impl Fn(usize, u32) -> bool) -> Vec<Option<u32>> {
    for touches in touches.chunk_by(|a, b| a.which == b.which) {
        // Each group goes with the first lesion that it touches.
        let mut goes_with: BTreeMap<u32, u32> = BTreeMap::new();
        for touch in touches.iter().filter(|touch| is_there(touch.which, touch.other)) {
            if let Some(group) = groups[touch.lesion as usize] {
                let first = goes_with.entry(group).or_insert(touch.other);
                *first = (*first).min(touch.other);
            }
        }
        let mut name_of: BTreeMap<u32, u32> = BTreeMap::new();
        for (&group, &other) in &goes_with {
            name_of.entry(other).or_insert(group);
        }
        for group in groups.iter_mut().flatten() {
            *group = goes_with.get(group).and_then(|other| name_of.get(other)).copied().unwrap_or(*group);
        }
    }
    groups
}

fn regrouped(found: &Instances, truth: &[Option<u32>], pred: &[Option<u32>]) -> Instances {
    let (truths, new_truth) = regroup(found.truth(), truth);
    let (preds, new_pred) = regroup(found.pred(), pred);
    let of = |truth: u32, pred: u32| Some((new_truth[truth as usize]?, new_pred[pred as usize]?));
    let sums = |overlaps: &[Overlap]| {
        let mut sums: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for overlap in overlaps {
            if let Some(key) = of(overlap.truth, overlap.pred) {
                *sums.entry(key).or_default() += overlap.voxels;
            }
        }
        sums.into_iter().map(|((truth, pred), voxels)| Overlap { truth, pred, voxels }).collect::<Vec<_>>()
    };
    let near = |pairs: &Vec<[u32; 2]>| {
        let pairs: BTreeSet<(u32, u32)> = pairs.iter().filter_map(|&[truth, pred]| of(truth, pred)).collect();
        pairs.into_iter().map(|(truth, pred)| [truth, pred]).collect()
    };
    Instances {
        truth: truths,
        pred: preds,
        overlaps: sums(&found.overlaps),
        near: found.near.as_ref().map(near),
        regions: found.regions.as_deref().map(sums),
        runs: found.runs.as_ref().map(|[truth, pred]| [of_groups(truth, &new_truth), of_groups(pred, &new_pred)]),
        touches: Default::default(),
        ..*found
    }
}

/// The voxels of lesions that are left.
fn of_groups(runs: &[LesionRun], of: &[Option<u32>]) -> Vec<LesionRun> {
    let left = |run: &LesionRun| of[run.lesion as usize].map(|lesion| LesionRun { lesion, ..*run });
    runs.iter().filter_map(left).collect()
}

/// Lesions of the groups, and which one each has become. A group is called by its lowest lesion, so that the order stays.
fn regroup(lesions: &[Lesion], groups: &[Option<u32>]) -> (Vec<Lesion>, Vec<Option<u32>>) {
    let mut all: Vec<Lesion> = Vec::new();
    let mut places: BTreeMap<u32, u32> = BTreeMap::new();
    let mut of = vec![None; lesions.len()];
    for ((lesion, group), of) in lesions.iter().zip(groups).zip(&mut of) {
        let Some(group) = group else { continue };
        let place = *places.entry(*group).or_insert(all.len() as u32);
        match all.get_mut(place as usize) {
            Some(joined) => joined.add(lesion),
            None => all.push(*lesion),
        }
        *of = Some(place);
    }
    (all, of)
}

//! Which true lesions are found by which predicted ones: functions of sizes and overlaps.

use super::assign::{Edge, assign};
use super::lits;
use super::rules::{Criterion, InstanceRules, Match, Objective};
use crate::stats::{Instances, Overlap};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Which lesions found which, by places in [`Instances`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matching {
    /// True lesions that are found, in their order, with the predicted ones that find them.
    pub found: BTreeMap<u32, Vec<u32>>,
    /// Predicted lesions that find nothing, in their order.
    pub extra: Vec<u32>,
}

/// Matches the lesions of an image as the rules say. For [`Match::Nearest`] those that share a voxel are matched, and for
/// [`Match::MergeBoth`] those of merged lesions that pass, which count once however many they are.
pub fn matching(found: &Instances, rules: &InstanceRules) -> Matching {
    let pairs = found.overlaps();
    let passing = |pair: &&Overlap| rules.passes(found, pair);
    let by_truth = match rules.matching {
        Match::Any if rules.near > 0 => {
            let mut by_truth = BTreeMap::new();
            let voxels: BTreeMap<[u32; 2], &Overlap> =
                pairs.iter().map(|pair| ([pair.truth, pair.pred], pair)).collect();
            for [truth, pred] in found.near() {
                // Lesions that are only near each other share no voxels, so the threshold does not apply.
                let passes = |pair: &&Overlap| rules.criterion == Criterion::Voxels || rules.passes(found, pair);
                if voxels.get(&[truth, pred]).is_none_or(passes) {
                    add(&mut by_truth, truth, pred);
                }
            }
            by_truth
        }
        Match::Any | Match::Unique => grouped(pairs.iter().filter(passing)),
        Match::Nearest => grouped(pairs.iter()),
        Match::MergeBoth => lits::merged(found, rules.threshold).found,
        Match::Greedy => greedy(found, rules, Reuse::Never),
        Match::GreedyManyToOne => greedy(found, rules, Reuse::Truth),
        Match::Merge => merge(found, rules),
        Match::Optimal(objective) => optimal(found, rules, objective),
        Match::Worst => grouped(worst(found, rules).iter().copied()),
    };
    let mut used = vec![false; found.pred().len()];
    by_truth.values().flatten().for_each(|&pred| used[pred as usize] = true);
    let extra = (0..).zip(&used).filter(|(_, used)| !**used).map(|(pred, _)| pred).collect();
    Matching { found: by_truth, extra }
}

/// The matching without pairs that are [not found](InstanceRules::found_from).
pub fn found_only<'a>(found: &Instances, matching: &'a Matching, rules: &InstanceRules) -> Cow<'a, Matching> {
    let Some(threshold) = rules.found_from else { return Cow::Borrowed(matching) };
    let mut own = matching.clone();
    own.found.retain(|&truth, preds| {
        let (common, truth, pred) = voxels(found, truth as usize, preds);
        let keeps = threshold.passes(2 * common, truth + pred);
        if !keeps {
            own.extra.append(preds);
        }
        keeps
    });
    own.extra.sort_unstable();
    Cow::Owned(own)
}

/// Voxels in common, of a true lesion, and of predicted ones.
pub(super) fn voxels(found: &Instances, truth: usize, preds: &[u32]) -> (u64, u64, u64) {
    let common = |pred: u32| {
        let place = found.overlaps().binary_search_by_key(&(truth as u32, pred), |pair| (pair.truth, pair.pred));
        place.map_or(0, |place| found.overlaps()[place].voxels)
    };
    let common: u64 = preds.iter().map(|&pred| common(pred)).sum();
    let size: u64 =
        preds.iter().filter_map(|&pred| found.pred().get(pred as usize)).map(|lesion| lesion.voxels()).sum();
    let own = found.truth().get(truth).map_or(0, |lesion| lesion.voxels());
    (common, own, size)
}

fn add(by_truth: &mut BTreeMap<u32, Vec<u32>>, truth: u32, pred: u32) {
    by_truth.entry(truth).or_default().push(pred);
}

fn grouped<'a>(pairs: impl Iterator<Item = &'a Overlap>) -> BTreeMap<u32, Vec<u32>> {
    let mut by_truth = BTreeMap::new();
    pairs.for_each(|pair| add(&mut by_truth, pair.truth, pair.pred));
    by_truth
}

impl InstanceRules {
    /// The score of two lesions, as a fraction.
    fn score(&self, found: &Instances, pair: &Overlap) -> (u64, u64) {
        let (truth, pred) = (found.truth()[pair.truth as usize], found.pred()[pair.pred as usize]);
        self.criterion.score(pair.voxels, truth.voxels(), pred.voxels())
    }

    fn passes(&self, found: &Instances, pair: &Overlap) -> bool {
        let (n, d) = self.score(found, pair);
        self.threshold.passes(n, d)
    }
}

fn compare((a, of_a): (u64, u64), (b, of_b): (u64, u64)) -> Ordering {
    (u128::from(a) * u128::from(of_b)).cmp(&(u128::from(b) * u128::from(of_a)))
}

/// The best first; of equal ones the lower prediction, then the lower truth.
fn best_first<'a>(found: &'a Instances, rules: &InstanceRules) -> Vec<&'a Overlap> {
    let mut pairs: Vec<&Overlap> = found.overlaps().iter().collect();
    let order = |a: &&Overlap, b: &&Overlap| {
        let scores = compare(rules.score(found, b), rules.score(found, a));
        scores.then((a.pred, a.truth).cmp(&(b.pred, b.truth)))
    };
    pairs.sort_by(order);
    pairs
}

/// Whether a lesion may be in several pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reuse {
    Never,
    Truth,
}

fn greedy(found: &Instances, rules: &InstanceRules, reuse: Reuse) -> BTreeMap<u32, Vec<u32>> {
    let mut by_truth: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut used = vec![false; found.pred().len()];
    for pair in best_first(found, rules).into_iter().filter(|pair| rules.passes(found, pair)) {
        if !used[pair.pred as usize] && (reuse == Reuse::Truth || !by_truth.contains_key(&pair.truth)) {
            add(&mut by_truth, pair.truth, pair.pred);
            used[pair.pred as usize] = true;
        }
    }
    by_truth
}

fn merge(found: &Instances, rules: &InstanceRules) -> BTreeMap<u32, Vec<u32>> {
    let mut by_truth: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    // Voxels of the union of the predicted lesions of a true one, and those in common.
    let mut unions: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    let mut used = vec![false; found.pred().len()];
    for pair in best_first(found, rules).into_iter() {
        if used[pair.pred as usize] {
            continue;
        }
        let (truth, pred) = (found.truth()[pair.truth as usize].voxels(), found.pred()[pair.pred as usize].voxels());
        let score = |(size, common)| rules.criterion.score(common, truth, size);
        let joins = match unions.get(&pair.truth) {
            Some(&(size, common)) => {
                let with = (size + pred, common + pair.voxels);
                (compare(score(with), score((size, common))) == Ordering::Greater).then_some(with)
            }
            None => rules.passes(found, pair).then_some((pred, pair.voxels)),
        };
        if let Some(union) = joins {
            unions.insert(pair.truth, union);
            add(&mut by_truth, pair.truth, pair.pred);
            used[pair.pred as usize] = true;
        }
    }
    by_truth
}

/// Bits behind the point of a gain.
const BITS: u32 = 60;

fn optimal(found: &Instances, rules: &InstanceRules, objective: Objective) -> BTreeMap<u32, Vec<u32>> {
    let mut edges: Vec<Vec<Edge>> = vec![Vec::new(); found.truth().len()];
    for pair in found.overlaps() {
        let (n, d) = rules.score(found, pair);
        let passes = rules.threshold.passes(n, d);
        // Voxels are whole numbers, and would not fit with a fraction behind.
        let bits = if rules.criterion == Criterion::Voxels { 0 } else { BITS };
        let score = (i128::from(n) << bits) / i128::from(d);
        let gain = match objective {
            Objective::Sum if passes => score + (1i128 << bits) / 1_000_000,
            Objective::Sum => continue,
            // More than all scores together.
            Objective::Count => score + if passes { 1i128 << 93 } else { 0 },
            Objective::SumOfAll => score,
        };
        edges[pair.truth as usize].push((pair.pred, gain));
    }
    let mut by_truth = BTreeMap::new();
    for (truth, pred) in (0..).zip(assign(&edges, found.pred().len())) {
        let Some(pred) = pred else { continue };
        let place = found.overlaps().binary_search_by_key(&(truth, pred), |pair| (pair.truth, pair.pred));
        if place.is_ok_and(|place| rules.passes(found, &found.overlaps()[place])) {
            add(&mut by_truth, truth, pred);
        }
    }
    by_truth
}

/// The pairs that pass.
pub(super) fn passing<'a>(found: &'a Instances, rules: &InstanceRules) -> impl Iterator<Item = &'a Overlap> {
    found.overlaps().iter().filter(|pair| rules.passes(found, pair))
}

/// MetricsReloaded sorts upwards: of several pairs that pass, each prediction keeps its worst, then each truth its worst.
pub(super) fn worst<'a>(found: &'a Instances, rules: &InstanceRules) -> Vec<&'a Overlap> {
    let mut pairs: Vec<&Overlap> = passing(found, rules).collect();
    pairs.sort_by_key(|pair| (pair.pred, pair.truth));
    for of in [|pair: &Overlap| pair.pred, |pair: &Overlap| pair.truth] {
        pairs.sort_by(|a, b| compare(rules.score(found, a), rules.score(found, b)));
        let mut seen = std::collections::BTreeSet::new();
        pairs.retain(|pair| seen.insert(of(pair)));
    }
    pairs.sort();
    pairs
}

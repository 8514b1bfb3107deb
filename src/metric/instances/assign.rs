//! The best assignment of predicted to true lesions: shortest augmenting paths over the pairs that there are. Gains are whole
//! numbers, so that equal ones are equal, and of equal assignments the one with the lower numbers is taken.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap};

/// A predicted lesion that may be assigned to a true one, and the gain of that, above 0.
pub(super) type Edge = (u32, i128);

/// No partner.
const NONE: u32 = u32::MAX;

/// Where the edges of each prediction are: the truth, and the place among its edges.
struct Places {
    /// Where those of a prediction begin, and at last where all end.
    starts: Vec<usize>,
    places: Vec<(u32, u32)>,
}

impl Places {
    fn of(edges: &[Vec<Edge>], preds: usize) -> Self {
        let mut starts = vec![0; preds + 1];
        edges.iter().flatten().for_each(|edge| starts[edge.0 as usize + 1] += 1);
        for pred in 0..preds {
            starts[pred + 1] += starts[pred];
        }
        let (mut next, mut places) = (starts.clone(), vec![(0, 0); starts[preds]]);
        for (truth, edges) in (0..).zip(edges) {
            for (place, edge) in (0..).zip(edges) {
                places[next[edge.0 as usize]] = (truth, place);
                next[edge.0 as usize] += 1;
            }
        }
        Self { starts, places }
    }

    fn get(&self, pred: u32) -> &[(u32, u32)] {
        &self.places[self.starts[pred as usize]..self.starts[pred as usize + 1]]
    }
}

struct Solver<'a> {
    edges: &'a [Vec<Edge>],
    /// Prices, for which `gain <= price of truth + price of prediction` holds for every pair, with equality where they
    /// are matched. A free lesion has price 0.
    of_truth: Vec<i128>,
    of_pred: Vec<i128>,
    pred_of: Vec<u32>,
    truth_of: Vec<u32>,
}

/// The predicted lesion of each true one, or none. `edges` are sorted for each true lesion.
pub(super) fn assign(edges: &[Vec<Edge>], preds: usize) -> Vec<Option<u32>> {
    let mut solver = Solver {
        edges,
        of_truth: vec![0; edges.len()],
        of_pred: vec![0; preds],
        pred_of: vec![NONE; edges.len()],
        truth_of: vec![NONE; preds],
    };
    for truth in 0..edges.len() as u32 {
        solver.augment(truth);
    }
    solver.lower_numbers();
    solver.pred_of.into_iter().map(|pred| (pred != NONE).then_some(pred)).collect()
}

/// Where a search may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// At this prediction, which is free.
    Pred(u32),
    /// This truth goes without.
    Without(u32),
}

impl Solver<'_> {
    /// Gives one more truth a prediction, or none, in the way that costs least.
    fn augment(&mut self, start: u32) {
        let edges = &self.edges[start as usize];
        let left = |&(pred, gain): &Edge| gain - self.of_pred[pred as usize];
        let best = edges.iter().map(left).max().unwrap_or(0);
        if best <= 0 {
            return;
        }
        // Mostly the best one is free, and there is nothing to search.
        let free = edges.iter().find(|edge| left(edge) == best && self.truth_of[edge.0 as usize] == NONE);
        self.of_truth[start as usize] = best;
        if let Some(&(pred, _)) = free {
            (self.pred_of[start as usize], self.truth_of[pred as usize]) = (pred, start);
            return;
        }
        let mut heap = BinaryHeap::new();
        let mut truths: Vec<(u32, i128)> = Vec::new();
        // For each prediction: its distance, and the truth it would be assigned to.
        let mut seen: HashMap<u32, (i128, u32)> = HashMap::new();
        let mut closed: HashMap<u32, i128> = HashMap::new();
        let mut next = Some((start, 0));
        let (end, far) = loop {
            if let Some((truth, far)) = next.take() {
                truths.push((truth, far));
                let own = self.of_truth[truth as usize];
                // At equal distance what ends the search goes first.
                heap.push(Reverse((far + own, false, End::Without(truth))));
                for &(pred, gain) in &self.edges[truth as usize] {
                    let there = far + own + self.of_pred[pred as usize] - gain;
                    if seen.get(&pred).is_none_or(|&(known, _)| there < known) {
                        seen.insert(pred, (there, truth));
                        let is_taken = self.truth_of[pred as usize] != NONE;
                        heap.push(Reverse((there, is_taken, End::Pred(pred))));
                    }
                }
            }
            let Some(Reverse((far, _, end))) = heap.pop() else { return };
            match end {
                End::Pred(pred) if self.truth_of[pred as usize] != NONE => {
                    // A prediction with a shorter path has been reached already.
                    if let Entry::Vacant(entry) = closed.entry(pred) {
                        entry.insert(far);
                        next = Some((self.truth_of[pred as usize], far));
                    }
                }
                end => break (end, far),
            }
        };
        for (truth, there) in truths {
            self.of_truth[truth as usize] -= far - there;
        }
        for (pred, there) in closed {
            self.of_pred[pred as usize] += far - there;
        }
        let (mut truth, mut pred) = match end {
            End::Without(truth) => (truth, NONE),
            End::Pred(pred) => (seen.get(&pred).map_or(NONE, |known| known.1), pred),
        };
        while truth != NONE {
            let before = std::mem::replace(&mut self.pred_of[truth as usize], pred);
            if pred != NONE {
                self.truth_of[pred as usize] = truth;
            }
            if truth == start {
                break;
            }
            pred = before;
            truth = seen.get(&pred).map_or(NONE, |known| known.1);
        }
    }

    fn is_tight(&self, truth: u32, (pred, gain): Edge) -> bool {
        self.of_truth[truth as usize] + self.of_pred[pred as usize] == gain
    }

    /// Among equal assignments the first one, in the order of sorted pairs.
    fn lower_numbers(&mut self) {
        let truths_of = Places::of(self.edges, self.of_pred.len());
        for truth in 0..self.edges.len() as u32 {
            for &edge in &self.edges[truth as usize] {
                if edge.0 == self.pred_of[truth as usize] {
                    break;
                }
                let owner = self.truth_of[edge.0 as usize];
                let is_open = owner == NONE || owner > truth;
                if is_open && self.is_tight(truth, edge) && self.take(truth, edge.0, &truths_of) {
                    break;
                }
            }
        }
    }

    /// Assigns this prediction to a truth, if the later truths can be reassigned without a loss. Every matching over tight
    /// pairs that covers all lesions with a price is a best one. The exchange leaves one lesion without a partner on either
    /// side at most, and each finds its way back by a path of its own (Mendelsohn & Dulmage 1958).
    fn take(&mut self, truth: u32, pred: u32, truths_of: &Places) -> bool {
        let (left, owner) = (self.pred_of[truth as usize], self.truth_of[pred as usize]);
        let mut undo = Vec::new();
        if owner != NONE {
            self.join(owner, NONE, &mut undo);
        }
        self.join(truth, pred, &mut undo);
        let is_done = (owner == NONE || self.place_truth(owner, truth, &mut undo))
            && (left == NONE || self.place_pred(left, truth, truths_of, &mut undo));
        if !is_done {
            for (truth, pred) in undo.into_iter().rev() {
                self.join(truth, pred, &mut Vec::new());
            }
        }
        is_done
    }

    /// Gives a truth this prediction, or none; what it had is free then. `undo` gets what would bring it back.
    fn join(&mut self, truth: u32, pred: u32, undo: &mut Vec<(u32, u32)>) {
        let before = std::mem::replace(&mut self.pred_of[truth as usize], pred);
        if before != NONE && self.truth_of[before as usize] == truth {
            self.truth_of[before as usize] = NONE;
        }
        if pred != NONE {
            self.truth_of[pred as usize] = truth;
        }
        undo.push((truth, before));
    }

    /// Finds a partner for a truth that has lost its own, among the truths behind `fixed`; or lets one without a price go
    /// without.
    fn place_truth(&mut self, start: u32, fixed: u32, undo: &mut Vec<(u32, u32)>) -> bool {
        // By prediction: the truth that it would be given to.
        let mut from: HashMap<u32, u32> = HashMap::new();
        let mut queue = vec![start];
        let mut at = 0;
        let (mut truth, mut gets) = 'search: loop {
            let Some(&next) = queue.get(at) else { return false };
            at += 1;
            if self.of_truth[next as usize] == 0 {
                break (next, NONE);
            }
            for &edge in &self.edges[next as usize] {
                let owner = self.truth_of[edge.0 as usize];
                let is_open = owner == NONE || owner > fixed;
                if !is_open || from.contains_key(&edge.0) || !self.is_tight(next, edge) {
                    continue;
                }
                if owner == NONE {
                    break 'search (next, edge.0);
                }
                from.insert(edge.0, next);
                queue.push(owner);
            }
        };
        loop {
            let before = self.pred_of[truth as usize];
            self.join(truth, gets, undo);
            if truth == start {
                return true;
            }
            let Some(&giver) = from.get(&before) else { return false };
            (truth, gets) = (giver, before);
        }
    }

    /// The same for a prediction.
    fn place_pred(&mut self, start: u32, fixed: u32, truths_of: &Places, undo: &mut Vec<(u32, u32)>) -> bool {
        if self.truth_of[start as usize] != NONE || self.of_pred[start as usize] == 0 {
            return true;
        }
        // By truth: the prediction that it would be given.
        let mut from: HashMap<u32, u32> = HashMap::new();
        let mut queue = vec![start];
        let mut at = 0;
        let mut truth = 'search: loop {
            let Some(&next) = queue.get(at) else { return false };
            at += 1;
            for &(truth, place) in truths_of.get(next) {
                let edge = self.edges[truth as usize][place as usize];
                if truth <= fixed || from.contains_key(&truth) || !self.is_tight(truth, edge) {
                    continue;
                }
                from.insert(truth, next);
                let before = self.pred_of[truth as usize];
                if before == NONE || self.of_pred[before as usize] == 0 {
                    break 'search truth;
                }
                queue.push(before);
            }
        };
        loop {
            let Some(&gets) = from.get(&truth) else { return false };
            let giver = self.truth_of[gets as usize];
            self.join(truth, gets, undo);
            if gets == start || giver == NONE {
                return true;
            }
            truth = giver;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All assignments.
    fn best(edges: &[Vec<Edge>], taken: &mut Vec<u32>) -> (i128, Vec<(usize, u32)>) {
        let truth = edges.len();
        let Some(own) = edges.first() else { return (0, Vec::new()) };
        let mut all = vec![best(&edges[1..], taken)];
        for &(pred, gain) in own {
            if !taken.contains(&pred) {
                taken.push(pred);
                let (sum, mut pairs) = best(&edges[1..], taken);
                taken.pop();
                pairs.insert(0, (truth, pred));
                all.push((sum + gain, pairs));
            }
        }
        // Later truths have fewer edges left, so larger numbers come first.
        let order = |pairs: &[(usize, u32)]| pairs.iter().map(|&(t, p)| (Reverse(t), p)).collect::<Vec<_>>();
        all.into_iter().max_by(|a, b| a.0.cmp(&b.0).then_with(|| order(&b.1).cmp(&order(&a.1)))).unwrap()
    }

    #[test]
    fn it_is_the_first_of_the_best_of_all_assignments() {
        let mut state = 1u64;
        let mut random = |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        for round in 0..3000 {
            let (truths, preds) = (1 + random(5) as usize, 1 + random(5) as u32);
            // Few gains, so that many assignments are equal.
            let gains = if round % 2 == 0 { 2 } else { 9 };
            let edges: Vec<Vec<Edge>> = (0..truths)
                .map(|_| {
                    let all = (0..preds).map(|pred| (pred, 1 + random(gains) as i128, random(3) > 0));
                    all.filter(|edge| edge.2).map(|(pred, gain, _)| (pred, gain)).collect()
                })
                .collect();
            let found = assign(&edges, preds as usize);
            let (sum, pairs) = best(&edges, &mut Vec::new());
            let own: Vec<(usize, u32)> =
                found.iter().enumerate().filter_map(|(t, p)| Some((truths - t, (*p)?))).collect();
            let gain = |(t, p): &(usize, u32)| edges[truths - t].iter().find(|edge| edge.0 == *p).unwrap().1;
            assert_eq!(own.iter().map(gain).sum::<i128>(), sum, "{edges:?}");
            assert_eq!(own, pairs, "{edges:?}");
        }
    }
}

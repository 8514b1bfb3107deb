//! Laws that hold for all inputs.

use crate::engines::ALL;
use crate::equality::{label_map, volume};
use crate::oracle::Array;
use proptest::prelude::*;
use voxdice::stats::{Counts, Merge, Sums, Terms};
use voxdice::{Classes, Empty, Engine, Over, Pair, Shape, Table, metric};

/// The scalar CPU backend: the laws are about statistics, and the other implementations equal it.
fn engine() -> &'static Engine {
    &ALL[0].engine
}

fn sums_of(p: &[f32], t: &[f32]) -> Table<Sums> {
    let shape = Shape::new(1, 1, [p.len()]).unwrap();
    let (p, t) = (Array::F32(p.to_vec()), Array::F32(t.to_vec()));
    engine().sums_with(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }, &Terms::All.into()).unwrap()
}

fn pairs(range: std::ops::RangeInclusive<f32>) -> impl Strategy<Value = Vec<(f32, f32)>> {
    prop::collection::vec((range.clone(), range), 1..400)
}

fn split(pairs: &[(f32, f32)]) -> (Vec<f32>, Vec<f32>) {
    pairs.iter().copied().unzip()
}

fn counts(tp: u64, fp: u64, fn_: u64, tn: u64) -> Counts {
    Counts::new(tp, tp + fp, tp + fn_, tp + fp + fn_ + tn).unwrap()
}

proptest! {
    #[test]
    fn any_split_merges_to_the_whole(values in pairs(-3.0..=3.0), cuts in prop::collection::vec(0usize..400, 0..6)) {
        let (p, t) = split(&values);
        let mut ends: Vec<usize> = cuts.into_iter().map(|cut| cut.min(p.len())).chain([0, p.len()]).collect();
        ends.sort_unstable();
        let mut parts: Vec<Table<Sums>> = ends
            .windows(2)
            .filter(|w| w[0] < w[1])
            .map(|w| sums_of(&p[w[0]..w[1]], &t[w[0]..w[1]]))
            .collect();
        // Parts have scales of their own, so they are compared by value, on the common grid of their merge in two orders.
        let mut forward = parts[0].clone();
        parts[1..].iter().for_each(|part| forward.merge(part).unwrap());
        parts.reverse();
        let mut backward = parts[0].clone();
        parts[1..].iter().for_each(|part| backward.merge(part).unwrap());
        prop_assert_eq!(&forward, &backward);
        let whole = sums_of(&p, &t);
        prop_assert_eq!(whole.values()[0].voxels(), forward.values()[0].voxels());
        for (a, b) in whole.values()[0].exact().iter().zip(forward.values()[0].exact()) {
            // A part may have a finer grid than the whole; the difference is the truncation, a grid step per voxel.
            let bound = p.len() as f64 * 2.0 * 2f64.powi(a.exponent());
            prop_assert!((a.to_f64() - b.to_f64()).abs() <= bound);
        }
    }

    #[test]
    fn within_one_scale_any_split_has_the_bits_of_the_whole(values in pairs(-1.0..=1.0), cut in 1usize..400) {
        let (p, t) = split(&values);
        let cut = cut.min(p.len());
        let mut merged = sums_of(&p[..cut], &t[..cut]);
        if cut < p.len() {
            merged.merge(&sums_of(&p[cut..], &t[cut..])).unwrap();
        }
        prop_assert_eq!(merged, sums_of(&p, &t));
    }

    #[test]
    fn order_does_not_matter_and_swapping_the_operands_swaps_the_sums(values in pairs(-1.0..=1.0), seed in any::<u64>()) {
        let (p, t) = split(&values);
        let mut shuffled = values.clone();
        let mut random = crate::random::Random::new(seed);
        for i in (1..shuffled.len()).rev() {
            shuffled.swap(i, random.below(i as u32 + 1) as usize);
        }
        let (sp, st) = split(&shuffled);
        prop_assert_eq!(sums_of(&sp, &st), sums_of(&p, &t));
        let (a, b) = (sums_of(&p, &t).values()[0].exact(), sums_of(&t, &p).values()[0].exact());
        prop_assert_eq!([a[0], a[1], a[2], a[3], a[4], a[5]], [b[1], b[0], b[2], b[4], b[3], b[5]]);
    }

    #[test]
    fn sums_are_within_the_documented_truncation_of_the_real_sums(values in pairs(-1.0..=1.0)) {
        let (p, t) = split(&values);
        let sums = sums_of(&p, &t);
        let s = &sums.values()[0];
        let exact = |f: fn(f64, f64) -> f64| values.iter().map(|&(p, t)| f(p.into(), t.into())).sum::<f64>();
        let bound = values.len() as f64 * 2f64.powi(-46) * 1.01;
        prop_assert!((s.pred() - exact(|p, _| p)).abs() <= bound);
        prop_assert!((s.product() - exact(|p, t| p * t)).abs() <= bound);
        prop_assert!((s.truth_squared().unwrap() - exact(|_, t| t * t)).abs() <= bound);
        prop_assert!((s.abs_difference().unwrap() - exact(|p, t| (p - t).abs())).abs() <= 2.0 * bound);
    }

    #[test]
    fn pooling_equals_flattening(values in prop::collection::vec((0f32..=1.0, 0f32..=1.0), 24)) {
        let (p, t) = split(&values);
        let shape = Shape::new(2, 3, [2, 2]).unwrap();
        let (pa, ta) = (Array::F32(p.clone()), Array::F32(t.clone()));
        let pair = Pair { pred: volume(&shape, &pa), truth: volume(&shape, &ta) };
        let sums = engine().sums_with(pair, &Terms::All.into()).unwrap();
        let flat = sums_of(&p, &t);
        prop_assert_eq!(&sums.pool(Over::All).unwrap(), &flat);
        let by_steps = sums.pool(Over::Channels).unwrap().pool(Over::Samples).unwrap();
        prop_assert_eq!(by_steps, flat);
    }

    #[test]
    fn counts_of_a_map_with_itself_are_perfect(map in prop::collection::vec(0u8..6, 1..300)) {
        let shape = Shape::new(1, 1, [map.len()]).unwrap();
        let map = Array::U8(map);
        let pair = Pair { pred: label_map(&shape, &map), truth: label_map(&shape, &map) };
        let found = engine().counts(pair, &Classes::new(1..=5).unwrap());
        for c in found.unwrap().values() {
            prop_assert_eq!((c.fp(), c.fn_(), c.tp() + c.tn()), (0, 0, c.n()));
            prop_assert_eq!(metric::dice(c, Empty::One), 1.0);
        }
    }

    #[test]
    fn dice_and_iou_are_in_range_symmetric_and_related(a in 0u64..1 << 40, b in 0u64..1 << 40, c in 0u64..1 << 40, d in 0u64..9) {
        let (dice, iou) = (metric::dice(&counts(a, b, c, d), Empty::One), metric::iou(&counts(a, b, c, d), Empty::One));
        prop_assert!((0.0..=1.0).contains(&dice) && (0.0..=1.0).contains(&iou));
        prop_assert_eq!(dice, metric::dice(&counts(a, c, b, d), Empty::One));
        prop_assert!((dice - 2.0 * iou / (1.0 + iou)).abs() < 1e-15);
    }

    #[test]
    fn impossible_counts_are_refused(tp in 0u64..9, n_pred in 0u64..9, n_truth in 0u64..9, n in 0u64..20) {
        let possible = tp <= n_pred && tp <= n_truth && n_pred + n_truth - tp.min(n_pred) <= n;
        prop_assert_eq!(Counts::new(tp, n_pred, n_truth, n).is_ok(), possible);
    }
}

#[test]
fn an_empty_class_scores_what_the_policy_says() {
    for (empty, value) in [(Empty::One, 1.0), (Empty::Zero, 0.0)] {
        assert_eq!(metric::dice(&counts(0, 0, 0, 5), empty), value);
        assert_eq!(metric::iou(&counts(0, 0, 0, 5), empty), value);
    }
    assert!(metric::dice(&counts(0, 0, 0, 5), Empty::Nan).is_nan());
    assert_eq!(metric::dice(&counts(0, 3, 0, 5), Empty::Nan), 0.0);
    assert_eq!(metric::dice(&counts(0, 0, 3, 5), Empty::One), 0.0);
}

//! Random evaluations against the oracle: each of them one number from which everything about it is drawn. What the
//! contract calls exact is compared with `==`, the rest with the bounds of docs/arithmetic.md.
//!
//! `VOXDICE_TEST_DIFFERENTIAL=10000` runs that many, `4711..4712` the one of a failure. A run beyond the default prints
//! how its evaluations were spread.

mod coverage;
mod draw;
mod expected;
mod run;
mod soft;
mod voxels;

use crate::oracle::Array;
use coverage::Coverage;
use draw::{Drawn, Way, What, draw};
use run::{Outcome, evaluate, evaluate_spoiled};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use voxdice::{Activation, NonFinite};

const VARIABLE: &str = "VOXDICE_TEST_DIFFERENTIAL";
const DEFAULT: Range<u64> = 0..300;

fn seeds() -> Range<u64> {
    let Ok(wanted) = std::env::var(VARIABLE) else { return DEFAULT };
    let number =
        |text: &str| text.parse().unwrap_or_else(|_| panic!("{VARIABLE}={wanted}: neither 10000 nor 4711..4712"));
    match wanted.split_once("..") {
        Some((first, end)) => number(first)..number(end),
        None => 0..number(&wanted),
    }
}

#[test]
fn random_evaluations_give_what_the_oracle_gives() {
    let seeds = seeds();
    let (next, results) = (AtomicU64::new(seeds.start), Mutex::new((Coverage::default(), Vec::new())));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= seeds.end {
                return;
            }
            let drawn = draw(seed);
            let outcome = guarded(&drawn);
            let (coverage, failures) = &mut *results.lock().unwrap();
            match outcome {
                Ok(outcome) => coverage.note(&drawn, &outcome),
                Err(difference) => failures.push((seed, difference)),
            }
        }
    };
    // WebAssembly has this thread alone.
    let others =
        if cfg!(target_os = "wasi") { 0 } else { std::thread::available_parallelism().map_or(0, |n| n.get() - 1) };
    std::thread::scope(|scope| {
        (0..others).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    let (coverage, mut failures) = results.into_inner().unwrap();
    if seeds != DEFAULT {
        println!("{coverage}");
    }
    assert!(coverage.evaluated() > 0 || !failures.is_empty(), "nothing was evaluated: {seeds:?}");
    failures.sort();
    let told: Vec<String> = failures.iter().take(10).map(|(_, difference)| difference.clone()).collect();
    assert!(failures.is_empty(), "{} of {seeds:?} evaluations failed\n{}", failures.len(), told.join("\n\n"));
}

/// The evaluation of this seed, by itself.
#[cfg(all(feature = "gpu", feature = "io"))]
pub fn check(seed: u64) -> Result<(), String> {
    guarded(&draw(seed)).map(|_| ())
}

/// A failure says all that it takes to see it again. A panic is one, too.
fn guarded(drawn: &Drawn) -> Result<Outcome, String> {
    let result = catch_unwind(AssertUnwindSafe(|| evaluate(drawn))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(format!("panic: {}", text.unwrap_or_else(|| "without a text".into())))
    });
    result.map_err(|difference| {
        let (seed, most) = (drawn.seed, 2000);
        let difference: String = difference.chars().take(most).collect();
        format!("{VARIABLE}={seed}..{}\n  {drawn}\n  {difference}", seed + 1)
    })
}

/// What is drawn reaches every value of every axis, pairs of types included, again and again.
#[test]
fn draws_reach_everything() {
    let mut coverage = Coverage::default();
    (0..2000).for_each(|seed| coverage.axes(&draw(seed)));
    let axes = [
        ("statistic", 4),
        ("backend", 4),
        ("types", 5 * (5 + 3) + 3 * 3),
        ("activation", 5),
        ("terms", 4),
        ("terms of gradients", 3),
        ("pointwise", 6),
        ("classes", 6),
        ("ignored label", 2),
        ("way", 7),
        ("policy", 3),
        ("layout", 2),
        ("spatial axes", 5),
        ("voxels of a cell", 5),
        ("samples", 4),
        ("threads", 4),
        ("window", 2),
        ("pattern of an operand", 8),
        ("spoiled voxels", 6),
    ];
    for (axis, values) in axes {
        let (found, rarest) = coverage.spread(axis);
        assert!(
            found == values && rarest >= 5,
            "{axis}: {found} values instead of {values}, the rarest {rarest} times\n{coverage}"
        );
    }
}

/// One voxel that is not what the oracle was given, in evaluations where that must change a number.
#[test]
fn canary_another_voxel_is_seen_in_every_statistic() {
    let mut seen = [0; 4];
    for seed in 0..1200 {
        let drawn = draw(seed);
        let (kind, voxels) = (&drawn.what, drawn.shape.voxels_per_cell());
        let of = match kind {
            What::Sums { options, .. } if run::is_of_values(options) && options.activation == Activation::None => 0,
            // Among few voxels a bound is small beside what a step of 1 does to a sigmoid.
            What::Sums { options, .. } if options.activation == Activation::Sigmoid && voxels < 3000 => 1,
            What::Gradient { partials, .. } if partials.iter().all(|p| p.pred_power != 0.0) => 2,
            What::Counts { ignored: None, .. } => 3,
            _ => continue,
        };
        if seen[of] == 6 || drawn.way != Way::Whole || drawn.place.policy != NonFinite::Ignore {
            continue;
        }
        let Some(pred) = with_another_voxel(&drawn) else { continue };
        if !matches!(evaluate(&drawn), Ok(Outcome::Right { of, .. }) if of != "a typed error") {
            continue;
        }
        let found = evaluate_spoiled(&drawn, &pred);
        assert!(found.is_err(), "seed {seed}: {drawn}: one voxel was changed and nobody noticed");
        seen[of] += 1;
    }
    assert_eq!(seen, [6; 4], "evaluations tried per statistic");
}

/// The prediction with its first voxel moved by 1, where both operands have one that is no larger than 4; or with another
/// label of a class.
fn with_another_voxel(drawn: &Drawn) -> Option<Array> {
    let tame = |array: &Array| array.value(0).abs() <= 4.0;
    let mut pred = drawn.pred.clone();
    if let What::Counts { sets, .. } = &drawn.what {
        let other = if pred.value(0) == f64::from(sets[0][0]) { 0 } else { sets[0][0] };
        match &mut pred {
            Array::U8(x) => x[0] = u8::try_from(other).ok()?,
            Array::U16(x) => x[0] = u16::try_from(other).ok()?,
            Array::U32(x) => x[0] = other,
            Array::F64(_) | Array::F32(_) | Array::F16(_) | Array::Bf16(_) => return None,
        }
        return Some(pred);
    }
    match &mut pred {
        Array::F32(x) if tame(&drawn.pred) && tame(&drawn.truth) => {
            x[0] = if x[0] > 0.0 { x[0] - 1.0 } else { x[0] + 1.0 }
        }
        Array::F64(x) if tame(&drawn.pred) && tame(&drawn.truth) => {
            x[0] = if x[0] > 0.0 { x[0] - 1.0 } else { x[0] + 1.0 }
        }
        Array::U8(x) if tame(&drawn.pred) && tame(&drawn.truth) => x[0] ^= 1,
        Array::U16(x) if tame(&drawn.pred) && tame(&drawn.truth) => x[0] ^= 1,
        _ => return None,
    }
    Some(pred)
}

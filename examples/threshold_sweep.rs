//! Dice at 256 thresholds from one pass over the data, exactly: `cargo run --example threshold_sweep`.
//!
//! A threshold i/256 asks whether p ≥ i/256, that is whether floor(256 p) ≥ i, and multiplying an f32 by 256 rounds
//! nothing. So the prediction becomes a label from 0 to 255 and the truth the same label where it is foreground; counting
//! labels gives the histogram of all voxels and that of the foreground, and sums from the top give every threshold.

use voxdice::stats::Counts;
use voxdice::{Activation, Empty, Engine, EngineOptions, LabelSlice, Pair, Shape, SumsOptions, Volume, metric};

const THRESHOLDS: usize = 256;
/// A label that no prediction has.
const BACKGROUND: u16 = 300;

/// Counts at each threshold i/256.
fn sweep(engine: &Engine, pred: &[f32], truth: &[u8]) -> Result<Vec<Counts>, voxdice::Error> {
    let mut histogram = engine.accumulate_labels(None);
    for (pred, truth) in pred.chunks(1 << 16).zip(truth.chunks(1 << 16)) {
        let bins: Vec<u8> = pred.iter().map(|p| (p * 256.0) as u8).collect(); // saturates: 1.0 is in the last bin
        let marked: Vec<u16> =
            bins.iter().zip(truth).map(|(&bin, &t)| if t == 1 { bin.into() } else { BACKGROUND }).collect();
        histogram.add(Pair { pred: LabelSlice::U8(&bins), truth: LabelSlice::U16(&marked) })?;
    }
    let histogram = histogram.finish()?;
    let foreground = truth.iter().map(|&t| u64::from(t)).sum();
    let (mut above, mut above_foreground) = (0, 0);
    let mut counts = Vec::with_capacity(THRESHOLDS);
    for bin in (0..THRESHOLDS as u32).rev() {
        let found = histogram.get(&bin).copied().unwrap_or_default();
        above += found.n_pred();
        above_foreground += found.tp();
        counts.push(Counts::new(above_foreground, above, foreground, pred.len() as u64)?);
    }
    counts.reverse();
    Ok(counts)
}

fn main() -> Result<(), voxdice::Error> {
    // A ramp with noise, and a truth that begins at 0.4 of it.
    let voxels = 500_000usize;
    let noise = |i: usize| (i * 2_654_435_761 % 1000) as f32 / 5000.0;
    let ramp = |i: usize| i as f32 / voxels as f32;
    let pred: Vec<f32> = (0..voxels).map(|i| (ramp(i) + noise(i) - 0.1).clamp(0.0, 1.0)).collect();
    let truth: Vec<u8> = (0..voxels).map(|i| u8::from(ramp(i) > 0.4)).collect();

    let engine = Engine::new(&EngineOptions::default())?;
    let counts = sweep(&engine, &pred, &truth)?;
    let dice: Vec<f64> = counts.iter().map(|counts| metric::dice(counts, Empty::Nan)).collect();
    let best = (0..THRESHOLDS).max_by(|&a, &b| dice[a].total_cmp(&dice[b])).unwrap_or(0);
    assert!((best as f64 / 256.0 - 0.4).abs() < 0.1 && dice[best] > 0.9, "{best}: {}", dice[best]);

    // Any of them by a pass of its own is the same.
    let shape = Shape::new(1, 1, [voxels])?;
    for i in [0, 1, best, 200, 255] {
        let options = SumsOptions { activation: Activation::Threshold(i as f64 / 256.0), ..SumsOptions::default() };
        let sums = engine.sums_with(
            Pair { pred: Volume::f32(shape.clone(), &pred)?, truth: Volume::u8(shape.clone(), &truth)? },
            &options,
        )?;
        let s = sums.values()[0];
        let found = (counts[i].n_pred() as f64, counts[i].n_truth() as f64, counts[i].tp() as f64);
        assert_eq!((s.pred(), s.truth(), s.product()), found, "threshold {i}/256");
    }
    Ok(())
}

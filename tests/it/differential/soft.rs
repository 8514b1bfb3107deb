//! Sums that are not exact, in f64, and how far off docs/arithmetic.md lets them be.

use super::expected::{at, grouped, places};
use crate::activations::{activated, pointwise};
use crate::oracle::Array;
use voxdice::metric::Pointwise;
use voxdice::stats::{Sums, Terms};
use voxdice::{Activation, Over, Shape, SumsOptions};

/// A sum, and how far off it may be.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sum {
    value: f64,
    bound: f64,
    /// Σ of absolute values, whose rounding in f64 is ours.
    size: f64,
}

impl Sum {
    fn add(&mut self, value: f64, bound: f64) {
        self.value += value;
        self.bound += bound;
        self.size += value.abs();
    }
}

/// Σp, Σt, Σpt, two powers, Σ|p−t| and the pointwise loss of a cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SoftCell([Sum; 7]);

/// The cells of a shape, pooled. `finite` are the summed operands, for voxels that are left out.
pub fn sums(
    shape: &Shape,
    pred: &Array,
    finite: &[Array; 2],
    scales: &[[i32; 2]],
    options: &SumsOptions,
    over: Option<Over>,
) -> Vec<SoftCell> {
    let channels = shape.channels() as usize;
    let mut cells = vec![SoftCell::default(); shape.cells() as usize];
    for (n, c, v) in places(shape) {
        let i = at(shape, n, c, v);
        if !finite[0].value(i).is_finite() || !finite[1].value(i).is_finite() {
            continue;
        }
        let logits: Vec<f64> = (0..channels).map(|c| pred.value(at(shape, n, c, v))).collect();
        let cell = n * channels + c;
        voxel(&mut cells[cell].0, &logits, c, finite[1].value(i), options, scales[cell][1]);
    }
    let groups = grouped([shape.samples() as usize, channels], &cells, over);
    groups.iter().map(|group| joined(group)).collect()
}

fn joined(cells: &[SoftCell]) -> SoftCell {
    let mut all = SoftCell::default();
    for cell in cells {
        for (all, own) in all.0.iter_mut().zip(&cell.0) {
            all.add(own.value, own.bound);
            all.size += own.size - own.value.abs();
        }
    }
    all
}

fn voxel(sums: &mut [Sum; 7], logits: &[f64], c: usize, t: f64, options: &SumsOptions, scale: i32) {
    let p = activated(options.activation, logits, c);
    let off = value_bound(options.activation, logits.len());
    // What truncation to the grid takes.
    let (line, area) = (2f64.powi(scale - 46), 2f64.powi(2 * scale - 46));
    let gamma = if let Terms::Power(gamma) = options.terms { f64::from(gamma) } else { 2.0 };
    let power = |x: f64, off: f64| {
        let x = x.abs();
        let moved = ((x + off).powf(gamma) - x.powf(gamma)).max(x.powf(gamma) - (x - off).max(0.0).powf(gamma));
        let own = if matches!(options.terms, Terms::Power(_)) { 2f64.powi(-20) } else { 0.0 };
        (x.powf(gamma), moved + own + area)
    };
    let (p_power, p_off) = power(p, off);
    let (t_power, t_off) = power(t, 0.0);
    sums[0].add(p, off + line);
    sums[1].add(t, line);
    sums[2].add(p * t, off * t.abs() + area);
    sums[3].add(p_power, p_off);
    sums[4].add(t_power, t_off);
    sums[5].add((p - t).abs(), off + 2.0 * line);
    if let Some(kind) = options.pointwise {
        let loss = pointwise(*options, logits, c, p, t);
        // And a unit of the sum.
        let bound = (1.0 + gamma_of(kind)) * 2f64.powi(-25) * loss.max(1.0) + 2f64.powi(-30);
        sums[6].add(loss, bound);
    }
}

fn gamma_of(kind: Pointwise) -> f64 {
    match kind {
        Pointwise::Focal { gamma, .. } | Pointwise::CategoricalFocal { gamma } => gamma,
        _ => 0.0,
    }
}

/// How far an activated value may be off.
fn value_bound(activation: Activation, channels: usize) -> f64 {
    let channels = channels as f64;
    match activation {
        // Of values up to 1: 0.6 units in the last place.
        Activation::Sigmoid | Activation::Softmax => 2f64.powi(-24),
        Activation::Normalise => (2.0 + channels) * 2f64.powi(-23),
        Activation::None | Activation::Threshold(_) | Activation::Argmax => 0.0,
    }
}

/// The first sum that is off by more than it may be.
pub fn compare(expected: &[SoftCell], found: &[Sums]) -> Result<(), String> {
    if expected.len() != found.len() {
        return Err(format!("{} cells instead of {}", found.len(), expected.len()));
    }
    for (i, (expected, found)) in expected.iter().zip(found).enumerate() {
        let mut sums: Vec<(usize, f64)> = found.exact().iter().map(|sum| sum.to_f64()).enumerate().collect();
        // Under NonFinite::Propagate it is NaN, which has been looked at.
        sums.extend(found.pointwise_sum().filter(|sum| !sum.is_nan()).map(|sum| (6, sum)));
        for (term, found) in sums {
            let Sum { value, bound, size } = expected.0[term];
            let off = (found - value).abs();
            if off.is_nan() || off > bound + size * 1e-12 {
                return Err(format!(
                    "term {term} of cell {i}: {found} instead of {value}, off by {off:e}, not {bound:e}"
                ));
            }
        }
    }
    Ok(())
}

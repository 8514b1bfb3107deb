//! `--verify`: the same on the other backend.

use super::operands::Operands;
use crate::cli::args::backend_name;
use crate::cli::compare::first_difference;
use crate::metric::{Loss, Partials};
use crate::stats::Sums;
use crate::{Activation, Backend, Engine, Table};
use anyhow::Result;

/// What the first engine found.
pub(super) struct Found<'a> {
    pub sums: &'a Table<Sums>,
    pub gradient: Option<&'a [f32]>,
}

/// What came of comparing two backends.
#[derive(Debug, Clone)]
pub(super) struct Verification {
    pub exact: bool,
    pub cpu: String,
    pub gpu: String,
    /// None where they agree.
    pub difference: Option<String>,
}

/// Bounds of docs/arithmetic.md on what a transcendental function costs: of a sigmoid or a power; of a pointwise loss
/// relative to the larger of 1 and the loss; of a derivative relative to the largest.
const VALUE_BOUND: f64 = 1.0 / (1u32 << 20) as f64;
const POINTWISE_BOUND: f64 = 1.0 / (1u32 << 16) as f64;
const GRADIENT_BOUND: f64 = 1e-4;

/// The bound of an activated value, which a softmax of many channels makes larger.
fn value_bound(activation: Activation, channels: usize) -> f64 {
    let channels = channels as f64;
    match activation {
        Activation::Softmax => VALUE_BOUND.max((7.0 + 2.5 * channels.ln() + channels / 2.0) / (1u32 << 23) as f64),
        _ => VALUE_BOUND,
    }
}

impl Verification {
    pub fn devices(&self) -> String {
        format!("cpu ({}) and gpu ({})", self.cpu, self.gpu)
    }

    /// The rule that was applied.
    pub fn rule(&self) -> &'static str {
        if self.exact {
            "equal to the last bit"
        } else {
            "within the documented bounds of transcendental functions: 2^-20 per voxel for sums (softmax: by channels), 2^-16 \
             for pointwise losses, 1e-4 of the largest derivative for gradients"
        }
    }
}

/// Computes sums and gradient again on `other`, and compares.
pub(super) fn against(
    other: &Engine,
    engine: &Engine,
    operands: &Operands,
    loss: &Loss,
    found: &Found<'_>,
) -> Result<Verification> {
    let options = loss.sums_options();
    let exact = options.is_exact();
    let mut described = [engine, other].map(Engine::describe);
    described.sort_by_key(|description| backend_name(description.backend));
    let [cpu, gpu] = described.map(|description| description.device);
    let again = other.sums_with(operands.pred()?, operands.truth()?, &options)?;
    // The difference is told with the CPU first.
    let swapped = engine.describe().backend == Backend::Gpu;
    let mut difference = None;
    if exact && again != *found.sums {
        let by_block = |engine: &Engine| {
            engine.sums_by_block(operands.pred()?, operands.truth()?, &options).map_err(anyhow::Error::from)
        };
        let [a, b] = if swapped { [other, engine] } else { [engine, other] };
        difference = Some(match first_difference(&by_block(a)?, &by_block(b)?) {
            Some(difference) => difference.to_string(),
            None => "the totals differ although every block by itself agrees".into(),
        });
    } else if !exact {
        let [a, b] = if swapped { [&again, found.sums] } else { [found.sums, &again] };
        difference = beyond_bound(a, b, value_bound(options.activation, a.channels()));
    }
    if let (None, Some(gradient)) = (&difference, found.gradient) {
        let partials = loss.gradient(&again)?;
        let again = other.gradient(operands.pred()?, operands.truth()?, &options, &again, &partials)?;
        let bound = (!exact).then(|| Bound { largest: largest(&partials) });
        difference = apart(gradient, &again, bound, swapped);
    }
    Ok(Verification { exact, cpu, gpu, difference })
}

/// The first cell whose sums lie further apart than the functions in them explain.
fn beyond_bound(a: &Table<Sums>, b: &Table<Sums>, value_bound: f64) -> Option<String> {
    for (cell, (a, b)) in a.values().iter().zip(b.values()).enumerate() {
        let n = a.voxels() as f64;
        let terms = a.exact().into_iter().zip(b.exact()).map(|(a, b)| (a.to_f64(), b.to_f64(), value_bound));
        let pointwise = a.pointwise_sum().zip(b.pointwise_sum()).map(|(a, b)| (a, b, POINTWISE_BOUND));
        for (term, (a, b, bound)) in terms.chain(pointwise).enumerate() {
            // Written so that a NaN beside a number counts as apart.
            let agree = a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= bound * (n + a.abs());
            if !agree {
                return Some(format!("sum {term} of cell {cell}: the CPU has {a:e}; the GPU has {b:e}"));
            }
        }
    }
    None
}

/// What gradients may differ by: a part of the largest partial derivative, and of the element itself, which the slope of a
/// logarithm makes larger than any.
#[derive(Debug, Clone, Copy)]
struct Bound {
    largest: f64,
}

impl Bound {
    fn allows(self, a: f32, b: f32) -> bool {
        let (a, b) = (f64::from(a), f64::from(b));
        (a - b).abs() <= GRADIENT_BOUND * (self.largest + a.abs())
    }
}

fn apart(found: &[f32], again: &[f32], bound: Option<Bound>, swapped: bool) -> Option<String> {
    let (a, b) = if swapped { (again, found) } else { (found, again) };
    let agree = |a: f32, b: f32| a.to_bits() == b.to_bits() || bound.is_some_and(|bound| bound.allows(a, b));
    let at = a.iter().zip(b).position(|(&a, &b)| !agree(a, b))?;
    Some(format!("element {at} of the gradient: the CPU has {:e}; the GPU has {:e}", a[at], b[at]))
}

/// The largest partial derivative of a table.
fn largest(partials: &Table<Partials>) -> f64 {
    let of =
        |p: &Partials| p.pred.abs() + p.product.abs() + p.pred_power.abs() + p.abs_difference.abs() + p.pointwise.abs();
    partials.values().iter().map(of).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Terms;
    use crate::{EngineOptions, Shape, Volume};

    fn sums(p: [f32; 2]) -> Table<Sums> {
        let shape = Shape::new(1, 1, [2]).unwrap();
        let engine = Engine::new(&EngineOptions::default()).unwrap();
        let (p, t) = (Volume::f32(shape.clone(), &p).unwrap(), Volume::f32(shape, &[1.0, 0.0]).unwrap());
        engine.sums_with(p, t, &Terms::Plain.into()).unwrap()
    }

    #[test]
    fn sums_beyond_the_bound_are_a_difference_and_those_within_are_none() {
        let good = sums([0.5, 0.25]);
        let sigmoid = value_bound(Activation::Sigmoid, 2);
        assert_eq!(beyond_bound(&good, &sums([0.5 + 1e-6, 0.25]), sigmoid), None);
        assert!(beyond_bound(&good, &sums([0.5 + 1e-5, 0.25]), sigmoid).is_some());
        let softmax = value_bound(Activation::Softmax, 117);
        assert!(softmax > 77.0 / 8_388_608.0 && softmax < 78.0 / 8_388_608.0, "{softmax:e}");
    }

    #[test]
    fn a_gradient_that_differs_in_its_last_bit_is_a_difference_where_it_is_exact() {
        let next = f32::from_bits(0.5f32.to_bits() + 1);
        assert_eq!(apart(&[0.5, 1.0], &[0.5, 1.0], None, false), None);
        assert!(apart(&[1.0, 0.5], &[1.0, next], None, true).unwrap().contains("element 1"));
        let bound = Some(Bound { largest: 1.0 });
        assert_eq!(apart(&[0.5], &[next], bound, false), None);
        assert!(apart(&[0.5], &[0.501], bound, false).is_some());
        assert!(apart(&[f32::NAN], &[0.0], bound, false).is_some());
    }
}

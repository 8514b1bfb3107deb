//! `--verify`: the same on the other backend.

use super::choices::Choices;
use super::operands::Operands;
use super::work::{Found, Want, Work};
use crate::eval::compare::first_difference;
use crate::metric::{Loss, Partials};
use crate::stats::Sums;
use crate::{Activation, Backend, Engine, Pair, Table};
use anyhow::Result;

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

/// Computes the same again on `other`, and compares.
pub(super) fn against(
    other: &Engine,
    engine: &Engine,
    operands: &Operands,
    (work, choices): (&Work, &Choices),
    found: &Found,
) -> Result<Verification> {
    let exact = work.is_exact();
    let mut described = [engine, other].map(Engine::describe);
    described.sort_by_key(|description| description.backend.to_string());
    let [cpu, gpu] = described.map(|description| description.device);
    // The difference is reported with the CPU first.
    let swapped = engine.describe().backend == Backend::Gpu;
    let want = if found.gradient.is_some() { Want::Gradient } else { Want::Values };
    let again = work.run(other, operands, choices, want)?;
    let mut largest = found.gradient.iter().flatten().fold(0.0, |most: f64, slope| most.max(f64::from(slope.abs())));
    let mut difference = match (work, &found.sums, &again.sums) {
        (Work::Single(loss), Some(sums), Some(again)) => {
            largest = self::largest(&loss.gradient(again)?);
            of_sums(loss, [engine, other], operands, [sums, again], swapped)?
        }
        _ => of_values(&found.values, &again.values, exact, swapped),
    };
    if let (None, Some(gradient), Some(again)) = (&difference, &found.gradient, &again.gradient) {
        difference = apart(gradient, again, (!exact).then_some(Bound { largest }), swapped);
    }
    Ok(Verification { exact, cpu, gpu, difference })
}

fn of_sums(
    loss: &Loss,
    [engine, other]: [&Engine; 2],
    operands: &Operands,
    [sums, again]: [&Table<Sums>; 2],
    swapped: bool,
) -> Result<Option<String>> {
    let options = loss.sums_options();
    if !options.is_exact() {
        let [a, b] = if swapped { [again, sums] } else { [sums, again] };
        return Ok(beyond_bound(a, b, value_bound(options.activation, a.channels())));
    }
    if again == sums {
        return Ok(None);
    }
    let by_block = |engine: &Engine| {
        engine
            .sums_by_block(Pair { pred: operands.pred()?, truth: operands.truth()? }, &options)
            .map_err(anyhow::Error::from)
    };
    let [a, b] = if swapped { [other, engine] } else { [engine, other] };
    Ok(Some(match first_difference(&by_block(a)?, &by_block(b)?) {
        Some(difference) => difference.to_string(),
        None => "the totals differ although every block by itself agrees".into(),
    }))
}

/// The first value that lies further apart than the functions in it explain.
fn of_values(found: &[f64], again: &[f64], exact: bool, swapped: bool) -> Option<String> {
    let (a, b) = if swapped { (again, found) } else { (found, again) };
    let agree = |a: f64, b: f64| {
        let close = !exact && (a - b).abs() <= POINTWISE_BOUND * a.abs().max(1.0);
        a == b || (a.is_nan() && b.is_nan()) || close
    };
    let at = a.iter().zip(b).position(|(&a, &b)| !agree(a, b))?;
    Some(format!("value {at}: the CPU has {:e}; the GPU has {:e}", a[at], b[at]))
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
        engine.sums_with(Pair { pred: p, truth: t }, &Terms::Plain.into()).unwrap()
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

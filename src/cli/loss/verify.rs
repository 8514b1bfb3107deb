//! `--verify`: the same on the other backend.

use super::choices::Choices;
use super::operands::Operands;
use super::work::{Found, Want, Work};
use crate::eval::compare::first_difference;
use crate::metric::Loss;
use crate::stats::Sums;
use crate::{Backend, Engine, Pair, Table};
use anyhow::Result;

/// What came of comparing two backends.
#[derive(Debug, Clone)]
pub(super) struct Verification {
    pub cpu: String,
    pub gpu: String,
    /// None where they agree.
    pub difference: Option<String>,
}

impl Verification {
    pub fn devices(&self) -> String {
        format!("cpu ({}) and gpu ({})", self.cpu, self.gpu)
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
    let mut described = [engine, other].map(Engine::describe);
    described.sort_by_key(|description| description.backend.to_string());
    let [cpu, gpu] = described.map(|description| description.device);
    // The difference is reported with the CPU first.
    let swapped = engine.describe().backend == Backend::Gpu;
    let want = if found.gradient.is_some() { Want::Gradient } else { Want::Values };
    let again = work.run(other, operands, choices, want)?;
    let mut difference = match (work, &found.sums, &again.sums) {
        (Work::Single(loss), Some(sums), Some(again)) => {
            of_sums(loss, [engine, other], operands, [sums, again], swapped)?
        }
        _ => of_values(&found.values, &again.values, swapped),
    };
    if let (None, Some(gradient), Some(again)) = (&difference, &found.gradient, &again.gradient) {
        difference = apart(gradient, again, swapped);
    }
    Ok(Verification { cpu, gpu, difference })
}

fn of_sums(
    loss: &Loss,
    [engine, other]: [&Engine; 2],
    operands: &Operands,
    [sums, again]: [&Table<Sums>; 2],
    swapped: bool,
) -> Result<Option<String>> {
    let options = loss.sums_options();
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

/// The first value that differs.
fn of_values(found: &[f64], again: &[f64], swapped: bool) -> Option<String> {
    let (a, b) = if swapped { (again, found) } else { (found, again) };
    let at = a.iter().zip(b).position(|(a, b)| a != b && !(a.is_nan() && b.is_nan()))?;
    Some(format!("value {at}: the CPU has {:e}; the GPU has {:e}", a[at], b[at]))
}

/// The first element of a gradient that differs.
fn apart(found: &[f32], again: &[f32], swapped: bool) -> Option<String> {
    let (a, b) = if swapped { (again, found) } else { (found, again) };
    let at = a.iter().zip(b).position(|(a, b)| a.to_bits() != b.to_bits())?;
    Some(format!("element {at} of the gradient: the CPU has {:e}; the GPU has {:e}", a[at], b[at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bit_of_a_value_or_of_a_gradient_is_a_difference() {
        let next = f32::from_bits(0.5f32.to_bits() + 1);
        assert_eq!(apart(&[0.5, 1.0], &[0.5, 1.0], false), None);
        assert!(apart(&[1.0, 0.5], &[1.0, next], true).unwrap().contains("element 1"));
        assert!(apart(&[f32::NAN], &[0.0], false).is_some());
        assert_eq!(of_values(&[0.5, f64::NAN], &[0.5, f64::NAN], false), None);
        assert!(of_values(&[0.5], &[0.5f64.next_up()], false).unwrap().contains("value 0"));
    }
}

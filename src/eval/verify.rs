//! Two engines on the same label maps.

use super::class::Class;
use super::compare::first_difference;
use super::count::Counter;
use super::error::EvalError;
use crate::stats::Counts;
use crate::{Backend, Classes, Engine, LabelMap, Pair};

/// The result of comparing two backends.
#[derive(Debug, Clone)]
pub struct Verification {
    /// The CPU.
    pub cpu: String,
    /// The GPU.
    pub gpu: String,
    /// None where all counts, distances and lesions are equal.
    pub difference: Option<String>,
}

impl Verification {
    /// Both devices in words.
    pub fn devices(&self) -> String {
        format!("cpu ({}) and gpu ({})", self.cpu, self.gpu)
    }
}

/// Counts on the engine, and on the counterpart where there is one.
pub(super) fn verified(
    truth: &LabelMap<'_>,
    pred: &LabelMap<'_>,
    counted: &Classes,
    classes: &[Class],
    counter: Counter<'_>,
) -> Result<(Vec<Counts>, Option<Verification>), EvalError> {
    let counts = counter.engine.counts(Pair { pred: pred.clone(), truth: truth.clone() }, counted)?.into_values();
    let Some(counterpart) = counter.counterpart else { return Ok((counts, None)) };
    let engines = [counter.engine, counterpart];
    let again = counterpart.counts(Pair { pred: pred.clone(), truth: truth.clone() }, counted)?;
    let mut described = engines.map(Engine::describe);
    described.sort_by_key(|description| description.backend.to_string());
    let [cpu, gpu] = described.map(|description| description.device);
    let name = |class: usize| classes.get(class).map_or("?", Class::display);
    // Blocks are compared only where totals differ: the promise is about totals.
    let class = counts.iter().zip(again.values()).position(|(a, b)| a != b);
    let difference = match class {
        None => None,
        Some(class) => {
            let [first, second] = engines
                .map(|engine| engine.counts_by_block(Pair { pred: pred.clone(), truth: truth.clone() }, counted));
            Some(match first_difference(&first?, &second?) {
                Some(mut difference) => {
                    if counter.engine.describe().backend == Backend::Gpu {
                        difference.found.reverse();
                    }
                    format!("class {}, {difference}", name(difference.channel))
                }
                None => {
                    format!("class {}, sample 0: the totals differ although every block by itself agrees", name(class))
                }
            })
        }
    };
    Ok((counts, Some(Verification { cpu, gpu, difference })))
}

/// The verification of counts, and of the surfaces or lesions of the class that differs.
pub(super) fn with_places(
    mut verification: Option<Verification>,
    difference: Option<&(Class, String)>,
) -> Option<Verification> {
    if let (Some(verification), Some((class, how))) = (&mut verification, difference) {
        verification.difference.get_or_insert_with(|| format!("class {}, {how}", class.display()));
    }
    verification
}

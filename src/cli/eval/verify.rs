//! Two engines on the same label maps.

use super::case::Device;
use super::class::Class;
use crate::cli::args::backend_name;
use crate::cli::compare::first_difference;
use crate::stats::Counts;
use crate::{Classes, Engine, LabelMap};
use anyhow::Result;

/// What came of comparing two backends.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Verification {
    pub cpu: String,
    pub gpu: String,
    /// None where all counts are equal.
    pub difference: Option<String>,
}

impl Verification {
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
    device: Device<'_>,
) -> Result<(Vec<Counts>, Option<Verification>)> {
    let counts = device.engine.counts(pred.clone(), truth.clone(), counted)?.into_values();
    let Some(counterpart) = device.counterpart else { return Ok((counts, None)) };
    let engines = [device.engine, counterpart];
    let again = counterpart.counts(pred.clone(), truth.clone(), counted)?;
    let mut described = engines.map(Engine::describe);
    described.sort_by_key(|description| backend_name(description.backend));
    let [cpu, gpu] = described.map(|description| description.device);
    let name = |class: usize| classes.get(class).map_or("?", Class::display);
    // Blocks are compared only where totals differ: equal totals are what was promised.
    let class = counts.iter().zip(again.values()).position(|(a, b)| a != b);
    let difference = match class {
        None => None,
        Some(class) => {
            let [first, second] = engines.map(|engine| engine.counts_by_block(pred.clone(), truth.clone(), counted));
            Some(match first_difference(&first?, &second?) {
                Some(mut difference) => {
                    if backend_name(device.engine.describe().backend) == "gpu" {
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

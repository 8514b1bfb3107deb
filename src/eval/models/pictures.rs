//! Pictures of the cases in which two models differ most, where their files can be read again.

use super::comparison::Comparison;
use super::model::{Model, own_key};
use crate::eval::cancel::Cancel;
use crate::eval::class::Class;
use crate::eval::error::EvalError;
use crate::eval::evaluation::Evaluation;
use crate::eval::pictures::{Cut, side_by_side};
use crate::metric::compare::Differences;
use std::sync::Arc;

/// Pictures of a comparison.
const MOST: usize = 6;

/// Pictures of a case, so that one case does not take them all.
const OF_A_CASE: usize = 2;

/// A case and class in which two models differ.
#[derive(Debug)]
pub struct Difference {
    /// The case.
    pub case: String,
    /// The name of the class.
    pub class: String,
    /// The score by which they differ.
    pub metric: String,
    /// What each model has.
    pub scores: [f64; 2],
    /// The same slice of both, that in which one of them has the most errors; None where no voxel differs from the truth,
    /// and an error where the files cannot be read again.
    pub cuts: Result<Option<[Cut; 2]>, Arc<EvalError>>,
}

/// The largest differences of two models by the first score, largest first. Empty for other numbers of models, and where
/// one of the two was not counted from files.
///
/// # Errors
/// [`EvalError::Cancelled`].
pub fn largest(found: &Comparison, models: &[Model], cancel: &Cancel) -> Result<Vec<Difference>, EvalError> {
    let [one, other] = models else { return Ok(Vec::new()) };
    let evaluations = one.evaluation().zip(other.evaluation()).map(|((one, _), (other, _))| [one, other]);
    let Some(evaluations) = evaluations.filter(|both| both.iter().all(|own| !own.sources.is_empty())) else {
        return Ok(Vec::new());
    };
    let mut pictures = Vec::new();
    for (case, class, metric, scores) in chosen(found) {
        cancel.check()?;
        let key = |evaluation: &Evaluation| {
            let own: Vec<Named> = evaluation.classes.iter().map(Class::key_and_name).collect();
            own_key(&own, class).cloned()
        };
        let [Some(one), Some(other)] = evaluations.map(key) else { continue };
        let cuts = side_by_side(evaluations, case, [&one, &other]);
        let [case, class] = [case, &class.1].map(str::to_owned);
        pictures.push(Difference { case, class, metric: metric.to_owned(), scores, cuts });
    }
    Ok(pictures)
}

/// A class by its key and name.
type Named = (String, String);

/// Case, class, score and values of the largest differences.
fn chosen(found: &Comparison) -> Vec<(&str, &Named, &str, [f64; 2])> {
    let Some((metric, _)) = found.metrics.first() else { return Vec::new() };
    let mut all: Vec<(f64, &str, &Named, &str, [f64; 2])> = Vec::new();
    for table in found.tables.iter().filter(|table| table.metric == *metric && !table.is_mean) {
        let Some(class) = found.classes.iter().find(|(key, _)| *key == table.class) else { continue };
        let [one, other] = &table.scores[..] else { continue };
        let tau = Differences::of(one, other).tau();
        for ((case, &one), &other) in found.cases.iter().zip(one).zip(other) {
            let size = (one - other).abs();
            if size.is_finite() && size > tau {
                all.push((size, case, class, metric, [one, other]));
            }
        }
    }
    all.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
    let mut chosen: Vec<(&str, &Named, &str, [f64; 2])> = Vec::new();
    for (_, case, class, metric, scores) in all {
        if chosen.iter().filter(|own| own.0 == case).count() < OF_A_CASE {
            chosen.push((case, class, metric, scores));
        }
        if chosen.len() == MOST {
            break;
        }
    }
    chosen
}

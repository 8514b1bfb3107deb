//! The scores that are compared, which way they are better, and what they weigh.

use super::choices::Choices;
use super::groups::Grouping;
use super::model::{Model, direction, metric_name};
use crate::eval::error::ModelsError;
use crate::metric::compare::Better;
use std::collections::{BTreeMap, BTreeSet};

/// Scores, and which way they are better.
pub(super) type Directed = Vec<(String, Better)>;

/// What is compared, and what would have been if its direction were known.
pub(super) fn metrics(models: &[Model], choices: &Choices) -> Result<(Directed, Vec<String>), ModelsError> {
    let directions = directions(models, choices)?;
    let better = |name: &str| directions.get(name).copied().or_else(|| direction(name));
    let fault = |name: &str| models.iter().find_map(|model| model.fault(name));
    let mut found: Vec<(String, Better)> = Vec::new();
    if let Some(wanted) = &choices.metrics {
        for name in wanted.iter().map(|name| metric_name(name)) {
            if let Some(fault) = fault(&name) {
                return Err(fault);
            }
            if let Some(model) = models.iter().find(|model| !model.has(&name)) {
                let has = model.metrics();
                return Err(ModelsError::Lacks { model: model.name.clone(), metric: name, has });
            }
            let better = better(&name).ok_or_else(|| ModelsError::NoDirection(name.clone()))?;
            if !found.iter().any(|(own, _)| *own == name) {
                found.push((name, better));
            }
        }
        return Ok((found, Vec::new()));
    }
    let shown = models.first().map(Model::metrics).unwrap_or_default();
    let (known, unknown): (Vec<String>, Vec<String>) = shown
        .into_iter()
        .filter(|name| models.iter().all(|model| model.has(name)))
        .partition(|name| better(name).is_some());
    if let Some(fault) = known.iter().chain(choices.directions.keys()).find_map(|name| fault(&metric_name(name))) {
        return Err(fault);
    }
    // What groups the cases is no score, though it be a number.
    let is_group =
        |name: &String| matches!(&choices.groups, Some(Grouping::Column(column)) if metric_name(column) == *name);
    let unknown: Vec<String> = unknown.into_iter().filter(|name| !is_group(name)).collect();
    found.extend(known.into_iter().filter_map(|name| Some((name.clone(), better(&name)?))));
    match (found.is_empty(), unknown.first()) {
        (true, Some(name)) => Err(ModelsError::NoDirection(name.clone())),
        (true, None) => Err(ModelsError::NoMetric {
            has: models.iter().map(|model| (model.name.clone(), model.metrics())).collect(),
        }),
        (false, _) => Ok((found, unknown)),
    }
}

/// What is said of the directions of scores, each by one name: nothing but what is known of ours, and of scores that there
/// are.
fn directions(models: &[Model], choices: &Choices) -> Result<BTreeMap<String, Better>, ModelsError> {
    let mut found = BTreeMap::new();
    for (name, &better) in &choices.directions {
        let own = metric_name(name);
        if let Some(known) = direction(&own).filter(|known| *known != better) {
            return Err(ModelsError::Direction { metric: own, known });
        }
        if found.insert(own.clone(), better).is_some_and(|before| before != better) {
            return Err(ModelsError::TwoDirections(own));
        }
        if !models.iter().any(|model| model.has(&own) || model.fault(&own).is_some()) {
            let has = models.iter().map(|model| (model.name.clone(), model.metrics())).collect();
            return Err(ModelsError::DirectionOf { metric: own, has });
        }
    }
    Ok(found)
}

/// Weights of scores that are compared, each once, and above 0.
pub(super) fn check_weights(metrics: &[String], choices: &Choices) -> Result<(), ModelsError> {
    let mut seen = BTreeSet::new();
    for (name, &weight) in &choices.weights {
        let own = metric_name(name);
        if !metrics.contains(&own) {
            return Err(ModelsError::WeightOf { metric: own, metrics: metrics.to_vec() });
        }
        let is_weight = weight > 0.0 && weight.is_finite();
        if !is_weight || !seen.insert(own.clone()) {
            return Err(ModelsError::Weight { metric: own, weight });
        }
    }
    Ok(())
}

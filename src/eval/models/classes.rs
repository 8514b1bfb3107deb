//! The classes that are compared.

use super::choices::Choices;
use super::model::{Model, own_key};
use crate::eval::error::ModelsError;

/// Keys and names.
type Classes = Vec<(String, String)>;

/// Classes that only some models have, and who has them.
type LeftOut = Vec<(String, Vec<String>)>;

/// Classes that all models have, in the order of the first; and those that only some have, with who has them.
pub(super) fn classes(models: &[Model], choices: &Choices) -> Result<(Classes, LeftOut), ModelsError> {
    let own: Vec<(Classes, bool)> = models.iter().map(Model::classes).collect();
    let mut all: Classes = Vec::new();
    for (key, name) in own.iter().flat_map(|(classes, _)| classes) {
        match all.iter_mut().find(|(known, _)| known == key) {
            // The name comes from a model that has one.
            Some(known) if known.1 == known.0 => known.1.clone_from(name),
            Some(_) => {}
            None => all.push((key.clone(), name.clone())),
        }
    }
    // What one model calls by the name that another has for a label.
    let named: Vec<(String, String)> = all.iter().filter(|(key, name)| key != name).cloned().collect();
    let is_name =
        |key: &String| named.iter().any(|(label, name)| name == key && label != key && key.parse::<u64>().is_err());
    all.retain(|(key, name)| key != name || !is_name(key));
    // Labels in their order, whichever model has them.
    all.sort_by_key(|(key, _)| key.parse::<u32>().map_or(u32::MAX, |label| label));
    if let Some(only) = &choices.classes {
        all.retain(|(key, name)| only.iter().any(|own| own == key || own == name));
    }
    let has = |(classes, open): &(Classes, bool), class: &(String, String)| *open || own_key(classes, class).is_some();
    let (kept, left): (Classes, Classes) = all.into_iter().partition(|class| own.iter().all(|own| has(own, class)));
    if kept.is_empty() {
        let list = |model: usize| own[model].0.iter().map(|(_, name)| name.clone()).collect();
        let other = (1..models.len()).find(|&model| own[0].0.iter().all(|class| !has(&own[model], class))).unwrap_or(1);
        return Err(ModelsError::NoClass {
            models: [models[0].name.clone(), models[other].name.clone()],
            classes: [list(0), list(other)],
        });
    }
    let who = |class: &(String, String)| -> Vec<String> {
        models.iter().zip(&own).filter(|(_, own)| has(own, class)).map(|(model, _)| model.name.clone()).collect()
    };
    let left = left.into_iter().map(|class| (class.1.clone(), who(&class))).collect();
    Ok((kept, left))
}

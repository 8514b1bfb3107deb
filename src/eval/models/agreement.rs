//! How far the volumes of a model agree with the true ones.

use super::model::{Content, Model, own_key};
use crate::eval::class::Class;
use crate::metric::compare::Differences;
use std::collections::BTreeSet;

/// Predicted less true volumes of a class in millilitres, over the cases whose voxels have a size (Bland & Altman 1986).
/// Volumes alone say nothing about places; and scores between 0 and 1 have no such limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// The place of the model.
    pub model: usize,
    /// The key of the class.
    pub class: String,
    /// How many cases.
    pub n: usize,
    /// The mean difference.
    pub bias: f64,
    /// The standard deviation of the differences, with n − 1; NaN of one.
    pub sd: f64,
}

impl Agreement {
    /// The limits of agreement: bias ± 1.96 sd, between which 95 of 100 differences lie where they are normal.
    pub fn limits(&self) -> [f64; 2] {
        [self.bias - 1.96 * self.sd, self.bias + 1.96 * self.sd]
    }
}

/// Class by class and model by model, where results have counts.
pub(super) fn agreement(models: &[Model], cases: &[String], classes: &[(String, String)]) -> Vec<Agreement> {
    let cases: BTreeSet<&String> = cases.iter().collect();
    let of = |(place, model): (usize, &Model), class: &(String, String)| {
        let Content::Counted { evaluation, .. } = &model.content else { return None };
        let own = evaluation.classes.iter().map(Class::key_and_name).collect::<Vec<_>>();
        let key = own_key(&own, class)?;
        let at = own.iter().position(|(own, _)| own == key)?;
        let volumes = evaluation.cases.iter().filter(|case| cases.contains(&case.name)).filter_map(|case| {
            let (_, counts) = case.counts.get(at)?;
            let ml = case.voxel_ml()?;
            Some((counts.n_pred() as f64 * ml, counts.n_truth() as f64 * ml))
        });
        let (pred, truth): (Vec<f64>, Vec<f64>) = volumes.unzip();
        let found = Differences::of(&pred, &truth);
        let n = found.values().len();
        (n > 0).then(|| Agreement { model: place, class: class.0.clone(), n, bias: found.mean(), sd: found.sd() })
    };
    classes.iter().flat_map(|class| models.iter().enumerate().filter_map(move |model| of(model, class))).collect()
}

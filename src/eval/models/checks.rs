//! Whether scores may be compared at all: the same truth, and the same rules.

use super::model::{Content, Entries, Model};
use crate::eval::case::CaseResult;
use crate::eval::error::ModelsError;
use crate::metric::{Metric, Needs};
use std::collections::BTreeMap;

/// Whether the models were scored by the same rules, as far as results say.
pub(super) fn check_rules(models: &[Model], metrics: &[String]) -> Result<(), ModelsError> {
    let counted = models.iter().filter_map(|model| match &model.content {
        Content::Counted { evaluation, scoring } => Some((&model.name, evaluation, scoring)),
        Content::Listed(_) => None,
    });
    let any = |needs| metrics.iter().any(|metric| metric.parse::<Metric>().is_ok_and(|own| own.row().needs == needs));
    let (measured, searched) = (any(Needs::Surfaces), any(Needs::Instances));
    let mut counted = counted;
    let Some((first, evaluation, scoring)) = counted.next() else { return Ok(()) };
    for (name, other, others) in counted {
        let (rules, own) = (&evaluation.rules, &other.rules);
        let checks = [
            ("rules for empty classes", scoring.empty == others.empty),
            ("labels to ignore", rules.ignore == own.ignore),
            ("definitions of surface distances", !measured || rules.surfaces.rules() == own.surfaces.rules()),
            ("distances of what is missed", !measured || rules.surfaces.choices.missed == own.surfaces.choices.missed),
            ("definitions of lesions", !searched || rules.instances == own.instances),
            ("sizes of a voxel", !measured && !searched || rules.spacing_mm == own.spacing_mm),
        ];
        if let Some((what, _)) = checks.into_iter().find(|(_, same)| !same) {
            return Err(ModelsError::Differ { models: [first.clone(), name.clone()], what });
        }
        let twins: BTreeMap<&str, &CaseResult> = other.cases.iter().map(|case| (case.name.as_str(), case)).collect();
        for case in &evaluation.cases {
            let Some(twin) = twins.get(case.name.as_str()) else { continue };
            // Summaries of nnU-Net say neither.
            let unlike = |a: &[u64], b: &[u64]| !a.is_empty() && !b.is_empty() && a != b;
            if unlike(&case.shape, &twin.shape) || case.voxels != twin.voxels {
                return Err(ModelsError::Truth {
                    models: [first.clone(), name.clone()],
                    case: case.name.clone(),
                    class: "the whole volume".into(),
                    voxels: [case.voxels, twin.voxels],
                });
            }
            let both = case.spacing_mm.zip(twin.spacing_mm);
            if (measured || searched) && both.is_some_and(|(one, other)| one != other) {
                return Err(ModelsError::Differ { models: [first.clone(), name.clone()], what: "sizes of a voxel" });
            }
        }
    }
    Ok(())
}

/// Whether every case has as many voxels of truth in all results that say.
pub(super) fn check_truth(
    models: &[Model],
    entries: &[Entries],
    classes: &[(String, String)],
) -> Result<(), ModelsError> {
    for (place, later) in entries.iter().enumerate() {
        for (before, earlier) in entries[..place].iter().enumerate() {
            for (case, own) in later {
                let Some(others) = earlier.get(case) else { continue };
                for ((one, other), (_, class)) in others.iter().zip(own).zip(classes) {
                    let voxels = |entry: &Option<super::model::Entry>| entry.as_ref().and_then(|entry| entry.n_truth);
                    if let (Some(one), Some(other)) = (voxels(one), voxels(other))
                        && one != other
                    {
                        return Err(ModelsError::Truth {
                            models: [models[before].name.clone(), models[place].name.clone()],
                            case: case.clone(),
                            class: class.clone(),
                            voxels: [one, other],
                        });
                    }
                }
            }
        }
    }
    Ok(())
}

//! The summary as strict JSON: undefined numbers are null. It holds all that `voxdice merge` needs.

use super::document::{Style, document};
use super::words::Words;
use crate::eval::schema::{
    About, Apart, Failed, Made, OfClass, Options, Over, Resampled, Statistics, StoredScores, StoredSearch,
    StoredSurfaces, Warned,
};
use crate::eval::{
    CaseResult, ClassSource, FROM_FILES, Failure, LesionScores, SCHEMA, Score, Summary, Surfaces, Warning,
};
use crate::text::plain;
use serde_json::Value;

/// nnU-Net's summary as strict JSON, with a record of how it was made: all that
/// [`Partial::parse`](crate::eval::Partial::parse) needs to join it with others.
pub fn json(summary: &Summary<'_>, words: &dyn Words) -> Value {
    let mut document = document(summary, Style::Ours);
    document.voxdice = Some(made(summary, words));
    // Maps by text, of numbers and text, always have a value.
    serde_json::to_value(document).unwrap_or_default()
}

fn made(summary: &Summary<'_>, words: &dyn Words) -> Made {
    let (evaluation, scores) = (summary.evaluation, &summary.scoring.scores);
    let warnings = evaluation.cases.iter().flat_map(|case| {
        let warned = |warning: &Warning| Warned {
            case: case.name.clone(),
            kind: warning.name().into(),
            message: words.warning(warning),
        };
        case.warnings.iter().map(warned)
    });
    let failed = |failure: &Failure| Failed { case: failure.case.clone(), message: words.error(&failure.error) };
    let provenance = &evaluation.provenance;
    Made {
        schema: Some(SCHEMA),
        version: env!("CARGO_PKG_VERSION"),
        backend: provenance.backend.clone(),
        device: provenance.device.clone(),
        reason: provenance.reason.clone(),
        exact: true,
        kind: provenance.kind.name().into(),
        classes: evaluation.classes.iter().map(Into::into).collect(),
        options: options(summary),
        cases: evaluation.cases.iter().map(|case| about(summary, case)).collect(),
        missing_predictions: evaluation.missing.iter().map(Into::into).collect(),
        extra_predictions: evaluation.extra.iter().map(Into::into).collect(),
        failures: evaluation.failures.iter().map(failed).collect(),
        warnings: warnings.collect(),
        passed_over: evaluation.passed_over.clone(),
        grids_apart: evaluation.apart().map(|(case, gap)| Apart { case: case.name.clone(), gap: gap.into() }).collect(),
        undefined: scores.iter().map(|&score| (score.title(), summary.undefined(score).0)).collect(),
        statistics: scores.iter().map(|&score| (score.to_string(), statistics(summary, score))).collect(),
        verify: evaluation.verification().map(Into::into),
    }
}

fn options(summary: &Summary<'_>) -> Options {
    let (evaluation, scoring) = (summary.evaluation, &summary.scoring);
    let (rules, provenance) = (&evaluation.rules, &evaluation.provenance);
    let labels_from = match &rules.classes {
        ClassSource::Found => FROM_FILES,
        ClassSource::Named { from, .. } => from,
    };
    Options {
        labels: evaluation.classes.iter().flat_map(|class| class.labels.iter().copied()).collect(),
        labels_from: labels_from.into(),
        named_by: rules.named_by.name().into(),
        ignore: rules.ignore.clone(),
        round: rules.round,
        threshold: rules.threshold,
        geometry: rules.geometry.name().into(),
        missing: provenance.missing.name().into(),
        shard: provenance.shard.map(|shard| shard.to_string()),
        spacing_mm: rules.spacing_mm,
        colors: rules
            .colours
            .iter()
            .flat_map(|table| table.iter())
            .map(|([r, g, b], label)| (format!("{r:02x}{g:02x}{b:02x}"), label))
            .collect(),
        surfaces: StoredSurfaces::of(&rules.surfaces),
        instances: rules.instances.as_ref().map(StoredSearch::of),
        scores: StoredScores {
            metrics: Some(scoring.scores.iter().map(Score::to_string).collect()),
            empty: Some(scoring.empty.both.to_string()),
            pool: rules.instances.as_ref().map(|_| scoring.pool.to_string()),
            like: scoring.convention.map(|convention| convention.to_string()),
            means: format!("over defined values, {}", scoring.average.in_words()),
            bootstrap: scoring.bootstrap.map(|bootstrap| Resampled {
                resamples: bootstrap.resamples(),
                level: bootstrap.level(),
                seed: bootstrap.seed(),
                shares: "expanded",
            }),
        },
    }
}

/// Infinite values by class and metric, which JSON has no numbers for.
fn infinite(surfaces: &Surfaces, case: &CaseResult) -> Vec<[String; 2]> {
    let infinite = |(key, values): (&String, &Vec<f64>)| {
        let metrics = surfaces.metrics.iter().zip(values).filter(|(_, value)| value.is_infinite());
        metrics.map(|(metric, _)| [key.clone(), metric.to_string()]).collect::<Vec<_>>()
    };
    let of_lesions = |(key, found): (&String, &LesionScores)| {
        let numbers = found.numbers.iter().filter(|(_, value)| value.is_infinite());
        numbers.map(|(name, _)| [key.clone(), name.clone()]).collect::<Vec<_>>()
    };
    case.surfaces.iter().flat_map(infinite).chain(case.instances.iter().flat_map(of_lesions)).collect()
}

fn about(summary: &Summary<'_>, case: &CaseResult) -> About {
    About {
        case: case.name.clone(),
        prediction: case.prediction.name().into(),
        shape: case.shape.clone(),
        spacing_mm: case.spacing_mm.map(plain),
        voxels: Some(case.voxels),
        grid_gap: case.gap.map(Into::into),
        generalized_dice: summary.generalized_dice(case),
        infinite: infinite(&summary.evaluation.rules.surfaces, case),
    }
}

/// A score over cases and classes.
fn statistics(summary: &Summary<'_>, score: Score) -> Statistics {
    let classes = summary.evaluation.classes.iter().enumerate().map(|(place, class)| {
        let over = Over::of(&summary.distribution(score, place), summary.interval(score, place));
        (class.key.clone(), OfClass { over, pooled: summary.pooled_of_class(score, place) })
    });
    let pooled = summary.pooled(score);
    Statistics {
        mean: summary.mean(score),
        interval: summary.interval_of_mean(score).map(|interval| [interval.low, interval.high]),
        micro: pooled.map(|(micro, _)| micro),
        weighted: pooled.map(|(_, weighted)| weighted),
        over_cases: Over::of(&summary.over_cases(score), summary.interval_over_cases(score)),
        classes: classes.collect(),
    }
}

//! The summary as strict JSON: undefined numbers are null. It holds all that `voxdice merge` needs.

use super::tree::{Node, Style, tree};
use super::words::Words;
use crate::eval::{
    CaseResult, Class, ClassSource, FROM_FILES, InstanceSearch, Kind, SCHEMA, Score, Summary, Surfaces, Unpaired,
};

use crate::metric::{Distribution, Interval};
use crate::text::plain;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// nnU-Net's summary as strict JSON, with a record of how it was made: all that
/// [`Partial::parse`](crate::eval::Partial::parse) needs to join it with others.
pub fn json(summary: &Summary<'_>, words: &dyn Words) -> Value {
    let mut root: Map<String, Value> =
        tree(summary, Style::Ours).into_iter().map(|(key, node)| (key, strict(node))).collect();
    let verify = summary.evaluation.verification().map(|verification| {
        json!({
            "equal": verification.difference.is_none(),
            "cpu": verification.cpu,
            "gpu": verification.gpu,
            "difference": verification.difference,
        })
    });
    let warnings =
        summary.evaluation.cases.iter().flat_map(|case| case.warnings.iter().map(move |warning| (case, warning)));
    let warnings = warnings
        .map(|(case, warning)| json!({ "case": case.name, "kind": warning.name(), "message": words.warning(warning) }));
    let undefined = summary.scoring.scores.iter().map(|&score| (score.title(), summary.undefined(score).0.into()));
    let statistics = summary.scoring.scores.iter().map(|&score| (score.to_string(), statistics(summary, score)));
    root.insert(
        "voxdice".into(),
        json!({
            "schema": SCHEMA,
            "version": env!("CARGO_PKG_VERSION"),
            "backend": summary.evaluation.provenance.backend,
            "device": summary.evaluation.provenance.device,
            "reason": summary.evaluation.provenance.reason,
            "exact": true,
            "kind": match summary.evaluation.provenance.kind { Kind::Pair => "pair", Kind::Folders => "folders" },
            "classes": summary.evaluation.classes.iter().map(class).collect::<Vec<_>>(),
            "options": options(summary),
            "cases": summary.evaluation.cases.iter().map(|case| about(summary, case)).collect::<Vec<_>>(),
            "missing_predictions": unpaired(&summary.evaluation.missing),
            "extra_predictions": unpaired(&summary.evaluation.extra),
            "failures": summary.evaluation.failures.iter()
                .map(|failure| json!({ "case": failure.case, "message": words.error(&failure.error) })).collect::<Vec<_>>(),
            "warnings": warnings.collect::<Vec<_>>(),
            "grids_apart": summary.evaluation.apart().map(|(case, gap)| {
                json!({ "case": case.name, "mm": gap.millimetres, "voxels": gap.voxels })
            }).collect::<Vec<_>>(),
            "undefined": Map::from_iter(undefined),
            "statistics": Map::from_iter(statistics),
            "verify": verify,
        }),
    );
    Value::Object(root)
}

fn class(class: &Class) -> Value {
    json!({ "key": class.key, "name": class.name, "labels": class.labels })
}

fn options(summary: &Summary<'_>) -> Value {
    let labels_from = match &summary.evaluation.rules.classes {
        ClassSource::Found => FROM_FILES,
        ClassSource::Named { from, .. } => from,
    };
    let scoring = &summary.scoring;
    let labels: BTreeSet<u32> =
        summary.evaluation.classes.iter().flat_map(|class| class.labels.iter().copied()).collect();
    json!({
        "labels": labels,
        "labels_from": labels_from,
        "named_by": summary.evaluation.rules.named_by.name(),
        "ignore": summary.evaluation.rules.ignore,
        "round": summary.evaluation.rules.round,
        "threshold": summary.evaluation.rules.threshold,
        "geometry": summary.evaluation.rules.geometry.name(),
        "missing": summary.evaluation.provenance.missing.name(),
        "shard": summary.evaluation.provenance.shard.map(|shard| shard.to_string()),
        "spacing_mm": summary.evaluation.rules.spacing_mm,
        "surfaces": surfaces(&summary.evaluation.rules.surfaces),
        "instances": summary.evaluation.rules.instances.as_ref().map(instances),
        "metrics": scoring.scores.iter().map(Score::to_string).collect::<Vec<_>>(),
        "empty": scoring.empty.both.to_string(),
        "like": scoring.convention.map(|convention| convention.name()),
        "means": format!("over defined values, {}", scoring.average.in_words()),
        "bootstrap": scoring.bootstrap.map(|bootstrap| {
            json!({
                "resamples": bootstrap.resamples(),
                "level": bootstrap.level(),
                "seed": bootstrap.seed(),
                "shares": "expanded",
            })
        }),
    })
}

/// What was measured of surfaces, and how it is defined.
fn surfaces(surfaces: &Surfaces) -> Value {
    if surfaces.metrics.is_empty() {
        return Value::Null;
    }
    json!({
        "metrics": surfaces.metrics.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "preset": surfaces.preset.map(|preset| preset.to_string()),
        "choices": Map::from_iter(surfaces.choices.named().into_iter().map(|(name, choice)| (name.into(), choice.into()))),
        "definition": surfaces.rules().to_string(),
    })
}

/// Which lesions were looked for, and how they are defined.
fn instances(search: &InstanceSearch) -> Value {
    json!({
        "preset": search.preset.map(|preset| preset.to_string()),
        "choices": Map::from_iter(search.choices.named().into_iter().map(|(name, choice)| (name.into(), choice.into()))),
        "sizes": search.sizes,
        "definition": search.definition(),
    })
}

/// Infinite values by class and metric, which JSON has no numbers for.
fn infinite(surfaces: &Surfaces, case: &CaseResult) -> Vec<[String; 2]> {
    let infinite = |(key, values): (&String, &Vec<f64>)| {
        let metrics = surfaces.metrics.iter().zip(values).filter(|(_, value)| value.is_infinite());
        metrics.map(|(metric, _)| [key.clone(), metric.to_string()]).collect::<Vec<_>>()
    };
    case.surfaces.iter().flat_map(infinite).collect()
}

fn about(summary: &Summary<'_>, case: &CaseResult) -> Value {
    json!({
        "case": case.name,
        "prediction": if case.is_predicted() { "read" } else { "missing" },
        "shape": case.shape,
        "spacing_mm": case.spacing_mm.map(plain),
        "voxels": case.voxels,
        "grid_gap": case.gap.map(|gap| json!({ "mm": gap.millimetres, "voxels": gap.voxels })),
        "generalized_dice": summary.generalized_dice(case),
        "infinite": infinite(&summary.evaluation.rules.surfaces, case),
    })
}

fn unpaired(list: &[Unpaired]) -> Vec<Value> {
    list.iter().map(|lone| json!({ "case": lone.case, "file": lone.file.to_string_lossy() })).collect()
}

/// A score over cases and classes.
fn statistics(summary: &Summary<'_>, score: Score) -> Value {
    let classes = summary.evaluation.classes.iter().enumerate().map(|(place, class)| {
        let mut of_class = over(&summary.distribution(score, place), summary.interval(score, place));
        of_class.insert("pooled".into(), summary.pooled_of_class(score, place).into());
        (class.key.clone(), Value::Object(of_class))
    });
    let pooled = summary.pooled(score);
    json!({
        "mean": summary.mean(score),
        "interval": summary.interval_of_mean(score).map(|interval| [interval.low, interval.high]),
        "micro": pooled.map(|(micro, _)| micro),
        "weighted": pooled.map(|(_, weighted)| weighted),
        "over_cases": over(&summary.over_cases(score), summary.interval_over_cases(score)),
        "classes": Map::from_iter(classes),
    })
}

fn over(found: &Distribution, interval: Option<Interval>) -> Map<String, Value> {
    let numbers = [
        ("mean", found.mean),
        ("sd", found.sd),
        ("min", found.min),
        ("lower_quartile", found.lower_quartile),
        ("median", found.median),
        ("upper_quartile", found.upper_quartile),
        ("max", found.max),
    ];
    let sizes = [("defined", found.defined), ("undefined", found.undefined)];
    let mut map = Map::from_iter(sizes.map(|(key, size)| (key.to_owned(), Value::from(size))));
    map.extend(numbers.map(|(key, value)| (key.to_owned(), value.into())));
    map.insert("interval".into(), interval.map(|interval| [interval.low, interval.high]).into());
    map
}

fn strict(node: Node) -> Value {
    match node {
        Node::Whole(value) => value.into(),
        // serde_json makes null of NaN.
        Node::Real(value) => value.into(),
        Node::Text(text) => text.into(),
        Node::List(nodes) => nodes.into_iter().map(strict).collect(),
        Node::Map(entries) => Value::Object(entries.into_iter().map(|(key, node)| (key, strict(node))).collect()),
    }
}

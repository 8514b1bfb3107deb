//! The report as strict JSON: undefined numbers are null. It holds all that `voxdice merge` needs.

use super::case::Case;
use super::class::Class;
use super::report::{Kind, Report, Unpaired};
use super::score::Score;
use super::settings::Wanted;
use super::summary::{Node, Style, summary};
use crate::cli::text::plain;
use crate::metric::{Distribution, Interval};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What `labels_from` says where nobody named classes.
pub(super) const FROM_FILES: &str = "files";

/// nnU-Net's summary, and beside it how it came about.
pub(super) fn render(report: &Report) -> Value {
    let mut root: Map<String, Value> =
        summary(report, Style::Ours).into_iter().map(|(key, node)| (key, strict(node))).collect();
    let verify = report.verification().map(|verification| {
        json!({
            "equal": verification.difference.is_none(),
            "cpu": verification.cpu,
            "gpu": verification.gpu,
            "difference": verification.difference,
        })
    });
    let warnings = report.cases.iter().flat_map(|case| case.warnings.iter().map(move |warning| (case, warning)));
    let warnings =
        warnings.map(|(case, warning)| json!({ "case": case.name, "kind": warning.kind, "message": warning.message }));
    let undefined = report.scoring.scores.iter().map(|&score| (score.title(), report.undefined(score).0.into()));
    let statistics = report.scoring.scores.iter().map(|&score| (score.to_string(), statistics(report, score)));
    root.insert(
        "voxdice".into(),
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "backend": report.origin.backend,
            "device": report.origin.device,
            "reason": report.origin.reason,
            "exact": true,
            "kind": match report.origin.kind { Kind::Pair => "pair", Kind::Folders => "folders" },
            "classes": report.classes.iter().map(class).collect::<Vec<_>>(),
            "options": options(report),
            "cases": report.cases.iter().map(|case| about(report, case)).collect::<Vec<_>>(),
            "missing_predictions": unpaired(&report.missing),
            "extra_predictions": unpaired(&report.extra),
            "failures": report.failures.iter()
                .map(|failure| json!({ "case": failure.case, "message": failure.message })).collect::<Vec<_>>(),
            "warnings": warnings.collect::<Vec<_>>(),
            "grids_apart": report.apart().map(|(case, gap)| {
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

fn options(report: &Report) -> Value {
    let labels_from = match &report.rules.wanted {
        Wanted::Found => FROM_FILES,
        Wanted::Named { from, .. } => from,
    };
    let scoring = &report.scoring;
    let labels: BTreeSet<u32> = report.classes.iter().flat_map(|class| class.labels.iter().copied()).collect();
    json!({
        "labels": labels,
        "labels_from": labels_from,
        "ignore": report.rules.ignore,
        "round": report.rules.round,
        "threshold": report.rules.threshold,
        "geometry": report.rules.geometry.name(),
        "missing": report.origin.missing.name(),
        "shard": report.origin.shard.map(|shard| shard.to_string()),
        "metrics": scoring.scores.iter().map(Score::to_string).collect::<Vec<_>>(),
        "empty": scoring.empty.name(),
        "like": scoring.like.map(|like| like.name()),
        "means": format!("over defined values, {}", scoring.means.in_words()),
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

fn about(report: &Report, case: &Case) -> Value {
    json!({
        "case": case.name,
        "prediction": if case.is_predicted() { "read" } else { "missing" },
        "shape": case.shape,
        "spacing_mm": case.spacing_mm.map(plain),
        "voxels": case.voxels,
        "grid_gap": case.gap.map(|gap| json!({ "mm": gap.millimetres, "voxels": gap.voxels })),
        "generalized_dice": report.generalized_dice(case),
    })
}

fn unpaired(list: &[Unpaired]) -> Vec<Value> {
    list.iter().map(|lone| json!({ "case": lone.case, "file": lone.file.to_string_lossy() })).collect()
}

/// A score over cases and classes.
fn statistics(report: &Report, score: Score) -> Value {
    let classes = report.classes.iter().enumerate().map(|(place, class)| {
        let mut of_class = over(&report.distribution(score, place), report.interval(score, place));
        of_class.insert("pooled".into(), report.pooled_of_class(score, place).into());
        (class.key.clone(), Value::Object(of_class))
    });
    let pooled = report.pooled(score);
    json!({
        "mean": report.mean(score),
        "interval": report.interval_of_mean(score).map(|interval| [interval.low, interval.high]),
        "micro": pooled.map(|(micro, _)| micro),
        "weighted": pooled.map(|(_, weighted)| weighted),
        "over_cases": over(&report.over_cases(score), report.interval_over_cases(score)),
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

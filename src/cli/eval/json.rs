//! The report as strict JSON: undefined numbers are null.

use super::report::{Foreground, Node, Report};
use super::score::Score;
use crate::cli::args::backend_name;
use serde_json::{Map, Value, json};

/// nnU-Net's summary, and beside it how it came about.
pub(super) fn render(report: &Report) -> Value {
    let chosen = &report.chosen;
    let undefined = Score::ALL.map(|score| (score.title().to_owned(), report.undefined(score).into()));
    let verify = report.verification().map(|verification| {
        json!({
            "equal": verification.difference.is_none(),
            "cpu": verification.cpu,
            "gpu": verification.gpu,
            "difference": verification.difference,
        })
    });
    let mut root: Map<String, Value> =
        report.summary(Foreground::Defined).into_iter().map(|(key, node)| (key, strict(node))).collect();
    root.insert(
        "voxdice".into(),
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "backend": backend_name(report.device.backend),
            "device": report.device.device,
            "reason": report.device.reason,
            "exact": true,
            "options": {
                "labels": report.labels,
                "labels_from": if chosen.labels_named { "--labels" } else { "files" },
                "metrics": chosen.scores.iter().map(|score| score.title()).collect::<Vec<_>>(),
                "empty": chosen.empty.name(),
                "geometry": chosen.geometry.name(),
                "means": "over defined values",
            },
            "warnings": report.warnings().map(|warning| warning.json()).collect::<Vec<_>>(),
            "undefined": Map::from_iter(undefined),
            "verify": verify,
        }),
    );
    Value::Object(root)
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

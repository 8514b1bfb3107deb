//! nnU-Net's summary as a tree, from which both JSON forms are printed.

use crate::eval::{CaseResult, Class, LesionScores, Score, Summary};
use crate::metric::instances::SizeClass;
use crate::metric::{mean_of_all, mean_of_defined};
use crate::stats::Counts;

/// A value in a summary.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Whole(u64),
    /// NaN where undefined.
    Real(f64),
    Text(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

/// Whose rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// nnU-Net's eight numbers, and a mean over classes that is undefined as soon as one is.
    Nnunet,
    /// Also the other scores that were asked for, and means over what is defined, in the order that was asked for.
    Ours,
}

/// The eight numbers that nnU-Net has for a label, as it names and sorts them.
const KEYS: [&str; 8] = ["Dice", "FN", "FP", "IoU", "TN", "TP", "n_pred", "n_ref"];

/// The summary in nnU-Net's layout, keys in their natural order.
pub(super) fn tree(summary: &Summary<'_>, style: Style) -> Vec<(String, Node)> {
    let more: Vec<Score> = match style {
        Style::Nnunet => Vec::new(),
        Style::Ours => {
            let scores = summary.scoring.scores.iter().copied();
            scores.filter(|&score| score != Score::DICE && score != Score::IOU).collect()
        }
    };
    let mut cases: Vec<&CaseResult> = summary.evaluation.cases.iter().collect();
    if style == Style::Nnunet {
        // nnU-Net sorts the names of files, endings and all: `a-1.nii` goes before `a.nii`.
        cases.sort_by_key(|case| case.pred.file_name());
    }
    let keys: Vec<String> = KEYS.iter().map(|key| (*key).into()).chain(more.iter().map(Score::to_string)).collect();
    // By class, then by key.
    let means: Vec<Vec<f64>> = (0..summary.evaluation.classes.len())
        .map(|class| {
            let eight = (0..KEYS.len()).map(|key| {
                let cases = cases.iter().filter_map(|case| Some((*case, case.counts.get(class)?)));
                let values: Vec<f64> = cases.map(|(case, counts)| real(&value(summary, key, case, counts))).collect();
                mean_of_defined(&values)
            });
            eight.chain(more.iter().map(|&score| summary.distribution(score, class).mean)).collect()
        })
        .collect();
    let score_of = |key: usize| match KEYS.get(key) {
        Some(&"Dice") => Some(Score::DICE),
        Some(&"IoU") => Some(Score::IOU),
        Some(_) => None,
        None => more.get(key - KEYS.len()).copied(),
    };
    let foreground_mean = keys.iter().enumerate().map(|(key, name)| {
        let of_classes = summary.evaluation.foreground().filter_map(|class| means.get(class)?.get(key).copied());
        let of_classes: Vec<f64> = of_classes.collect();
        let mean = match (style, score_of(key)) {
            (Style::Ours, Some(score)) => summary.mean(score),
            (Style::Ours, None) => mean_of_defined(&of_classes),
            (Style::Nnunet, _) => mean_of_all(&of_classes),
        };
        (name.clone(), Node::Real(mean))
    });
    let mean = summary.evaluation.classes.iter().zip(&means).map(|(class, values)| {
        let values = keys.iter().cloned().zip(values.iter().copied().map(Node::Real));
        (class.key.clone(), Node::Map(values.collect()))
    });
    let cases = cases.into_iter().map(|case| {
        let metrics = case.counts.iter().map(|counts| {
            let eight = KEYS.iter().enumerate().map(|(key, name)| ((*name).into(), value(summary, key, case, counts)));
            let more = more.iter().map(|&score| (score.to_string(), Node::Real(summary.score(score, case, counts))));
            (counts.0.key.clone(), Node::Map(eight.chain(more).collect()))
        });
        let lesions = (style == Style::Ours && !case.instances.is_empty()).then(|| ("instances".into(), lesions(case)));
        let entries = vec![
            ("metrics".into(), Node::Map(metrics.collect())),
            ("prediction_file".into(), Node::Text(case.pred.to_string_lossy().into_owned())),
            ("reference_file".into(), Node::Text(case.truth.to_string_lossy().into_owned())),
        ];
        Node::Map(entries.into_iter().chain(lesions).collect())
    });
    vec![
        ("foreground_mean".into(), Node::Map(foreground_mean.collect())),
        ("mean".into(), Node::Map(mean.collect())),
        ("metric_per_case".into(), Node::List(cases.collect())),
    ]
}

/// What was found of the lesions of each class.
fn lesions(case: &CaseResult) -> Node {
    let of = |found: &LesionScores| {
        let numbers = found.numbers.iter().map(|(name, value)| {
            let is_count = matches!(name.as_str(), "n_truth" | "n_pred" | "tp" | "fn" | "fp" | "tp_pred");
            let node = if is_count && *value >= 0.0 { Node::Whole(*value as u64) } else { Node::Real(*value) };
            (name.clone(), node)
        });
        let size = |size: &SizeClass| {
            let numbers = [("n_truth", size.n_truth), ("found", size.found)];
            let counts = numbers.into_iter().map(|(name, n)| (name.into(), Node::Whole(n)));
            Node::Map(std::iter::once(("from_mm3".into(), Node::Real(size.from_mm3))).chain(counts).collect())
        };
        let sizes = Node::List(found.by_size.iter().map(size).collect());
        Node::Map(numbers.chain([("by_size".into(), sizes)]).collect())
    };
    Node::Map(case.instances.iter().map(|(key, found)| (key.clone(), of(found))).collect())
}

/// The number under one of [`KEYS`].
fn value(summary: &Summary<'_>, key: usize, case: &CaseResult, of_class: &(Class, Counts)) -> Node {
    let (_, counts) = of_class;
    match KEYS.get(key).copied() {
        Some("Dice") => Node::Real(summary.score(Score::DICE, case, of_class)),
        Some("FN") => Node::Whole(counts.fn_()),
        Some("FP") => Node::Whole(counts.fp()),
        Some("IoU") => Node::Real(summary.score(Score::IOU, case, of_class)),
        Some("TN") => Node::Whole(counts.tn()),
        Some("TP") => Node::Whole(counts.tp()),
        Some("n_pred") => Node::Whole(counts.n_pred()),
        _ => Node::Whole(counts.n_truth()),
    }
}

fn real(node: &Node) -> f64 {
    match node {
        Node::Whole(value) => *value as f64,
        Node::Real(value) => *value,
        _ => f64::NAN,
    }
}

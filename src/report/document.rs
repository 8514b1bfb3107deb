//! nnU-Net's summary, from which both JSON forms are printed.

use crate::eval::schema::{Document, Entry, Keyed, Lesions, Number, Scores};
use crate::eval::{CaseResult, Class, Score, Summary};
use crate::metric::{mean_of_all, mean_of_defined};
use crate::stats::Counts;

/// Whose rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// nnU-Net's eight numbers, and a mean over classes that is undefined as soon as one is.
    Nnunet,
    /// Also the other scores that were asked for, and means over what is defined, in the order that was asked for.
    Ours,
}

/// The summary in nnU-Net's layout, keys in their natural order.
pub(super) fn document(summary: &Summary<'_>, style: Style) -> Document {
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
    let entry = |case: &&CaseResult| {
        let scores = case.counts.iter().map(|counts| (counts.0.key.clone(), scores(summary, &more, case, counts)));
        let lesions = case.instances.iter().filter(|_| style == Style::Ours);
        Entry {
            metrics: scores.collect(),
            prediction_file: case.pred.to_string_lossy().into_owned(),
            reference_file: case.truth.to_string_lossy().into_owned(),
            instances: lesions.map(|(key, found)| (key.clone(), Lesions::of(found))).collect(),
        }
    };
    let metric_per_case: Vec<Entry> = cases.iter().map(entry).collect();
    let eight = Scores::EIGHT;
    let keys: Vec<String> = eight.map(String::from).into_iter().chain(more.iter().map(Score::to_string)).collect();
    // By class, then by key.
    let means: Vec<Vec<f64>> = (0..summary.evaluation.classes.len())
        .map(|class| {
            let of_class = metric_per_case.iter().filter_map(|entry| entry.metrics.0.get(class));
            let cases: Vec<[f64; 8]> = of_class.map(|(_, scores)| scores.eight()).collect();
            let mean = |key: usize| mean_of_defined(&cases.iter().map(|eight| eight[key]).collect::<Vec<_>>());
            let others = more.iter().map(|&score| summary.distribution(score, class).mean);
            (0..eight.len()).map(mean).chain(others).collect()
        })
        .collect();
    let score_of = |key: usize| match eight.get(key) {
        Some(&"Dice") => Some(Score::DICE),
        Some(&"IoU") => Some(Score::IOU),
        Some(_) => None,
        None => more.get(key - eight.len()).copied(),
    };
    let foreground_mean = keys.iter().enumerate().map(|(key, name)| {
        let of_classes = summary.evaluation.foreground().filter_map(|class| means.get(class)?.get(key).copied());
        let of_classes: Vec<f64> = of_classes.collect();
        let mean = match (style, score_of(key)) {
            (Style::Ours, Some(score)) => summary.mean(score),
            (Style::Ours, None) => mean_of_defined(&of_classes),
            (Style::Nnunet, _) => mean_of_all(&of_classes),
        };
        (name.clone(), Number::Real(mean))
    });
    let mean = summary.evaluation.classes.iter().zip(&means).map(|(class, values)| {
        let values: Keyed<Number> = keys.iter().cloned().zip(values.iter().copied().map(Number::Real)).collect();
        (class.key.clone(), values)
    });
    Document { foreground_mean: foreground_mean.collect(), mean: mean.collect(), metric_per_case, voxdice: None }
}

fn scores(summary: &Summary<'_>, more: &[Score], case: &CaseResult, of_class: &(Class, Counts)) -> Scores {
    let score = |score: Score| Number::Real(summary.score(score, case, of_class));
    let counts = &of_class.1;
    Scores {
        Dice: score(Score::DICE),
        FN: counts.fn_(),
        FP: counts.fp(),
        IoU: score(Score::IOU),
        TN: counts.tn(),
        TP: counts.tp(),
        n_pred: Number::Whole(counts.n_pred()),
        n_ref: Number::Whole(counts.n_truth()),
        others: more.iter().map(|&other| (other.to_string(), score(other))).collect(),
    }
}

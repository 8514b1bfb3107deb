//! What a run found, and the tree that both JSON forms are printed from.

use super::case::{Case, Verification};
use super::geometry::GeometryRule;
use super::score::Score;
use super::{EmptyRule, mean};
use crate::Description;
use crate::cli::warning::Warning;
use crate::stats::Counts;
use std::collections::BTreeSet;

/// The choices that shaped a report, to be printed with it.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Chosen {
    pub scores: Vec<Score>,
    pub empty: EmptyRule,
    pub geometry: GeometryRule,
    /// Whether the user named the labels.
    pub labels_named: bool,
}

/// Everything a run found.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Report {
    pub cases: Vec<Case>,
    /// Every label of every case, sorted.
    pub labels: Vec<u32>,
    pub chosen: Chosen,
    pub device: Description,
}

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

/// What `foreground_mean` is a mean of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Foreground {
    /// The labels whose own mean is defined.
    Defined,
    /// All labels, so that one undefined label makes it undefined: what nnU-Net does.
    All,
}

/// The eight numbers that nnU-Net has for a label, as it names and sorts them.
const KEYS: [&str; 8] = ["Dice", "FN", "FP", "IoU", "TN", "TP", "n_pred", "n_ref"];

impl Report {
    pub fn new(cases: Vec<Case>, chosen: Chosen, device: Description) -> Self {
        let labels: BTreeSet<u32> = cases.iter().flat_map(|case| &case.counts).map(|&(label, _)| label).collect();
        Self { cases, labels: labels.into_iter().collect(), chosen, device }
    }

    pub fn warnings(&self) -> impl Iterator<Item = &Warning> {
        self.cases.iter().flat_map(|case| &case.warnings)
    }

    /// The first failed verification, else the first one.
    pub fn verification(&self) -> Option<&Verification> {
        let all = || self.cases.iter().filter_map(|case| case.verification.as_ref());
        all().find(|v| v.difference.is_some()).or_else(|| all().next())
    }

    /// The score of a label in a case; NaN where it is undefined.
    pub fn score(&self, score: Score, counts: &Counts) -> f64 {
        score.of(counts, self.chosen.empty.policy())
    }

    /// The mean over cases of a label's score.
    pub fn mean_of_label(&self, score: Score, label: u32) -> f64 {
        mean::of_defined(&self.scores_of_label(score, label))
    }

    /// The mean over labels but 0 of a case's scores, of those that are defined.
    pub fn mean_of_case(&self, score: Score, case: &Case) -> f64 {
        let foreground = case.counts.iter().filter(|(label, _)| *label != 0);
        mean::of_defined(&foreground.map(|(_, counts)| self.score(score, counts)).collect::<Vec<_>>())
    }

    /// The mean over labels but 0 of the means over cases, of those that are defined.
    pub fn mean(&self, score: Score) -> f64 {
        let means: Vec<f64> = self.foreground().map(|label| self.mean_of_label(score, label)).collect();
        mean::of_defined(&means)
    }

    /// How many labels but 0 have a mean, and how many have none.
    pub fn defined(&self, score: Score) -> (usize, usize) {
        let undefined = self.foreground().filter(|&label| self.mean_of_label(score, label).is_nan()).count();
        (self.foreground().count() - undefined, undefined)
    }

    /// How many scores of a case and label are undefined.
    pub fn undefined(&self, score: Score) -> usize {
        let scores = self.labels.iter().flat_map(|&label| self.scores_of_label(score, label));
        scores.filter(|value| value.is_nan()).count()
    }

    pub fn foreground(&self) -> impl Iterator<Item = u32> {
        self.labels.iter().copied().filter(|&label| label != 0)
    }

    fn scores_of_label(&self, score: Score, label: u32) -> Vec<f64> {
        self.counts_of_label(label).map(|counts| self.score(score, counts)).collect()
    }

    fn counts_of_label(&self, label: u32) -> impl Iterator<Item = &Counts> {
        self.cases.iter().flat_map(|case| &case.counts).filter(move |(own, _)| *own == label).map(|(_, counts)| counts)
    }

    /// The summary in nnU-Net's layout, keys in their natural order.
    pub(super) fn summary(&self, foreground: Foreground) -> Vec<(String, Node)> {
        let means: Vec<(u32, [f64; 8])> = self
            .labels
            .iter()
            .map(|&label| {
                let mean = |key: usize| {
                    let values: Vec<f64> = self.counts_of_label(label).map(|c| real(&self.value(key, c))).collect();
                    mean::of_defined(&values)
                };
                (label, std::array::from_fn(mean))
            })
            .collect();
        let foreground_mean = |key: usize| {
            let of_labels = means.iter().filter(|(label, _)| *label != 0).map(|(_, values)| values[key]);
            let of_labels: Vec<f64> = of_labels.collect();
            Node::Real(match foreground {
                Foreground::Defined => mean::of_defined(&of_labels),
                Foreground::All => mean::of_all(&of_labels),
            })
        };
        let mean = means.iter().map(|(label, values)| (label.to_string(), eight(|key| Node::Real(values[key]))));
        let cases = self.cases.iter().map(|case| {
            let metrics = case.counts.iter().map(|(label, c)| (label.to_string(), eight(|key| self.value(key, c))));
            Node::Map(vec![
                ("metrics".into(), Node::Map(metrics.collect())),
                ("prediction_file".into(), Node::Text(case.pair.pred.to_string_lossy().into_owned())),
                ("reference_file".into(), Node::Text(case.pair.truth.to_string_lossy().into_owned())),
            ])
        });
        vec![
            ("foreground_mean".into(), eight(foreground_mean)),
            ("mean".into(), Node::Map(mean.collect())),
            ("metric_per_case".into(), Node::List(cases.collect())),
        ]
    }

    /// The number under one of [`KEYS`].
    fn value(&self, key: usize, counts: &Counts) -> Node {
        match KEYS[key] {
            "Dice" => Node::Real(self.score(Score::Dice, counts)),
            "FN" => Node::Whole(counts.fn_()),
            "FP" => Node::Whole(counts.fp()),
            "IoU" => Node::Real(self.score(Score::Iou, counts)),
            "TN" => Node::Whole(counts.tn()),
            "TP" => Node::Whole(counts.tp()),
            "n_pred" => Node::Whole(counts.n_pred()),
            _ => Node::Whole(counts.n_truth()),
        }
    }
}

fn eight(value: impl Fn(usize) -> Node) -> Node {
    Node::Map(KEYS.iter().enumerate().map(|(key, name)| ((*name).into(), value(key))).collect())
}

fn real(node: &Node) -> f64 {
    match node {
        Node::Whole(value) => *value as f64,
        Node::Real(value) => *value,
        _ => f64::NAN,
    }
}

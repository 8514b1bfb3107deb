//! Models that cannot be compared.

use crate::metric::compare::Better;
use crate::text::listed;
use std::path::PathBuf;
use thiserror::Error;

/// Models cannot be compared.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModelsError {
    /// There is nothing to compare with.
    #[error("one model has nothing to be compared with; name two or more")]
    One,
    /// A name stands for two models.
    #[error("two models are called {0}; give each its own name")]
    NameTwice(String),
    /// A model that is not there.
    #[error("no model is called {name}; there are {}", listed(.models))]
    Unknown {
        /// The name.
        name: String,
        /// Those that there are.
        models: Vec<String>,
    },
    /// One model is described by results and by lists of scores.
    #[error("{0} has results with counts and CSV files, which cannot be joined; name one kind")]
    Mixed(String),
    /// A CSV cannot be read.
    #[error("{}: this is no CSV of scores: {fault}", .path.display())]
    NoCsv {
        /// The file.
        path: PathBuf,
        /// What was met instead.
        fault: String,
    },
    /// A line of a CSV cannot be used.
    #[error("{}, line {line}: {fault}", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// What is wrong with it.
        fault: String,
    },
    /// No metric is in all results.
    #[error(
        "no metric is in the results of all models: {}; name metrics that all of them have",
        all_of(.has)
    )]
    NoMetric {
        /// What each of them has.
        has: Vec<(String, Vec<String>)>,
    },
    /// A metric that a model's results do not hold.
    #[error("{model} has no scores called {metric}; it has {}", scores(.has))]
    Lacks {
        /// The model.
        model: String,
        /// The metric.
        metric: String,
        /// What it has.
        has: Vec<String>,
    },
    /// It is not known which way a score is better.
    #[error("whether more or less of {0} is better is not known; say which")]
    NoDirection(String),
    /// A direction that is not that of a known score.
    #[error("{} of {metric} is better, and the opposite is said; leave it out", if *.known == Better::Higher { "more" } else { "less" })]
    Direction {
        /// The score.
        metric: String,
        /// Which way it is better.
        known: Better,
    },
    /// Two directions of one score.
    #[error("more of {0} is said to be better, and less of it too; leave one out")]
    TwoDirections(String),
    /// A direction of a score that no model has.
    #[error(
        "no model has scores called {metric}, of which a direction is given; {}",
        all_of(.has)
    )]
    DirectionOf {
        /// The score.
        metric: String,
        /// What each model has.
        has: Vec<(String, Vec<String>)>,
    },
    /// A weight of a score that is not compared.
    #[error("{metric} has a weight and is not compared; there are {}", listed(.metrics))]
    WeightOf {
        /// The score.
        metric: String,
        /// What is compared.
        metrics: Vec<String>,
    },
    /// A weight that is none.
    #[error("the weight {weight} of {metric} cannot be used; give it one weight, above 0")]
    Weight {
        /// The score.
        metric: String,
        /// Its weight.
        weight: f64,
    },
    /// No case has a result of every model.
    #[error(
        "no case is in the results of all models: the first of {} is {}, of {} {}; give the cases the same names",
        .models[0], .cases[0], .models[1], .cases[1]
    )]
    NoCase {
        /// Two models without a common case.
        models: [String; 2],
        /// The first case of either.
        cases: [String; 2],
    },
    /// No class is in all results.
    #[error("no class is in the results of all models: {} has {}, and {} has {}", .models[0], listed(&.classes[0]), .models[1], listed(&.classes[1]))]
    NoClass {
        /// Two models without a common class.
        models: [String; 2],
        /// The classes of either.
        classes: [Vec<String>; 2],
    },
    /// The truths differ.
    #[error(
        "{} and {} were not scored against the same truth: {class} of {case} has {} voxels of truth in the one and {} in the \
         other; evaluate both against one folder", .models[0], .models[1], .voxels[0], .voxels[1]
    )]
    Truth {
        /// The two models.
        models: [String; 2],
        /// The first such case.
        case: String,
        /// Its class.
        class: String,
        /// Voxels of it.
        voxels: [u64; 2],
    },
    /// Something else differs that makes scores differ.
    #[error("{} and {} were scored with different {what}; evaluate both with the same", .models[0], .models[1])]
    Differ {
        /// The two models.
        models: [String; 2],
        /// In what.
        what: &'static str,
    },
    /// A list of groups cannot be read.
    #[error("{}: this is no CSV of case,group: {fault}", .path.display())]
    NoGroups {
        /// The file.
        path: PathBuf,
        /// What was met instead.
        fault: String,
    },
    /// Cases are to be grouped by a column that is not there.
    #[error("no table of scores has a column {0} to group cases by; name one that is there, a file, or a pattern")]
    NoColumn(String),
    /// Student's interval of groups is around the mean of their means, and that is not the mean that is shown.
    #[error(
        "groups have unequal numbers of cases, and an interval by Student's distribution would be around another mean than \
         that of the cases; take an interval of resamples"
    )]
    UnequalGroups,
    /// Cases are to be grouped by a pattern that one does not fit.
    #[error("{case} has no group: the pattern `{pattern}` does not fit its name; write one that fits all of them")]
    UnfitPattern {
        /// The first such case.
        case: String,
        /// The pattern.
        pattern: String,
    },
    /// Cases have no group.
    #[error("{case} has no group: {fault}")]
    NoGroup {
        /// The first such case.
        case: String,
        /// Why.
        fault: String,
    },
}

/// Scores by name.
fn scores(has: &[String]) -> String {
    if has.is_empty() { "no scores".into() } else { listed(has) }
}

/// What each model has.
fn all_of(has: &[(String, Vec<String>)]) -> String {
    has.iter().map(|(model, metrics)| format!("{model} has {}", scores(metrics))).collect::<Vec<_>>().join(", ")
}

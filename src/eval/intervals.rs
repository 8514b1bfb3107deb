//! The confidence intervals of a run. The cases are drawn once, for all scores and classes and for every form of
//! output.

use super::convention::Average;
use super::score::Score;
use super::summary::Summary;
use crate::metric::{Bootstrap, Interval};

/// Below so many cases an interval of 95 % is still a little too narrow, which is told beside it.
pub(crate) const FEW_CASES: usize = 20;

/// The intervals of a score.
#[derive(Debug, Clone)]
pub(super) struct Intervals {
    /// Of the mean over the cases of each class.
    pub classes: Vec<Option<Interval>>,
    /// Of the mean of the cases' means.
    pub cases: Option<Interval>,
    /// Of the one number for the whole run.
    pub mean: Option<Interval>,
}

impl Intervals {
    pub fn of(summary: &Summary<'_>, score: Score, bootstrap: Bootstrap) -> Self {
        let foreground: Vec<usize> = summary.evaluation.foreground().collect();
        let columns: Vec<Vec<f64>> = foreground.iter().map(|&class| summary.scores_of_class(score, class)).collect();
        let found = bootstrap.intervals(&columns);
        let mut own = foreground.into_iter().zip(found.of_class).peekable();
        let classes =
            (0..summary.evaluation.classes.len()).map(|class| match own.next_if(|(place, _)| *place == class) {
                Some((_, interval)) => interval,
                // The background is in no mean.
                None => bootstrap.interval(&summary.scores_of_class(score, class)),
            });
        let classes = classes.collect();
        let cases = bootstrap.interval(&summary.case_means(score));
        let mean = match summary.scoring.average {
            Average::ClassesOfCases => found.of_mean,
            Average::CasesOfClasses => cases,
        };
        Self { classes, cases, mean }
    }
}

//! The confidence intervals of a run. The cases are drawn once, for all scores and classes and for every form of
//! output.

use super::convention::Average;
use crate::metric::{Bootstrap, Interval};

/// With fewer cases than this, a 95 % interval is still a little too narrow. Reports say so beside it.
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
    /// Of the values of each class, case by case, and of the mean of each case. `foreground` are the classes that are in
    /// the mean of all.
    pub fn of(
        columns: &[Vec<f64>],
        foreground: &[usize],
        case_means: &[f64],
        average: Average,
        bootstrap: Bootstrap,
    ) -> Self {
        let in_mean: Vec<Vec<f64>> = foreground.iter().filter_map(|&class| columns.get(class).cloned()).collect();
        let found = bootstrap.intervals(&in_mean);
        let mut own = foreground.iter().zip(found.of_class).peekable();
        let classes =
            columns.iter().enumerate().map(|(class, values)| match own.next_if(|(place, _)| **place == class) {
                Some((_, interval)) => interval,
                // The background is in no mean.
                None => bootstrap.interval(values),
            });
        let classes = classes.collect();
        let cases = bootstrap.interval(case_means);
        let mean = match average {
            Average::ClassesOfCases => found.of_mean,
            Average::CasesOfClasses => cases,
        };
        Self { classes, cases, mean }
    }
}

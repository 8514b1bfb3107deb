//! The worst cases, and the worst classes of cases: a case may be bad on the whole without a class that is worst of all.

use super::cell;
use crate::eval::Summary;
use crate::report::grid::{Align, Grid, Tone};

/// So many of each. A case of one class is in one list only.
pub(super) fn lists(summary: &Summary<'_>, most: usize) -> Vec<Grid> {
    let score = summary.ranking();
    let title = summary.title(score);
    let name = |case: usize| summary.evaluation.cases.get(case).map_or("", |case| &case.name).to_owned();
    let mut lists = Vec::new();
    let cases = summary.worst_cases(score, most);
    if summary.evaluation.cases.len() < 2 {
        return lists;
    }
    if !cases.is_empty() && summary.evaluation.foreground().count() > 1 {
        let mean = format!("mean {title}");
        let mut grid = Grid::new(&[("worst cases", Align::Left), (&mean, Align::Right)]);
        for (case, value) in cases {
            grid.row([(name(case), Tone::Plain), cell(score, value)]);
        }
        lists.push(grid);
    }
    let classes = summary.worst(score, most);
    if !classes.is_empty() {
        let heading = if lists.is_empty() { "worst cases" } else { "worst classes" };
        let mut grid = Grid::new(&[(heading, Align::Left), ("label", Align::Left), (&title, Align::Right)]);
        for (case, class, value) in classes {
            let class = summary.evaluation.classes.get(class).map_or("", |class| class.display()).to_owned();
            grid.row([(name(case), Tone::Plain), (class, Tone::Plain), cell(score, value)]);
        }
        lists.push(grid);
    }
    lists
}

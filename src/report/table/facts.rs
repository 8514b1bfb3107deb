//! What stands below the tables: how they are meant, and what was wrong.

use super::LOW;
use crate::Empty;
use crate::eval::{CaseResult, Class, FEW_CASES, MissingRule, Score, Summary, Unpaired};
use crate::metric::{Metric, TruthEmpty, Unit};
use crate::report::grid::shows_colour;
use crate::report::phrases::{CHARGING, counted_on, empty_rule, lesion_definition, surface_definition, uncharged};
use crate::stats::Counts;
use crate::text::wrapped;

/// Unpaired and failed cases that are named.
const NAMED: usize = 10;

/// Scores whose tables are easily looked through.
const MANY_SCORES: usize = 6;

/// Below a pair, of whose classes the lowest ones are marked.
pub(super) fn of_pair(summary: &Summary<'_>, lowest: usize, has_red: bool) -> String {
    let first = summary.scoring.scores.first().copied().unwrap_or(Score::DICE);
    let means = summary.class_means(first);
    let undefined = means.iter().filter(|mean| mean.is_nan()).count();
    let background = if means.len() < summary.evaluation.classes.len() { ", label 0 left out" } else { "" };
    let rule = rule(summary).map_or(String::new(), |rule| format!("; {rule}"));
    let mut lines =
        vec![format!("mean of {} defined, {undefined} undefined{background}{rule}", means.len() - undefined)];
    lines.extend(definitions(summary));
    if lowest > 0 {
        lines.push(format!("* the {lowest} lowest {}", summary.title(summary.ranking())));
    }
    lines.extend(red(has_red));
    lines.push(counted_on(summary));
    format!("\n{}", lines.iter().map(|line| said(line)).collect::<String>())
}

/// Below a cohort, whose tables lack some columns.
pub(super) fn of_cohort(summary: &Summary<'_>, has_red: bool, without: &[&str]) -> String {
    let evaluation = summary.evaluation;
    let shard = evaluation.provenance.shard.map_or(String::new(), |shard| format!(", shard {shard}"));
    let one = evaluation.all_cases() == 1;
    let mut lines = vec![format!(
        "{} {}{shard}; means over defined values, {}",
        evaluation.cases_of_all(),
        if one { "case" } else { "cases" },
        summary.scoring.average.in_words()
    )];
    let spread = ["sd", "min", "median", "max"].into_iter().filter(|name| !without.contains(name)).collect::<Vec<_>>();
    if !spread.is_empty() {
        lines.push(format!("last row: {} of the means of the cases", spread.join(", ")));
    }
    lines.extend(rule(summary));
    lines.extend(definitions(summary));
    lines.extend(narrow_intervals(summary));
    lines.extend(red(has_red));
    let rule = match evaluation.provenance.missing {
        MissingRule::Error => "",
        MissingRule::Skip => ", left out",
        MissingRule::Zero => ", counted as empty",
    };
    let names = |list: &[Unpaired]| list.iter().map(|lone| lone.case.clone()).collect::<Vec<_>>();
    let mut listed = |one: &str, many: &str, after: &str, cases: &[String]| {
        if !cases.is_empty() {
            let what = if cases.len() == 1 { one } else { many };
            lines.push(format!("{} {what}{after}: {}", cases.len(), first(cases)));
        }
    };
    listed("missing prediction", "missing predictions", rule, &names(&evaluation.missing));
    listed("prediction without a truth", "predictions without a truth", ", left out", &names(&evaluation.extra));
    let failed: Vec<String> = evaluation.failures.iter().map(|failure| failure.case.clone()).collect();
    listed("case", "cases", " could not be evaluated (see above)", &failed);
    lines.push(counted_on(summary));
    if !without.is_empty() {
        lines.push(format!("no room here for {}: --format json has them", without.join(", ")));
    }
    if summary.scoring.scores.len() > MANY_SCORES {
        lines.push("all scores in one table: --format markdown".into());
    }
    lines.iter().map(|line| said(line)).collect()
}

fn said(line: &str) -> String {
    format!("{}\n", wrapped(line, 2))
}

/// What empty classes score, where that matters: there is one that is undefined, or the rule is not the usual one.
fn rule(summary: &Summary<'_>) -> Option<String> {
    let scoring = &summary.scoring;
    let usual = scoring.empty.both == Empty::Nan && scoring.convention.is_none();
    let is_empty = |case: &CaseResult, row: &(Class, Counts)| {
        let undefined = |score: &Score| summary.score(*score, case, row).is_nan();
        row.1.n_truth() == 0 && row.1.n_pred() == 0 && scoring.scores.iter().any(undefined)
    };
    let any = || summary.evaluation.cases.iter().any(|case| case.counts.iter().any(|row| is_empty(case, row)));
    (!usual || any()).then(|| empty_rule(summary))
}

/// Which scores are undefined for another reason than [`empty_rule`] and [`uncharged`] tell: a file has the class.
fn undefined_elsewhere(summary: &Summary<'_>) -> Option<String> {
    let is_undefined = |score: Score, case: &CaseResult, row: &(Class, Counts)| {
        let (in_truth, in_pred) = (row.1.n_truth() > 0, row.1.n_pred() > 0);
        let is_told = match score.metric {
            Metric::Surface(_) => in_truth != in_pred && score.metric.row().unit == Unit::Mm,
            _ => !in_truth && summary.scoring.empty.truth == TruthEmpty::Nan,
        };
        (in_truth || in_pred) && !is_told && summary.score(score, case, row).is_nan()
    };
    let any = |&score: &Score| {
        summary.evaluation.cases.iter().any(|case| case.counts.iter().any(|row| is_undefined(score, case, row)))
    };
    let scores: Vec<String> =
        summary.scoring.scores.iter().copied().filter(any).map(|score| summary.title(score)).collect();
    let are = if scores.len() == 1 { "is" } else { "are" };
    let said = format!(
        "{} {are} undefined (-) also where a file has the label; eval --metrics help and the definitions here say when",
        scores.join(", ")
    );
    (!scores.is_empty()).then_some(said)
}

fn definitions(summary: &Summary<'_>) -> Vec<String> {
    let surfaces = surface_definition(summary).map(|definition| format!("surfaces: {definition}"));
    let lesions = lesion_definition(summary).map(|definition| format!("lesions: {definition}"));
    let uncharged = uncharged(summary).map(|fact| format!("{fact}; {CHARGING}"));
    surfaces.into_iter().chain(uncharged).chain(undefined_elsewhere(summary)).chain(lesions).collect()
}

/// That intervals of few cases are too narrow. Of up to four values the interval is their range, which holds the middle of
/// what they are drawn from unless all lie on one side of it.
fn narrow_intervals(summary: &Summary<'_>) -> Option<String> {
    if !summary.has_narrow_intervals() {
        return None;
    }
    let classes = 0..summary.evaluation.classes.len();
    let sizes = summary.scoring.scores.iter().flat_map(|&score| {
        let of_classes = classes.clone().map(move |class| summary.distribution(score, class).defined);
        of_classes.chain([summary.over_cases(score).defined])
    });
    let begin = format!("with fewer than {FEW_CASES} cases the intervals are");
    let holds = |n: usize| match n {
        2 => Some(50),
        3 => Some(75),
        4 => Some(88),
        _ => None,
    };
    let fewest = sizes.filter(|n| *n > 1).min();
    Some(match fewest.and_then(|n| Some((n, holds(n)?))) {
        Some((n, times)) => format!(
            "{begin} too narrow: of {n} values one is their range, which holds the true mean about {times} times in 100, not 95"
        ),
        None => format!("{begin} still a little too narrow"),
    })
}

/// What is red, where anything is.
fn red(has_red: bool) -> Option<String> {
    (has_red && shows_colour()).then(|| format!("red: below {LOW}"))
}

/// The first names of a list.
fn first(names: &[String]) -> String {
    let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
    format!("{}{more}", names[..names.len().min(NAMED)].join(", "))
}

//! Numbers and choices of a comparison in words, the same in all its forms.

use crate::eval::models::{Comparison, UndefinedRule};
use crate::metric::Interval;
use crate::metric::compare::{Adjust, Better, IntervalKind, Method, ScoreTable, Test, Tested, Verdict, Zeros};
use crate::report::phrases::level_of;
use crate::text::{self, grouped};
use std::collections::BTreeSet;

/// The default number of decimals.
pub(in crate::report) const DIGITS: usize = 4;

/// A score; `-` where it is undefined.
pub(in crate::report) fn number(value: f64, digits: usize) -> String {
    text::decimals(value, digits)
}

/// A difference, with its sign.
pub(in crate::report) fn signed(value: f64, digits: usize) -> String {
    match unsigned_zero(format!("{value:.digits$}")) {
        _ if value.is_nan() => "-".into(),
        text if text.starts_with('-') || value <= 0.0 => text,
        text => format!("+{text}"),
    }
}

fn unsigned_zero(text: String) -> String {
    let is_zero = text.starts_with('-') && text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    if is_zero { text[1..].to_owned() } else { text }
}

/// An interval in brackets.
pub(in crate::report) fn interval(found: Option<Interval>, digits: usize) -> String {
    found.map_or("-".into(), |found| format!("[{}, {}]", number(found.low, digits), number(found.high, digits)))
}

pub(in crate::report) fn signed_interval(found: Option<Interval>, digits: usize) -> String {
    found.map_or("-".into(), |found| format!("[{}, {}]", signed(found.low, digits), signed(found.high, digits)))
}

/// A p value with four decimals. Forms for programs have all digits of it.
pub(in crate::report) fn p_value(p: f64) -> String {
    match p {
        p if p.is_nan() => "-".into(),
        p if p < 1e-4 => "<0.0001".into(),
        p => format!("{p:.4}"),
    }
}

pub(in crate::report) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::Equivalent => "equivalent",
        Verdict::NotWorse => "not worse",
        Verdict::Undecided => "undecided",
    }
}

/// Whose adjustment it is, for people.
pub(super) fn adjust(how: Adjust) -> &'static str {
    match how {
        Adjust::Holm => "Holm",
        Adjust::BenjaminiHochberg => "Benjamini-Hochberg",
        Adjust::Bonferroni => "Bonferroni",
        Adjust::None => "none",
    }
}

pub(super) fn method(tested: Tested) -> Option<&'static str> {
    match tested {
        Tested::SignedRank(method) | Tested::SignFlip(method) => Some(match method {
            Method::Exact => "exact",
            Method::Asymptotic => "asymptotic",
            Method::MonteCarlo { .. } => "monte carlo",
        }),
        Tested::T => Some("t"),
        Tested::Nothing => None,
    }
}

pub(super) fn better(better: Better) -> &'static str {
    match better {
        Better::Higher => "higher",
        Better::Lower => "lower",
    }
}

/// The confidence of the intervals, such as `95% CI`.
pub(in crate::report) fn level(found: &Comparison) -> String {
    level_of(found.options.level())
}

/// The names of both models.
pub(in crate::report) fn names(found: &Comparison, [a, b]: [usize; 2]) -> [&str; 2] {
    [a, b].map(|model| found.models.get(model).map_or("", |model| model.name.as_str()))
}

/// A table by its metric and class.
pub(in crate::report) fn of_table(found: &Comparison, table: &ScoreTable) -> String {
    match found.classes.len() {
        1 => found.title(&table.metric),
        _ => format!("{} of {}", found.title(&table.metric), found.class_in_words(table)),
    }
}

pub(super) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n as u64), if n == 1 { one } else { many })
}

/// What was done, for the section on methods of a paper.
pub(super) fn method_sentence(found: &Comparison) -> String {
    let options = &found.options;
    let mut parts: Vec<String> = Vec::new();
    let ns: BTreeSet<usize> = found.found.iter().flat_map(|found| found.pairs.iter().map(|pair| pair.n)).collect();
    let cases = match (ns.first(), ns.last()) {
        (Some(least), Some(most)) if least != most => format!("{least} to {most} cases"),
        (Some(n), _) => counted(*n, "case", "cases"),
        _ => "no case".into(),
    };
    let groups = found.groups.map_or(String::new(), |groups| format!(" in {}", counted(groups, "group", "groups")));
    let undefined = match found.choices.undefined {
        UndefinedRule::Drop => "where all models have a score".to_owned(),
        UndefinedRule::Pairwise => "where both models have a score".into(),
        UndefinedRule::Zero => format!("undefined scores taken as 0{}", where_more_is_better(found)),
        UndefinedRule::One => format!(
            "undefined scores taken as 1{}, but not where the class is known to be there",
            where_more_is_better(found)
        ),
        UndefinedRule::Last => "where all models have a score, undefined ones last in ranks".into(),
    };
    parts.push(format!("paired over {cases}{groups}, {undefined}"));
    if found.classes.len() > 1 {
        // `eval` has it the other way round, so that its number is another one where scores are undefined.
        parts.push("mean: of each case over its classes, then over cases".into());
    }
    let units = if found.groups.is_some() { "groups" } else { "cases" };
    match (options.interval, options.bootstrap) {
        (IntervalKind::T, _) => parts.push(format!("{} by Student's distribution", level(found))),
        (kind, Some(bootstrap)) => parts.push(format!(
            "{} of {} resamples of {units}, {}, seed {}",
            level(found),
            grouped(bootstrap.resamples() as u64),
            match kind {
                IntervalKind::Expanded => "expanded percentiles",
                IntervalKind::Bca => "bias-corrected and accelerated percentiles (BCa)",
                IntervalKind::Percentile | IntervalKind::T => "percentiles",
            },
            bootstrap.seed()
        )),
        _ => parts.push("no intervals".into()),
    }
    if options.test != Test::None {
        parts.push(format!("{}, two-sided", test_in_words(found)));
        let families: BTreeSet<usize> =
            found.found.iter().flat_map(|found| found.pairs.iter().map(|pair| pair.family)).collect();
        let sizes: Vec<String> = families.iter().filter(|&&size| size > 0).map(usize::to_string).collect();
        let tests = if sizes == ["1"] { "test" } else { "tests" };
        parts.push(match options.adjust {
            Adjust::None => "p not adjusted for the number of tests".into(),
            how if sizes.is_empty() => format!("p adjusted by {}", adjust(how)),
            how => format!("p adjusted by {} over {} {tests}", adjust(how), sizes.join(" and ")),
        });
    }
    let text = parts.join("; ");
    let text = text.replacen("paired", "Paired", 1);
    format!(
        "{text}. Cases vary, trainings do not: seeds and folds of training are not in these numbers. voxdice {}.",
        env!("CARGO_PKG_VERSION")
    )
}

/// Of what undefined scores are taken as a number, where that is not all.
fn where_more_is_better(found: &Comparison) -> &'static str {
    let all = found.metrics.iter().all(|(_, better)| *better == Better::Higher);
    if all { "" } else { " where more is better and dropped elsewhere" }
}

/// What columns about the stability of an order are, where there are such columns.
pub(super) fn legend(found: &Comparison) -> Option<&'static str> {
    let resampled = found.found.iter().filter_map(|row| row.ranking.as_ref()).any(|own| own.stability.is_some());
    resampled.then_some("first in: share of resamples; ranks: of 95 % of them")
}

fn test_in_words(found: &Comparison) -> String {
    let tested = found.found.iter().flat_map(|found| &found.pairs).filter(|pair| pair.n > 0);
    let how: BTreeSet<&str> = tested.filter_map(|pair| method(pair.tested)).collect();
    let how: Vec<&str> = how.into_iter().collect();
    match found.options.test {
        Test::Wilcoxon(zeros) => format!(
            "Wilcoxon's signed-rank test{}, {}",
            if how.is_empty() { String::new() } else { format!(" ({})", how.join(" and ")) },
            match zeros {
                Zeros::Drop => "zeros dropped",
                Zeros::Pratt => "zeros by Pratt",
                Zeros::Split => "zeros split",
            }
        ),
        Test::SignFlip { .. } if how.is_empty() => "sign-flip test of the mean".into(),
        Test::SignFlip { draws } => match how.contains(&"monte carlo") {
            true => format!("sign-flip test of the mean ({}, {} draws)", how.join(" and "), grouped(draws.into())),
            false => "sign-flip test of the mean (exact)".into(),
        },
        Test::T => "paired t test".into(),
        Test::None => "no test".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_have_a_sign_and_zero_has_none() {
        let texts = [0.0072, -0.0072, 0.0, -0.0, -0.00001, 0.00001, f64::NAN].map(|value| signed(value, 4));
        assert_eq!(texts, ["+0.0072", "-0.0072", "0.0000", "0.0000", "0.0000", "+0.0000", "-"]);
        assert_eq!([0.05, 0.00005, 1.0, f64::NAN].map(p_value), ["0.0500", "<0.0001", "1.0000", "-"]);
        assert_eq!([0.0, 1e-9, -1e-9].map(|value| number(value, 2)), ["0.00", "<0.01", ">-0.01"]);
    }
}

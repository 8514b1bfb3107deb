//! What a reader of a comparison should know before believing it.

use super::phrases::{counted, names, number, of_table, p_value, signed};
use crate::eval::models::{Comparison, Contender, UndefinedRule};
use crate::eval::{FEW_CASES, MissingRule};
use crate::metric::compare::{Adjust, Better, Compared, IntervalKind, Method, Pair, ScoreTable, Tested, Verdict};
use crate::text::listed;
use std::collections::BTreeMap;

/// Sentences of one kind that are listed.
const ALIKE: usize = 3;

/// From this many models on the first place is partly luck.
const MANY_MODELS: usize = 10;

/// Below this, a difference of shares is hardly seen.
const TINY: f64 = 0.005;

/// All notes, the gravest first.
pub(super) fn notes(found: &Comparison) -> Vec<String> {
    let mut all = Vec::new();
    all.extend(missing(found));
    all.extend(undefined(found));
    let each = |note: &dyn Fn(&Comparison, &ScoreTable, &Compared, &Pair) -> Option<String>| -> Vec<String> {
        let pairs = found.rows().flat_map(|(table, row)| row.pairs.iter().map(move |pair| (table, row, pair)));
        let said: Vec<String> = pairs.filter_map(|(table, row, pair)| note(found, table, row, pair)).collect();
        let more = said.len().saturating_sub(ALIKE);
        let mut first: Vec<String> = said.into_iter().take(ALIKE).collect();
        let alike = if more == 1 { "comparison is" } else { "comparisons are" };
        first.extend((more > 0).then(|| format!("{more} more {alike} like this")));
        first
    };
    all.extend(each(&signs_differ));
    all.extend(each(&tiny));
    all.extend(too_few(found));
    all.extend(first_place(found));
    all.extend(of_the_whole(found));
    all
}

fn missing(found: &Comparison) -> Vec<String> {
    let rule = match found.choices.missing {
        MissingRule::Zero => "they count as empty: 0 where more is better and the truth has the class",
        _ => "they are left out for all models",
    };
    let of = |what: String, model: &Contender, list: &[String]| {
        (!list.is_empty()).then(|| format!("{what} of {} without a result: {}; {rule}", model.name, listed(list)))
    };
    let of_model = |model: &Contender| {
        let rows = model.rows_missing();
        [
            of(counted(model.missing.len(), "case", "cases"), model, &model.missing),
            of(counted(rows.len(), "row", "rows"), model, &rows),
        ]
    };
    found.models.iter().flat_map(of_model).flatten().collect()
}

/// Scores that some models have and others do not: dropping such cases rewards models with false positives or false
/// negatives.
fn undefined(found: &Comparison) -> Vec<String> {
    let mut said = Vec::new();
    for (table, row) in found.rows().filter(|(table, _)| !table.is_mean) {
        let counts: Vec<String> = found
            .models
            .iter()
            .zip(&row.models)
            .filter(|(_, own)| own.undefined > 0)
            .map(|(model, own)| format!("{} {}", model.name, own.undefined))
            .collect();
        if row.complete == 0 {
            said.push(format!("no case has a score of all models for {}", of_table(found, table)));
        }
        said.extend(undefined_everywhere(found, table, row));
        said.extend(infinite(found, table));
        if row.asymmetric.is_empty() {
            continue;
        }
        let cases: Vec<String> = row
            .asymmetric
            .iter()
            .map(|&case| {
                let without = (0..found.models.len()).filter(|&model| !table.scores[model][case].is_finite());
                let who: Vec<&str> = without.map(|model| found.models[model].name.as_str()).collect();
                format!("{} ({})", found.cases[case], who.join(", "))
            })
            .collect();
        let dropped = match found.choices.undefined {
            UndefinedRule::Pairwise => "count for the others alone",
            UndefinedRule::Last => "are dropped, but for ranks",
            _ if cases.len() == 1 => "is dropped",
            _ => "are dropped",
        };
        let n = counted(cases.len(), "case", "cases");
        let ones = row.pairs.iter().find_map(|pair| {
            let [a, b] = names(found, [pair.a, pair.b]);
            let ones = pair.mean_with_ones?;
            Some(format!(
                "; if undefined scores counted 1, {a} - {b} would be {} and not {}",
                signed(ones, 4),
                signed(pair.mean, 4)
            ))
        });
        let lower = (table.better == Better::Lower)
            .then_some("; to drop a distance because something was missed rewards who missed it");
        said.push(format!(
            "{}: {n} undefined in some models only {dropped}: {} (undefined: {}){}{}",
            of_table(found, table),
            listed(&cases),
            counts.join(", "),
            ones.unwrap_or_default(),
            lower.unwrap_or_default()
        ));
    }
    said
}

/// Cases that no model has a score for.
fn undefined_everywhere(found: &Comparison, table: &ScoreTable, row: &Compared) -> Option<String> {
    let has_none = |&case: &usize| table.scores.iter().all(|scores| !scores[case].is_finite());
    let cases: Vec<String> = (0..row.cases).filter(has_none).map(|case| found.cases[case].clone()).collect();
    (!cases.is_empty() && row.complete > 0).then(|| {
        let n = counted(cases.len(), "case", "cases");
        format!("{}: {n} without a score that counts of any model: {}", of_table(found, table), listed(&cases))
    })
}

/// Scores that are no number to add up.
fn infinite(found: &Comparison, table: &ScoreTable) -> Option<String> {
    let of_model = |(model, scores): (&Contender, &Vec<f64>)| {
        let n = scores.iter().filter(|score| score.is_infinite()).count();
        (n > 0).then(|| format!("{} {n}", model.name))
    };
    let counts: Vec<String> = found.models.iter().zip(&table.scores).filter_map(of_model).collect();
    (!counts.is_empty())
        .then(|| format!("{}: infinite scores are taken as undefined: {}", of_table(found, table), counts.join(", ")))
}

/// The signed-rank test is not about means: many small wins and one failure.
fn signs_differ(found: &Comparison, table: &ScoreTable, _: &Compared, pair: &Pair) -> Option<String> {
    let [a, b] = names(found, [pair.a, pair.b]);
    let by_mean = table.better.gain(pair.mean) > 0.0;
    let [mean, ranks] = if by_mean { [a, b] } else { [b, a] };
    pair.signs_differ.then(|| {
        format!(
            "{}, {a} - {b}: the mean is for {mean} and the ranks are for {ranks}: few large differences against many small \
             ones; a test of the mean (signs flipped) has p {}",
            of_table(found, table),
            p_value(pair.p_of_mean.unwrap_or(f64::NAN))
        )
    })
}

/// With many cases a difference too small to see is significant.
fn tiny(found: &Comparison, table: &ScoreTable, row: &Compared, pair: &Pair) -> Option<String> {
    let shares = row.models.iter().all(|model| model.mean.abs() <= 1.0) && table.better == Better::Higher;
    let decided = matches!(pair.verdict, Verdict::Better | Verdict::Worse);
    let [a, b] = names(found, [pair.a, pair.b]);
    (shares && decided && found.options.margin.is_none() && pair.mean.abs() < TINY).then(|| {
        format!(
            "{}, {a} - {b}: {} is significant and small; a margin says which differences matter",
            of_table(found, table),
            signed(pair.mean, 4)
        )
    })
}

/// Tests that cannot find anything for any scores.
fn too_few(found: &Comparison) -> Vec<String> {
    let alpha = found.options.alpha;
    let pairs = || found.found.iter().flat_map(|row| &row.pairs).filter(|pair| pair.n > 0 && pair.ranks.nonzero > 0);
    // The other ways do not multiply the smallest p by the number of tests.
    let multiplies = matches!(found.options.adjust, Adjust::Holm | Adjust::Bonferroni);
    let tests = |pair: &&Pair| if multiplies { pair.family.max(1) as f64 } else { 1.0 };
    let mut said = Vec::new();
    let exact =
        |pair: &&Pair| matches!(pair.tested, Tested::SignedRank(Method::Exact) | Tested::SignFlip(Method::Exact));
    let hopeless = pairs().filter(exact).filter(|pair| pair.least_p > alpha).max_by_key(|pair| pair.ranks.nonzero);
    let adjusted = pairs().filter(exact).filter(|pair| pair.least_p <= alpha && pair.least_p * tests(pair) > alpha);
    if let Some(pair) = hopeless {
        said.push(format!(
            "{} cannot reach {alpha}: the smallest p is {}",
            counted(pair.ranks.nonzero, "case that differs", "cases that differ"),
            p_value(pair.least_p)
        ));
    }
    if let Some(pair) = adjusted.max_by_key(|pair| pair.ranks.nonzero) {
        said.push(format!(
            "{} cannot reach {alpha} among {} tests: the smallest p is {}, adjusted {}",
            counted(pair.ranks.nonzero, "case that differs", "cases that differ"),
            pair.family,
            p_value(pair.least_p),
            p_value((pair.least_p * tests(&pair)).min(1.0))
        ));
    }
    let drawn = |pair: &&Pair| matches!(pair.tested, Tested::SignFlip(Method::MonteCarlo { .. }));
    if let Some(pair) = pairs().filter(drawn).find(|pair| pair.least_p * tests(pair) > alpha) {
        let adjusted = if tests(&pair) > 1.0 { format!("adjusted for {} tests ", pair.family) } else { String::new() };
        said.push(format!("drawn signs give no p below {:.6}, which {adjusted}is above {alpha}", pair.least_p));
    }
    said
}

/// How sure the first place is.
fn first_place(found: &Comparison) -> Vec<String> {
    let mut said = Vec::new();
    let overall = found.rows().filter(|(table, _)| table.is_mean || found.classes.len() == 1);
    for (table, row) in overall {
        let Some(ranking) = &row.ranking else { continue };
        let name = |&model: &usize| found.models[model].name.as_str();
        for left in ranking.left_out.iter().take(ALIKE) {
            let first: Vec<&str> = left.first.iter().map(name).collect();
            said.push(format!(
                "{}: without {} the best mean is that of {}",
                of_table(found, table),
                found.cases[left.case],
                first.join(", ")
            ));
        }
        let more = ranking.left_out.len().saturating_sub(ALIKE);
        if more > 0 {
            said.push(format!(
                "{}: the same holds for {}",
                of_table(found, table),
                counted(more, "more case", "more cases")
            ));
        }
        let unlike: Vec<String> = ranking
            .agreement
            .iter()
            .filter_map(|(one, other, tau)| Some((one, other, (*tau)?)))
            .filter(|(.., tau)| *tau < 1.0 && found.models.len() > 2)
            .map(|(one, other, tau)| format!("{} and {} {}", one.name(), other.name(), number(tau, 2)))
            .collect();
        if !unlike.is_empty() {
            said.push(format!("{}: rankings differ (Kendall's tau: {})", of_table(found, table), unlike.join(", ")));
        }
    }
    said
}

fn of_the_whole(found: &Comparison) -> Vec<String> {
    let mut said = Vec::new();
    for (a, b) in same_scores(found) {
        said.push(format!("{a} and {b} have the same scores everywhere: is one of them there twice?"));
    }
    if let Some([one, other]) = found.same_fact() {
        said.push(format!(
            "{} and {} order the cases alike: they are one fact, and not two",
            found.title(one),
            found.title(other)
        ));
    }
    if let Some([one, other]) = &found.alike {
        said.push(format!(
            "{one} and {other} may be of one patient; if cases belong together, group them: cases that are alike make \
             intervals and p too small"
        ));
    }
    if found.groups == Some(1) && found.cases.len() > 1 {
        said.push(format!(
            "all {} cases are in one group, which leaves nothing to draw or to test: group them by patient, such as with \
             '^(patient_[0-9]+)'",
            found.cases.len()
        ));
    } else if found.groups.is_some() {
        said.push(
            "means are over cases; ranks and t are of the means of groups, in which each group counts alike, and signs are \
             flipped by group"
                .into(),
        );
    }
    let units = found.found.iter().flat_map(|row| &row.pairs).filter(|pair| pair.interval.is_some());
    let least = units.map(|pair| pair.groups.unwrap_or(pair.n)).min();
    if let Some(narrow) = least.filter(|&least| least < FEW_CASES).and(narrow(found.options.interval)) {
        said.push(format!("with fewer than {FEW_CASES} cases {narrow}"));
    }
    if found.models.len() > MANY_MODELS {
        said.push(format!(
            "the best of {} models on these cases is partly the luckiest: confirm it on others",
            found.models.len()
        ));
    }
    for (class, who) in found.left_out.iter().take(ALIKE) {
        said.push(format!("{class} is in the results of {} only, and left out", listed(who)));
    }
    if !found.undirected.is_empty() {
        said.push(format!("not compared, as it is not known which way they are better: {}", listed(&found.undirected)));
    }
    said
}

/// How much too narrow intervals of few cases are; Student's are not.
fn narrow(kind: IntervalKind) -> Option<&'static str> {
    match kind {
        IntervalKind::Expanded => Some("the intervals are still a little too narrow"),
        IntervalKind::Percentile | IntervalKind::Bca => {
            Some("intervals by percentiles are too narrow; expanded ones or Student's are wider")
        }
        IntervalKind::T => None,
    }
}

/// Models that agree in every score.
fn same_scores(found: &Comparison) -> Vec<(&str, &str)> {
    let mut same: BTreeMap<[usize; 2], bool> = BTreeMap::new();
    for row in &found.found {
        for pair in row.pairs.iter().filter(|pair| pair.n > 0) {
            *same.entry([pair.a, pair.b]).or_insert(true) &= pair.record.ties == pair.n;
        }
    }
    let all = same.into_iter().filter(|(_, same)| *same);
    all.map(|(pair, _)| names(found, pair)).map(|[a, b]| (a, b)).collect()
}

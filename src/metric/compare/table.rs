//! Tables of scores, models by cases, and what a comparison of them finds.

use super::Better;
use super::adjust::adjusted;
use super::difference::{group_means, median, tau};
use super::ends::Ends;
use super::friedman::{Friedman, friedman};
use super::observed::Observed;
use super::options::{CompareOptions, Family, IntervalKind, RankBy, Undefined};
use super::pair::{Pair, Resampled};
use super::parallel;
use super::rank::ranks_within;
use super::ranking::Ranking;
use super::scores::{ScoreTable, count_units};
use super::stability::stability;
use super::student::student_interval;
use crate::error::Result;
use crate::metric::wrong::wrong;
use crate::metric::{Distribution, Interval, mean_of_all, mean_of_defined};
use std::collections::BTreeMap;

/// How one model does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelScores {
    /// Cases with a score.
    pub defined: usize,
    /// Cases without.
    pub undefined: usize,
    /// The mean over the cases that all models have a score for.
    pub mean: f64,
    /// Their median.
    pub median: f64,
    /// Their standard deviation, with n − 1.
    pub sd: f64,
    /// The interval of the mean.
    pub interval: Option<Interval>,
    /// The mean over the model's own cases, whose set may differ from that of another model.
    pub mean_of_defined: f64,
}

/// What a table shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Cases there are.
    pub cases: usize,
    /// Those that all models have a score for.
    pub complete: usize,
    /// Groups of cases among these, where cases are grouped.
    pub groups: Option<usize>,
    /// Cases that some models have a score for, and others not.
    pub asymmetric: Vec<usize>,
    /// Model by model.
    pub models: Vec<ModelScores>,
    /// Each model with each, or with the one that was named.
    pub pairs: Vec<Pair>,
    /// The order of the models; None without a complete case.
    pub ranking: Option<Ranking>,
    /// Whether any of three or more models differs.
    pub friedman: Option<Friedman>,
}

impl Compared {
    /// Takes cases that lack a result in some model, and are left out for that, from what is counted as undefined.
    #[cfg(feature = "eval")]
    pub(crate) fn leave_out(&mut self, table: &ScoreTable, cases: &[usize]) {
        if !cases.is_empty() {
            self.models.iter_mut().for_each(|own| own.undefined = own.undefined.saturating_sub(cases.len()));
            self.pairs.iter_mut().for_each(|pair| pair.leave_out(table, cases));
        }
    }
}

/// Compares models by every table. All tables share their cases and one stream of resamples. `groups` holds the number
/// of each case's group where several cases are of one patient: then groups are drawn and flipped whole, and tests of
/// ranks are of the means of groups.
///
/// ```
/// use voxdice::metric::compare::{Better, CompareOptions, ScoreTable, compare};
/// let table = ScoreTable {
///     metric: "dice".into(),
///     class: "liver".into(),
///     is_mean: false,
///     better: Better::Higher,
///     scores: vec![vec![0.95, 0.93, 0.91, 0.97, 0.9], vec![0.94, 0.91, 0.9, 0.93, 0.88]],
/// };
/// let found = compare(&[table], None, &CompareOptions::default())?;
/// let pair = &found[0].pairs[0];
/// assert!((pair.mean - 0.02).abs() < 1e-12 && pair.interval.unwrap().low > 0.0);
/// assert_eq!((pair.record.wins, pair.p.two_sided), (5, 0.0625));
/// # Ok::<(), voxdice::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) for fewer than two models, tables of unequal models or cases, and
/// choices outside of their range; for Student's intervals where groups have unequal numbers of cases, as the mean of
/// their means is not that of the cases.
pub fn compare(tables: &[ScoreTable], groups: Option<&[usize]>, options: &CompareOptions) -> Result<Vec<Compared>> {
    let Some(first) = tables.first() else { return Ok(Vec::new()) };
    let (models, cases) = (first.scores.len(), first.scores.first().map_or(0, Vec::len));
    options.check(models)?;
    for table in tables {
        if table.scores.len() != models {
            return Err(wrong("the number of models", table.scores.len(), format!("{models}, as of the first table")));
        }
        if let Some(row) = table.scores.iter().find(|row| row.len() != cases) {
            return Err(wrong("the number of cases", row.len(), format!("{cases}, as of the first model")));
        }
    }
    if let Some(groups) = groups.filter(|groups| groups.len() != cases) {
        return Err(wrong("the number of groups", groups.len(), format!("{cases}, one per case")));
    }
    if let (Some(groups), IntervalKind::T) = (groups, options.interval)
        && tables.iter().any(|table| is_unequal(table, groups, options))
    {
        return Err(wrong(UNEQUAL_GROUPS, "t", "an interval of resamples where groups have unequal numbers of cases"));
    }
    let mut found = Vec::new();
    let mut rest: Vec<Prepared<'_>> = Vec::new();
    // As many as share their draws, and few enough to need little memory.
    let at_once = options.bootstrap.map_or(usize::MAX, |bootstrap| bootstrap.columns_at_once());
    let mut held = 0;
    for table in tables {
        let next = Prepared::of(table, groups, options);
        if held + next.columns.len() > at_once {
            found.extend(batch(&rest, groups, options));
            rest.clear();
            held = 0;
        }
        held += next.columns.len();
        rest.push(next);
    }
    found.extend(batch(&rest, groups, options));
    adjust(tables, &mut found, options);
    for (table, found) in tables.iter().zip(&mut found) {
        if let Some(ranking) = &mut found.ranking {
            ranking.add_tests(&found.pairs, table.better, options);
        }
    }
    Ok(found)
}

/// The parameter that is refused where Student's interval, which is of the means of groups, would not be around the
/// mean of the cases.
pub(crate) const UNEQUAL_GROUPS: &str = "interval";

/// Whether the cases that count are in groups of unequal size: in all models, or in those of a pair.
fn is_unequal(table: &ScoreTable, groups: &[usize], options: &CompareOptions) -> bool {
    let unequal = |models: &[usize]| {
        let mut sizes = BTreeMap::<usize, usize>::new();
        for (case, group) in groups.iter().enumerate() {
            if models.iter().all(|&model| table.scores[model][case].is_finite()) {
                *sizes.entry(*group).or_default() += 1;
            }
        }
        let mut sizes = sizes.values();
        sizes.next().is_some_and(|first| sizes.any(|size| size != first))
    };
    let models = table.scores.len();
    unequal(&(0..models).collect::<Vec<_>>())
        || (options.undefined == Undefined::Pairwise && pairs_of(models, options).iter().any(|pair| unequal(pair)))
}

/// Each with each, or with the one that was named.
fn pairs_of(models: usize, options: &CompareOptions) -> Vec<[usize; 2]> {
    match options.against {
        Some(other) => (0..models).filter(|&model| model != other).map(|model| [model, other]).collect(),
        None => (0..models).flat_map(|a| (a + 1..models).map(move |b| [a, b])).collect(),
    }
}

/// A table and the columns of it that are resampled.
struct Prepared<'a> {
    table: &'a ScoreTable,
    /// Whether all models have a score for a case.
    complete: Vec<bool>,
    pairs: Vec<[usize; 2]>,
    /// Complete scores of each model; then, if they are asked for, ranks within cases; then differences of pairs that
    /// have more cases than are complete.
    columns: Vec<Vec<f64>>,
    /// The first column of differences, if there are any.
    differences: Option<usize>,
}

impl<'a> Prepared<'a> {
    fn of(table: &'a ScoreTable, groups: Option<&[usize]>, options: &CompareOptions) -> Self {
        let (models, cases) = (table.scores.len(), table.scores.first().map_or(0, Vec::len));
        let of_case = |case: usize| table.scores.iter().map(move |row| row[case]);
        let complete: Vec<bool> = (0..cases).map(|case| of_case(case).all(f64::is_finite)).collect();
        let only = |row: &Vec<f64>| -> Vec<f64> {
            row.iter().zip(&complete).map(|(&score, &is)| if is { score } else { f64::NAN }).collect()
        };
        let pairs = pairs_of(models, options);
        let mut columns: Vec<Vec<f64>> = Vec::new();
        let mut differences = None;
        if options.bootstrap.is_some() {
            columns.extend(table.scores.iter().map(only));
            if options.rank == RankBy::RankMean {
                columns.extend(rank_columns(table, &complete, options.undefined));
            }
            let is_more = |case: usize| !complete[case] && of_case(case).any(f64::is_finite);
            if options.undefined == Undefined::Pairwise && (0..cases).any(is_more) {
                differences = Some(columns.len());
                let of_pair = |&[a, b]: &[usize; 2]| {
                    let both = table.scores[a].iter().zip(&table.scores[b]);
                    both.map(|(a, b)| if a.is_finite() && b.is_finite() { a - b } else { f64::NAN }).collect()
                };
                columns.extend(pairs.iter().map(of_pair));
            }
        }
        debug_assert!(groups.is_none_or(|groups| groups.len() == cases));
        Self { table, complete, pairs, columns, differences }
    }
}

/// The ranks of every model within each case that counts, model by model.
fn rank_columns(table: &ScoreTable, complete: &[bool], undefined: Undefined) -> Vec<Vec<f64>> {
    let mut columns = vec![vec![f64::NAN; complete.len()]; table.scores.len()];
    for (case, &is_complete) in complete.iter().enumerate() {
        if is_complete || undefined == Undefined::Last {
            let scores: Vec<f64> = table.scores.iter().map(|row| row[case]).collect();
            let ranks = ranks_within(&scores, table.better);
            columns.iter_mut().zip(ranks).for_each(|(column, rank)| column[case] = rank);
        }
    }
    columns
}

/// Resamples all columns at once, and then works through the tables.
fn batch(tables: &[Prepared<'_>], groups: Option<&[usize]>, options: &CompareOptions) -> Vec<Compared> {
    let columns: Vec<&[f64]> = tables.iter().flat_map(|table| table.columns.iter().map(Vec::as_slice)).collect();
    let mut means: Vec<Vec<f64>> = Vec::with_capacity(columns.len());
    if let Some(bootstrap) = options.bootstrap {
        let cases = columns.first().map_or(0, |column| column.len());
        let each: Vec<usize> = (0..cases).collect();
        let groups = groups.unwrap_or(&each);
        bootstrap.resampled_means_of_groups(&columns, groups, |_, means_of| means.push(means_of.to_vec()));
    }
    let mut rest = &means[..];
    let mut work: Vec<(&Prepared<'_>, &[Vec<f64>])> = Vec::new();
    for table in tables {
        let (own, others) = rest.split_at(table.columns.len().min(rest.len()));
        work.push((table, own));
        rest = others;
    }
    parallel::map(&work, |&(table, means)| one(table, means, groups, options))
}

/// The results of one table, except those that depend on other tables.
fn one(prepared: &Prepared<'_>, means: &[Vec<f64>], groups: Option<&[usize]>, options: &CompareOptions) -> Compared {
    let Prepared { table, complete, pairs, differences, .. } = prepared;
    let models = table.scores.len();
    let kept: Vec<usize> = (0..complete.len()).filter(|&case| complete[case]).collect();
    let units = count_units(&kept, groups);
    let of_complete: Vec<Vec<f64>> =
        table.scores.iter().map(|row| kept.iter().map(|&case| row[case]).collect()).collect();
    let ends = Ends::of(options, units);
    let own_groups: Option<Vec<usize>> = groups.map(|groups| kept.iter().map(|&case| groups[case]).collect());
    let by_unit = |own: &[f64]| match &own_groups {
        Some(groups) => group_means(own, groups),
        None => own.to_vec(),
    };
    let scores = table.scores.iter().zip(&of_complete).enumerate().map(|(model, (all, own))| {
        let tau = tau(own.iter().copied());
        let mean = mean_of_all(own);
        let interval = match (options.interval, ends) {
            (IntervalKind::T, _) => student_interval(&by_unit(own), tau, options.level()),
            (_, Some(ends)) => {
                ends.interval(&means[model], &Observed { values: own, groups: own_groups.as_deref(), mean, tau })
            }
            _ => None,
        };
        let finite: Vec<f64> = all.iter().map(|&score| if score.is_finite() { score } else { f64::NAN }).collect();
        let defined = finite.iter().filter(|score| !score.is_nan()).count();
        ModelScores {
            defined,
            undefined: finite.len() - defined,
            mean,
            median: median(own),
            sd: Distribution::of(own).sd,
            interval,
            mean_of_defined: mean_of_defined(&finite),
        }
    });
    let scores: Vec<ModelScores> = scores.collect();
    let only_complete = options.undefined != Undefined::Pairwise;
    let of_pairs = pairs.iter().enumerate().map(|(place, &[a, b])| {
        let resampled = match (options.bootstrap, differences) {
            (None, _) => None,
            (Some(_), Some(first)) => Some(Resampled::Differences(&means[first + place])),
            (Some(_), None) => Some(Resampled::Means([&means[a], &means[b]])),
        };
        let cases = (0..complete.len()).filter(|&case| {
            if only_complete {
                complete[case]
            } else {
                table.scores[a][case].is_finite() && table.scores[b][case].is_finite()
            }
        });
        Pair::of(table, [a, b], &cases.collect::<Vec<_>>(), groups, (resampled, ends), options)
    });
    let of_pairs = of_pairs.collect();
    let some = |case: &usize| table.scores.iter().any(|row| row[*case].is_finite());
    let ranking = (!kept.is_empty()).then(|| {
        let within = rank_columns(table, complete, options.undefined);
        let resampled = match options.rank {
            RankBy::Mean => means.get(..models).map(|means| (means, table.better)),
            RankBy::RankMean => means.get(models..2 * models).map(|means| (means, Better::Lower)),
            _ => None,
        };
        let mut ranking = Ranking::of(&of_complete, &within, &kept, table.better, options.rank);
        ranking.stability = resampled.and_then(|(means, better)| stability(means, better, &ranking.ranks));
        ranking
    });
    let of_units: Vec<Vec<f64>> = of_complete.iter().map(|own| by_unit(own)).collect();
    Compared {
        cases: complete.len(),
        complete: kept.len(),
        groups: groups.map(|_| units),
        asymmetric: (0..complete.len()).filter(|&case| !complete[case]).filter(some).collect(),
        models: scores,
        pairs: of_pairs,
        ranking,
        friedman: friedman(&of_units, table.better),
    }
}

/// Adjusts p over the families of tests.
fn adjust(tables: &[ScoreTable], found: &mut [Compared], options: &CompareOptions) {
    let mut families = BTreeMap::<(&str, bool, usize), Vec<[usize; 2]>>::new();
    for (place, (table, found)) in tables.iter().zip(found.iter()).enumerate() {
        let family = match options.family {
            Family::Metric => (table.metric.as_str(), table.is_mean, 0),
            Family::Row => ("", false, place),
            Family::All => ("", false, 0),
        };
        families.entry(family).or_default().extend((0..found.pairs.len()).map(|pair| [place, pair]));
    }
    for tests in families.values() {
        let p: Vec<f64> = tests.iter().map(|&[table, pair]| found[table].pairs[pair].p.two_sided).collect();
        let size = p.iter().filter(|p| !p.is_nan()).count();
        for (&[table, pair], p) in tests.iter().zip(adjusted(&p, options.adjust)) {
            found[table].pairs[pair].adjust(p, size, tables[table].better, options);
        }
    }
}

//! The tables of a comparison.

use super::phrases::{
    adjust, counted, interval, level, method_sentence, names, number, p_value, signed, signed_interval, verdict,
};
use crate::eval::models::Comparison;
use crate::metric::compare::{Adjust, Better, Compared, Pair, RankBy, ScoreTable};
use crate::report::sheet::{Cell, Sheet};

/// How a table is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Digits behind the point.
    pub digits: usize,
    /// With an interval beside each mean.
    pub intervals: bool,
}

/// The tables of one metric with what they show.
fn of_metric<'a>(found: &'a Comparison, metric: &'a str) -> impl Iterator<Item = (&'a ScoreTable, &'a Compared)> + 'a {
    found.rows().filter(move |(table, _)| table.metric == metric)
}

fn class(found: &Comparison, table: &ScoreTable) -> String {
    if table.is_mean { "mean".into() } else { found.class_name(table).to_owned() }
}

fn heading(found: &Comparison, metric: &str, better: Better) -> String {
    let arrow = if better == Better::Lower { ", lower is better" } else { "" };
    let complete: Vec<(usize, usize)> = of_metric(found, metric).map(|(_, row)| (row.complete, row.cases)).collect();
    let cases = match complete.first() {
        Some(&first) if complete.iter().all(|&own| own == first) => {
            format!(", {} of {}", first.0, counted(first.1, "case", "cases"))
        }
        _ => String::new(),
    };
    format!("{}{arrow}{cases}", found.title(metric))
}

/// Classes by models: the mean of each.
pub(super) fn scores(found: &Comparison, metric: &str, better: Better, style: Style) -> Sheet {
    let mut columns = vec![found.title(metric)];
    columns.extend(found.models.iter().map(|model| model.name.clone()));
    columns.push("n".into());
    let rows = of_metric(found, metric).map(|(table, row)| {
        let best = best(row, better, found.options.alpha);
        let mut cells = vec![Cell::from(class(found, table))];
        cells.extend(row.models.iter().enumerate().map(|(place, own)| {
            let between = if style.intervals && own.interval.is_some() {
                format!(" {}", interval(own.interval, style.digits))
            } else {
                String::new()
            };
            Cell::best(format!("{}{between}", number(own.mean, style.digits)), best.contains(&place))
        }));
        cells.push(of_cases(row.complete, row.cases).into());
        cells
    });
    let rows = rows.collect();
    let (said, is_tested) = standing_out(found);
    let p = if is_tested { format!(" (adjusted p > {})", found.options.alpha) } else { String::new() };
    let notes = vec![format!("{BOLD} {said}{p}.")];
    Sheet { title: heading(found, metric, better), columns, rows, notes, dispensable: vec!["n".into()], more_names: 0 }
}

/// What a mean that stands out is, and whether tests say so.
pub(super) fn standing_out(found: &Comparison) -> (&'static str, bool) {
    match found.options.tests_all(found.models.len()) {
        false => ("is the best mean", false),
        true => ("is not significantly worse than the best mean", true),
    }
}

/// What stands out, as sheets call it; terminals show a mark.
pub(super) const BOLD: &str = "Bold";

/// The models that are not shown to be worse than the best: a group, and not one winner.
fn best(row: &Compared, better: Better, alpha: f64) -> Vec<usize> {
    let Some(ranking) = &row.ranking else { return Vec::new() };
    let Some((_, _, ranks)) = ranking.all.iter().find(|(by, ..)| *by == RankBy::Mean) else { return Vec::new() };
    let Some(first) = ranks.iter().position(|&rank| rank == 1) else { return Vec::new() };
    let tied = |model: usize| ranks[model] == 1;
    let not_worse = |model: usize| {
        let pair =
            row.pairs.iter().find(|pair| [pair.a, pair.b] == [first, model] || [pair.a, pair.b] == [model, first]);
        // Without a test of the two nothing is known. A test may be for a model whose mean is not the best.
        pair.filter(|pair| ranking.by_tests.is_some() && !pair.p_adjusted.is_nan()).is_some_and(|pair| {
            let favoured = pair.significant(better, alpha);
            (if pair.a == first { favoured } else { -favoured }) <= 0.0
        })
    };
    (0..ranks.len()).filter(|&model| tied(model) || not_worse(model)).collect()
}

/// Pairs of models: differences and tests.
pub(super) fn pairs(found: &Comparison, metric: &str, better: Better, style: Style, only_mean: bool) -> Sheet {
    let two = found.models.len() == 2;
    let adjusted = match found.options.adjust {
        Adjust::BenjaminiHochberg => "p BH",
        Adjust::None => "p none",
        how => &format!("p {}", adjust(how)),
    };
    let difference = match (two, found.options.against) {
        (true, _) => found.found.iter().find_map(|row| row.pairs.first()).map_or(String::new(), |pair| {
            let [a, b] = names(found, [pair.a, pair.b]);
            format!("{a} - {b}")
        }),
        (false, Some(other)) => format!("less {}", names(found, [other, other])[0]),
        _ => "difference".into(),
    };
    let mut columns = vec![found.title(metric)];
    if two {
        columns.extend(found.models.iter().map(|model| model.name.clone()));
    } else {
        columns.push("models".into());
    }
    columns.extend([difference, level(found), "p".into(), adjusted.into(), "won/tied/lost".into(), "n".into()]);
    columns.push("verdict".into());
    let rows = of_metric(found, metric).filter(|(table, _)| !only_mean || table.is_mean || found.classes.len() == 1);
    let rows = rows.flat_map(|(table, row)| row.pairs.iter().map(move |pair| (table, row, pair)));
    let rows = rows.map(|(table, row, pair)| {
        let mut cells = vec![Cell::from(class(found, table))];
        if two {
            let mean = |model: usize| Cell::from(number(row.models[model].mean, style.digits));
            cells.extend((0..2).map(mean));
        } else {
            let [a, b] = names(found, [pair.a, pair.b]);
            cells.push(if found.options.against.is_some() { a.into() } else { format!("{a} - {b}").into() });
        }
        cells.extend(numbers(pair, row.cases, style.digits));
        cells
    });
    let rows = rows.collect();
    let dispensable = ["n", "p", "won/tied/lost"].map(String::from).to_vec();
    Sheet {
        title: heading(found, metric, better),
        columns,
        rows,
        notes: vec![method_sentence(found)],
        dispensable,
        more_names: usize::from(!two),
    }
}

/// How many cases count, and of how many.
fn of_cases(n: usize, cases: usize) -> String {
    if n == cases { n.to_string() } else { format!("{n} of {cases}") }
}

fn numbers(pair: &Pair, cases: usize, digits: usize) -> [Cell; 7] {
    let record = &pair.record;
    [
        signed(pair.mean, digits).into(),
        signed_interval(pair.interval, digits).into(),
        p_value(pair.p.two_sided).into(),
        p_value(pair.p_adjusted).into(),
        format!("{}/{}/{}", record.wins, record.ties, record.losses).into(),
        of_cases(pair.n, cases).into(),
        verdict(pair.verdict).into(),
    ]
}

/// The order of the models by one table; None without a complete case.
pub(super) fn ranking(found: &Comparison, table: &ScoreTable, row: &Compared, style: Style) -> Option<Sheet> {
    let ranking = row.ranking.as_ref()?;
    let what = format!(
        "{} {}",
        found.title(&table.metric),
        if table.is_mean { "mean of classes" } else { found.class_name(table) }
    );
    let by = ranking.by.name();
    let mut columns =
        vec![if found.classes.len() == 1 { found.title(&table.metric) } else { what }, "mean".into(), level(found)];
    if ranking.by != RankBy::Mean {
        columns.push(by.into());
    }
    columns.push("rank".into());
    if ranking.stability.is_some() {
        columns.extend(["first in", "ranks"].map(String::from));
    }
    let mut order: Vec<usize> = (0..ranking.ranks.len()).collect();
    order.sort_by_key(|&model| ranking.ranks[model]);
    let rows = order.into_iter().map(|model| {
        let own = &row.models[model];
        let mut cells: Vec<Cell> = vec![
            found.models[model].name.as_str().into(),
            number(own.mean, style.digits).into(),
            interval(own.interval, style.digits).into(),
        ];
        if ranking.by != RankBy::Mean {
            cells.push(
                number(ranking.values[model], if ranking.by == RankBy::Median { style.digits } else { 2 }).into(),
            );
        }
        cells.push(ranking.ranks[model].to_string().into());
        if let Some(stable) = ranking.stability.as_ref().and_then(|stability| stability.models.get(model)) {
            cells.push(format!("{:.0} %", 100.0 * stable.first).into());
            cells.push(format!("[{}, {}]", stable.ranks[0], stable.ranks[1]).into());
        }
        cells
    });
    let rows = rows.collect();
    Some(Sheet { columns, rows, ..Sheet::default() })
}

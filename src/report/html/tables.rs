//! Classes with their drawings, and cases with their scores, as tables that a reader can sort.

use super::plot::{self, Dots};
use super::scale::Scale;
use super::text::{class as class_name, escaped, number};
use crate::eval::{CaseResult, Kind, Score, Summary, WarningKind};
use crate::metric::{Distribution, Interval};
use crate::report::phrases::level_of;
use crate::text::grouped;

/// With more classes than that a case has its worst one instead of a column for each.
const COLUMNS: usize = 12;

/// Dots on a page. With more of them the page would take seconds to draw.
const MOST_DOTS: usize = 100_000;

/// One score of every class and case.
pub(super) struct Scores<'a> {
    summary: &'a Summary<'a>,
    score: Score,
    scale: Scale,
    /// Whether all values are from 0 to 1.
    unit: bool,
    /// By class, then by case.
    values: Vec<Vec<f64>>,
    means: Vec<f64>,
}

/// A count of 0 is of no interest.
fn faint(count: usize) -> &'static str {
    if count == 0 { " class=\"zero\"" } else { "" }
}

/// A cell: a number, and a tint for a bad one.
fn cell(value: f64, tint: &str) -> String {
    format!("<td{tint}>{}</td>", number(value))
}

/// `name` is markup.
fn head(name: &str, class: &str) -> String {
    format!("<th scope=\"col\"{class}>{name}</th>")
}

/// The heading of the drawings.
fn axis(scale: &Scale) -> String {
    head(&plot::axis(scale), " class=\"plot\"")
}

impl<'a> Scores<'a> {
    pub fn of(summary: &'a Summary<'a>, score: Score) -> Self {
        let values: Vec<Vec<f64>> =
            (0..summary.evaluation.classes.len()).map(|class| summary.scores_of_class(score, class)).collect();
        let means: Vec<f64> = summary.evaluation.cases.iter().map(|case| summary.mean_of_case(score, case)).collect();
        let scale = match summary.evaluation.provenance.kind {
            Kind::Pair => Scale::of_bars(score, values.iter().flatten().copied()),
            Kind::Folders => {
                // Of all lesions together a mean may lie away from those of cases.
                let of_classes: Vec<f64> =
                    (0..values.len()).map(|class| summary.distribution(score, class).mean).collect();
                let rows = values.iter().chain([&means]).map(Vec::as_slice);
                Scale::of(score, rows.chain(of_classes.chunks(1)))
            }
        };
        let outside = |value: &f64| !value.is_nan() && !(0.0..=1.0).contains(value);
        let unit = score.is_ratio() && !values.iter().flatten().any(outside);
        Self { summary, score, scale, unit, values, means }
    }

    /// Cases that have no place on the axis.
    fn beyond(&self) -> bool {
        let all = self.values.iter().chain([&self.means]).flatten();
        all.filter(|value| !value.is_nan()).any(|&value| !self.scale.holds(value))
    }

    /// Where a ratio is low (or high, if that is bad), the number stands on a tint that the eye finds.
    fn tint(&self, value: f64) -> &'static str {
        let badness = match self.score.lower_is_better() {
            Some(false) if self.unit => 1.0 - value,
            Some(true) if self.unit => value,
            _ => return "",
        };
        match badness {
            0.8.. => " class=\"t4\"",
            0.6..0.8 => " class=\"t3\"",
            0.4..0.6 => " class=\"t2\"",
            0.25..0.4 => " class=\"t1\"",
            _ => "",
        }
    }

    /// A row per class, and a last one for the means of the cases. `place` is that of the score on the page.
    pub fn classes(&self, place: usize) -> String {
        let Self { summary, score, scale, .. } = self;
        let grid = format!("grid-{place}");
        let dots = if summary.scoring.scores.len() * summary.evaluation.classes.len() * summary.evaluation.cases.len()
            > MOST_DOTS
        {
            Dots::Outliers
        } else {
            Dots::All
        };
        let level = summary.scoring.bootstrap.map(|bootstrap| level_of(bootstrap.level()));
        let mut columns = head("class", " class=\"name\"");
        columns += &head("mean", "");
        columns += &level.as_deref().map_or(String::new(), |level| head(level, " class=\"interval\""));
        columns += &axis(scale);
        columns += &["sd", "min", "median", "max", "cases", "undefined"].map(|name| head(name, "")).concat();
        // The diamond of the drawing is the mean of the column.
        let row = |name: &str, values: &[f64], found: &Distribution, interval: Option<Interval>, undefined: usize| {
            let mut cells = format!("<th scope=\"row\">{name}</th>{}", cell(found.mean, self.tint(found.mean)));
            if level.is_some() {
                let between = interval.map(|b| format!("{} \u{2013} {}", number(b.low), number(b.high)));
                cells += &format!("<td class=\"interval\">{}</td>", between.unwrap_or_else(|| number(f64::NAN)));
            }
            cells += &format!("<td class=\"plot\">{}</td>", plot::row(values, found, scale, &grid, dots));
            cells += &[found.sd, found.min, found.median, found.max].map(|value| cell(value, "")).concat();
            cells + &format!("<td>{}</td><td{}>{undefined}</td>", found.defined, faint(undefined))
        };
        let rows: String = summary
            .evaluation
            .classes
            .iter()
            .zip(&self.values)
            .enumerate()
            .map(|(class, (of, values))| {
                let found = summary.distribution(*score, class);
                let background = if of.is_background() { " <small>in no mean</small>" } else { "" };
                let name = format!("{}{background}", class_name(of));
                let interval = summary.interval(*score, class);
                format!("<tr>{}</tr>", row(&name, values, &found, interval, found.undefined))
            })
            .collect();
        let found = Distribution { mean: summary.mean(*score), ..summary.over_cases(*score) };
        let interval = summary.interval_of_mean(*score);
        // As in the terminal: of all cases and classes.
        let (undefined, _) = summary.undefined(*score);
        let last = row("mean", &self.means, &found, interval, undefined);
        let mut note = "Last row: spread of the case means.".to_owned();
        if self.beyond() {
            note += " An arrow at the edge of a drawing is a case beyond its axis.";
        }
        if dots == Dots::Outliers {
            note += " There are too many cases to draw them all: dots are those beyond the whiskers.";
        }
        let grid = plot::grid(scale, &grid);
        format!(
            "{}<svg width=\"0\" height=\"0\" class=\"defs\" aria-hidden=\"true\"><defs>{grid}</defs></svg><div class=\"scroll\">\
             <table class=\"sortable classes\"><caption>{}</caption><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody>\
             <tfoot><tr>{last}</tr></tfoot></table></div><p class=\"lead\">{note}</p>",
            filter("classes", summary.evaluation.classes.len()),
            self.caption()
        )
    }

    fn caption(&self) -> String {
        let better = match self.score.lower_is_better() {
            Some(true) => ", lower is better",
            Some(false) => ", higher is better",
            None => "",
        };
        format!("{}{better}.", escaped(&self.summary.title(self.score)))
    }

    /// A row per case: all classes where there are few, else the worst one.
    pub fn cases(&self) -> String {
        let summary = self.summary;
        let wide = summary.evaluation.classes.len() <= COLUMNS;
        let any_notes = summary.evaluation.cases.iter().any(|case| !notes(case).is_empty());
        let mut columns = head("case", " class=\"name\"") + &head("mean", "");
        if wide {
            columns += &summary.evaluation.classes.iter().map(|class| head(&class_name(class), "")).collect::<String>();
        } else {
            columns += &(head("worst class", " class=\"text\"") + &head("its score", "") + &head("median", ""));
        }
        columns += &head("undefined", "");
        columns += if any_notes { "<th scope=\"col\" class=\"text\">notes</th>" } else { "" };
        let rows: String = summary
            .evaluation
            .cases
            .iter()
            .zip(&self.means)
            .enumerate()
            .map(|(place, (case, &mean))| {
                let scores: Vec<f64> =
                    self.values.iter().map(|of_class| of_class.get(place).copied().unwrap_or(f64::NAN)).collect();
                let found = Distribution::of(&scores);
                let mut cells = format!("<th scope=\"row\" data-c=\"{place}\">{}</th>", escaped(&case.name));
                cells += &cell(mean, self.tint(mean));
                if wide {
                    cells += &scores.iter().map(|&value| cell(value, self.tint(value))).collect::<String>();
                } else {
                    let (class, value) = self.worst(&scores);
                    cells += &format!("<td class=\"text\">{class}</td>{}", cell(value, self.tint(value)));
                    cells += &cell(found.median, self.tint(found.median));
                }
                cells += &format!("<td{}>{}</td>", faint(found.undefined), found.undefined);
                cells += &if any_notes { format!("<td class=\"text\">{}</td>", notes(case)) } else { String::new() };
                format!("<tr>{cells}</tr>")
            })
            .collect();
        format!(
            "{}<div class=\"scroll\"><table class=\"sortable cases\"><caption>{}</caption><thead><tr>{columns}</tr></thead>\
             <tbody>{rows}</tbody></table></div>",
            filter("cases", summary.evaluation.cases.len()),
            self.caption()
        )
    }

    /// The worst class but the background, as markup, and its score.
    fn worst(&self, scores: &[f64]) -> (String, f64) {
        let sign = if self.score.lower_is_better() == Some(true) { -1.0 } else { 1.0 };
        let defined = self.summary.evaluation.foreground().filter_map(|class| Some((class, *scores.get(class)?)));
        let worst = defined.filter(|(_, value)| !value.is_nan()).min_by(|a, b| (sign * a.1).total_cmp(&(sign * b.1)));
        let Some((class, value)) = worst else { return (number(f64::NAN), f64::NAN) };
        (self.summary.evaluation.classes.get(class).map_or(String::new(), class_name), value)
    }
}

/// A pair: a row per class with all scores and the counts behind them.
pub(super) fn pair(summary: &Summary<'_>, case: &CaseResult) -> String {
    let columns: Vec<Scores<'_>> = summary.scoring.scores.iter().map(|&score| Scores::of(summary, score)).collect();
    let mut heads = head("class", " class=\"name\"");
    let drawn = columns.first();
    let grid = drawn.map_or(String::new(), |first| plot::grid(&first.scale, "grid-0"));
    heads += &summary.scoring.scores.iter().map(|&score| head(&escaped(&summary.title(score)), "")).collect::<String>();
    heads += &drawn.map_or(String::new(), |first| axis(&first.scale));
    heads += &["TP", "FP", "FN", "predicted", "truth"].map(|name| head(name, "")).concat();
    let rows: String = case
        .counts
        .iter()
        .enumerate()
        .map(|(class, counts)| {
            let (of, c) = counts;
            let mut cells = format!("<th scope=\"row\">{}</th>", class_name(of));
            for column in &columns {
                let value = summary.score(column.score, case, counts);
                cells += &cell(value, column.tint(value));
            }
            if let Some((first, values)) = drawn.and_then(|first| Some((first, first.values.get(class)?))) {
                let strip = plot::row(values, &Distribution::of(values), &first.scale, "grid-0", Dots::All);
                cells += &format!("<td class=\"plot\">{strip}</td>");
            }
            for count in [c.tp(), c.fp(), c.fn_(), c.n_pred(), c.n_truth()] {
                let zero = if count == 0 { " class=\"zero\"" } else { "" };
                cells += &format!("<td{zero}>{}</td>", grouped(count));
            }
            format!("<tr>{cells}</tr>")
        })
        .collect();
    let mut last = "<th scope=\"row\">mean</th>".to_owned();
    last += &summary.scoring.scores.iter().map(|&score| cell(summary.mean(score), "")).collect::<String>();
    last += if drawn.is_some() { "<td class=\"plot\"></td>" } else { "" };
    format!(
        "{}<svg width=\"0\" height=\"0\" class=\"defs\" aria-hidden=\"true\"><defs>{grid}</defs></svg><div class=\"scroll\">\
         <table class=\"sortable classes\"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody><tfoot><tr>{last}<td colspan=\"5\">\
         </td></tr></tfoot></table></div>",
        filter("classes", case.counts.len())
    )
}

/// What a reader has to know about a case beside its scores.
fn notes(case: &CaseResult) -> String {
    let mut notes = Vec::new();
    if !case.is_predicted() {
        notes.push("no prediction".to_owned());
    }
    notes.extend(
        case.warnings
            .iter()
            .filter(|warning| warning.kind() != Some(WarningKind::AbsentLabels))
            .map(|warning| warning.name().replace('_', " ")),
    );
    escaped(&notes.join(", "))
}

/// A field to search a long table with.
fn filter(what: &str, rows: usize) -> String {
    if rows < 8 {
        return String::new();
    }
    format!(
        "<p class=\"filter\"><label>Find <input type=\"search\" placeholder=\"part of a name\" aria-label=\"Show {what} with this \
         in their name\"></label> <output></output></p>"
    )
}

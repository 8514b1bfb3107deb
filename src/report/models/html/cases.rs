//! The cases: of two models their scores and differences, those that changed most first; of several the score of each.

use super::main_row;
use crate::eval::models::Comparison;
use crate::metric::compare::ScoreTable;
use crate::report::html::text::escaped;
use crate::report::models::phrases::{number, of_table, signed};

/// With more classes than that a case has the difference of their mean alone.
const COLUMNS: usize = 12;

/// From this many cases on there is a field to find one.
const LONG: usize = 8;

pub(super) fn section(found: &Comparison, metric: &str) -> String {
    let Some((main, _)) = main_row(found, metric) else { return String::new() };
    let two = found.two();
    let of_class: Vec<&ScoreTable> = found
        .rows()
        .map(|(table, _)| table)
        .filter(|table| {
            table.metric == metric && !table.is_mean && two.is_some() && main.is_mean && found.classes.len() <= COLUMNS
        })
        .collect();
    // Of two models in the order of their difference.
    let models: Vec<usize> = two.map_or_else(|| (0..found.models.len()).collect(), |pair| pair.to_vec());
    let mut heads: Vec<String> = models.iter().map(|&model| escaped(&found.models[model].name)).collect();
    if two.is_some() {
        heads.push("difference".into());
    }
    heads.extend(of_class.iter().map(|table| escaped(found.class_name(table))));
    let heads: String = heads.iter().map(|name| format!("<th scope=\"col\">{name}</th>")).collect();
    let difference =
        |table: &ScoreTable, case: usize| two.map_or(f64::NAN, |[a, b]| table.scores[a][case] - table.scores[b][case]);
    let mut order: Vec<usize> = (0..found.cases.len()).collect();
    if two.is_some() {
        // What is undefined comes last.
        let size = |case: usize| Some(difference(main, case).abs()).filter(|size| size.is_finite()).unwrap_or(-1.0);
        order.sort_by(|&one, &other| size(other).total_cmp(&size(one)));
    }
    let shown = |value: f64, text: String| if value.is_finite() { text } else { "\u{2013}".into() };
    let row = |&case: &usize| {
        let mut cells = format!("<th scope=\"row\" data-c=\"{case}\">{}</th>", escaped(&found.cases[case]));
        for &model in &models {
            let score = main.scores[model][case];
            cells += &format!("<td>{}</td>", shown(score, escaped(&number(score, 4))));
        }
        let tables = two.map(|_| main).into_iter().chain(of_class.iter().copied());
        for table in tables {
            let d = difference(table, case);
            cells += &format!("<td>{}</td>", shown(d, signed(d, 4)));
        }
        format!("<tr>{cells}</tr>")
    };
    let rows: String = order.iter().map(row).collect();
    let filter = if found.cases.len() < LONG {
        ""
    } else {
        "<p class=\"filter\"><label>Find <input type=\"search\" placeholder=\"part of a name\" aria-label=\"Show cases with this in \
         their name\"></label> <output></output></p>"
    };
    let first = if two.is_some() { ", those that differ most first" } else { "" };
    let classes = if of_class.is_empty() { "" } else { "; behind them the difference of each class" };
    format!(
        "{filter}<div class=\"scroll\"><table class=\"sortable cases\"><caption>{}{first}{classes}.</caption><thead><tr>\
         <th scope=\"col\" class=\"name\">case</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>",
        escaped(&of_table(found, main))
    )
}

//! The page from top to bottom.

use super::document::document;
use super::tables::{self, Scores};
use super::text::escaped;
use super::{findings, header, lesions, surfaces, worst};
use crate::eval::pictures::Picture;
use crate::eval::{Kind, Summary};
use crate::report::words::Words;

/// The evaluation as one HTML page, with nothing beside it and no request to anywhere.
///
/// `pictures` are those of [`pictures::worst`](crate::eval::pictures::worst), or none.
pub fn html(summary: &Summary<'_>, pictures: &[Picture], words: &dyn Words) -> String {
    let parts = [
        header::header(summary),
        findings::section(summary, words),
        header::cards(summary),
        worst::section(summary, pictures),
    ];
    let places = [surfaces::section(summary, pictures), lesions::section(summary, pictures)].join("\n");
    let tables = match (summary.evaluation.provenance.kind, summary.evaluation.cases.first()) {
        (Kind::Pair, Some(case)) => {
            format!("<section id=\"classes\"><h2>Classes</h2>{}</section>{places}", tables::pair(summary, case))
        }
        _ => cohort(summary, &places),
    };
    let main = format!("{}{tables}{}", parts.join("\n"), header::rules(summary));
    let title = header::title(summary).replace("<span>", "").replace("</span>", "");
    document(&title, &main, &footer())
}

/// Classes and cases, for each score, with other sections in between; a switch shows one score at a time.
fn cohort(summary: &Summary<'_>, between: &str) -> String {
    let scores: Vec<Scores<'_>> = summary.scoring.scores.iter().map(|&score| Scores::of(summary, score)).collect();
    let panel = |place: usize, table: String| format!("<div data-score=\"{place}\">{table}</div>");
    let classes: String =
        scores.iter().enumerate().map(|(place, scores)| panel(place, scores.classes(place))).collect();
    let cases: String = scores.iter().enumerate().map(|(place, scores)| panel(place, scores.cases())).collect();
    format!(
        "<div class=\"bar\">{}<p id=\"picked\" role=\"status\"></p></div>\n<section id=\"classes\"><h2>Classes</h2>{}{classes}</section>\
         {between}\n<section id=\"cases\"><h2>Cases</h2>{cases}</section>",
        switch(summary),
        key(summary)
    )
}

fn switch(summary: &Summary<'_>) -> String {
    if summary.scoring.scores.len() < 2 {
        return String::new();
    }
    let choices: String = summary
        .scoring
        .scores
        .iter()
        .enumerate()
        .map(|(place, score)| {
            let checked = if place == 0 { " checked" } else { "" };
            let title = escaped(&summary.title(*score));
            format!(
                "<label><input type=\"radio\" name=\"score\" value=\"{place}\"{checked}><span>{title}</span></label>"
            )
        })
        .collect();
    format!("<fieldset class=\"switch\"><legend>Score</legend>{choices}</fieldset>")
}

/// How to read the drawings.
fn key(summary: &Summary<'_>) -> String {
    let whiskers = if summary.evaluation.cases.len() < 4 {
        ""
    } else {
        "The box holds the middle half of the cases, the line in it is the median, the diamond the mean; whiskers reach to \
         the last case within one and a half boxes. "
    };
    format!(
        "<p class=\"lead\">A dot is a case. {whiskers}<span class=\"live\">Point at a dot to see which case it is; click it, or a \
         case below, to mark that case in every class.</span></p>"
    )
}

fn footer() -> String {
    format!(
        "<footer><p>Written by voxdice {}. Counts are exact integers, the same on every device; a score is a formula over them, \
         and {} stands for one that is undefined. The numbers behind this page: <code>--csv</code>, <code>--format json</code>.</p>\
         </footer>",
        env!("CARGO_PKG_VERSION"),
        "\u{2013}"
    )
}

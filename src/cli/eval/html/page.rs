//! The page from top to bottom.

use super::tables::{self, Scores};
use super::text::escaped;
use super::{findings, header, policy, worst};
use crate::cli::eval::report::{Kind, Report};
use anyhow::Result;

/// The whole page.
pub(in crate::cli::eval) fn render(report: &Report) -> Result<String> {
    // The hashes are of what a browser makes of the text, and there lines end in one way.
    let [style, script] = [include_str!("style.css"), include_str!("script.js")].map(|text| text.replace('\r', ""));
    let title = header::title(report).replace("<span>", "").replace("</span>", "");
    let policy = policy::of(&style, &script);
    let head = format!(
        "<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\"><meta name=\"generator\" content=\"voxdice {}\">\
         <title>{title}</title><style>{style}</style>",
        env!("CARGO_PKG_VERSION")
    );
    let parts = [header::header(report), findings::section(report), header::cards(report), worst::section(report)?];
    let tables = match (report.origin.kind, report.cases.first()) {
        (Kind::Pair, Some(case)) => {
            format!("<section id=\"classes\"><h2>Classes</h2>{}</section>", tables::pair(report, case))
        }
        _ => cohort(report),
    };
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head>{head}</head>\n<body><main>{}{tables}</main>{}<div id=\"tip\" hidden></div>\
         <script>{script}</script></body></html>\n",
        parts.join("\n"),
        footer()
    ))
}

/// Classes and cases, for each score; a switch shows one score at a time.
fn cohort(report: &Report) -> String {
    let scores: Vec<Scores<'_>> = report.scoring.scores.iter().map(|&score| Scores::of(report, score)).collect();
    let panel = |place: usize, table: String| format!("<div data-score=\"{place}\">{table}</div>");
    let classes: String =
        scores.iter().enumerate().map(|(place, scores)| panel(place, scores.classes(place))).collect();
    let cases: String = scores.iter().enumerate().map(|(place, scores)| panel(place, scores.cases())).collect();
    format!(
        "<div class=\"bar\">{}<p id=\"picked\" role=\"status\"></p></div>\n<section id=\"classes\"><h2>Classes</h2>{}{classes}</section>\
         \n<section id=\"cases\"><h2>Cases</h2>{cases}</section>",
        switch(report),
        key(report)
    )
}

fn switch(report: &Report) -> String {
    if report.scoring.scores.len() < 2 {
        return String::new();
    }
    let choices: String = report
        .scoring
        .scores
        .iter()
        .enumerate()
        .map(|(place, score)| {
            let checked = if place == 0 { " checked" } else { "" };
            let title = escaped(&score.title());
            format!(
                "<label><input type=\"radio\" name=\"score\" value=\"{place}\"{checked}><span>{title}</span></label>"
            )
        })
        .collect();
    format!("<fieldset class=\"switch\"><legend>Score</legend>{choices}</fieldset>")
}

/// How to read the drawings.
fn key(report: &Report) -> String {
    let whiskers = if report.cases.len() < 4 {
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

//! The report as CSV: one row per case and class, with the counts that any pooled score can be made of.

use super::report::Report;
use crate::cli::text::printable;
use anyhow::Result;

/// A header and the rows; undefined scores are empty.
pub(super) fn render(report: &Report) -> Result<String> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let scores = &report.scoring.scores;
    let mut header = vec!["case".to_owned(), "label".to_owned()];
    header.extend(scores.iter().map(|score| score.to_string()));
    header.extend(["tp", "fp", "fn", "tn", "n_pred", "n_truth", "name", "voxel_ml"].map(String::from));
    table.write_record(header)?;
    for case in &report.cases {
        for (class, c) in &case.counts {
            let mut row = vec![printable(&case.name), printable(&class.key)];
            row.extend(scores.iter().map(|&score| number(report.score(score, case, c))));
            let counts = [c.tp(), c.fp(), c.fn_(), c.tn(), c.n_pred(), c.n_truth()];
            row.extend(counts.map(|count| count.to_string()));
            row.push(printable(class.display()));
            row.push(number(case.voxel_ml().unwrap_or(f64::NAN)));
            table.write_record(row)?;
        }
    }
    Ok(String::from_utf8(table.into_inner()?)?)
}

/// The shortest digits that come back as the same number.
fn number(value: f64) -> String {
    if value.is_nan() { String::new() } else { value.to_string() }
}

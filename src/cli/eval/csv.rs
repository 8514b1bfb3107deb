//! The report as CSV: one row per case and label.

use super::report::Report;
use anyhow::Result;

/// A header and the rows; undefined scores are empty.
pub(super) fn render(report: &Report) -> Result<String> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let scores = &report.chosen.scores;
    let mut header = vec!["case", "label"];
    header.extend(scores.iter().map(|score| score.name()));
    header.extend(["tp", "fp", "fn", "tn", "n_pred", "n_truth"]);
    table.write_record(header)?;
    for case in &report.cases {
        for (label, c) in &case.counts {
            let mut row = vec![case.name.clone(), label.to_string()];
            row.extend(scores.iter().map(|&score| {
                let value = report.score(score, c);
                // The shortest digits that come back as the same number.
                if value.is_nan() { String::new() } else { value.to_string() }
            }));
            let counts = [c.tp(), c.fp(), c.fn_(), c.tn(), c.n_pred(), c.n_truth()];
            row.extend(counts.map(|count| count.to_string()));
            table.write_record(row)?;
        }
    }
    Ok(String::from_utf8(table.into_inner()?)?)
}

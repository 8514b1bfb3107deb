//! The summary as CSV: one row per case and class, with the counts that any pooled score can be made of.

use crate::eval::Summary;
use crate::text::printable;

/// A header, and a row per case and class with scores and raw counts; undefined scores are empty.
pub fn csv(summary: &Summary<'_>) -> String {
    let scores = &summary.scoring.scores;
    let mut header = vec!["case".to_owned(), "label".to_owned()];
    header.extend(scores.iter().map(|score| score.to_string()));
    header.extend(["tp", "fp", "fn", "tn", "n_pred", "n_truth", "name", "voxel_ml"].map(String::from));
    let rows = summary.evaluation.cases.iter().flat_map(|case| case.counts.iter().map(move |counts| (case, counts)));
    let rows = rows.map(|(case, counts)| {
        let (class, c) = counts;
        let mut fields = vec![printable(&case.name), printable(&class.key)];
        fields.extend(scores.iter().map(|&score| number(summary.score(score, case, counts))));
        let counts = [c.tp(), c.fp(), c.fn_(), c.tn(), c.n_pred(), c.n_truth()];
        fields.extend(counts.map(|count| count.to_string()));
        fields.extend([printable(class.display()), number(case.voxel_ml().unwrap_or(f64::NAN))]);
        fields
    });
    written(header, rows)
}

/// A table of rows that are as long as the header.
pub(super) fn written<F: AsRef<[u8]>, R: IntoIterator<Item = String>>(
    header: impl IntoIterator<Item = F>,
    rows: impl Iterator<Item = R>,
) -> String {
    let mut table = ::csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and all rows are of one length.
    drop(table.write_record(header));
    rows.for_each(|row| drop(table.write_record(row)));
    String::from_utf8(table.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// The shortest digits that parse back to the same number; nothing for what is undefined.
pub(super) fn number(value: f64) -> String {
    if value.is_nan() { String::new() } else { value.to_string() }
}

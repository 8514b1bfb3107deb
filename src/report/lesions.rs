//! Lesions as CSV: one row for each, of either side.

use crate::eval::{LesionRow, Summary};
use crate::text::printable;

const HEADER: [&str; 24] = [
    "case",
    "label",
    "side",
    "number",
    "x",
    "y",
    "z",
    "centroid_x",
    "centroid_y",
    "centroid_z",
    "low_x",
    "low_y",
    "low_z",
    "high_x",
    "high_y",
    "high_z",
    "voxels",
    "mm3",
    "at_border",
    "status",
    "matched",
    "overlap",
    "dice",
    "iou",
];

/// A header, and a row per lesion. Places are in voxels: of the first one, of the centre and of the box, whose last voxel is in
/// it. Lesions that were dropped have no number.
pub fn lesions_csv(summary: &Summary<'_>) -> String {
    let mut table = ::csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and all rows are of one length.
    drop(table.write_record(HEADER));
    for case in &summary.evaluation.cases {
        for (class, _) in &case.counts {
            for row in case.instances.get(&class.key).iter().flat_map(|found| &found.rows) {
                let start = [printable(&case.name), printable(&class.key)];
                drop(table.write_record(start.into_iter().chain(fields(row))));
            }
        }
    }
    String::from_utf8(table.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn fields(row: &LesionRow) -> Vec<String> {
    let mut fields = vec![row.side.to_string(), if row.number == 0 { String::new() } else { row.number.to_string() }];
    fields.extend(row.first.map(|at| at.to_string()));
    fields.extend(row.centroid.map(|at| format!("{at:.3}")));
    fields.extend(row.low.map(|at| at.to_string()));
    fields.extend(row.high.map(|at| at.to_string()));
    let matched: Vec<String> = row.matched.iter().map(u32::to_string).collect();
    fields.extend([row.voxels.to_string(), number(row.mm3), if row.at_border { "yes" } else { "no" }.into()]);
    fields.extend([
        row.status.name().into(),
        matched.join(" "),
        row.overlap.to_string(),
        number(row.dice),
        number(row.iou),
    ]);
    fields
}

/// The shortest digits that come back as the same number.
fn number(value: f64) -> String {
    if value.is_nan() { String::new() } else { value.to_string() }
}

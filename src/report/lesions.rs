//! Lesions as CSV: one row for each, of either side.

use super::csv::{number, written};
use crate::eval::{LesionRow, Summary};
use crate::text::printable;

const HEADER: [&str; 25] = [
    "case",
    "label",
    "name",
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
/// it. Lesions that were dropped have no number. Behind the columns that are always there is one for each metric of surfaces
/// that was asked for, with the value of each true lesion that is matched.
pub fn lesions_csv(summary: &Summary<'_>) -> String {
    let surfaces = summary.evaluation.rules.instances.as_ref().map_or(&[][..], |search| &search.surfaces.metrics);
    let classes =
        summary.evaluation.cases.iter().flat_map(|case| case.counts.iter().map(move |(class, _)| (case, class)));
    let rows = classes.flat_map(|(case, class)| {
        let found = case.instances.get(&class.key).into_iter().flat_map(|found| &found.rows);
        let start = move || [&case.name[..], &class.key, class.display()].map(printable).into_iter();
        found.map(move |row| start().chain(fields(row, surfaces.len())))
    });
    written(HEADER.into_iter().map(str::to_owned).chain(surfaces.iter().map(ToString::to_string)), rows)
}

/// `surfaces` at the end are those of true lesions that are matched.
fn fields(row: &LesionRow, surfaces: usize) -> Vec<String> {
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
    fields.extend((0..surfaces).map(|place| row.distances.get(place).map_or_else(String::new, |&value| number(value))));
    fields
}

//! Reading files, and refusing them.

use super::{Expected::*, Row};

const ROWS: &[Row] = &[Row {
    report: "nrrd-datafile-list",
    command: "voxdice info pattern.nhdr",
    expected: Says(2, &["several data files"], &[]),
}];

#[test]
fn files_are_read_or_refused_by_name() {
    super::all(ROWS);
}

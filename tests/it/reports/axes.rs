//! What axes and the number of a voxel mean, and where its place is.

use super::{Expected::*, Row};

const ROWS: &[Row] = &[
    Row {
        report: "float-label-map-in-loss",
        command: "voxdice eval truth_u8.nii.gz truth_f32.nii.gz --metrics dice --format csv",
        expected: Holds(|run| assert!(run.classes().values().all(|class| class["dice"] == "1"))),
    },
    Row {
        report: "npy-plain-volume",
        command: "voxdice eval truth.npy hard.npy --metrics dice --format csv",
        expected: Holds(|run| {
            let right = run.right("/hard dice of the volume (third and fourth command read the same two files)");
            assert_eq!(run.classes()["1"]["dice"], right.to_string());
        }),
    },
];

#[test]
fn voxels_mean_what_their_file_says() {
    super::all(ROWS);
}

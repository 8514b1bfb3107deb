//! What axes and the number of a voxel mean, and where its place is.

use super::{Expected::*, Row};

const ROUNDED: &str = "/first and second, rounded";
const FLIPPED: &str = "/first and second, voxels at the same place in the patient";
const IGNORED: &str = "/with -1 ignored";

const ROWS: &[Row] = &[
    Row {
        report: "labels-not-whole",
        command: "voxdice eval truth.nii.gz pred_f32_0.9999.nii.gz --metrics dice --format csv",
        expected: Says(2, &["pred_f32_0.9999.nii.gz", "whole number", "--round"], &[]),
    },
    Row {
        report: "labels-not-whole",
        command: "voxdice eval truth_fs.nii.gz pred_fs_scaled_i16.nii.gz --metrics dice --format csv",
        expected: Says(2, &["whole labels were scaled", "nibabel", "--round", "--threshold T"], &[]),
    },
    Row {
        report: "labels-not-whole",
        command: "voxdice eval truth.nii.gz pred_f32_0.9999.nii.gz --metrics dice --format csv --round",
        expected: Counts(ROUNDED),
    },
    Row {
        report: "labels-not-whole",
        command: "voxdice eval truth.nii.gz pred_f64_1e-9.nii.gz --metrics dice --format csv --round 0.01",
        expected: Counts(ROUNDED),
    },
    Row {
        report: "labels-not-whole",
        command: "voxdice eval truth_fs.nii.gz pred_fs_scaled_i16.nii.gz --metrics dice --format csv --round 0.01",
        expected: Counts("/third, rounded (nibabel get_fdata, then rint)"),
    },
    Row {
        report: "float-label-map-in-loss",
        command: "voxdice loss truth_f32.nii.gz pred.nii.gz --activation softmax --format json",
        expected: Number("/reduced", "/first and second", 2e-6),
    },
    Row {
        report: "float-label-map-in-loss",
        command: "voxdice loss truth_scaled_u8.nii.gz pred.nii.gz --activation softmax --format json",
        expected: Number("/reduced", "/first and second", 2e-6),
    },
    Row {
        report: "float-label-map-in-loss",
        command: "voxdice eval truth_u8.nii.gz truth_f32.nii.gz --metrics dice --format csv",
        expected: Holds(|run| assert!(run.classes().values().all(|class| class["dice"] == "1"))),
    },
    Row {
        report: "npy-plain-volume",
        command: "voxdice loss truth.npy pred.npy",
        expected: Says(0, &["warning", "6 x 7 x 8", "--layout flat"], &[]),
    },
    Row {
        report: "npy-plain-volume",
        command: "voxdice loss truth.npy pred.npy --layout flat --format json",
        expected: Number("/reduced", "/soft loss of the volume, the same voxels in .npy and .nii.gz", 1e-12),
    },
    Row {
        report: "npy-plain-volume",
        command: "voxdice loss truth.npy hard.npy --form score",
        expected: Says(0, &["--layout flat", "as `voxdice eval` reads it"], &[]),
    },
    Row {
        report: "npy-plain-volume",
        command: "voxdice eval truth.npy hard.npy --metrics dice --format csv",
        expected: Holds(|run| {
            let right = run.right("/hard dice of the volume (third and fourth command read the same two files)");
            assert_eq!(run.classes()["1"]["dice"], right.to_string());
        }),
    },
    Row {
        report: "flip-las-ras",
        command: "voxdice eval truth.nii.gz pred_ras.nii.gz --metrics dice --format csv",
        expected: Counts(FLIPPED),
    },
    Row {
        report: "flip-las-ras",
        command: "voxdice eval truth.nii.gz pred_pir.nii.gz --metrics dice --format csv",
        expected: Counts(FLIPPED),
    },
    Row {
        report: "flip-las-ras",
        command: "voxdice eval truth.nii.gz pred_pir.nii.gz --metrics dice --format csv",
        expected: Says(0, &["note: ", "the same points", "points were compared"], &["warning"]),
    },
    Row {
        report: "flip-las-ras",
        command: "voxdice eval cube_truth.nii.gz cube_pir.nii.gz --metrics dice --format csv",
        expected: Counts("/third"),
    },
    Row {
        report: "negative-labels",
        command: "voxdice eval truth.nii.gz pred.nii.gz --metrics dice --format csv",
        expected: Says(2, &["-1", "negative", "add -1 to --ignore"], &["-- -1"]),
    },
    Row {
        report: "negative-labels",
        command: "voxdice eval truth.nii.gz pred.nii.gz --ignore -1 --metrics dice --format csv",
        expected: Counts(IGNORED),
    },
    Row {
        report: "negative-labels",
        command: "voxdice eval truth.nii.gz pred.nii.gz --ignore=-1 --metrics dice --format csv",
        expected: Counts(IGNORED),
    },
    Row {
        report: "missing-features",
        command: "voxdice eval truth.nii.gz prob.nii.gz",
        expected: Says(2, &["prob.nii.gz", "--threshold T", "loss --activation threshold"], &[]),
    },
    Row {
        report: "missing-features",
        command: "voxdice eval truth.nii.gz prob.nii.gz --threshold 0.5 --format json",
        expected: Number("/mean/1/Dice", "/threshold 0.5, hard dice", 0.0),
    },
    Row {
        report: "missing-features",
        command: "voxdice loss truth.nii.gz prob.nii.gz --activation threshold=0.5 --form score --format json",
        expected: Number("/reduced", "/threshold 0.5, hard dice", 0.0),
    },
    Row {
        report: "loss-geometry-message",
        command: "voxdice loss truth.nii.gz pred.nii.gz --geometry off",
        expected: Holds(|run| assert!(run.code() == Some(0) && run.stderr().is_empty(), "{}", run.stderr())),
    },
    Row {
        report: "masks-0-255",
        command: "voxdice loss t255.npy p.npy",
        expected: Says(0, &["t255.npy", "a mask of 0 and 255", "divide it by 255"], &[]),
    },
];

#[test]
fn voxels_mean_what_their_file_says() {
    super::all(ROWS);
}

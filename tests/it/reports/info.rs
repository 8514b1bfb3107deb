//! Reading files, and refusing them.

use super::{Expected::*, Row};
use serde_json::{Value, json};

const ROWS: &[Row] = &[
    Row {
        report: "info-settles-intensities",
        command: "voxdice info intensity_u8_slope.nii --format json",
        expected: Holds(|run| scaled(&run.json()[0], run.right("/files/intensity_u8_slope.nii/nibabel_f64"))),
    },
    Row {
        report: "info-settles-intensities",
        command: "voxdice info prob_u8_slope.nii --format json",
        expected: Holds(|run| scaled(&run.json()[0], run.right("/files/prob_u8_slope.nii/nibabel_f64"))),
    },
    Row {
        report: "nrrd-byteskip-minus1-gzip",
        command: "voxdice info attached.nhdr --format json",
        expected: Holds(|run| {
            let found = &run.json()[0];
            for key in ["shape", "dtype", "labels", "sum"] {
                assert_eq!(found[key], *run.right(&format!("/{key}")), "{key}");
            }
            assert_eq!(found["spacing"], json!([1.0, 2.0, 3.0]));
            let affine = run.right("/affine").as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
            let found = found["affine"].as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
            assert!(found.map(Value::as_f64).eq(affine.map(Value::as_f64)));
            assert_eq!(run.stderr(), "");
        }),
    },
    Row {
        report: "nrrd-datafile-list",
        command: "voxdice info pattern.nhdr",
        expected: Says(2, &["several data files"], &["damaged"]),
    },
    Row {
        report: "nrrd-datafile-list",
        command: "voxdice info list.nhdr",
        expected: Says(2, &["list.nhdr", "several data files"], &["damaged"]),
    },
    Row {
        report: "mha-lfs-pointer",
        command: "voxdice info pointer.mha",
        expected: Says(2, &["pointer.mha: not a MetaImage file", "Git LFS pointer", "git lfs pull"], &["field"]),
    },
    // Both are read since; what follows the voxels of FreeSurfer's file is no surplus.
    Row {
        report: "freesurfer-mgz-message",
        command: "voxdice info seg.mgz --format json",
        expected: Holds(|run| {
            let found = &run.json()[0];
            assert_eq!((&found["shape"], &found["dtype"]), (&json!([4, 3, 2]), &json!("u8")));
            assert_eq!(found["labels"], json!({"0": 8, "1": 8, "2": 8}));
            assert_eq!(run.stderr(), "");
        }),
    },
    Row {
        report: "freesurfer-mgz-message",
        command: "voxdice info seg.gipl.gz --format json",
        expected: Holds(|run| assert_eq!(run.json()[0]["labels"], json!({"0": 24}))),
    },
    Row {
        report: "dicom-preamble-348",
        command: "voxdice info preamble.dcm",
        expected: Says(
            2,
            &["preamble.dcm: DICOM is not a format that is read", "convert"],
            &["NIfTI header", "Analyze"],
        ),
    },
    Row {
        report: "nnunet-v1-summary",
        command: "voxdice merge summary.json --metrics dice",
        expected: Says(2, &["nnU-Net version 1"], &["missing field"]),
    },
];

/// Minimum, maximum and sum as nibabel has them: of no label map, in f64.
fn scaled(found: &Value, right: &Value) {
    assert!(found["labels"].is_null(), "{found}");
    assert_eq!((&found["min"], &found["max"]), (&right["min"], &right["max"]));
    assert_eq!(found["sum"], right["sum_exactly_rounded"]);
}

#[test]
fn files_are_read_or_refused_by_name() {
    super::all(ROWS);
}

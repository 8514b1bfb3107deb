//! Names of classes: segments, masks, dataset.json, BIDS.

use super::{Expected::*, Row};

const ROWS: &[Row] = &[
    Row {
        report: "slicer-names-vs-dataset",
        command: "voxdice eval truth.nii.gz swapped.seg.nrrd --dataset dataset.json --metrics dice --format csv",
        expected: Counts("/each of the three commands"),
    },
    Row {
        report: "slicer-names-vs-dataset",
        command: "voxdice eval truth.nii.gz readded.seg.nrrd --dataset dataset.json --metrics dice --format csv",
        expected: Counts("/each of the three commands"),
    },
    Row {
        report: "slicer-names-vs-dataset",
        command: "voxdice eval masks swapped.seg.nrrd --dataset dataset.json --metrics dice --format csv",
        expected: Counts("/each of the three commands"),
    },
    Row {
        report: "one-mask-folders",
        command: "voxdice eval truth other --metrics dice --format csv",
        expected: Holds(|run| {
            let classes = run.classes();
            assert_eq!(classes.keys().collect::<Vec<_>>(), ["liver", "spleen"]);
            let of = |class: &str, column: &str| classes[class][column].clone();
            assert_eq!([of("liver", "tp"), of("liver", "n_truth"), of("liver", "n_pred")], ["0", "272", "0"]);
            assert_eq!([of("spleen", "tp"), of("spleen", "n_truth"), of("spleen", "n_pred")], ["0", "0", "260"]);
        }),
    },
    Row {
        report: "one-mask-folders",
        command: "voxdice eval truth p255 --metrics dice --format csv",
        expected: Counts("/second"),
    },
    Row {
        report: "one-mask-folders",
        command: "voxdice eval truth two --metrics dice --format csv",
        expected: Holds(|run| liver_and_no_spleen(run, "/third")),
    },
    Row {
        report: "one-mask-folders",
        command: "voxdice eval truth labels --dataset dataset.json --metrics dice --format csv",
        expected: Holds(|run| liver_and_no_spleen(run, "/fourth")),
    },
    Row {
        report: "slicer-fractional",
        command: "voxdice eval truth.seg.nrrd pred.seg.nrrd --metrics dice --format csv",
        expected: Says(2, &["error: pred.seg.nrrd is a fractional segmentation", "export it"], &["empty"]),
    },
    Row {
        report: "slicer-undeclared-value",
        command: "voxdice eval truth.seg.nrrd pred.seg.nrrd --metrics dice --format csv",
        expected: Says(
            0,
            &["pred.seg.nrrd: 132 voxels have the value 7", "the segment tumor (value 2) has no voxel"],
            &[],
        ),
    },
    Row {
        report: "slicer-cropped-extent",
        command: "voxdice eval truth.seg.nrrd pred.seg.nrrd --metrics dice --format csv",
        expected: Holds(|run| {
            let classes = run.classes();
            assert_eq!(classes.keys().collect::<Vec<_>>(), ["liver", "tumor"], "{}", run.stderr());
            for class in ["liver", "tumor"] {
                same_counts(run, class, &format!("/{class}"));
            }
        }),
    },
    Row {
        report: "slicer-no-kinds",
        command: "voxdice eval layers.seg.nrrd layers.seg.nrrd --metrics dice --format csv",
        expected: Holds(|run| {
            let classes = run.classes();
            assert_eq!(classes.keys().collect::<Vec<_>>(), ["liver", "tumor"], "{}", run.stderr());
            assert!(classes.values().all(|class| class["dice"] == "1"));
        }),
    },
    Row {
        report: "bids-dseg",
        command: "voxdice eval gt pred --metrics dice --format csv",
        expected: Counts("/first and third"),
    },
    Row {
        report: "bids-dseg",
        command: "voxdice eval deep pred --metrics dice --format csv",
        expected: Counts("/first and third"),
    },
    Row {
        report: "bids-dseg",
        command: "voxdice eval gt gt --metrics dice --format csv",
        expected: Holds(|run| {
            assert_eq!(run.classes().into_keys().collect::<Vec<_>>(), ["1", "2", "3"]);
            assert!(!run.stdout().contains("T1w"));
        }),
    },
    Row {
        report: "ignore-with-masks",
        command: "voxdice eval labels pmasks --dataset dataset.json --metrics dice --format csv",
        expected: Counts("/both"),
    },
    Row {
        report: "ignore-with-masks",
        command: "voxdice eval tmasks pmasks --dataset dataset.json --metrics dice --format csv",
        expected: Counts("/both"),
    },
    Row {
        report: "masks-0-255",
        command: "voxdice eval truth.nii.gz pred.nii.gz --metrics dice --format csv",
        expected: Says(0, &["share no label but 0", "the truth has 1, the prediction 255", "--region fg=1,255"], &[]),
    },
];

/// Only the prediction has a spleen.
fn liver_and_no_spleen(run: &super::Run, right: &str) {
    let classes = run.classes();
    same_counts(run, "liver", &format!("{right}/liver"));
    assert_eq!((classes.len(), classes["spleen"]["n_truth"].as_str()), (2, "0"));
    assert!(run.stderr().contains("the truth has no mask of spleen"), "{}", run.stderr());
}

fn same_counts(run: &super::Run, class: &str, right: &str) {
    let (found, right) = (&run.classes()[class], run.right(right));
    for (key, column) in [("TP", "tp"), ("n_ref", "n_truth"), ("n_pred", "n_pred"), ("Dice", "dice")] {
        assert_eq!(found[column], right[key].to_string(), "{}", run.stdout());
    }
}

#[test]
fn names_decide_which_voxels_are_a_class() {
    super::all(ROWS);
}

//! What `voxdice eval` says of definitions of lesions.

use super::lesions::pair;
use super::{Files, fails, fine, json, run, stderr, text};
use std::path::Path;

/// A mask whose lesions are one object as a label: the next step is named.
#[test]
fn a_mask_taken_as_one_object_is_told() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    let said = |more: &[&str]| stderr(&run(["eval", text(&truth), text(&pred), "--bootstrap", "0"].iter().chain(more)));
    let word = "each label is one object here, and no file has more than one label";
    let told = said(&["--like", "coco"]);
    assert!(told.contains(word) && told.contains("--instances components"), "{told}");
    assert!(said(&["--instances", "labels"]).contains(word));
    assert!(!said(&["--like", "coco", "--instances", "components"]).contains(word));
    let cells = files.map("cells.nii", &[8, 2, 1], &[1u8, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let output = run(["eval", text(&cells), text(&cells), "--like", "coco"]);
    assert!(!stderr(&output).contains(word), "{}", stderr(&output));
}

/// A definition is called as it was asked for, and one is one.
#[test]
fn a_definition_is_told_by_its_name() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    let shown = |like: &str| {
        let shown = fine(["eval", text(&truth), text(&pred), "--like", like]);
        shown.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(shown("brats23-gli").contains("(--like brats23-gli)"), "{}", shown("brats23-gli"));
    assert!(shown("brats24-men-rt").contains("joined by 1 dilation;"), "{}", shown("brats24-men-rt"));
}

/// Choices that cannot work are refused in words of the command, with what to write.
#[test]
fn choices_that_nothing_fits_are_refused() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    let refused = |parts: &[&str], more: &str| {
        fails(2, parts, ["eval", text(&truth), text(&pred)].into_iter().chain(more.split(' ')));
    };
    let near = "--instances components --match any --criterion voxels --near 1 --match-threshold";
    refused(&["--near", "--match-threshold", "would do nothing"], &format!("{near} 0.5"));
    refused(&["--like brats23-gli", "would do nothing"], "--like brats23-gli --match-threshold 0.5");
    fine(["eval", text(&truth), text(&pred)].into_iter().chain(format!("{near} >0").split(' ')));
    for threshold in ["50", "1.5", ">1"] {
        let parts = ["is never reached: IoU is at most 1", "0.5 for 50 %"];
        refused(&parts, &format!("--like cellpose --match-threshold {threshold}"));
    }
    refused(&["overlap of the truth"], "--instances components --criterion iot --match-threshold 2");
    let one = ["eval", text(&truth), text(&pred), "--instances", "components", "--match-threshold"];
    fine(one.into_iter().chain(["1"]));
    fine(one.into_iter().chain(["3", "--criterion", "voxels"]));
    for (flag, value, part) in [
        ("--match-threshold", "-1", "a number such as 0.5"),
        ("--floor", "-5mm3", "a number with its unit"),
        ("--min-size", "-5mm3", "a number with its unit"),
        ("--join", "-1", "--join"),
        ("--near", "-1", "--near"),
        ("--size-classes", "-1", "not a volume above 0"),
    ] {
        let output = run(["eval", text(&truth), text(&pred), "--instances", "components", flag, value]);
        let said = stderr(&output);
        assert!(said.contains(part) && !said.contains("unexpected argument"), "{flag}: {said}");
    }
    refused(&["(1, 2), called A and B,", "twice"], "--region A=1,2 --region B=1,2");
    refused(&["pred.nii", "truth has 2 lesions"], "--instances components --max-lesions 1");
    let spacing = "--metrics hd95 --spacing 1e-9,1,0.7";
    refused(&["truth.nii and", "62 bits", "with --spacing"], spacing);
}

/// What `-` stands for is the reason that holds.
#[test]
fn undefined_scores_have_their_reason() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    let shown = |pred: &Path, more: &str| {
        let shown = fine(["eval", text(&truth), text(pred)].into_iter().chain(more.split(' ')));
        shown.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (neither, elsewhere) = ("a label in neither file", "also where a file has the label");
    let of_lits = shown(&pred, "--like lits --metrics sq,pq");
    assert!(of_lits.contains("SQ, PQ are undefined (-) also where") && !of_lits.contains(neither), "{of_lits}");
    assert!(of_lits.contains("merged lesions are counted, so that scores of pairs are undefined"), "{of_lits}");
    let full = files.map("full.nii", &[8, 2, 1], &[1u8; 16]);
    let edge = shown(&full, "--metrics dice,hd --image-edge repeat");
    assert!(edge.contains("hd mm is undefined (-) also where") && !edge.contains(neither), "{edge}");
    let absent = shown(&pred, "-l 1,2 --metrics dice,iou");
    assert!(absent.contains("a label in neither file is undefined (-)") && !absent.contains(elsewhere), "{absent}");
    for (more, part) in [
        ("--like nnunet", "undefined (-) (--like nnunet)"),
        ("--like nnunet --empty one", "a label in neither file scores 1 (--empty one)"),
        ("--like kits23", "a label in neither file scores 1 (--like kits23)"),
        ("--like kits23 --empty nan", "a label in neither file is undefined (-) (--empty nan)"),
        (
            "--like monai",
            "undefined (-) (--like monai), scores of counts of one in the prediction alone are undefined (-) (--like monai)",
        ),
    ] {
        let told = shown(&pred, more);
        assert!(told.contains(part), "{more}: {told}");
    }
}

/// A list of lesions can be joined with maps of them, and with tables of cases: all have the names of classes.
#[test]
fn lesions_are_listed_with_the_names_of_their_classes() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    let list = files.path("lesions.csv");
    let choices = ["--region", "liver=1,2", "--instances", "components", "--lesions", text(&list)];
    fine(["eval", text(&truth), text(&pred)].into_iter().chain(choices));
    let rows = std::fs::read_to_string(&list).unwrap();
    assert!(rows.starts_with("case,label,name,side,number,"), "{rows}");
    assert!(rows.lines().skip(1).all(|row| row.starts_with("pred,\"(1, 2)\",liver,")), "{rows}");
}

/// Where false positives cost nothing, nothing is said of a truth without lesions.
#[test]
fn false_positives_alone_have_a_mean_where_they_cost() {
    let files = Files::new();
    let [_, pred] = pair(&files);
    let empty = files.map("empty.nii", &[8, 2, 1], &[0u8; 16]);
    let dice = |more: &str| {
        let start = ["eval", text(&empty), text(&pred), "-l", "1", "--format", "json"];
        json(start.into_iter().chain(more.split(' ')))["metric_per_case"][0]["instances"]["1"]["lesion_dice"].clone()
    };
    assert_eq!(dice("--instances components"), 0.0);
    assert!(dice("--instances components --charge-fp no").is_null());
    // As the challenge has it, and not.
    assert_eq!(dice("--like brats24-men-rt --min-size 0vox"), 1.0);
    assert_eq!(dice("--like brats24-men-rt --min-size 0vox --charge-fp no"), 1.0);
    assert_eq!(dice("--like brats24-men-rt --min-size 0vox --charge-fp yes"), 0.0);
}

//! What `voxdice eval` says of definitions of lesions.

use super::lesions::pair;
use super::{Files, fine, run, stderr, text};

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

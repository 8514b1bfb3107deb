//! What lies in a folder under the name of a case and cannot be read: the case is an error that says why.

use super::{Cohort, cases, listed};
use crate::cli::pictures::bitmap;
use crate::cli::{Files, fails, run, stderr, text};
use std::fs;

/// What is said about the case that could not be evaluated.
fn failure(files: &Files, code: i32, more: &[&str]) -> String {
    let [truth, pred] = ["truth", "pred"].map(|side| files.path(side));
    let output = run(["eval", text(&truth), text(&pred), "--quiet"].iter().chain(more));
    assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
    stderr(&output)
}

#[test]
fn a_jpeg_in_the_place_of_a_prediction_is_named_with_the_reason() {
    let cohort = Cohort::new();
    fs::rename(cohort.path("pred/case_1.nii.gz"), cohort.path("pred/case_1.jpg")).unwrap();
    let found = cohort.json(1, &[]);
    assert_eq!(cases(&found), ["case_0", "case_2", "case_3"]);
    assert_eq!(listed(&found, "failures", "case"), ["case_1"]);
    assert!(listed(&found, "missing_predictions", "case").is_empty());
    let message = &listed(&found, "failures", "message")[0];
    assert!(message.contains("case_1.jpg: JPEG is not a format that is read; it changes the numbers"), "{message}");
    // It is there, so that it is no empty prediction either.
    let found = cohort.json(1, &["--missing", "zero"]);
    assert_eq!(listed(&found, "failures", "case"), ["case_1"]);
    // A pattern finds it as well, and a choice of cases may leave it out.
    let found = cohort.json(1, &["--pair-regex", "case_([0-9])"]);
    assert_eq!(listed(&found, "failures", "case"), ["1"]);
    cohort.json(0, &["--cases", "case_[023]"]);
    // Where the case has a prediction that is read, what lies beside it does not matter.
    fs::rename(cohort.path("pred/case_1.jpg"), cohort.path("pred/case_1.nii.gz")).unwrap();
    fs::write(cohort.path("pred/case_1.jpg"), "looked at").unwrap();
    fs::write(cohort.path("pred/case_9.jpg"), "of no case").unwrap();
    cohort.json(0, &[]);
}

#[test]
fn a_jpeg_in_the_place_of_a_truth_is_named_as_well() {
    let cohort = Cohort::new();
    fs::rename(cohort.path("truth/case_2.nii.gz"), cohort.path("truth/case_2.JPEG")).unwrap();
    let said = failure(&cohort.0, 1, &[]);
    assert!(said.contains("error: case_2: ") && said.contains("case_2.JPEG: JPEG is not a format"), "{said}");
    assert!(!said.contains("no truth"), "{said}");
}

#[test]
fn a_folder_of_jpegs_alone_says_so() {
    let files = Files::new();
    let [truth, _] = files.pair();
    fs::create_dir(files.path("one")).unwrap();
    fs::copy(&truth, files.path("one/a.nii.gz")).unwrap();
    fs::create_dir_all(files.path("photos/empty")).unwrap();
    for name in ["a.jpg", "b.jpg", "notes.txt", "README"] {
        fs::write(files.path("photos").join(name), "").unwrap();
    }
    let (one, photos) = (files.path("one"), files.path("photos"));
    let parts =
        ["it holds 2 .jpg, 1 .txt, 1 without an ending, 1 folder (JPEG is not read; it changes the numbers", ".nii.gz"];
    fails(2, &parts, ["eval", text(&one), text(&photos)]);
    fails(2, &["it holds nothing"], ["eval", text(&one), text(&photos.join("empty"))]);
}

/// Two cases of two slices.
fn stacks() -> Files {
    let files = Files::new();
    for side in ["truth", "pred"] {
        for case in ["a", "b"] {
            let folder = files.path(&format!("{side}/{case}"));
            fs::create_dir_all(&folder).unwrap();
            for slice in 1..=2 {
                fs::write(folder.join(format!("{slice}.bmp")), bitmap(3, &[0, 1, 1])).unwrap();
            }
        }
    }
    files
}

#[test]
fn a_case_without_slices_names_its_folder_and_what_it_holds() {
    let files = stacks();
    for slice in ["1", "2"] {
        let from = files.path(&format!("pred/b/{slice}.bmp"));
        fs::rename(&from, from.with_extension("jpg")).unwrap();
    }
    let said = failure(&files, 1, &["--stack"]);
    for part in
        ["error: b: ", "holds 2 .jpg (JPEG is not read; it changes", "slices are pictures alone, which end in .png"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.contains(text(&files.path("pred/b"))) && !said.contains("missing"), "{said}");
    // Volumes are no slices.
    fs::remove_dir_all(files.path("pred/b")).unwrap();
    fs::create_dir(files.path("pred/b")).unwrap();
    files.map("pred/b/b.nii", &[3, 1, 2], &[0u8, 1, 1, 0, 1, 1]);
    assert!(failure(&files, 1, &["--stack"]).contains("holds 1 .nii;"));
    fs::rename(files.path("pred/b/b.nii"), files.path("pred/b/b.nii.gz")).unwrap();
    assert!(failure(&files, 1, &["--stack"]).contains("holds 1 .nii.gz;"));
    // Without any case to read, the first folder is named.
    for case in ["a", "b"] {
        fs::remove_dir_all(files.path("pred").join(case)).unwrap();
    }
    fs::create_dir(files.path("pred/b")).unwrap();
    fs::write(files.path("pred/b/1.jpg"), "").unwrap();
    let said = failure(&files, 2, &["--stack"]);
    let part = format!("it holds 1 folder, the first of which is {}: 1 .jpg (JPEG", text(&files.path("pred/b")));
    assert!(said.contains(&part), "{said}");
    // A folder that is no case of the other side does not matter.
    let files = stacks();
    fs::create_dir_all(files.path("pred/logs")).unwrap();
    assert_eq!(failure(&files, 0, &["--stack"]), "");
}

/// Without it the others would be a shorter volume.
#[test]
fn a_slice_that_is_not_read_is_an_error_of_its_case() {
    let files = stacks();
    for side in ["truth", "pred"] {
        fs::write(files.path(&format!("{side}/b/3.jpg")), "").unwrap();
    }
    let said = failure(&files, 1, &["--stack"]);
    for part in ["error: b: ", "3.jpg", "is not read (JPEG: it changes", "move it elsewhere"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let [truth, pred] = ["truth/b", "pred/b"].map(|side| files.path(side));
    fails(2, &["3.jpg", "is not read"], ["eval", text(&truth), text(&pred), "--stack"]);
}

#[test]
fn a_case_without_masks_names_its_folder() {
    let files = Files::new();
    for name in ["truth/a/liver.nii", "pred/a/liver.nii", "truth/b/liver.nii"] {
        fs::create_dir_all(files.path(name).parent().unwrap()).unwrap();
        files.map(name, &[2, 1], &[0u8, 1]);
    }
    fs::create_dir(files.path("pred/b")).unwrap();
    let said = failure(&files, 1, &[]);
    assert!(said.contains("there is no label map in this folder, and no folder with one: it holds nothing"), "{said}");
}

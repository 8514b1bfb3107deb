//! Results that would take the place of something else, or have none.

use super::{Cohort, Files, run_in, says, text};
use crate::cli::fails;
use std::fs;

#[test]
fn a_result_never_takes_the_place_of_an_input() {
    let cohort = Cohort::new();
    let folder = cohort.path("");
    let [truth, pred] = ["truth/case_0.nii.gz", "pred/case_0.nii.gz"];
    fs::write(folder.join("dataset.json"), r#"{"labels": {"background": 0, "a": 1}}"#).unwrap();
    fs::write(folder.join("pairs.csv"), "case_0.nii.gz,case_0.nii.gz\n").unwrap();
    let part = run_in(&folder, &["eval", "truth", "pred", "--format", "json"]).stdout;
    fs::write(folder.join("part.json"), part).unwrap();
    let array = voxdice::io::npy::write(folder.join("a.npy"), &[4], voxdice::io::npy::Order::RowMajor, &[0.0f32; 4]);
    array.unwrap();
    let kept = [truth, pred, "dataset.json", "pairs.csv", "part.json", "a.npy"];
    let before = kept.map(|name| fs::read(folder.join(name)).unwrap());
    let cases: [(&[&str], &str); 9] = [
        (&["eval", truth, pred, "-o", pred], "this is an input, and --output would write over it"),
        (&["eval", "truth", "pred", "--csv", truth], "the name of a volume, and --csv writes none"),
        (&["eval", "truth", "pred", "--html", "new.mha"], "the name of a volume"),
        (&["eval", "truth", "pred", "--dataset", "dataset.json", "-o", "dataset.json"], "this is an input"),
        (&["eval", "truth", "pred", "--dataset", "dataset.json", "-o", "truth/../dataset.json"], "this is an input"),
        (&["eval", "truth", "pred", "--pairs", "pairs.csv", "--csv", "./pairs.csv"], "--csv would write over it"),
        (&["merge", "part.json", "-o", "part.json"], "this is an input"),
        (&["loss", "a.npy", "a.npy", "--grad", "a.npy"], "this is an input, and --grad"),
        (&["eval", "truth", "pred", "-o", "x.json", "--csv", "x.json"], "--output and --csv both name this file"),
    ];
    for (arguments, part) in cases {
        let said = says(&folder, 2, arguments);
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
    assert_eq!(kept.map(|name| fs::read(folder.join(name)).unwrap()), before);
    assert!(!folder.join("x.json").exists() && !folder.join("new.mha").exists());
}

#[test]
fn names_that_cannot_be_written_are_told_before_anything_is_read() {
    let cohort = Cohort::new();
    let folder = cohort.path("");
    fs::write(folder.join("kept.json"), "kept").unwrap();
    let mut rights = fs::metadata(folder.join("kept.json")).unwrap().permissions();
    rights.set_readonly(true);
    fs::set_permissions(folder.join("kept.json"), rights).unwrap();
    for (name, part) in [
        ("kept.json", "write-protected"),
        ("none/x.json", "there is no folder none; make it first"),
        ("x/", "the name of a folder"),
        ("kept.json/x.json", "cannot be written"),
        ("truth", "this is a folder"),
        ("-", "stdout is chosen by --format"),
    ] {
        // Without the inputs it would be about them, if they were looked at.
        let said = says(&folder, 2, &["eval", "no truth", "no pred", "-o", name]);
        assert!(said.contains(name.trim_end_matches('/')) && said.contains(part), "{name}: {said}");
    }
    assert_eq!(fs::read_to_string(folder.join("kept.json")).unwrap(), "kept");
}

/// Root may write everywhere, so the command runs as somebody else there.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_may_not_be_written_to_is_told_before_anything_is_read() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let files = Files::new();
    let allow = |name: &str, mode| fs::set_permissions(files.path(name), fs::Permissions::from_mode(mode)).unwrap();
    fs::create_dir(files.path("shut")).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_voxdice"), files.path("voxdice")).unwrap();
    allow("", 0o755);
    allow("shut", 0o555);
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let binary = files.path("voxdice");
    let mut command = std::process::Command::new(if root { "setpriv" } else { text(&binary) });
    if root {
        command.args(["--reuid", "65534", "--clear-groups", text(&binary)]);
    }
    let arguments = ["eval", "no truth", "no pred", "-o", "shut/x.json"];
    let output = command.args(arguments).current_dir(files.path("")).output().unwrap();
    let said = super::stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("shut/x.json: cannot be written; check the rights") && said.contains("denied"), "{said}");
    // So that the folder can be removed.
    allow("shut", 0o755);
}

#[cfg(unix)]
#[test]
fn a_link_stays_and_what_it_leads_to_is_written() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let cohort = Cohort::new();
    let folder = cohort.path("");
    fs::create_dir(folder.join("results")).unwrap();
    fs::write(folder.join("results/old.json"), "old").unwrap();
    fs::set_permissions(folder.join("results/old.json"), fs::Permissions::from_mode(0o660)).unwrap();
    for (name, to) in
        [("latest.json", "results/old.json"), ("next.json", "results/new.json"), ("two.json", "next.json")]
    {
        symlink(to, folder.join(name)).unwrap();
    }
    symlink("circle.json", folder.join("circle.json")).unwrap();
    for name in ["latest.json", "two.json"] {
        says(&folder, 0, &["eval", "truth", "pred", "-o", name]);
        assert!(folder.join(name).is_symlink() && folder.join("next.json").is_symlink());
    }
    let [old, new] = ["old", "new"].map(|name| fs::read(folder.join(format!("results/{name}.json"))).unwrap());
    assert!(old == new && old.starts_with(b"{\n    \"foreground_mean\""));
    // Whoever could read and write the file still can.
    let mode = fs::metadata(folder.join("results/old.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    assert!(
        says(&folder, 2, &["eval", "truth", "pred", "-o", "circle.json"]).contains("circle.json: cannot be written")
    );
    // One file under two names is one file.
    let both = ["eval", "truth", "pred", "-o", "latest.json", "--csv", "results/old.json"];
    assert!(says(&folder, 2, &both).contains("both name this file"));
    assert_eq!(super::super::folder::names_in(&folder.join("results")), ["new.json", "old.json"]);
}

#[test]
fn a_name_of_another_form_is_refused() {
    let files = Files::new();
    let [truth, pred] = files.pair();
    for (name, way) in [("report.html", "--html "), ("scores.CSV", "--csv "), ("table.tex", "--format latex > ")] {
        let path = files.path(name);
        let parts = ["--output writes JSON", way, name];
        fails(2, &parts, ["eval", text(&truth), text(&pred), "-o", text(&path)]);
        assert!(!path.exists());
    }
}

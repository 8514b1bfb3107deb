//! What a terminal gets. `script` of util-linux is one.

use super::{Cohort, Path};
use std::process::Command;

/// What `voxdice eval truth pred` shows on a terminal of so many columns.
fn shown(folder: &Path, columns: u32, variables: &[(&str, &str)], more: &str) -> String {
    let command = format!("stty cols {columns}; {} eval truth pred {more}", env!("CARGO_BIN_EXE_voxdice"));
    let output = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env("TERM", "xterm")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n")
}

#[test]
fn colours_are_for_terminals_that_show_them_and_for_those_who_want_them() {
    let cohort = Cohort::new();
    let folder = cohort.path("");
    let coloured = |variables: &[(&str, &str)]| shown(&folder, 100, variables, "-q").contains('\u{1b}');
    assert!(coloured(&[]));
    assert!(coloured(&[("NO_COLOR", "")]), "set, but empty");
    assert!(!coloured(&[("NO_COLOR", "1")]));
    assert!(!coloured(&[("TERM", "dumb")]));
    // Progress moves the cursor, which this terminal does not do either.
    assert!(!shown(&folder, 100, &[("TERM", "dumb")], "").contains('\u{1b}'));
}

/// The widest line of tables, whatever is beside them.
fn widest(shown: &str) -> usize {
    let lines = shown.lines().filter(|line| line.contains('─') || line.starts_with(' '));
    lines.map(|line| line.chars().count()).max().unwrap()
}

/// Columns go, the most telling ones last, the same in every table, and it is said which.
#[test]
fn a_narrow_terminal_has_a_narrow_table() {
    let cohort = Cohort::new();
    let folder = cohort.path("");
    let table =
        |columns: u32| shown(&folder, columns, &[("NO_COLOR", "1")], "-q -l 1-4 --metrics dice,balanced_accuracy");
    let whole = table(120);
    assert!(
        (81..=120).contains(&widest(&whole)) && whole.contains(" max ") && !whole.contains("no room here"),
        "{whole}"
    );
    let all = ["max", "min", "median", "sd", "cases", "95% CI", "undefined"];
    for (columns, gone) in [(100, 1), (90, 2), (80, 3), (70, 4), (40, 6)] {
        let shown = table(columns);
        assert!(widest(&shown) <= columns as usize, "{columns}: {shown}");
        let words = shown.replace("\n  ", " ");
        assert!(
            words.contains(&format!("no room here for {}: --format json has them", all[..gone].join(", "))),
            "{shown}"
        );
        let heads: Vec<Vec<&str>> = shown
            .lines()
            .filter(|line| {
                [" Dice ", " Balanced accuracy ", " balanced_accuracy "].iter().any(|name| line.starts_with(name))
            })
            .map(|line| line.split_whitespace().skip_while(|word| *word != "mean").collect())
            .collect();
        assert!(heads.len() == 2 && heads[0] == heads[1], "{heads:?}");
        assert!(shown.lines().all(|line| line.chars().count() <= columns as usize), "{shown}");
    }
    // A terminal that does not know its width, and one of no use.
    assert_eq!(widest(&table(0)), widest(&whole));
    assert!(table(10).replace("\n  ", " ").contains("no room here"));
    // What is undefined nowhere has no column.
    assert!(!shown(&folder, 120, &[], "-q -l 1-2").contains("undefined"));
}

/// Many classes of long names, distances and lesions: nothing wraps.
#[test]
fn long_names_are_cut_where_there_is_no_room() {
    let cohort = Cohort::new();
    let names: Vec<String> =
        (1..=3).map(|label| format!("\"a_very_long_name_of_an_organ_{label:03}\": {label}")).collect();
    std::fs::write(cohort.path("d.json"), format!("{{\"labels\": {{\"background\": 0, {}}}}}", names.join(", ")))
        .unwrap();
    let folder = cohort.path("");
    for columns in [40, 80, 120] {
        let more = "-q --dataset d.json --metrics all,hd95,lesion_f1 --instances components";
        let shown = shown(&folder, columns, &[("NO_COLOR", "1")], more);
        assert!(shown.lines().all(|line| line.chars().count() <= columns as usize), "{shown}");
        let cut = if columns == 40 { "…" } else { "a_very_long_name_of_an_organ_003" };
        assert!(shown.contains(cut) && shown.contains("003 "), "{shown}");
        assert!(shown.contains("all scores in one table"), "{shown}");
    }
    // One case has its counts in tables of their own then.
    let script = format!(
        "cd {}; COLUMNS=40 {} eval truth/case_0.nii.gz pred/case_0.nii.gz",
        folder.display(),
        env!("CARGO_BIN_EXE_voxdice")
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(widest(&shown) <= 40 && shown.matches(" label ").count() == 2 && shown.contains("n_truth"), "{shown}");
}

/// Red is for scores below a bound, and the bound stands beside them.
#[test]
fn what_is_red_is_said() {
    let cohort = Cohort::new();
    let folder = cohort.path("");
    let red = "\u{1b}[38;5;9m";
    let low = shown(&folder, 100, &[], "-q --metrics iou");
    assert!(low.contains(red) && low.contains("\nred: below 0.5\n"), "{low}");
    let plain = shown(&folder, 100, &[("NO_COLOR", "1")], "-q --metrics iou");
    assert!(!plain.contains("red"), "{plain}");
    for case in 0..4 {
        std::fs::copy(
            folder.join(format!("truth/case_{case}.nii.gz")),
            folder.join(format!("pred/case_{case}.nii.gz")),
        )
        .unwrap();
    }
    let high = shown(&folder, 100, &[], "-q");
    assert!(!high.contains(red) && !high.contains("red: ") && !high.contains("worst"), "{high}");
}

/// A run that is over at once shows no progress.
#[test]
fn short_work_shows_no_progress() {
    let cohort = Cohort::new();
    let script = format!("{} eval truth pred --bootstrap 0 >/dev/null", env!("CARGO_BIN_EXE_voxdice"));
    let output =
        Command::new("script").args(["-qec", &script, "/dev/null"]).current_dir(cohort.path("")).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    // A loaded machine may take longer than the patience.
    assert!(!shown.contains("(0s)"), "{shown}");
}

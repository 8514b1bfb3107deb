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

/// Columns go, the most telling ones last, and it is said which.
#[test]
fn a_narrow_terminal_has_a_narrow_table() {
    let cohort = Cohort::new();
    let folder = cohort.path("");
    let table = |columns: u32, variables: &[(&str, &str)]| {
        let shown = shown(&folder, columns, &[&[("NO_COLOR", "1")], variables].concat(), "-q");
        let lines =
            shown.lines().filter(|line| line.contains('─') || line.trim_start().starts_with(['1', '2', '3', 'D']));
        (lines.map(|line| line.chars().count()).max().unwrap(), shown)
    };
    let (widest, whole) = table(120, &[]);
    assert!((81..=100).contains(&widest) && whole.contains(" sd ") && !whole.contains("no room here"), "{whole}");
    for (columns, gone) in [(80, "sd"), (75, "sd, median"), (55, "sd, median, min, max")] {
        let (widest, shown) = table(columns, &[]);
        assert!(widest <= columns as usize, "{widest} of {columns}: {shown}");
        assert!(shown.contains(&format!("no room here for {gone}: --format json has them")), "{shown}");
        assert!(shown.contains("95% CI") && shown.contains("undefined"), "{shown}");
    }
    // A terminal that does not know its width, and one of no use.
    assert_eq!(table(0, &[]).0, widest);
    assert!(table(10, &[]).1.contains("no room here"));
}

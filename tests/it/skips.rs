//! Tests that cannot run here say so where it is seen: the harness hides what a passing test prints.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Mutex;

/// Says once that something was skipped, and why, on the real stderr; also in the file that `VOXDICE_TEST_SKIPS` names, from
/// which `.ci/test` makes its summary.
pub fn skipped(what: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if !SAID.lock().unwrap().insert(what.to_owned()) {
        return;
    }
    // Unlike `eprintln!` this is not captured.
    let _ = writeln!(std::io::stderr(), "skipped: {what}");
    if let Some(path) = std::env::var_os("VOXDICE_TEST_SKIPS") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        let _ = file.and_then(|mut file| writeln!(file, "skipped: {what}"));
    }
}

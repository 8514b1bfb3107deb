//! Situations that people reported of some tool, rebuilt: `tests/golden/reports/NAME` holds the inputs, the commands
//! (`cmd`) and the right values, derived by other means (`expected.json`). A row says which of these values a command
//! must give. A row is here when it holds; there are no others.

use assert_cmd::Command;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

mod axes;
mod calls;
mod info;
mod names;

/// What a command has to do in the folder of a report.
struct Row {
    /// The folder.
    report: &'static str,
    /// A line of its `cmd`, where it has one. Words with spaces stand in single quotes.
    command: &'static str,
    expected: Expected,
}

enum Expected {
    /// With `--format csv`: the counts and the Dice of each class are those of the object of `expected.json` at this
    /// JSON pointer (RFC 6901), and there are no other classes. A class is found by its name, else by its label.
    Counts(&'static str),
    /// With `--format json`: at the first pointer of the result there is the number that stands at the second one of
    /// `expected.json`, but for the tolerance.
    Number(&'static str, &'static str, f64),
    /// The exit code; all words of the first list are in one line of stderr, and none of the second is anywhere in it.
    Says(i32, &'static [&'static str], &'static [&'static str]),
    /// What the others cannot say.
    Holds(fn(&Run)),
}

/// A command that has run, and what is right.
struct Run {
    output: Output,
    /// `expected.json`; null where there is none.
    right: Value,
}

impl Run {
    fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    #[allow(dead_code)] // for the rows of owners
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout()).unwrap()
    }

    /// What `expected.json` has at a pointer.
    fn right(&self, pointer: &str) -> &Value {
        self.right.pointer(pointer).unwrap_or_else(|| panic!("expected.json has no {pointer}"))
    }

    /// Rows of the CSV by the name of the class, each by the name of the column.
    fn classes(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let text = self.stdout();
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let columns = lines.next().unwrap_or_default();
        let rows = lines.map(|line| columns.iter().cloned().zip(line).collect::<BTreeMap<_, _>>());
        rows.map(|row| (row["name"].clone(), row)).collect()
    }
}

fn folder(report: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/reports").join(report)
}

/// The words of a command line: spaces part them, but not between single quotes.
fn words(command: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for (place, part) in command.split('\'').enumerate() {
        if place % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

fn run(row: &Row) -> Run {
    let folder = folder(row.report);
    assert!(folder.is_dir(), "{} is not there", folder.display());
    if let Ok(commands) = std::fs::read_to_string(folder.join("cmd")) {
        assert!(commands.lines().any(|line| line == row.command), "{}: cmd has no line {}", row.report, row.command);
    }
    let right = std::fs::read_to_string(folder.join("expected.json"));
    let right = right.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
    let words = words(row.command);
    let (program, arguments) = words.split_first().unwrap();
    assert_eq!(program, "voxdice");
    let output = Command::cargo_bin("voxdice").unwrap().args(arguments).current_dir(&folder).output().unwrap();
    crate::cli::flags::check(arguments, &String::from_utf8_lossy(&output.stderr));
    Run { output, right }
}

/// Whether a row holds; if not, why.
fn check(row: &Row, run: &Run) -> Result<(), String> {
    let told = || format!("exit {:?}\n{}\n{}", run.code(), run.stdout(), run.stderr());
    match row.expected {
        Expected::Counts(pointer) => {
            let mut classes = run.classes();
            for (class, right) in run.right(pointer).as_object().unwrap() {
                let Some(found) = classes.remove(class) else { return Err(format!("no class {class}: {}", told())) };
                for (key, column) in [("TP", "tp"), ("n_ref", "n_truth"), ("n_pred", "n_pred"), ("Dice", "dice")] {
                    let found: Option<f64> = found.get(column).and_then(|text| text.parse().ok());
                    if found != right[key].as_f64() {
                        return Err(format!("{class}: {column} is {found:?}, not {}: {}", right[key], told()));
                    }
                }
            }
            if classes.is_empty() { Ok(()) } else { Err(format!("classes {:?} besides: {}", classes.keys(), told())) }
        }
        Expected::Number(at, pointer, tolerance) => {
            let right = run.right(pointer).as_f64().unwrap();
            let found = serde_json::from_str(&run.stdout()).ok().and_then(|json: Value| json.pointer(at)?.as_f64());
            let near = found.is_some_and(|found| (found - right).abs() <= tolerance);
            if near { Ok(()) } else { Err(format!("{found:?}, not {right}: {}", told())) }
        }
        Expected::Says(code, words, not) => {
            let text = run.stderr();
            let said = text.lines().any(|line| words.iter().all(|word| line.contains(word)));
            let right = run.code() == Some(code) && said && !not.iter().any(|word| text.contains(word));
            if right { Ok(()) } else { Err(format!("not exit {code} with {words:?}, without {not:?}: {}", told())) }
        }
        Expected::Holds(check) => {
            check(run);
            Ok(())
        }
    }
}

fn all(rows: &[Row]) {
    assert!(!rows.is_empty());
    let failed: Vec<String> = rows
        .iter()
        .filter_map(|row| check(row, &run(row)).err().map(|why| format!("{}: {}: {why}", row.report, row.command)))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// Wrong values must not pass.
#[test]
fn a_wrong_row_is_found() {
    let row = |expected| Row {
        report: "flip-las-ras",
        command: "voxdice eval truth.nii.gz pred_pir.nii.gz --metrics dice --format csv",
        expected,
    };
    let run = |code| {
        let command = Command::new("true").output().unwrap();
        let right = serde_json::json!({"a": {"1": {"TP": 2, "n_ref": 2, "n_pred": 2, "Dice": 1.0}}, "b": 0.5});
        let stdout = b"case,label,dice,tp,n_pred,n_truth,name\nx,1,1,2,2,2,1\n".to_vec();
        assert!(command.status.success() && code == 0);
        Run { output: Output { stdout, stderr: b"warning: one\nwarning: two\n".to_vec(), ..command }, right }
    };
    let csv = run(0);
    check(&row(Expected::Counts("/a")), &csv).unwrap();
    check(&row(Expected::Says(0, &["warning", "two"], &["three"])), &csv).unwrap();
    check(&row(Expected::Says(0, &["one", "two"], &[])), &csv).unwrap_err();
    check(&row(Expected::Says(0, &[], &["one"])), &csv).unwrap_err();
    check(&row(Expected::Says(2, &[], &[])), &csv).unwrap_err();
    for (from, to) in [("x,1,1,2", "x,1,1,3"), ("2,1\n", "2,2\n"), ("2,1\n", "2,1\nx,7,1,2,2,2,7\n"), ("x,1,1", "x,1,")]
    {
        let mut wrong = run(0);
        wrong.output.stdout = csv.stdout().replace(from, to).into_bytes();
        check(&row(Expected::Counts("/a")), &wrong).unwrap_err();
    }
    let mut json = run(0);
    json.output.stdout = br#"{"reduced": 0.501}"#.to_vec();
    check(&row(Expected::Number("/reduced", "/b", 0.01)), &json).unwrap();
    check(&row(Expected::Number("/reduced", "/b", 0.0001)), &json).unwrap_err();
    check(&row(Expected::Number("/values", "/b", 0.01)), &json).unwrap_err();
    assert_eq!(words("loss a --as 'b c(d=1)' e"), ["loss", "a", "--as", "b c(d=1)", "e"]);
}

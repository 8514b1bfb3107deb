//! Messages name flags that are there: whatever a run of these tests says on stderr is looked at, and all strings in
//! the sources of the command.

use assert_cmd::Command;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// The flags in the help of a command.
fn flags_of(command: &str) -> BTreeSet<String> {
    static KNOWN: OnceLock<Mutex<BTreeMap<String, BTreeSet<String>>>> = OnceLock::new();
    let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap();
    known
        .entry(command.to_owned())
        .or_insert_with(|| {
            let help = Command::cargo_bin("voxdice").unwrap().args([command, "--help"]).output().unwrap();
            let help = String::from_utf8(help.stdout).unwrap();
            // Only where they are explained: the descriptions name flags too, and examples those of other commands.
            let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
            lines.flat_map(flags).map(|(flag, ..)| flag).collect()
        })
        .clone()
}

/// Every `--flag` of a text, with the words before and behind it.
fn flags(text: &str) -> Vec<(String, &str, &str)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("--") {
        let starts = text[..at].chars().next_back().is_none_or(|before| !(before.is_alphanumeric() || before == '-'));
        let rest = &text[at + 2..];
        let name: String =
            rest.chars().take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-').collect();
        if starts && name.starts_with(|c: char| c.is_ascii_lowercase()) {
            let name = name.trim_end_matches('-');
            let before = text[..at].split_whitespace().next_back().unwrap_or("");
            let after = rest[name.len()..].trim_start_matches('=').split_whitespace().next().unwrap_or("");
            found.push((format!("--{name}"), before, after));
        }
    }
    found
}

/// The one letter that stands for a flag.
fn short_of(flag: &str) -> Option<&'static str> {
    match flag {
        "--labels" => Some("-l"),
        "--jobs" => Some("-j"),
        "--output" => Some("-o"),
        "--quiet" => Some("-q"),
        _ => None,
    }
}

/// What is wrong with the flags of a message: one that the command has not, one to leave out that was not given, and
/// one to give that was.
fn faults(command: &str, arguments: &[String], message: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (place, part) in message.split('`').enumerate() {
        let other = part.strip_prefix("voxdice ").filter(|_| place % 2 == 1);
        let command = other.and_then(|line| line.split_whitespace().next()).unwrap_or(command);
        let known = flags_of(command);
        for (flag, before, after) in flags(part) {
            let short = short_of(&flag);
            let is_given =
                arguments.iter().any(|given| given.split('=').next() == Some(&flag) || Some(&given[..]) == short);
            if !known.contains(&flag) {
                // Who typed it is told so.
                if !(is_given && message.contains("unexpected argument")) {
                    faults.push(format!("`voxdice {command}` has no {flag}: {message}"));
                }
            } else if other.is_none() {
                let after = after.trim_end_matches([',', ';', '.', ')']);
                let is_value =
                    |given: &String| given == after || given.strip_prefix(&format!("{flag}=")) == Some(after);
                // Words that go on, and are no value.
                let goes_on = ["", "to", "if", "and", "or", "as", "for"].contains(&after);
                let is_so = is_given && (goes_on || arguments.iter().any(is_value));
                match before.trim_start_matches('(') {
                    "leave" | "change" if !is_given => faults.push(format!("{flag} was not given: {message}")),
                    "say" | "use" if is_so => faults.push(format!("{flag} was given: {message}")),
                    _ => {}
                }
            }
        }
    }
    faults
}

/// Looks at what a run said.
pub fn check(arguments: &[String], stderr: &str) {
    let Some(command) = arguments.first().filter(|command| !command.starts_with('-')) else { return };
    let said = stderr.lines().filter(|line| line.starts_with("error: ") || line.starts_with("warning: "));
    let said = said.filter(|line| !line.contains("unrecognized subcommand"));
    let faults: Vec<String> = said.flat_map(|line| faults(command, arguments, line)).collect();
    assert!(faults.is_empty(), "{arguments:?}: {}", faults.join("\n"));
}

/// The string literals of a source, without its tests.
fn literals(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find(['"', '\'', '/']) {
        let (sign, after) = (rest.as_bytes()[at], &rest[at + 1..]);
        rest = match sign {
            b'/' if after.starts_with('/') => after.split_once('\n').map_or("", |(_, next)| next),
            b'\'' if after.starts_with("\"'") || after.starts_with("\\\"'") => &after[2..],
            b'"' => {
                let mut escaped = false;
                let end = after.find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                let end = end.unwrap_or(after.len());
                found.push(after[..end].to_owned());
                after.get(end + 1..).unwrap_or("")
            }
            _ => after,
        };
    }
    found
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs")
            && path.file_stem().is_some_and(|name| name != "tests")
        {
            into.push(path);
        }
    }
}

const COMMANDS: [&str; 9] = ["eval", "merge", "compare", "loss", "info", "bench", "devices", "verify", "demo"];

/// The commands that may say what is written in a source.
fn commands_of(source: &str) -> &'static [&'static str] {
    let own: [(&str, &'static [&'static str]); 5] = [
        ("compare", &["compare"]),
        ("eval/merge", &["merge"]),
        ("eval", &["eval", "merge"]),
        ("loss", &["loss"]),
        ("info", &["info"]),
    ];
    own.into_iter().find(|(start, _)| source.starts_with(start)).map_or(&COMMANDS, |(_, commands)| commands)
}

#[test]
fn every_flag_in_the_sources_is_one_of_a_command_that_may_say_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let (mut faults, mut seen) = (Vec::new(), 0);
    for path in files {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        for literal in literals(&std::fs::read_to_string(&path).unwrap()) {
            // Examples of help, and hints, name the command before the flag.
            let own = commands_of(&name);
            for (flag, ..) in flags(&literal) {
                seen += 1;
                let elsewhere = COMMANDS.iter().filter(|command| literal.contains(&format!("voxdice {command}")));
                let known = own.iter().chain(elsewhere).any(|command| flags_of(command).contains(&flag));
                if !known && !["--release", "--features", "--bench"].contains(&flag.as_str()) {
                    faults.push(format!("{name}: no command that may say it has {flag}: {literal}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(seen > 50, "only {seen} flags were found");
}

/// What is wrong is a fact there; the command adds the flag.
#[test]
fn the_evaluator_names_no_flag() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/eval"), &mut files);
    assert!(files.len() > 30, "{files:?}");
    let texts = files.iter().flat_map(|path| literals(&std::fs::read_to_string(path).unwrap()));
    let named: Vec<String> = texts.filter(|text| !flags(text).is_empty()).collect();
    assert!(named.is_empty(), "{named:?}");
}

#[test]
fn planted_faults_are_found() {
    let arguments = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let found = |command, words: &[&str], message| faults(command, &arguments(words), message).len();
    assert_eq!(
        found("loss", &["loss"], "warning: far apart, or say --geometry off"),
        usize::from(!flags_of("loss").contains("--geometry"))
    );
    assert_eq!(found("info", &["info"], "error: use --labels 1,2"), 1);
    assert_eq!(found("info", &["info"], "error: evaluate it with `voxdice eval --labels 1`"), 0);
    assert_eq!(found("info", &["info"], "error: evaluate it with `voxdice eval --no-such-flag`"), 1);
    assert_eq!(found("eval", &["eval", "a", "b"], "error: leave --ignore out"), 1);
    assert_eq!(found("eval", &["eval", "--ignore", "3"], "error: leave --ignore out"), 0);
    assert_eq!(found("eval", &["eval", "--geometry=off"], "warning: say --geometry off"), 1);
    assert_eq!(found("eval", &["eval", "--geometry", "warn"], "warning: say --geometry off"), 0);
    assert_eq!(found("eval", &["eval", "--labels", "1"], "error: name labels, or say --labels"), 1);
    assert_eq!(found("eval", &["eval", "--nonsense"], "error: unexpected argument '--nonsense' found"), 0);
    let source =
        "// \"--comment\"\nlet a = \"say --x\\\" or --y\"; let b = '\"'; \"--z\"\n#[cfg(test)]\nmod tests { \"--t\" }";
    let all: Vec<String> = literals(source).iter().flat_map(|text| flags(text)).map(|(flag, ..)| flag).collect();
    assert_eq!(all, ["--x", "--y", "--z"]);
}

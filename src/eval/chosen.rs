//! Which of the cases are evaluated, by their names.

use super::named::ParseError;
use super::pairing::case_name;
use regex_lite::Regex;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Cases chosen by name: a list of them, or a pattern that has to fit the whole name.
///
/// ```
/// use voxdice::eval::Chosen;
/// let some: Chosen = "case_00[378]".parse()?;
/// assert!(some.has("case_003") && !some.has("case_0031"));
/// let listed = Chosen::listed("case_003\ncase_007.nii.gz\n", "redo.txt")?;
/// assert!(listed.has("case_007") && !listed.has("case_008"));
/// # Ok::<(), voxdice::eval::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Chosen(By);

#[derive(Debug, Clone)]
enum By {
    Pattern(Regex),
    List { names: BTreeSet<String>, list: PathBuf },
}

impl Chosen {
    /// The cases that a text names, one a line; a name may have the ending of its file. `list` is what errors call it.
    ///
    /// # Errors
    /// Where it names none.
    pub fn listed(text: &str, list: impl AsRef<Path>) -> Result<Self, ParseError> {
        let list = list.as_ref().to_path_buf();
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty());
        let names: BTreeSet<String> = lines.map(str::to_owned).collect();
        if names.is_empty() {
            return Err(format!("{}: there is no name of a case in this file; write one a line", list.display()).into());
        }
        Ok(Self(By::List { names, list }))
    }

    /// Whether a case of this name is evaluated.
    pub fn has(&self, case: &str) -> bool {
        match &self.0 {
            By::Pattern(regex) => regex.is_match(case),
            By::List { names, .. } => names.iter().any(|name| names_case(name, case)),
        }
    }

    /// The names of a list that no case has, and the list.
    pub(super) fn unknown<'a>(&'a self, cases: &BTreeSet<String>) -> Vec<(&'a str, &'a Path)> {
        let By::List { names, list } = &self.0 else { return Vec::new() };
        let is_known = |name: &str| cases.contains(name) || cases.contains(&case_name(Path::new(name)));
        names.iter().filter(|name| !is_known(name)).map(|name| (name.as_str(), list.as_path())).collect()
    }
}

/// Whether a line of a list means this case.
fn names_case(name: &str, case: &str) -> bool {
    name == case || case_name(Path::new(name)) == case
}

impl FromStr for Chosen {
    type Err = ParseError;

    /// A regular expression for whole names.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let regex = Regex::new(&format!("^(?:{text})$"));
        regex
            .map(|regex| Self(By::Pattern(regex)))
            .map_err(|error| format!("`{text}` is no pattern: {error}; write one such as 'case_00[378]'").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_whole_names_and_a_list_may_have_endings() {
        let pattern: Chosen = "a|case_1".parse().unwrap();
        assert_eq!(["a", "case_1", "case_10", "ab"].map(|case| pattern.has(case)), [true, true, false, false]);
        assert!("(".parse::<Chosen>().unwrap_err().to_string().contains("such as"));
        let list = Chosen::listed("\u{feff}a.nii.gz\r\n\r\n b \nc.1\n", "l.txt").unwrap();
        assert_eq!(["a", "b", "c.1", "c"].map(|case| list.has(case)), [true, true, true, false]);
        let cases = ["a", "x"].map(String::from).into();
        assert_eq!(list.unknown(&cases).iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["b", "c.1"]);
        assert!(Chosen::listed(" \n", "l.txt").unwrap_err().to_string().starts_with("l.txt: there is no name"));
    }
}

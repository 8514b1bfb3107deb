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
/// use std::collections::BTreeSet;
/// use voxdice::eval::Chosen;
/// let cases = BTreeSet::from(["case_003", "case_0031", "case_007"].map(String::from));
/// let some: Chosen = "case_00[378]".parse()?;
/// assert_eq!(Vec::from_iter(some.among(&cases)), ["case_003", "case_007"]);
/// let listed = Chosen::listed("case_007.nii.gz\ncase_008\n", "redo.txt")?;
/// assert_eq!(Vec::from_iter(listed.among(&cases)), ["case_007"]);
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
    /// The cases that a text names, one a line; a name may have the ending of its file, where no case is called so. `list` is
    /// what errors call it.
    ///
    /// # Errors
    /// Where it names none.
    pub fn listed(text: &str, list: impl AsRef<Path>) -> Result<Self, ParseError> {
        let list = list.as_ref();
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty());
        let none = || format!("{}: there is no name of a case in this file; write one a line", list.display());
        Self::of(lines.map(str::to_owned).collect(), list).ok_or_else(|| none().into())
    }

    /// The cases of these names, as they stand: no sign of them means anything, and spaces belong to them. A name may have the
    /// ending of its file as in [`Chosen::listed`], and `list` is what errors call them.
    ///
    /// # Errors
    /// Where there is none.
    pub fn named<S: Into<String>>(
        names: impl IntoIterator<Item = S>,
        list: impl AsRef<Path>,
    ) -> Result<Self, ParseError> {
        let list = list.as_ref();
        let none =
            || format!("{}: there is no name of a case in this list; give one, or no list for all", list.display());
        Self::of(names.into_iter().map(S::into).collect(), list).ok_or_else(|| none().into())
    }

    fn of(names: BTreeSet<String>, list: &Path) -> Option<Self> {
        (!names.is_empty()).then(|| Self(By::List { names, list: list.into() }))
    }

    /// Those of all cases that are evaluated.
    pub fn among<'a>(&self, cases: &'a BTreeSet<String>) -> BTreeSet<&'a str> {
        match &self.0 {
            By::Pattern(regex) => cases.iter().map(String::as_str).filter(|case| regex.is_match(case)).collect(),
            By::List { names, .. } => names.iter().filter_map(|name| meant(name, cases)).collect(),
        }
    }

    /// The names of a list that none of all cases has, and the list.
    pub(super) fn unknown<'a>(&'a self, cases: &BTreeSet<String>) -> Vec<(&'a str, &'a Path)> {
        let By::List { names, list } = &self.0 else { return Vec::new() };
        let unknown = names.iter().filter(|name| meant(name, cases).is_none());
        unknown.map(|name| (name.as_str(), list.as_path())).collect()
    }
}

/// The case that a name of a list means: the one that is called so, else the one of the file that is called so.
fn meant<'a>(name: &str, cases: &'a BTreeSet<String>) -> Option<&'a str> {
    cases.get(name).or_else(|| cases.get(&case_name(Path::new(name)))).map(String::as_str)
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

    fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
        names.map(String::from).into()
    }

    fn among<const N: usize>(chosen: &Chosen, cases: [&str; N]) -> Vec<String> {
        chosen.among(&set(cases)).into_iter().map(str::to_owned).collect()
    }

    fn unknown<const N: usize>(chosen: &Chosen, cases: [&str; N]) -> Vec<String> {
        chosen.unknown(&set(cases)).into_iter().map(|(name, _)| name.to_owned()).collect()
    }

    #[test]
    fn a_pattern_fits_whole_names_and_a_list_may_have_endings() {
        let pattern: Chosen = "a|case_1".parse().unwrap();
        assert_eq!(among(&pattern, ["a", "case_1", "case_10", "ab"]), ["a", "case_1"]);
        assert!("(".parse::<Chosen>().unwrap_err().to_string().contains("such as"));
        let list = Chosen::listed("\u{feff}a.nii.gz\r\n\r\n b \nc.1\n", "l.txt").unwrap();
        assert_eq!(among(&list, ["a", "b", "c.1", "c"]), ["a", "b", "c.1"]);
        assert_eq!(unknown(&list, ["a", "x"]), ["b", "c.1"]);
        assert!(Chosen::listed(" \n", "l.txt").unwrap_err().to_string().starts_with("l.txt: there is no name"));
    }

    #[test]
    fn an_ending_counts_where_no_case_has_the_whole_name() {
        let list = Chosen::listed("a.nii\n", "l.txt").unwrap();
        assert_eq!(among(&list, ["a", "a.nii"]), ["a.nii"]);
        assert_eq!(among(&list, ["a", "b.nii"]), ["a"]);
    }

    #[test]
    fn names_of_a_program_are_not_parsed() {
        let named = Chosen::named([" b", "c\nd", "\u{feff}e", "a.nii"], "cases").unwrap();
        assert_eq!(among(&named, [" b", "a", "b", "c", "c\nd", "d", "e"]), [" b", "a", "c\nd"]);
        assert_eq!(unknown(&named, ["a", "b", "c", "d", "e"]), [" b", "c\nd", "\u{feff}e"]);
        assert!(Chosen::named([""; 0], "cases").unwrap_err().to_string().starts_with("cases: there is no name"));
    }
}

//! Cases that belong together.

use super::csv_text::CsvText;
use super::model::{Content, Model};
use crate::eval::error::ModelsError;
use crate::eval::pairing::CaseRegex;
use crate::text::printable;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How cases form groups, such as those of one patient.
#[derive(Debug, Clone)]
pub enum Grouping {
    /// By what a pattern finds in their names.
    Pattern(CaseRegex),
    /// By a list: the group of each case.
    List(BTreeMap<String, String>),
    /// By a column of the CSV files.
    Column(String),
}

impl PartialEq for Grouping {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(one), Self::List(other)) => one == other,
            (Self::Column(one), Self::Column(other)) => one == other,
            _ => false,
        }
    }
}

impl Grouping {
    /// By a list, a CSV of case and group whose first row may be a header. `path` is what errors call it.
    ///
    /// # Errors
    /// [`ModelsError`] for other rows, and for a case that is there twice.
    pub fn list(path: &Path, text: &str) -> Result<Self, ModelsError> {
        let text = CsvText::of(text);
        let mut groups = BTreeMap::new();
        for (place, row) in text.reader(false).records().enumerate() {
            let row = row.map_err(|error| ModelsError::NoGroups { path: path.into(), fault: error.to_string() })?;
            let wrong = |fault| ModelsError::Line { path: path.into(), line: text.line(row.position()), fault };
            let fields: Vec<&str> = row.iter().collect();
            let [case, group] = fields[..] else {
                return Err(wrong(format!("write case,group: two fields, and not {}", fields.len())));
            };
            if place == 0 && case.eq_ignore_ascii_case("case") {
                continue;
            }
            if groups.insert(printable(case), printable(group)).is_some() {
                return Err(wrong(format!("{case} is there twice; name each case once")));
            }
        }
        Ok(Self::List(groups))
    }

    /// The group of a case. `texts` is what the rows of the CSV files say in the column that is asked for.
    fn of(&self, case: &str, texts: Option<&BTreeSet<String>>) -> Result<String, ModelsError> {
        let none = |fault: &str| ModelsError::NoGroup { case: case.into(), fault: fault.into() };
        match self {
            Self::Pattern(pattern) => pattern
                .case(case)
                .ok_or_else(|| ModelsError::UnfitPattern { case: case.into(), pattern: pattern.as_str().into() }),
            Self::List(list) => list.get(case).cloned().ok_or_else(|| none("the list does not name it")),
            Self::Column(_) => {
                let found: Vec<&str> =
                    texts.into_iter().flatten().map(String::as_str).filter(|group| !group.is_empty()).collect();
                match &found[..] {
                    [group] => Ok((*group).to_owned()),
                    [] => Err(none("its column is empty")),
                    several => Err(none(&format!("its rows have several, {}; give it one", several.join(" and ")))),
                }
            }
        }
    }
}

/// The number of each case's group, in the order of the cases.
pub(super) fn numbered(grouping: &Grouping, models: &[Model], cases: &[String]) -> Result<Vec<usize>, ModelsError> {
    if let Grouping::Column(name) = grouping
        && !models.iter().any(|model| model.has_column(name))
    {
        return Err(ModelsError::NoColumn(name.clone()));
    }
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if let Grouping::Column(name) = grouping {
        for model in models {
            let Content::Listed(listed) = &model.content else { continue };
            for (case, own) in listed.column(name) {
                texts.entry(case).or_default().extend(own);
            }
        }
    }
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut of_case = |case: &String| {
        let next = numbers.len();
        Ok(*numbers.entry(grouping.of(case, texts.get(case))?).or_insert(next))
    };
    cases.iter().map(&mut of_case).collect()
}

/// Two cases whose names have a stem in common and differ in what follows a `_` or `-`, where most cases have such a
/// twin: they may be of one patient.
pub(super) fn alike(cases: &[String]) -> Option<[String; 2]> {
    let stem = |name: &str| {
        name.rsplit_once(['_', '-'])
            .map(|(stem, _)| stem.to_owned())
            .filter(|stem| stem.chars().any(|c| c.is_ascii_digit()))
    };
    let mut of_stem: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for case in cases {
        if let Some(stem) = stem(case) {
            of_stem.entry(stem).or_default().push(case);
        }
    }
    let twins = of_stem.values().filter(|names| names.len() > 1);
    let count: usize = twins.clone().map(Vec::len).sum();
    // One stem for all is the name of the data set.
    let [one, other] = twins.clone().next()?[..].get(..2)? else { return None };
    (of_stem.len() > 1 && 2 * count > cases.len()).then(|| [(*one).clone(), (*other).clone()])
}

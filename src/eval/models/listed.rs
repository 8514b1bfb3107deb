//! Scores in a CSV: our own, or a table of another tool with a row per case, or per case and class.

use super::csv_text::CsvText;
use crate::eval::error::ModelsError;
use crate::metric::Metric;
use crate::text::printable;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The scores of the CSV files of a model.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Columns of scores by their canonical names, in the order of the file.
    pub metrics: Vec<String>,
    /// By case and class.
    pub rows: BTreeMap<(String, String), Row>,
    /// Keys of classes in the order of their first rows, with what tables call them.
    pub classes: Vec<(String, String)>,
    /// Why a column is no score that can be compared: a value that is no number, a twin, a file without it.
    pub faults: BTreeMap<String, Fault>,
    /// Whether it is the table that we write, in which class 0 is the background.
    pub is_own: bool,
    /// All that the files say: a group may be of any column.
    sheets: Vec<Sheet>,
}

/// The rows of a file as text.
#[derive(Debug)]
struct Sheet {
    header: csv::StringRecord,
    records: Vec<csv::StringRecord>,
    /// The column of the cases.
    case: usize,
}

impl Sheet {
    /// The columns of this name.
    fn places(&self, column: &str) -> impl Iterator<Item = usize> {
        (0..self.header.len()).filter(move |&at| self.header.get(at) == Some(column) && at != self.case)
    }
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Row {
    /// By the place of the column; NaN where it is empty.
    pub values: Vec<f64>,
    pub n_truth: Option<u64>,
    pub n_pred: Option<u64>,
}

/// What is wrong with a column, which matters where it is compared.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    path: PathBuf,
    line: u64,
    fault: String,
}

impl Fault {
    /// As the error of a table whose scores are compared.
    pub fn error(&self) -> ModelsError {
        ModelsError::Line { path: self.path.clone(), line: self.line, fault: self.fault.clone() }
    }
}

/// The class of a table without classes.
const WHOLE: &str = "all";

/// What our own CSV has beside scores.
const COUNTS: [&str; 6] = ["tp", "fp", "fn", "tn", "n_pred", "n_truth"];

/// What the column of the cases may be called. A table may have several of them: the first one here counts.
const CASE: [&str; 9] = ["case", "case_id", "caseid", "subject", "image", "filename", "file", "patient", "id"];

/// What the column of the classes may be called, the first one here before the others.
const LABEL: [&str; 5] = ["label", "class", "structure", "organ", "region"];

/// A column by the canonical name of its score, if there is one, otherwise by its name in the file.
pub(super) fn canonical(name: &str) -> String {
    let bare = name.trim();
    bare.parse::<Metric>().map_or_else(|_| printable(bare), |metric| metric.to_string())
}

/// A file, before it is known which of its columns are scores.
struct Table<'a> {
    path: &'a Path,
    sheet: Sheet,
    text: CsvText<'a>,
    label: Option<usize>,
    name: Option<usize>,
}

impl<'a> Table<'a> {
    fn of(path: &'a Path, text: &'a str) -> Result<Self, ModelsError> {
        let fault = |fault: String| ModelsError::NoCsv { path: path.into(), fault };
        let text = CsvText::of(text);
        let mut reader = text.reader(true);
        let header = reader.headers().map_err(|error| fault(error.to_string()))?.clone();
        let place =
            |names: &[&str]| names.iter().find_map(|own| header.iter().position(|name| name.eq_ignore_ascii_case(own)));
        let case = place(&CASE);
        let case = case.ok_or_else(|| fault("it has no column `case`; call the column of the cases so".into()))?;
        let label = place(&LABEL);
        let name = label.and_then(|_| place(&["name"]));
        let of_row = |error: csv::Error| match error.kind() {
            csv::ErrorKind::UnequalLengths { pos: Some(at), expected_len, len } => ModelsError::Line {
                path: path.into(),
                line: text.line(Some(at)),
                fault: format!("{len} fields, where the header has {expected_len}; give each row as many"),
            },
            _ => fault(error.to_string()),
        };
        let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().map_err(of_row)?;
        if records.is_empty() {
            return Err(fault("it has no rows".into()));
        }
        Ok(Self { path, sheet: Sheet { header, records, case }, text, label, name })
    }

    /// Whether it is the table that we write.
    fn is_own(&self) -> bool {
        let has = |name: &&str| self.sheet.header.iter().any(|own| own == *name);
        COUNTS.iter().all(has) && has(&"voxel_ml") && has(&"name")
    }

    /// Columns that may be scores, by their canonical names. What has no name is nothing that can be asked for, such as
    /// the numbers of rows that pandas writes.
    fn candidates(&self) -> Result<Vec<(String, usize)>, ModelsError> {
        let is_aside = |at: usize, own: &str| {
            [Some(self.sheet.case), self.label, self.name].contains(&Some(at))
                || own.is_empty()
                || own.eq_ignore_ascii_case("voxel_ml")
                || COUNTS.iter().any(|count| own.eq_ignore_ascii_case(count))
        };
        let all = self.sheet.header.iter().enumerate().filter(|&(at, own)| !is_aside(at, own));
        let all: Vec<(String, usize)> = all.map(|(at, own)| (canonical(own), at)).collect();
        let mut seen = BTreeSet::new();
        match all.iter().find(|(name, _)| !seen.insert(name) && is_known(name)) {
            Some((twice, _)) => Err(self.unusable(format!("two of its columns are scores of {twice}; keep one"))),
            None => Ok(all),
        }
    }

    fn unusable(&self, fault: String) -> ModelsError {
        ModelsError::NoCsv { path: self.path.into(), fault }
    }

    /// A fault of the header.
    fn fault(&self, fault: String) -> Fault {
        Fault { path: self.path.into(), line: self.text.first_line(), fault }
    }

    fn line(&self, row: &csv::StringRecord) -> u64 {
        self.text.line(row.position())
    }
}

impl Listed {
    /// Of the files of a model, each with its path.
    pub fn of(texts: &[(PathBuf, String)]) -> Result<Self, ModelsError> {
        let tables: Vec<Table<'_>> =
            texts.iter().map(|(path, text)| Table::of(path, text)).collect::<Result<_, _>>()?;
        let columns: Vec<Vec<(String, usize)>> = tables.iter().map(Table::candidates).collect::<Result<_, _>>()?;
        let mut listed = Self { is_own: tables.iter().all(Table::is_own), ..Self::default() };
        let mut judged = BTreeSet::new();
        for (name, _) in columns.iter().flatten().filter(|(name, _)| judged.insert(name)) {
            listed.judge(name, &tables, &columns)?;
        }
        for (table, columns) in tables.iter().zip(&columns) {
            let place = |name: &String| columns.iter().find(|(own, _)| own == name).map(|(_, at)| *at);
            let scores: Vec<Option<usize>> = listed.metrics.iter().map(place).collect();
            listed.add(table, &scores)?;
        }
        listed.sheets = tables.into_iter().map(|table| table.sheet).collect();
        Ok(listed)
    }

    pub fn has_column(&self, name: &str) -> bool {
        self.sheets.iter().any(|sheet| sheet.places(name).next().is_some())
    }

    /// What a column says of each case.
    pub fn column(&self, name: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for sheet in &self.sheets {
            let text = |row: &csv::StringRecord, at: usize| printable(row.get(at).unwrap_or_default());
            for at in sheet.places(name) {
                for row in &sheet.records {
                    found.entry(text(row, sheet.case)).or_default().insert(text(row, at));
                }
            }
        }
        found
    }

    /// Whether a column of any of the files is one of scores: all that it says are numbers, or it is called as a score.
    ///
    /// # Errors
    /// For a known score that a file lacks.
    fn judge(&mut self, name: &str, tables: &[Table<'_>], columns: &[Vec<(String, usize)>]) -> Result<(), ModelsError> {
        let known = is_known(name);
        let mut fault = None;
        let mut is_text = false;
        for (table, columns) in tables.iter().zip(columns) {
            let mut places = columns.iter().filter(|(own, _)| own == name).map(|(_, at)| *at);
            let Some(at) = places.next() else {
                let words = format!("it has no column {name}, which another file of the model has; give it one");
                if known {
                    return Err(table.unusable(words));
                }
                fault = fault.or_else(|| Some(table.fault(words)));
                continue;
            };
            if places.next().is_some() {
                fault = fault.or_else(|| Some(table.fault(format!("two columns are called {name}; keep one"))));
            }
            let texts = table.sheet.records.iter().map(|row| (row, row.get(at).unwrap_or_default()));
            let wrong = texts.filter(|(_, text)| !is_undefined(text)).find(|(_, text)| text.parse::<f64>().is_err());
            if let Some((row, text)) = wrong {
                is_text = true;
                let words = format!("`{}` in column {name} is no number; {}", printable(text), remedy(text));
                fault = fault.or_else(|| Some(Fault { path: table.path.into(), line: table.line(row), fault: words }));
            }
            let outside = name.parse::<Metric>().ok().and_then(|metric| {
                table.sheet.records.iter().find_map(|row| Some((row, outside(&metric, row.get(at)?)?)))
            });
            if let Some((row, words)) = outside {
                fault = fault.or_else(|| Some(Fault { path: table.path.into(), line: table.line(row), fault: words }));
            }
        }
        if known || !is_text {
            self.metrics.push(name.to_owned());
        }
        self.faults.extend(fault.map(|fault| (name.to_owned(), fault)));
        Ok(())
    }

    /// Adds the rows of a file.
    fn add(&mut self, table: &Table<'_>, scores: &[Option<usize>]) -> Result<(), ModelsError> {
        let count_at = |own: &str| table.sheet.header.iter().position(|name| name.eq_ignore_ascii_case(own));
        let counts = ["n_truth", "n_pred"].map(count_at);
        for row in &table.sheet.records {
            let wrong = |fault: String| ModelsError::Line { path: table.path.into(), line: table.line(row), fault };
            let text_at = |at: usize| row.get(at).unwrap_or_default();
            let of_case = printable(text_at(table.sheet.case));
            if of_case.is_empty() {
                return Err(wrong("the case has no name".into()));
            }
            let class = table.label.map_or(WHOLE.to_owned(), |at| label(text_at(at)));
            // What is no number is told where this score is compared.
            let value = |at: usize| Some(text_at(at)).filter(|text| !is_undefined(text))?.parse::<f64>().ok();
            let values = scores.iter().map(|at| at.and_then(value).unwrap_or(f64::NAN)).collect();
            let [n_truth, n_pred] = counts.map(|at| at.and_then(|at| whole(text_at(at))));
            if !self.classes.iter().any(|(key, _)| *key == class) {
                let shown = table.name.map(|at| printable(text_at(at))).filter(|name| !name.is_empty());
                self.classes.push((class.clone(), shown.unwrap_or_else(|| class.clone())));
            }
            let key = (of_case, class);
            if self.rows.contains_key(&key) {
                return Err(wrong(format!("{} of {} is there twice; keep one row", key.1, key.0)));
            }
            self.rows.insert(key, Row { values, n_truth, n_pred });
        }
        Ok(())
    }
}

/// Whether a column is called as a score of ours.
fn is_known(name: &str) -> bool {
    name.parse::<Metric>().is_ok()
}

/// By how much rounding may leave the range of a score.
const SLACK: f64 = 1e-6;

/// What is wrong with a number that the score cannot be; what is infinite is undefined.
fn outside(metric: &Metric, text: &str) -> Option<String> {
    let value = text.parse::<f64>().ok().filter(|value| value.is_finite())?;
    let [low, high] = metric.row().range;
    let is_inside = |value: f64| (low - SLACK..=high + SLACK).contains(&value);
    let range = if high.is_finite() { format!("from {low} to {high}") } else { format!("{low} or more") };
    let cause = match high.is_finite() && is_inside(value / 100.0) {
        true => "divide the column by 100 if it is in percent, or call it otherwise if it is another score",
        false => "correct it, or call the column otherwise if it is another score",
    };
    (!is_inside(value)).then(|| format!("{text} in column {metric} is not {range}; {cause}"))
}

/// What to do with a value that is no number.
fn remedy(text: &str) -> String {
    let point = text.replace(',', ".");
    match point.parse::<f64>() {
        Ok(_) => format!("write {point}"),
        Err(_) => "leave it empty where a score is undefined".into(),
    }
}

/// A class as others write it: tables of numbers make 1.0 of label 1.
fn label(text: &str) -> String {
    let is_whole = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((label, rest)) if is_whole(label) && rest.bytes().all(|byte| byte == b'0') => label.to_owned(),
        _ => printable(text),
    }
}

/// A count, which some tools write as 7.0.
fn whole(text: &str) -> Option<u64> {
    let found =
        || text.parse().ok().filter(|count: &f64| *count >= 0.0 && count.fract() == 0.0 && *count < 2f64.powi(64));
    text.parse().ok().or_else(|| found().map(|count| count as u64))
}

/// What tools write where there is no number.
const UNDEFINED: [&str; 9] = ["nan", "-nan", "na", "n/a", "#n/a", "<na>", "none", "null", "-"];

fn is_undefined(text: &str) -> bool {
    text.is_empty() || UNDEFINED.iter().any(|none| text.eq_ignore_ascii_case(none))
}

#[cfg(test)]
mod tests;

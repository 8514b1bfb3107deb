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
    /// What the columns say of a case, numbers too: a group may be one.
    pub texts: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// Why a column is no score that can be compared: a value that is no number, a twin, a file without it.
    pub faults: BTreeMap<String, Fault>,
    /// Whether it is the table that we write, in which class 0 is the background.
    pub is_own: bool,
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
    header: csv::StringRecord,
    records: Vec<csv::StringRecord>,
    text: CsvText<'a>,
    case: usize,
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
        Ok(Self { path, header, records, text, case, label, name })
    }

    /// Whether it is the table that we write.
    fn is_own(&self) -> bool {
        let has = |name: &&str| self.header.iter().any(|own| own == *name);
        COUNTS.iter().all(has) && has(&"voxel_ml") && has(&"name")
    }

    /// Columns that may be scores, by their canonical names. What has no name is nothing that can be asked for, such as
    /// the numbers of rows that pandas writes.
    fn candidates(&self) -> Result<Vec<(String, usize)>, ModelsError> {
        let is_aside = |at: usize, own: &str| {
            [Some(self.case), self.label, self.name].contains(&Some(at))
                || own.is_empty()
                || own.eq_ignore_ascii_case("voxel_ml")
                || COUNTS.iter().any(|count| own.eq_ignore_ascii_case(count))
        };
        let all = self.header.iter().enumerate().filter(|&(at, own)| !is_aside(at, own));
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
        Ok(listed)
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
            let texts = table.records.iter().map(|row| (row, row.get(at).unwrap_or_default()));
            let wrong = texts.filter(|(_, text)| !is_undefined(text)).find(|(_, text)| text.parse::<f64>().is_err());
            if let Some((row, text)) = wrong {
                is_text = true;
                let words = format!("`{}` in column {name} is no number; {}", printable(text), remedy(text));
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
        let count_at = |own: &str| table.header.iter().position(|name| name.eq_ignore_ascii_case(own));
        let counts = ["n_truth", "n_pred"].map(count_at);
        for row in &table.records {
            let wrong = |fault: String| ModelsError::Line { path: table.path.into(), line: table.line(row), fault };
            let text_at = |at: usize| row.get(at).unwrap_or_default();
            let of_case = printable(text_at(table.case));
            if of_case.is_empty() {
                return Err(wrong("the case has no name".into()));
            }
            let class = table.label.map_or(WHOLE.to_owned(), |at| label(text_at(at)));
            // What is no number is told where this score is compared.
            let value = |at: usize| Some(text_at(at)).filter(|text| !is_undefined(text))?.parse::<f64>().ok();
            let values = scores.iter().map(|at| at.and_then(value).unwrap_or(f64::NAN)).collect();
            let [n_truth, n_pred] = counts.map(|at| at.and_then(|at| whole(text_at(at))));
            for (at, own) in table.header.iter().enumerate().filter(|(at, _)| *at != table.case) {
                let column = self.texts.entry(own.to_owned()).or_default();
                column.entry(of_case.clone()).or_default().insert(printable(text_at(at)));
            }
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
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Listed, String> {
        Listed::of(&[("a.csv".into(), text.into())]).map_err(|error| error.to_string())
    }

    #[test]
    fn tables_of_other_tools_are_read() {
        let found = read("Case;Label;DSC;mine;site\na;1;0.5;7;x\nb;1.0;;NA;y\nc;1;#N/A;<NA>;3\n").unwrap();
        assert_eq!(found.metrics, ["dice", "mine"]);
        assert_eq!(found.classes.len(), 1);
        assert_eq!(found.rows[&("a".into(), "1".into())].values, [0.5, 7.0]);
        for case in ["b", "c"] {
            assert!(found.rows[&(case.into(), "1".into())].values.iter().all(|value| value.is_nan()));
        }
        assert!(found.texts["site"]["b"].contains("y") && found.texts["mine"]["a"].contains("7"));
        assert_eq!(read("id,dice\na,1\n").unwrap().classes, [("all".to_owned(), "all".to_owned())]);
    }

    #[test]
    fn the_case_is_the_column_of_that_name() {
        for text in ["patient,case,dice\np,a,0.5\n", "id,case,dice\n1,a,0.5\n", "id,subject,dice\n1,a,0.5\n"] {
            assert_eq!(read(text).unwrap().rows.keys().next().unwrap().0, "a", "{text}");
        }
        let found = read("case,class,label,dice\na,liver,1,0.5\n").unwrap();
        assert_eq!(found.classes[0].0, "1");
    }

    #[test]
    fn remarks_stand_before_the_header_only() {
        let found = read("# made by x\n\n#2\ncase,dice\n#1,0.5\nb,0.6\n").unwrap();
        assert_eq!(found.rows.keys().next().unwrap().0, "#1");
        let message = read("# x\ncase,dice\na,0.1\na,0.2\n").unwrap_err();
        assert!(message.contains("line 4"), "{message}");
    }

    #[test]
    fn counts_are_whole_numbers_however_they_are_written() {
        assert_eq!(
            ["7", "7.0", "0", "7.5", "-1", "", "nan"].map(whole),
            [Some(7), Some(7), Some(0), None, None, None, None]
        );
        assert_eq!(["1.0", "1", "01", "1.5", "a.0", ".0"].map(label), ["1", "1", "01", "1.5", "a.0", ".0"]);
    }

    #[test]
    fn what_is_no_number_is_kept_until_it_is_compared() {
        let found = read("case,dice,site,visit\na,x,1,2\nb,0.5,north,1\n").unwrap();
        assert_eq!(found.metrics, ["dice", "visit"]);
        assert_eq!(
            found.faults["dice"].error().to_string(),
            "a.csv, line 2: `x` in column dice is no number; leave it empty where a score is undefined"
        );
        assert!(found.faults.contains_key("site") && found.texts["visit"]["a"].contains("2"));
    }

    /// What pandas writes before the columns, once and twice.
    #[test]
    fn columns_without_a_name_are_put_aside() {
        for text in [",case,dice\n0,a,0.5\n", ",,case,dice\n0,0,a,0.5\n", "case,dice,\na,0.5,\n"] {
            let found = read(text).unwrap();
            assert_eq!((found.metrics, found.faults.len()), (vec!["dice".to_owned()], 0), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_column_is_told_where_it_is_compared() {
        let fault = |text: &str| read(text).unwrap().faults["mine"].error().to_string();
        assert_eq!(fault("case;mine\na;0,91\n"), "a.csv, line 2: `0,91` in column mine is no number; write 0.91");
        let twins = "# x\ncase,dice,mine,mine\na,0.5,1,2\n";
        assert_eq!(fault(twins), "a.csv, line 2: two columns are called mine; keep one");
        assert_eq!(read(twins).unwrap().metrics, ["dice", "mine"]);
    }

    /// Whichever of the files has it.
    #[test]
    fn a_column_of_one_file_only_is_not_lost() {
        let [one, other] = ["case,dice\na,0.5\n", "case,dice,mine\nb,0.5,7\n"].map(str::to_owned);
        let both =
            |texts: [&String; 2]| Listed::of(&[("1.csv".into(), texts[0].clone()), ("2.csv".into(), texts[1].clone())]);
        for (texts, lacking) in [([&one, &other], "1.csv"), ([&other, &one], "2.csv")] {
            let found = both(texts).unwrap();
            assert_eq!(found.metrics, ["dice", "mine"]);
            let message = found.faults["mine"].error().to_string();
            let expected = "line 1: it has no column mine, which another file of the model has; give it one";
            assert_eq!(message, format!("{lacking}, {expected}"));
            // A score of ours is compared wherever it is.
            let known = texts.map(|text| text.replace("mine", "hd95"));
            let message = both([&known[0], &known[1]]).unwrap_err().to_string();
            assert!(message.starts_with(lacking) && message.contains("it has no column hd95"), "{message}");
        }
    }

    #[test]
    fn only_our_own_table_has_a_background() {
        assert!(!read("case,label,dice,n_pred\na,0,0.5,1\n").unwrap().is_own);
        assert!(
            read("case,label,dice,tp,fp,fn,tn,n_pred,n_truth,name,voxel_ml\na,0,0.5,1,1,1,1,2,2,,\n").unwrap().is_own
        );
    }

    #[test]
    fn what_is_no_table_is_told() {
        for (text, part) in [
            ("", "no column `case`"),
            ("x,dice\n1,2\n", "no column `case`"),
            ("case,dice\n", "no rows"),
            ("case,dice\na,0.1\na,0.2\n", "line 3: all of a is there twice"),
            ("case,dice,DSC\na,0.1,0.1\n", "two of its columns are scores of dice"),
            ("case,dice\n,0.1\n", "the case has no name"),
            ("case,dice\na,0.1,3\n", "a.csv, line 2: 3 fields, where the header has 2"),
            ("# x\n\n# y\ncase,dice\na,1\n\nb\n", "a.csv, line 7: 1 fields, where the header has 2"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }
}

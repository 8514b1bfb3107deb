//! Scores in a CSV: our own, or a table of another tool with a row per case, or per case and class.

use crate::eval::error::ModelsError;
use crate::metric::Metric;
use crate::text::printable;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The scores of a CSV.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Listed {
    /// Columns of scores by their canonical names, in the order of the file.
    pub metrics: Vec<String>,
    /// By case and class.
    pub rows: BTreeMap<(String, String), Row>,
    /// Keys of classes in the order of their first rows, with what tables call them.
    pub classes: Vec<(String, String)>,
    /// What columns without numbers say of a case.
    pub texts: BTreeMap<String, BTreeMap<String, String>>,
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Row {
    /// By the place of the column; NaN where it is empty.
    pub values: Vec<f64>,
    pub n_truth: Option<u64>,
    pub n_pred: Option<u64>,
}

/// The class of a table without classes.
const WHOLE: &str = "all";

/// What our own CSV has beside scores.
const COUNTS: [&str; 6] = ["tp", "fp", "fn", "tn", "n_pred", "n_truth"];

/// A column by the canonical name of its score, if there is one, otherwise by its name in the file.
pub(super) fn canonical(name: &str) -> String {
    let bare = name.trim();
    bare.parse::<Metric>().map_or_else(|_| printable(bare), |metric| metric.to_string())
}

impl Listed {
    /// Adds the rows of a file.
    pub fn read(&mut self, text: &str, path: &Path) -> Result<(), ModelsError> {
        let fault = |fault: String| ModelsError::NoCsv { path: path.into(), fault };
        let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).unwrap_or_default();
        let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|&by| {
            let times = first.bytes().filter(|&byte| byte == by).count();
            (times, by == b',')
        });
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter.unwrap_or(b','))
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| fault(error.to_string()))?.clone();
        let place =
            |names: &[&str]| header.iter().position(|name| names.iter().any(|own| name.eq_ignore_ascii_case(own)));
        let case = place(&["case", "case_id", "caseid", "id", "subject", "patient", "image", "file", "filename"]);
        let case = case.ok_or_else(|| fault("it has no column `case`; call the column of the cases so".into()))?;
        let label = place(&["label", "class", "region", "structure", "organ"]);
        let name = label.and_then(|_| place(&["name"]));
        let counts = ["n_truth", "n_pred"].map(|name| place(&[name]));
        let aside = |at: usize| {
            let own = header.get(at).unwrap_or_default();
            at == case || Some(at) == label || Some(at) == name || own == "voxel_ml" || COUNTS.contains(&own)
        };
        let records: Vec<csv::StringRecord> =
            reader.records().collect::<Result<_, _>>().map_err(|error| fault(error.to_string()))?;
        if records.is_empty() {
            return Err(fault("it has no rows".into()));
        }
        let is_numeric = |at: usize| {
            let mut values =
                records.iter().filter_map(|row| row.get(at)).filter(|value| !is_undefined(value)).peekable();
            values.peek().is_none() || values.clone().any(|value| value.parse::<f64>().is_ok())
        };
        let scores: Vec<usize> = (0..header.len()).filter(|&at| !aside(at) && is_numeric(at)).collect();
        let own: Vec<String> = scores.iter().map(|&at| canonical(header.get(at).unwrap_or_default())).collect();
        let mut seen = BTreeSet::new();
        if let Some(twice) = own.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(fault(format!("two of its columns are scores of {twice}; keep one")));
        }
        if self.rows.is_empty() {
            self.metrics = own;
        } else if self.metrics != own {
            return Err(fault("its columns are not those of the model's other files".into()));
        }
        for row in &records {
            let line = row.position().map_or(0, csv::Position::line);
            let wrong = |fault: String| ModelsError::Line { path: path.into(), line, fault };
            let text_at = |at: usize| row.get(at).unwrap_or_default();
            let of_case = printable(text_at(case));
            if of_case.is_empty() {
                return Err(wrong("the case has no name".into()));
            }
            let class = label.map_or(WHOLE.to_owned(), |at| printable(text_at(at)));
            let value = |&at: &usize| match text_at(at) {
                none if is_undefined(none) => Ok(f64::NAN),
                text => text.parse::<f64>().map_err(|_| {
                    wrong(format!(
                        "`{}` in column {} is no number; leave it empty where a score is undefined",
                        printable(text),
                        header.get(at).unwrap_or_default()
                    ))
                }),
            };
            let values = scores.iter().map(value).collect::<Result<_, _>>()?;
            let [n_truth, n_pred] = counts.map(|at| at.and_then(|at| text_at(at).parse().ok()));
            for at in (0..header.len()).filter(|at| !scores.contains(at) && *at != case) {
                let column = self.texts.entry(header.get(at).unwrap_or_default().to_owned()).or_default();
                column.insert(of_case.clone(), printable(text_at(at)));
            }
            if !self.classes.iter().any(|(key, _)| *key == class) {
                let shown = name.map(|at| printable(text_at(at))).filter(|name| !name.is_empty());
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

/// The texts that tools write in place of a missing number.
fn is_undefined(text: &str) -> bool {
    text.is_empty() || ["nan", "na", "n/a", "none", "null", "-"].iter().any(|none| text.eq_ignore_ascii_case(none))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Listed, String> {
        let mut listed = Listed::default();
        listed.read(text, Path::new("a.csv")).map_err(|error| error.to_string())?;
        Ok(listed)
    }

    #[test]
    fn tables_of_other_tools_are_read() {
        let found = read("Case;Label;DSC;mine;site\na;1;0.5;7;x\nb;1;;NA;y\n").unwrap();
        assert_eq!(found.metrics, ["dice", "mine"]);
        assert_eq!(found.rows[&("a".into(), "1".into())].values, [0.5, 7.0]);
        assert!(found.rows[&("b".into(), "1".into())].values.iter().all(|value| value.is_nan()));
        assert_eq!(found.texts["site"]["b"], "y");
        assert_eq!(read("id,dice\na,1\n").unwrap().classes, [("all".to_owned(), "all".to_owned())]);
    }

    #[test]
    fn what_is_no_table_is_told() {
        for (text, part) in [
            ("", "no column `case`"),
            ("x,dice\n1,2\n", "no column `case`"),
            ("case,dice\n", "no rows"),
            ("case,dice\na,0.1\na,0.2\n", "line 3: all of a is there twice"),
            ("case,dice\na,0.1\nb,0.1.2\n", "`0.1.2` in column dice is no number"),
            ("case,dice,DSC\na,0.1,0.1\n", "two of its columns are scores of dice"),
            ("case,dice\n,0.1\n", "the case has no name"),
            ("case,dice\na,0.1,3\n", "no CSV of scores"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }
}

//! A CSV with the truth, the prediction and maybe the name of each case.

use super::{CasePair, Lone, PairList, Pairing, Source, case_name, one};
use crate::eval::error::PairingError;
use crate::eval::rules::Rules;
use crate::io::Input;
use crate::io::labels::LabelOptions;
use crate::text::printable;
use std::collections::HashSet;
use std::path::Path;

/// Reads the list. Relative paths are below the two folders. Files that the list does not name are left out.
pub(crate) fn read(
    PairList { path: list, text }: PairList<'_>,
    truth: &Path,
    pred: &Path,
    rules: &Rules,
) -> Result<Pairing, PairingError> {
    // As spreadsheets write it where the comma is in numbers.
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).unwrap_or_default();
    let delimiter = if first.contains(';') && !first.contains(',') { b';' } else { b',' };
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let (in_truth, in_pred) = (rules.of_truth(), rules.of_pred());
    let mut pairing = Pairing::default();
    let mut names = HashSet::new();
    for (place, row) in rows.records().enumerate() {
        let row = row.map_err(|source| PairingError::ListNotCsv { list: list.into(), source })?;
        let line = row.position().map_or(0, csv::Position::line);
        let fields: Vec<&str> = row.iter().collect();
        let (of_truth, of_pred, name) = match fields[..] {
            ["truth", "pred", ..] if place == 0 => continue,
            [truth, pred] if !truth.is_empty() && !pred.is_empty() => (truth, pred, None),
            [truth, pred, name] if !truth.is_empty() && !pred.is_empty() => {
                (truth, pred, Some(name).filter(|name| !name.is_empty()))
            }
            _ => return Err(PairingError::ListColumns { list: list.into(), line }),
        };
        let (of_truth, expected) = (truth.join(of_truth), pred.join(of_pred));
        let name = name.map_or_else(|| case_name(&expected), printable);
        if !names.insert(name.clone()) {
            return Err(PairingError::ListTwice { list: list.into(), line, case: name });
        }
        let Some(of_truth) = source(&of_truth, &in_truth, rules)? else {
            return Err(PairingError::ListTruth { list: list.into(), line, truth: of_truth, folder: truth.into() });
        };
        match source(&expected, &in_pred, rules)? {
            Some(of_pred) => pairing.pairs.push(CasePair { name, truth: of_truth, pred: of_pred }),
            None => pairing.missing.push(Lone { name, source: of_truth, expected: Some(expected) }),
        }
    }
    if names.is_empty() {
        return Err(PairingError::ListEmpty(list.into()));
    }
    Ok(pairing.sorted())
}

/// A file, or a folder of one file per class; `None` if there is neither.
fn source(path: &Path, options: &LabelOptions, rules: &Rules) -> Result<Option<Source>, PairingError> {
    if path.is_dir() {
        return one(path, options, rules);
    }
    let input = Input::from(path);
    Ok((path.try_exists().unwrap_or(true) || input.exists()).then_some(Source::File(input)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn listed(text: &str) -> Result<Pairing, PairingError> {
        let root = tempfile::tempdir().unwrap();
        for file in ["t/a.nii", "t/b.nii", "p/x.nii", "p/y.nii"] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let list = PairList { path: Path::new("pairs.csv"), text };
        read(list, &root.path().join("t"), &root.path().join("p"), &Rules::default())
    }

    #[test]
    fn cases_are_named_by_the_third_column_or_the_prediction() {
        let pairing = listed("truth,pred,name\nb.nii,x.nii,second\n# a comment\na.nii, y.nii\n").unwrap();
        let names: Vec<&str> = pairing.pairs.iter().map(|pair| &pair.name[..]).collect();
        assert_eq!(names, ["second", "y"]);
        assert!(pairing.pairs[0].truth.path().ends_with("t/b.nii"));
        let pairing = listed("a.nii,z.nii\n").unwrap();
        assert_eq!((pairing.pairs.len(), &pairing.missing[0].name[..]), (0, "z"));
        assert!(pairing.missing[0].expected.as_ref().unwrap().ends_with("p/z.nii"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, part) in [
            ("a.nii\n", "line 1: write truth,pred"),
            ("a.nii,x.nii\nb.nii,x.nii\n", "line 2: the case x is there twice"),
            ("a.nii,x.nii\nc.nii,y.nii\n", "c.nii is not there"),
            ("a.nii,,b\n", "line 1: write"),
            ("", "no pair"),
        ] {
            let message = listed(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}

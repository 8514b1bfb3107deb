//! Pairs by names.

use super::discover::{Entry, Found};
use super::{CasePair, CaseRegex, Kind, Lone, Pairing, Unread};
use crate::eval::error::PairingError;
use crate::text::printable;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::path::PathBuf;

/// The same name first, then the same name without its ending.
pub(super) fn by_name(truth: Found, pred: Found) -> Pairing {
    let mut by_file: BTreeMap<OsString, Entry> =
        pred.entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
    let mut pairs = Vec::new();
    let mut without = Vec::new();
    for truth in truth.entries {
        match by_file.remove(&truth.name) {
            Some(pred) => pairs.push((truth, pred)),
            None => without.push(truth),
        }
    }
    // Of several files of one case the first takes part; the others have no partner and are listed.
    let mut by_case: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for pred in by_file.into_values().rev() {
        by_case.entry(pred.case.clone()).or_default().push(pred);
    }
    let mut missing = Vec::new();
    for truth in without {
        match by_case.get_mut(&truth.case).and_then(Vec::pop) {
            Some(pred) => pairs.push((truth, pred)),
            None => missing.push(truth),
        }
    }
    named(pairs, [missing, by_case.into_values().flatten().collect()], [truth.unread, pred.unread])
}

/// By the part of each name that a pattern matches. Names that do not match are skipped.
pub(super) fn by_regex(truth: Found, pred: Found, regex: &CaseRegex) -> Result<Pairing, PairingError> {
    let mut preds = cases(pred.entries, regex)?;
    let mut pairs = Vec::new();
    let mut missing = Vec::new();
    for (case, truth) in cases(truth.entries, regex)? {
        match preds.remove(&case) {
            Some(pred) => pairs.push((truth, pred)),
            None => missing.push(truth),
        }
    }
    let unread = [truth.unread, pred.unread].map(|entries| {
        let of_case = |entry: Entry| {
            let case = printable(&regex.case(&entry.name.to_string_lossy())?);
            Some(Entry { case, ..entry })
        };
        entries.into_iter().filter_map(of_case).collect()
    });
    Ok(named(pairs, [missing, preds.into_values().collect()], unread))
}

fn cases(entries: Vec<Entry>, regex: &CaseRegex) -> Result<BTreeMap<String, Entry>, PairingError> {
    let first = entries.first().map(|entry| entry.source.path().to_owned()).unwrap_or_default();
    let mut found: BTreeMap<String, Entry> = BTreeMap::new();
    for mut entry in entries {
        let Some(case) = regex.case(&entry.name.to_string_lossy()) else { continue };
        entry.case = printable(&case);
        let file = entry.source.path().to_owned();
        if let Some(other) = found.insert(case.clone(), entry) {
            let files = [other.source.path().to_owned(), file];
            return Err(PairingError::PatternFindsTwice { case, files });
        }
    }
    if found.is_empty() {
        return Err(PairingError::PatternFitsNothing(first));
    }
    Ok(found)
}

/// Takes those cases of one side for which the other side has something that cannot be read, with what that is.
fn taken(lone: &mut Vec<Entry>, others: Vec<Entry>) -> Vec<(Entry, PathBuf)> {
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    for other in others {
        // Of several the first one is told.
        found.entry(other.case).or_insert_with(|| other.source.path().into());
    }
    let (with, without) = std::mem::take(lone).into_iter().partition(|entry| found.contains_key(&entry.case));
    *lone = without;
    let with: Vec<Entry> = with;
    with.into_iter().filter_map(|entry| found.get(&entry.case).cloned().map(|path| (entry, path))).collect()
}

/// Names the cases; where a name would stand for two of them, by their files. `unread` is what cannot be read of truth and
/// prediction.
fn named(
    pairs: Vec<(Entry, Entry)>,
    [mut missing, mut extra]: [Vec<Entry>; 2],
    [of_truth, of_pred]: [Vec<Entry>; 2],
) -> Pairing {
    let mut unread = taken(&mut missing, of_pred);
    unread.extend(taken(&mut extra, of_truth));
    let mut times: HashMap<String, usize> = HashMap::new();
    let of_unread = unread.iter().map(|(entry, _)| entry);
    let all = pairs.iter().map(|(truth, _)| truth).chain(&missing).chain(&extra).chain(of_unread);
    for entry in all {
        *times.entry(entry.case.clone()).or_default() += 1;
    }
    let name = |entry: &Entry| match times.get(&entry.case) {
        Some(1) => entry.case.clone(),
        _ => printable(&entry.name.to_string_lossy()),
    };
    // Names that differ only in characters that cannot be shown are numbered.
    let mut taken = HashSet::new();
    let mut name = |entry: &Entry| {
        let name = name(entry);
        let numbered = (2..).map(|n: usize| format!("{name} ({n})"));
        let mut free = std::iter::once(name.clone()).chain(numbered).skip_while(|name| taken.contains(name));
        let name = free.next().unwrap_or_default();
        taken.insert(name.clone());
        name
    };
    let pairs = pairs.into_iter().map(|(truth, pred)| {
        let name = name(&truth);
        CasePair { name, truth: truth.source, pred: pred.source }
    });
    let pairs = pairs.collect();
    let unread = unread.into_iter().map(|(entry, path): (Entry, PathBuf)| Unread { name: name(&entry), path });
    let unread = unread.collect();
    let mut lone = |entry: Entry| Lone { name: name(&entry), source: entry.source, expected: None };
    Pairing {
        kind: Kind::Folders,
        pairs,
        missing: missing.into_iter().map(&mut lone).collect(),
        extra: extra.into_iter().map(&mut lone).collect(),
        unread,
        passed_over: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::pairing::{Source, case_name};
    use std::path::Path;

    fn entries(names: &[&str]) -> Found {
        let entry = |name: &&str| Entry {
            name: name.into(),
            case: case_name(Path::new(name)),
            source: Source::File(name.into()),
        };
        Found { entries: names.iter().map(entry).collect(), ..Found::default() }
    }

    fn shown(pairing: &Pairing) -> (Vec<String>, Vec<&str>, Vec<&str>) {
        let pair =
            |pair: &CasePair| format!("{}: {} {}", pair.name, pair.truth.path().display(), pair.pred.path().display());
        let names = |list: &[Lone]| list.iter().map(|lone| lone.name.clone()).collect::<Vec<_>>();
        let leak = |list: Vec<String>| list.into_iter().map(|name| &*name.leak()).collect();
        (pairing.pairs.iter().map(pair).collect(), leak(names(&pairing.missing)), leak(names(&pairing.extra)))
    }

    #[test]
    fn the_same_name_goes_before_the_same_stem() {
        let pairing = by_name(
            entries(&["a.nii.gz", "b.mha", "c.nii", "d.nii"]),
            entries(&["a.mha", "a.nii.gz", "b.nrrd", "e.nii"]),
        );
        let (pairs, missing, extra) = shown(&pairing);
        assert_eq!(pairs, ["a.nii.gz: a.nii.gz a.nii.gz", "b: b.mha b.nrrd"]);
        // The second file of case a is listed under its own name.
        assert_eq!((missing, extra), (vec!["c", "d"], vec!["a.mha", "e"]));
    }

    #[test]
    fn a_pattern_tells_cases_whatever_else_the_names_say() {
        let regex = "case_([0-9]+)".parse().unwrap();
        let truth = entries(&["case_01_seg.nii.gz", "case_02_seg.nii.gz", "atlas.nii.gz"]);
        let pairing = by_regex(truth, entries(&["pred_case_02.mha", "pred_case_03.mha"]), &regex).unwrap();
        let (pairs, missing, extra) = shown(&pairing);
        assert_eq!(pairs, ["02: case_02_seg.nii.gz pred_case_02.mha"]);
        assert_eq!((missing, extra), (vec!["01"], vec!["03"]));
    }

    #[test]
    fn patterns_that_say_too_little_or_nothing_are_refused() {
        let found =
            |pattern: &str| by_regex(entries(&["a1.nii"]), entries(&["a1.nii", "b1.nii"]), &pattern.parse().unwrap());
        assert!(found("[0-9]").unwrap_err().to_string().contains("a1.nii and in b1.nii"));
        assert!(found("x").unwrap_err().to_string().contains("fits no name"));
    }
}

//! Which prediction belongs to which truth.
//!
//! In order: a list of pairs; a pattern in the names; the same file name; the same name
//! without its ending. A folder below one of the two folders is a case of that name.

mod discover;
mod kind;
pub(crate) mod list;
mod listed;
mod matching;
pub(crate) mod slices;
mod unread;

pub(crate) use kind::is_usual_name;
pub(super) use unread::fault;

use super::error::{OfFolders, PairingError};
use super::named::{ParseError, named};
use super::passed_over::PassedOver;
use super::rules::{Pictures, Rules};
use crate::io::labels::LabelOptions;
use crate::io::nrrd::Segmentation;
use crate::io::{self, Input};
use crate::text::printable;
use discover::{Entry, Found};
use regex_lite::Regex;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use unicode_normalization::UnicodeNormalization;

/// What says which prediction belongs to which truth.
#[derive(Debug, Clone, Copy, Default)]
pub enum Matching<'a> {
    /// The same file name, else the same name without its ending.
    #[default]
    Names,
    /// What a pattern finds in the names.
    Pattern(&'a CaseRegex),
    /// A list.
    List(PairList<'a>),
}

impl Matching<'_> {
    /// Refuses for a file what is for folders.
    fn check_files(self, file: &Path) -> Result<(), PairingError> {
        let what = match self {
            Self::Names => return Ok(()),
            Self::Pattern(_) => OfFolders::Pattern,
            Self::List(_) => OfFolders::Pairs,
        };
        Err(PairingError::NotTwoFolders { what, file: file.into() })
    }
}

/// A CSV of pairs: truth, prediction and maybe a name, relative to the two folders.
#[derive(Debug, Clone, Copy)]
pub struct PairList<'a> {
    /// What errors call it.
    pub path: &'a Path,
    /// What it says.
    pub text: &'a str,
}

/// Where the label map of a case is.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A label map.
    File(Input),
    /// A folder with one file per class.
    Masks {
        /// The folder.
        folder: PathBuf,
        /// The files, each with the name of its class.
        files: Vec<(String, Input)>,
    },
    /// A file whose segments have names.
    Segments(Input, Box<Segmentation>),
}

impl Source {
    /// The file or folder.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(input) | Self::Segments(input, _) => input.path(),
            Self::Masks { folder, .. } => folder,
        }
    }

    /// Whether both are the same file or folder.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(a) | Self::Segments(a, _), Self::File(b) | Self::Segments(b, _)) => a.is_same_file(b),
            _ => Input::from(self.path()).is_same_file(&Input::from(other.path())),
        }
    }

    /// Whether its files are still there.
    pub(super) fn exists(&self) -> bool {
        match self {
            Self::File(input) | Self::Segments(input, _) => input.exists(),
            Self::Masks { files, .. } => files.iter().all(|(_, input)| input.exists()),
        }
    }
}

/// A case that both sides have.
#[derive(Debug, Clone, PartialEq)]
pub struct CasePair {
    /// The case.
    pub name: String,
    /// Its truth.
    pub truth: Source,
    /// Its prediction.
    pub pred: Source,
}

/// A case that one side has.
#[derive(Debug, Clone, PartialEq)]
pub struct Lone {
    /// The case.
    pub name: String,
    /// The side that is there.
    pub source: Source,
    /// Where a prediction was looked for.
    pub expected: Option<PathBuf>,
}

/// A case of which one side is there and cannot be read: a JPEG, or a folder without anything that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The case.
    pub name: String,
    /// The file or folder that cannot be read.
    pub path: PathBuf,
}

/// One pair of files, or folders of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// One pair of files.
    Pair,
    /// Two folders.
    #[default]
    Folders,
}

named!(Kind, "the kind of a run" { Pair = "pair", Folders = "folders" });

/// All cases, each list sorted by name.
#[derive(Debug, Default, PartialEq)]
pub struct Pairing {
    /// A pair of files, or folders.
    pub kind: Kind,
    /// Cases that both sides have.
    pub pairs: Vec<CasePair>,
    /// A truth without prediction.
    pub missing: Vec<Lone>,
    /// A prediction without truth.
    pub extra: Vec<Lone>,
    /// Cases that cannot be read on one side.
    pub unread: Vec<Unread>,
    /// Pictures beside volumes.
    pub passed_over: Vec<PassedOver>,
}

/// One case of two files.
pub fn pair_files(truth: impl Into<Input>, pred: impl Into<Input>) -> Pairing {
    let pred = pred.into();
    let name = case_name(pred.path());
    let (truth, pred) = (Source::File(truth.into()), Source::File(pred));
    Pairing { kind: Kind::Pair, pairs: vec![CasePair { name, truth, pred }], ..Pairing::default() }
}

/// One case of two files, or the cases of two folders.
///
/// # Errors
/// As [`pair_folders_by`], and [`PairingError::NotTwoFolders`] where two files are to be matched otherwise than by names.
pub fn pair_paths(truth: &Path, pred: &Path, by: Matching<'_>, rules: &Rules) -> Result<Pairing, PairingError> {
    if truth.is_dir() || pred.is_dir() {
        return pair_folders_by(truth, pred, by, rules);
    }
    by.check_files(truth)?;
    Ok(pair_files(truth, pred))
}

/// Pairs files that are at hand by their names, as [`pair_folders`] does those of two folders. Use it for bytes in
/// memory, where there are no folders.
///
/// ```
/// use voxdice::eval::pair_inputs;
/// use voxdice::io::Input;
/// let files = |names: &[&str]| names.iter().map(|name| Input::bytes(name, [])).collect::<Vec<_>>();
/// let pairing = pair_inputs(files(&["a.nii", "b.nii.gz"]), files(&["pred/b.mha", "pred/c.mha"]));
/// assert_eq!((pairing.pairs[0].name.as_str(), pairing.missing.len(), pairing.extra.len()), ("b", 1, 1));
/// ```
pub fn pair_inputs(truths: impl IntoIterator<Item = Input>, preds: impl IntoIterator<Item = Input>) -> Pairing {
    let all = |entries: Vec<Entry>| Found { entries, ..Found::default() };
    let truths = all(truths.into_iter().map(Entry::of).collect());
    matching::by_name(truths, all(preds.into_iter().map(Entry::of).collect())).sorted()
}

/// Pairs two folders by names. A single file beside a folder of masks is one case.
///
/// # Errors
/// [`PairingError`] where a folder has no label maps, or no name of the one fits a name of the other.
pub fn pair_folders(truth: &Path, pred: &Path) -> Result<Pairing, PairingError> {
    pair_folders_by(truth, pred, Matching::Names, &Rules::default())
}

/// Pairs two folders in another way than by names. Where names do not say whether the only file of a case is a label map,
/// the first such files are read by these rules.
///
/// # Errors As [`pair_folders`], and where the pattern or the list does not fit.
pub fn pair_folders_by(truth: &Path, pred: &Path, by: Matching<'_>, rules: &Rules) -> Result<Pairing, PairingError> {
    if truth.is_dir() != pred.is_dir() {
        return beside_a_folder(truth, pred, by, rules);
    }
    if let Matching::List(list) = by {
        return list::read(list, truth, pred, rules);
    }
    if rules.pictures == Pictures::Slices
        && let (Some(of_truth), Some(of_pred)) = (discover::stack(truth)?, discover::stack(pred)?)
    {
        by.check_files(truth)?;
        return Ok(pair_files(of_truth, of_pred));
    }
    let mut truths = found(truth, &rules.of_truth(), rules)?;
    let mut preds = found(pred, &rules.of_pred(), rules)?;
    let passed_over = PassedOver::of([&mut truths, &mut preds].map(|found| std::mem::take(&mut found.pictures)));
    let mut pairing = match by {
        Matching::Pattern(regex) => matching::by_regex(truths, preds, regex)?,
        Matching::Names | Matching::List(_) => matching::by_name(truths, preds),
    };
    if pairing.pairs.is_empty()
        && pairing.unread.is_empty()
        && let (Some(missing), Some(extra)) = (pairing.missing.first(), pairing.extra.first())
    {
        return Err(PairingError::NoPair {
            passed_over: passed_over.into(),
            folders: [truth, pred].map(Path::to_path_buf),
            names: [missing, extra].map(|lone| name_of(lone.source.path()).into()),
            alike: is_alike(&missing.name, &extra.name),
        });
    }
    for lone in &mut pairing.missing {
        // A prediction would lie as the truth does.
        let file = lone.source.path();
        lone.expected = Some(pred.join(file.strip_prefix(truth).unwrap_or(file)));
    }
    Ok(Pairing { passed_over, ..pairing.sorted() })
}

/// The cases of a folder.
fn found(path: &Path, options: &LabelOptions, rules: &Rules) -> Result<Found, PairingError> {
    let stacks = if rules.pictures == Pictures::Slices { discover::stacks(path)? } else { None };
    stacks.map_or_else(|| discover::folder(path, options), Ok)
}

/// The case that one folder is.
fn one(path: &Path, options: &LabelOptions, rules: &Rules) -> Result<Option<Source>, PairingError> {
    let stack = if rules.pictures == Pictures::Slices { discover::stack(path)? } else { None };
    stack.map_or_else(|| discover::one(path, options), |input| Ok(Some(Source::File(input))))
}

/// The volume that a folder of slices is.
pub(crate) fn stack(folder: &Path) -> Result<Option<Source>, PairingError> {
    Ok(discover::stack(folder)?.map(Source::File))
}

/// Whether two names read alike and are not the same: they differ in capitals, or one has a separate accent character
/// where the other has an accented letter, as names from a Mac do.
fn is_alike(a: &str, b: &str) -> bool {
    let folded = |name: &str| name.nfd().collect::<String>().to_lowercase();
    folded(a) == folded(b)
}

impl Pairing {
    fn sorted(mut self) -> Self {
        self.pairs.sort_by(|a, b| a.name.cmp(&b.name));
        self.missing.sort_by(|a, b| a.name.cmp(&b.name));
        self.extra.sort_by(|a, b| a.name.cmp(&b.name));
        self.unread.sort_by(|a, b| a.name.cmp(&b.name));
        self
    }
}

/// The masks in a folder that is known to hold masks, of a case of this name, or else of the name of the folder.
pub(crate) fn masks(folder: &Path, case: Option<&str>) -> Result<Source, PairingError> {
    discover::masks(folder, case)
}

/// One case: a label map on one side, one file per class on the other.
fn beside_a_folder(truth: &Path, pred: &Path, by: Matching<'_>, rules: &Rules) -> Result<Pairing, PairingError> {
    by.check_files(if truth.is_dir() { pred } else { truth })?;
    let source = |path: &Path, options: &LabelOptions| {
        if path.is_dir() { one(path, options, rules) } else { Ok(Some(Source::File(path.into()))) }
    };
    match (source(truth, &rules.of_truth())?, source(pred, &rules.of_pred())?) {
        (Some(of_truth), Some(of_pred)) => {
            let pairs = vec![CasePair { name: case_name(pred), truth: of_truth, pred: of_pred }];
            Ok(Pairing { pairs, kind: Kind::Pair, ..Pairing::default() })
        }
        (of_truth, _) => {
            let (folder, file) = if of_truth.is_none() { (truth, pred) } else { (pred, truth) };
            Err(PairingError::FolderAndFile { folder: folder.into(), file: file.into() })
        }
    }
}

/// The case that a file or folder is: its name without the ending.
pub(crate) fn case_name(path: &Path) -> String {
    printable(&io::stem(path).unwrap_or_else(|| name_of(path)))
}

/// The last part of a path.
fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A pattern whose first group is the case, or all of it where it has no group.
#[derive(Debug, Clone)]
pub struct CaseRegex(Regex);

impl CaseRegex {
    /// The pattern.
    pub(in crate::eval) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The case in a name; None where the pattern does not fit.
    pub(in crate::eval) fn case(&self, name: &str) -> Option<String> {
        let found = self.0.captures(name)?;
        let case = found.get(1).or_else(|| found.get(0))?.as_str();
        (!case.is_empty()).then(|| case.to_owned())
    }
}

impl FromStr for CaseRegex {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Regex::new(text)
            .map(Self)
            .map_err(|error| format!("`{text}` is no pattern: {error}; write one such as 'case_([0-9]+)'").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_case_is_the_first_group_or_the_match() {
        let of = |pattern: &str, name: &str| pattern.parse::<CaseRegex>().unwrap().case(name);
        assert_eq!(of("case_([0-9]+)", "case_017_seg.nii.gz").as_deref(), Some("017"));
        assert_eq!(of("[0-9]+", "case_017_seg.nii.gz").as_deref(), Some("017"));
        assert_eq!(of("[0-9]+", "case.nii"), None);
        assert_eq!(of("x([0-9]*)", "x.nii"), None);
        assert!("(".parse::<CaseRegex>().unwrap_err().to_string().contains("such as"));
    }

    #[test]
    fn names_of_cases_keep_to_one_line() {
        assert_eq!(case_name(Path::new("a/b\nc.nii.gz")), "b\u{fffd}c");
        assert_eq!(case_name(Path::new("a/b.unknown")), "b.unknown");
        assert_eq!(case_name(Path::new("/")), "/");
    }
}

//! Which prediction belongs to which truth.
//!
//! In order: a list of pairs (`--pairs`); a pattern in the names (`--pair-regex`); the same file name; the same name
//! without its ending. A folder below one of the two folders is a case of that name.

mod discover;
mod kind;
pub(in crate::cli) mod list;
mod matching;

use crate::cli::text::printable;
use crate::io;
use crate::io::nrrd::Segmentation;
use anyhow::{Result, bail};
use regex_lite::Regex;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use unicode_normalization::UnicodeNormalization;

/// What is to be paired, and how.
pub(in crate::cli) struct Request<'a> {
    pub truth: &'a Path,
    pub pred: &'a Path,
    pub regex: Option<&'a CaseRegex>,
    /// A CSV of pairs.
    pub pairs: Option<&'a Path>,
}

/// Where the label map of a case is.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cli) enum Source {
    File(PathBuf),
    /// A folder with one file per class; the name of each file is that of its class.
    Masks {
        folder: PathBuf,
        files: Vec<(String, PathBuf)>,
    },
    /// A file whose segments have names.
    Segments(PathBuf, Box<Segmentation>),
}

impl Source {
    pub fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Segments(path, _) => path,
            Self::Masks { folder, .. } => folder,
        }
    }
}

/// A case that both sides have.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cli) struct CasePair {
    pub name: String,
    pub truth: Source,
    pub pred: Source,
}

/// A case that one side has.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cli) struct Lone {
    pub name: String,
    pub source: Source,
    /// Where the other side was looked for, if something said where.
    pub expected: Option<PathBuf>,
}

/// All cases, each list sorted by name.
#[derive(Debug, Default, PartialEq)]
pub(in crate::cli) struct Pairing {
    pub pairs: Vec<CasePair>,
    /// A truth without prediction.
    pub missing: Vec<Lone>,
    /// A prediction without truth.
    pub extra: Vec<Lone>,
}

/// Pairs two folders. A single file beside a folder of masks is one case.
pub(in crate::cli) fn pair(request: &Request<'_>) -> Result<Pairing> {
    let Request { truth, pred, regex, pairs } = *request;
    if truth.is_dir() != pred.is_dir() {
        return beside_a_folder(request);
    }
    if let Some(list) = pairs {
        return list::read(list, truth, pred);
    }
    let pairing = match regex {
        Some(regex) => matching::by_regex(discover::folder(truth)?, discover::folder(pred)?, regex)?,
        None => matching::by_name(discover::folder(truth)?, discover::folder(pred)?),
    };
    if pairing.pairs.is_empty()
        && let (Some(missing), Some(extra)) = (pairing.missing.first(), pairing.extra.first())
    {
        let alike = if is_alike(&missing.name, &extra.name) {
            " (they differ in capitals, or in how accents are encoded)"
        } else {
            ""
        };
        bail!(
            "no name in {} fits one in {}: the first are {} and {}{alike}; say with --pair-regex which part of a name is the \
             case, or list the pairs with --pairs",
            truth.display(),
            pred.display(),
            name_of(missing.source.path()),
            name_of(extra.source.path())
        );
    }
    Ok(pairing.sorted())
}

/// Whether two names read alike and are not the same: by their capitals, or because one has an accent of its own where
/// the other has a letter with it, as names from a Mac do.
fn is_alike(a: &str, b: &str) -> bool {
    let folded = |name: &str| name.nfd().collect::<String>().to_lowercase();
    folded(a) == folded(b)
}

impl Pairing {
    fn sorted(mut self) -> Self {
        self.pairs.sort_by(|a, b| a.name.cmp(&b.name));
        self.missing.sort_by(|a, b| a.name.cmp(&b.name));
        self.extra.sort_by(|a, b| a.name.cmp(&b.name));
        self
    }
}

/// Whether a label map or a folder of masks is called so whatever the case is: then its folder is the case.
pub(in crate::cli) fn is_usual_name(name: &str) -> bool {
    discover::is_usual_name(name)
}

/// The masks in a folder that is known to hold masks.
pub(in crate::cli) fn masks(folder: &Path) -> Result<Source> {
    discover::masks(folder)
}

/// One case: a label map on one side, one file per class on the other.
fn beside_a_folder(request: &Request<'_>) -> Result<Pairing> {
    let flags = [("--pairs", request.pairs.is_some()), ("--pair-regex", request.regex.is_some())];
    if let Some((flag, _)) = flags.iter().find(|(_, given)| *given) {
        let file = if request.truth.is_dir() { request.pred } else { request.truth };
        bail!("{flag} is for two folders, and {} is none; leave it out or name two folders", file.display());
    }
    let source = |path: &Path| {
        if path.is_dir() { discover::one(path) } else { Ok(Some(Source::File(path.into()))) }
    };
    match (source(request.truth)?, source(request.pred)?) {
        (Some(truth), Some(pred)) => {
            let name = case_name(request.pred);
            Ok(Pairing { pairs: vec![CasePair { name, truth, pred }], ..Pairing::default() })
        }
        (truth, _) => {
            let folder = if truth.is_none() { request.truth } else { request.pred };
            let file = if truth.is_none() { request.pred } else { request.truth };
            bail!(
                "{} is a folder without label maps, one per class, and {} is a file; name two files or two folders",
                folder.display(),
                file.display()
            )
        }
    }
}

/// The case that a file or folder is: its name without the ending.
pub(in crate::cli) fn case_name(path: &Path) -> String {
    printable(&io::stem(path).unwrap_or_else(|| name_of(path)))
}

/// The last part of a path.
fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// `--pair-regex`: the first group of the pattern is the case, or all of it where it has no group.
#[derive(Debug, Clone)]
pub(in crate::cli) struct CaseRegex(Regex);

impl CaseRegex {
    /// The case in a name; None where the pattern does not fit.
    fn case(&self, name: &str) -> Option<String> {
        let found = self.0.captures(name)?;
        let case = found.get(1).or_else(|| found.get(0))?.as_str();
        (!case.is_empty()).then(|| case.to_owned())
    }
}

impl FromStr for CaseRegex {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Regex::new(text)
            .map(Self)
            .map_err(|error| format!("`{text}` is no pattern: {error}; write one such as 'case_([0-9]+)'"))
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
        assert!("(".parse::<CaseRegex>().unwrap_err().contains("such as"));
    }

    #[test]
    fn names_of_cases_keep_to_one_line() {
        assert_eq!(case_name(Path::new("a/b\nc.nii.gz")), "b\u{fffd}c");
        assert_eq!(case_name(Path::new("a/b.unknown")), "b.unknown");
        assert_eq!(case_name(Path::new("/")), "/");
    }
}

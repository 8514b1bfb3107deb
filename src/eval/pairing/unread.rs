//! Why what lies under the name of a case cannot be read.

use crate::error::FileError;
use crate::eval::error::{EvalError, PairingError};
use crate::eval::rules::Pictures;
use crate::io;
use crate::text::listed;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Why a file or a folder cannot be read as a case.
pub(crate) fn fault(path: &Path, pictures: Pictures) -> EvalError {
    match io::foreign_by_name(path) {
        Some(error) if !path.is_dir() => error.into(),
        _ if pictures == Pictures::Slices => PairingError::NoSlices { folder: path.into(), holds: holds(path) }.into(),
        _ => no_label_maps(path).into(),
    }
}

/// The error for a folder without label maps.
pub(super) fn no_label_maps(folder: &Path) -> PairingError {
    PairingError::NoLabelMaps { folder: folder.into(), holds: holds(folder) }
}

/// What lies in a folder, and where that is folders alone, in the first of them.
fn holds(folder: &Path) -> String {
    let (holds, first) = contents(folder);
    match first {
        Some(first) => format!("{holds}, the first of which is {}: {}", first.display(), contents(&first).0),
        None => holds,
    }
}

/// What lies in a folder by endings, as `12 .jpg, 1 .txt`, and why the first file of a known format is not read. Where there
/// are folders alone, the first one.
fn contents(folder: &Path) -> (String, Option<PathBuf>) {
    let entries = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    let is_hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let (mut folders, mut files): (Vec<PathBuf>, Vec<PathBuf>) =
        entries.filter(|path| !is_hidden(path)).partition(|path| path.is_dir());
    folders.sort();
    files.sort();
    let mut endings = BTreeMap::<String, usize>::new();
    for file in &files {
        *endings.entry(ending(file).unwrap_or_else(|| "without an ending".into())).or_default() += 1;
    }
    let mut kinds: Vec<(String, usize)> = endings.into_iter().collect();
    kinds.sort_by_key(|(_, files)| Reverse(*files));
    kinds.extend(Some((if folders.len() == 1 { "folder" } else { "folders" }.into(), folders.len())));
    let kinds = kinds.into_iter().filter(|(_, number)| *number > 0).map(|(kind, number)| format!("{number} {kind}"));
    let kinds: Vec<String> = kinds.collect();
    let mut text = if kinds.is_empty() { "nothing".into() } else { listed(&kinds) };
    let unread = files.iter().find_map(|file| io::foreign_by_name(file));
    if let Some(FileError::Foreign { format, remedy, .. }) = unread {
        text = format!("{text} ({format} is not read; {remedy})");
    }
    (text, folders.into_iter().next().filter(|_| files.is_empty()))
}

/// The ending of a file in small letters: of what is read the whole one, as `.nii.gz`.
fn ending(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_string_lossy();
    let readable = io::stem(file).and_then(|stem| name.get(stem.len()..).map(str::to_lowercase));
    readable.or_else(|| Some(format!(".{}", file.extension()?.to_string_lossy().to_lowercase())))
}

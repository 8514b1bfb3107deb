//! What lies in a folder.

use crate::eval::error::PairingError;
use crate::io;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Names with their paths, sorted.
pub(super) type Named = Vec<(OsString, PathBuf)>;

/// What lies in a folder, each sorted by name.
pub(super) struct Listed {
    pub files: Named,
    pub folders: Named,
    /// Files of known formats that are not read.
    pub foreign: Named,
    /// Pictures beside volumes.
    pub pictures: Vec<PathBuf>,
}

/// Label maps and folders; hidden files, files of other kinds, and pictures beside volumes are skipped. An entry that
/// only looks like a label map (a folder of such a name, a link that leads nowhere) is listed and becomes a failure.
pub(super) fn listed(path: &Path) -> Result<Listed, PairingError> {
    let failed = |source| PairingError::Folder { path: path.into(), source };
    let (mut files, mut folders, mut foreign) = (Vec::new(), Vec::new(), Vec::new());
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (name, path) = (entry.file_name(), entry.path());
        if io::stem(&path).is_some() {
            files.push((name, path));
        } else if !name.to_string_lossy().starts_with(['.', '_']) && path.is_dir() {
            folders.push((name, path));
        } else if io::foreign_stem(&path).is_some() {
            foreign.push((name, path));
        }
    }
    // Beside volumes, pictures are previews of them.
    let mut pictures = Vec::new();
    if files.iter().any(|(_, file)| !io::is_picture(file)) {
        let all = files.extract_if(.., |(_, file)| io::is_picture(file));
        pictures.extend(all.map(|(_, file)| file));
    }
    files.sort();
    folders.sort();
    foreign.sort();
    Ok(Listed { files, folders, foreign, pictures })
}

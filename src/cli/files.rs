//! Result files: complete under their name, or not there at all.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Complains early about a name that nothing can be written under, before any time is spent.
pub(super) fn check_writable(path: &Path) -> Result<()> {
    if path.is_dir() {
        bail!("{}: this is a folder; name the file to write", path.display());
    }
    let folder = folder(path);
    if !folder.is_dir() {
        bail!("{}: there is no folder {}; make it first", path.display(), folder.display());
    }
    Ok(())
}

/// A file that is written under a hidden name, and removed again unless it gets its own. What is no file (a pipe, a
/// device) cannot be replaced and is written to at the end.
#[derive(Debug)]
pub(super) struct Pending {
    hidden: PathBuf,
    path: PathBuf,
    direct: Option<String>,
}

impl Pending {
    pub fn write(path: &Path, content: &str) -> Result<Self> {
        if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return Ok(Self { hidden: PathBuf::new(), path: path.into(), direct: Some(content.into()) });
        }
        Self::make(path, |hidden| Ok(fs::write(hidden, content)?))
    }

    /// What `write` leaves under the name that it is given.
    pub fn make(path: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<Self> {
        let name = path.file_name().with_context(|| format!("{}: not the name of a file", path.display()))?;
        let hidden = folder(path).join(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
        let pending = Self { hidden, path: path.into(), direct: None };
        write(&pending.hidden).with_context(|| format!("{}: cannot be written", path.display()))?;
        Ok(pending)
    }

    /// Whether nothing is on disk yet, so that writing may fail.
    pub fn is_direct(&self) -> bool {
        self.direct.is_some()
    }

    /// Takes the place of what was there.
    pub fn publish(mut self) -> Result<()> {
        if let Some(content) = &self.direct {
            return fs::write(&self.path, content)
                .with_context(|| format!("{}: cannot be written", self.path.display()));
        }
        fs::rename(&self.hidden, &self.path).with_context(|| format!("{}: cannot be replaced", self.path.display()))?;
        self.hidden = PathBuf::new();
        Ok(())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.hidden.as_os_str().is_empty() {
            // The error that led here says more than this one would.
            let _ = fs::remove_file(&self.hidden);
        }
    }
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.into(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_published_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        fs::write(&path, "old").unwrap();
        drop(Pending::write(&path, "half").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        Pending::write(&path, "new").unwrap().publish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn names_that_cannot_be_written_are_told_early() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check_writable(folder.path()).is_err());
        assert!(check_writable(&folder.path().join("none/a.json")).is_err());
        assert!(check_writable(&folder.path().join("a.json")).is_ok());
    }
}

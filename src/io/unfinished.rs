//! Files that appear under their names when they are complete.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{FileAction, FileError};

/// Characters of a name that the hidden one takes over, so that it is no longer than names may be.
const KEPT: usize = 40;

/// Writes a file that appears under its name when `fill` has filled it, in place of one that was there. Until then it has a
/// hidden name in the same folder, and that is removed if anything fails.
pub(super) fn write(path: &Path, fill: impl FnOnce(File) -> io::Result<()>) -> Result<(), FileError> {
    let (file, unfinished) = Unfinished::create(path)?;
    fill(file).map_err(|source| failed(path, FileAction::Write, source))?;
    unfinished.rename(path)
}

fn failed(path: &Path, action: FileAction, source: io::Error) -> FileError {
    FileError::Io { path: path.to_path_buf(), action, source }
}

/// A file under a temporary name. It is removed if it is dropped before it gets its final name.
struct Unfinished(PathBuf);

impl Unfinished {
    fn create(path: &Path) -> Result<(File, Self), FileError> {
        let name: String = path.file_name().unwrap_or_default().to_string_lossy().chars().take(KEPT).collect();
        let mut attempt = 0_u32;
        loop {
            let hidden = path.with_file_name(format!(".{name}.{attempt}.part"));
            let created = OpenOptions::new().write(true).create_new(true).open(&hidden);
            match created {
                Ok(file) => return Ok((file, Self(hidden))),
                // Another writer is using the name, or was killed: its file must not be touched.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 1000 => {
                    attempt = attempt.saturating_add(1);
                }
                Err(source) => return Err(failed(path, FileAction::Create, source)),
            }
        }
    }

    fn rename(mut self, path: &Path) -> Result<(), FileError> {
        fs::rename(&self.0, path).map_err(|source| failed(path, FileAction::Rename, source))?;
        // Nothing is left to be removed under the hidden name.
        self.0 = PathBuf::new();
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            // This error cannot be reported, and the error that led here says more.
            let _ = fs::remove_file(&self.0);
        }
    }
}

// WebAssembly has no temporary folders.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_that_cannot_be_filled_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        // 251 bytes: a hidden name that has all of them would be too long.
        let path = folder.path().join(format!("{}.npy", "x".repeat(247)));
        write(&path, |mut file| file.write_all(b"old")).unwrap();
        let full = |mut file: File| {
            file.write_all(b"ne")?;
            Err(io::ErrorKind::StorageFull.into())
        };
        let error = write(&path, full).unwrap_err();
        assert!(matches!(error, FileError::Io { action: FileAction::Write, .. }), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

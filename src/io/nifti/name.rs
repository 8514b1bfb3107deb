//! From the name a caller gives to the files of one image.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::header::Place;
use crate::error::FileError;
use crate::io::file::ends_in;

/// The name of an image.
pub(super) enum Name {
    /// Header and voxels in one file, whatever it is called.
    Single(PathBuf),
    /// One half of a pair, and which one.
    Pair { given: PathBuf, is_header: bool, gzip: bool },
}

impl Name {
    pub(super) fn of(path: &Path) -> Self {
        let gzip = ends_in(path, "gz");
        let inner = if gzip { path.with_extension("") } else { path.to_path_buf() };
        let is_header = ends_in(&inner, "hdr");
        if is_header || ends_in(&inner, "img") {
            Self::Pair { given: path.to_path_buf(), is_header, gzip }
        } else {
            Self::Single(path.to_path_buf())
        }
    }

    /// Where a header under this name must say that its voxels are.
    pub(super) fn place(&self) -> Place {
        match self {
            Self::Single(_) => Place::SameFile,
            Self::Pair { .. } => Place::OtherFile,
        }
    }

    /// The file with the header.
    pub(super) fn header(&self) -> Result<PathBuf, FileError> {
        match self {
            Self::Single(path) => Ok(path.clone()),
            Self::Pair { given, is_header, gzip } => {
                if *is_header {
                    Ok(given.clone())
                } else {
                    partner(given, *gzip, ["hdr", "HDR"])
                }
            }
        }
    }

    /// The file with the voxels, if it is another one than that with the header.
    pub(super) fn voxels(&self) -> Result<Option<PathBuf>, FileError> {
        match self {
            Self::Single(_) => Ok(None),
            Self::Pair { given, is_header, gzip } => {
                if *is_header {
                    partner(given, *gzip, ["img", "IMG"]).map(Some)
                } else {
                    Ok(Some(given.clone()))
                }
            }
        }
    }
}

/// The other half of a pair: in the same case, and compressed as this one if both are there.
fn partner(given: &Path, gzip: bool, extension: [&str; 2]) -> Result<PathBuf, FileError> {
    let inner = if gzip { given.with_extension("") } else { given.to_path_buf() };
    let capitals = |name: Option<&OsStr>| name.is_some_and(|name| name == name.to_ascii_uppercase());
    let [small, large] = extension;
    let plain = inner.with_extension(if capitals(inner.extension()) { large } else { small });
    let mut packed = plain.clone().into_os_string();
    packed.push(if capitals(given.extension()) { ".GZ" } else { ".gz" });
    let packed = PathBuf::from(packed);
    let order = if gzip { [packed, plain] } else { [plain, packed] };
    let [first, _] = &order;
    // A half which is there and cannot be looked at is left to whoever opens it.
    let found = order.iter().find(|path| path.try_exists().unwrap_or(true));
    found.cloned().ok_or_else(|| FileError::MissingPartner { path: first.clone(), partner: given.to_path_buf() })
}

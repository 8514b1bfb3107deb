//! From the name a caller gives to the files of one image.

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::error::FileError;
use crate::io::file::ends_in;
use crate::io::input::FileRef;

/// The name of an image.
pub(super) enum Name<'a> {
    /// Header and voxels in one file, under any name.
    Single(FileRef<'a>),
    /// One half of a pair, and which one.
    Pair { given: FileRef<'a>, is_header: bool, gzip: bool },
}

/// Where a header must say that its voxels are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    SameFile,
    OtherFile,
}

impl<'a> Name<'a> {
    pub(super) fn of(file: &FileRef<'a>) -> Self {
        let path = file.path();
        let gzip = ends_in(path, "gz");
        let inner = if gzip { path.with_extension("") } else { path.to_path_buf() };
        let is_header = ends_in(&inner, "hdr");
        if is_header || ends_in(&inner, "img") {
            Self::Pair { given: file.clone(), is_header, gzip }
        } else {
            Self::Single(file.clone())
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
    pub(super) fn header(&self) -> Result<FileRef<'a>, FileError> {
        match self {
            Self::Pair { given, is_header: false, gzip } => partner(given, *gzip, ["hdr", "HDR"]),
            Self::Single(file) | Self::Pair { given: file, .. } => Ok(file.clone()),
        }
    }

    /// The file with the voxels, if it is another one than that with the header.
    pub(super) fn voxels(&self) -> Result<Option<FileRef<'a>>, FileError> {
        match self {
            Self::Single(_) => Ok(None),
            Self::Pair { given, is_header: true, gzip } => partner(given, *gzip, ["img", "IMG"]).map(Some),
            Self::Pair { given, .. } => Ok(Some(given.clone())),
        }
    }
}

/// The other half of a pair: in the same case, and compressed as this one if both are there.
fn partner<'a>(given: &FileRef<'a>, gzip: bool, extension: [&str; 2]) -> Result<FileRef<'a>, FileError> {
    let path = given.path();
    let inner = if gzip { path.with_extension("") } else { path.to_path_buf() };
    let capitals = |name: Option<&OsStr>| name.is_some_and(|name| name == name.to_ascii_uppercase());
    let [small, large] = extension;
    let plain = inner.with_extension(if capitals(inner.extension()) { large } else { small });
    let mut packed = plain.clone().into_os_string();
    packed.push(if capitals(path.extension()) { ".GZ" } else { ".gz" });
    let packed = PathBuf::from(packed);
    let order = if gzip { [packed, plain] } else { [plain, packed] };
    let [first, _] = &order;
    let none = given.no_partner(first.clone());
    // A half that exists and cannot be accessed gives an error when it is opened.
    order.into_iter().map(|path| given.beside(path)).find(FileRef::may_exist).ok_or(none)
}

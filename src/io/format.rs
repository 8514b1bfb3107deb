//! A format of image files: one record, and a line in the list of `image.rs`.

use std::path::Path;

use super::header::{Header, Image};
use super::input::{FileRef, Input};
use super::unread::Unread;
use crate::error::FileError;

/// How files of a format are recognized and read.
pub(super) struct ImageFormat {
    /// How the names of its files end, in small letters. Files with voxels alone are not listed: the header stands for both.
    pub endings: &'static [&'static str],
    /// Endings of files that their first bytes do not identify, because these may be voxels.
    pub halves: &'static [&'static str],
    /// Whether it is one of pictures, which lie beside volumes as previews of them.
    pub picture: bool,
    /// Whether these are the first bytes of such a file.
    pub starts: fn(&[u8]) -> bool,
    /// Reads the header.
    pub header: fn(&FileRef<'_>) -> Result<Header, FileError>,
    /// Reads the header, and goes to the voxels.
    pub unread: Open,
}

pub(super) type Open = for<'a> fn(&FileRef<'a>) -> Result<(Header, Unread<'a>), FileError>;

impl ImageFormat {
    /// Whether the name of a file is one of this format.
    pub fn is_name(&self, path: &Path) -> bool {
        self.endings.iter().any(|ending| has_ending(path, ending))
    }

    /// Whether a file can be identified only by its name, and has this format.
    pub fn is_half(&self, path: &Path) -> bool {
        self.halves.iter().any(|ending| has_ending(path, ending))
    }

    pub fn read(&self, input: &Input) -> Result<Image, FileError> {
        Image::load((self.unread)(input.file())?)
    }

    pub fn read_header(&self, input: &Input) -> Result<Header, FileError> {
        (self.header)(input.file())
    }
}

/// Whether a name has this ending, in capitals or not, and something before it.
fn has_ending(path: &Path, ending: &str) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    name.strip_suffix(ending).is_some_and(|stem| !stem.is_empty())
}

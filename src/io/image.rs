//! Images of every format that is read.

use super::foreign::{array, dicom, foreign, started};
use super::format::ImageFormat;
use super::header::{Header, Image};
use super::input::{FileRef, Input};
use super::unread::Unread;
use super::{bmp, file, gipl, gzip, metaimage, mgh, nifti, npy, nrrd};
#[cfg(feature = "images")]
use super::{png, tiff};
use crate::error::{FileAction, FileError};

mod slices;

/// The formats, the most common one first: what is packed without a name is taken as that.
const FORMATS: &[&ImageFormat] = &[
    &nifti::FORMAT,
    &metaimage::FORMAT,
    &nrrd::FORMAT,
    &mgh::FORMAT,
    &gipl::FORMAT,
    #[cfg(feature = "images")]
    &png::FORMAT,
    #[cfg(feature = "images")]
    &tiff::FORMAT,
    &bmp::FORMAT,
];

/// The ending of arrays, which are not images.
const ARRAY: &str = ".npy";

/// How many endings there are.
const ENDINGS: usize = {
    let (mut count, mut formats) = (1_usize, FORMATS);
    while let [format, rest @ ..] = formats {
        (count, formats) = (count.wrapping_add(format.endings.len()), rest);
    }
    count
};

/// How the names of the files end that are read: those of images, then `.npy`. The voxels of a pair of files (`.img`,
/// `.raw`) are not listed: the header stands for both.
///
/// ```
/// use voxdice::io::READABLE;
/// assert!(READABLE.contains(&".nii.gz") && READABLE.ends_with(&[".npy"]) && !READABLE.contains(&".img"));
/// ```
#[allow(clippy::indexing_slicing, reason = "in a constant: a place beyond the end is no program")]
pub const READABLE: &[&str] = &{
    let (mut all, mut place, mut formats) = ([ARRAY; ENDINGS], 0_usize, FORMATS);
    while let [format, more @ ..] = formats {
        let mut endings = format.endings;
        while let [ending, rest @ ..] = endings {
            all[place] = *ending;
            (place, endings) = (place.wrapping_add(1), rest);
        }
        formats = more;
    }
    all
};

/// The same and `.npz`: an array of an archive is read where the file is named, and not where it lies in a folder.
#[allow(clippy::indexing_slicing, reason = "in a constant: a place beyond the end is no program")]
pub(crate) const NAMED: &[&str] = &{
    let (mut all, mut place) = ([".npz"; ENDINGS.wrapping_add(1)], 0_usize);
    while place < ENDINGS {
        all[place] = READABLE[place];
        place = place.wrapping_add(1);
    }
    all
};

/// Reads an image of any format, from a path or bytes. A file that starts as one of the formats does is read as such; else
/// its name decides.
///
/// # Errors
///
/// See [`FileError`]: the file is not there, is of no format that is read, is damaged, or does not fit in memory.
pub fn read(input: impl Into<Input>) -> Result<Image, FileError> {
    Image::load(unread(input.into().file())?)
}

/// Reads header and geometry only; the voxels are not looked at, and may be missing.
///
/// # Errors
///
/// As [`read`], for the header.
pub fn read_header(input: impl Into<Input>) -> Result<Header, FileError> {
    header(input.into().file())
}

pub(super) fn header(file: &FileRef<'_>) -> Result<Header, FileError> {
    match file.slices() {
        Some(slices) => slices::header(file, slices),
        None => (format(file)?.header)(file),
    }
}

/// Reads the header, and goes to the voxels.
pub(super) fn unread<'a>(file: &FileRef<'a>) -> Result<(Header, Unread<'a>), FileError> {
    match file.slices() {
        Some(slices) => slices::unread(file, slices),
        None => (format(file)?.unread)(file),
    }
}

fn format(file: &FileRef<'_>) -> Result<&'static ImageFormat, FileError> {
    let path = file.path();
    let find = |is: &dyn Fn(&ImageFormat) -> bool| FORMATS.iter().copied().find(|format| is(format));
    if let Some(format) = find(&|format| format.is_half(path)) {
        return Ok(format);
    }
    let (mut reader, _) = file.open()?;
    let mut first = [0; nifti::FIRST];
    let failed = |source| FileError::Io { path: path.to_path_buf(), action: FileAction::Read, source };
    let got = file::read_full(&mut reader, &mut first).map_err(failed)?;
    let first = first.get(..got).unwrap_or_default();
    let known = || find(&|format| (format.starts)(first)).map(Ok);
    let named = || find(&|format| format.is_name(path)).map(Ok);
    let packed = file::ends_in(path, "gz") || first.starts_with(&gzip::MAGIC);
    known()
        .or_else(|| dicom(first, path, NAMED).map(Err))
        .or_else(|| array(first, path, NAMED).map(Err))
        // A picture may be of another format than its name says.
        .or_else(|| started(first, path, NAMED).filter(|_| is_picture(path)).map(Err))
        .or_else(named)
        .or_else(|| foreign(first, path, NAMED).map(Err))
        .or_else(|| FORMATS.first().copied().filter(|_| packed).map(Ok))
        .unwrap_or_else(|| Err(unknown(path)))
}

/// The error for a file that by its name is of a format that is known and not read.
#[cfg(feature = "eval")]
pub(crate) fn foreign_by_name(path: &std::path::Path) -> Option<FileError> {
    super::foreign::by_name(path, READABLE)
}

/// How the names of pictures end that are read.
#[cfg(feature = "eval")]
pub(crate) const PICTURES: &[&str] =
    if cfg!(feature = "images") { &[".png", ".tif", ".tiff", ".bmp"] } else { &[".bmp"] };

/// Whether the name of a file is one of a picture.
pub(crate) fn is_picture(path: &std::path::Path) -> bool {
    FORMATS.iter().any(|format| format.picture && format.is_name(path))
}

fn unknown(path: &std::path::Path) -> FileError {
    // An array is no image, so what is listed to whoever asked for one as an image are images.
    let readable = if npy::is_array(path) { NAMED.get(..ENDINGS.saturating_sub(1)).unwrap_or_default() } else { NAMED };
    FileError::UnknownFormat { path: path.to_path_buf(), readable }
}

//! Images of every format that is read.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::path::Path;

use super::file::{ends_in, open, read_full};
use super::geometry::Geometry;
use super::unread::Unread;
use super::voxels::{Scale, StoredType, Voxels};
use super::{gzip, metaimage, nifti, nrrd};
use crate::error::{FileAction, FileError};

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// NIfTI-1 or NIfTI-2.
    Nifti,
    /// MetaImage.
    MetaImage,
    /// NRRD.
    Nrrd,
}

/// What the header of a file says about its image.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Header {
    /// The format of the file.
    pub format: Format,
    /// The lengths, x first. Where there are several channels, they are the last axis, wherever the file has them.
    pub shape: Vec<u64>,
    /// Values per voxel: 1, or the length of the last axis. NIfTI does not say what its axes above the third are, so
    /// there it is always 1.
    pub channels: u64,
    /// The type on disk. The voxels come back in it unless they are scaled.
    pub dtype: StoredType,
    /// How stored numbers become values; `None` where they are the values.
    pub scale: Option<Scale>,
    /// Size and place of the voxels.
    pub geometry: Geometry,
}

impl Header {
    /// Number of values: the product of the shape. Readers have checked that it can be counted.
    #[must_use]
    pub fn voxel_count(&self) -> u64 {
        self.shape.iter().fold(1, |product, &length| product.saturating_mul(length))
    }
}

impl From<nifti::Header> for Header {
    fn from(header: nifti::Header) -> Self {
        Self {
            format: Format::Nifti,
            shape: header.shape,
            channels: 1,
            dtype: header.dtype,
            scale: header.scale,
            geometry: header.geometry,
        }
    }
}

/// An image: its header, and its voxels, x fastest and channels slowest.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// What the header says.
    pub header: Header,
    /// The voxels. As stored, where [`Header::scale`] is `None`; else scaled, as f64.
    pub voxels: Voxels,
}

/// Reads an image of any format. A file that starts as one of the formats does is read as such; else its name decides.
///
/// # Errors
///
/// See [`FileError`]: the file is not there, is of no format that is read, is damaged, or has no room in memory.
pub fn read(path: impl AsRef<Path>) -> Result<Image, FileError> {
    let (header, unread) = unread(path.as_ref())?;
    Ok(Image { header, voxels: unread.load()? })
}

/// Reads the header, and goes to the voxels.
pub(super) fn unread(path: &Path) -> Result<(Header, Unread<'static>), FileError> {
    match format(path)? {
        Format::Nifti => nifti::unread(path).map(|(header, unread)| (header.into(), unread)),
        Format::MetaImage => metaimage::unread(path),
        Format::Nrrd => nrrd::unread(path),
    }
}

/// Reads header and geometry only; the voxels are not looked at, and may be missing.
///
/// # Errors
///
/// As [`read`], for the header.
pub fn read_header(path: impl AsRef<Path>) -> Result<Header, FileError> {
    let path = path.as_ref();
    match format(path)? {
        Format::Nifti => nifti::read_header(path).map(Header::from),
        Format::MetaImage => metaimage::read_header(path),
        Format::Nrrd => nrrd::read_header(path),
    }
}

fn format(path: &Path) -> Result<Format, FileError> {
    let named = |extensions: &[&str]| extensions.iter().any(|extension| ends_in(path, extension));
    let inner = if named(&["gz"]) { path.with_extension("") } else { path.to_path_buf() };
    // Of a pair, either half may be named, and the voxels may start with any bytes.
    if ends_in(&inner, "hdr") || ends_in(&inner, "img") {
        return Ok(Format::Nifti);
    }
    let (mut reader, _) = open(path)?;
    let mut first = [0; 16];
    let failed = |source| FileError::Io { path: path.to_path_buf(), action: FileAction::Read, source };
    let got = read_full(&mut reader, &mut first).map_err(failed)?;
    let first = first.get(..got).unwrap_or_default();
    let starts = |texts: &[&str]| texts.iter().any(|text| first.starts_with(text.as_bytes()));
    if starts(&["NRRD000"]) {
        Ok(Format::Nrrd)
    } else if starts(&["ObjectType", "NDims"]) || named(&["mha", "mhd"]) {
        Ok(Format::MetaImage)
    } else if named(&["nrrd", "nhdr"]) {
        Ok(Format::Nrrd)
    } else if named(&["nii", "gz"]) || first.starts_with(&gzip::MAGIC) || nifti::starts(first) {
        Ok(Format::Nifti)
    } else {
        Err(FileError::UnknownFormat { path: path.to_path_buf() })
    }
}

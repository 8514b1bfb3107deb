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
use super::foreign::{foreign, is_dicom};
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
    /// Bytes behind the voxels in their file, or in what is unpacked: the header may say too little, or the start be
    /// wrong.
    pub surplus: u64,
}

impl Image {
    pub(super) fn load((header, unread): (Header, Unread<'_>)) -> Result<Self, FileError> {
        let (voxels, surplus) = unread.load_to_end()?;
        Ok(Self { header, voxels, surplus })
    }
}

/// Reads an image of any format. A file that starts as one of the formats does is read as such; else its name decides.
///
/// # Errors
///
/// See [`FileError`]: the file is not there, is of no format that is read, is damaged, or has no room in memory.
pub fn read(path: impl AsRef<Path>) -> Result<Image, FileError> {
    Image::load(unread(path.as_ref())?)
}

/// Reads the header, and goes to the voxels.
pub(super) fn unread(path: &Path) -> Result<(Header, Unread<'static>), FileError> {
    match format(path)? {
        Format::Nifti => nifti::unread(path).map(|(header, unread)| (header.into(), unread)),
        Format::MetaImage => metaimage::unread(path),
        Format::Nrrd => nrrd::unread(path),
    }
}

/// Reads the header in bytes of a whole file, and goes to the voxels.
pub(super) fn unread_bytes<'a>(name: &Path, bytes: &'a [u8]) -> Result<(Header, Unread<'a>), FileError> {
    match format_of(bytes, name)? {
        Format::Nifti => nifti::unread_bytes(name, bytes).map(|(header, unread)| (header.into(), unread)),
        Format::MetaImage => metaimage::unread_bytes(name, bytes),
        Format::Nrrd => nrrd::unread_bytes(name, bytes),
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
    let inner = if ends_in(path, "gz") { path.with_extension("") } else { path.to_path_buf() };
    // Of a pair, either half may be named, and the voxels may start with any bytes.
    if ends_in(&inner, "hdr") || ends_in(&inner, "img") {
        return Ok(Format::Nifti);
    }
    let (mut reader, _) = open(path)?;
    let mut first = [0; nifti::FIRST];
    let failed = |source| FileError::Io { path: path.to_path_buf(), action: FileAction::Read, source };
    let got = read_full(&mut reader, &mut first).map_err(failed)?;
    format_of(first.get(..got).unwrap_or_default(), path)
}

/// By the first bytes of a file, else by its name.
fn format_of(first: &[u8], path: &Path) -> Result<Format, FileError> {
    let named = |extensions: &[&str]| extensions.iter().any(|extension| ends_in(path, extension));
    let starts = |texts: &[&str]| texts.iter().any(|text| first.starts_with(text.as_bytes()));
    if starts(&["NRRD000"]) {
        Ok(Format::Nrrd)
    } else if starts(&["ObjectType", "NDims"]) || named(&["mha", "mhd"]) {
        Ok(Format::MetaImage)
    } else if named(&["nrrd", "nhdr"]) {
        Ok(Format::Nrrd)
    } else if (nifti::starts(first) || named(&["nii"])) && (nifti::has_magic(first) || !is_dicom(first)) {
        Ok(Format::Nifti)
    } else if let Some(error) = foreign(first, path) {
        Err(error)
    } else if named(&["gz"]) || first.starts_with(&gzip::MAGIC) {
        Ok(Format::Nifti)
    } else {
        Err(FileError::UnknownFormat { path: path.to_path_buf() })
    }
}

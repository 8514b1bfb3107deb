//! An image: what its header says, and its voxels.

use std::fmt;

use super::geometry::Geometry;
use super::unread::Unread;
use super::voxels::{Scale, StoredType, Voxels};
use crate::error::FileError;

/// A file format. Those that are read are constants of this type.
///
/// ```
/// assert_eq!(voxdice::io::Format::NRRD.to_string(), "NRRD");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format(pub(super) &'static str);

impl Format {
    /// Whether it is one of pictures, which are mostly looked at.
    ///
    /// ```
    /// use voxdice::io::Format;
    /// assert!(Format::BMP.is_picture() && !Format::NRRD.is_picture());
    /// ```
    #[must_use]
    pub fn is_picture(self) -> bool {
        matches!(self.0, "PNG" | "BMP" | "TIFF")
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What the numbers of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Meaning {
    /// Numbers.
    #[default]
    Numbers,
    /// The brightness of a grey picture of 8 bits: 255 is white. Masks are often stored so.
    Brightness,
    /// Places in the palette of a picture.
    Palette,
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
    /// What the numbers are.
    pub meaning: Meaning,
}

impl Header {
    /// Number of values: the product of the shape. Readers have checked that it can be counted.
    #[must_use]
    pub fn voxel_count(&self) -> u64 {
        self.shape.iter().fold(1, |product, &length| product.saturating_mul(length))
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

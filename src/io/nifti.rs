//! NIfTI-1 and NIfTI-2 images: `.nii`, `.nii.gz`, `.nii.zst` (with the feature `images`), and `.hdr`/`.img` pairs.
//!
//! ```no_run
//! let image = voxdice::io::nifti::read("case_001.nii.gz")?;
//! println!("{:?} of {}", image.header.shape, image.header.dtype);
//! # Ok::<(), voxdice::error::FileError>(())
//! ```
//!
//! # Why an own reader
//!
//! A metric is only as good as its voxels, and a wrong voxel looks like any other. The crate `nifti` 0.18.0, compared
//! with nibabel and SimpleITK on files made for this, returned other voxels than the file holds: it ignores
//! `vox_offset` where there is no extension and reads the padding; it multiplies by a `scl_slope` of NaN, as common
//! pipelines write it, and makes every voxel 0; it passes integers through f32, so that ids above 2^24 change although
//! the slope is 1; and its conversion to u8 wraps 300 to 44. It takes a wrong gzip checksum and an impossible offset as
//! sound, and refuses gzip of several members and NIfTI-2.
//!
//! # What this reader promises
//!
//! * The answer is the file's, or an error. Gzip checksums and lengths are verified to the end of the stream, every
//!   size is checked, and no bytes cause a panic.
//! * Integers which are not scaled never pass through floats (see [`Scale`]).
//! * Memory follows what the file holds, not what its header claims: the voxels are decoded straight into the one
//!   vector that is returned. Its capacity is at most eight times the bytes decoded so far (or 4 MiB). Beside it there
//!   are buffers of less than a MiB. Only scaled images grow, as their voxels come back as f64.
//! * Content decides whether a file is gzip. Only for the `.img` half of a pair the name does, as
//!   voxels may start with any bytes.

use super::foreign::is_dicom;
use super::format::ImageFormat;
use super::header::{self as image, Format};
use super::input::{FileRef, Input};
use super::unread::Unread;
use crate::error::FileError;

mod header;
mod name;
mod source;
mod version;
mod write;

pub use super::geometry::{AffineSource, Geometry, Units};
pub use super::voxels::{ByteOrder, Scale, StoredType, Voxel, Voxels};
pub use header::Header;
pub use version::Version;
pub use write::write;

use name::Name;

/// An image: its header, and its voxels in the file's order, x fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// What the header says.
    pub header: Header,
    /// The voxels. As stored, where [`Header::scale`] is `None`; else scaled, as f64.
    pub voxels: Voxels,
}

impl Format {
    /// NIfTI-1 or NIfTI-2.
    pub const NIFTI: Self = Self("NIfTI");
}

pub(super) const FORMAT: ImageFormat = ImageFormat {
    endings: &[
        ".nii",
        ".nii.gz",
        #[cfg(feature = "images")]
        ".nii.zst",
        ".hdr",
        ".hdr.gz",
    ],
    // Of a pair, either half may be named.
    halves: &[".hdr", ".hdr.gz", ".img", ".img.gz"],
    picture: false,
    starts: |first| starts(first) && (has_magic(first) || !is_dicom(first)),
    header: |file| header(file).map(Into::into),
    unread: |file| unread(file).map(|(header, unread)| (header.into(), unread)),
};

impl From<Header> for image::Header {
    fn from(header: Header) -> Self {
        Self {
            format: Format::NIFTI,
            shape: header.shape,
            channels: 1,
            dtype: header.dtype,
            scale: header.scale,
            geometry: header.geometry,
            meaning: image::Meaning::Numbers,
        }
    }
}

/// Reads an image. Of a pair, either half may be named.
///
/// # Errors
///
/// See [`FileError`]: the file is not there, is not NIfTI, is damaged, or does not fit in memory.
pub fn read(input: impl Into<Input>) -> Result<Image, FileError> {
    let (header, unread) = unread(input.into().file())?;
    Ok(Image { header, voxels: unread.load()? })
}

/// Reads header and geometry only; the voxels are not looked at, and may be missing.
///
/// # Errors
///
/// As [`read`], for the header.
pub fn read_header(input: impl Into<Input>) -> Result<Header, FileError> {
    header(input.into().file())
}

/// Reads the header.
fn header(file: &FileRef<'_>) -> Result<Header, FileError> {
    let name = Name::of(file);
    Header::load(&mut source::open(&name.header()?)?, name.place())
}

/// Reads the header, and goes to the voxels.
fn unread<'a>(file: &FileRef<'a>) -> Result<(Header, Unread<'a>), FileError> {
    let name = Name::of(file);
    let mut source = source::open(&name.header()?)?;
    let header = Header::load(&mut source, name.place())?;
    if let Some(voxels) = name.voxels()? {
        source = source::open_voxels(&voxels)?;
    }
    let unread = header.unread(source)?;
    Ok((header, unread))
}

/// The bytes of a file that [`has_magic`] looks at.
pub(super) const FIRST: usize = 348;

/// Whether the magic of a header stands where it has to be.
fn has_magic(bytes: &[u8]) -> bool {
    let [one, two] = [344..348, 4..8].map(|place| bytes.get(place));
    matches!(one, Some(b"n+1\0" | b"ni1\0")) || matches!(two, Some(b"n+2\0" | b"ni2\0"))
}

/// Whether these are the first bytes of a NIfTI header.
fn starts(bytes: &[u8]) -> bool {
    bytes.first_chunk().copied().and_then(version::recognise).is_some()
}

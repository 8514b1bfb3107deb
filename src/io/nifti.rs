//! NIfTI-1 and NIfTI-2 images: `.nii`, `.nii.gz`, and `.hdr`/`.img` pairs.
//!
//! ```no_run
//! let image = voxdice::io::nifti::read("case_001.nii.gz")?;
//! println!("{:?} of {}", image.header.shape, image.header.dtype);
//! # Ok::<(), voxdice::error::FileError>(())
//! ```
//!
//! # Why an own reader
//!
//! A metric is worth what its voxels are worth, and a wrong voxel looks like any other. The crate
//! `nifti` 0.18.0, compared with nibabel and SimpleITK on files made for this, returned other voxels
//! than the file holds: it ignores `vox_offset` where there is no extension and reads the padding;
//! it multiplies by a `scl_slope` of NaN, as common pipelines write it, and makes every voxel 0; it
//! passes integers through f32, so that ids above 2^24 change although the slope is 1; and its
//! conversion to u8 wraps 300 to 44. It takes a wrong gzip checksum and an impossible offset as
//! sound, and refuses gzip of several members and NIfTI-2.
//!
//! # What this reader promises
//!
//! * The answer is the file's, or an error. Gzip checksums and lengths are verified to the end of the
//!   stream, every size is checked, and nothing panics whatever the bytes.
//! * Integers which are not scaled never pass through floats (see [`Scale`]).
//! * Memory follows what the file holds, not what its header claims: the voxels are decoded straight
//!   into the one vector that is returned, whose room is at most eight times (or 4 MiB) what has been
//!   decoded so far. Beside it there are buffers of less than a MiB. Only scaled images grow, as
//!   their voxels come back as f64.
//! * Content decides whether a file is gzip. Only for the `.img` half of a pair the name does, as
//!   voxels may start with any bytes.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::io::Cursor;
use std::path::Path;

use super::unread::Unread;
use crate::error::FileError;

mod header;
mod name;
mod source;
mod write;

pub use super::geometry::{AffineSource, Geometry, Units};
pub use super::voxels::{ByteOrder, Scale, StoredType, Voxel, Voxels};
pub use header::{Header, Version};
pub use write::write;

use header::Place;
use name::Name;

/// An image: its header, and its voxels in the file's order, x fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// What the header says.
    pub header: Header,
    /// The voxels. As stored, where [`Header::scale`] is `None`; else scaled, as f64.
    pub voxels: Voxels,
}

/// Reads an image. Of a pair, either half may be named.
///
/// # Errors
///
/// See [`FileError`]: the file is not there, is not NIfTI, is damaged, or has no room in memory.
pub fn read(path: impl AsRef<Path>) -> Result<Image, FileError> {
    let (header, unread) = unread(path.as_ref())?;
    Ok(Image { header, voxels: unread.load()? })
}

/// Reads the header, and goes to the voxels.
pub(super) fn unread(path: &Path) -> Result<(Header, Unread<'static>), FileError> {
    let name = Name::of(path);
    let mut source = source::open(&name.header()?)?;
    let header = Header::load(&mut source, name.place())?;
    if let Some(voxels) = name.voxels()? {
        source = source::open_voxels(&voxels)?;
    }
    let unread = header.unread(source)?;
    Ok((header, unread))
}

/// Reads header and geometry only; the voxels are not looked at, and may be missing.
///
/// # Errors
///
/// As [`read`], for the header.
pub fn read_header(path: impl AsRef<Path>) -> Result<Header, FileError> {
    let name = Name::of(path.as_ref());
    Header::load(&mut source::open(&name.header()?)?, name.place())
}

/// Reads an image, which is no pair, from bytes in memory. `name` is what errors call it; a name in
/// `.gz` is not needed.
///
/// # Errors
///
/// As [`read`].
pub fn read_bytes(name: impl AsRef<Path>, bytes: &[u8]) -> Result<Image, FileError> {
    let (header, unread) = unread_bytes(name.as_ref(), bytes)?;
    Ok(Image { header, voxels: unread.load()? })
}

/// Reads the header in bytes in memory, and goes to the voxels.
pub(super) fn unread_bytes<'a>(name: &Path, bytes: &'a [u8]) -> Result<(Header, Unread<'a>), FileError> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut source = source::new(Cursor::new(bytes), length, name)?;
    let header = Header::load(&mut source, Place::SameFile)?;
    let unread = header.unread(source)?;
    Ok((header, unread))
}

/// The bytes of a file that [`has_magic`] looks at.
pub(super) const FIRST: usize = 348;

/// Whether the magic of a header stands where it has to be.
pub(super) fn has_magic(bytes: &[u8]) -> bool {
    let [one, two] = [344..348, 4..8].map(|place| bytes.get(place));
    matches!(one, Some(b"n+1\0" | b"ni1\0")) || matches!(two, Some(b"n+2\0" | b"ni2\0"))
}

/// Whether these are the first bytes of a NIfTI header.
pub(super) fn starts(bytes: &[u8]) -> bool {
    bytes.first_chunk().copied().and_then(header::recognise).is_some()
}

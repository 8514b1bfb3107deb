//! Voxels used in place: files that the application mapped into memory.

use std::path::Path;

use super::header::Header;
use super::image;
use super::input::FileRef;
use super::unread::{Notation, Order, Unread};
use super::voxels::{ByteOrder, Voxel, with_type};
use crate::error::FileError;

/// An image in the bytes of a file. Nothing is copied, so a volume may be larger than the memory if the bytes are those
/// of a mapped file.
///
/// This crate maps no file itself: that is `unsafe`, because another program may change the file meanwhile. Only the
/// application knows whether that can happen.
///
/// ```
/// use voxdice::io::{Geometry, View, nifti};
/// use voxdice::{Engine, EngineOptions, LabelMap, Shape};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("mask.nii");
/// nifti::write(&path, &[3, 2], &Geometry::from_spacing([1.0; 3]), &[0u8, 1, 1, 0, 1, 0])?;
/// let bytes = std::fs::read(&path)?; // or a memory map of the file
/// let view = View::new("mask.nii", &bytes)?;
/// let voxels: &[u8] = view.voxels().ok_or("not bytes")?;
/// assert_eq!((view.header().shape.as_slice(), voxels), (&[3, 2][..], &[0, 1, 1, 0, 1, 0][..]));
/// let map = LabelMap::u8(Shape::new(1, 1, [2, 3])?, voxels)?;
/// # let _ = map;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct View<'a> {
    header: Header,
    bytes: &'a [u8],
}

impl<'a> View<'a> {
    /// Reads the header from the bytes of a whole file: NIfTI, or MetaImage or NRRD with its voxels in the same file.
    /// `name` is what errors call it; its ending helps to tell the format.
    ///
    /// # Errors
    /// Those of the readers of the format, and [`FileError::NotInPlace`] for voxels that are packed, are
    /// text, have the other byte order, are scaled, have to be reordered, lie in another file, or lie at an address
    /// that does not fit their type.
    pub fn new(name: impl AsRef<Path>, bytes: &'a [u8]) -> Result<Self, FileError> {
        let name = name.as_ref();
        let (header, mut unread) = image::unread(&FileRef::borrowed(name, bytes))?;
        let differs = |why| FileError::NotInPlace { path: name.to_path_buf(), why };
        if let Some(why) = difference(name, &unread) {
            return Err(differs(why));
        }
        let start = unread.stream.position()?;
        let needed = unread.layout.count.saturating_mul(unread.layout.dtype.size());
        let place = usize::try_from(start).ok().zip(usize::try_from(needed).ok());
        let voxels = place.and_then(|(start, needed)| bytes.get(start..)?.get(..needed));
        let voxels = voxels.ok_or_else(|| unread.stream.truncated(needed, unread.stream.length()))?;
        let view = Self { header, bytes: voxels };
        if view.is_aligned() { Ok(view) } else { Err(differs("the first voxel lies at an odd address")) }
    }

    /// What the header says.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The voxels, in the file's order, x fastest; `None` where `T` is not the stored type.
    #[must_use]
    pub fn voxels<T: Voxel>(&self) -> Option<&'a [T]> {
        if T::STORED == self.header.dtype { bytemuck::try_cast_slice(self.bytes).ok() } else { None }
    }

    fn is_aligned(&self) -> bool {
        with_type!(self.header.dtype, T => bytemuck::try_cast_slice::<u8, T>(self.bytes).is_ok())
    }
}

/// How the voxels differ from those in memory.
fn difference(name: &Path, unread: &Unread<'_>) -> Option<&'static str> {
    let layout = &unread.layout;
    let checks = [
        (unread.stream.is_decoded(), "its pixels have to be decoded"),
        (unread.stream.is_packed(), "it is compressed"),
        (unread.notation == Notation::Text, "it is text"),
        (unread.stream.path() != name, "its voxels are in another file"),
        ((layout.byte_order == ByteOrder::Big) != cfg!(target_endian = "big"), "it has the other byte order"),
        (layout.scale.is_some(), "its header scales them"),
        (unread.order != Order::Same, "its axes are in another order"),
    ];
    checks.into_iter().find(|(differs, _)| *differs).map(|(_, why)| why)
}

//! Arrays written: to files, and to bytes in memory.

use super::{Order, header};
use crate::error::{FileError, WriteFault};
use crate::io::input::Input;
use crate::io::unfinished;
use crate::io::voxels::{StoredType, Voxel};
use crate::memory::prefer_huge_pages;
use std::borrow::Cow;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes an array of `float32`, little endian, whose elements lie in memory in this order.
///
/// The file appears under its name when it is complete, in place of one that was there; until then it
/// has a hidden name in the same folder, and that is removed if anything fails.
///
/// # Errors
/// [`FileError::Unwritable`], or what the system said.
pub fn write(path: impl AsRef<Path>, shape: &[u64], order: Order, elements: &[f32]) -> Result<(), FileError> {
    let path = path.as_ref();
    check_shape(path, shape, elements.len())?;
    unfinished::write(path, |mut file| {
        file.write_all(&header::encode(StoredType::F32, shape, order))?;
        file.write_all(&little_endian(elements))
    })
}

/// An array in memory, whose elements lie in this order, as what readers take in place of a file. Its name should end in
/// `.npy`.
///
/// ```
/// use voxdice::io::npy::{self, Elements, Order};
/// use voxdice::io::nifti::Voxels;
/// let input = npy::input("truth.npy", &[2, 2], Order::ColumnMajor, &[0u16, 1, 300, 3])?;
/// let array = npy::read(input)?;
/// assert_eq!(array.elements, Elements::Plain(Voxels::U16(vec![0, 300, 1, 3])));
/// # Ok::<(), voxdice::error::FileError>(())
/// ```
///
/// # Errors
/// [`FileError::Unwritable`].
pub fn input<T: Voxel>(
    name: impl Into<PathBuf>,
    shape: &[u64],
    order: Order,
    elements: &[T],
) -> Result<Input, FileError> {
    let name = name.into();
    check_shape(&name, shape, elements.len())?;
    let (header, body) = (header::encode(T::STORED, shape, order), little_endian(elements));
    let mut bytes = Vec::with_capacity(header.len().saturating_add(body.len()));
    prefer_huge_pages(bytes.spare_capacity_mut());
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(&body);
    Ok(Input::owned(name, bytes))
}

fn check_shape(path: &Path, shape: &[u64], found: usize) -> Result<(), FileError> {
    let count = shape.iter().try_fold(1u64, |product, &n| product.checked_mul(n));
    let fault = if shape.len() > header::MOST_AXES {
        WriteFault::Axes(shape.len())
    } else if count != Some(found as u64) {
        WriteFault::Count { shape: shape.into(), voxels: found }
    } else {
        return Ok(());
    };
    Err(FileError::Unwritable { path: path.into(), fault })
}

/// The elements as a file has them.
fn little_endian<T: Voxel>(elements: &[T]) -> Cow<'_, [u8]> {
    if cfg!(target_endian = "little") {
        return Cow::Borrowed(bytemuck::cast_slice(elements));
    }
    let swapped: Vec<T> = elements.iter().map(|element| element.swapped()).collect();
    Cow::Owned(bytemuck::cast_slice(&swapped).to_vec())
}

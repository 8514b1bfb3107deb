//! A small writer: NIfTI-1, little endian, one file, not scaled.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::error::{FileError, GeometryFault, WriteFault};
use crate::io::file::ends_in;
use crate::io::geometry::Geometry;
use crate::io::unfinished;
use crate::io::voxels::Voxel;

/// Bytes written at a time where their order has to be swapped first.
#[cfg(target_endian = "big")]
const CHUNK: usize = 1 << 14;

/// Writes an image as `.nii` or, compressed, as `.nii.gz`.
///
/// `voxels` are in the file's order, x fastest, and `shape` says how many there are along each axis. The affine is
/// always written as an sform: readers do not agree about a header without one.
///
/// The file appears under its name when it is complete, in place of one that was there; until then it
/// has a hidden name in the same folder, and that is removed if anything fails.
///
/// # Errors
///
/// [`FileError::Unwritable`] for what does not fit into NIfTI-1, [`FileError::Io`] otherwise.
pub fn write<T: Voxel>(
    path: impl AsRef<Path>,
    shape: &[u64],
    geometry: &Geometry,
    voxels: &[T],
) -> Result<(), FileError> {
    let path = path.as_ref();
    let gzip = ends_in(path, "gz");
    let header = check(path, gzip, shape, voxels.len())
        .and_then(|()| header::<T>(shape, geometry))
        .map_err(|fault| FileError::Unwritable { path: path.to_path_buf(), fault })?;
    unfinished::write(path, |file| fill(file, gzip, &header, voxels))
}

fn check(path: &Path, gzip: bool, shape: &[u64], voxels: usize) -> Result<(), WriteFault> {
    let inner = path.with_extension("");
    if !ends_in(if gzip { &inner } else { path }, "nii") {
        return Err(WriteFault::Name);
    }
    if shape.is_empty() || shape.len() > 7 {
        return Err(WriteFault::Rank(shape.len()));
    }
    let bad = |&(_, &length): &(usize, &u64)| length == 0 || length > i16::MAX as u64;
    if let Some((axis, &length)) = shape.iter().enumerate().find(bad) {
        return Err(WriteFault::Axis { axis, length });
    }
    // Seven lengths of 15 bits have at most 105.
    let product: u128 = shape.iter().map(|&length| u128::from(length)).product();
    if product != voxels as u128 {
        return Err(WriteFault::Count { shape: shape.to_vec(), voxels });
    }
    Ok(())
}

/// The 348 bytes of the header, field by field, and four which say that no extension follows.
fn header<T: Voxel>(shape: &[u64], geometry: &Geometry) -> Result<Vec<u8>, WriteFault> {
    let (spacing, affine) = as_f32(shape, geometry).map_err(WriteFault::Geometry)?;
    let mut bytes = Vec::with_capacity(352);
    let mut put = |field: &[u8]| bytes.extend_from_slice(field);
    put(&348_i32.to_le_bytes());
    put(&[0; 36]); // data_type to dim_info
    put(&(shape.len() as i16).to_le_bytes());
    for axis in 0..7 {
        let length = shape.get(axis).copied().unwrap_or(1);
        put(&(length as i16).to_le_bytes());
    }
    put(&[0; 14]); // intent
    put(&T::STORED.code().to_le_bytes());
    put(&(T::STORED.size().saturating_mul(8) as i16).to_le_bytes());
    put(&[0; 2]); // slice_start
    let [x, y, z] = spacing;
    for size in [1.0, x, y, z, 1.0, 1.0, 1.0, 1.0] {
        put(&size.to_le_bytes());
    }
    // vox_offset, scl_slope, scl_inter. A slope of 1 is understood by readers which get 0 wrong.
    for number in [352.0_f32, 1.0, 0.0] {
        put(&number.to_le_bytes());
    }
    put(&[0; 3]); // slice_end, slice_code
    put(&[geometry.units.code()]);
    put(&[0; 24]); // cal_max to glmin
    put(&[0; 104]); // descrip, aux_file
    put(&0_i16.to_le_bytes()); // qform_code
    // Code 1 (scanner) is the one with which all readers take the sform.
    put(&1_i16.to_le_bytes());
    put(&[0; 24]); // quaternion and its shift
    for value in affine.iter().take(3).flatten() {
        put(&value.to_le_bytes());
    }
    put(&[0; 16]); // intent_name
    put(b"n+1\0");
    put(&[0; 4]);
    Ok(bytes)
}

/// Spacing and affine as the file will have them, if our own reader would take them.
fn as_f32(shape: &[u64], geometry: &Geometry) -> Result<([f32; 3], [[f32; 4]; 4]), GeometryFault> {
    let spacing = geometry.spacing.map(|step| step as f32);
    let affine = geometry.affine.map(|row| row.map(|value| value as f32));
    if let Some((axis, &step)) = (1..).zip(&spacing).find(|(_, step)| !(step.is_finite() && **step > 0.0)) {
        let spacing = step.into();
        return Err(GeometryFault::Spacing { axis, spacing });
    }
    let rounded = Geometry { affine: affine.map(|row| row.map(f64::from)), ..*geometry };
    rounded.check(shape)?;
    Ok((spacing, affine))
}

fn fill<T: Voxel>(file: File, gzip: bool, header: &[u8], voxels: &[T]) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    if gzip {
        let mut packed = GzEncoder::new(file, Compression::default());
        packed.write_all(header)?;
        write_voxels(&mut packed, voxels)?;
        file = packed.finish()?;
    } else {
        file.write_all(header)?;
        write_voxels(&mut file, voxels)?;
    }
    file.flush()
}

#[cfg(target_endian = "little")]
fn write_voxels<T: Voxel>(out: &mut impl Write, voxels: &[T]) -> io::Result<()> {
    out.write_all(bytemuck::cast_slice(voxels))
}

#[cfg(target_endian = "big")]
fn write_voxels<T: Voxel>(out: &mut impl Write, voxels: &[T]) -> io::Result<()> {
    for chunk in voxels.chunks(CHUNK) {
        let swapped: Vec<T> = chunk.iter().map(|voxel| voxel.swapped()).collect();
        out.write_all(bytemuck::cast_slice(&swapped))?;
    }
    Ok(())
}

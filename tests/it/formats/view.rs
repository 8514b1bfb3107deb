//! Voxels where they are in the bytes of a file: the same as those that are read, or a reason why not.

use super::shared;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use voxdice::error::FileError;
use voxdice::io::{self, View, Voxel, Voxels};

/// The files of the corpora, in all their formats.
fn files() -> Vec<PathBuf> {
    let Some(shared) = shared() else { return Vec::new() };
    let folders = ["data/nifti", "data/nrrd_mha", "data/real/itk", "data/real/pyradiomics"];
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(shared.join(folder)).unwrap().map(|entry| entry.unwrap().path()))
        .filter(|path| path.is_file() && path.metadata().unwrap().len() < 1 << 24)
        .collect();
    files.sort();
    files
}

/// A copy at an address that fits every type.
fn aligned(bytes: &[u8]) -> (Vec<u64>, usize) {
    let mut words = vec![0u64; bytes.len().div_ceil(8)];
    bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..bytes.len()].copy_from_slice(bytes);
    (words, bytes.len())
}

fn same<T: Voxel>(view: &View<'_>, read: &[T]) -> bool {
    // Compared as bytes: a NaN is itself.
    let found = view.voxels::<T>().unwrap();
    bytemuck::cast_slice::<T, u8>(found) == bytemuck::cast_slice::<T, u8>(read)
}

fn is_read(view: &View<'_>, image: &io::Image) -> bool {
    match &image.voxels {
        Voxels::U8(voxels) => same(view, voxels),
        Voxels::I8(voxels) => same(view, voxels),
        Voxels::U16(voxels) => same(view, voxels),
        Voxels::I16(voxels) => same(view, voxels),
        Voxels::U32(voxels) => same(view, voxels),
        Voxels::I32(voxels) => same(view, voxels),
        Voxels::U64(voxels) => same(view, voxels),
        Voxels::I64(voxels) => same(view, voxels),
        Voxels::F32(voxels) => same(view, voxels),
        Voxels::F64(voxels) => same(view, voxels),
    }
}

#[test]
fn every_file_is_viewed_as_it_is_read_or_says_what_differs() {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for path in files() {
        let (words, length) = aligned(&fs::read(&path).unwrap());
        let bytes = &bytemuck::cast_slice::<u64, u8>(&words)[..length];
        match (View::new(&path, bytes), io::read(&path)) {
            (Ok(view), Ok(image)) => {
                assert_eq!(view.header(), &image.header, "{}", path.display());
                assert!(is_read(&view, &image), "{}", path.display());
                *reasons.entry("viewed").or_default() += 1;
            }
            (Err(FileError::NotInPlace { why, .. }), _) => *reasons.entry(why).or_default() += 1,
            (Ok(_), Err(error)) => panic!("{}: viewed, but {error}", path.display()),
            (Err(error), Ok(_)) => {
                // Of a pair, one file alone is refused.
                let name = path.to_string_lossy().to_lowercase();
                let pair = [".hdr", ".img", ".hdr.gz", ".img.gz"].iter().any(|ending| name.ends_with(ending));
                assert!(pair, "{}: read, but {error}", path.display());
            }
            (Err(_), Err(_)) => *reasons.entry("refused").or_default() += 1,
        }
    }
    if shared().is_some() {
        for reason in ["viewed", "it is compressed", "it has the other byte order", "its header scales them", "refused"]
        {
            assert!(reasons.get(reason).is_some_and(|&files| files > 2), "{reason}: {reasons:?}");
        }
    }
}

#[test]
fn an_odd_address_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii");
    io::nifti::write(&path, &[3, 2], &io::Geometry::from_spacing([1.0; 3]), &[1u16, 2, 3, 4, 5, 6]).unwrap();
    let (mut words, length) = aligned(&fs::read(&path).unwrap());
    words.push(0);
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
    assert_eq!(View::new("a.nii", &bytes[..length]).unwrap().voxels::<u16>(), Some(&[1, 2, 3, 4, 5, 6][..]));
    bytes.copy_within(..length, 1);
    let message = View::new("a.nii", &bytes[1..=length]).unwrap_err().to_string();
    assert!(message.contains("odd address") && message.contains("voxdice::io::read"), "{message}");
    assert!(View::new("a.nii", &bytes[1..length - 3]).is_err());
}

//! The labels that come piece by piece are those that come at once, or the error is the same.

use std::fs;
use std::path::{Path, PathBuf};

use voxdice::LabelSlice;
use voxdice::error::FileError;
use voxdice::io::StoredType;
use voxdice::io::labels::{self, LabelReader, LabelVolume, Labels};

use super::shared;
use crate::nifti::hostile::{Random, damage};

/// Pieces of these many voxels.
const SIZES: [usize; 4] = [1, 7, 1000, 1 << 17];

/// Voxels of a file beyond which it is not read in the smallest pieces.
const MANY: usize = 1 << 21;

pub fn values(labels: &Labels) -> Vec<u32> {
    match labels {
        Labels::U8(labels) => labels.iter().map(|&label| label.into()).collect(),
        Labels::U16(labels) => labels.iter().map(|&label| label.into()).collect(),
        Labels::U32(labels) => labels.clone(),
    }
}

/// What a reader gives: the labels, and bits per label.
pub fn pieces(path: &Path, most: usize) -> Result<(Vec<u32>, u32), FileError> {
    let mut reader = LabelReader::open(path)?;
    let count: u64 = reader.shape().iter().product();
    let (mut labels, mut bits) = (Vec::new(), 0);
    while let Some(piece) = reader.next_chunk(most)? {
        assert_eq!(piece.len() as u64, (most as u64).min(count - labels.len() as u64), "{}", path.display());
        bits = match piece {
            LabelSlice::U8(piece) => {
                labels.extend(piece.iter().map(|&label| u32::from(label)));
                8
            }
            LabelSlice::U16(piece) => {
                labels.extend(piece.iter().map(|&label| u32::from(label)));
                16
            }
            LabelSlice::U32(piece) => {
                labels.extend(piece);
                32
            }
        };
    }
    assert!(reader.next_chunk(most)?.is_none());
    Ok((labels, bits))
}

/// None where they agree.
fn difference(path: &Path, most: usize, whole: &Result<LabelVolume, FileError>) -> Option<String> {
    let at = format!("{} by {most}", path.display());
    match (pieces(path, most), whole) {
        (Ok((found, bits)), Ok(whole)) => {
            let expected = values(&whole.labels);
            if let Some(voxel) = (0..expected.len()).find(|&i| found.get(i) != Some(&expected[i])) {
                return Some(format!("{at}: voxel {voxel} is {:?}, not {}", found.get(voxel), expected[voxel]));
            }
            let wide = match whole.labels {
                Labels::U8(_) => 8,
                Labels::U16(_) => 16,
                Labels::U32(_) => 32,
            };
            // What cannot be narrowed piece by piece is wider.
            let right = found.len() == expected.len() && [wide, 32].contains(&bits);
            (!right).then(|| format!("{at}: {} labels of {bits} bits", found.len()))
        }
        (Err(found), Err(expected)) => {
            let [found, expected] = [found.to_string(), expected.to_string()];
            (found != expected).then(|| format!("{at}: {found}\n  instead of {expected}"))
        }
        (Ok(_), Err(expected)) => Some(format!("{at}: read, instead of {expected}")),
        (Err(found), Ok(_)) => Some(format!("{at}: {found}")),
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Every file of the corpora: images, halves of pairs, damaged ones, expected voxels as `.npy`, and texts.
#[test]
fn every_file_gives_the_same_labels_or_the_same_error_piece_by_piece() {
    let Some(shared) = shared() else { return };
    let (mut paths, mut wrong) = (Vec::new(), Vec::new());
    for folder in ["nifti", "nrrd_mha", "real"] {
        files(&shared.join("data").join(folder), &mut paths);
    }
    paths.sort();
    let (mut read, mut refused) = (0, 0);
    for path in &paths {
        let whole = labels::read(path);
        match &whole {
            Ok(volume) => {
                read += 1;
                assert_eq!(volume.voxels(), values(&volume.labels).len());
                let reader = LabelReader::open(path).unwrap();
                assert_eq!((reader.shape(), reader.geometry()), (&volume.shape[..], volume.geometry.as_ref()));
            }
            Err(_) => refused += 1,
        }
        let large = whole.as_ref().is_ok_and(|volume| volume.voxels() > MANY);
        let sizes = SIZES.into_iter().filter(|&most| !large || most > 7);
        wrong.extend(sizes.filter_map(|most| difference(path, most, &whole)));
    }
    println!("{read} read, {refused} refused");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(read >= 200 && refused >= 200, "{read} read, {refused} refused");
}

/// The same with damage, where errors come in the middle of the voxels.
#[test]
fn damaged_files_give_the_same_labels_or_the_same_error_piece_by_piece() {
    let Some(shared) = shared() else { return };
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let (mut paths, mut wrong) = (Vec::new(), Vec::new());
    ["nifti", "nrrd_mha"].iter().for_each(|folder| files(&shared.join("data").join(folder), &mut paths));
    paths.retain(|path| fs::metadata(path).unwrap().len() < 1 << 16 && labels::read(path).is_ok());
    paths.sort();
    let folder = tempfile::tempdir().unwrap();
    let (mut read, mut refused) = (0, 0);
    for path in paths {
        let sound = fs::read(&path).unwrap();
        let damaged = folder.path().join(path.file_name().unwrap());
        for _ in 0..12 {
            let mut bytes = sound.clone();
            // Most damage to a header ends the matter there.
            let header = bytes.len().min(if random.below(4) == 0 { 0 } else { 400 });
            let mut rest = bytes.split_off(header);
            if !rest.is_empty() {
                damage(&mut rest, &mut random);
            }
            bytes.extend(rest);
            fs::write(&damaged, bytes).unwrap();
            let whole = labels::read(&damaged);
            *if whole.is_ok() { &mut read } else { &mut refused } += 1;
            wrong.extend([7, 1000].into_iter().filter_map(|most| difference(&damaged, most, &whole)));
        }
        fs::remove_file(damaged).unwrap();
    }
    println!("{read} read, {refused} refused");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(read >= 200 && refused >= 200, "{read} read, {refused} refused");
}

/// A comparison that cannot fail proves nothing.
#[test]
fn the_comparison_finds_a_changed_voxel_and_another_error() {
    let data: Vec<u8> = (0..12).collect();
    let (_folder, path) = saved("a.nii", &nifti(2, 1, 0.0, &data));
    let whole = labels::read(&path);
    assert_eq!(difference(&path, 5, &whole), None);
    for voxel in [0, 4, 5, 11] {
        let mut changed = data.clone();
        changed[voxel] += 1;
        let (_folder, path) = saved("a.nii", &nifti(2, 1, 0.0, &changed));
        let message = difference(&path, 5, &whole).unwrap();
        assert!(message.contains(&format!("voxel {voxel} is Some({})", voxel + 1)), "{message}");
    }
    difference(&path, 5, &labels::read("nowhere.nii")).unwrap();
    difference(Path::new("nowhere.nii"), 5, &whole).unwrap();
    difference(Path::new("nowhere.nii"), 5, &labels::read("elsewhere.nii")).unwrap();
}

fn nifti(code: i16, bytes: u16, scale: f32, data: &[u8]) -> Vec<u8> {
    let mut file = vec![0u8; 352];
    file[..4].copy_from_slice(&348i32.to_le_bytes());
    file[40..48].copy_from_slice(&[3, 0, 3, 0, 2, 0, 2, 0]);
    file[70..72].copy_from_slice(&code.to_le_bytes());
    file[72..74].copy_from_slice(&(8 * bytes).to_le_bytes());
    file[76..92].copy_from_slice([1.0f32; 4].map(f32::to_le_bytes).as_flattened());
    file[108..112].copy_from_slice(&352f32.to_le_bytes());
    file[112..116].copy_from_slice(&scale.to_le_bytes());
    file[344..348].copy_from_slice(b"n+1\0");
    file.extend(data);
    file
}

fn saved(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn scaled_voxels_are_labels_where_they_are_whole() {
    let data: Vec<u8> = [0i16, 2, 4, 6, 8, 10, 12, 600, 0, 0, 0, 2].iter().flat_map(|v| v.to_le_bytes()).collect();
    let (_folder, path) = saved("a.nii", &nifti(4, 2, 0.5, &data));
    for most in [1, 5, 100] {
        assert_eq!(pieces(&path, most).unwrap(), (vec![0, 1, 2, 3, 4, 5, 6, 300, 0, 0, 0, 1], 32));
    }
    assert_eq!(labels::read(&path).unwrap().stored, Some(StoredType::I16));
    let (_folder, path) = saved("a.nii", &nifti(4, 2, 0.25, &data));
    for most in [1, 5, 100] {
        let message = pieces(&path, most).unwrap_err().to_string();
        assert!(message.contains("voxel (1, 0, 0) is 0.5, which is not a whole number"), "{message}");
    }
}

#[test]
fn a_broken_file_is_told_as_such_even_after_a_voxel_that_is_no_label() {
    let data: Vec<u8> = [0i8, 1, 2, -3, 4, 5, 6, 7, 8, 9, 10, 11].map(|v| v as u8).to_vec();
    let sound = crate::nifti::hostile::gzip(&nifti(256, 1, 0.0, &data));
    let (_folder, path) = saved("a.nii.gz", &sound);
    for most in [1, 2, 100] {
        let mut reader = LabelReader::open(&path).unwrap();
        let mut given = 0;
        let error = loop {
            match reader.next_chunk(most) {
                Ok(piece) => given += piece.unwrap().len(),
                Err(error) => break error.to_string(),
            }
        };
        assert_eq!(given, 3 / most * most);
        assert!(error.contains("voxel (0, 1, 0) is -3, which is negative"), "{error}");
        // What follows is not what the caller thinks it is.
        reader.next_chunk(most).unwrap_err();
    }
    for (cut, wanted) in [(8, "ends early"), (12, "ends")] {
        let mut broken = sound.clone();
        broken.truncate(sound.len() - cut);
        let (_folder, path) = saved("a.nii.gz", &broken);
        let whole = labels::read(&path).unwrap_err().to_string();
        assert!(whole.contains(wanted), "{whole}");
        for most in [1, 2, 100] {
            assert_eq!(pieces(&path, most).unwrap_err().to_string(), whole);
        }
    }
    let mut broken = sound.clone();
    let at = sound.len() - 8;
    broken[at] ^= 1;
    let (_folder, path) = saved("a.nii.gz", &broken);
    for most in [1, 2, 100] {
        let message = pieces(&path, most).unwrap_err().to_string();
        assert!(message.contains("checksum") && message == labels::read(&path).unwrap_err().to_string(), "{message}");
    }
}

/// Time as the first axis: the voxels have to be put into another order, and are.
#[test]
fn voxels_in_another_order_come_in_the_same_order() {
    let text = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2 3 2\nkinds: time space space\nencoding: raw\n\n";
    let data = [1, 11, 2, 12, 3, 13, 4, 14, 5, 15, 6, 16];
    let (_folder, path) = saved("a.nrrd", &[text.as_bytes(), &data].concat());
    let expected = vec![1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16];
    for most in [1, 5, 100] {
        assert_eq!(pieces(&path, most).unwrap(), (expected.clone(), 8));
    }
    assert_eq!(LabelReader::open(&path).unwrap().shape(), [3, 2, 2]);
}

//! Damaged bytes by the thousand: an answer or an error, soon, and never a panic.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use voxdice::error::FileError;
use voxdice::io::nifti::{self, Geometry, write};
use voxdice::io::{Image, Input};

use super::shared;
use crate::formats::compare::of_nifti;
use crate::formats::hostile::survive;
pub use crate::fuzz::mutate::Random;

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

pub fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    const EDGES: [u8; 6] = [0, 1, 0x7f, 0x80, 0xfe, 0xff];
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(12) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.next() as u8),
            2 => {
                let end = at + random.below(16);
                let copy = bytes[at..end.min(bytes.len())].to_vec();
                bytes.extend(copy);
            }
            // A field of eight bytes at once, as dims and offsets are.
            3 => {
                let edge = EDGES[random.below(EDGES.len())];
                bytes.iter_mut().skip(at).take(8).for_each(|byte| *byte = edge);
            }
            4..=6 => bytes.iter_mut().skip(at).take(1).for_each(|b| *b ^= 1 << random.below(8)),
            7..=8 => {
                let edge = EDGES[random.below(EDGES.len())];
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = edge);
            }
            // Where the fields are that matter.
            _ => {
                let at = random.below(348);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.next() as u8);
            }
        }
    }
}

/// Small sound files: our own, and those of the corpus where it is there.
fn seeds() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let mut seeds = Vec::new();
    let mut take = |path: &Path| {
        let name = path.file_name().unwrap().into();
        seeds.push((name, fs::read(path).unwrap()));
    };
    let plain = Geometry::from_spacing([0.5, 0.75, 2.0]);
    for name in ["a.nii", "a.nii.gz"] {
        let path = folder.path().join(name);
        write(&path, &[5, 4, 3], &plain, &[7_u8; 60]).unwrap();
        take(&path);
        write(&path, &[2, 3, 2, 1, 2], &plain, &[1.5_f32; 24]).unwrap();
        take(&path);
    }
    if let Some(shared) = shared() {
        for name in [
            "n2_u64_be.nii",
            "n2_i16_le.nii.gz",
            "n1_f64_be.nii",
            "off1024_ext.nii",
            "off1024_ext.nii.gz",
            "aff_qform_oblique.nii",
            "scl_half_minus3_i16_be.nii.gz",
            "scl_tenth_n2_i16.nii",
            "dim7.nii",
            "gz_members.nii.gz",
            "gz_all_fields.nii.gz",
            "gz_blocked.nii.gz",
            "gz_zero_padding.nii.gz",
            "gz_sync_flush.nii.gz",
            "bomb_member.nii.gz",
        ] {
            take(&shared.join("data/nifti").join(name));
        }
    }
    seeds
}

fn read_bytes(name: &Path, bytes: &[u8]) -> Result<Image, FileError> {
    nifti::read(Input::bytes(name, bytes)).map(of_nifti)
}

#[test]
fn damaged_bytes_never_panic_and_never_hang() {
    let seeds = seeds();
    for (name, sound) in &seeds {
        let is_bomb = name.to_str().unwrap().starts_with("bomb");
        read_bytes(name, sound).err().inspect(|error| assert!(is_bomb, "{error}"));
    }
    let spoil = |round: u32, bytes: &mut Vec<u8>, random: &mut Random| {
        damage(bytes, random);
        // Damage inside a sound gzip reaches what lies behind the checksum.
        if round % 3 == 2 {
            *bytes = gzip(bytes);
        }
    };
    survive(seeds, Random(0x5eed_0fd1_ce00), spoil, read_bytes);
}

/// Each header byte of a sound file set to each of a few values: no field is forgotten.
#[test]
fn every_header_byte_may_be_anything() {
    let (name, sound) = seeds().swap_remove(0);
    for at in 0..sound.len().min(352) {
        for value in [0, 1, 2, 0x7f, 0x80, 0xff] {
            let mut bytes = sound.clone();
            bytes[at] = value;
            let _ = read_bytes(&name, &bytes);
            let _ = read_bytes(&name, &bytes[..at]).unwrap_err();
        }
    }
}

//! Damaged bytes by the thousand: an answer or an error, soon, and never a panic.

use std::fs;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use voxdice::io::Input;
use voxdice::io::nifti::{self, Geometry, write};

use super::shared;
pub use crate::fuzz::mutate::Random;

const PER_SEED: u32 = 400;
const SLOWEST: Duration = Duration::from_secs(5);

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
fn seeds() -> Vec<(String, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let mut seeds = Vec::new();
    let mut take = |path: &Path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
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

#[test]
fn damaged_bytes_never_panic_and_never_hang() {
    let mut random = Random(0x5eed_0fd1_ce00);
    let (mut read, mut refused) = (0_u32, 0_u32);
    for (name, sound) in seeds() {
        nifti::read(Input::bytes(&name, &sound[..]))
            .err()
            .inspect(|error| assert!(name.starts_with("bomb"), "{error}"));
        for round in 0..PER_SEED {
            let mut bytes = sound.clone();
            damage(&mut bytes, &mut random);
            // Damage inside a sound gzip reaches what lies behind the checksum.
            if round % 3 == 2 {
                bytes = gzip(&bytes);
            }
            let started = Instant::now();
            let outcome = catch_unwind(AssertUnwindSafe(|| nifti::read(Input::bytes(&name, &bytes[..]))));
            let Ok(outcome) = outcome else {
                panic!("a panic on {name} in round {round}: {bytes:02x?}");
            };
            assert!(started.elapsed() < SLOWEST, "{name} in round {round} took {:?}", started.elapsed());
            match outcome {
                Ok(image) => {
                    assert_eq!(image.voxels.len() as u64, image.header.voxel_count());
                    read += 1;
                }
                Err(error) => {
                    assert!(error.to_string().starts_with(&name), "{error}");
                    refused += 1;
                }
            }
        }
    }
    println!("{read} read, {refused} refused");
    // Were all refused at the first check, nothing behind it would have been tried.
    assert!(read > refused / 20 && refused > read / 20, "{read} read, {refused} refused");
}

/// Each header byte of a sound file set to each of a few values: no field is forgotten.
#[test]
fn every_header_byte_may_be_anything() {
    let (name, sound) = seeds().swap_remove(0);
    for at in 0..sound.len().min(352) {
        for value in [0, 1, 2, 0x7f, 0x80, 0xff] {
            let mut bytes = sound.clone();
            bytes[at] = value;
            let _ = nifti::read(Input::bytes(&name, &bytes[..]));
            let _ = nifti::read(Input::bytes(&name, &bytes[..at])).unwrap_err();
        }
    }
}

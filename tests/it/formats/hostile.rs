//! Damaged bytes by the thousand: an answer or an error, soon, and never a panic.

use std::fs;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use voxdice::error::FileError;
use voxdice::io::{Image, Input, metaimage, nrrd};

use super::{is_ours, shared};
use crate::nifti::hostile::{Random, damage, gzip};

const PER_SEED: u32 = 400;
const SLOWEST: Duration = Duration::from_secs(5);

pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn read_bytes(name: &Path, bytes: &[u8]) -> Result<Image, FileError> {
    let is_nrrd = name.to_str().unwrap().ends_with(".nrrd") || name.to_str().unwrap().ends_with(".nhdr");
    let input = Input::bytes(name, bytes);
    if is_nrrd { nrrd::read(input) } else { metaimage::read(input) }
}

/// Small sound files: our own, and those of the corpus where it is there, whose names lead to their data files.
fn seeds() -> Vec<(PathBuf, Vec<u8>)> {
    let meta = |more: &str, data: &[u8]| {
        let text = format!("ObjectType = Image\nNDims = 3\nDimSize = 3 2 2\nElementType = MET_USHORT\n{more}");
        [text.as_bytes(), b"ElementDataFile = LOCAL\n", data].concat()
    };
    let mut seeds = vec![
        ("a.mha".into(), meta("ElementSpacing = 1 2 3\nOffset = 1 -2 3e1\n", &[7; 24])),
        ("b.mha".into(), meta("CompressedData = True\n", &zlib(&[1; 24]))),
        ("c.mha".into(), meta("BinaryData = False\n", b"1 2 3 4 5 6\n7 8 9 10 11 12\n")),
        ("d.mha".into(), meta("ElementNumberOfChannels = 2\nHeaderSize = -1\n", &[7; 48])),
    ];
    let nrrd = |more: &str, data: &[u8]| {
        let text = format!("NRRD0005\ntype: ushort\ndimension: 4\nsizes: 3 2 2 2\nendian: big\n{more}\n\n");
        [text.as_bytes(), data].concat()
    };
    let directions = "space: RAS\nspace directions: (1,0,0) none (0,2,0) (0,0,-3)\nspace origin: (1,2,3)\n";
    seeds.extend([
        ("a.nrrd".into(), nrrd(&format!("{directions}encoding: raw\nbyte skip: -1"), &[5; 48])),
        ("b.nrrd".into(), nrrd("kinds: domain domain domain list\nencoding: gzip", &gzip(&[1; 48]))),
        ("c.nrrd".into(), nrrd("spacings: 1 2 3 nan\nencoding: text", &b"17 ".repeat(24))),
    ]);
    if let Some(shared) = shared() {
        let folder = shared.join("data/nrrd_mha");
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| is_ours(path.to_str().unwrap()));
        paths.sort();
        seeds.extend(paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())));
    }
    seeds
}

/// The numbers and words of a header: what a damaged byte seldom turns into something that means something.
const WORDS: [&str; 14] = [
    "0",
    "-1",
    "1",
    "2",
    "18446744073709551615",
    "9223372036854775808",
    "99999999999",
    "1e309",
    "nan",
    "-0.0",
    "LOCAL",
    "True",
    "none",
    "LIST",
];

fn reword(bytes: &mut Vec<u8>, random: &mut Random) {
    let starts: Vec<usize> =
        (1..bytes.len().min(400)).filter(|&i| matches!(bytes[i - 1], b' ' | b'(' | b',')).collect();
    if starts.is_empty() {
        return;
    }
    let start = starts[random.below(starts.len())];
    let rest = &bytes[start..];
    let length = rest.iter().position(|byte| b" ,)\n\r".contains(byte)).unwrap_or(rest.len());
    bytes.splice(start..start + length, WORDS[random.below(WORDS.len())].bytes());
}

#[test]
fn damaged_files_are_read_or_refused_and_nothing_else() {
    let spoil = |round: u32, bytes: &mut Vec<u8>, random: &mut Random| {
        if round.is_multiple_of(2) {
            reword(bytes, random);
        }
        if !round.is_multiple_of(4) && !bytes.is_empty() {
            damage(bytes, random);
        }
    };
    survive(seeds(), Random(0x9e37_79b9_7f4a_7c15), spoil, read_bytes);
}

/// Reads every seed in many damaged forms: an answer or an error that names the file, soon, and never a panic.
pub fn survive(
    seeds: Vec<(PathBuf, Vec<u8>)>,
    mut random: Random,
    spoil: impl Fn(u32, &mut Vec<u8>, &mut Random),
    read: fn(&Path, &[u8]) -> Result<Image, FileError>,
) {
    let (mut sound, mut refused) = (0_u32, 0_u32);
    for (path, seed) in seeds {
        for round in 0..PER_SEED {
            let mut bytes = seed.clone();
            spoil(round, &mut bytes, &mut random);
            let started = Instant::now();
            let outcome = catch_unwind(AssertUnwindSafe(|| read(&path, &bytes)));
            let Ok(outcome) = outcome else {
                panic!("a panic on {} in round {round}: {bytes:02x?}", path.display());
            };
            assert!(started.elapsed() < SLOWEST, "{} in round {round}", path.display());
            match outcome {
                Ok(image) => {
                    assert_eq!(image.voxels.len() as u64, image.header.voxel_count());
                    sound += 1;
                }
                Err(error) => {
                    assert!(error.to_string().starts_with(&error.path().display().to_string()), "{error}");
                    refused += 1;
                }
            }
        }
    }
    println!("{sound} read, {refused} refused");
    // Were all refused at the first check, nothing behind it would have been tried.
    assert!(sound > refused / 20 && refused > sound / 20, "{sound} read, {refused} refused");
}

/// A header may end anywhere.
#[test]
fn files_may_end_anywhere() {
    for (path, sound) in seeds() {
        for end in 0..sound.len() {
            let _ = read_bytes(&path, &sound[..end]);
        }
    }
}

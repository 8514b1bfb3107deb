//! Files for the page.

use crate::random::Random;
use crate::root::root;
use crate::shared::expectations;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use voxdice::io::nifti::{Geometry, write};

const SHAPE: [u64; 3] = [40, 30, 20];

/// Blocks of labels, of which the prediction has most.
fn maps(seed: u64) -> [Vec<u8>; 2] {
    let mut random = Random::new(seed);
    let labels: Vec<u8> = (0..8 * 6 * 4).map(|_| random.below(5) as u8).collect();
    let [nx, ny, nz] = SHAPE.map(|n| n as usize);
    let truth: Vec<u8> =
        (0..nx * ny * nz).map(|i| labels[i % nx / 5 + 8 * (i / nx % ny / 5) + 48 * (i / nx / ny / 5)]).collect();
    let pred = truth.iter().map(|&label| if random.below(9) == 0 { random.below(5) as u8 } else { label }).collect();
    [truth, pred]
}

fn write_map(path: &Path, labels: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write(path, &SHAPE, &Geometry::from_spacing([0.8, 0.8, 2.0]), labels).unwrap();
}

/// Two compressed files of the same name.
pub fn pair(folder: &Path, name: &str) -> [PathBuf; 2] {
    let files = ["labels", "auto"].map(|side| folder.join(side).join(format!("{name}.nii.gz")));
    files.iter().zip(maps(7)).for_each(|(file, labels)| write_map(file, &labels));
    files
}

/// Two folders of so many cases, in a folder of their own.
pub fn cohort(folder: &Path, cases: usize) -> [PathBuf; 2] {
    let folders = ["labelsTs", "predictions"].map(|side| folder.join("cohort").join(side));
    for case in 0..cases {
        for (folder, labels) in folders.iter().zip(maps(case as u64)) {
            write_map(&folder.join(format!("case_{case:03}.nii.gz")), &labels);
        }
    }
    folders
}

/// The golden cases of surfaces and of lesions, as two folders.
pub fn golden(folder: &Path) -> [PathBuf; 2] {
    let folders = ["truth", "pred"].map(|side| folder.join("golden").join(side));
    for name in ["surface", "instance"] {
        let file = expectations(&root().join(format!("tests/golden/{name}_cases.json")));
        for case in file["cases"].as_array().unwrap() {
            for (folder, side) in folders.iter().zip(["truth", "pred"]) {
                std::fs::create_dir_all(folder).unwrap();
                let file = folder.join(format!("{name}_{}.nii.gz", case["name"].as_str().unwrap()));
                let runs = numbers(&case[side]);
                let labels = runs.chunks(2).flat_map(|run| std::iter::repeat_n(run[0] as u16, run[1] as usize));
                // There the last axis is the fastest.
                let shape: Vec<u64> = numbers(&case["shape"]).into_iter().rev().map(|n| n as u64).collect();
                let mut spacing = [1.0; 3];
                spacing.iter_mut().zip(numbers(&case["spacing"]).iter().rev()).for_each(|(own, mm)| *own = *mm);
                write(&file, &shape, &Geometry::from_spacing(spacing), &labels.collect::<Vec<_>>()).unwrap();
            }
        }
    }
    folders
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect()
}

/// The same file by other writers: not compressed at all, in two members, with zeros behind.
pub fn gzips(file: &Path) -> [(&'static str, Vec<u8>); 3] {
    let packed = std::fs::read(file).unwrap();
    let mut plain = Vec::new();
    GzDecoder::new(&packed[..]).read_to_end(&mut plain).unwrap();
    let member = |bytes: &[u8], level: u32| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let (head, tail) = plain.split_at(5000);
    let padded = [packed, vec![0; 700]].concat();
    [("stored", member(&plain, 0)), ("members", [member(head, 9), member(tail, 1)].concat()), ("padded", padded)]
}

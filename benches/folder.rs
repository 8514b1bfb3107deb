//! `voxdice eval` on two folders beside nothing but the decompression of the same files with as many threads.
//!
//! `cargo bench --bench folder` makes its own cases; VOXDICE_BENCH_FOLDER names a folder with `truth` and `pred` instead,
//! such as one of large phantoms. The command is timed as a user starts it, process and all.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use criterion::{Criterion, SamplingMode, Throughput};
use flate2::bufread::MultiGzDecoder;
use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use voxdice::io::nifti::{Geometry, write};

const CASES: usize = 4;
const SHAPE: [u64; 3] = [256, 256, 128];

/// Balls of 20 labels; a shift makes a prediction of a truth.
fn labels(case: usize, shift: i64) -> Vec<u8> {
    let [x, y, z] = SHAPE.map(|n| n as i64);
    let at = |place: i64| {
        let (i, j, k) = (place % x + shift, place / x % y, place / (x * y));
        let (a, b, c) = (i / 51, j / 51, k / 43);
        let label = (a + 5 * b + 25 * c + case as i64) % 20 + 1;
        let inside = (i % 51 - 25).pow(2) + (j % 51 - 25).pow(2) + (k % 43 - 21).pow(2) < 21 * 21;
        if inside { label as u8 } else { 0 }
    };
    (0..x * y * z).map(at).collect()
}

fn make(folder: &Path) {
    for half in ["truth", "pred"] {
        fs::create_dir(folder.join(half)).unwrap();
    }
    for case in 0..CASES {
        for (half, shift) in [("truth", 0), ("pred", 1)] {
            let path = folder.join(half).join(format!("case_{case}.nii.gz"));
            write(&path, &SHAPE, &Geometry::from_spacing([1.0; 3]), &labels(case, shift)).unwrap();
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let of = |half: &str| fs::read_dir(folder.join(half)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = of("truth").chain(of("pred")).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".nii.gz"));
    files.sort();
    files
}

/// Unpacks a file into a small buffer, check sum included, as gunzip does.
fn decompressed(file: &Path) -> u64 {
    let packed = BufReader::with_capacity(1 << 16, fs::File::open(file).unwrap());
    let (mut unpacked, mut out, mut bytes) = (MultiGzDecoder::new(packed), vec![0; 1 << 17], 0);
    loop {
        match unpacked.read(&mut out).unwrap() {
            0 => return bytes,
            got => bytes += got as u64,
        }
    }
}

/// Decodes all files on as many threads as there are cores.
fn decompress_all(files: &[PathBuf]) -> u64 {
    let (next, bytes) = (AtomicUsize::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    bytes.fetch_add(decompressed(file), Ordering::Relaxed);
                }
            });
        }
    });
    bytes.into_inner()
}

fn eval(folder: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_voxdice"))
        .args(["eval", "truth", "pred", "--backend", "cpu", "--format", "json"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The ratio that machines with other work on them do not spoil: both in turn, and the median over the pairs.
fn paired(folder: &Path, files: &[PathBuf], bytes: u64) {
    let seconds = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    let pair = |_| {
        let floor = seconds(&mut || assert_eq!(decompress_all(files), bytes));
        (seconds(&mut || drop(eval(folder))), floor)
    };
    let pairs: Vec<(f64, f64)> = (0..25).map(pair).collect();
    let sorted = |of: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = pairs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (eval, floor, ratio) = (sorted(|pair| pair.0), sorted(|pair| pair.1), sorted(|pair| pair.0 / pair.1));
    println!(
        "{} files, medians of 25 pairs: eval {:.4} s, decompression alone {:.4} s",
        files.len(),
        eval[12],
        floor[12]
    );
    println!("eval / decompression alone: median {:.2}, {:.2} to {:.2}", ratio[12], ratio[0], ratio[24]);
}

fn main() {
    let own = tempfile::tempdir().unwrap();
    let given = std::env::var_os("VOXDICE_BENCH_FOLDER").map(PathBuf::from);
    let folder = given.clone().unwrap_or_else(|| {
        make(own.path());
        own.path().into()
    });
    let files = files(&folder);
    let bytes = decompress_all(&files);
    let report: serde_json::Value = serde_json::from_str(&eval(&folder)).unwrap();
    let cases = report["metric_per_case"].as_array().unwrap();
    assert_eq!(2 * cases.len(), files.len(), "every file is in a case");
    if given.is_none() {
        let truth = labels(0, 0).iter().filter(|&&label| label == 1).count();
        assert_eq!(cases[0]["metrics"]["1"]["n_ref"], truth);
    }
    paired(&folder, &files, bytes);
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group(format!("folder/{} cases", cases.len()));
    group.throughput(Throughput::Bytes(bytes)).sampling_mode(SamplingMode::Flat);
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(5));
    group.bench_function("eval/cpu", |bencher| bencher.iter(|| eval(&folder)));
    group.bench_function("decompress/floor", |bencher| bencher.iter(|| assert_eq!(decompress_all(&files), bytes)));
    group.finish();
    criterion.final_summary();
}

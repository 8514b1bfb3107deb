//! Peak memory, measured in a process of its own: this binary, started again for one file.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use voxdice::io::labels::LabelReader;
use voxdice::io::nifti::{Geometry, StoredType, read, write};

use super::{expectations, shared};

const FILE: &str = "VOXDICE_TEST_CHILD_READS";
const MIB: u64 = 1 << 20;

/// Buffers, the decoder's window, and the first pages of the allocator.
const OVERHEAD: u64 = 4 * MIB;

struct Report {
    outcome: String,
    /// Resident memory at its highest, in all, and beyond what was there before the file was read.
    peak: u64,
    grown: u64,
    /// Address space beyond its highest until then: what was asked for, touched or not. Threads and
    /// allocators map up to 128 MiB at their start, so only what is larger than that shows for sure.
    reserved: u64,
    seconds: f64,
}

fn status(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    let kib = line.trim_start_matches(':').trim().trim_end_matches(" kB");
    kib.parse::<u64>().unwrap() * 1024
}

/// Memory before a file is read.
struct Before {
    resident: u64,
    mapped: u64,
    code: u64,
}

impl Before {
    fn now() -> Self {
        Self { resident: status("VmHWM"), mapped: status("VmPeak"), code: status("RssFile") }
    }

    /// The peak, how far resident memory grew beyond the pages of this binary that were read meanwhile, and address space.
    fn since(&self) -> [u64; 3] {
        let peak = status("VmHWM");
        let code = status("RssFile").saturating_sub(self.code);
        [peak, (peak - self.resident).saturating_sub(code), status("VmPeak") - self.mapped]
    }
}

/// Does nothing, unless started by [`measure`].
#[test]
fn child_reads_one_file() {
    let Some(path) = std::env::var_os(FILE) else {
        return;
    };
    let before = Before::now();
    let started = Instant::now();
    let outcome = read(PathBuf::from(path));
    let seconds = started.elapsed().as_secs_f64();
    let [peak, grown, reserved] = before.since();
    let outcome = match &outcome {
        Ok(image) => format!("{} {}", image.voxels.len(), image.voxels.dtype()),
        Err(error) => error.kind().name().to_owned(),
    };
    println!("\nreport,{outcome},{peak},{grown},{reserved},{seconds}");
}

/// The same, piece by piece.
#[test]
fn child_reads_one_file_piece_by_piece() {
    let Some(path) = std::env::var_os(FILE) else {
        return;
    };
    let before = Before::now();
    let started = Instant::now();
    let mut reader = LabelReader::open(PathBuf::from(path)).unwrap();
    let mut voxels = 0;
    while let Some(piece) = reader.next_chunk(1 << 17).unwrap() {
        voxels += piece.len();
    }
    let seconds = started.elapsed().as_secs_f64();
    let [peak, grown, reserved] = before.since();
    println!("\nreport,{voxels},{peak},{grown},{reserved},{seconds}");
}

fn measure(path: &Path) -> Report {
    measure_with("child_reads_one_file", path)
}

fn measure_with(child: &str, path: &Path) -> Report {
    let (_, module) = module_path!().split_once("::").unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([&format!("{module}::{child}"), "--exact", "--nocapture", "--test-threads=1"])
        .env(FILE, path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("report,"));
    let Some(line) = line.filter(|_| output.status.success()) else {
        panic!("{}: {}\n{text}{}", path.display(), output.status, String::from_utf8_lossy(&output.stderr));
    };
    let fields: Vec<&str> = line.split(',').collect();
    let [outcome, peak, grown, reserved, seconds] = fields[..] else { panic!("{line}") };
    let report = Report {
        outcome: outcome.into(),
        peak: peak.parse().unwrap(),
        grown: grown.parse().unwrap(),
        reserved: reserved.parse().unwrap(),
        seconds: seconds.parse().unwrap(),
    };
    println!(
        "{:28} {outcome:16} peak {:4} MiB, grown {:6} KiB, reserved {:6} KiB, {seconds:.6} s",
        path.file_name().unwrap().to_string_lossy(),
        report.peak / MIB,
        report.grown / 1024,
        report.reserved / 1024,
    );
    report
}

#[test]
fn bombs_take_no_memory() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("data/nifti");
    let cases = expectations(&folder.join("expected.json"));
    let mut bombs = 0;
    for case in cases.as_array().unwrap() {
        let Some(limit) = case["max_memory_mib"].as_u64() else {
            continue;
        };
        let path = folder.join(case["file"].as_str().unwrap());
        let report = measure(&path);
        assert!(report.peak <= limit * MIB && report.grown <= OVERHEAD, "{}", path.display());
        assert!(report.seconds < 10.0, "{} took {} s", path.display(), report.seconds);
        bombs += 1;
        let Some(member) = case.get("second_member") else {
            continue;
        };
        // 2 MiB which expand to 2 GiB.
        let mut bytes = fs::read(&path).unwrap();
        let at = member["offset"].as_u64().unwrap() as usize;
        let member = bytes[at..at + member["length"].as_u64().unwrap() as usize].to_vec();
        bytes.extend(member.repeat(127));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("two_gib.nii.gz");
        fs::write(&path, bytes).unwrap();
        let report = measure(&path);
        assert_eq!(report.outcome, "bad_gzip");
        assert!(report.peak <= limit * MIB && report.grown <= OVERHEAD);
        assert!(report.seconds < 5.0, "{} s", report.seconds);
    }
    assert!(bombs >= 3, "only {bombs} bombs");
}

#[test]
fn a_claim_of_terabytes_takes_no_memory() {
    let Some(shared) = shared() else { return };
    for name in ["bad_terabytes.nii", "bad_terabytes.nii.gz", "bad_petabytes_n2.nii.gz"] {
        let report = measure(&shared.join("data/nifti").join(name));
        assert_eq!(report.outcome, "truncated", "{name}");
        assert!(report.grown <= OVERHEAD && report.reserved <= OVERHEAD, "{name}");
        assert!(report.seconds < 1.0, "{name} took {} s", report.seconds);
    }
}

/// The voxels lie in memory once: no compressed file beside them, no second vector.
#[test]
fn a_volume_is_held_once() {
    let folder = tempfile::tempdir().unwrap();
    let shape = [256, 256, 300];
    let voxels: Vec<u16> = (0..shape.iter().product::<u64>()).map(|i| (i / 3000) as u16).collect();
    let volume = 2 * voxels.len() as u64;
    for name in ["a.nii", "a.nii.gz"] {
        let path = folder.path().join(name);
        write(&path, &shape, &Geometry::from_spacing([1.0; 3]), &voxels).unwrap();
        let report = measure(&path);
        assert_eq!(report.outcome, format!("{} {}", voxels.len(), StoredType::U16));
        // Less would mean that the measurement misses the volume.
        assert!(report.grown + MIB >= volume, "{name}: {}", report.grown);
        assert!(report.grown <= volume + OVERHEAD, "{name}: {} for {volume} bytes", report.grown);
        assert!(report.reserved <= volume + volume / 4 + OVERHEAD, "{name}");
    }
    // Scaled: the same voxels as f64, four times as large, and still once.
    let path = folder.path().join("a.nii");
    let mut bytes = fs::read(&path).unwrap();
    bytes[112..116].copy_from_slice(&0.5_f32.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let report = measure(&path);
    assert_eq!(report.outcome, format!("{} {}", voxels.len(), StoredType::F64));
    assert!(report.grown <= 4 * volume + OVERHEAD, "{} for {volume} bytes", report.grown);
}

/// Piece by piece, only buffers are held, whatever the type and the size of the volume.
#[test]
fn a_volume_in_pieces_is_not_held() {
    let folder = tempfile::tempdir().unwrap();
    let shape = [256, 256, 300];
    let count = shape.iter().product::<u64>();
    let geometry = Geometry::from_spacing([1.0; 3]);
    for name in ["a.nii", "a.nii.gz"] {
        let path = folder.path().join(name);
        let voxels: Vec<u16> = (0..count).map(|i| (i / 3000) as u16).collect();
        write(&path, &shape, &geometry, &voxels).unwrap();
        let small = measure_with("child_reads_one_file_piece_by_piece", &path);
        assert_eq!(small.outcome, count.to_string());
        let voxels: Vec<f64> = (0..count).map(|i| (i / 3000) as f64).collect();
        write(&path, &shape, &geometry, &voxels).unwrap();
        let wide = measure_with("child_reads_one_file_piece_by_piece", &path);
        assert_eq!(wide.outcome, count.to_string());
        for report in [small, wide] {
            assert!(report.grown <= OVERHEAD && report.reserved <= OVERHEAD, "{name}: {}", report.grown);
        }
    }
}

/// A file which could hold what its header claims, by its size, and does not.
#[test]
fn a_claim_that_is_not_kept_takes_what_there_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii");
    write(&path, &[1, 1, 1], &Geometry::from_spacing([1.0; 3]), &[1_u8]).unwrap();
    let mut header = fs::read(&path).unwrap();
    header.truncate(352);
    for at in [42, 44, 46] {
        header[at..at + 2].copy_from_slice(&1000_i16.to_le_bytes());
    }
    let path = folder.path().join("a.nii.gz");
    let mut packed = GzEncoder::new(BufWriter::new(File::create(&path).unwrap()), Compression::none());
    packed.write_all(&header).unwrap();
    packed.write_all(&vec![0; 8 * MIB as usize]).unwrap();
    packed.finish().unwrap().flush().unwrap();
    let report = measure(&path);
    assert_eq!(report.outcome, "truncated");
    assert!(report.grown <= 8 * MIB + OVERHEAD, "{}", report.grown);
    assert!(report.reserved <= 8 * 8 * MIB + OVERHEAD, "{}", report.reserved);
}

//! Memory of a cohort does not grow with the number of its cases.

use crate::cli::{Files, text};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const MIB: u64 = 1 << 20;

/// The highest resident memory that was seen while the command ran.
fn peak_of(truth: &Path, pred: &Path) -> u64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_voxdice"))
        .args(["eval", text(truth), text(pred), "--backend", "cpu", "--jobs", "2"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) * 1024);
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(child.wait().unwrap().success());
    peak
}

/// What stays of a case is its names and counts, and it must not lie between the buffers of the next. Files of different
/// sizes and labels, since equal ones leave gaps that the next one fits into.
#[test]
fn thousands_of_small_cases_take_a_few_kilobytes_each() {
    let files = Files::new();
    let shape = [64, 64, 32];
    let voxels: u64 = shape.iter().product();
    let map = |half: &str, kind: u64, shift: u64| {
        let labels: Vec<u8> = (0..voxels).map(|i| ((i + shift) / (700 + 97 * kind) % (3 + kind)) as u8).collect();
        files.map(&format!("{half}_{kind}.nii.gz"), &shape, &labels)
    };
    let maps: Vec<[PathBuf; 2]> = (0..20).map(|kind| [map("t", kind, 0), map("p", kind, 500)]).collect();
    let counts = [100, 3000];
    let peaks = counts.map(|cases| {
        let halves = ["truth", "pred"].map(|half| files.path(&format!("{half}{cases}")));
        for (half, side) in halves.iter().zip(0..) {
            fs::create_dir(half).unwrap();
            for case in 0..cases {
                let map: &PathBuf = &maps[case as usize % maps.len()][side];
                fs::hard_link(map, half.join(format!("case_{case:04}.nii.gz"))).unwrap();
            }
        }
        peak_of(&halves[0], &halves[1])
    });
    let each = peaks[1].saturating_sub(peaks[0]) / (counts[1] - counts[0]);
    println!("{} MiB with 100 cases, {} MiB with 3000: {each} bytes a case", peaks[0] / MIB, peaks[1] / MIB);
    // 22 classes are four kilobytes; with gaps it was 26 to 37, and 5.6 without.
    assert!(each < 14 << 10, "{each}");
}

/// Masks and segments are read in pieces, as label maps are, and what is held of a volume is a bit for each voxel of the two
/// masks of a class.
#[test]
fn masks_and_segments_take_a_bit_for_each_voxel() {
    let files = Files::new();
    let shape = [256, 256, 256];
    let voxels: u64 = shape.iter().product();
    let mask = |shift: u64| (0..voxels).map(|i| u8::from(((i + shift) / 6000).is_multiple_of(3))).collect::<Vec<u8>>();
    let [truth, pred] = [0, 500].map(|shift| files.map(&format!("{shift}.nii.gz"), &shape, &mask(shift)));
    for case in 0..2 {
        for (half, file) in [("truth", &truth), ("pred", &pred)] {
            let folder = files.path(&format!("masks/{half}/case_{case}"));
            fs::create_dir_all(&folder).unwrap();
            ["a", "b", "c"]
                .iter()
                .for_each(|class| fs::hard_link(file, folder.join(format!("{class}.nii.gz"))).unwrap());
        }
    }
    // Two layers that run fastest in the file.
    let header = "NRRD0005\ntype: uchar\ndimension: 4\nsizes: 2 256 256 256\nkinds: list domain domain domain\n\
                  space: ras\nspace directions: none (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: raw\n\
                  Segment0_Name:=a\nSegment0_Layer:=0\nSegment1_Name:=b\nSegment1_Layer:=1\n\n";
    for (half, shift) in [("truth", 0), ("pred", 500)] {
        let layers = mask(shift).into_iter().flat_map(|voxel| [voxel, 1 - voxel]);
        fs::create_dir_all(files.path(&format!("segments/{half}"))).unwrap();
        let file = files.path(&format!("segments/{half}/case.seg.nrrd"));
        fs::write(file, header.bytes().chain(layers).collect::<Vec<u8>>()).unwrap();
    }
    for kind in ["masks", "segments"] {
        let peak = peak_of(&files.path(&format!("{kind}/truth")), &files.path(&format!("{kind}/pred")));
        println!("{kind}: peak {} KiB of volumes of {} KiB", peak / 1024, voxels / 1024);
        // Two cases at a time hold two masks of 2 MiB each; one volume of bytes would be 16.
        assert!(peak > MIB && peak < 32 * MIB, "{kind}: {peak}");
    }
}

#[test]
fn two_hundred_cases_take_the_memory_of_eight() {
    let files = Files::new();
    let shape = [160, 160, 160];
    let voxels: u64 = shape.iter().product();
    let label = |i: u64, shift: u64| ((i + shift) / 6000 % 30) as u8;
    let truth = files.map("t.nii.gz", &shape, &(0..voxels).map(|i| label(i, 0)).collect::<Vec<u8>>());
    let pred = files.map("p.nii.gz", &shape, &(0..voxels).map(|i| label(i, 500)).collect::<Vec<u8>>());
    let peaks = [8, 200].map(|cases| {
        let halves = ["truth", "pred"].map(|half| files.path(&format!("{half}{cases}")));
        for (half, file) in halves.iter().zip([&truth, &pred]) {
            fs::create_dir(half).unwrap();
            for case in 0..cases {
                fs::hard_link(file, half.join(format!("case_{case:03}.nii.gz"))).unwrap();
            }
        }
        peak_of(&halves[0], &halves[1])
    });
    println!("peak {} MiB with 8 cases, {} MiB with 200", peaks[0] / MIB, peaks[1] / MIB);
    // Four volumes of 4 MiB in flight would show, and so would 200 of anything.
    assert!(peaks[0] > MIB && peaks[0] < 40 * MIB, "{}", peaks[0]);
    assert!(peaks[1] < peaks[0] + 4 * MIB, "{} and {}", peaks[0], peaks[1]);
}

//! Mixed work for a while, with flat memory: random evaluations against the oracle on every backend, files in and out,
//! engines that come and go, folders with distances and lesions, models that are compared. `VOXDICE_TEST_SOAK=7200` does it
//! for two hours, and says what memory was.

use crate::contention::{self, alone, memory};
use crate::differential;
use crate::oracle::Array;
use crate::random::{self, LabelType};
use std::path::Path;
use std::time::{Duration, Instant};
use voxdice::io::labels::LabelReader;
use voxdice::io::{self, Geometry, nifti};
use voxdice::{Backend, Classes, LabelSlice, Pair};

const VARIABLE: &str = "VOXDICE_TEST_SOAK";
/// Passes at least. The first makes pipelines and pools; for a tenth of the time more, the allocator finds its level, since
/// each pass has other threads. What comes afterwards is measured.
const PASSES: usize = 3;
/// What an allocator may keep for itself.
const MIB: usize = 48;

#[test]
fn mixed_work_takes_no_memory_with_time() {
    if crate::engines::gpu::available() {
        alone("soak::worker");
    }
}

#[test]
#[ignore = "for the test above, which runs it in a process of its own"]
fn worker() {
    let wanted = std::env::var(VARIABLE).ok();
    let seconds =
        wanted.as_deref().map_or(0, |wanted| wanted.parse().unwrap_or_else(|_| panic!("{VARIABLE}={wanted}: seconds")));
    // A short run has few forms of evaluations, since each takes its time to be made on a software adapter.
    let seeds = if seconds > 0 { 300 } else { 30 };
    let scratch = tempfile::tempdir().unwrap();
    let (started, length) = (Instant::now(), Duration::from_secs(seconds));
    let (mut pass, mut level, mut said) = (0, None, Instant::now());
    while pass < PASSES || started.elapsed() < length {
        work(seeds, scratch.path());
        pass += 1;
        let now = memory();
        if pass <= PASSES || said.elapsed() > Duration::from_secs(300) {
            println!("pass {pass}, {} s: {now} MiB", started.elapsed().as_secs());
            said = Instant::now();
        }
        if started.elapsed() >= length / 10 {
            let level = *level.get_or_insert(now);
            assert!(now <= level + MIB, "memory grew from {level} MiB to {now} MiB in pass {pass}");
        }
    }
    println!("{pass} passes in {} s: {level:?} MiB, {} MiB at the end", started.elapsed().as_secs(), memory());
}

/// The same work each time.
fn work(seeds: u64, scratch: &Path) {
    std::thread::scope(|scope| {
        for thread in 0..2 {
            scope.spawn(move || (thread..seeds).step_by(2).for_each(|seed| differential::check(seed).unwrap()));
        }
    });
    let (gpu, cpu) = (contention::engine(Backend::Gpu), contention::engine(Backend::Cpu));
    (0..40).for_each(|i| contention::evaluate(&gpu, &cpu, i % 3, i));
    (0..4).for_each(|i| files(&scratch.join(format!("{i}.nii.gz")), i));
    #[cfg(feature = "cli")]
    commands(&scratch.join("cohort"));
}

/// The command in this process: distances, lesions and a report of four cases, and two models compared. What it writes is the
/// same each time.
#[cfg(feature = "cli")]
fn commands(folder: &Path) {
    let [truth, pred] = ["truth", "pred"].map(|half| folder.join(half).display().to_string());
    let run = |arguments: &[&str]| {
        let code = voxdice::cli::run_from(["voxdice"].iter().chain(arguments));
        assert_eq!(code, 0, "{arguments:?}");
    };
    if !folder.exists() {
        run(&["demo", "--quiet", "--out", &folder.display().to_string()]);
    }
    let written = |name: &str, arguments: &[&str]| {
        let [out, page] = ["json", "html"].map(|ending| folder.join(format!("{name}.{ending}")).display().to_string());
        let before = [&out, &page].map(|path| std::fs::read(path).ok());
        run(&[arguments, &["--quiet", "--output", &out, "--html", &page]].concat());
        for (path, before) in [&out, &page].iter().zip(before) {
            let now = std::fs::read(path).unwrap();
            assert!(before.is_none_or(|before| before == now), "{path}");
        }
    };
    let metrics = "dice,hd95,nsd=2,lesion_f1,betti_error";
    written("eval", &["eval", &truth, &pred, "--metrics", metrics, "--instances", "components"]);
    let (first, second) = (format!("first={pred}"), format!("second={truth}"));
    written("compare", &["compare", "--truth", &truth, &first, &second, "--metrics", "dice,nsd=2"]);
}

/// Writes a map, and reads it again piece by piece, beside itself: all of it is agreement.
fn files(path: &Path, seed: u64) {
    let (shape, labels) = ([40, 50, 30], [1, 2, 3]);
    let Array::U8(voxels) = random::labels(LabelType::U8, &labels, 17, 60_000, seed) else { unreachable!() };
    nifti::write(path, &shape, &Geometry::from_spacing([1.0; 3]), &voxels).unwrap();
    let mut counts = contention::engine(Backend::Cpu).accumulate_counts(&Classes::new(labels).unwrap());
    let mut reader = LabelReader::open(path).unwrap();
    let mut rest = &voxels[..];
    while let Some(piece) = reader.next_chunk(7000).unwrap() {
        let (written, left) = rest.split_at(piece.len());
        counts.add(Pair { pred: piece, truth: LabelSlice::U8(written) }).unwrap();
        rest = left;
    }
    for (count, label) in counts.finish().unwrap().iter().zip(labels) {
        let expected = voxels.iter().filter(|&&voxel| u32::from(voxel) == label).count() as u64;
        assert_eq!([count.tp(), count.n_pred(), count.n_truth(), count.n()], [expected, expected, expected, 60_000]);
    }
    assert_eq!(io::read(path).unwrap().voxels.len(), voxels.len());
}

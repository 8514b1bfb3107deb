//! Many threads on one engine for a while: no deadlock, no wrong bit, no leak. In a process of its own, so that its
//! memory is its own.

use crate::equality::{label_map, volume};
use crate::random::{LabelType, Pattern, Real, labels, reals};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use voxdice::metric::Partials;
use voxdice::tuning::Tuning;
use voxdice::{Backend, Classes, Engine, EngineOptions, NonFinite, Pair, Shape, SumsOptions};

const THREADS: usize = 8;
const EVALUATIONS: usize = 200;
/// What an allocator may keep for itself. A slot that leaks with each evaluation would take 200 MiB and more.
const MIB: usize = 64;

#[test]
fn eight_threads_share_an_engine() {
    if !crate::engines::gpu::available() {
        return;
    }
    alone("contention::worker");
}

/// Runs a test in a process of its own, and passes on what it prints.
pub fn alone(worker: &str) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", worker, "--nocapture", "--test-threads=1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut passed = false;
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        println!("{line}");
        passed |= line.contains("test result: ok. 1 passed");
    }
    let status = child.wait().unwrap();
    assert!(status.success() && passed, "{worker} ended with {status}, {}", if passed { "passed" } else { "failed" });
}

/// Resident memory in MiB, where the system tells it.
pub fn memory() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).map_or(0, |pages| pages * 4 / 1024)
}

#[test]
#[ignore = "for the test above, which runs it in a process of its own"]
fn worker() {
    let (gpu, cpu) = (engine(Backend::Gpu), engine(Backend::Cpu));
    round(&gpu, &cpu, 40);
    let before = memory();
    round(&gpu, &cpu, EVALUATIONS);
    let after = memory();
    println!("memory before {before} MiB, after {after} MiB");
    assert!(after < before + MIB, "memory grew from {before} MiB to {after} MiB");
}

pub fn engine(backend: Backend) -> Engine {
    let tuning = Tuning { window_bytes: 64 << 10, ..Tuning::default() };
    let options = EngineOptions { backend, non_finite: NonFinite::Ignore, tuning, ..EngineOptions::default() };
    Engine::new(&options).unwrap()
}

fn round(gpu: &Engine, cpu: &Engine, evaluations: usize) {
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || (0..evaluations).for_each(|i| evaluate(gpu, cpu, thread, i)));
        }
    });
}

/// One of four kinds, on both engines, whose results are equal.
pub fn evaluate(gpu: &Engine, cpu: &Engine, thread: usize, i: usize) {
    let seed = (thread * EVALUATIONS + i) as u64;
    let voxels = [1, 100, 3001, 20_011, 70_001][i % 5];
    let shape = Shape::new(1 + thread % 3, 1, [voxels]).unwrap();
    let n = shape.elements() as usize;
    let options = SumsOptions::default();
    match (thread + i) % 4 {
        0 => {
            let (p, t) = (reals(Real::F32, Pattern::Wide, n, seed), reals(Real::U8, Pattern::Unit, n, seed));
            let sums =
                |engine: &Engine| engine.sums(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }).unwrap();
            assert_eq!(sums(gpu), sums(cpu));
        }
        1 => {
            let (p, t) = (reals(Real::F32, Pattern::Unit, n, seed), reals(Real::U8, Pattern::Unit, n, seed));
            let later = gpu.sums_async(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }, &options);
            let expected = cpu.sums(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }).unwrap();
            assert_eq!(pollster::block_on(later).unwrap(), expected);
        }
        2 => {
            let map = |seed| labels(LabelType::U8, &[0, 1, 2, 3], 7, n, seed);
            let (p, t, classes) = (map(seed), map(seed + 1), Classes::new([1, 2]).unwrap());
            let counts = |engine: &Engine| {
                engine.counts(Pair { pred: label_map(&shape, &p), truth: label_map(&shape, &t) }, &classes).unwrap()
            };
            assert_eq!(counts(gpu), counts(cpu));
        }
        _ => {
            let (p, t) = (reals(Real::F32, Pattern::Unit, n, seed), reals(Real::U8, Pattern::Unit, n, seed));
            let sums = cpu.sums(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }).unwrap();
            let partials = sums.map(|_| Partials { pred: 0.4, product: -1.3, ..Partials::default() });
            let gradient = |engine: &Engine| {
                engine
                    .gradient(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }, &options, &sums, &partials)
                    .unwrap()
            };
            assert!(gradient(gpu) == gradient(cpu));
        }
    }
}

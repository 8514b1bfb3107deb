//! Speed of the reductions, named `statistic/dtype/shape/backend/model`. Models: `cpu` (the CPU backend), `floor` (a
//! plain read of the same bytes on the same threads: the ceiling), `pieces` (a CPU accumulator, fed 128 Ki voxels at a
//! time on one thread) and `end_to_end` (host memory through a GPU adapter and back). Every value is asserted before it
//! is timed.
//!
//! `cargo bench` runs it; on a software adapter `end_to_end` says nothing about a GPU.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod counts;
mod gradients;
mod small;
mod sums;

use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput, measurement::WallTime};
use std::hint::black_box;
use std::time::Duration;
use voxdice::{Backend, Engine, EngineOptions};

/// 512 x 512 x 125 voxels: 131 MB of f32, beyond any cache.
const SPATIAL: [usize; 3] = [125, 512, 512];
const VOXELS: usize = SPATIAL[0] * SPATIAL[1] * SPATIAL[2];

/// Reads all bytes once, on as many threads as the CPU backend has.
fn read(bytes: &[u8]) -> u64 {
    let words: &[u64] = bytemuck::cast_slice(bytes);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let chunks = words.chunks(words.len().div_ceil(threads));
        let sums: Vec<_> =
            chunks.map(|chunk| scope.spawn(|| chunk.iter().fold(0u64, |sum, &w| sum.wrapping_add(w)))).collect();
        sums.into_iter().fold(0u64, |sum, part| sum.wrapping_add(part.join().unwrap()))
    })
}

/// The floor of a group whose operands have these bytes.
fn floor(group: &mut BenchmarkGroup<'_, WallTime>, pred: &[u8], truth: &[u8]) {
    group.bench_function("cpu/floor", |bencher| {
        bencher.iter(|| read(black_box(pred)).wrapping_add(read(black_box(truth))));
    });
}

fn engine(backend: Backend) -> Result<Engine, voxdice::Error> {
    Engine::new(&EngineOptions { backend, ..EngineOptions::default() })
}

fn engines() -> Vec<(String, Engine)> {
    let mut engines = vec![("cpu/cpu".to_string(), engine(Backend::Cpu).unwrap())];
    if let Ok(gpu) = engine(Backend::Gpu) {
        engines.push(("gpu/end_to_end".to_string(), gpu));
    }
    engines
}

fn group<'a>(criterion: &'a mut Criterion, name: &str, bytes: usize) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(bytes as u64)).sampling_mode(SamplingMode::Flat);
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    group
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    sums::all(&mut criterion);
    counts::all(&mut criterion);
    gradients::all(&mut criterion);
    small::all(&mut criterion);
    criterion.final_summary();
}

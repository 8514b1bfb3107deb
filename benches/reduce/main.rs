//! Speed of the reductions, named `statistic/dtype/shape/backend/model`. Models: `cpu` (the CPU backend), `floor` (the
//! fastest plain read of the same bytes, and where a gradient is written a streaming copy: the ceiling), `pieces` (a CPU accumulator, fed 128 Ki voxels at a
//! time on one thread) and `end_to_end` (host memory through a GPU adapter and back). Every value is asserted before it
//! is timed.
//!
//! `cargo bench` runs it; on a software adapter `end_to_end` says nothing about a GPU.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod counts;
mod gradients;
mod small;
mod sums;
mod surfaces;

use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput, measurement::WallTime};
use std::hint::black_box;
use std::time::{Duration, Instant};
use voxdice::internals::floor::{WAYS, Way, copy, read};
use voxdice::{Backend, Engine, EngineOptions, prefer_huge_pages};

/// 512 x 512 x 125 voxels: 131 MB of f32, beyond any cache.
const SPATIAL: [usize; 3] = [125, 512, 512];
const VOXELS: usize = SPATIAL[0] * SPATIAL[1] * SPATIAL[2];

/// The values of every place in huge pages, as volumes are that voxdice reads from files.
fn filled<T>(values: impl ExactSizeIterator<Item = T>) -> Vec<T> {
    let mut all = Vec::with_capacity(values.len());
    prefer_huge_pages(all.spare_capacity_mut());
    all.extend(values);
    all
}

/// The way in which a few reads of these bytes took the least time.
fn fastest(slices: &[&[u8]]) -> Way {
    let time = |way| {
        let start = Instant::now();
        black_box(read(slices, way));
        start.elapsed()
    };
    WAYS.into_iter().min_by_key(|&way| (0..7).map(|_| time(way)).min()).unwrap()
}

/// The floor of a group whose operands have these bytes, and whose gradient is written there.
fn floor(group: &mut BenchmarkGroup<'_, WallTime>, slices: [&[u8]; 2], mut written: Option<&mut [f32]>) {
    let way = fastest(&slices);
    group.bench_function("cpu/floor", |bencher| {
        bencher.iter(|| {
            if let Some(written) = &mut written {
                copy(slices[1], written, way.0);
            }
            read(black_box(&slices), way)
        });
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
    surfaces::all(&mut criterion);
    criterion.final_summary();
}

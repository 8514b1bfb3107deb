//! Speed of the reductions, named `statistic/dtype/shape/backend/model`. Models: `cpu` (the CPU backend), `floor` (a
//! plain read of the same bytes on the same threads: the ceiling) and `end_to_end` (host memory through a GPU adapter
//! and back). Every value is asserted before it is timed.
//!
//! `cargo bench` runs it; on a software adapter `end_to_end` says nothing about a GPU.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput, measurement::WallTime};
use std::hint::black_box;
use std::time::Duration;
use voxdice::stats::Terms;
use voxdice::{Backend, Classes, Engine, EngineOptions, LabelMap, Shape, SumsOptions, Volume};

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

fn engines() -> Vec<(String, Engine)> {
    let of = |backend| Engine::new(&EngineOptions { backend, ..EngineOptions::default() });
    let mut engines = vec![("cpu/cpu".to_string(), of(Backend::Cpu).unwrap())];
    if let Ok(gpu) = of(Backend::Gpu) {
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

fn sums(criterion: &mut Criterion) {
    let shape = Shape::new(1, 1, SPATIAL).unwrap();
    let pred: Vec<f32> = (0..VOXELS).map(|i| if i % 3 == 0 { 0.75 } else { 0.25 }).collect();
    let soft: Vec<f32> = (0..VOXELS).map(|i| f32::from(i % 2 == 0)).collect();
    let mask: Vec<u8> = (0..VOXELS).map(|i| u8::from(i % 2 == 0)).collect();
    let plain = SumsOptions { terms: Terms::Plain, ..SumsOptions::default() };
    let truths = [
        ("f32xf32", Volume::f32(shape.clone(), &soft).unwrap(), bytemuck::cast_slice::<f32, u8>(&soft)),
        ("f32xu8", Volume::u8(shape.clone(), &mask).unwrap(), &mask[..]),
    ];
    let expected = 0.75 * VOXELS.div_ceil(3) as f64 + 0.25 * (VOXELS - VOXELS.div_ceil(3)) as f64;
    for (dtypes, truth, truth_bytes) in truths {
        let mut group = group(criterion, &format!("sums3/{dtypes}/125x512x512"), 4 * VOXELS + truth_bytes.len());
        for (name, engine) in engines() {
            let run = || {
                let pred = Volume::f32(shape.clone(), &pred).unwrap();
                engine.sums_with(pred, truth.clone(), &plain).unwrap()
            };
            assert_eq!(run().values()[0].pred(), expected);
            group.bench_function(&name, |bencher| bencher.iter(run));
        }
        let pred_bytes = bytemuck::cast_slice::<f32, u8>(&pred);
        group.bench_function("cpu/floor", |bencher| {
            bencher.iter(|| read(black_box(pred_bytes)).wrapping_add(read(black_box(truth_bytes))));
        });
        group.finish();
    }
}

fn counts(criterion: &mut Criterion) {
    let shape = Shape::new(1, 1, SPATIAL).unwrap();
    for classes in [5u32, 117] {
        // Runs of 40 voxels with one label, as in real maps; the prediction is the truth moved by 3 voxels.
        let label = |i: usize| ((i / 40 * 2_654_435_761) >> 7) as u32 % (2 * classes);
        let of = |shift: usize| -> Vec<u8> {
            (0..VOXELS).map(|i| label(i + shift)).map(|l| if l <= classes { l as u8 } else { 0 }).collect()
        };
        let (truth, pred) = (of(0), of(3));
        let ones = truth.iter().filter(|&&l| l == 1).count() as u64;
        let listed = Classes::new(1..=classes).unwrap();
        let mut group = group(criterion, &format!("counts{classes}/u8xu8/125x512x512"), 2 * VOXELS);
        for (name, engine) in engines() {
            let run = || {
                let map = |labels| LabelMap::u8(shape.clone(), labels).unwrap();
                engine.counts(map(&pred), map(&truth), &listed).unwrap()
            };
            assert_eq!(run().values()[0].n_truth(), ones);
            group.bench_function(&name, |bencher| bencher.iter(run));
        }
        group.bench_function("cpu/floor", |bencher| {
            bencher.iter(|| read(black_box(&pred)).wrapping_add(read(black_box(&truth))));
        });
        group.finish();
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    sums(&mut criterion);
    counts(&mut criterion);
    criterion.final_summary();
}

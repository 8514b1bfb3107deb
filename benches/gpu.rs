//! Speed of the reductions on a GPU, named `statistic/dtype/shape/gpu/model`. Models: `resident` (the blocking call on
//! volumes that are in buffers), `kernel` (its commands alone, by the clock of the GPU), `end_to_end` (from host memory),
//! `floor` (a plain read of the same bytes on the GPU: the ceiling of the first two), `copy` (a copy of the same bytes
//! within the GPU, which reads and writes each), `upload` and `readback` (to and from host memory). `gpu-pairs` is a GPU
//! without 64-bit integers. Every value is asserted before it is timed.
//!
//! `cargo bench --bench gpu` runs it. Where no adapter answers it says so; on a software adapter it says nothing about a
//! GPU.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

#[path = "../src/cli/bench/gpu.rs"]
#[allow(dead_code)] // the command's, which has more to do
mod device;

use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput, measurement::WallTime};
use device::{Buffer, CommandEncoder, Gpu, sum_of_words};
use std::time::Duration;
use voxdice::metric::{Loss, LossOptions};
use voxdice::stats::{Counts, Sums, Surface, SurfaceOptions, Terms};
// The device's file names these as names of its crate.
use voxdice::tuning::{self, ShaderInt64};
use voxdice::{AdapterChoice, AdapterKind, Engine, EngineOptions, Error, Pair, Result, adapters, wgpu};
use voxdice::{Backend, Classes, Dtype, LabelMap, Shape, SumsOptions, Table, Volume};

/// 512 x 512 x 125 voxels: 131 MB of f32, beyond any cache.
const LARGE: [usize; 3] = [125, 512, 512];
/// 1 GiB of f32: what a launch and a fold cost is little beside it.
const HUGE: [usize; 3] = [512, 1024, 512];
/// A hippocampus of the Medical Segmentation Decathlon, whose training set has 260.
const SMALL: [usize; 3] = [36, 50, 35];
const TINY: [usize; 3] = [16, 16, 16];

/// An engine and how rows name it.
type Named = (&'static str, Engine);

struct Bench<'a> {
    gpu: &'a Gpu,
    /// On the device: with native 64-bit integers, if there are any, and with pairs.
    engines: &'a [Named],
    /// On the same adapter, for voxels in host memory.
    hosts: &'a Engine,
}

fn group<'a>(criterion: &'a mut Criterion, name: &str, bytes: u64) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(bytes)).sampling_mode(SamplingMode::Flat);
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    group
}

/// A row whose seconds `run` tells itself.
fn clocked(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, mut run: impl FnMut() -> f64) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|times| Duration::from_secs_f64((0..times).map(|_| run()).sum()));
    });
}

impl Bench<'_> {
    fn filled(&self, bytes: &[u8]) -> Buffer {
        let buffer = self.gpu.empty(bytes.len() as u64).unwrap();
        self.gpu.upload(bytes, &buffer).unwrap();
        buffer
    }

    /// A plain read of the buffers.
    fn floor(&self, group: &mut BenchmarkGroup<'_, WallTime>, slices: [&[u8]; 2], buffers: [&Buffer; 2]) {
        let words = sum_of_words(slices[0]).wrapping_add(sum_of_words(slices[1]));
        clocked(group, "gpu/floor", || {
            let (found, seconds) = self.gpu.read(&buffers).unwrap();
            assert_eq!(found, words);
            seconds
        });
    }

    /// A row of commands, by the clock of the GPU. `run` records them, and asserts the value when they have run.
    fn kernel<T>(
        &self,
        group: &mut BenchmarkGroup<'_, WallTime>,
        name: &str,
        mut record: impl FnMut(&mut CommandEncoder) -> Result<T>,
        check: impl Fn(&T),
    ) {
        if !self.gpu.has_clock() {
            eprintln!("no {name}/kernel: the device has no timestamps between commands");
            return;
        }
        clocked(group, &format!("{name}/kernel"), || {
            let (value, seconds) = self.gpu.timed(&mut record).unwrap();
            check(&value);
            seconds
        });
    }

    fn sums(&self, criterion: &mut Criterion, samples: usize, spatial: [usize; 3], name: &str, mask: bool) {
        let shape = Shape::new(samples, 1, spatial).unwrap();
        let (n, cell) = (shape.elements() as usize, shape.voxels_per_cell() as usize);
        let pred: Vec<f32> = (0..n).map(|i| if i % 2 == 0 { 0.5 } else { 0.25 }).collect();
        let truth_f32: Vec<f32> = (0..n).map(|i| f32::from(i % 7 < 3)).collect();
        let truth_u8: Vec<u8> = truth_f32.iter().map(|&voxel| voxel as u8).collect();
        let truth: &[u8] = if mask { &truth_u8 } else { bytemuck::cast_slice(&truth_f32) };
        let pred_bytes: &[u8] = bytemuck::cast_slice(&pred);
        let (p, t) = (self.filled(pred_bytes), self.filled(truth));
        let (types, dtype) = if mask { ("f32xu8", Dtype::U8) } else { ("f32xf32", Dtype::F32) };
        let options = SumsOptions { terms: Terms::Plain, ..SumsOptions::default() };
        let volume = |buffer, dtype| Volume::buffer(shape.clone(), dtype, buffer, 0);
        let check = |sums: &Table<Sums>| assert_eq!(sums.values()[0].pred(), 0.375 * cell as f64);

        let bytes = (pred_bytes.len() + truth.len()) as u64;
        let mut group = group(criterion, &format!("sums3/{types}/{name}"), bytes);
        for (name, engine) in self.engines {
            let run = || engine.sums_with(Pair { pred: volume(&p, Dtype::F32)?, truth: volume(&t, dtype)? }, &options);
            check(&run().unwrap());
            group.bench_function(format!("{name}/resident"), |bencher| bencher.iter(|| run().unwrap()));
            let record = |encoder: &mut CommandEncoder| {
                engine.record_sums(encoder, Pair { pred: volume(&p, Dtype::F32)?, truth: volume(&t, dtype)? }, &options)
            };
            self.kernel(&mut group, name, record, |sums| check(&engine.read_sums(sums).unwrap()));
        }
        let host = |mask: bool| match mask {
            true => Volume::u8(shape.clone(), &truth_u8),
            false => Volume::f32(shape.clone(), &truth_f32),
        };
        let run =
            || self.hosts.sums_with(Pair { pred: Volume::f32(shape.clone(), &pred)?, truth: host(mask)? }, &options);
        check(&run().unwrap());
        group.bench_function("gpu/end_to_end", |bencher| bencher.iter(|| run().unwrap()));
        self.floor(&mut group, [pred_bytes, truth], [&p, &t]);
        group.finish();
    }

    fn counts(&self, criterion: &mut Criterion, samples: usize, spatial: [usize; 3], name: &str, classes: u32) {
        let shape = Shape::new(samples, 1, spatial).unwrap();
        let n = shape.elements() as usize;
        // Runs of 40 voxels with one label, and much background; the prediction is the truth moved by 3 voxels.
        let label = |i: usize| {
            let label = ((i / 40 * 2_654_435_761) >> 7) as u32 % (2 * classes);
            if label <= classes { label as u8 } else { 0 }
        };
        let truth: Vec<u8> = (0..n).map(label).collect();
        let pred: Vec<u8> = (3..n + 3).map(label).collect();
        let (p, t) = (self.filled(&pred), self.filled(&truth));
        let cell = shape.voxels_per_cell() as usize;
        let ones = truth[..cell].iter().filter(|&&label| label == 1).count() as u64;
        let listed = Classes::new(1..=classes).unwrap();
        let map = |buffer| LabelMap::buffer(shape.clone(), Dtype::U8, buffer, 0);
        let check = |counts: &Table<Counts>| assert_eq!(counts.values()[0].n_truth(), ones);

        let mut group = group(criterion, &format!("counts{classes}/u8xu8/{name}"), 2 * n as u64);
        let (name, engine) = &self.engines[0];
        let run = || engine.counts(Pair { pred: map(&p)?, truth: map(&t)? }, &listed);
        check(&run().unwrap());
        group.bench_function(format!("{name}/resident"), |bencher| bencher.iter(|| run().unwrap()));
        let record = |encoder: &mut CommandEncoder| {
            engine.record_counts(encoder, Pair { pred: map(&p)?, truth: map(&t)? }, &listed)
        };
        self.kernel(&mut group, name, record, |counts| check(&engine.read_counts(counts).unwrap()));
        let host = |labels| LabelMap::u8(shape.clone(), labels);
        let run = || self.hosts.counts(Pair { pred: host(&pred)?, truth: host(&truth)? }, &listed);
        check(&run().unwrap());
        group.bench_function("gpu/end_to_end", |bencher| bencher.iter(|| run().unwrap()));
        self.floor(&mut group, [&pred, &truth], [&p, &t]);
        group.finish();
    }

    /// Distances of boxes, one of a class, that are off by a column: 0 or 1. There is no row `kernel`.
    fn surfaces(&self, criterion: &mut Criterion, spatial: [usize; 3], name: &str) {
        let shape = Shape::new(1, 1, spatial).unwrap();
        let label = |i: usize, moved: usize| {
            let at = [
                i / (spatial[1] * spatial[2]),
                i / spatial[2] % spatial[1],
                i % spatial[2] - moved.min(i % spatial[2]),
            ];
            u8::from((0..3).all(|axis| (spatial[axis] / 8..7 * spatial[axis] / 8).contains(&at[axis])))
        };
        let n = shape.elements() as usize;
        let truth: Vec<u8> = (0..n).map(|i| label(i, 0)).collect();
        let pred: Vec<u8> = (0..n).map(|i| label(i, 1)).collect();
        let (p, t) = (self.filled(&pred), self.filled(&truth));
        let classes = Classes::new([1]).unwrap();
        let sides = spatial.map(|n| (7 * n / 8 - n / 8) as u64);
        let elements = sides.iter().product::<u64>() - sides.iter().map(|n| n - 2).product::<u64>();
        let check = |surfaces: &Table<Surface>| {
            let entries = surfaces.values()[0].truth().entries();
            assert_eq!(entries.iter().map(|entry| entry.squared).collect::<Vec<_>>(), [0, 1]);
            assert_eq!(entries.iter().map(|entry| entry.count).sum::<u64>(), elements);
        };
        let mut group = group(criterion, &format!("surfaces/u8xu8/{name}"), 2 * n as u64);
        let (name, engine) = &self.engines[0];
        let map = |buffer| LabelMap::buffer(shape.clone(), Dtype::U8, buffer, 0);
        let run = || engine.surfaces(Pair { pred: map(&p)?, truth: map(&t)? }, &classes, &SurfaceOptions::default());
        check(&run().unwrap());
        group.bench_function(format!("{name}/resident"), |bencher| bencher.iter(|| run().unwrap()));
        let host = |labels| LabelMap::u8(shape.clone(), labels);
        let run = || {
            self.hosts.surfaces(Pair { pred: host(&pred)?, truth: host(&truth)? }, &classes, &SurfaceOptions::default())
        };
        check(&run().unwrap());
        group.bench_function("gpu/end_to_end", |bencher| bencher.iter(|| run().unwrap()));
        self.floor(&mut group, [&pred, &truth], [&p, &t]);
        group.finish();
    }

    /// Sums, then the derivative of each voxel into a buffer: operands are read twice, and the gradient written.
    fn gradient(&self, criterion: &mut Criterion) {
        let shape = Shape::new(1, 1, LARGE).unwrap();
        let n = shape.elements() as usize;
        let pred: Vec<f32> = (0..n).map(|i| if i % 3 == 0 { 0.75 } else { 0.25 }).collect();
        let truth: Vec<f32> = (0..n).map(|i| f32::from(i % 2 == 0)).collect();
        let (p, t) = (self.filled(bytemuck::cast_slice(&pred)), self.filled(bytemuck::cast_slice(&truth)));
        let out = self.gpu.empty(4 * n as u64).unwrap();
        let loss = Loss::new(LossOptions::default()).unwrap();
        let options = loss.sums_options();
        let (_, engine) = &self.engines[0];
        let volume = |buffer| Volume::buffer(shape.clone(), Dtype::F32, buffer, 0).unwrap();
        let sums = || engine.sums_with(Pair { pred: volume(&p), truth: volume(&t) }, &options).unwrap();
        let derive = |sums: &Table<Sums>| {
            let partials = loss.gradient(sums)?;
            engine.gradient_into_buffer(
                Pair { pred: volume(&p), truth: volume(&t) },
                &options,
                sums,
                &partials,
                &out,
                0,
            )
        };
        derive(&sums()).unwrap();
        let cpu = Engine::new(&EngineOptions { backend: Backend::Cpu, ..EngineOptions::default() }).unwrap();
        let host = |x| Volume::f32(shape.clone(), x).unwrap();
        let partials = loss.gradient(&sums()).unwrap();
        let expected =
            cpu.gradient(Pair { pred: host(&pred), truth: host(&truth) }, &options, &sums(), &partials).unwrap();
        let mut found = vec![0f32; n];
        self.gpu.download(&out, bytemuck::cast_slice_mut(&mut found)).unwrap();
        assert!(found == expected, "the gradient has the bits of the CPU");

        let mut both = group(criterion, "loss_and_exact_gradient/f32xf32/125x512x512", 20 * n as u64);
        both.bench_function("gpu/resident", |bencher| {
            bencher.iter(|| {
                derive(&sums()).unwrap();
                self.gpu.finish().unwrap();
            });
        });
        both.finish();
        if self.gpu.has_clock() {
            let sums = sums();
            let mut alone = group(criterion, "exact_gradient/f32xf32/125x512x512", 12 * n as u64);
            let run = || self.gpu.timed_behind(&[&p, &t], || derive(&sums)).unwrap().1.unwrap();
            clocked(&mut alone, "gpu/kernel", run);
            alone.finish();
        }
    }

    /// What only moves bytes.
    fn transfers(&self, criterion: &mut Criterion) {
        let bytes: Vec<u8> = (0..4 * LARGE.iter().product::<usize>()).map(|i| (i % 251) as u8).collect();
        let (from, to) = (self.filled(&bytes), self.gpu.empty(bytes.len() as u64).unwrap());
        let mut back = vec![0; bytes.len()];
        self.gpu.copy(&from, &to).unwrap();
        self.gpu.download(&to, &mut back).unwrap();
        assert!(back == bytes, "bytes come back as they were sent");
        let n = bytes.len() as u64;
        let mut copies = group(criterion, "copy/125x512x512xf32", 2 * n);
        clocked(&mut copies, "gpu/copy", || self.gpu.copy(&from, &to).unwrap());
        copies.finish();
        let mut moves = group(criterion, "transfer/125x512x512xf32", n);
        moves.bench_function("gpu/upload", |bencher| bencher.iter(|| self.gpu.upload(&bytes, &to).unwrap()));
        moves.bench_function("gpu/readback", |bencher| bencher.iter(|| self.gpu.download(&from, &mut back).unwrap()));
        moves.finish();
    }
}

fn main() {
    let gpu = match Gpu::open(&AdapterChoice::Best) {
        Ok(gpu) => gpu,
        Err(error @ Error::NoAdapter { .. }) => {
            eprintln!("skipped: {error}");
            return;
        }
        Err(error) => {
            eprintln!("error: {error}");
            std::process::exit(3);
        }
    };
    let [auto, pairs] = [ShaderInt64::Auto, ShaderInt64::Pairs].map(|int64| gpu.engine(int64).unwrap());
    let native = auto.describe() != pairs.describe();
    let mut engines = vec![("gpu", auto)];
    engines.extend(native.then_some(("gpu-pairs", pairs)));
    let hosts = Engine::new(&EngineOptions { backend: Backend::Gpu, ..EngineOptions::default() }).unwrap();
    eprintln!("{}", hosts.describe().device);
    // A software adapter would take minutes for the huge volumes, and say nothing.
    let hardware = adapters().iter().any(|adapter| adapter.kind != AdapterKind::Software);
    let bench = Bench { gpu: &gpu, engines: &engines, hosts: &hosts };
    let mut criterion = Criterion::default().configure_from_args();
    bench.sums(&mut criterion, 1, LARGE, "125x512x512", false);
    bench.sums(&mut criterion, 1, LARGE, "125x512x512", true);
    bench.counts(&mut criterion, 1, LARGE, "125x512x512", 5);
    bench.counts(&mut criterion, 1, LARGE, "125x512x512", 117);
    if hardware {
        bench.sums(&mut criterion, 1, HUGE, "512x1024x512", false);
        bench.sums(&mut criterion, 1, HUGE, "512x1024x512", true);
        bench.counts(&mut criterion, 4, HUGE, "4x512x1024x512", 5);
    }
    bench.surfaces(&mut criterion, LARGE, "125x512x512");
    bench.gradient(&mut criterion);
    bench.transfers(&mut criterion);
    // What a call costs beside its voxels.
    for (samples, spatial, name) in [(1, TINY, "16x16x16"), (1, SMALL, "36x50x35"), (260, SMALL, "260x36x50x35")] {
        bench.sums(&mut criterion, samples, spatial, name, false);
        bench.counts(&mut criterion, samples, spatial, name, 2);
    }
    criterion.final_summary();
}

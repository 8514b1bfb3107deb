//! The GPU backend under a second driver: SwiftShader, a Vulkan device in software that shares no code with Mesa. It
//! comes with Debian's chromium. A driver is chosen when a process starts, so the test runs itself again as a child.

use crate::determinism::matrix::Column;
use crate::surfaces::Maps;
use std::path::Path;
use std::process::Command;
use voxdice::metric::{Partials, Pointwise};
use voxdice::stats::{Connectivity, InstanceOptions, SurfaceOptions, Terms};
use voxdice::tuning::{Poison, Tuning};
use voxdice::{
    Activation, AdapterChoice, BLOCK_VOXELS, Backend, Classes, Dtype, Engine, EngineOptions, LabelMap, Layout,
    NonFinite, Pair, Shape, SumsOptions, Volume,
};

const FOLDER: &str = "/usr/lib/chromium";
const ICD: &str = "/usr/lib/chromium/vk_swiftshader_icd.json";
const WORKER: &str = "second_driver::worker";
const SOFT_WORKER: &str = "second_driver::soft_worker";

#[test]
fn swiftshader_gives_the_bits_of_the_cpu() {
    let _ = under_swiftshader(&["--ignored", "--exact", WORKER], "test result: ok. 1 passed");
}

#[test]
fn swiftshader_keeps_the_bounds_of_activations_and_the_bits_of_gradients() {
    let _ = under_swiftshader(&["--ignored", "--exact", SOFT_WORKER], "test result: ok. 1 passed");
}

/// Runs tests of this binary under the second driver and demands `outcome`: a filter that matches nothing would be a
/// success, too. What the child printed, or why there is no second driver.
fn under_swiftshader(arguments: &[&str], outcome: &str) -> Result<String, String> {
    if !Path::new(ICD).is_file() {
        let required = std::env::var_os("VOXDICE_TEST_SECOND_DRIVER").is_some_and(|value| value == "require");
        assert!(!required, "{ICD} is not there; install Debian's chromium");
        crate::skips::skipped(&format!("a second driver: no SwiftShader at {ICD}"));
        return Err(format!("no SwiftShader at {ICD}"));
    }
    let libraries = match std::env::var("LD_LIBRARY_PATH") {
        Ok(others) => format!("{FOLDER}:{others}"),
        Err(_) => FOLDER.to_owned(),
    };
    let child = Command::new(std::env::current_exe().unwrap())
        .args(arguments)
        .args(["--nocapture", "--test-threads=1"])
        .env("LD_LIBRARY_PATH", libraries)
        .env("VK_DRIVER_FILES", ICD)
        // Older loaders know this name only.
        .env("VK_ICD_FILENAMES", ICD)
        .env("VOXDICE_TEST_GPU", "require")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && out.contains(outcome), "{out}\n{err}");
    Ok(out.into_owned())
}

/// The column of the determinism matrix.
pub fn determinism() -> Result<Column, String> {
    let arguments = ["--ignored", "--exact", "determinism::gpu::worker"];
    let printed = under_swiftshader(&arguments, "test result: ok. 1 passed")?;
    let mut column = Column::default();
    for line in printed.lines() {
        // The name of the test may stand before the first line.
        if let Some((_, device)) = line.split_once("device=") {
            column.device = device.into();
        }
        if let Some((sum, name)) = line.strip_prefix("row=").and_then(|row| row.split_once(' ')) {
            column.checksums.insert(name.into(), u64::from_str_radix(sum, 16).unwrap());
        }
    }
    Ok(column)
}

/// What the child runs.
#[test]
#[ignore = "for the test above, which runs it under the second driver"]
fn worker() {
    let adapters = voxdice::adapters();
    assert!(adapters.iter().any(|adapter| adapter.name.contains("SwiftShader")), "{adapters:?}");
    // A pipeline takes this driver most of a second, so what is tried twice is little.
    let (small, large) = (Engines::new(64 << 10), Engines::new(1 << 20));
    let cases = sums_cases();
    let crossing: Vec<Case> = cases.iter().filter(|case| case.crosses_everything()).cloned().collect();
    assert!(crossing.len() == 2, "{crossing:?}");
    surfaces(&small);
    lesions(&small);
    for (engines, cases) in [(small, cases), (large, crossing)] {
        cases.iter().for_each(|case| engines.check_sum(case));
        engines.check_counts();
    }
}

/// The first call also puts the kernels through known answers, with near and far surfaces, of voxels and of corners.
fn surfaces(engines: &Engines) {
    let spatial = vec![3, 9, 40];
    let mask = |x: usize| (0..3 * 9 * 40).map(|i| u8::from((x..x + 7).contains(&(i % 40)) && i / 40 % 9 > 2)).collect();
    let maps = Maps { spatial, truth: mask(5), pred: mask(28) };
    let classes = Classes::new([1]).unwrap();
    let [gpu, cpu] =
        [&engines.gpu, &engines.cpu].map(|engine| maps.surfaces_on(engine, &classes, &SurfaceOptions::default()));
    assert!(gpu == cpu && cpu[0].truth().elements() > 100);
}

/// The first call also puts the kernels through known answers, of three ways to connect voxels.
fn lesions(engines: &Engines) {
    let spatial = vec![4, 9, 70];
    let noise =
        |seed: u32| (0..4 * 9 * 70).map(|i: u32| u32::from((i ^ seed).wrapping_mul(0x9e37_79b9) >> 30 == 0)).collect();
    let maps = crate::instances::Maps { spatial, truth: noise(5), pred: noise(28) };
    let options = InstanceOptions { connectivity: Connectivity::Faces, ..InstanceOptions::default() };
    let [gpu, cpu] = [&engines.gpu, &engines.cpu].map(|engine| maps.find_on(engine, &maps.foreground(), &options));
    assert!(gpu == cpu && cpu[0].truth().len() > 50, "{} lesions", cpu[0].truth().len());
}

/// One of each kind: the modules `activations` and `gradients` would take this driver a quarter of an hour.
#[test]
#[ignore = "for the test above, which runs it under the second driver"]
fn soft_worker() {
    let engines = Engines::new(64 << 10);
    let shape = Shape::new(2, 3, [5003]).unwrap();
    let n = shape.elements() as usize;
    let mut random = Random(1);
    let logits: Vec<f32> = (0..n).map(|_| random.below(16_001) as f32 / 1000.0 - 8.0).collect();
    let labels: Vec<u8> = (0..n / 3).map(|_| random.below(3) as u8).collect();
    let pred = || Volume::f32(shape.clone(), &logits).unwrap();
    let truth = || LabelMap::u8(Shape::new(2, 1, [5003]).unwrap(), &labels).unwrap();
    for activation in [Activation::None, Activation::Argmax, Activation::Sigmoid, Activation::Softmax] {
        let pointwise = (activation == Activation::Softmax).then_some(Pointwise::CrossEntropy);
        let options = SumsOptions { activation, pointwise, terms: Terms::Squared };
        let [gpu, cpu] = [&engines.gpu, &engines.cpu]
            .map(|engine| engine.sums_with(Pair { pred: pred(), truth: truth() }, &options).unwrap());
        assert_eq!(gpu, cpu, "{activation:?}");
        if activation == Activation::Argmax {
            continue;
        }
        let partials = cpu.map(|_| Partials { pred: 0.4, product: -1.3, pred_power: 0.2, ..Partials::default() });
        let of = |engine: &Engine| {
            engine.gradient(Pair { pred: pred(), truth: truth() }, &options, &cpu, &partials).unwrap()
        };
        let (gpu, cpu) = (of(&engines.gpu), of(&engines.cpu));
        assert!(gpu.iter().zip(&cpu).all(|(a, b)| a.to_bits() == b.to_bits()), "{activation:?}");
    }
}

struct Engines {
    gpu: Engine,
    cpu: Engine,
}

impl Engines {
    fn new(window_bytes: u64) -> Self {
        let engine = |backend, adapter| {
            let tuning = Tuning { window_bytes, poison: Poison::On, ..Tuning::default() };
            Engine::new(&EngineOptions { backend, adapter, non_finite: NonFinite::Ignore, tuning }).unwrap()
        };
        let gpu = engine(Backend::Gpu, AdapterChoice::Named("SwiftShader".into()));
        let description = gpu.describe();
        assert!(description.backend == Backend::Gpu && description.device.contains("SwiftShader"), "{description:?}");
        Self { gpu, cpu: engine(Backend::Cpu, AdapterChoice::Best) }
    }

    fn check_sum(&self, case: &Case) {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let n = case.shape.elements() as usize;
        let [pred, truth] = [case.pred, case.truth].map(|dtype| Voxels::new(dtype, n, case.range, &mut random));
        let of = |engine: &Engine| {
            engine
                .sums_with(
                    Pair { pred: pred.volume(&case.shape), truth: truth.volume(&case.shape) },
                    &case.terms.into(),
                )
                .unwrap()
        };
        let (gpu, cpu) = (of(&self.gpu), of(&self.cpu));
        for (cell, (gpu, cpu)) in gpu.values().iter().zip(cpu.values()).enumerate() {
            assert_eq!(gpu, cpu, "cell {cell} of {case:?}");
        }
        assert_eq!(gpu, cpu, "{case:?}");
    }

    /// 3 classes take the one kernel, 18 the other, 1500 two passes of it; a label beyond a million takes the search.
    /// Some labels are not listed.
    fn check_counts(&self) {
        let mut random = Random(0xfedc_ba98_7654_3210);
        let listed: [Vec<u32>; 4] =
            [(1..=3).collect(), (0..18).collect(), (1..=1500).collect(), (1..20).chain([FAR]).collect()];
        for shape in [Shape::new(3, 1, [41, 40, 41]).unwrap(), Shape::new(70, 1, [3, 5]).unwrap()] {
            for labels in &listed {
                let classes = Classes::new(labels.iter().copied()).unwrap();
                let [pred, truth] = [0, 1].map(|_| label_map(shape.elements(), labels.len() as u32 + 3, &mut random));
                let narrow: Vec<u16> = pred.iter().map(|&label| label as u16).collect();
                let bytes: Vec<u8> = truth.iter().map(|&label| label as u8).collect();
                let wide = (LabelMap::u32(shape.clone(), &pred), LabelMap::u32(shape.clone(), &truth));
                let mixed = (LabelMap::u16(shape.clone(), &narrow), LabelMap::u8(shape.clone(), &bytes));
                for (pred, truth) in [wide, mixed] {
                    let (pred, truth) = (pred.unwrap(), truth.unwrap());
                    let of = |engine: &Engine| {
                        engine.counts(Pair { pred: pred.clone(), truth: truth.clone() }, &classes).unwrap()
                    };
                    let (gpu, cpu, n) = (of(&self.gpu), of(&self.cpu), classes.len());
                    for (cell, (gpu, cpu)) in gpu.values().iter().zip(cpu.values()).enumerate() {
                        assert_eq!(gpu, cpu, "sample {} class {} of {n}, {shape}", cell / n, cell % n);
                    }
                    assert_eq!(gpu, cpu, "{n} classes, {shape}");
                }
            }
        }
    }
}

/// One call of `sums_with`.
#[derive(Debug, Clone)]
struct Case {
    pred: Dtype,
    truth: Dtype,
    range: Range,
    shape: Shape,
    terms: Terms,
}

impl Case {
    /// Several blocks per cell, scales, NaN: all passes over all windows.
    fn crosses_everything(&self) -> bool {
        (self.pred, self.truth, self.range) == (Dtype::F32, Dtype::F16, Range::Wild)
            && self.shape.voxels_per_cell() > BLOCK_VOXELS
    }
}

fn sums_cases() -> Vec<Case> {
    use Dtype::{F16, F32, U8, U16};
    // A little more than a block per cell.
    let blocks = Shape::new(2, 3, [41, 40, 41]).unwrap();
    let last = blocks.clone().with_layout(Layout::ChannelsLast);
    let mut cases = Vec::new();
    let mut push = |pred, truth, range, shape: &Shape, terms| {
        cases.push(Case { pred, truth, range, shape: shape.clone(), terms });
    };
    for (pred, truth) in [F32, F16, U8, U16].into_iter().flat_map(|p| [F32, F16, U8, U16].map(|t| (p, t))) {
        push(pred, truth, Range::Unit, &blocks, Terms::Squared);
    }
    // Every type on either side.
    for (pred, truth) in [(F32, F16), (F16, U8), (U8, U16), (U16, F32)] {
        push(pred, truth, Range::Unit, &last, Terms::All);
        push(pred, truth, Range::Eight, &blocks, Terms::Squared);
        push(pred, truth, Range::Wild, &blocks, Terms::Squared);
    }
    push(F32, F16, Range::Wild, &last, Terms::All);
    // Cells that share a workgroup, and fewer terms.
    let tiny = |spatial: &[usize], layout| Shape::new(31, 5, spatial).unwrap().with_layout(layout);
    push(F32, U8, Range::Wild, &tiny(&[], Layout::ChannelsFirst), Terms::Plain);
    push(F16, F32, Range::Wild, &tiny(&[5, 7], Layout::ChannelsLast), Terms::Squared);
    push(U8, U8, Range::Wild, &tiny(&[9, 11, 13], Layout::ChannelsFirst), Terms::Squared);
    cases
}

/// Voxels of one type.
enum Voxels {
    F32(Vec<f32>),
    F16(Vec<u16>),
    U8(Vec<u8>),
    U16(Vec<u16>),
}

impl Voxels {
    fn new(dtype: Dtype, n: usize, range: Range, random: &mut Random) -> Self {
        // By the bits of 1, 8 and infinity: bits of one sign order like their values.
        let mut bits = |[one, eight, infinity]: [u32; 3], sign: u32| match range {
            Range::Unit => random.below(one + 1),
            Range::Wild if random.below(1000) == 0 => (infinity + random.below(sign - infinity)) ^ random.sign(sign),
            Range::Eight | Range::Wild => random.below(eight + 1) ^ random.sign(sign),
        };
        match dtype {
            Dtype::F32 => {
                let mut bits = || f32::from_bits(bits([0x3f80_0000, 0x4100_0000, 0x7f80_0000], 1 << 31));
                Self::F32((0..n).map(|_| bits()).collect())
            }
            Dtype::F16 => Self::F16((0..n).map(|_| bits([0x3c00, 0x4800, 0x7c00], 1 << 15) as u16).collect()),
            _ => {
                let bound = match (range, dtype) {
                    (Range::Unit, _) => 2,
                    (Range::Eight, _) => 9,
                    (Range::Wild, Dtype::U8) => 256,
                    (Range::Wild, _) => 65_536,
                };
                let mut integers = (0..n).map(|_| random.below(bound));
                match dtype {
                    Dtype::U8 => Self::U8(integers.by_ref().map(|value| value as u8).collect()),
                    _ => Self::U16(integers.by_ref().map(|value| value as u16).collect()),
                }
            }
        }
    }

    fn volume(&self, shape: &Shape) -> Volume<'_> {
        let shape = shape.clone();
        match self {
            Self::F32(voxels) => Volume::f32(shape, voxels),
            Self::F16(voxels) => Volume::f16_bits(shape, voxels),
            Self::U8(voxels) => Volume::u8(shape, voxels),
            Self::U16(voxels) => Volume::u16(shape, voxels),
        }
        .unwrap()
    }
}

/// xorshift64*: any repeatable bits will do.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % u64::from(bound)) as u32
    }

    /// `bit` or nothing.
    fn sign(&mut self, bit: u32) -> u32 {
        bit * self.below(2)
    }
}

/// What real-valued voxels look like.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Range {
    /// 0 to 1, every exponent below 1 as likely, subnormals included.
    Unit,
    /// -8 to 8.
    Eight,
    /// -8 to 8, and about one in a thousand infinite or NaN. Integers have their whole range.
    Wild,
}

/// A label beyond the table of classes.
const FAR: u32 = 5_000_000;

/// Labels below `bound` in runs, as in real maps, with single voxels of [`FAR`].
fn label_map(n: u64, bound: u32, random: &mut Random) -> Vec<u32> {
    let mut label = 0;
    let next = |_| {
        label = if random.below(5) == 0 { random.below(bound) } else { label };
        if random.below(1000) == 0 { FAR } else { label }
    };
    (0..n).map(next).collect()
}

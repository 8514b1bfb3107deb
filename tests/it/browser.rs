//! The kernels under a third compiler and a third implementation of WebGPU: Tint and Dawn, in Chromium without a window.
//! An engine runs on a device whose dispatches a page executes, so what is tested is what production asks for, and its
//! results are compared with the CPU's.

mod commands;
mod coverage;
mod device;
mod modules;
mod server;

use crate::application::{self, Application};
use crate::determinism::{self, matrix::Column, rows::Row};
use crate::equality::{label_map, volume};
use crate::oracle::Array;
use crate::random::{LabelType, Pattern, Random, Real, labels, reals};
use crate::resident::{bytes, dtype};
use crate::skips::skipped;
use device::Remote;
use server::Chromium;
use std::fmt;
use std::sync::Arc;
use voxdice::metric::{Entropy, Focal, Partials, Pointwise};
use voxdice::stats::{Elements, InstanceOptions, InstancesBy, Join, Sums, SurfaceOptions, Terms};
use voxdice::tuning::{Poison, Tuning};
use voxdice::{
    Activation, Classes, Dtype, Engine, EngineOptions, LabelMap, Layout, NonFinite, Pair, Shape, SumsOptions, Table,
    Truth, Volume,
};

/// `None`, said once, where there is no Chromium with an adapter; a failure under `VOXDICE_TEST_BROWSER=require`.
fn browser() -> Option<Chromium> {
    let wanted = std::env::var("VOXDICE_TEST_BROWSER").unwrap_or_default();
    if wanted == "off" {
        skipped("the browser, by VOXDICE_TEST_BROWSER=off");
        return None;
    }
    match Chromium::start() {
        Ok(browser) => Some(browser),
        Err(reason) if wanted == "require" => panic!("no browser to test in: {reason}"),
        Err(reason) => {
            skipped(&format!("the browser: {reason}"));
            None
        }
    }
}

#[test]
fn every_kernel_in_a_browser_gives_what_the_cpu_gives() {
    let Some(browser) = browser() else { return };
    let remote = Remote::new(browser);
    let pair = Engines::new(&remote);
    pair.check_sums();
    pair.check_activations();
    pair.check_counts();
    pair.check_surfaces();
    pair.check_lesions();
    pair.check_resident_volumes();
    pair.check_results_on_the_device();
    coverage::check(&remote.ran());
}

/// The column of the determinism matrix.
pub fn determinism(rows: &[Row]) -> Result<Column, String> {
    let browser = browser().ok_or("no Chromium with an adapter")?;
    let pair = Engines::new(&Remote::new(browser));
    Ok(determinism::on(rows, &pair.browser.engine))
}

/// An engine in a browser and the one on the CPU.
struct Engines {
    browser: Application,
    cpu: Engine,
}

impl Engines {
    /// Opening the engine runs its self-test.
    fn new(remote: &Arc<Remote>) -> Self {
        let (device, queue) = remote.open();
        let name = device.adapter_info().name;
        let tuning = Tuning { window_bytes: 256 << 10, poison: Poison::On, ..Tuning::default() };
        let options = EngineOptions { non_finite: NonFinite::Ignore, tuning, ..EngineOptions::default() };
        let engine = Engine::with_device(device.clone(), queue.clone(), &options).unwrap();
        Self { browser: Application { name, device, queue, engine }, cpu: application::cpu() }
    }

    /// Every type on either side, both orders of the axes, blocks at scales of their own and with NaN, cells that share a
    /// workgroup.
    fn check_sums(&self) {
        let blocks = Shape::new(1, 2, [67_003]).unwrap();
        let last = blocks.clone().with_layout(Layout::ChannelsLast);
        let tiny = Shape::new(41, 5, [7]).unwrap();
        let cases = [
            (&blocks, Real::F32, Real::F16, Pattern::Signed, Terms::Plain),
            (&last, Real::F16, Real::U8, Pattern::Wild, Terms::All),
            (&blocks, Real::U8, Real::U16, Pattern::Unit, Terms::Squared),
            (&last, Real::U16, Real::F32, Pattern::Wide, Terms::Squared),
            (&blocks, Real::U8, Real::U8, Pattern::Wild, Terms::All),
            (&last, Real::U8, Real::U8, Pattern::Unit, Terms::Plain),
            (&tiny, Real::F32, Real::F32, Pattern::Wild, Terms::Squared),
            // Whole words of what is plain, and of what is not throughout.
            (&blocks, Real::F32, Real::F32, Pattern::Unit, Terms::All),
            (&blocks, Real::F32, Real::U8, Pattern::Unit, Terms::Squared),
            (&blocks, Real::F32, Real::U8, Pattern::Signed, Terms::Plain),
            (&blocks, Real::F16, Real::U8, Pattern::Unit, Terms::All),
            (&blocks, Real::F16, Real::F16, Pattern::Unit, Terms::Squared),
            (&blocks, Real::Bf16, Real::Bf16, Pattern::Signed, Terms::Squared),
            (&blocks, Real::F64, Real::F64, Pattern::Wild, Terms::All),
            (&last, Real::F64, Real::U8, Pattern::Signed, Terms::Squared),
            (&blocks, Real::F32, Real::F64, Pattern::Unit, Terms::Plain),
        ];
        for (shape, pred, truth, pattern, terms) in cases {
            let n = shape.elements() as usize;
            let (p, t) = (reals(pred, pattern, n, 1), reals(truth, pattern, n, 2));
            let case = Case { shape, pred: &p, truth: Operand::Real(&t), options: terms.into() };
            let (found, expected) = (case.sums(&self.browser.engine), case.sums(&self.cpu));
            for (cell, (found, expected)) in found.values().iter().zip(expected.values()).enumerate() {
                assert_eq!(found, expected, "cell {cell} of {case:?}");
            }
            if !matches!(pattern, Pattern::Wild | Pattern::Wide) {
                self.check_recorded(&case, &found);
            }
        }
    }

    /// Sums and gradients are those of the CPU, bit for bit.
    fn check_activations(&self) {
        use {Activation as A, Terms as T};
        let focal = Some(Pointwise::Focal { gamma: 2.0, alpha: Some(0.25) });
        let categorical = Some(Pointwise::CategoricalFocal { gamma: 2.0 });
        let weighted = Entropy { on: 2.5, alpha: Some(0.25), factor: Focal::Confidence(2.0), ..Entropy::default() };
        let shares = Entropy { off: 0.0, clip: 1e-7, ..Entropy::default() };
        let (first, last) = (Layout::ChannelsFirst, Layout::ChannelsLast);
        // The truth is a label map or real-valued; cells have several thousand voxels or few.
        let cases = [
            (A::Threshold(0.5), T::Plain, None, first, true, 5003),
            (A::Argmax, T::Squared, None, last, true, 5003),
            (A::None, T::All, None, last, false, 5003),
            (A::None, T::Squared, None, first, true, 7),
            (A::None, T::Power(1.5), Some(Pointwise::BinaryCrossEntropy), last, false, 5003),
            (A::Sigmoid, T::Squared, None, first, false, 7),
            (A::Sigmoid, T::Squared, focal, first, false, 5003),
            (A::Softmax, T::All, Some(Pointwise::CrossEntropy), last, true, 5003),
            (A::Softmax, T::Plain, categorical, first, false, 5003),
            (A::Sigmoid, T::Plain, Some(Pointwise::Entropy(weighted)), first, false, 5003),
            (A::Normalise, T::Plain, Some(Pointwise::Entropy(shares)), last, true, 5003),
        ];
        let reduced = Focal::Reduced { gamma: 2.0, threshold: 0.5 };
        let factors = [Focal::Apart(1.5), Focal::Margin(2.0), reduced, Focal::Miss(2.0)].map(|factor| {
            let pointwise = Pointwise::Entropy(Entropy { factor, ..Entropy::default() });
            (A::Sigmoid, T::Plain, Some(pointwise), first, false, 7)
        });
        for (activation, terms, pointwise, layout, is_map, voxels) in cases.into_iter().chain(factors) {
            let options = SumsOptions { activation, terms, pointwise };
            let shape = Shape::new(2, 3, [voxels]).unwrap().with_layout(layout);
            let n = shape.elements() as usize;
            let probabilities = matches!(activation, A::None | A::Normalise);
            let pattern = if probabilities { Pattern::Unit } else { Pattern::Wide };
            let pred = reals(Real::F32, pattern, n, 3);
            let map = labels(LabelType::U8, &[0, 1, 2], 3, n / 3, 4);
            let values = reals(Real::F32, Pattern::Unit, n, 4);
            let truth = if is_map { Operand::Labels(&map) } else { Operand::Real(&values) };
            self.check_soft(&Case { shape: &shape, pred: &pred, truth, options });
        }
        // Comparisons of f64 that are one f32.
        let near = [0.3f64.next_down(), 0.3, 0.3f64.next_up()];
        for (activation, layout) in [(A::Threshold(0.3), first), (A::Threshold(0.3), last), (A::Argmax, last)] {
            let shape = Shape::new(2, 3, [5003]).unwrap().with_layout(layout);
            let mut random = Random::new(6);
            let pred = Array::F64((0..shape.elements()).map(|_| near[random.below(3) as usize]).collect());
            let map = labels(LabelType::U8, &[0, 1, 2], 3, 2 * 5003, 4);
            let options = SumsOptions { activation, ..SumsOptions::default() };
            self.check_soft(&Case { shape: &shape, pred: &pred, truth: Operand::Labels(&map), options });
        }
    }

    fn check_soft(&self, case: &Case<'_>) {
        let (found, expected) = (case.sums(&self.browser.engine), case.sums(&self.cpu));
        self.check_recorded(case, &found);
        let options = &case.options;
        assert_eq!(found, expected, "{options:?}");
        if matches!(options.activation, Activation::Threshold(_) | Activation::Argmax) {
            return;
        }
        let mut random = Random::new(5);
        let mut value = || f64::from(random.unit()) * 2.0 - 1.0;
        let partials = expected.map(|_| Partials {
            pred: value(),
            product: value(),
            pred_power: value(),
            abs_difference: value(),
            pointwise: value(),
        });
        let of = |engine: &Engine| {
            engine.gradient(Pair { pred: case.pred(), truth: case.truth() }, options, &expected, &partials)
        };
        let (found, expected) = (of(&self.browser.engine).unwrap(), of(&self.cpu).unwrap());
        let first = found.iter().zip(&expected).position(|(a, b)| a.to_bits() != b.to_bits());
        assert_eq!(first, None, "{options:?}");
    }

    /// The same sums of volumes in buffers, folded on the device.
    fn check_recorded(&self, case: &Case<'_>, expected: &Table<Sums>) {
        let Application { device, queue, engine, .. } = &self.browser;
        let (shape, truth) = (case.shape, case.truth.array());
        let (p_buffer, t_buffer) = (self.browser.buffer(bytes(case.pred), 8), self.browser.buffer(bytes(truth), 4));
        let pred = Volume::buffer(shape.clone(), dtype(case.pred), &p_buffer, 8).unwrap();
        let truth: Truth<'_> = match case.truth {
            Operand::Real(_) => Volume::buffer(shape.clone(), dtype(truth), &t_buffer, 4).unwrap().into(),
            Operand::Labels(_) => LabelMap::buffer(map_shape(shape), dtype(truth), &t_buffer, 4).unwrap().into(),
        };
        let mut encoder = device.create_command_encoder(&Default::default());
        let sums = engine.record_sums(&mut encoder, Pair { pred, truth }, &case.options).unwrap();
        queue.submit([encoder.finish()]);
        assert_eq!(&engine.read_sums(&sums).unwrap(), expected, "{case:?}");
    }

    /// One kernel for few classes, one for others: with a table and with a search, for classes and for regions, two
    /// passes, an ignored label, tasks that share a workgroup.
    fn check_counts(&self) {
        const FAR: u32 = 5_000_000;
        let regions = |far: u32| Classes::regions([vec![1, 2, 3], vec![2, 3], vec![9, far]]).unwrap();
        let (large, tiny) = (Shape::new(2, 1, [67_003]).unwrap(), Shape::new(70, 1, [15]).unwrap());
        let cases = [
            (&large, LabelType::U8, LabelType::U16, Classes::new(1..=3).unwrap()),
            (&large, LabelType::U8, LabelType::U8, Classes::new(1..=5).unwrap()),
            (&large, LabelType::U8, LabelType::U8, Classes::new([2, 9, 200]).unwrap()),
            (&tiny, LabelType::U32, LabelType::U8, Classes::new(0..=4).unwrap()),
            (&large, LabelType::U16, LabelType::U32, Classes::new(1..=1100).unwrap()),
            (&tiny, LabelType::U8, LabelType::U8, Classes::new(5..=24).unwrap().ignoring(4).unwrap()),
            (&large, LabelType::U32, LabelType::U32, Classes::new((1..=20).chain([FAR])).unwrap()),
            (&large, LabelType::U8, LabelType::U8, regions(10).ignoring(4).unwrap()),
            (&tiny, LabelType::U32, LabelType::U32, regions(FAR)),
        ];
        for (shape, pred, truth, classes) in cases {
            let n = shape.elements() as usize;
            let mut present: Vec<u32> = (0..=classes.len() as u32 + 9).collect();
            present.push(if pred == LabelType::U32 { FAR } else { 0 });
            let (p, t) = (labels(pred, &present, 4, n, 6), labels(truth, &present, 4, n, 7));
            let of = |engine: &Engine| {
                engine.counts(Pair { pred: label_map(shape, &p), truth: label_map(shape, &t) }, &classes).unwrap()
            };
            assert_eq!(of(&self.browser.engine), of(&self.cpu), "{shape}, {classes:?}");
        }
    }

    /// The first call puts the kernels through known answers, with corners and far surfaces; here are two axes, other
    /// elements, and labels that are searched for.
    fn check_surfaces(&self) {
        const FAR: u32 = 5_000_000;
        let classes = Classes::new([1, FAR]).unwrap();
        for (spatial, elements) in [(vec![9, 70], Elements::Edge), (vec![3, 9, 40], Elements::Full)] {
            let shape = Shape::new(2, 1, spatial).unwrap();
            let n = shape.elements() as usize;
            let [p, t] = [6, 7].map(|seed| labels(LabelType::U32, &[0, 1, FAR], 4, n, seed));
            let options = SurfaceOptions { elements, ..SurfaceOptions::default() };
            let of = |engine: &Engine| {
                engine
                    .surfaces(Pair { pred: label_map(&shape, &p), truth: label_map(&shape, &t) }, &classes, &options)
                    .unwrap()
            };
            assert_eq!(of(&self.browser.engine), of(&self.cpu), "{elements:?}");
        }
    }

    /// Joined by dilations, and by labels; the known answers of the first call are of connectivity.
    fn check_lesions(&self) {
        let shape = Shape::new(1, 1, [3, 9, 40]).unwrap();
        let [p, t] = [8, 9].map(|seed| labels(LabelType::U8, &[0, 1, 0, 2], 4, 3 * 9 * 40, seed));
        let classes = Classes::regions([vec![1], vec![1, 2]]).unwrap();
        let joined = InstanceOptions { join: Join { truth: 1, pred: 0 }, near: 1, ..InstanceOptions::default() };
        let by_labels = InstanceOptions { by: InstancesBy::Labels, ..InstanceOptions::default() };
        for options in [joined, by_labels] {
            let of = |engine: &Engine| {
                let (pred, truth) = (label_map(&shape, &p), label_map(&shape, &t));
                engine.instances(Pair { pred, truth }, &classes, &options).unwrap()
            };
            assert_eq!(of(&self.browser.engine), of(&self.cpu), "{options:?}");
        }
    }

    /// Voxels in buffers: bound where they are, copied from between words, labels looked at on the GPU.
    fn check_resident_volumes(&self) {
        let Self { browser, cpu } = self;
        let options = SumsOptions { activation: Activation::Argmax, ..SumsOptions::default() };
        for (offset, good, voxels) in [(0, true, 5003), (3, true, 5003), (2, false, 5003), (1, false, 7)] {
            let shape = Shape::new(2, 3, [voxels]).unwrap().with_layout(Layout::ChannelsLast);
            let map_shape = map_shape(&shape);
            let n = shape.elements() as usize;
            let p = reals(Real::F32, Pattern::Wide, n, 8);
            let t = labels(LabelType::U8, if good { &[0, 1, 2] } else { &[0, 1, 2, 3] }, 3, n / 3, 9);
            let (p_buffer, t_buffer) = (browser.buffer(bytes(&p), offset), browser.buffer(bytes(&t), offset));
            let pred = Volume::buffer(shape.clone(), Dtype::F32, &p_buffer, offset as u64).unwrap();
            let truth = LabelMap::buffer(map_shape.clone(), Dtype::U8, &t_buffer, offset as u64).unwrap();
            let found = browser.engine.sums_with(Pair { pred, truth }, &options);
            let expected = cpu.sums_with(Pair { pred: volume(&shape, &p), truth: label_map(&map_shape, &t) }, &options);
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "offset {offset}"),
                (found, expected) => {
                    let [found, expected] = [found, expected].map(|error| error.unwrap_err().to_string());
                    assert_eq!(found, expected);
                }
            }
        }
    }

    /// Counts that stay on the device, and a gradient that is written there.
    fn check_results_on_the_device(&self) {
        let Self { browser, cpu } = self;
        let shape = Shape::new(2, 1, [67_003]).unwrap();
        let n = shape.elements() as usize;
        let present: Vec<u32> = (0..24).collect();
        let [a, b] = [13, 14].map(|seed| labels(LabelType::U8, &present, 4, n, seed));
        let [a_buffer, b_buffer] = [&a, &b].map(|map| browser.buffer(bytes(map), 0));
        let map = |buffer| LabelMap::buffer(shape.clone(), Dtype::U8, buffer, 0).unwrap();
        for classes in [Classes::new(1..=20).unwrap(), Classes::new(1..=4).unwrap()] {
            let mut encoder = browser.device.create_command_encoder(&Default::default());
            let counts = browser
                .engine
                .record_counts(&mut encoder, Pair { pred: map(&a_buffer), truth: map(&b_buffer) }, &classes)
                .unwrap();
            browser.queue.submit([encoder.finish()]);
            let expected =
                cpu.counts(Pair { pred: label_map(&shape, &a), truth: label_map(&shape, &b) }, &classes).unwrap();
            assert_eq!(browser.engine.read_counts(&counts).unwrap(), expected);
        }

        let (p, t) = (reals(Real::F32, Pattern::Signed, n, 10), reals(Real::F32, Pattern::Unit, n, 11));
        let options = SumsOptions::default();
        let sums = cpu.sums_with(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }, &options).unwrap();
        let partials = sums.map(|_| Partials { pred: 0.4, product: -1.3, pred_power: 0.2, ..Partials::default() });
        let expected = cpu
            .gradient(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }, &options, &sums, &partials)
            .unwrap();
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        let out = browser.empty(4 * n as u64, usage);
        let (pred, truth) = (volume(&shape, &p), volume(&shape, &t));
        browser.engine.gradient_into_buffer(Pair { pred, truth }, &options, &sums, &partials, &out, 0).unwrap();
        assert!(browser.read(&out) == bytemuck::cast_slice::<f32, u8>(&expected), "gradient in a buffer");
    }
}

/// The truth beside a prediction.
#[derive(Debug, Clone, Copy)]
enum Operand<'a> {
    Real(&'a Array),
    Labels(&'a Array),
}

impl<'a> Operand<'a> {
    fn array(self) -> &'a Array {
        let (Self::Real(array) | Self::Labels(array)) = self;
        array
    }
}

/// One call of `sums_with`.
struct Case<'a> {
    shape: &'a Shape,
    pred: &'a Array,
    truth: Operand<'a>,
    options: SumsOptions,
}

/// Without the voxels.
impl fmt::Debug for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (pred, truth) = (dtype(self.pred), dtype(self.truth.array()));
        write!(f, "{pred:?} x {truth:?} of {}, {:?}", self.shape, self.options)
    }
}

impl<'a> Case<'a> {
    fn pred(&self) -> Volume<'a> {
        volume(self.shape, self.pred)
    }

    fn truth(&self) -> Truth<'a> {
        match self.truth {
            Operand::Real(array) => volume(self.shape, array).into(),
            Operand::Labels(array) => label_map(&map_shape(self.shape), array).into(),
        }
    }

    fn sums(&self, engine: &Engine) -> Table<Sums> {
        engine.sums_with(Pair { pred: self.pred(), truth: self.truth() }, &self.options).unwrap()
    }
}

/// The shape of a label map beside volumes of a shape.
fn map_shape(shape: &Shape) -> Shape {
    let spatial: Vec<usize> = shape.spatial().iter().map(|&n| n as usize).collect();
    Shape::new(shape.samples() as usize, 1, spatial).unwrap()
}

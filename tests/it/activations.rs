//! Activations, label-map truths, powers and pointwise losses on every implementation. What is made of comparisons
//! alone is compared with the expected sums, what is transcendental is within the documented bounds of a voxel, times the voxels;
//! and all implementations are compared with each other by `==`.

use crate::engines::ALL;
use crate::equality::{label_map, volume};
use crate::oracle::Array;
use crate::random::{LabelType, Pattern, Real, labels, reals};
use voxdice::metric::{Entropy, Focal, LabelSmoothing, Measure, Part, Pointwise};
use voxdice::stats::{Sums, Terms};
use voxdice::{Activation, Error, LabelMap, Layout, Pair, Shape, SumsOptions, Table, Truth, Volume};

/// Documented bounds on the error of one voxel: of an activated value or a power that is rounded to f32, and of a pointwise
/// loss relative to the larger of 1 and the loss, for a gamma of up to 2. A unit of their sum is 2^-30.
const VALUE_BOUND: f64 = 1.0 / (1 << 24) as f64;
const POINTWISE_BOUND: f64 = 3.0 / (1 << 25) as f64 + 1.0 / (1 << 30) as f64;

/// Every choice of the cross-entropy that has arithmetic of its own.
pub fn entropies() -> [Entropy; 9] {
    let of = |factor| Entropy { factor, on: 3.0, alpha: Some(0.25), ..Entropy::default() };
    let apart = of(Focal::Apart(1.5));
    [
        Entropy { labels: LabelSmoothing::classes(0.1, 3), clip: 1e-7, ..Entropy::default() },
        apart,
        of(Focal::Margin(2.0)),
        of(Focal::Confidence(0.5)),
        Entropy { clip: 0.01, ..of(Focal::Reduced { gamma: 2.0, threshold: 0.5 }) },
        of(Focal::Miss(2.0)),
        Entropy { part: Part::Ones, ..apart },
        Entropy { part: Part::Others, ..apart },
        Entropy { measure: Measure::Factor, ..of(Focal::Miss(1.0)) },
    ]
}

/// What the sums of a cell should be, in plain f64: Σp, Σt, Σpt, then the terms, then the pointwise loss.
struct Expected {
    sums: Vec<f64>,
    pointwise: f64,
}

pub struct Case<'a> {
    pub shape: Shape,
    pub pred: &'a Array,
    pub truth: &'a Array,
    pub labels: bool,
    pub options: SumsOptions,
}

impl Case<'_> {
    fn run(&self, engine: &voxdice::Engine) -> Result<Table<Sums>, Error> {
        engine.sums_with(Pair { pred: volume(&self.shape, self.pred), truth: self.truth() }, &self.options)
    }

    fn truth(&self) -> Truth<'_> {
        if self.labels {
            let spatial: Vec<usize> = self.shape.spatial().iter().map(|&n| n as usize).collect();
            let shape = Shape::new(self.shape.samples() as usize, 1, spatial).unwrap();
            return label_map(&shape, self.truth).into();
        }
        volume(&self.shape, self.truth).into()
    }

    /// Logits of a voxel, and its truths.
    fn voxel(&self, sample: usize, v: usize) -> (Vec<f64>, Vec<f64>) {
        let (channels, voxels) = (self.shape.channels() as usize, self.shape.voxels_per_cell() as usize);
        let at = |c: usize| match self.shape.layout() {
            Layout::ChannelsFirst => (sample * channels + c) * voxels + v,
            Layout::ChannelsLast => (sample * voxels + v) * channels + c,
        };
        let logits = (0..channels).map(|c| self.pred.value(at(c))).collect();
        let truths = (0..channels).map(|c| {
            if self.labels {
                let label = self.truth.value(sample * voxels + v) as usize;
                return f64::from(u8::from(label == if channels == 1 { 1 } else { c }));
            }
            self.truth.value(at(c))
        });
        (logits, truths.collect())
    }

    fn expected(&self) -> Vec<Expected> {
        let (samples, channels) = (self.shape.samples() as usize, self.shape.channels() as usize);
        let mut cells = Vec::new();
        for sample in 0..samples {
            let mut own: Vec<Expected> =
                (0..channels).map(|_| Expected { sums: vec![0.0; 6], pointwise: 0.0 }).collect();
            for v in 0..self.shape.voxels_per_cell() as usize {
                let (logits, truths) = self.voxel(sample, v);
                for c in 0..channels {
                    let (p, t) = (activated(self.options.activation, &logits, c), truths[c]);
                    let power = match self.options.terms {
                        Terms::Power(gamma) => gamma.into(),
                        _ => 2.0,
                    };
                    let terms = [p, t, p * t, p.abs().powf(power), t.abs().powf(power), (p - t).abs()];
                    own[c].sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
                    own[c].pointwise += pointwise(self.options, &logits, c, p, t);
                }
            }
            cells.extend(own);
        }
        cells
    }

    fn check(&self, what: &str) {
        let expected = self.expected();
        let n = self.shape.voxels_per_cell() as f64;
        let mut first: Option<Table<Sums>> = None;
        for implementation in ALL.iter() {
            let found = self.run(&implementation.engine).unwrap_or_else(|e| panic!("{what}: {e}"));
            let first = first.get_or_insert_with(|| found.clone());
            assert_eq!(*first, found, "{what} on {}", implementation.name);
            for (cell, (expected, found)) in expected.iter().zip(found.values()).enumerate() {
                let close = |found: f64, expected: f64, bound: f64, term: &str| {
                    let place = format!("{what}, {term} of cell {cell} on {}", implementation.name);
                    assert!((found - expected).abs() <= bound, "{place}: {found} instead of {expected}");
                };
                let sums: Vec<f64> = found.exact().iter().map(|sum| sum.to_f64()).collect();
                for (i, (&found, &expected)) in sums.iter().zip(&expected.sums).enumerate() {
                    close(found, expected, 2.0 * n * VALUE_BOUND, &format!("term {i}"));
                }
                if let Some(found) = found.pointwise_sum() {
                    close(found, expected.pointwise, (n + expected.pointwise) * POINTWISE_BOUND, "pointwise");
                }
            }
        }
    }

    /// Of comparisons alone, whose sums are the expected ones.
    pub fn check_comparison(&self) {
        let expected = self.expected();
        for implementation in ALL.iter() {
            let found = self.run(&implementation.engine).unwrap();
            for (expected, found) in expected.iter().zip(found.values()) {
                let sums: Vec<f64> = found.exact().iter().map(|sum| sum.to_f64()).collect();
                let place =
                    format!("{:?} {:?} on {}", self.options.activation, self.shape.layout(), implementation.name);
                assert_eq!(sums, expected.sums[..5], "{place}");
            }
        }
    }
}

/// An activation with what a threshold is beside voxels of this type: of floats the next one of all that there are.
pub fn beside(pred: &Array, activation: Activation) -> Activation {
    let Activation::Threshold(threshold) = activation else { return activation };
    let every = (0..=u16::MAX).collect();
    let bits = match pred {
        Array::F16(_) => Array::F16(every),
        Array::Bf16(_) => Array::Bf16(every),
        Array::F32(_) => return Activation::Threshold((threshold as f32).into()),
        Array::F64(_) | Array::U8(_) | Array::U16(_) | Array::U32(_) => return activation,
    };
    let values = (0..=0xffff).map(|bits_of| bits.value(bits_of)).filter(|value| value.is_finite());
    let next = values.min_by(|a, b| (a - threshold).abs().total_cmp(&(b - threshold).abs()));
    Activation::Threshold(next.unwrap())
}

pub fn activated(activation: Activation, logits: &[f64], c: usize) -> f64 {
    match activation {
        Activation::None => logits[c],
        Activation::Sigmoid => 1.0 / (1.0 + (-logits[c]).exp()),
        Activation::Softmax => {
            let largest = logits.iter().fold(f64::MIN, |a, &b| a.max(b));
            (logits[c] - largest).exp() / logits.iter().map(|x| (x - largest).exp()).sum::<f64>()
        }
        Activation::Normalise => logits[c] / logits.iter().sum::<f64>(),
        Activation::Threshold(threshold) => f64::from(u8::from(logits[c] >= threshold)),
        Activation::Argmax => {
            let largest = logits.iter().fold(f64::MIN, |a, &b| a.max(b));
            f64::from(u8::from(logits.iter().position(|&x| x == largest) == Some(c)))
        }
    }
}

pub fn pointwise(options: SumsOptions, logits: &[f64], c: usize, p: f64, t: f64) -> f64 {
    let x = logits[c];
    // Parameters count as f32.
    let single = |x: f64| f64::from(x as f32);
    let ln = |x: f64| x.ln().max(-100.0);
    let (ln_p, ln_q) = match options.activation {
        Activation::Sigmoid => (-(-x).exp().ln_1p(), -x.exp().ln_1p()),
        Activation::Softmax => {
            let sum_of = |keep: &dyn Fn(usize) -> bool| -> f64 {
                logits.iter().enumerate().filter(|&(k, _)| keep(k)).map(|(_, x)| x.exp()).sum()
            };
            let all = sum_of(&|_| true).ln();
            (x - all, sum_of(&|k| k != c).ln() - all)
        }
        _ => (ln(p), ln(1.0 - p)),
    };
    match options.pointwise {
        None => 0.0,
        Some(Pointwise::CrossEntropy) => -t * ln_p,
        Some(Pointwise::BinaryCrossEntropy) => -t * ln_p - (1.0 - t) * ln_q,
        Some(Pointwise::Balanced { beta }) => -single(beta) * t * ln_p - (1.0 - single(beta)) * (1.0 - t) * ln_q,
        Some(Pointwise::Focal { gamma, alpha }) => {
            let (on, off) = alpha.map_or((1.0, 1.0), |a| (single(a), 1.0 - single(a)));
            -on * t * (1.0 - p).powf(gamma) * ln_p - off * (1.0 - t) * p.powf(gamma) * ln_q
        }
        Some(Pointwise::CategoricalFocal { gamma }) => -t * (1.0 - p).powf(gamma) * ln_p,
        Some(entropy @ Pointwise::Entropy(_)) => entropy.value(p, t),
    }
}

pub const LAYOUTS: [Layout; 2] = [Layout::ChannelsFirst, Layout::ChannelsLast];

#[test]
fn a_label_map_equals_its_one_hot_volume() {
    for (layout, channels) in [(Layout::ChannelsFirst, 4), (Layout::ChannelsLast, 4), (Layout::ChannelsFirst, 1)] {
        let shape = Shape::new(2, channels, [30_011]).unwrap().with_layout(layout);
        let n = shape.elements() as usize;
        let pred = reals(Real::F32, Pattern::Wide, n, 3);
        let present: Vec<u32> = (0..channels.max(2) as u32).collect();
        for kind in [LabelType::U8, LabelType::U16, LabelType::U32] {
            let map = labels(kind, &present, 2, n / channels, 4);
            let options = SumsOptions { terms: Terms::All, ..SumsOptions::default() };
            let by_label = Case { shape: shape.clone(), pred: &pred, truth: &map, labels: true, options };
            let mut one_hot = vec![0u8; n];
            for (i, out) in one_hot.iter_mut().enumerate() {
                let (sample, rest) = (i / (n / 2), i % (n / 2));
                let (c, v) = match layout {
                    Layout::ChannelsFirst => (rest / 30_011, rest % 30_011),
                    Layout::ChannelsLast => (rest % channels, rest / channels),
                };
                let label = map.value(sample * 30_011 + v) as usize;
                *out = u8::from(label == if channels == 1 { 1 } else { c });
            }
            let one_hot = Array::U8(one_hot);
            let by_volume = Case { truth: &one_hot, labels: false, shape: shape.clone(), pred: &pred, options };
            for implementation in ALL.iter() {
                let (a, b) = (by_label.run(&implementation.engine), by_volume.run(&implementation.engine));
                assert_eq!(a.unwrap(), b.unwrap(), "{kind:?} {layout:?} on {}", implementation.name);
            }
        }
    }
}

#[test]
fn sigmoid_and_softmax_are_within_the_bound() {
    for (activation, channels) in [(Activation::Sigmoid, 2), (Activation::Softmax, 5)] {
        for layout in LAYOUTS {
            let shape = Shape::new(2, channels, [7_013]).unwrap().with_layout(layout);
            let n = shape.elements() as usize;
            let pred = reals(Real::F32, Pattern::Wide, n, 5);
            let truth = reals(Real::U8, Pattern::Unit, n, 6);
            for pointwise in [None, Some(Pointwise::BinaryCrossEntropy)] {
                let options = SumsOptions { activation, pointwise, terms: Terms::All };
                let case = Case { shape: shape.clone(), pred: &pred, truth: &truth, labels: false, options };
                case.check(&format!("{activation:?} {layout:?} {pointwise:?}"));
            }
        }
    }
}

#[test]
fn pointwise_losses_are_within_the_bound() {
    let focal = |alpha| Pointwise::Focal { gamma: 2.0, alpha };
    let losses = [
        Pointwise::CrossEntropy,
        Pointwise::Balanced { beta: 0.7 },
        focal(None),
        focal(Some(0.25)),
        Pointwise::CategoricalFocal { gamma: 1.5 },
    ];
    for activation in [Activation::None, Activation::Sigmoid, Activation::Softmax] {
        let shape = Shape::new(1, 3, [9_001]).unwrap();
        let n = shape.elements() as usize;
        let pattern = if activation == Activation::None { Pattern::Unit } else { Pattern::Wide };
        let pred = reals(Real::F32, pattern, n, 7);
        let truth = labels(LabelType::U8, &[0, 1, 2], 2, n / 3, 8);
        for pointwise in losses {
            let options = SumsOptions { activation, pointwise: Some(pointwise), terms: Terms::Plain };
            let case = Case { shape: shape.clone(), pred: &pred, truth: &truth, labels: true, options };
            case.check(&format!("{activation:?} {pointwise:?}"));
        }
    }
}

/// `objective.rs` has their values.
#[test]
fn every_choice_of_the_cross_entropy_has_the_same_bits_everywhere() {
    for activation in [Activation::None, Activation::Sigmoid, Activation::Softmax, Activation::Normalise] {
        let shape = Shape::new(1, 3, [3_001]).unwrap();
        let n = shape.elements() as usize;
        let is_logit = matches!(activation, Activation::Sigmoid | Activation::Softmax);
        let pred = reals(Real::F32, if is_logit { Pattern::Wide } else { Pattern::Unit }, n, 17);
        let truth = reals(Real::F32, Pattern::Unit, n, 18);
        for entropy in entropies() {
            let options = SumsOptions { activation, pointwise: Some(Pointwise::Entropy(entropy)), terms: Terms::Plain };
            let case = Case { shape: shape.clone(), pred: &pred, truth: &truth, labels: false, options };
            let expected = case.run(&ALL[0].engine).unwrap();
            for implementation in ALL.iter() {
                let found = case.run(&implementation.engine).unwrap();
                assert_eq!(found, expected, "{activation:?} {entropy:?} on {}", implementation.name);
            }
        }
    }
}

#[test]
fn powers_are_within_the_bound() {
    for gamma in [0.5, 1.0, 1.5, 2.0, 3.0] {
        let shape = Shape::new(1, 2, [20_021]).unwrap();
        let n = shape.elements() as usize;
        let (pred, truth) = (reals(Real::F32, Pattern::Unit, n, 9), reals(Real::F32, Pattern::Unit, n, 10));
        let options = SumsOptions { terms: Terms::Power(gamma), ..SumsOptions::default() };
        Case { shape, pred: &pred, truth: &truth, labels: false, options }.check(&format!("power {gamma}"));
    }
}

/// The documented bound of a single voxel: each voxel is a cell of its own, logits from -100 to 100.
#[test]
fn every_activated_voxel_is_within_the_bound_on_its_own() {
    let logits: Vec<f32> = (0..4000).map(|i| (i as f32 - 2000.0) / 20.0).collect();
    for activation in [Activation::Sigmoid, Activation::Softmax] {
        let shape = Shape::new(2000, 2, []).unwrap();
        let pred = Array::F32(logits.clone());
        let truth = Array::U8(vec![1; 4000]);
        let options = SumsOptions { activation, terms: Terms::Plain, ..SumsOptions::default() };
        let case = Case { shape, pred: &pred, truth: &truth, labels: false, options };
        let expected = case.expected();
        for implementation in ALL.iter() {
            let found = case.run(&implementation.engine).unwrap();
            for (found, expected) in found.values().iter().zip(&expected) {
                let error = (found.pred() - expected.sums[0]).abs();
                assert!(error <= VALUE_BOUND, "{activation:?} on {}: off by {error}", implementation.name);
            }
        }
    }
}

#[test]
fn a_logit_that_is_not_finite_is_a_fact_whatever_the_activation() {
    let shape = Shape::new(1, 2, [70_000]).unwrap();
    let mut logits = vec![0.5f32; 140_000];
    logits[66_001] = f32::INFINITY;
    let truth = Array::U8(vec![1; 140_000]);
    let pred = Array::F32(logits);
    for (activation, cells) in
        [(Activation::Sigmoid, [1, 0]), (Activation::Threshold(0.0), [1, 0]), (Activation::Softmax, [1, 1])]
    {
        let options = SumsOptions { activation, pointwise: Some(Pointwise::CrossEntropy), ..SumsOptions::default() };
        let case = Case { shape: shape.clone(), pred: &pred, truth: &truth, labels: false, options };
        for implementation in ALL.iter() {
            let found = case.run(&implementation.engine);
            let found = found.unwrap_or_else(|e| panic!("{activation:?} on {}: {e}", implementation.name));
            let found = found.map(|sums| sums.non_finite().pred);
            assert_eq!(found.values(), cells, "{activation:?} on {}", implementation.name);
        }
    }
}

#[test]
fn what_cannot_be_summed_is_a_typed_error() {
    let shape = Shape::new(1, 3, [10]).unwrap();
    let logits = [0.5f32; 30];
    let pred = || Volume::f32(shape.clone(), &logits).unwrap();
    for implementation in ALL.iter() {
        let engine = &implementation.engine;
        let map = [0u8, 1, 2, 0, 1, 7, 0, 0, 9, 0];
        let truth = || LabelMap::u8(Shape::new(1, 1, [10]).unwrap(), &map).unwrap();
        let error = engine.sums(Pair { pred: pred(), truth: truth() }).unwrap_err();
        assert!(matches!(error, Error::LabelOutOfRange { count: 2, label: 7, channels: 3, .. }), "{error}");
        assert!(error.to_string().contains("labels must be 0 to 2"), "{error}");
        let other = LabelMap::u8(Shape::new(1, 1, [5, 2]).unwrap(), &map).unwrap();
        assert!(matches!(engine.sums(Pair { pred: pred(), truth: other }), Err(Error::ShapeMismatch { .. })));

        let many = [0.5f32; 65_536];
        let wide = Volume::f32(Shape::new(1, 65_536, [1]).unwrap(), &many).unwrap();
        let softmax = SumsOptions { activation: Activation::Softmax, ..SumsOptions::default() };
        let truth_of_one = LabelMap::u8(Shape::new(1, 1, [1]).unwrap(), &[0]).unwrap();
        let error = engine.sums_with(Pair { pred: wide, truth: truth_of_one }, &softmax).unwrap_err();
        assert!(error.to_string().contains("up to 65535 for a softmax"), "{error}");

        let wrong = [
            SumsOptions { terms: Terms::Power(0.0), ..SumsOptions::default() },
            SumsOptions { terms: Terms::Power(f32::NAN), ..SumsOptions::default() },
            SumsOptions { activation: Activation::Threshold(f64::INFINITY), ..SumsOptions::default() },
            SumsOptions { pointwise: Some(Pointwise::Focal { gamma: -1.0, alpha: None }), ..SumsOptions::default() },
            SumsOptions {
                pointwise: Some(Pointwise::Focal { gamma: 2.0, alpha: Some(1.5) }),
                ..SumsOptions::default()
            },
        ];
        for options in wrong {
            let error = engine.sums_with(Pair { pred: pred(), truth: pred() }, &options).unwrap_err();
            assert!(matches!(error, Error::Parameter { .. }), "{options:?}: {error}");
        }

        let huge = [3e5f32; 30];
        let huge = Volume::f32(shape.clone(), &huge).unwrap();
        let options = SumsOptions {
            activation: Activation::Sigmoid,
            pointwise: Some(Pointwise::BinaryCrossEntropy),
            ..SumsOptions::default()
        };
        let zeros = [0u8; 30];
        let truth = Volume::u8(shape.clone(), &zeros).unwrap();
        let error = engine.sums_with(Pair { pred: huge.clone(), truth }, &options).unwrap_err();
        assert!(matches!(error, Error::PointwiseTooLarge { .. }), "{}: {error}", implementation.name);
        let cubes = SumsOptions { terms: Terms::Power(3.0), ..SumsOptions::default() };
        let error = engine.sums_with(Pair { pred: huge.clone(), truth: huge }, &cubes).unwrap_err();
        assert!(matches!(error, Error::Parameter { name: "Terms::Power", .. }), "{error}");
    }
}

//! Gradients on every implementation: bit for bit the same, and near central differences.

use crate::engines::ALL;
use crate::equality::{label_map, volume};
use crate::oracle::Array;
use crate::random::{LabelType, Pattern, Random, Real, labels, reals};
use voxdice::metric::{Loss, LossOptions, Partials, Pointwise, Preset};
use voxdice::stats::Terms;
use voxdice::{Activation, Engine, Error, Layout, Pair, Shape, SumsOptions, Table, Truth, Volume};

#[path = "gradients/confident.rs"] // also where this file is taken by its path, as tests/gl does
mod confident;

struct Case {
    shape: Shape,
    pred: Array,
    truth: Array,
    labels: bool,
    options: SumsOptions,
}

impl Case {
    fn truth(&self) -> Truth<'_> {
        if self.labels {
            let spatial: Vec<usize> = self.shape.spatial().iter().map(|&n| n as usize).collect();
            let shape = Shape::new(self.shape.samples() as usize, 1, spatial).unwrap();
            return label_map(&shape, &self.truth).into();
        }
        volume(&self.shape, &self.truth).into()
    }

    fn gradient(&self, engine: &Engine, partials: &Table<Partials>) -> Vec<f32> {
        let pred = || volume(&self.shape, &self.pred);
        let sums = engine.sums_with(Pair { pred: pred(), truth: self.truth() }, &self.options).unwrap();
        engine.gradient(Pair { pred: pred(), truth: self.truth() }, &self.options, &sums, partials).unwrap()
    }

    /// Partial derivatives that differ from cell to cell; the power and |p − t| only where the terms have them.
    fn partials(&self) -> Table<Partials> {
        let mut random = Random::new(77);
        let mut value = || f64::from(random.unit()) * 4.0 - 2.0;
        let sums = ALL[0]
            .engine
            .sums_with(Pair { pred: volume(&self.shape, &self.pred), truth: self.truth() }, &self.options)
            .unwrap();
        let terms = self.options.terms;
        let on = |wanted: bool, value: f64| if wanted { value } else { 0.0 };
        sums.map(|_| Partials {
            pred: value(),
            product: value(),
            pred_power: on(terms != Terms::Plain, value()),
            abs_difference: on(terms == Terms::All, value()),
            pointwise: on(self.options.pointwise.is_some(), value()),
        })
    }

    /// The mean of the pointwise loss alone.
    fn of_pointwise(&self) -> Table<Partials> {
        self.partials().map(|_| Partials { pointwise: 1.0, ..Partials::default() })
    }

    /// Cell and voxel of each element in memory, and the truths of that voxel.
    fn place(&self, i: usize) -> (usize, usize, usize) {
        let (channels, voxels) = (self.shape.channels() as usize, self.shape.voxels_per_cell() as usize);
        let (sample, rest) = (i / (channels * voxels), i % (channels * voxels));
        match self.shape.layout() {
            Layout::ChannelsFirst => (sample, rest / voxels, rest % voxels),
            Layout::ChannelsLast => (sample, rest % channels, rest / channels),
        }
    }

    fn at(&self, sample: usize, channel: usize, voxel: usize) -> usize {
        let (channels, voxels) = (self.shape.channels() as usize, self.shape.voxels_per_cell() as usize);
        match self.shape.layout() {
            Layout::ChannelsFirst => (sample * channels + channel) * voxels + voxel,
            Layout::ChannelsLast => (sample * voxels + voxel) * channels + channel,
        }
    }

    fn truth_at(&self, sample: usize, channel: usize, voxel: usize) -> f64 {
        if self.labels {
            let label = self.truth.value(sample * self.shape.voxels_per_cell() as usize + voxel) as usize;
            let own = if self.shape.channels() == 1 { 1 } else { channel };
            return f64::from(u8::from(label == own));
        }
        self.truth.value(self.at(sample, channel, voxel))
    }

    /// What a voxel adds to the sums, weighed with the partial derivatives: its derivative is the gradient.
    fn objective(&self, sample: usize, logits: &[f64], truths: &[f64], partials: &Table<Partials>) -> f64 {
        let p = activated(self.options.activation, logits);
        let mut total = 0.0;
        for (c, (&p, &t)) in p.iter().zip(truths).enumerate() {
            let d = partials.get(sample, c).unwrap();
            let power = match self.options.terms {
                Terms::Plain => 0.0,
                Terms::Squared | Terms::All => p * p,
                Terms::Power(gamma) => p.abs().powf(gamma.into()),
            };
            let pointwise = self.options.pointwise.map_or(0.0, |kind| kind.value(p, t));
            total += d.pred * p + d.product * p * t + d.pred_power * power + d.abs_difference * (p - t).abs();
            total += d.pointwise * pointwise;
        }
        total
    }

    /// Every `step`-th element against central differences, and the bits of all implementations.
    fn check(&self, what: &str, step: usize) {
        let partials = self.partials();
        let channels = self.shape.channels() as usize;
        let gradient = check_bits(self);
        for i in (0..self.shape.elements() as usize).step_by(step) {
            let (sample, channel, voxel) = self.place(i);
            let logits: Vec<f64> = (0..channels).map(|c| self.pred.value(self.at(sample, c, voxel))).collect();
            let truths: Vec<f64> = (0..channels).map(|c| self.truth_at(sample, c, voxel)).collect();
            if self.options.terms == Terms::All && (logits[channel] - truths[channel]).abs() < 1e-3 {
                continue; // |p - t| has no derivative there
            }
            let h = 1e-4;
            let moved = |by: f64| {
                let mut logits = logits.clone();
                logits[channel] += by;
                self.objective(sample, &logits, &truths, &partials)
            };
            let expected = (moved(h) - moved(-h)) / (2.0 * h);
            let error = (f64::from(gradient[i]) - expected).abs();
            let bound = 1e-4 * (1.0 + expected.abs());
            assert!(error <= bound, "{what}, element {i}: {} instead of {expected}", gradient[i]);
        }
    }
}

fn activated(activation: Activation, logits: &[f64]) -> Vec<f64> {
    let sum: f64 = logits.iter().map(|x| x.exp()).sum();
    let one = |x: &f64| match activation {
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Activation::Softmax => x.exp() / sum,
        _ => *x,
    };
    logits.iter().map(one).collect()
}

const LAYOUTS: [Layout; 2] = [Layout::ChannelsFirst, Layout::ChannelsLast];

#[test]
fn exact_gradients_have_the_same_bits_everywhere_and_are_right() {
    let truths = [(Real::F32, Pattern::Unit), (Real::U8, Pattern::Unit), (Real::F32, Pattern::Wide)];
    for layout in LAYOUTS {
        for (real, pattern) in truths {
            for terms in Terms::EXACT {
                let shape = Shape::new(2, 3, [101, 233]).unwrap().with_layout(layout);
                let n = shape.elements() as usize;
                let p_pattern = if pattern == Pattern::Wide { Pattern::Wide } else { Pattern::Signed };
                let (pred, truth) = (reals(Real::F32, p_pattern, n, 1), reals(real, pattern, n, 2));
                let case = Case { shape, pred, truth, labels: false, options: terms.into() };
                case.check("exact", 997);
            }
        }
    }
}

/// The gradient, of which every implementation gives the same bits.
fn check_bits(case: &Case) -> Vec<f32> {
    let partials = case.partials();
    let expected = case.gradient(&ALL[0].engine, &partials);
    for implementation in ALL.iter() {
        let found = case.gradient(&implementation.engine, &partials);
        let first = (0..found.len()).find(|&i| found[i].to_bits() != expected[i].to_bits());
        assert_eq!(first, None, "{} {:?} on {}", case.shape, case.options, implementation.name);
    }
    expected
}

/// Bytes have a way of their own where there are many voxels.
#[test]
fn exact_gradients_of_many_bytes_are_those_of_wider_types() {
    let n = 100_003;
    for (samples, channels, is_map, most) in [(1, 1, false, 2), (2, 3, false, 256), (2, 3, true, 3), (1, 1, true, 2)] {
        let of = |kind: LabelType, seed| {
            let all: Vec<u32> = (0..most).collect();
            labels(kind, &all, 3, samples * n * if is_map { 1 } else { channels }, seed)
        };
        let Array::U8(bytes) = of(LabelType::U8, 3) else { unreachable!() };
        let wide = if is_map { of(LabelType::U16, 3) } else { Array::F32(bytes.iter().map(|&x| x.into()).collect()) };
        for is_finite in [true, false] {
            let shape = Shape::new(samples, channels, [n]).unwrap();
            let Array::F32(mut pred) = reals(Real::F32, Pattern::Signed, samples * channels * n, 1) else {
                unreachable!()
            };
            pred[70_000] = if is_finite { 1.0 } else { f32::NAN };
            let case = |truth| Case {
                shape: shape.clone(),
                pred: Array::F32(pred.clone()),
                truth,
                labels: is_map,
                options: Terms::Plain.into(),
            };
            let (narrow, wide) = (case(Array::U8(bytes.clone())), case(wide.clone()));
            check_bits(&narrow);
            let partials = narrow.partials();
            let bits = |case: &Case| -> Vec<u32> {
                case.gradient(&ALL[0].engine, &partials).iter().map(|value| value.to_bits()).collect()
            };
            let found = bits(&narrow);
            assert!(found == bits(&wide), "{channels} {is_map} {is_finite}");
            assert_eq!(found[70_000] == 0, !is_finite);
        }
    }
}

#[test]
fn exact_gradients_of_tiny_cells_half_floats_and_label_maps() {
    for layout in LAYOUTS {
        let shape = Shape::new(150, 5, [7]).unwrap().with_layout(layout);
        let n = shape.elements() as usize;
        for (real, labels_too) in [(Real::F16, false), (Real::F32, true), (Real::U16, false)] {
            let truth = if labels_too {
                labels(LabelType::U16, &[0, 1, 2, 3, 4], 1, n / 5, 3)
            } else {
                reals(real, Pattern::Signed, n, 4)
            };
            let pred = reals(real, Pattern::Signed, n, 5);
            let case = Case { shape: shape.clone(), pred, truth, labels: labels_too, options: Terms::All.into() };
            check_bits(&case);
        }
    }
}

#[test]
fn gradients_through_sigmoid_and_softmax() {
    for (activation, channels) in [(Activation::Sigmoid, 2), (Activation::Softmax, 4)] {
        for layout in LAYOUTS {
            for pointwise in [None, Some(Pointwise::CrossEntropy), Some(Pointwise::BinaryCrossEntropy)] {
                let shape = Shape::new(2, channels, [3001]).unwrap().with_layout(layout);
                let n = shape.elements() as usize;
                let pred = reals(Real::F32, Pattern::Wide, n, 6);
                let truth = labels(LabelType::U8, &[0, 1], 2, n / channels, 7);
                let options = SumsOptions { activation, pointwise, terms: Terms::Squared };
                let case = Case { shape, pred, truth, labels: true, options };
                case.check(&format!("{activation:?} {layout:?} {pointwise:?}"), 61);
            }
        }
    }
}

#[test]
fn gradients_of_small_types() {
    let of_masks = [Real::F16, Real::U16, Real::U8].map(|pred| (pred, Real::U8));
    for (pred, truth) in
        of_masks.into_iter().chain([(Real::U8, Real::F16), (Real::Bf16, Real::Bf16), (Real::F64, Real::F64)])
    {
        for activation in [Activation::Sigmoid, Activation::Softmax] {
            let shape = Shape::new(1, 2, [1501]).unwrap();
            let n = shape.elements() as usize;
            let (pred_voxels, truth_voxels) = (reals(pred, Pattern::Unit, n, 16), reals(truth, Pattern::Unit, n, 17));
            let pointwise = Some(Pointwise::BinaryCrossEntropy);
            // Of truths that are 0 or 1 no probability comes near, and |p - t| has no kink where it is looked at.
            let terms = if truth == Real::U8 { Terms::All } else { Terms::Squared };
            let options = SumsOptions { activation, pointwise, terms };
            let case = Case { shape, pred: pred_voxels, truth: truth_voxels, labels: false, options };
            case.check(&format!("{activation:?} {pred:?} {truth:?}"), 61);
        }
    }
}

#[test]
fn gradients_of_focal_losses_and_powers() {
    let focal = |alpha| Some(Pointwise::Focal { gamma: 2.0, alpha });
    let losses = [
        None,
        focal(None),
        focal(Some(0.3)),
        Some(Pointwise::CategoricalFocal { gamma: 1.5 }),
        Some(Pointwise::Balanced { beta: 0.7 }),
        Some(Pointwise::CrossEntropy),
    ];
    // Of the others `objective.rs` compares with finite differences.
    let entropies = crate::activations::entropies().map(|entropy| Some(Pointwise::Entropy(entropy)));
    for activation in [Activation::None, Activation::Sigmoid, Activation::Softmax, Activation::Normalise] {
        let by_shares = activation == Activation::Normalise;
        for pointwise in losses.into_iter().chain(entropies) {
            let shape = Shape::new(1, 3, [2003]).unwrap();
            let n = shape.elements() as usize;
            let mut random = Random::new(8);
            // Probabilities away from 0 and 1, where differences mean something; logits within [-4, 4].
            let value = |random: &mut Random| match activation {
                Activation::None | Activation::Normalise => 0.02 + 0.96 * random.unit(),
                _ => 8.0 * random.unit() - 4.0,
            };
            let pred = Array::F32((0..n).map(|_| value(&mut random)).collect());
            let truth = reals(Real::F32, Pattern::Unit, n, 9);
            let options = SumsOptions { activation, pointwise, terms: Terms::Power(1.5) };
            let case = Case { shape, pred, truth, labels: false, options };
            if by_shares || matches!(pointwise, Some(Pointwise::Entropy(_))) {
                check_bits(&case);
            } else {
                case.check(&format!("{activation:?} {pointwise:?}"), 31);
            }
        }
    }
}

#[test]
fn voxels_that_are_not_finite_have_gradient_zero() {
    for options in [
        SumsOptions::default(),
        SumsOptions { terms: Terms::Power(0.5), ..SumsOptions::default() },
        SumsOptions { activation: Activation::Sigmoid, ..SumsOptions::default() },
        SumsOptions { activation: Activation::Softmax, ..SumsOptions::default() },
    ] {
        let shape = Shape::new(1, 2, [500]).unwrap();
        let mut pred = vec![0.25f32; 1000];
        pred[3] = f32::NAN;
        pred[507] = f32::INFINITY;
        let case = Case { shape, pred: Array::F32(pred), truth: Array::U8(vec![1; 1000]), labels: false, options };
        let partials = case.partials();
        for implementation in ALL.iter() {
            let gradient = case.gradient(&implementation.engine, &partials);
            let zeros: Vec<usize> = (0..1000).filter(|&i| gradient[i] == 0.0).collect();
            let expected = if options.activation == Activation::Softmax { vec![3, 7, 503, 507] } else { vec![3, 507] };
            assert_eq!(zeros, expected, "{options:?} on {}", implementation.name);
            assert!(gradient.iter().all(|value| value.is_finite()));
        }
    }
}

#[test]
fn what_has_no_gradient_is_a_typed_error() {
    let shape = Shape::new(1, 2, [10]).unwrap();
    let p = [0.5f32; 20];
    let pred = || Volume::f32(shape.clone(), &p).unwrap();
    for implementation in ALL.iter() {
        let engine = &implementation.engine;
        let options = SumsOptions { activation: Activation::Argmax, ..SumsOptions::default() };
        let sums = engine.sums_with(Pair { pred: pred(), truth: pred() }, &options).unwrap();
        let partials = sums.map(|_| Partials::default());
        let error = engine.gradient(Pair { pred: pred(), truth: pred() }, &options, &sums, &partials).unwrap_err();
        assert!(matches!(error, Error::NoGradient { .. }), "{error}");
        let options = SumsOptions::default();
        let mut short = vec![0.0; 19];
        let error = engine
            .gradient_into(Pair { pred: pred(), truth: pred() }, &options, &sums, &partials, &mut short)
            .unwrap_err();
        assert!(matches!(error, Error::LengthMismatch { expected: 20, found: 19, .. }), "{error}");
        let one = sums.pool(voxdice::Over::All).unwrap();
        let error = engine.gradient(Pair { pred: pred(), truth: pred() }, &options, &one, &partials).unwrap_err();
        assert!(matches!(error, Error::TableMismatch { .. }), "{error}");
        let error = engine.gradient(Pair { pred: pred(), truth: pred() }, &options, &sums, &partials).unwrap_err();
        assert!(matches!(error, Error::MissingTerm { .. }), "{error}");
        let sums = engine.sums_with(Pair { pred: pred(), truth: pred() }, &options).unwrap();
        let infinite = sums.map(|_| Partials { pred: f64::INFINITY, ..Partials::default() });
        let error = engine.gradient(Pair { pred: pred(), truth: pred() }, &options, &sums, &infinite).unwrap_err();
        assert!(matches!(error, Error::Parameter { .. }), "{error}");
    }
}

/// From volumes to the gradient of a library's loss: descent on logits reaches the truth.
#[test]
fn descent_along_the_gradient_reaches_the_truth() {
    let options = LossOptions { activation: Activation::Sigmoid, ..Preset::Monai.options() };
    let loss = Loss::new(options).unwrap();
    let shape = Shape::new(1, 1, [16, 16]).unwrap();
    let truth: Vec<u8> = (0..256).map(|i| u8::from((i % 16 > 4) && (i / 16 > 7))).collect();
    for implementation in ALL.iter() {
        let mut logits = vec![0.0f32; 256];
        let mut value = 1.0;
        for _ in 0..200 {
            let volumes =
                |logits| (Volume::f32(shape.clone(), logits).unwrap(), Volume::u8(shape.clone(), &truth).unwrap());
            let (pred, t) = volumes(&logits);
            let sums = implementation.engine.sums_with(Pair { pred, truth: t }, &loss.sums_options()).unwrap();
            value = loss.evaluate(&sums).unwrap().reduced.unwrap();
            let partials = loss.gradient(&sums).unwrap();
            let (pred, t) = volumes(&logits);
            let gradient = implementation
                .engine
                .gradient(Pair { pred, truth: t }, &loss.sums_options(), &sums, &partials)
                .unwrap();
            logits.iter_mut().zip(&gradient).for_each(|(x, g)| *x -= 200.0 * g);
        }
        assert!(value < 0.01, "{}: {value}", implementation.name);
    }
}

#[test]
fn canary_a_slightly_wrong_coefficient_and_a_missing_term_are_seen() {
    let shape = Shape::new(1, 1, [1000]).unwrap();
    let (pred, truth) = (reals(Real::F32, Pattern::Unit, 1000, 1), reals(Real::U8, Pattern::Unit, 1000, 2));
    let right = Case {
        shape: shape.clone(),
        pred: pred.clone(),
        truth: truth.clone(),
        labels: false,
        options: Terms::Squared.into(),
    };
    let partials = right.partials();
    let a = right.gradient(&ALL[0].engine, &partials);
    let nudged = partials.map(|p| Partials { product: p.product + 1e-6, ..*p });
    assert_ne!(a, right.gradient(&ALL[0].engine, &nudged));
    let wrong = Case { shape, pred, truth, labels: false, options: Terms::Plain.into() };
    assert_ne!(a, wrong.gradient(&ALL[0].engine, &partials));
}

//! Losses as sums of terms: every pass, masks and ignored voxels, gradients, on every implementation.

use crate::engines::ALL;
use crate::random::Random;
use voxdice::metric::{
    Agreement, Channels, ClassWeights, Denominator, Divisor, Entropy, Focal, Focus, Form, GeneralizedWeights, Ignore,
    Kind, LabelSmoothing, Loss, LossOptions, Matthews, Measure, Objective, Overlap, Part, Per, Pointwise, Preset,
    Reduce, Smooth, Term, Tversky,
};
use voxdice::{Activation, Engine, Error, LabelMap, Layout, Operands, Pair, Shape, SumsOptions, Truth, Volume};

mod masks;

const SAMPLES: usize = 2;
const CHANNELS: usize = 3;
const VOXELS: usize = 35;

/// Two samples that are not alike, in either layout, with a label map, a soft truth and a mask.
struct Data {
    shape: Shape,
    logits: Vec<f32>,
    probabilities: Vec<f32>,
    labels: Vec<u8>,
    soft: Vec<f32>,
    mask: Vec<u8>,
}

impl Data {
    fn new(layout: Layout, channels: usize) -> Self {
        let mut random = Random::new(14);
        let elements = SAMPLES * channels * VOXELS;
        let mut values = |f: &dyn Fn(u32) -> f32| (0..elements).map(|_| f(random.below(97))).collect::<Vec<f32>>();
        let logits = values(&|n| n as f32 / 16.0 - 3.0);
        let probabilities = values(&|n| (n as f32 + 20.0) / 128.0);
        let soft = values(&|n| if n % 4 < 2 { (n % 2) as f32 } else { n as f32 / 128.0 });
        // The second sample is mostly background.
        let rare =
            |i: usize, n: u32| if i < VOXELS { n % channels.max(2) as u32 } else { u32::from(n.is_multiple_of(5)) };
        let labels = (0..SAMPLES * VOXELS).map(|i| rare(i, random.below(1000)) as u8).collect();
        let mask = (0..SAMPLES * VOXELS).map(|_| u8::from(random.below(4) > 0)).collect();
        let shape = Shape::new(SAMPLES, channels, [5, 7]).unwrap().with_layout(layout);
        Self { shape, logits, probabilities, labels, soft, mask }
    }

    fn one(&self) -> Shape {
        Shape::new(SAMPLES, 1, [5, 7]).unwrap()
    }

    fn operands<'a>(&'a self, case: &Case, pred: &'a [f32]) -> Operands<'a> {
        let truth: Truth<'_> = match case.truth {
            Given::Labels => LabelMap::u8(self.one(), &self.labels).unwrap().into(),
            Given::Soft => Volume::f32(self.shape.clone(), &self.soft).unwrap().into(),
        };
        let operands = Operands::new(Pair { pred: Volume::f32(self.shape.clone(), pred).unwrap(), truth });
        if case.masked { operands.masked(Volume::u8(self.one(), &self.mask).unwrap()) } else { operands }
    }

    fn pred(&self, case: &Case) -> &[f32] {
        let raw = |activation| matches!(activation, Activation::None | Activation::Normalise);
        let options = case.objective.terms().next().unwrap().1.options();
        if raw(options.activation) { &self.probabilities } else { &self.logits }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Given {
    Labels,
    Soft,
}

struct Case {
    objective: Objective,
    truth: Given,
    masked: bool,
}

fn case(terms: Vec<(f64, LossOptions)>, truth: Given) -> Case {
    let terms = terms.into_iter().map(|(factor, options)| Term::new(factor, options)).collect();
    Case { objective: Objective::new(terms).unwrap(), truth, masked: false }
}

fn overlap(activation: Activation, overlap: Overlap) -> LossOptions {
    let smooth = Smooth { numerator: 0.5, denominator: 2.0 }.into();
    LossOptions { kind: Kind::Overlap(overlap), activation, smooth, ..LossOptions::default() }
}

fn pointwise(activation: Activation, pointwise: Pointwise) -> LossOptions {
    LossOptions { kind: Kind::Pointwise(pointwise), per: Per::All, activation, ..LossOptions::default() }
}

fn entropy(activation: Activation, entropy: Entropy) -> LossOptions {
    LossOptions { divisor: Divisor::Elements, ..pointwise(activation, Pointwise::Entropy(entropy)) }
}

fn weights() -> ClassWeights {
    ClassWeights::Multiply(vec![0.25, 1.25, 2.0])
}

/// Terms over all that tells one from another.
fn terms() -> Vec<LossOptions> {
    use Activation::{None as Raw, Normalise, Sigmoid, Softmax};
    let tversky = Overlap::Tversky(Tversky { alpha: 0.3, beta: 0.9 });
    let normalise = ClassWeights::Normalise(vec![0.25, 1.25, 2.0]);
    let smooth = Entropy { labels: LabelSmoothing::classes(0.1, 3), ..Entropy::default() };
    let categorical = Entropy { off: 0.0, ..smooth };
    let focal = |factor| Entropy { factor, ..Entropy::default() };
    vec![
        overlap(Softmax, Overlap::Dice),
        LossOptions { weights: weights(), channels: Channels::Foreground, ..overlap(Sigmoid, tversky) },
        LossOptions { per: Per::Channel, weights: normalise, form: Form::NegLog, ..overlap(Softmax, Overlap::Jaccard) },
        LossOptions { denominator: Denominator::Squared, reduce: Reduce::Sum, ..overlap(Sigmoid, Overlap::Jaccard) },
        LossOptions { agreement: Agreement::SoftLabel, per: Per::All, ..overlap(Raw, tversky) },
        LossOptions { hits_floor: 4.0, form: Form::Negative, ..overlap(Softmax, Overlap::Dice) },
        LossOptions { focus: Focus::Reduced(1.5), form: Form::NegLog, ..overlap(Sigmoid, tversky) },
        LossOptions { per: Per::Channel, ..overlap(Softmax, Overlap::Generalized(GeneralizedWeights::Square)) },
        LossOptions { kind: Kind::Matthews(Matthews::Whole), ..overlap(Sigmoid, Overlap::Dice) },
        LossOptions {
            kind: Kind::Matthews(Matthews::Counts { eps: 0.5 }),
            per: Per::All,
            ..overlap(Raw, Overlap::Dice)
        },
        LossOptions { weights: weights(), ..pointwise(Softmax, Pointwise::CrossEntropy) },
        LossOptions { per: Per::Cell, weights: weights(), ..pointwise(Softmax, Pointwise::CrossEntropy) },
        LossOptions { divisor: Divisor::Truth, weights: weights(), ..entropy(Softmax, categorical) },
        LossOptions { divisor: Divisor::One, reduce: Reduce::Sum, ..entropy(Softmax, categorical) },
        LossOptions { divisor: Divisor::Channels, ..entropy(Sigmoid, Entropy { on: 2.5, ..smooth }) },
        LossOptions { channels: Channels::Only(vec![2, 0]), ..entropy(Sigmoid, focal(Focal::Margin(2.0))) },
        LossOptions { weights: weights(), ..entropy(Sigmoid, Entropy { alpha: Some(0.7), ..focal(Focal::Miss(0.5)) }) },
        LossOptions { per: Per::Channel, ..entropy(Sigmoid, focal(Focal::Confidence(1.5))) },
        LossOptions { per: Per::Cell, ..entropy(Softmax, focal(Focal::Apart(3.0))) },
        entropy(Sigmoid, Entropy { part: Part::Ones, ..focal(Focal::Margin(1.0)) }),
        LossOptions {
            divisor: Divisor::ElementsAndFactors,
            per: Per::Channel,
            ..entropy(Sigmoid, focal(Focal::Reduced { gamma: 2.0, threshold: 0.5 }))
        },
        LossOptions {
            divisor: Divisor::Factors,
            reduce: Reduce::Sum,
            ..entropy(Sigmoid, Entropy { alpha: Some(0.25), ..focal(Focal::Confidence(2.0)) })
        },
        entropy(Normalise, Entropy { clip: 1e-2, ..categorical }),
        entropy(Normalise, Entropy { clip: 1e-7, factor: Focal::Apart(2.0), ..categorical }),
        entropy(Raw, Entropy { clip: 1e-1, factor: Focal::Miss(2.0), ..smooth }),
        entropy(Raw, Entropy { clip: 0.2, ..focal(Focal::Confidence(1.5)) }),
        entropy(Raw, Entropy { clip: 0.2, ..focal(Focal::Reduced { gamma: 2.0, threshold: 0.5 }) }),
        pointwise(Sigmoid, Pointwise::Focal { gamma: 2.0, alpha: Some(0.25) }),
    ]
}

/// Each term alone, two of them together, with masks and ignored voxels, and values of voxels.
fn cases() -> Vec<Case> {
    let terms = terms();
    let logits = |options: &&LossOptions| matches!(options.activation, Activation::Sigmoid | Activation::Softmax);
    let mut all = Vec::new();
    for (i, options) in terms.iter().enumerate() {
        let truth = if i % 2 == 0 { Given::Labels } else { Given::Soft };
        all.push(case(vec![(1.0, options.clone())], truth));
        let other = terms.iter().filter(logits).cycle().nth(3 * i + 1).unwrap();
        let again = match i % 3 {
            0 => Case { masked: true, ..case(vec![(0.75, options.clone())], truth) },
            1 if logits(&options) => case(vec![(0.5, options.clone()), (2.0, other.clone())], truth),
            _ => {
                let ignoring = case(vec![(1.0, options.clone())], Given::Labels);
                Case { objective: ignoring.objective.ignoring(Ignore::Value(1)), ..ignoring }
            }
        };
        all.push(again);
    }
    for per in [Per::Element, Per::Voxel] {
        let entropy =
            entropy(Activation::Sigmoid, Entropy { on: 1.5, factor: Focal::Margin(2.0), ..Entropy::default() });
        let divisor = if per == Per::Voxel { Divisor::Channels } else { Divisor::One };
        let voxels = LossOptions { per, divisor, reduce: Reduce::None, weights: weights(), ..entropy };
        all.push(Case { masked: true, ..case(vec![(1.0, voxels.clone())], Given::Soft) });
        all.push(case(vec![(1.0, voxels.clone()), (0.5, voxels)], Given::Labels));
    }
    all
}

fn assert_near(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0f64, |most, x| most.max(x.abs()));
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= tolerance * largest, "{what}, {i}: {found} instead of {expected}");
    }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
}

#[test]
fn every_implementation_gives_the_same_loss_and_gradient() {
    for (layout, step) in [(Layout::ChannelsFirst, 1), (Layout::ChannelsLast, 7)] {
        let data = Data::new(layout, CHANNELS);
        for case in cases().into_iter().step_by(step) {
            let of = |engine: &Engine| {
                engine.loss_and_gradient(&case.objective, data.operands(&case, data.pred(&case))).unwrap()
            };
            let (expected, slopes) = of(&ALL[0].engine);
            for at in &ALL[1..] {
                let what = format!("{} {layout:?} {:?}", at.name, case.objective);
                let (found, gradient) = of(&at.engine);
                assert_eq!((found, gradient), (expected.clone(), slopes.clone()), "{what}");
            }
        }
    }
}

#[test]
fn gradients_are_those_of_the_value() {
    const STEP: f32 = 1.0 / 256.0;
    let data = Data::new(Layout::ChannelsFirst, CHANNELS);
    let engine = &ALL[0].engine;
    // A step across a bound, where there is no derivative.
    let jumps = |entropy: Entropy| entropy.clip > 1e-3 || matches!(entropy.factor, Focal::Reduced { .. });
    let smooth = |case: &&Case| {
        case.objective.terms().all(|(_, loss)| !matches!(loss.pointwise(), Some(Pointwise::Entropy(e)) if jumps(e)))
            && case.objective.terms().all(|(_, loss)| loss.options().agreement == Agreement::Product)
    };
    for case in cases().iter().filter(smooth) {
        let pred = data.pred(case).to_vec();
        let (_, gradient) = engine.loss_and_gradient(&case.objective, data.operands(case, &pred)).unwrap();
        let value = |i: usize, step: f32| {
            let mut moved = pred.clone();
            moved[i] += step;
            engine.loss(&case.objective, data.operands(case, &moved)).unwrap().total()
        };
        let places: Vec<usize> = (0..pred.len()).step_by(13).collect();
        let expected: Vec<f64> =
            places.iter().map(|&i| (value(i, STEP) - value(i, -STEP)) / (2.0 * f64::from(STEP))).collect();
        let largest = wide(&gradient).iter().fold(0f64, |most, x| most.max(x.abs()));
        for (&i, expected) in places.iter().zip(expected) {
            let found = f64::from(gradient[i]);
            assert!((found - expected).abs() <= 4e-3 * largest, "{:?}, {i}: {found} {expected}", case.objective);
        }
    }
}

/// The law: a term alone, and the same term beside one with factor 0, are one number; and factors are factors.
#[test]
fn a_term_beside_one_of_factor_0_is_alone() {
    let data = Data::new(Layout::ChannelsFirst, CHANNELS);
    let engine = &ALL[0].engine;
    let all = terms();
    for (i, term) in all.iter().enumerate() {
        for other in all.iter().skip(i % 3).step_by(3) {
            for truth in [Given::Labels, Given::Soft] {
                let of = |terms: Vec<(f64, LossOptions)>| {
                    let case = case(terms, truth);
                    engine.loss_and_gradient(&case.objective, data.operands(&case, &data.probabilities)).unwrap()
                };
                let (alone, slopes) = of(vec![(1.0, term.clone())]);
                let after = of(vec![(1.0, term.clone()), (0.0, other.clone())]);
                let before = of(vec![(0.0, other.clone()), (1.0, term.clone())]);
                for (found, gradient) in [after, before] {
                    assert_eq!((found.values, gradient), (alone.values.clone(), slopes.clone()), "{term:?} {other:?}");
                }
                let (second, other_slopes) = of(vec![(1.0, other.clone())]);
                let (both, gradient) = of(vec![(0.5, term.clone()), (2.0, other.clone())]);
                assert_near(&[both.total()], &[0.5 * alone.total() + 2.0 * second.total()], 1e-13, "values");
                let sum = slopes.iter().zip(&other_slopes).map(|(a, b)| 0.5 * f64::from(*a) + 2.0 * f64::from(*b));
                assert_near(&wide(&gradient), &sum.collect::<Vec<_>>(), 2e-6, "gradients");
            }
        }
    }
}

/// A masked voxel is as good as gone.
#[test]
fn what_is_masked_is_not_there() {
    let data = Data::new(Layout::ChannelsFirst, 1);
    let kept: Vec<usize> = (0..VOXELS).filter(|&i| data.mask[i] == 1).collect();
    let whole = Shape::new(1, 1, [VOXELS]).unwrap();
    let part = Shape::new(1, 1, [kept.len()]).unwrap();
    let pick = |values: &[f32]| kept.iter().map(|&i| values[i]).collect::<Vec<_>>();
    let options = [
        LossOptions { activation: Activation::Sigmoid, ..Preset::Monai.options() },
        LossOptions { kind: Kind::Matthews(Matthews::Whole), ..overlap(Activation::Sigmoid, Overlap::Dice) },
        entropy(Activation::Sigmoid, Entropy::default()),
        pointwise(Activation::Sigmoid, Pointwise::BinaryCrossEntropy),
    ];
    for options in options {
        let loss = Loss::new(options).unwrap();
        for at in ALL.iter() {
            let volume = |shape: &Shape, values| Volume::f32(shape.clone(), values).unwrap();
            let (logits, soft) = (&data.logits[..VOXELS], &data.soft[..VOXELS]);
            let operands = Operands::new(Pair { pred: volume(&whole, logits), truth: volume(&whole, soft) });
            let operands = operands.masked(Volume::u8(whole.clone(), &data.mask[..VOXELS]).unwrap());
            let (found, gradient) = at.engine.loss_and_gradient(&loss, operands).unwrap();
            let (few_logits, few_soft) = (pick(logits), pick(soft));
            let operands = Operands::new(Pair { pred: volume(&part, &few_logits), truth: volume(&part, &few_soft) });
            let (expected, slopes) = at.engine.loss_and_gradient(&loss, operands).unwrap();
            assert_eq!((found.values, found.kept), (expected.values, kept.len() as u64), "{}", at.name);
            assert_near(&wide(&pick(&gradient)), &wide(&slopes), 1e-6, &at.name);
            assert!((0..VOXELS).filter(|i| !kept.contains(i)).all(|i| gradient[i] == 0.0), "{}", at.name);
        }
    }
}

#[test]
fn ignored_voxels_are_named_in_three_ways() {
    let shape = Shape::new(1, 2, [4]).unwrap();
    let pred = [0.5f32, 0.25, 0.75, 1.0, 0.5, 0.75, 0.25, 0.0];
    let loss = Objective::new(vec![Term::new(1.0, LossOptions::default())]).unwrap();
    let engine = &ALL[0].engine;
    let kept = |truth: Truth<'_>, ignore| {
        let operands = Operands::new(Pair { pred: Volume::f32(shape.clone(), &pred).unwrap(), truth });
        engine.loss(loss.clone().ignoring(ignore), operands).map(|found| found.kept)
    };
    let labels = [0u8, 1, 255, 1];
    let map = || LabelMap::u8(Shape::new(1, 1, [4]).unwrap(), &labels).unwrap().into();
    assert_eq!(kept(map(), Ignore::Value(255)).unwrap(), 6);
    assert!(matches!(kept(map(), Ignore::Value(1)), Err(Error::LabelOutOfRange { count: 1, label: 255, .. })));
    assert!(matches!(kept(map(), Ignore::NoClass), Err(Error::Parameter { .. })));
    let one_hot = [1.0f32, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0];
    let volume = || Volume::f32(shape.clone(), &one_hot).unwrap().into();
    assert_eq!(kept(volume(), Ignore::NoClass).unwrap(), 6);
    assert_eq!(kept(volume(), Ignore::Class(1)).unwrap(), 4);
    assert_eq!(kept(volume(), Ignore::Value(1)).unwrap(), 5);
    assert!(matches!(kept(volume(), Ignore::Class(2)), Err(Error::Parameter { .. })));
}

#[test]
fn what_cannot_be_right_is_refused() {
    let data = Data::new(Layout::ChannelsFirst, CHANNELS);
    let engine = &ALL[0].engine;
    let pred = || Volume::f32(data.shape.clone(), &data.logits).unwrap();
    let truth = || Volume::f32(data.shape.clone(), &data.soft).unwrap();
    // Sums that were made otherwise.
    let loss = Loss::new(overlap(Activation::Softmax, Overlap::Dice)).unwrap();
    let plain = engine.sums(Pair { pred: pred(), truth: truth() }).unwrap();
    assert!(matches!(loss.evaluate(&plain), Err(Error::MissingTerm { .. })));
    assert!(matches!(loss.gradient(&plain), Err(Error::MissingTerm { .. })));
    let sums = engine.sums_with(Pair { pred: pred(), truth: truth() }, &loss.sums_options()).unwrap();
    let partials = loss.gradient(&sums).unwrap();
    let gradient =
        |options: &SumsOptions| engine.gradient(Pair { pred: pred(), truth: truth() }, options, &sums, &partials);
    assert!(gradient(&loss.sums_options()).is_ok());
    assert!(matches!(gradient(&SumsOptions::default()), Err(Error::MissingTerm { .. })));
    let focal = |gamma| pointwise(Activation::Sigmoid, Pointwise::Focal { gamma, alpha: None });
    let of = |options| Loss::new(options).unwrap();
    let sums = engine.sums_with(Pair { pred: pred(), truth: truth() }, &of(focal(2.0)).sums_options()).unwrap();
    assert!(of(focal(2.0)).evaluate(&sums).is_ok());
    assert!(matches!(of(focal(3.0)).evaluate(&sums), Err(Error::MissingTerm { .. })));
    // Softmax of one channel.
    let one = Data::new(Layout::ChannelsFirst, 1);
    for activation in [Activation::Softmax, Activation::Normalise] {
        let operands = Operands::new(Pair {
            pred: Volume::f32(one.shape.clone(), &one.logits).unwrap(),
            truth: Volume::f32(one.shape.clone(), &one.soft).unwrap(),
        });
        let found = engine.loss(of(overlap(activation, Overlap::Dice)), operands);
        assert!(matches!(found, Err(Error::Parameter { name: "the activation", .. })), "{found:?}");
    }
    // Masks.
    let half = vec![0.5f32; SAMPLES * VOXELS];
    let masked = |shape: Shape, mask| {
        engine
            .loss(&loss, Operands::new(Pair { pred: pred(), truth: truth() }).masked(Volume::f32(shape, mask).unwrap()))
    };
    assert!(matches!(masked(data.one(), &half), Err(Error::Parameter { .. })));
    let long = Shape::new(1, 1, [SAMPLES * VOXELS]).unwrap();
    assert!(matches!(masked(long, &half), Err(Error::ShapeMismatch { .. })));
    // Values of voxels are of a whole call.
    let voxels = LossOptions { per: Per::Element, reduce: Reduce::None, ..focal(2.0) };
    assert!(matches!(of(voxels.clone()).evaluate(&sums), Err(Error::Parameter { .. })));
    // Choices.
    let entropy = |entropy| entropy_is_refused(entropy);
    assert!(entropy(Entropy { on: -1.0, ..Entropy::default() }));
    assert!(entropy(Entropy { alpha: Some(f64::NAN), ..Entropy::default() }));
    assert!(entropy(Entropy { clip: 0.5, ..Entropy::default() }));
    assert!(entropy(Entropy { labels: LabelSmoothing::binary(2.5), ..Entropy::default() }));
    assert!(entropy(Entropy { labels: LabelSmoothing { keep: 1.5, add: 0.0 }, ..Entropy::default() }));
    assert!(entropy(Entropy { factor: Focal::Reduced { gamma: 2.0, threshold: 0.0 }, ..Entropy::default() }));
    assert!(entropy(Entropy { factor: Focal::Apart(2.0), measure: Measure::Factor, ..Entropy::default() }));
    let refused = [
        LossOptions { reduce: Reduce::Mean, ..voxels.clone() },
        LossOptions { divisor: Divisor::Factors, ..focal(2.0) },
        LossOptions { divisor: Divisor::One, ..LossOptions::default() },
        LossOptions { hits_floor: -1.0, ..LossOptions::default() },
        LossOptions { kind: Kind::Matthews(Matthews::Counts { eps: f64::NAN }), ..LossOptions::default() },
        LossOptions { kind: Kind::Matthews(Matthews::Whole), form: Form::NegLog, ..LossOptions::default() },
        LossOptions { focus: Focus::Reduced(2.0), form: Form::Negative, ..LossOptions::default() },
    ];
    for options in refused {
        assert!(matches!(Loss::new(options.clone()), Err(Error::Parameter { .. })), "{options:?}");
    }
    assert!(Objective::new(Vec::new()).is_err());
    assert!(Objective::new(vec![Term::new(-1.0, LossOptions::default())]).is_err());
    assert!(Objective::new(vec![Term::new(1.0, LossOptions::default()), Term::new(1.0, voxels)]).is_err());
}

fn entropy_is_refused(entropy: Entropy) -> bool {
    matches!(Loss::new(self::entropy(Activation::Sigmoid, entropy)), Err(Error::Parameter { .. }))
}

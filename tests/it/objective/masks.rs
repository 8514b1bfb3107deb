//! Masks of elements: a channel of a voxel may count where another one does not.

use super::*;
use voxdice::Pair;

/// The gradient of a loss of a soft truth against central differences, on every implementation.
fn check(objective: &Objective, data: &Data, mask: Option<&[u8]>, pred: &[f32]) {
    const STEP: f32 = 1.0 / 256.0;
    fn of<'a>(data: &'a Data, mask: Option<&'a [u8]>, pred: &'a [f32]) -> Operands<'a> {
        let volume = |values| Volume::f32(data.shape.clone(), values).unwrap();
        let mask = mask.map(|mask| Volume::u8(data.shape.clone(), mask).unwrap());
        Operands { mask, ..Operands::new(Pair { pred: volume(pred), truth: volume(&data.soft) }) }
    }
    let value = |i: usize, step: f32| {
        let mut moved = pred.to_vec();
        moved[i] += step;
        ALL[0].engine.loss(objective, of(data, mask, &moved)).unwrap().total()
    };
    let slope = |i: usize| (value(i, STEP) - value(i, -STEP)) / (2.0 * f64::from(STEP));
    let expected: Vec<f64> = (0..pred.len()).map(slope).collect();
    for at in ALL.iter() {
        let (_, gradient) = at.engine.loss_and_gradient(objective, of(data, mask, pred)).unwrap();
        assert_near(&wide(&gradient), &expected, 4e-3, &format!("{} {objective:?}", at.name));
    }
}

/// A channel that is masked is in no sum, but its logit is in the probabilities of the channels that are.
#[test]
fn a_channel_that_does_not_count_moves_those_that_do() {
    use Activation::{Normalise, Softmax};
    let options = [
        overlap(Softmax, Overlap::Dice),
        LossOptions { denominator: Denominator::Squared, ..overlap(Softmax, Overlap::Dice) },
        pointwise(Softmax, Pointwise::CrossEntropy),
        pointwise(Softmax, Pointwise::BinaryCrossEntropy),
        entropy(Softmax, Entropy { factor: Focal::Apart(2.0), ..Entropy::default() }),
        overlap(Normalise, Overlap::Dice),
        pointwise(Normalise, Pointwise::CrossEntropy),
        pointwise(Normalise, Pointwise::BinaryCrossEntropy),
    ];
    // Each has pipelines of its own on every implementation, so that one layout each is enough.
    for (i, options) in options.iter().enumerate() {
        let layout = if i % 3 == 1 { Layout::ChannelsLast } else { Layout::ChannelsFirst };
        let data = Data::new(layout, CHANNELS);
        let mut random = Random::new(3);
        let mask: Vec<u8> = data.soft.iter().map(|_| u8::from(random.below(3) > 0)).collect();
        let pred = if options.activation == Normalise { &data.probabilities } else { &data.logits };
        let objective = Objective::new(vec![Term::new(1.0, options.clone())]).unwrap();
        check(&objective, &data, Some(&mask), pred);
        // Ignored values of a soft truth are masks of elements too.
        if i % 3 == 0 {
            check(&objective.ignoring(Ignore::Value(0)), &data, None, pred);
        }
    }
}

/// By hand: of the logits 0, 0 the first channel alone counts, -ln p has the slopes p - 1 and 1 - p.
#[test]
fn the_slopes_of_one_voxel_are_those_of_its_channel() {
    let shape = Shape::new(1, 2, [1]).unwrap();
    let (pred, truth, mask) = ([0.0f32; 2], [1.0f32, 0.0], [1u8, 0]);
    let objective =
        Objective::new(vec![Term::new(1.0, pointwise(Activation::Softmax, Pointwise::CrossEntropy))]).unwrap();
    let volume = |values| Volume::f32(shape.clone(), values).unwrap();
    for at in ALL.iter() {
        let operands = Operands::new(Pair { pred: volume(&pred), truth: volume(&truth) })
            .masked(Volume::u8(shape.clone(), &mask).unwrap());
        let (_, gradient) = at.engine.loss_and_gradient(&objective, operands).unwrap();
        assert!(gradient[0] < 0.0 && (gradient[0] + gradient[1]).abs() < 1e-6, "{}: {gradient:?}", at.name);
    }
}

//! What the grid has no case of: masks beside the choices of a class, layouts, shapes that do not fit, and voxels that the library
//! has no number of.

use crate::engines::ALL;
use voxdice::metric::{Given, Ignore, Loss, Whose};
use voxdice::{
    Activation, Backend, CallValues, Engine, EngineOptions, Error, LabelMap, Layout, Operands, Pair, Shape, Volume,
};

/// One that refuses what is not finite, as it comes.
fn strict() -> Engine {
    Engine::new(&EngineOptions { backend: Backend::Cpu, ..EngineOptions::default() }).unwrap()
}

fn shape(channels: usize, layout: Layout) -> Shape {
    Shape::new(2, channels, [2, 3]).unwrap().with_layout(layout)
}

const LOGITS: [f32; 36] = {
    let mut values = [0.0; 36];
    let mut i = 0;
    while i < 36 {
        values[i] = ((i * 7) % 36) as f32 / 36.0;
        i += 1;
    }
    values
};

const LABELS: [u8; 12] = [0, 1, 2, 2, 1, 0, 0, 0, 1, 2, 0, 1];

fn volume(shape: &Shape, values: &'static [f32]) -> Volume<'static> {
    Volume::f32(shape.clone(), values).unwrap()
}

/// The same volume in the other order of its axes.
fn channels_last(values: &[f32], channels: usize) -> Vec<f32> {
    let voxels = values.len() / 2 / channels;
    let at = |i: usize| (i / (voxels * channels), i / channels % voxels, i % channels);
    (0..values.len()).map(at).map(|(n, v, c)| values[(n * channels + c) * voxels + v]).collect()
}

fn all_close(found: &[f64], expected: &[f64]) -> bool {
    found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-6 * b.abs().max(1.0))
}

/// Of `keras.Dice(axis=-1)` each voxel is a value, in any layout.
#[test]
fn voxels_that_are_values_have_the_channels_of_their_own() {
    let truth: Vec<f32> = LOGITS.iter().map(|x| f32::from(u8::from(*x > 0.4))).collect();
    let (first, last) = (shape(3, Layout::ChannelsFirst), shape(3, Layout::ChannelsLast));
    let (pred_last, truth_last) = (channels_last(&LOGITS, 3), channels_last(&truth, 3));
    let expected: Vec<f64> = pred_last
        .chunks(3)
        .zip(truth_last.chunks(3))
        .map(|(p, t)| {
            let sum = |f: &dyn Fn(f64, f64) -> f64| p.iter().zip(t).map(|(&p, &t)| f(p.into(), t.into())).sum::<f64>();
            1.0 - 2.0 * sum(&|p, t| p * t) / (sum(&|p, _| p) + sum(&|_, t| t) + 1e-7)
        })
        .collect();
    let mean = expected.iter().sum::<f64>() / 12.0;
    for at in ALL.iter() {
        for (reduction, expected, axes) in [
            ("none", expected.clone(), vec![2, 2, 3]),
            ("sum", vec![12.0 * mean], vec![]),
            ("sum_over_batch_size", vec![mean], vec![]),
        ] {
            let loss = Loss::from_call(&format!("keras.Dice(axis=-1, reduction='{reduction}')")).unwrap();
            let of = |shape: &Shape, p, t| {
                let volume = |values| Volume::f32(shape.clone(), values).unwrap();
                loss.evaluate_with_gradient(
                    &at.engine,
                    Operands::new(Pair { pred: volume(p), truth: volume(t) }),
                    Whose::Ours,
                )
                .unwrap()
            };
            let (of_last, gradient_last) = of(&last, &pred_last, &truth_last);
            let (of_first, gradient_first) = of(&first, &LOGITS, &truth);
            assert!(all_close(&of_last.values, &expected), "{}: {of_last:?} {expected:?}", at.name);
            assert_eq!((&of_last, of_last.shape.clone()), (&of_first, axes));
            assert_eq!(channels_last(&gradient_first, 3), gradient_last, "{reduction}");
        }
    }
}

#[test]
fn voxels_that_are_values_are_refused_what_does_not_fit() {
    let last = shape(3, Layout::ChannelsLast);
    let loss = Loss::from_call("keras.Tversky(axis=-1)").unwrap();
    let evaluate = |operands| loss.evaluate(&strict(), operands, Whose::Ours);
    // A mask was left out in silence, and a truth of another shape cut short or read beyond its end.
    let mask = [1u8; 12];
    let operands = Operands::new(Pair { pred: volume(&last, &LOGITS), truth: volume(&last, &LOGITS) });
    let masked = operands.clone().masked(Volume::u8(shape(1, Layout::ChannelsLast), &mask).unwrap());
    let error = evaluate(masked).unwrap_err();
    assert!(matches!(error, Error::Call(_)) && error.to_string().contains("axis of Tversky must be"), "{error}");
    for few in [shape(1, Layout::ChannelsLast), shape(2, Layout::ChannelsLast)] {
        let truth = Volume::f32(few.clone(), &LOGITS[..few.elements() as usize]).unwrap();
        let error = evaluate(Operands::new(Pair { pred: volume(&last, &LOGITS), truth })).unwrap_err();
        assert!(matches!(error, Error::ShapeMismatch { .. }), "{error}");
    }
    let mut wrong = LOGITS;
    wrong[19] = f32::NAN;
    let error = evaluate(Operands { pred: Volume::f32(last.clone(), &wrong).unwrap(), ..operands }).unwrap_err();
    let Error::NonFinite { facts } = error else { panic!("{error}") };
    assert_eq!((facts[0].first.sample, facts[0].first.channel, facts[0].first.voxel), (1, 1, 0));
}

fn of_labels<'a>(call: &str, pred: &'a [f32], labels: &'a [u8], mask: Option<(Shape, &'a [u8])>) -> CallValues {
    let pred = Volume::f32(shape(3, Layout::ChannelsFirst), pred).unwrap();
    let labels = LabelMap::u8(shape(1, Layout::ChannelsFirst), labels).unwrap();
    let operands = match mask {
        None => Operands::new(Pair { pred, truth: labels }),
        Some((shape, mask)) => Operands::new(Pair { pred, truth: labels }).masked(Volume::u8(shape, mask).unwrap()),
    };
    Loss::from_call(call).unwrap().evaluate(&ALL[0].engine, operands, Whose::Ours).unwrap()
}

/// Voxels that a mask leaves out are none of the largest values either.
#[test]
fn the_largest_values_are_those_of_the_mask() {
    let call = "nnunet.DC_and_topk_loss({}, {'k': 100}, weight_dice=0)";
    let ignored = "nnunet.DC_and_topk_loss({}, {'k': 100}, weight_dice=0, ignore_label=3)";
    let mask: [u8; 12] = [1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1, 1];
    let mut labels = LABELS;
    labels.iter_mut().zip(mask).filter(|(_, keep)| *keep == 0).for_each(|(label, _)| *label = 3);
    let one = shape(1, Layout::ChannelsFirst);
    let found = of_labels(call, &LOGITS, &LABELS, Some((one, &mask)));
    assert_eq!(found, of_labels(ignored, &LOGITS, &labels, None));
    assert_ne!(found, of_labels(call, &LOGITS, &LABELS, None));
    // A mask of all channels says the same.
    let every: Vec<u8> = mask.chunks(6).flat_map(|sample| [sample; 3].concat()).collect();
    let all = of_labels(call, &LOGITS, &LABELS, Some((shape(3, Layout::ChannelsFirst), &every)));
    assert!(all_close(&all.values, &found.values), "{all:?} {found:?}");
}

/// A mask beside a truth with a channel of ignored voxels is checked like any other, and may tell channels apart.
#[test]
fn a_mask_beside_an_ignore_channel_is_checked() {
    let (pred_shape, truth_shape) = (shape(2, Layout::ChannelsFirst), shape(3, Layout::ChannelsFirst));
    let pred: Vec<f32> = LOGITS[..24].to_vec();
    let truth: Vec<f32> = (0..36).map(|i| f32::from(u8::from(i % 5 == 0 && i % 18 < 12))).collect();
    let loss = Loss::from_call("nnunet.DC_and_BCE_loss({}, {}, use_ignore_label=True)").unwrap();
    let evaluate = |mask: Option<Volume<'_>>| {
        let operands = Operands::new(Pair {
            pred: Volume::f32(pred_shape.clone(), &pred).unwrap(),
            truth: Volume::f32(truth_shape.clone(), &truth).unwrap(),
        });
        loss.evaluate_with_gradient(&ALL[0].engine, Operands { mask, ..operands }, Whose::Ours)
    };
    let short = Volume::u8(Shape::new(1, 1, [2, 3]).unwrap(), &[0; 6]).unwrap();
    assert!(matches!(evaluate(Some(short)), Err(Error::ShapeMismatch { .. })));
    let gray = [7u8; 12];
    let gray = Volume::u8(shape(1, Layout::ChannelsFirst), &gray).unwrap();
    assert!(matches!(evaluate(Some(gray)), Err(Error::Parameter { name: "a voxel of the mask", .. })));
    // One channel of one voxel: its neighbour in the other channel stays.
    let mut mask = [1u8; 24];
    mask[0] = 0;
    let (_, gradient) = evaluate(Some(Volume::u8(pred_shape.clone(), &mask).unwrap())).unwrap();
    assert!(gradient[0] == 0.0 && gradient[6] != 0.0, "{gradient:?}");
}

/// 0/0 is NaN in MONAI, and so is a mean with it; here it is left out, counted, and told.
#[test]
fn an_empty_class_without_smoothing_is_told() {
    let labels = LABELS.map(|label| label.min(1));
    let pred: Vec<f32> = LOGITS.iter().enumerate().map(|(i, &p)| if i % 18 < 12 { p } else { 0.0 }).collect();
    let call = "monai.DiceLoss(smooth_nr=0, smooth_dr=0)";
    let found = of_labels(call, &pred, &labels, None);
    assert!(found.values[0].is_finite() && found.undefined == 2, "{found:?}");
    assert!(found.departs.len() == 1 && found.departs[0].library_values[0].is_nan(), "{found:?}");
    assert!(found.departs[0].why.contains("0 by 0"));
    // Values by themselves are NaN in both.
    let each = of_labels("monai.DiceLoss(smooth_nr=0, smooth_dr=0, reduction='none')", &pred, &labels, None);
    assert_eq!((each.undefined, each.departs.len()), (2, 0));
    assert_eq!(each.values.iter().filter(|value| value.is_nan()).count(), 2);
    let smoothed = of_labels("monai.DiceLoss()", &pred, &labels, None);
    assert_eq!((smoothed.undefined, smoothed.departs.len()), (0, 0));
}

/// SMP clips a probability before it makes a factor of it.
#[test]
fn the_focal_factor_is_of_the_clipped_probability() {
    let shape = Shape::new(1, 1, [2]).unwrap();
    let one = Volume::f32(shape.clone(), &[1.0, 1.0]).unwrap();
    let value = |call: &str, p: f32| {
        let pred = [p; 2];
        let operands = Operands::new(Pair { pred: Volume::f32(shape.clone(), &pred).unwrap(), truth: one.clone() });
        Loss::from_call(call).unwrap().evaluate(&ALL[0].engine, operands, Whose::Ours).unwrap().values[0]
    };
    let found = value("smp.FocalLoss('binary', from_logits=False, eps=0.1)", 1.0);
    assert!((found - 0.01 * -(0.9f64.ln())).abs() < 1e-9, "{found}");
    let found = value("smp.FocalLoss('binary', from_logits=False, gamma=1.5)", 1.0000001);
    assert!((0.0..1e-6).contains(&found), "{found}");
}

/// nnU-Net's functions by their whole names: one of their parts may stand in the name of something else.
#[test]
fn a_function_is_its_whole_name() {
    let recipe = |name: &str| {
        let call = Loss::from_call(&format!("nnunet.MemoryEfficientSoftDiceLoss(apply_nonlin={name})")).unwrap();
        call.recipe(&Given::new(1, 2, vec![4])).map(|recipe| recipe.terms[0].options.activation)
    };
    for name in ["softmax_helper_dim1", "nnunetv2.utilities.helpers.softmax_helper_dim1", "torch.softmax", "'softmax'"]
    {
        assert_eq!(recipe(name).unwrap(), Activation::Softmax, "{name}");
    }
    assert_eq!(recipe("torch.sigmoid").unwrap(), Activation::Sigmoid);
    for name in ["softmax_helper_dim0", "F.log_softmax", "F.logsigmoid", "gumbel_softmax", "nothing"] {
        assert!(recipe(name).unwrap_err().to_string().contains("apply_nonlin of"), "{name}");
    }
}

/// The default of a class is known, and costs nothing where no label can be it.
#[test]
fn a_negative_label_is_in_no_label_map() {
    let given = Given::new(1, 3, vec![4]);
    for call in ["smp.SoftCrossEntropyLoss(smooth_factor=0)", "smp.SoftBCEWithLogitsLoss()"] {
        let call = Loss::from_call(call).unwrap();
        assert_eq!(call.ignored(), Some(-100));
        assert_eq!(call.recipe(&given).unwrap().ignore, Ignore::Value(-100));
        assert_eq!(call.recipe(&given.clone().with_labels()).unwrap().ignore, Ignore::Nothing);
    }
    let ignored = |call| Loss::from_call(call).unwrap().ignored();
    assert_eq!(ignored("smp.SoftBCEWithLogitsLoss(ignore_index=None)"), None);
    assert_eq!(ignored("smp.SoftBCEWithLogitsLoss(ignore_index=3)"), Some(3));
    assert_eq!(ignored("smp.DiceLoss('binary')"), None);
}

/// MONAI weighs a voxel with what is left of an ignored class; a voxel that is ignored in part is refused.
#[test]
fn a_voxel_is_ignored_or_it_is_not() {
    let shape = Shape::new(1, 3, [2]).unwrap();
    let loss = Loss::from_call("monai.DiceLoss(ignore_index=1)").unwrap();
    let of = |truth: [f32; 6]| {
        let operands = Operands::new(Pair {
            pred: Volume::f32(shape.clone(), &LOGITS[..6]).unwrap(),
            truth: Volume::f32(shape.clone(), &truth).unwrap(),
        });
        loss.evaluate(&ALL[0].engine, operands, Whose::Ours)
    };
    assert!(of([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]).is_ok());
    let error = of([0.5, 0.0, 0.5, 1.0, 0.0, 0.0]).unwrap_err();
    assert!(matches!(error, Error::Parameter { name: "the truth of the ignored class", .. }), "{error}");
}

/// What the library cannot compute is no reason not to compute what is right.
#[test]
fn a_number_that_the_library_has_not_does_not_fail_ours() {
    let mut pred = LOGITS;
    pred[3] = 0.0;
    let pred_volume = || Volume::f32(shape(3, Layout::ChannelsFirst), &pred).unwrap();
    let labels = || LabelMap::u8(shape(1, Layout::ChannelsFirst), &LABELS).unwrap();
    let loss = Loss::from_call("smp.FocalLoss('multiclass', from_logits=False, eps=0)").unwrap();
    let of = |whose| {
        loss.evaluate_with_gradient(&strict(), Operands::new(Pair { pred: pred_volume(), truth: labels() }), whose)
    };
    let (found, gradient) = of(Whose::Ours).unwrap();
    assert!(found.values[0].is_finite() && gradient.len() == 36);
    assert!(found.departs[0].library_values[0].is_nan(), "{found:?}");
    assert!(of(Whose::Library).is_err());
}

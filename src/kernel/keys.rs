//! Every key that the GPU backend can use, at two numbers of lanes: the list for tests without a GPU.

use super::form::{Accumulate, Activate, Factor, Form, Loss};
use super::instances::InstancesKernel;
use super::source::{Dot, FEW_CLASSES, Int64, Key, Operand, Shader, Statistic};
use super::surface::SurfaceKernel;
use crate::dtype::{Dtype, TruthKind};

/// Every shader that the GPU backend can use, at two numbers of lanes.
pub fn all() -> Vec<Shader> {
    keys().iter().map(Key::shader).collect()
}

pub(crate) fn keys() -> Vec<Key> {
    let mut keys = [Statistic::Gather, Statistic::FoldFew, Statistic::FoldCounts].map(Key::alone).to_vec();
    for slots in 3..=7 {
        let integers = [false, true].into_iter().take(if slots == 4 || slots == 7 { 1 } else { 2 });
        keys.extend(integers.map(|integers| Key::alone(Statistic::FoldSums { slots, integers })));
    }
    keys.extend(SurfaceKernel::all().into_iter().map(|kernel| Key::alone(Statistic::Surface(kernel))));
    keys.extend(InstancesKernel::ALL.map(|kernel| Key::alone(Statistic::Instances(kernel))));
    let labels = [Dtype::U8, Dtype::U16, Dtype::U32];
    for (pred, truth) in pairs(labels, labels) {
        for kernel in
            [SurfaceKernel::Boxes { search: false }, SurfaceKernel::Boxes { search: true }, SurfaceKernel::Bits]
        {
            keys.push(Key { pred, truth, lanes: 256, statistic: Statistic::Surface(kernel) });
        }
    }
    for lanes in [256, 4] {
        sums_keys(lanes, &mut keys);
        for (pred, truth) in pairs(labels, labels) {
            let mut push = |statistic| keys.push(Key { pred, truth, lanes, statistic });
            for (classes, high) in [(1, false), (5, false), (FEW_CLASSES as u32, true)] {
                push(Statistic::CountsFew { classes, high });
            }
            push(Statistic::LabelRange);
            for (search, overlaps) in [(false, false), (true, false), (false, true), (true, true)] {
                push(Statistic::CountsMany { direct: lanes < 256, search, overlaps });
            }
        }
    }
    keys
}

/// Every pair of types, as packed operands.
fn pairs(
    preds: impl IntoIterator<Item = Dtype>,
    truths: impl IntoIterator<Item = Dtype> + Clone,
) -> Vec<(Operand, Operand)> {
    let packed = |dtype| Operand { dtype, strided: false };
    let each = |pred| truths.clone().into_iter().map(move |truth| (packed(pred), packed(truth)));
    preds.into_iter().flat_map(each).collect()
}

fn sums_keys(lanes: u32, keys: &mut Vec<Key>) {
    let reals = [Dtype::F32, Dtype::F16, Dtype::U8, Dtype::U16];
    let labels = [Dtype::U8, Dtype::U16, Dtype::U32];
    let with_kind = |kind, pairs: Vec<(Operand, Operand)>| pairs.into_iter().map(move |(p, t)| (p, t, kind));
    // One pair shows how the other floats are decoded; beside f64 the other operand is widened.
    let others = [pairs([Dtype::Bf16], [Dtype::Bf16]), pairs([Dtype::F64], [Dtype::F64, Dtype::F32])].concat();
    let operands = with_kind(TruthKind::Real, pairs(reals, reals))
        .chain(with_kind(TruthKind::Real, others))
        .chain(with_kind(TruthKind::Labels, pairs(reals, labels)))
        .chain(with_kind(TruthKind::Labels, pairs([Dtype::F64], [Dtype::U8])));
    for (mut pred, mut truth, kind) in operands {
        for strided in [false, true] {
            pred.strided = strided;
            truth.strided = strided && kind == TruthKind::Real;
            let doubles = pred.dtype == Dtype::F64 && truth.dtype == Dtype::F64;
            let f32s = pred.dtype == Dtype::F32 && truth.dtype.size() == 4;
            for activation in [
                Activate::None,
                Activate::Sigmoid,
                Activate::Softmax,
                Activate::Normalise,
                Activate::Threshold,
                Activate::Argmax,
            ] {
                let mut push = |statistic| keys.push(Key { pred, truth, lanes, statistic });
                // Accumulators do not see the operands' types: their product is listed for one pair of types.
                let all = [Accumulate::Plain, Accumulate::Squared, Accumulate::Power, Accumulate::All];
                let forms: Vec<_> =
                    all.into_iter().flat_map(|terms| losses(terms).map(move |loss| (terms, loss))).collect();
                for &(terms, pointwise) in &forms {
                    let form = Form { activation, truth: kind, terms, pointwise };
                    let sums = |careful, int64, dot| Statistic::Sums { form, careful, int64, dot };
                    let key = Key { pred, truth, lanes, statistic: sums(false, Int64::Pairs, Dot::Packed) };
                    let typed = key.whole_words(form, false, Dot::Packed).is_some() || doubles && key.sums_doubles();
                    if !(f32s || typed) && (terms != Accumulate::Squared || pointwise != Loss::None) {
                        continue;
                    }
                    for int64 in [Int64::Pairs, Int64::Native] {
                        push(sums(false, int64, Dot::Packed));
                        push(sums(true, int64, Dot::Packed));
                        if key.integer_sums() {
                            push(sums(false, int64, Dot::Plain));
                        }
                    }
                }
                push(Statistic::Survey { activation, truth: kind });
                match activation {
                    Activate::None => {
                        push(Statistic::GradientExact { truth: kind, int64: Int64::Pairs });
                        push(Statistic::GradientExact { truth: kind, int64: Int64::Native });
                    }
                    Activate::Threshold | Activate::Argmax => continue,
                    Activate::Sigmoid | Activate::Softmax | Activate::Normalise => {}
                }
                for (terms, pointwise) in forms {
                    let form = Form { activation, truth: kind, terms, pointwise };
                    if f32s
                        && !(activation == Activate::None
                            && (pointwise, terms == Accumulate::Power) == (Loss::None, false))
                    {
                        push(Statistic::Gradient { form, int64: Int64::Pairs });
                        push(Statistic::Gradient { form, int64: Int64::Native });
                    }
                }
            }
        }
    }
}

/// Losses beside these terms. A factor does not see the terms either: all of them are listed beside one.
fn losses(terms: Accumulate) -> impl Iterator<Item = Loss> {
    let named =
        [Loss::None, Loss::CrossEntropy, Loss::BinaryCrossEntropy, Loss::Focal, Loss::CategoricalFocal].into_iter();
    let factors = [Factor::Confidence, Factor::None, Factor::Apart, Factor::Margin, Factor::Reduced, Factor::Miss];
    let listed = if terms == Accumulate::Plain { factors.len() } else { 1 };
    named.chain(factors.into_iter().take(listed).map(Loss::Entropy))
}

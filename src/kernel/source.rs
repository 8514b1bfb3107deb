//! The WGSL of every kernel, as data: for the GPU backend, for tests without a GPU, and for running the same kernels
//! under another WGSL implementation.
//!
//! A shader is a join of fragments: the task decoder, a loader and a decoder per operand, the 64-bit arithmetic, the
//! accumulator and the strategy. Numbers are set by pipeline-overridable constants. Loader and decoder fragments are
//! written once, for the prediction (`p_`, binding 0); a renamed copy (`t_`, binding 1) serves the truth.

mod fragment;

use super::form::{Accumulate, Activate, Form, Loss};
use crate::volume::{Dtype, TruthKind};

/// One shader: its text and the values of its constants.
#[derive(Debug, Clone, PartialEq)]
pub struct Shader {
    /// Statistic, operand types and variant, such as `sums f32xu8 squared u64`.
    pub name: String,
    /// The whole module; its entry point is `main`, its workgroup size 256.
    pub wgsl: String,
    /// Values of its `override` constants.
    pub constants: Vec<(&'static str, f64)>,
    /// Whether it needs 64-bit integers (wgpu's `SHADER_INT64`).
    pub needs_int64: bool,
}

/// How 64-bit integers are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Int64 {
    /// Pairs of `u32`: everywhere.
    Pairs,
    /// `u64`, where the adapter has it.
    Native,
}

/// Everything that distinguishes one pipeline from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub pred: Operand,
    pub truth: Operand,
    /// Lanes that share a task.
    pub lanes: u32,
    pub statistic: Statistic,
}

/// How an operand is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Operand {
    pub dtype: Dtype,
    /// Whether the voxels of a cell are further apart than one element.
    pub strided: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Statistic {
    Sums {
        form: Form,
        careful: bool,
        int64: Int64,
    },
    Survey {
        activation: Activate,
        truth: TruthKind,
    },
    GradientExact {
        truth: TruthKind,
    },
    Gradient {
        form: Form,
    },
    CountsFew,
    CountsMany {
        direct: bool,
        search: bool,
        overlaps: bool,
    },
    LabelRange,
    /// Copies voxels; of this and the others below, operands and lanes do not matter.
    Gather,
    /// Adds partials up for results that stay on the GPU.
    FoldSums {
        slots: u32,
        words: u32,
        integers: bool,
    },
    FoldCounts,
}

/// Most classes that `counts_few.wgsl` takes, and most that one pass of `counts_many.wgsl` takes.
pub(crate) const FEW_CLASSES: usize = 8;
pub(crate) const MANY_CLASSES: usize = 1024;

/// u32 words of one survey partial.
pub(crate) const SURVEY_WORDS: u32 = 8;

impl Key {
    /// Whether the partials of a sums kernel are plain integers instead of grid units.
    pub fn integer_sums(&self) -> bool {
        let plain = matches!(self.statistic, Statistic::Sums { form, .. } if form.is_plain());
        plain && self.pred.dtype == Dtype::U8 && self.truth.dtype == Dtype::U8
    }

    /// A kernel that loads no voxels of two operands.
    pub fn alone(statistic: Statistic) -> Self {
        let operand = Operand { dtype: Dtype::U32, strided: false };
        Self { pred: operand, truth: operand, lanes: 256, statistic }
    }

    fn loads(&self) -> bool {
        !matches!(self.statistic, Statistic::Gather | Statistic::FoldSums { .. } | Statistic::FoldCounts)
    }

    pub fn shader(&self) -> Shader {
        let mut parts = vec![fragment::TASKS.to_owned()];
        let mut constants = vec![("LANES", f64::from(self.lanes))];
        if self.loads() {
            parts.push(fragment::loader(self.pred.dtype).to_owned());
            parts.push(for_truth(fragment::loader(self.truth.dtype)));
            constants.push(("P_STRIDED", flag(self.pred.strided)));
            constants.push(("T_STRIDED", flag(self.truth.strided)));
        }
        let mut needs_int64 = false;
        let variant = match self.statistic {
            Statistic::Sums { form, careful, int64 } => {
                needs_int64 = int64 == Int64::Native;
                self.push_sums(form, careful, int64, &mut parts, &mut constants);
                let careful = if careful { " careful" } else { "" };
                format!(
                    "sums {:?} {:?} {:?} {:?} {int64:?}{careful}",
                    form.activation, form.truth, form.terms, form.pointwise
                )
            }
            Statistic::Survey { activation, truth } => {
                self.push_values(activation, truth, false, &mut parts);
                parts.push(fragment::SURVEY.into());
                format!("survey {activation:?} {truth:?}")
            }
            Statistic::GradientExact { truth } => {
                self.push_values(Activate::None, truth, false, &mut parts);
                parts.push(fragment::GRADIENT_EXACT.into());
                format!("gradient exact {truth:?}")
            }
            Statistic::Gradient { form } => {
                constants.push(("SQUARES", flag(matches!(form.terms, Accumulate::Squared | Accumulate::All))));
                constants.push(("POWER", flag(form.terms == Accumulate::Power)));
                constants.push(("POINTWISE", form.pointwise as u32 as f64));
                constants.push(("SIGMOID", flag(form.activation == Activate::Sigmoid)));
                constants.push(("SOFTMAX", flag(form.activation == Activate::Softmax)));
                constants.push(("NORMALISE", flag(form.activation == Activate::Normalise)));
                self.push_values(form.activation, form.truth, false, &mut parts);
                parts.push(if form.pointwise == Loss::Entropy { fragment::ENTROPY } else { fragment::SLOPES }.into());
                parts.push(fragment::GRADIENT.into());
                format!("gradient {:?} {:?} {:?} {:?}", form.activation, form.truth, form.terms, form.pointwise)
            }
            Statistic::CountsFew => {
                parts.push(fragment::COUNTS_FEW.into());
                "counts few".into()
            }
            Statistic::CountsMany { direct, search, overlaps } => {
                let mut name = String::from("counts many");
                for (constant, on, word) in
                    [("DIRECT", direct, " direct"), ("SEARCH", search, " search"), ("OVERLAPS", overlaps, " overlaps")]
                {
                    constants.push((constant, flag(on)));
                    name.push_str(if on { word } else { "" });
                }
                parts.push(fragment::COUNTS_MANY.into());
                name
            }
            Statistic::LabelRange => {
                parts.push(fragment::LABEL_RANGE.into());
                "label range".into()
            }
            Statistic::Gather => {
                parts.push(fragment::GATHER.into());
                "gather".into()
            }
            Statistic::FoldSums { slots, words, integers } => {
                constants.push(("SLOTS", slots.into()));
                constants.push(("WORDS", words.into()));
                constants.push(("INTEGERS", flag(integers)));
                parts.push(fragment::FOLD_SUMS.into());
                format!("fold sums, {slots} slots{}", if integers { ", integers" } else { "" })
            }
            Statistic::FoldCounts => {
                parts.push(fragment::FOLD_COUNTS.into());
                "fold counts".into()
            }
        };
        let of = |operand: Operand| format!("{:?}{}", operand.dtype, if operand.strided { " strided" } else { "" });
        let name = match self.loads() {
            true => format!("{variant}, {} x {}, {} lanes", of(self.pred), of(self.truth), self.lanes),
            false => variant,
        };
        Shader { name, wgsl: parts.join("\n"), constants, needs_int64 }
    }

    fn push_sums(
        &self,
        form: Form,
        careful: bool,
        int64: Int64,
        parts: &mut Vec<String>,
        constants: &mut Vec<(&'static str, f64)>,
    ) {
        let integers = self.integer_sums();
        self.push_values(form.activation, form.truth, integers, parts);
        let exact = match int64 {
            Int64::Pairs => fragment::EXACT_U32,
            Int64::Native => fragment::EXACT_U64,
        };
        parts.push(exact.into());
        constants.push(("TERMS", form.terms().into()));
        constants.push(("SLOTS", form.slots().into()));
        constants.push(("WORDS", form.words().into()));
        constants.push(("SHARED", f64::from(form.slots()) * 256.0));
        if integers {
            parts.push(fragment::SUMS_LANE_U8.into());
        } else {
            constants.push(("CAREFUL", flag(careful)));
            constants.push(("POWER", flag(form.terms == Accumulate::Power)));
            constants.push(("POINTWISE", form.pointwise as u32 as f64));
            parts.push(if form.pointwise == Loss::Entropy { fragment::ENTROPY } else { fragment::POINTWISE }.into());
            parts.push(fragment::SUMS_LANE.into());
        }
        parts.push(fragment::SUMS.into());
    }

    /// The fragments that make `pred()` and `truth()`: decoded elements, activated or compared with a label.
    fn push_values(&self, activation: Activate, truth: TruthKind, integers: bool, parts: &mut Vec<String>) {
        // Labels are compared as they are, and so are the integers of the u8 accumulator summed.
        let as_they_are = Dtype::F32;
        let pred = if integers { as_they_are } else { self.pred.dtype };
        let labels = truth == TruthKind::Labels;
        let truth_values = if integers || labels { as_they_are } else { self.truth.dtype };
        parts.push(fragment::decoder(pred).into());
        parts.push(fragment::LOAD.into());
        parts.push(for_truth(fragment::decoder(truth_values)));
        parts.push(for_truth(fragment::LOAD));
        parts.push(fragment::ACTIVATED.into());
        parts.push(fragment::activation(activation).into());
        parts.push(if labels { fragment::TRUTH_LABELS.into() } else { fragment::TRUTH_REAL.into() });
    }
}

fn flag(on: bool) -> f64 {
    if on { 1.0 } else { 0.0 }
}

/// A loader or decoder fragment for the other operand.
fn for_truth(text: &str) -> String {
    text.replace("p_", "t_").replace("P_", "T_").replace("@binding(0)", "@binding(1)")
}

/// Every shader that the GPU backend can ask for, at two numbers of lanes.
pub fn all() -> Vec<Shader> {
    keys().iter().map(Key::shader).collect()
}

pub(crate) fn keys() -> Vec<Key> {
    let mut keys = vec![Key::alone(Statistic::Gather), Key::alone(Statistic::FoldCounts)];
    for (slots, words) in (3..=7).map(|slots| (slots, (2 * slots + 1u32).next_multiple_of(4))) {
        let integers = [false, true].into_iter().take(if slots == 4 || slots == 7 { 1 } else { 2 });
        keys.extend(integers.map(|integers| Key::alone(Statistic::FoldSums { slots, words, integers })));
    }
    for lanes in [256, 4] {
        sums_keys(lanes, &mut keys);
        let labels = [Dtype::U8, Dtype::U16, Dtype::U32];
        for (pred, truth) in pairs(labels, labels) {
            let mut push = |statistic| keys.push(Key { pred, truth, lanes, statistic });
            push(Statistic::CountsFew);
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
    let operands =
        with_kind(TruthKind::Real, pairs(reals, reals)).chain(with_kind(TruthKind::Labels, pairs(reals, labels)));
    for (mut pred, mut truth, kind) in operands {
        for strided in [false, true] {
            pred.strided = strided;
            truth.strided = strided && kind == TruthKind::Real;
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
                let losses = [
                    Loss::None,
                    Loss::CrossEntropy,
                    Loss::BinaryCrossEntropy,
                    Loss::Focal,
                    Loss::CategoricalFocal,
                    Loss::Entropy,
                ];
                let forms = all.into_iter().flat_map(|terms| losses.map(|pointwise| (terms, pointwise)));
                for (terms, pointwise) in forms {
                    let form = Form { activation, truth: kind, terms, pointwise };
                    if !f32s && (terms != Accumulate::Squared || pointwise != Loss::None) {
                        continue;
                    }
                    for int64 in [Int64::Pairs, Int64::Native] {
                        push(Statistic::Sums { form, careful: false, int64 });
                        push(Statistic::Sums { form, careful: true, int64 });
                    }
                }
                push(Statistic::Survey { activation, truth: kind });
                match activation {
                    Activate::None => push(Statistic::GradientExact { truth: kind }),
                    Activate::Threshold | Activate::Argmax => continue,
                    Activate::Sigmoid | Activate::Softmax | Activate::Normalise => {}
                }
                for (terms, pointwise) in all.into_iter().flat_map(|terms| losses.map(|pointwise| (terms, pointwise))) {
                    let form = Form { activation, truth: kind, terms, pointwise };
                    if f32s
                        && !(activation == Activate::None
                            && (pointwise, terms == Accumulate::Power) == (Loss::None, false))
                    {
                        push(Statistic::Gradient { form });
                    }
                }
            }
        }
    }
}

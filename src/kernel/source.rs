//! The WGSL of every kernel, as data: for the GPU backend, for tests without a GPU, and for running the same kernels
//! under another WGSL implementation.
//!
//! A shader is a join of fragments: the task decoder, a loader and a decoder per operand, the 64-bit arithmetic, the
//! accumulator and the strategy. Numbers are set by pipeline-overridable constants. Loader and decoder fragments are
//! written once, for the prediction (`p_`, binding 0); a renamed copy (`t_`, binding 1) serves the truth.

pub(super) mod fragment;

use super::form::{Accumulate, Activate, Form, Loss};
use super::instances::InstancesKernel;
use super::surface::SurfaceKernel;
use crate::dtype::{Dtype, TruthKind};
use fragment::flag;

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

/// How dot products of packed bytes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Dot {
    /// By WGSL's `packed_4x8_integer_dot_product`, which not every browser has.
    Packed,
    /// Byte by byte.
    Plain,
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
        /// Of two u8 operands.
        dot: Dot,
    },
    Survey {
        activation: Activate,
        truth: TruthKind,
    },
    GradientExact {
        truth: TruthKind,
        int64: Int64,
    },
    Gradient {
        form: Form,
        int64: Int64,
    },
    CountsFew {
        /// How many classes.
        classes: u32,
        /// Whether a label is above 15.
        high: bool,
    },
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
        integers: bool,
    },
    FoldFew,
    FoldCounts,
    Surface(SurfaceKernel),
    Instances(InstancesKernel),
}

/// Most classes that `counts_few.wgsl` takes, and most that one pass of `counts_many.wgsl` takes.
pub(crate) const FEW_CLASSES: usize = 8;
#[cfg(feature = "gpu")]
pub(crate) const MANY_CLASSES: usize = 1024;

/// u32 words of one survey partial.
#[cfg(feature = "gpu")]
pub(crate) const SURVEY_WORDS: u32 = 8;

impl Key {
    /// Whether the partials of a sums kernel are plain integers instead of grid units.
    pub fn integer_sums(&self) -> bool {
        let plain = matches!(self.statistic, Statistic::Sums { form, .. } if form.is_plain());
        plain && self.pred.dtype == Dtype::U8 && self.truth.dtype == Dtype::U8
    }

    /// Whether voxels are summed from their f64 bits.
    pub fn sums_doubles(&self) -> bool {
        let values = matches!(self.statistic, Statistic::Sums { form, .. } if form.is_of_values());
        values && [self.pred, self.truth].iter().any(|operand| operand.dtype == Dtype::F64)
    }

    /// A kernel that loads no voxels of two operands.
    pub fn alone(statistic: Statistic) -> Self {
        let operand = Operand { dtype: Dtype::U32, strided: false };
        Self { pred: operand, truth: operand, lanes: 256, statistic }
    }

    fn loads(&self) -> bool {
        use Statistic::{FoldCounts, FoldFew, FoldSums, Gather, Instances, Surface};
        match self.statistic {
            Surface(kernel) => kernel.loads(),
            other => !matches!(other, Gather | FoldSums { .. } | FoldFew | FoldCounts | Instances(_)),
        }
    }

    /// Whether 16 u8 elements are loaded at a time: where both operands are u8, so that both have as many voxels in a word.
    fn takes_16_bytes(&self) -> bool {
        let counts = matches!(self.statistic, Statistic::CountsFew { .. } | Statistic::CountsMany { .. });
        let bytes = self.pred.dtype == Dtype::U8 && self.truth.dtype == Dtype::U8;
        bytes && (counts || self.integer_sums()) && !(self.pred.strided || self.truth.strided)
    }

    pub fn shader(&self) -> Shader {
        let mut parts = vec![fragment::TASKS.to_owned()];
        let mut constants = vec![("LANES", f64::from(self.lanes))];
        if self.loads() {
            let bytes = if self.takes_16_bytes() { fragment::BY_16 } else { fragment::BY_4 };
            let loader = |dtype| match dtype {
                Dtype::U8 => format!("{}\n{bytes}", fragment::loader(dtype)),
                _ => fragment::loader(dtype).to_owned(),
            };
            parts.push(loader(self.pred.dtype));
            parts.push(for_truth(&loader(self.truth.dtype)));
            constants.push(("P_STRIDED", flag(self.pred.strided)));
            constants.push(("T_STRIDED", flag(self.truth.strided)));
        }
        let mut needs_int64 = false;
        let variant = match self.statistic {
            Statistic::Sums { form, careful, int64, dot } => {
                needs_int64 = int64 == Int64::Native;
                self.push_sums(form, careful, int64, dot, &mut parts, &mut constants);
                let careful = if careful { " careful" } else { "" };
                let dot = if dot == Dot::Plain { " plain dot" } else { "" };
                format!(
                    "sums {:?} {:?} {:?} {:?} {int64:?}{careful}{dot}",
                    form.activation, form.truth, form.terms, form.pointwise
                )
            }
            Statistic::Survey { activation, truth } => {
                if activation.is_costly() {
                    parts.extend([fragment::EXACT_U32, fragment::FIXED, fragment::SCALED].map(str::to_owned));
                }
                self.push_values(activation, truth, false, &mut parts);
                parts.push(fragment::SURVEY.into());
                format!("survey {activation:?} {truth:?}")
            }
            Statistic::GradientExact { truth, int64 } => {
                needs_int64 = int64 == Int64::Native;
                self.push_values(Activate::None, truth, false, &mut parts);
                parts.push(if needs_int64 { fragment::WIDE_U64 } else { fragment::WIDE_U32 }.into());
                parts.push(fragment::GRADIENT_EXACT.into());
                format!("gradient exact {truth:?} {int64:?}")
            }
            Statistic::Gradient { form, int64 } => {
                needs_int64 = int64 == Int64::Native;
                constants.push(("SQUARES", flag(matches!(form.terms, Accumulate::Squared | Accumulate::All))));
                constants.push(("POWER", flag(form.terms == Accumulate::Power)));
                parts.extend([exact(int64), fragment::FIXED, fragment::SCALED].map(str::to_owned));
                self.push_values(form.activation, form.truth, false, &mut parts);
                parts.extend([fragment::LOGARITHMS, fragment::logarithms(form.activation)].map(str::to_owned));
                match form.pointwise {
                    Loss::None => parts.push(fragment::SLOPES_NONE.into()),
                    loss => push_loss(loss, fragment::SLOPES, &mut parts, &mut constants),
                }
                if !matches!(form.activation, Activate::Softmax | Activate::Normalise) {
                    constants.push(("SIGMOID", flag(form.activation == Activate::Sigmoid)));
                }
                parts.extend([fragment::GRADIENT, fragment::gradient(form.activation)].map(str::to_owned));
                format!(
                    "gradient {:?} {:?} {:?} {:?} {int64:?}",
                    form.activation, form.truth, form.terms, form.pointwise
                )
            }
            Statistic::CountsFew { classes, high } => {
                if self.takes_16_bytes() {
                    constants.push(("CLASSES", classes.into()));
                    constants.push(("HIGH", flag(high)));
                    parts.push(fragment::COUNTS_PLANES.into());
                } else {
                    parts.push(fragment::COUNTS_ANY.into());
                }
                parts.push(fragment::COUNTS_FEW.into());
                format!("counts few, {classes} classes{}", if high { " above 15" } else { "" })
            }
            Statistic::CountsMany { direct, search, overlaps } => {
                let mut name = String::from("counts many");
                for (constant, on, word) in
                    [("DIRECT", direct, " direct"), ("SEARCH", search, " search"), ("OVERLAPS", overlaps, " overlaps")]
                {
                    constants.push((constant, flag(on)));
                    name.push_str(if on { word } else { "" });
                }
                let bytes = self.takes_16_bytes();
                parts.push(if bytes { fragment::RUNS_BYTES } else { fragment::RUNS_ANY }.into());
                parts.extend([fragment::CLASSES, fragment::COUNTS_MANY].map(str::to_owned));
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
            Statistic::FoldSums { slots, integers } => {
                constants.push(("SLOTS", slots.into()));
                constants.push(("INTEGERS", flag(integers)));
                parts.extend([fragment::FOLD_WINDOWS, fragment::FOLD_TASKS, fragment::FOLD_SUMS].map(str::to_owned));
                format!("fold sums, {slots} slots{}", if integers { ", integers" } else { "" })
            }
            Statistic::FoldFew => {
                parts.extend([fragment::FOLD_WINDOWS, fragment::FOLD_TASKS, fragment::FOLD_FEW].map(str::to_owned));
                "fold few counts".into()
            }
            Statistic::FoldCounts => {
                parts.extend([fragment::FOLD_WINDOWS, fragment::FOLD_COUNTS].map(str::to_owned));
                "fold counts".into()
            }
            Statistic::Surface(kernel) => {
                parts.extend(kernel.fragments().iter().map(|&text| text.to_owned()));
                constants.extend(kernel.constants());
                kernel.name()
            }
            Statistic::Instances(kernel) => {
                parts.extend(kernel.fragments().iter().map(|&text| text.to_owned()));
                kernel.name().into()
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
        dot: Dot,
        parts: &mut Vec<String>,
        constants: &mut Vec<(&'static str, f64)>,
    ) {
        let integers = self.integer_sums();
        self.push_values(form.activation, form.truth, integers, parts);
        parts.push(exact(int64).into());
        constants.push(("TERMS", form.terms().into()));
        constants.push(("SLOTS", form.slots().into()));
        constants.push(("WORDS", form.words().into()));
        constants.push(("SHARED", f64::from(form.slots()) * 256.0));
        if integers {
            parts.push(fragment::SUMS_LANE_U8.into());
        } else {
            constants.push(("CAREFUL", flag(careful)));
        }
        if self.sums_doubles() {
            let [pred, truth] = [self.pred, self.truth].map(|operand| fragment::exact(operand.dtype));
            parts.extend([pred.into(), for_truth(truth), fragment::SUMS_DOUBLES.into(), fragment::SUMS.into()]);
            return;
        }
        if !integers {
            let any = form.terms == Accumulate::Power;
            parts.push(if any { fragment::POWER_ANY } else { fragment::POWER_TWO }.into());
            parts.push(fragment::SUMS_LANE.into());
        }
        match self.whole_words(form, careful, dot) {
            _ if form.is_single() => push_single(form, parts, constants),
            Some(texts) => {
                parts.extend(texts.iter().map(|&text| text.into()));
                if texts.contains(&fragment::MASK) {
                    constants.push(("LABELS", flag(form.truth == TruthKind::Labels)));
                }
                parts.push(fragment::SUMS_QUADS.into());
            }
            None => parts.extend([fragment::SUMS_ANY, fragment::SUMS_QUADS].map(str::to_owned)),
        }
        parts.push(fragment::SUMS.into());
    }

    /// The fragments that add whole words of the operands, where there are any for them.
    pub(super) fn whole_words(&self, form: Form, careful: bool, dot: Dot) -> Option<&'static [&'static str]> {
        use fragment::{
            ALIGNED_F16, ALIGNED_F16_MASK, ALIGNED_F32, ALIGNED_MASK, DOT_PACKED, DOT_PLAIN, HALF, MASK, SUMS_ALIGNED,
            SUMS_BYTES,
        };
        let values = form.is_of_values() && !(self.pred.strided || self.truth.strided);
        match (self.pred.dtype, form.truth, self.truth.dtype) {
            _ if !values => None,
            (Dtype::U8, TruthKind::Real, Dtype::U8) => Some(match dot {
                Dot::Packed => &[SUMS_BYTES, DOT_PACKED],
                Dot::Plain => &[SUMS_BYTES, DOT_PLAIN],
            }),
            _ if careful => None,
            (Dtype::F32, TruthKind::Real, Dtype::F32) => Some(&[SUMS_ALIGNED, ALIGNED_F32]),
            (Dtype::F32, _, Dtype::U8) => Some(&[SUMS_ALIGNED, ALIGNED_MASK, MASK]),
            (Dtype::F16, TruthKind::Real, Dtype::F16) => Some(&[SUMS_ALIGNED, ALIGNED_F16, HALF]),
            (Dtype::F16, _, Dtype::U8) => Some(&[SUMS_ALIGNED, ALIGNED_F16_MASK, HALF, MASK]),
            _ => None,
        }
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
        parts.extend(fragment::activation(activation, pred).iter().map(|&text| text.to_owned()));
        parts.push(if labels { fragment::TRUTH_LABELS.into() } else { fragment::TRUTH_REAL.into() });
    }
}

/// 64-bit integers.
fn exact(int64: Int64) -> &'static str {
    match int64 {
        Int64::Pairs => fragment::EXACT_U32,
        Int64::Native => fragment::EXACT_U64,
    }
}

/// The fragments of sums whose voxels are added one by one.
fn push_single(form: Form, parts: &mut Vec<String>, constants: &mut Vec<(&'static str, f64)>) {
    parts.extend([fragment::SUMS_SINGLE, fragment::FIXED, fragment::SCALED].map(str::to_owned));
    if form.pointwise == Loss::None {
        return parts.push(fragment::LOSS_NONE.into());
    }
    parts.extend([fragment::LOGARITHMS, fragment::logarithms(form.activation)].map(str::to_owned));
    push_loss(form.pointwise, fragment::POINTWISE, parts, constants);
    parts.push(fragment::LOSS_SUM.into());
}

/// The fragment of a loss, that of `Entropy` or of those with short names, and the constant that tells them apart.
fn push_loss(loss: Loss, named: &str, parts: &mut Vec<String>, constants: &mut Vec<(&'static str, f64)>) {
    let (fragment, constant, number) = match loss {
        Loss::None => (named, "POINTWISE", 0),
        Loss::CrossEntropy => (named, "POINTWISE", 1),
        Loss::BinaryCrossEntropy => (named, "POINTWISE", 2),
        Loss::Focal => (named, "POINTWISE", 3),
        Loss::CategoricalFocal => (named, "POINTWISE", 4),
        Loss::Entropy(factor) => (fragment::ENTROPY, "FACTOR", factor as u32),
    };
    parts.push(fragment.into());
    constants.push((constant, number.into()));
}

/// A loader or decoder fragment for the other operand.
fn for_truth(text: &str) -> String {
    text.replace("p_", "t_").replace("P_", "T_").replace("@binding(0)", "@binding(1)")
}

//! The WGSL of every kernel, as data: for the GPU backend, for tests without a GPU, and for running the same kernels
//! under another WGSL implementation.
//!
//! A shader is a join of fragments: the task decoder, a loader and a decoder per operand, the 64-bit arithmetic, the
//! accumulator and the strategy. Numbers are set by pipeline-overridable constants. Loader and decoder fragments are
//! written once, for the prediction (`p_`, binding 0); a renamed copy (`t_`, binding 1) serves the truth.

use crate::stats::Terms;
use crate::volume::Dtype;

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
    pub pred: Dtype,
    pub truth: Dtype,
    /// Whether the voxels of a cell are further apart than one element.
    pub strided: bool,
    /// Lanes that share a task.
    pub lanes: u32,
    pub statistic: Statistic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Statistic {
    Sums { terms: Terms, careful: bool, int64: Int64 },
    Survey,
    CountsFew,
    CountsMany { direct: bool, search: bool },
}

/// Most classes that `counts_few.wgsl` takes, and most that one pass of `counts_many.wgsl` takes.
pub(crate) const FEW_CLASSES: usize = 8;
pub(crate) const MANY_CLASSES: usize = 1024;

/// u32 words of one survey partial.
pub(crate) const SURVEY_WORDS: u32 = 8;

/// u32 words of one sums partial: two per sum, `max_abs`, and padding to a multiple of 4.
pub(crate) fn sums_words(terms: Terms) -> u32 {
    (2 * terms.len() as u32 + 1).next_multiple_of(4)
}

impl Key {
    /// Whether the partials of a sums kernel are plain integers instead of grid units.
    pub fn integer_sums(&self) -> bool {
        self.pred == Dtype::U8 && self.truth == Dtype::U8
    }

    pub fn shader(&self) -> Shader {
        let mut parts = vec![fragment::TASKS, fragment::loader(self.pred)];
        let truth_loader = for_truth(fragment::loader(self.truth));
        parts.push(&truth_loader);
        let truth_decoder = for_truth(fragment::decoder(self.truth));
        let decoders = [fragment::decoder(self.pred), &truth_decoder];
        let mut constants = vec![("LANES", f64::from(self.lanes)), ("STRIDED", flag(self.strided))];
        let mut needs_int64 = false;
        let variant = match self.statistic {
            Statistic::Sums { terms, careful, int64 } => {
                constants.push(("TERMS", terms.len() as f64));
                constants.push(("WORDS", f64::from(sums_words(terms))));
                constants.push(("SHARED", terms.len() as f64 * 256.0));
                parts.push(match int64 {
                    Int64::Pairs => fragment::EXACT_U32,
                    Int64::Native => fragment::EXACT_U64,
                });
                needs_int64 = int64 == Int64::Native;
                if self.integer_sums() {
                    parts.push(fragment::SUMS_LANE_U8);
                } else {
                    constants.push(("CAREFUL", flag(careful)));
                    parts.extend(decoders);
                    parts.push(fragment::SUMS_LANE);
                }
                parts.push(fragment::SUMS);
                format!("sums {terms:?} {int64:?}{}", if careful { " careful" } else { "" })
            }
            Statistic::Survey => {
                parts.extend(decoders);
                parts.push(fragment::SURVEY);
                "survey".into()
            }
            Statistic::CountsFew => {
                parts.push(fragment::COUNTS_FEW);
                "counts few".into()
            }
            Statistic::CountsMany { direct, search } => {
                constants.push(("DIRECT", flag(direct)));
                constants.push(("SEARCH", flag(search)));
                parts.push(fragment::COUNTS_MANY);
                let (direct, search) = (if direct { " direct" } else { "" }, if search { " search" } else { "" });
                format!("counts many{direct}{search}")
            }
        };
        let layout = if self.strided { " strided" } else { "" };
        Shader {
            name: format!("{variant} {:?}x{:?}{layout} lanes {}", self.pred, self.truth, self.lanes),
            wgsl: parts.join("\n"),
            constants,
            needs_int64,
        }
    }
}

fn flag(on: bool) -> f64 {
    if on { 1.0 } else { 0.0 }
}

/// A loader or decoder fragment for the other operand.
fn for_truth(text: &str) -> String {
    text.replace("p_", "t_").replace("@binding(0)", "@binding(1)")
}

/// Every shader that the GPU backend can ask for, at two numbers of lanes.
pub fn all() -> Vec<Shader> {
    keys().iter().map(Key::shader).collect()
}

pub(crate) fn keys() -> Vec<Key> {
    let mut keys = Vec::new();
    for lanes in [256, 4] {
        for strided in [false, true] {
            let reals = [Dtype::F32, Dtype::F16, Dtype::U8, Dtype::U16];
            for (pred, truth) in reals.into_iter().flat_map(|p| reals.map(|t| (p, t))) {
                let mut push = |statistic| keys.push(Key { pred, truth, strided, lanes, statistic });
                let integers = pred == Dtype::U8 && truth == Dtype::U8;
                for terms in [Terms::Plain, Terms::Squared, Terms::All] {
                    for int64 in [Int64::Pairs, Int64::Native] {
                        push(Statistic::Sums { terms, careful: false, int64 });
                        if !integers {
                            push(Statistic::Sums { terms, careful: true, int64 });
                        }
                    }
                }
                if !integers {
                    push(Statistic::Survey);
                }
            }
        }
        let labels = [Dtype::U8, Dtype::U16, Dtype::U32];
        for (pred, truth) in labels.into_iter().flat_map(|p| labels.map(|t| (p, t))) {
            let mut push = |statistic| keys.push(Key { pred, truth, strided: false, lanes, statistic });
            push(Statistic::CountsFew);
            for search in [false, true] {
                push(Statistic::CountsMany { direct: lanes < 256, search });
            }
        }
    }
    keys
}

mod fragment {
    use crate::volume::Dtype;

    pub const TASKS: &str = include_str!("../../shaders/tasks.wgsl");
    pub const EXACT_U32: &str = include_str!("../../shaders/exact_u32.wgsl");
    pub const EXACT_U64: &str = include_str!("../../shaders/exact_u64.wgsl");
    pub const SUMS_LANE: &str = include_str!("../../shaders/sums_lane.wgsl");
    pub const SUMS_LANE_U8: &str = include_str!("../../shaders/sums_lane_u8.wgsl");
    pub const SUMS: &str = include_str!("../../shaders/sums.wgsl");
    pub const SURVEY: &str = include_str!("../../shaders/survey.wgsl");
    pub const COUNTS_FEW: &str = include_str!("../../shaders/counts_few.wgsl");
    pub const COUNTS_MANY: &str = include_str!("../../shaders/counts_many.wgsl");

    pub fn loader(dtype: Dtype) -> &'static str {
        match dtype.size() {
            4 => include_str!("../../shaders/p_w32.wgsl"),
            2 => include_str!("../../shaders/p_w16.wgsl"),
            _ => include_str!("../../shaders/p_w8.wgsl"),
        }
    }

    pub fn decoder(dtype: Dtype) -> &'static str {
        match dtype {
            Dtype::F32 => include_str!("../../shaders/p_as_f32.wgsl"),
            Dtype::F16 => include_str!("../../shaders/p_as_f16.wgsl"),
            Dtype::U8 | Dtype::U16 | Dtype::U32 => include_str!("../../shaders/p_as_int.wgsl"),
        }
    }
}

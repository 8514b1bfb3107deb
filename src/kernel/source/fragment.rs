//! The text of every fragment.

use crate::dtype::Dtype;
use crate::kernel::form::Activate;

pub const SUMS_ANY: &str = include_str!("../../../shaders/sums_any.wgsl");
pub const SUMS_ALIGNED: &str = include_str!("../../../shaders/sums_aligned.wgsl");
pub const ALIGNED_F32: &str = include_str!("../../../shaders/aligned_f32.wgsl");
pub const ALIGNED_MASK: &str = include_str!("../../../shaders/aligned_mask.wgsl");
pub const ALIGNED_F16: &str = include_str!("../../../shaders/aligned_f16.wgsl");
pub const ALIGNED_F16_MASK: &str = include_str!("../../../shaders/aligned_f16_mask.wgsl");
pub const HALF: &str = include_str!("../../../shaders/half.wgsl");
pub const MASK: &str = include_str!("../../../shaders/mask.wgsl");
pub const SUMS_BYTES: &str = include_str!("../../../shaders/sums_bytes.wgsl");
pub const DOT_PACKED: &str = include_str!("../../../shaders/dot_packed.wgsl");
pub const DOT_PLAIN: &str = include_str!("../../../shaders/dot_plain.wgsl");
pub const COUNTS_ANY: &str = include_str!("../../../shaders/counts_any.wgsl");
pub const COUNTS_PLANES: &str = include_str!("../../../shaders/counts_planes.wgsl");
pub const RUNS_ANY: &str = include_str!("../../../shaders/runs_any.wgsl");
pub const RUNS_BYTES: &str = include_str!("../../../shaders/runs_bytes.wgsl");
pub const BY_4: &str = include_str!("../../../shaders/p_by4.wgsl");
pub const BY_16: &str = include_str!("../../../shaders/p_by16.wgsl");
pub const FOLD_WINDOWS: &str = include_str!("../../../shaders/fold_windows.wgsl");
pub const FOLD_TASKS: &str = include_str!("../../../shaders/fold_tasks.wgsl");
pub const FOLD_FEW: &str = include_str!("../../../shaders/fold_few.wgsl");
pub const WIDE_U32: &str = include_str!("../../../shaders/wide_u32.wgsl");
pub const WIDE_U64: &str = include_str!("../../../shaders/wide_u64.wgsl");
pub const TASKS: &str = include_str!("../../../shaders/tasks.wgsl");
pub const EXACT_U32: &str = include_str!("../../../shaders/exact_u32.wgsl");
pub const EXACT_U64: &str = include_str!("../../../shaders/exact_u64.wgsl");
pub const SUMS_LANE: &str = include_str!("../../../shaders/sums_lane.wgsl");
pub const SUMS_LANE_U8: &str = include_str!("../../../shaders/sums_lane_u8.wgsl");
pub const SUMS_DOUBLES: &str = include_str!("../../../shaders/sums_doubles.wgsl");
pub const SUMS_QUADS: &str = include_str!("../../../shaders/sums_quads.wgsl");
pub const SUMS_SINGLE: &str = include_str!("../../../shaders/sums_single.wgsl");
pub const FIXED: &str = include_str!("../../../shaders/fixed.wgsl");
pub const SCALED: &str = include_str!("../../../shaders/scaled.wgsl");
pub const LOGARITHMS: &str = include_str!("../../../shaders/logarithms.wgsl");
pub const LOSS_NONE: &str = include_str!("../../../shaders/loss_none.wgsl");
pub const LOSS_SUM: &str = include_str!("../../../shaders/loss_sum.wgsl");
pub const POWER_TWO: &str = include_str!("../../../shaders/power_two.wgsl");
pub const POWER_ANY: &str = include_str!("../../../shaders/power_any.wgsl");
pub const SLOPES_NONE: &str = include_str!("../../../shaders/slopes_none.wgsl");
pub const SUMS: &str = include_str!("../../../shaders/sums.wgsl");
pub const SURVEY: &str = include_str!("../../../shaders/survey.wgsl");
pub const COUNTS_FEW: &str = include_str!("../../../shaders/counts_few.wgsl");
pub const COUNTS_MANY: &str = include_str!("../../../shaders/counts_many.wgsl");

pub const LABEL_RANGE: &str = include_str!("../../../shaders/label_range.wgsl");
pub const FOLD_SUMS: &str = include_str!("../../../shaders/fold_sums.wgsl");
pub const FOLD_COUNTS: &str = include_str!("../../../shaders/fold_counts.wgsl");
pub const GATHER: &str = include_str!("../../../shaders/gather.wgsl");

pub const LOAD: &str = include_str!("../../../shaders/p_load.wgsl");
pub const ACTIVATED: &str = include_str!("../../../shaders/activated.wgsl");
pub const GRADIENT: &str = include_str!("../../../shaders/gradient.wgsl");
pub const GRADIENT_EXACT: &str = include_str!("../../../shaders/gradient_exact.wgsl");
pub const SLOPES: &str = include_str!("../../../shaders/slopes.wgsl");
pub const ENTROPY: &str = include_str!("../../../shaders/entropy.wgsl");
pub const POINTWISE: &str = include_str!("../../../shaders/pointwise.wgsl");
pub const COMPARE_F64: &str = include_str!("../../../shaders/compare_f64.wgsl");
pub const TRUTH_REAL: &str = include_str!("../../../shaders/truth_real.wgsl");
pub const TRUTH_LABELS: &str = include_str!("../../../shaders/truth_labels.wgsl");

pub const CLASSES: &str = include_str!("../../../shaders/classes.wgsl");
pub const SURFACE: &str = include_str!("../../../shaders/surface.wgsl");
pub const SURFACE_BOXES: &str = include_str!("../../../shaders/surface_boxes.wgsl");
pub const SURFACE_BITS: &str = include_str!("../../../shaders/surface_bits.wgsl");
pub const SURFACE_ELEMENTS: &str = include_str!("../../../shaders/surface_elements.wgsl");
pub const SURFACE_ASKED: &str = include_str!("../../../shaders/surface_asked.wgsl");
pub const SURFACE_COUNTS: &str = include_str!("../../../shaders/surface_counts.wgsl");
pub const SURFACE_QUERIES: &str = include_str!("../../../shaders/surface_queries.wgsl");
pub const SURFACE_SQUARES: &str = include_str!("../../../shaders/surface_squares.wgsl");
pub const SURFACE_NEAREST: &str = include_str!("../../../shaders/surface_nearest.wgsl");
pub const SURFACE_SEARCH: &str = include_str!("../../../shaders/surface_search.wgsl");
pub const SURFACE_ROWS: &str = include_str!("../../../shaders/surface_rows.wgsl");
pub const SURFACE_PLANES: &str = include_str!("../../../shaders/surface_planes.wgsl");
pub const SURFACE_COLUMNS: &str = include_str!("../../../shaders/surface_columns.wgsl");
pub const SURFACE_HISTOGRAM: &str = include_str!("../../../shaders/surface_histogram.wgsl");

pub const INSTANCES: &str = include_str!("../../../shaders/instances.wgsl");
pub const INSTANCES_COUNTS: &str = include_str!("../../../shaders/instances_counts.wgsl");
pub const INSTANCES_RUNS: &str = include_str!("../../../shaders/instances_runs.wgsl");
pub const INSTANCES_FIND: &str = include_str!("../../../shaders/instances_find.wgsl");
pub const INSTANCES_MERGE: &str = include_str!("../../../shaders/instances_merge.wgsl");
pub const INSTANCES_COMPRESS: &str = include_str!("../../../shaders/instances_compress.wgsl");

/// What makes `pred`: a comparison sees all digits of f64, and all else begins with the f32 next to it.
pub fn activation(activation: Activate, pred: Dtype) -> &'static [&'static str] {
    match (activation, pred) {
        (Activate::Threshold, Dtype::F64) => &[COMPARE_F64, include_str!("../../../shaders/pred_threshold_f64.wgsl")],
        (Activate::Argmax, Dtype::F64) => &[COMPARE_F64, include_str!("../../../shaders/pred_argmax_f64.wgsl")],
        (Activate::None, _) => &[include_str!("../../../shaders/pred_none.wgsl")],
        (Activate::Sigmoid, _) => &[include_str!("../../../shaders/pred_sigmoid.wgsl")],
        (Activate::Softmax, _) => &[include_str!("../../../shaders/pred_softmax.wgsl")],
        (Activate::Normalise, _) => &[include_str!("../../../shaders/pred_normalise.wgsl")],
        (Activate::Threshold, _) => &[include_str!("../../../shaders/pred_threshold.wgsl")],
        (Activate::Argmax, _) => &[include_str!("../../../shaders/pred_argmax.wgsl")],
    }
}

/// Logarithms of what an activation makes.
pub fn logarithms(activation: Activate) -> &'static str {
    match activation {
        Activate::None | Activate::Threshold | Activate::Argmax => {
            include_str!("../../../shaders/logarithms_values.wgsl")
        }
        Activate::Sigmoid => include_str!("../../../shaders/logarithms_sigmoid.wgsl"),
        Activate::Softmax => include_str!("../../../shaders/logarithms_softmax.wgsl"),
        Activate::Normalise => include_str!("../../../shaders/logarithms_normalise.wgsl"),
    }
}

/// The gradient of a voxel.
pub fn gradient(activation: Activate) -> &'static str {
    match activation {
        Activate::Softmax => include_str!("../../../shaders/gradient_softmax.wgsl"),
        Activate::Normalise => include_str!("../../../shaders/gradient_normalise.wgsl"),
        _ => include_str!("../../../shaders/gradient_channel.wgsl"),
    }
}

pub fn loader(dtype: Dtype) -> &'static str {
    match dtype.size() {
        8 => include_str!("../../../shaders/p_w64.wgsl"),
        4 => include_str!("../../../shaders/p_w32.wgsl"),
        2 => include_str!("../../../shaders/p_w16.wgsl"),
        _ => include_str!("../../../shaders/p_w8.wgsl"),
    }
}

pub fn decoder(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::F64 => include_str!("../../../shaders/p_as_f64.wgsl"),
        Dtype::F32 => include_str!("../../../shaders/p_as_f32.wgsl"),
        Dtype::F16 => include_str!("../../../shaders/p_as_f16.wgsl"),
        Dtype::Bf16 => include_str!("../../../shaders/p_as_bf16.wgsl"),
        Dtype::U8 | Dtype::U16 | Dtype::U32 => include_str!("../../../shaders/p_as_int.wgsl"),
    }
}

/// How a voxel becomes f64 bits.
pub fn exact(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::F64 => include_str!("../../../shaders/p_exact.wgsl"),
        _ => include_str!("../../../shaders/p_widened.wgsl"),
    }
}

/// A constant that switches something on.
pub(in crate::kernel) fn flag(on: bool) -> f64 {
    if on { 1.0 } else { 0.0 }
}

//! What a kernel is told beside its operands.

/// The numbers a kernel gets. Twin: `Params` in shaders/tasks.wgsl; a test compares the layouts.
#[derive(Debug, Clone, Copy, PartialEq, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
#[allow(missing_docs)] // each field is explained where it is read, in tasks.wgsl
pub struct Params {
    pub tasks: u32,
    pub groups_x: u32,
    pub listed: u32,
    pub channels: u32,
    pub blocks_per_cell: u32,
    pub first_block: u32,
    pub first_start: i32,
    pub tail_voxels: u32,
    pub cell_voxels: u32,
    pub window_rows: u32,
    pub p_head: u32,
    pub t_head: u32,
    pub classes: u32,
    pub class_base: u32,
    pub aux_len: u32,
    pub groups: u32,
    pub p_row: u32,
    pub p_channel: u32,
    pub t_row: u32,
    pub t_channel: u32,
    pub power: f32,
    pub threshold: f32,
    pub threshold_low: u32,
    pub threshold_high: u32,
    pub gamma: f32,
    pub alpha: f32,
    pub task_channels: u32,
    pub r_head: u32,
    pub r_row: u32,
    pub r_channel: u32,
    pub on: f32,
    pub off: f32,
    pub keep: f32,
    pub add: f32,
    pub clip_low: f32,
    pub clip_high: f32,
    pub ratio: f32,
    pub part: u32,
    pub measure: u32,
    pub parts: u32,
    pub part_voxels: u32,
}

/// A number of the options as kernels have it: the f32 next to it, and the largest f32 for what is beyond.
pub(crate) fn parameter(x: f64) -> f32 {
    (x as f32).clamp(f32::MIN, f32::MAX)
}

//! How a volume becomes dispatches: pure arithmetic, no IO, nothing allocated in proportion to voxels.
//!
//! A volume is a sequence of rows (see [`Grid`]); a window is a range of rows that one binding per operand covers; a
//! task is the part of one block that lies in a window. Neither the windows nor the lanes can change a result, because
//! parts of a block add up to the block.

use crate::error::{Error, Result};
use crate::shape::{BLOCK_VOXELS, Grid};

/// Lanes of a workgroup.
pub(crate) const WORKGROUP: u32 = 256;

/// Workgroups along x and along y of a dispatch of so many. Both stay below the portable limit of 65,535.
pub(crate) fn workgroups(groups: u64) -> [u32; 2] {
    const ALONG_X: u64 = 32_768;
    let along_x = groups.clamp(1, ALONG_X);
    [along_x as u32, groups.div_ceil(along_x) as u32]
}

/// Rows of one window at most, so that positions within it fit 31 bits.
const MAX_ROWS: u64 = 1 << 30;

/// What limits a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Bytes that one binding may cover.
    pub window_bytes: u64,
    /// Bytes of results that one dispatch may leave.
    pub result_bytes: u64,
}

/// Where the results of a dispatch go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// This many u32 words per task.
    Tasks(u32),
    /// This many u32 words per plane that the window touches.
    Planes(u32),
    /// This many u32 words per row of the window.
    Rows(u32),
}

/// Dispatches of one statistic over one volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub grid: Grid,
    /// Lanes that share a task.
    pub lanes: u32,
    output: Output,
    /// Rows of a window at most.
    max_rows: u64,
    limits: Limits,
    /// u32 words that a dispatch reads for each plane, beside the operands.
    words_per_plane: u64,
    /// Rows at the end of the volume that share no window with others.
    tail_rows: u64,
    planes: Planes,
}

/// Whether a window may hold rows of several planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planes {
    Together,
    Apart,
}

/// A range of rows and the tasks in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub first_row: u64,
    pub rows: u64,
    /// Plane and block that the first row lies in.
    pub first_plane: u64,
    pub first_block: u64,
    pub blocks: u64,
    pub planes: u64,
}

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
    pub focal: u32,
    pub part: u32,
    pub measure: u32,
    pub padding_a: u32,
    pub padding_b: u32,
}

/// The block a task belongs to, and how many of its voxels the window holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Cell in the order of the result table.
    pub cell: u64,
    pub block: u64,
    pub voxels: u64,
}

impl Plan {
    /// A plan for operands of `element_bytes` at most.
    pub fn new(grid: Grid, element_bytes: u64, output: Output, limits: Limits) -> Result<Self> {
        let row_bytes = grid.channels * element_bytes;
        let max_rows = (limits.window_bytes / row_bytes).min(MAX_ROWS);
        if max_rows == 0 {
            return Err(Error::Tuning {
                name: "Tuning::window_bytes",
                value: limits.window_bytes,
                range: format!("at least {row_bytes}: the bytes of one voxel with its {} channels", grid.channels),
            });
        }
        if grid.blocks_per_cell() > u64::from(u32::MAX) {
            return Err(Error::ShapeTooLarge { shape: format!("a cell of {} voxels", grid.voxels) });
        }
        let lanes = lanes_for(grid.voxels.min(BLOCK_VOXELS));
        Ok(Self { grid, lanes, output, max_rows, limits, words_per_plane: 0, tail_rows: 0, planes: Planes::Together })
    }

    /// The same plan with windows cut at further places, where operands cannot be bound across.
    pub fn cut(self, tail_rows: u64, planes: Planes) -> Self {
        Self { tail_rows, planes, ..self }
    }

    /// The same plan where a dispatch also reads so many u32 words for each plane of its window.
    pub fn reading(self, words_per_plane: u64) -> Self {
        Self { words_per_plane, ..self }
    }

    /// The windows, in memory order; together they cover every row once.
    pub fn windows(self) -> impl Iterator<Item = Window> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let window = (next < self.grid.rows()).then(|| self.window_at(next))?;
            next += window.rows;
            Some(window)
        })
    }

    fn window_at(&self, first_row: u64) -> Window {
        let mut left = self.grid.rows() - first_row;
        if left > self.tail_rows {
            left -= self.tail_rows;
        }
        if self.planes == Planes::Apart {
            left = left.min(self.grid.voxels - first_row % self.grid.voxels);
        }
        let mut window = self.window(first_row, self.whole_blocks(first_row, left.min(self.max_rows)));
        while self.bytes_beside(&window) > self.limits.result_bytes && window.rows > 1 {
            window = self.window(first_row, self.whole_blocks(first_row, window.rows / 2));
        }
        window
    }

    /// `rows` cut back to the last block boundary, where that leaves anything.
    fn whole_blocks(&self, first_row: u64, rows: u64) -> u64 {
        let end = first_row + rows;
        let (plane, voxel) = (end / self.grid.voxels, end % self.grid.voxels);
        let boundary = plane * self.grid.voxels + voxel / BLOCK_VOXELS * BLOCK_VOXELS;
        if boundary > first_row { boundary - first_row } else { rows }
    }

    fn window(&self, first_row: u64, rows: u64) -> Window {
        let block_of = |row: u64| (row / self.grid.voxels, row % self.grid.voxels / BLOCK_VOXELS);
        let (first_plane, first_block) = block_of(first_row);
        let (last_plane, last_block) = block_of(first_row + rows - 1);
        let planes = last_plane - first_plane + 1;
        let blocks = (planes - 1) * self.grid.blocks_per_cell() + last_block + 1 - first_block;
        Window { first_row, rows, first_plane, first_block, blocks, planes }
    }

    /// Tasks of a window.
    pub fn tasks(&self, window: &Window) -> u64 {
        window.blocks * self.grid.channels
    }

    /// u32 words that a dispatch over `tasks` tasks of the window writes.
    pub fn result_words(&self, window: &Window, tasks: u64) -> u64 {
        match self.output {
            Output::Tasks(words) => u64::from(words) * tasks,
            Output::Planes(words) => u64::from(words) * window.planes,
            Output::Rows(words) => u64::from(words) * window.rows,
        }
    }

    /// Bytes of the larger of the results and of what is read beside the operands.
    pub fn bytes_beside(&self, window: &Window) -> u64 {
        4 * self.result_words(window, self.tasks(window)).max(self.words_per_plane * window.planes)
    }

    /// The least that a dispatch can be: a window of one row.
    pub fn least(&self) -> Window {
        self.window(0, 1)
    }

    /// The part that task `task` of `window` stands for. Twin: `task_of` in tasks.wgsl.
    pub fn part(&self, window: &Window, task: u64) -> Part {
        let channel = task % self.grid.channels;
        let block = window.first_block + task / self.grid.channels;
        let plane = window.first_plane + block / self.grid.blocks_per_cell();
        let block = block % self.grid.blocks_per_cell();
        let start = plane * self.grid.voxels + block * BLOCK_VOXELS;
        let end = start + self.grid.block_voxels(block);
        let voxels = end.min(window.first_row + window.rows) - start.max(window.first_row);
        Part { cell: plane * self.grid.channels + channel, block, voxels }
    }

    /// The task of `window` that holds a part of this block, if any does.
    pub fn task(&self, window: &Window, cell: u64, block: u64) -> Option<u64> {
        let (plane, channel) = (cell / self.grid.channels, cell % self.grid.channels);
        let blocks = self.grid.blocks_per_cell();
        let index = (plane.checked_sub(window.first_plane)? * blocks + block).checked_sub(window.first_block)?;
        (index < window.blocks).then(|| index * self.grid.channels + channel)
    }

    /// Parameters and workgroups of a dispatch over `tasks` tasks of a window. `base` has the parameters that do not
    /// depend on it; its channels count where a task does several of them.
    pub fn dispatch(&self, window: &Window, tasks: u64, listed: bool, base: Params) -> (Params, [u32; 2]) {
        let groups = workgroups((tasks * u64::from(self.lanes)).div_ceil(u64::from(WORKGROUP)));
        let first_start = window.first_plane * self.grid.voxels + window.first_block * BLOCK_VOXELS;
        let blocks = self.grid.blocks_per_cell();
        let params = Params {
            tasks: tasks as u32,
            groups_x: groups[0],
            listed: u32::from(listed),
            channels: base.channels.max(self.grid.channels as u32),
            task_channels: self.grid.channels as u32,
            blocks_per_cell: blocks as u32,
            first_block: window.first_block as u32,
            first_start: -((window.first_row - first_start) as i32),
            tail_voxels: self.grid.block_voxels(blocks - 1) as u32,
            cell_voxels: self.grid.voxels as u32,
            window_rows: window.rows as u32,
            ..base
        };
        (params, groups)
    }
}

/// Lanes for tasks of `voxels` voxels: at least 16 voxels each, a power of two, one workgroup at most.
fn lanes_for(voxels: u64) -> u32 {
    (voxels.div_ceil(16).next_power_of_two() as u32).min(WORKGROUP)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Limits = Limits { window_bytes: 1 << 20, result_bytes: 1 << 20 };

    fn grids() -> impl Iterator<Item = Grid> {
        let voxels = [1, 4, 63, 1000, 65_535, 65_536, 65_537, 200_000, 300_000, 1 << 20, (1 << 33) + 17];
        voxels.into_iter().flat_map(|voxels| {
            [(1, 1), (3, 1), (700, 1), (1, 5), (2, 117)].map(|(planes, channels)| Grid { planes, voxels, channels })
        })
    }

    /// Windows tile the rows, stay within the limits, and their parts add up to every block.
    #[test]
    fn windows_tile_the_volume_and_parts_tile_the_blocks() {
        for grid in grids().filter(|grid| grid.rows() * grid.channels < 1 << 28) {
            for (words, tail, planes) in [(8, 0, Planes::Together), (1000, 3, Planes::Together), (8, 4, Planes::Apart)]
            {
                let plan = Plan::new(grid, 4, Output::Tasks(words), SMALL).unwrap().cut(tail, planes).reading(24);
                let mut seen = vec![0; (grid.cells() * grid.blocks_per_cell()) as usize];
                let mut next = 0;
                for window in plan.windows() {
                    assert_eq!(window.first_row, next);
                    next += window.rows;
                    assert!(window.rows * grid.channels * 4 <= SMALL.window_bytes);
                    assert!(window.planes == 1 || planes == Planes::Together);
                    assert!(window.first_row + window.rows <= grid.rows().saturating_sub(tail) || window.rows <= tail);
                    // A block is cut only where the window lies within it.
                    let cut = next % grid.voxels % BLOCK_VOXELS != 0;
                    assert!(!cut || window.blocks == 1, "{grid:?} {window:?}");
                    let results = 4 * plan.result_words(&window, plan.tasks(&window));
                    let fits = results <= SMALL.result_bytes && 4 * 24 * window.planes <= SMALL.result_bytes;
                    assert!(fits || window.rows == 1, "{grid:?} {window:?}");
                    for task in 0..plan.tasks(&window) {
                        let part = plan.part(&window, task);
                        assert_eq!(plan.task(&window, part.cell, part.block), Some(task));
                        seen[(part.cell * grid.blocks_per_cell() + part.block) as usize] += part.voxels;
                    }
                }
                assert_eq!(next, grid.rows());
                for (i, &voxels) in seen.iter().enumerate() {
                    assert_eq!(voxels, grid.block_voxels(i as u64 % grid.blocks_per_cell()), "{grid:?} block {i}");
                }
            }
        }
    }

    /// A volume far beyond 4 GiB is planned in little time, and every number fits its field.
    #[test]
    fn huge_volumes_are_pure_arithmetic() {
        let grid = Grid { planes: 2, voxels: 1 << 40, channels: 3 };
        let limits = Limits { window_bytes: 1 << 30, result_bytes: 1 << 26 };
        let plan = Plan::new(grid, 4, Output::Tasks(16), limits).unwrap();
        let mut rows = 0;
        for window in plan.windows() {
            let (params, groups) = plan.dispatch(&window, plan.tasks(&window), false, Params::default());
            assert!(groups.iter().all(|&n| n <= 65_535));
            assert_eq!(u64::from(params.window_rows), window.rows);
            assert!(params.first_start <= 0 && params.first_start > -(BLOCK_VOXELS as i32));
            rows += window.rows;
        }
        assert_eq!(rows, grid.rows());
    }

    #[test]
    fn a_window_smaller_than_a_row_is_an_error() {
        let grid = Grid { planes: 1, voxels: 10, channels: 1 << 20 };
        assert!(matches!(Plan::new(grid, 4, Output::Tasks(8), SMALL), Err(Error::Tuning { .. })));
    }

    #[test]
    fn results_are_of_tasks_planes_or_rows() {
        let grid = Grid { planes: 3, voxels: 100_000, channels: 2 };
        let limits = Limits { window_bytes: 1 << 30, result_bytes: 1 << 30 };
        for (output, words) in [(Output::Tasks(5), 5 * 12), (Output::Planes(5), 5 * 3), (Output::Rows(5), 5 * 300_000)]
        {
            let plan = Plan::new(grid, 4, output, limits).unwrap();
            let window = plan.windows().next().unwrap();
            assert_eq!((window.rows, plan.result_words(&window, plan.tasks(&window))), (300_000, words), "{output:?}");
            assert_eq!(plan.bytes_beside(&window), 4 * words);
            assert_eq!(plan.reading(1 << 20).bytes_beside(&window), 12 << 20, "{output:?}");
        }
    }

    #[test]
    fn tiny_cells_share_a_workgroup() {
        assert_eq!([1, 4, 16, 17, 64, 4095, 4096, 65_536].map(lanes_for), [1, 1, 1, 2, 4, 256, 256, 256]);
    }
}

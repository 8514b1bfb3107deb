//! How a volume becomes dispatches: pure arithmetic, no IO, nothing allocated in proportion to voxels.
//!
//! A volume is a sequence of rows (see [`Grid`]); a window is a range of rows that one binding per operand covers; a
//! task is the part of one block that lies in a window. Neither the windows nor the lanes can change a result, because
//! parts of a block add up to the block.

use crate::error::{Error, Result};
use crate::kernel::params::Params;
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
    /// Workgroups below which the device would be partly idle: fewer tasks are split.
    pub least_tasks: u64,
}

/// Voxels of a part of a task at least: of a smaller one most of the time goes into folding its lanes.
const LEAST_PART: u64 = 4096;

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

/// The block a slot belongs to, and how many of its voxels the slot stands for.
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

    /// The number of parts that each of this many tasks is split into: a power of two.
    pub fn parts(&self, tasks: u64) -> u64 {
        let Output::Tasks(words) = self.output else { return self.parts_within(tasks, u64::MAX) };
        self.parts_within(tasks, self.limits.result_bytes / (4 * u64::from(words)))
    }

    /// The same with a limit on the number of results.
    fn parts_within(&self, tasks: u64, room: u64) -> u64 {
        let tasks = tasks.max(1);
        let wanted = self.limits.least_tasks.div_ceil(tasks).next_power_of_two();
        let most = (self.split_voxels() / LEAST_PART).min(room / tasks).max(1);
        // With fewer lanes than a workgroup, each lane already has little work.
        if self.lanes < WORKGROUP { 1 } else { wanted.min(1 << most.ilog2()) }
    }

    /// Voxels that the parts of a task cover together: those of the longest block, up to a power of two.
    fn split_voxels(&self) -> u64 {
        self.grid.voxels.min(BLOCK_VOXELS).next_power_of_two()
    }

    /// u32 words that a dispatch over `tasks` tasks of the window writes.
    pub fn result_words(&self, window: &Window, tasks: u64) -> u64 {
        match self.output {
            Output::Tasks(words) => u64::from(words) * tasks * self.parts(tasks),
            Output::Planes(words) => u64::from(words) * window.planes,
            Output::Rows(words) => u64::from(words) * window.rows,
        }
    }

    /// Bytes of the larger of the results and of what is read beside the operands.
    pub fn bytes_beside(&self, window: &Window) -> u64 {
        4 * self.result_words(window, self.tasks(window)).max(self.words_per_plane * window.planes)
    }

    /// The smallest possible dispatch: a window of one row.
    #[cfg(feature = "gpu")]
    pub fn least(&self) -> Window {
        self.window(0, 1)
    }

    /// The blocks behind the slots of a dispatch over this many tasks of `window`; `task` gives the number of each
    /// task.
    pub fn slots(&self, window: Window, tasks: u64, task: impl Fn(u64) -> u64) -> impl Iterator<Item = Part> {
        let parts = self.parts(tasks);
        (0..tasks * parts).map(move |slot| self.part(&window, task(slot / parts), slot % parts, parts))
    }

    /// The block and voxels of part `part` of `parts` of task `task` of `window`. Twin: `task_of` in tasks.wgsl.
    pub fn part(&self, window: &Window, task: u64, part: u64, parts: u64) -> Part {
        let channel = task % self.grid.channels;
        let block = window.first_block + task / self.grid.channels;
        let plane = window.first_plane + block / self.grid.blocks_per_cell();
        let block = block % self.grid.blocks_per_cell();
        let part_voxels = self.split_voxels() / parts;
        let start = plane * self.grid.voxels + block * BLOCK_VOXELS;
        let end = start + self.grid.block_voxels(block).min((part + 1) * part_voxels);
        let start = start + part * part_voxels;
        let voxels = end.min(window.first_row + window.rows).saturating_sub(start.max(window.first_row));
        Part { cell: plane * self.grid.channels + channel, block, voxels }
    }

    /// The task of `window` that holds a part of this block, if any does.
    pub fn task(&self, window: &Window, cell: u64, block: u64) -> Option<u64> {
        let (plane, channel) = (cell / self.grid.channels, cell % self.grid.channels);
        let blocks = self.grid.blocks_per_cell();
        let index = (plane.checked_sub(window.first_plane)? * blocks + block).checked_sub(window.first_block)?;
        (index < window.blocks).then(|| index * self.grid.channels + channel)
    }

    /// Parameters and workgroups of a dispatch over `tasks` tasks of a window, each in its parts. `base` has the parameters that do not
    /// depend on it; its channels count where a task does several of them.
    pub fn dispatch(&self, window: &Window, tasks: u64, listed: bool, base: Params) -> (Params, [u32; 2]) {
        let parts = self.parts(tasks);
        let groups = workgroups((tasks * parts * u64::from(self.lanes)).div_ceil(u64::from(WORKGROUP)));
        let first_start = window.first_plane * self.grid.voxels + window.first_block * BLOCK_VOXELS;
        let blocks = self.grid.blocks_per_cell();
        let params = Params {
            tasks: (tasks * parts) as u32,
            parts: parts as u32,
            part_voxels: (self.split_voxels() / parts) as u32,
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
mod tests;

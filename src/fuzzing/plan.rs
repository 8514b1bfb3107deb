//! Random shapes, limits and cuts, and what holds of every plan.

use crate::kernel::params::Params;
use crate::plan::{Limits, Output, Plan, Planes, Window};
use crate::shape::{BLOCK_VOXELS, Grid};

/// Windows that are looked at: a small limit on a large volume makes billions of them.
const WINDOWS: u64 = 300;

/// Tasks of a window that are looked at one by one.
const TASKS: u64 = 400;

/// Numbers from bytes; zeros after their end.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// From 1 up to 2^`bits`: a number of bits, and then these bits. Small numbers and powers of two come often.
    fn number(&mut self, bits: u8) -> u64 {
        let length = self.byte() % (bits + 1);
        let mut word = [0; 8];
        word.iter_mut().take(usize::from(length.div_ceil(8))).for_each(|byte| *byte = self.byte());
        let low = u64::from_le_bytes(word) & ((1 << length) - 1);
        ((1 << length) + low).saturating_sub(u64::from(self.byte() % 2)).clamp(1, 1 << bits)
    }
}

/// Bytes as a plan: its windows cover every row once and within the limits, and their tasks are parts that make up every
/// block.
pub(crate) fn plan(data: &[u8]) {
    let mut numbers = Numbers(data);
    let (planes, voxels, channels) = (numbers.number(40), numbers.number(50), numbers.number(24));
    let elements = planes.checked_mul(voxels).and_then(|rows| rows.checked_mul(channels));
    // What no shape can be.
    if elements.is_none_or(|elements| elements > 1 << 60) {
        return;
    }
    let grid = Grid { planes, voxels, channels };
    let element_bytes = 1 << (numbers.byte() % 3);
    let words = numbers.number(14) as u32;
    let output = match numbers.byte() % 3 {
        0 => Output::Tasks(words),
        1 => Output::Planes(words),
        _ => Output::Rows(words),
    };
    // As `Tuning` and the adapters have them, and smaller.
    let (window_bytes, result_bytes) = (numbers.number(30), numbers.number(24));
    let limits = Limits { window_bytes, result_bytes, least_tasks: [1, 16, 2048][numbers.byte() as usize % 3] };
    let (tail, apart) = (numbers.number(6) - 1, numbers.byte() % 2 == 1);
    let planes = if apart { Planes::Apart } else { Planes::Together };
    let Ok(plan) = Plan::new(grid, element_bytes, output, limits) else {
        assert!(channels * element_bytes > limits.window_bytes || grid.blocks_per_cell() > u64::from(u32::MAX));
        return;
    };
    let plan = plan.cut(tail, planes);
    let (mut next, mut seen) = (0, 0);
    for window in plan.windows().take(WINDOWS as usize) {
        assert!(window.rows > 0 && window.first_row == next, "{window:?}");
        next += window.rows;
        seen += 1;
        assert!(next <= grid.rows());
        assert!(window.rows * channels * element_bytes <= limits.window_bytes, "{window:?}");
        let result = 4 * plan.result_words(&window, plan.tasks(&window));
        assert!(result <= limits.result_bytes || window.rows == 1, "{window:?}");
        assert!(window.planes == 1 || !apart, "{window:?}");
        // No window holds rows of the tail and others, unless the tail is all there is.
        let tail_start = grid.rows().saturating_sub(tail);
        assert!(next <= tail_start || window.first_row >= tail_start || grid.rows() - window.first_row <= tail);
        parts(&plan, &window);
        dispatched(&plan, &window);
    }
    assert!(next == grid.rows() || seen == WINDOWS, "{next} of {} rows", grid.rows());
}

/// Each task is a part of one block, of no other task, and together they are the window.
fn parts(plan: &Plan, window: &Window) {
    let grid = plan.grid;
    let tasks = plan.tasks(window);
    let mut voxels = 0;
    let few = tasks <= TASKS;
    // The first and the last ones where there are many.
    let looked_at = (0..tasks.min(TASKS)).chain(tasks.saturating_sub(8)..if few { 0 } else { tasks });
    for task in looked_at {
        let parts = plan.parts(tasks);
        let of_task: Vec<_> = (0..parts).map(|part| plan.part(window, task, part, parts)).collect();
        let (id, sum) = ((of_task[0].cell, of_task[0].block), of_task.iter().map(|part| part.voxels).sum());
        assert!(of_task.iter().all(|part| (part.cell, part.block) == id), "{of_task:?}");
        assert!(id.0 < grid.cells() && id.1 < grid.blocks_per_cell(), "{of_task:?}");
        assert!((1..=grid.block_voxels(id.1)).contains(&sum), "{of_task:?}");
        assert_eq!(plan.task(window, id.0, id.1), Some(task));
        voxels += sum;
    }
    assert!(!few || voxels == window.rows * grid.channels, "{voxels} voxels in {window:?}");
    let last = window.first_row + window.rows - 1;
    let block_of = |row: u64| (row / grid.voxels, row % grid.voxels / BLOCK_VOXELS);
    assert_eq!((window.first_plane, window.first_block), block_of(window.first_row));
    // A block before or behind the window has no task in it.
    let (plane, block) = block_of(last);
    if block + 1 < grid.blocks_per_cell() {
        assert_eq!(plan.task(window, plane * grid.channels, block + 1), None);
    }
    if window.first_block > 0 {
        assert_eq!(plan.task(window, window.first_plane * grid.channels, window.first_block - 1), None);
    }
}

/// The numbers of a dispatch fit their fields, and there are lanes enough.
fn dispatched(plan: &Plan, window: &Window) {
    let tasks = plan.tasks(window);
    let (params, groups) = plan.dispatch(window, tasks, false, Params::default());
    assert!(groups.iter().all(|groups| (1..=65_535).contains(groups)), "{groups:?}");
    let lanes = groups.iter().map(|&groups| u64::from(groups)).product::<u64>() * u64::from(crate::plan::WORKGROUP);
    let slots = tasks * plan.parts(tasks);
    assert!(lanes >= slots * u64::from(plan.lanes), "{slots} slots in {groups:?}");
    assert_eq!([u64::from(params.tasks), u64::from(params.window_rows)], [slots, window.rows]);
    assert!(params.parts.is_power_of_two() && u64::from(params.part_voxels * params.parts) <= BLOCK_VOXELS);
    assert_eq!([u64::from(params.task_channels), u64::from(params.channels)], [plan.grid.channels; 2]);
    assert_eq!(u64::from(params.blocks_per_cell), plan.grid.blocks_per_cell());
    assert_eq!(u64::from(params.first_block), window.first_block);
    assert!(params.first_start <= 0 && params.first_start > -(BLOCK_VOXELS as i32));
    assert!(u64::from(params.tail_voxels) <= BLOCK_VOXELS && params.tail_voxels > 0);
}

//! Windows tile volumes, parts tile blocks.

use super::*;

const SMALL: Limits = Limits { window_bytes: 1 << 20, result_bytes: 1 << 20, least_tasks: 64 };

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
        for (words, tail, planes) in [(8, 0, Planes::Together), (1000, 3, Planes::Together), (8, 4, Planes::Apart)] {
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
                let tasks = plan.tasks(&window);
                let parts = plan.parts(tasks);
                assert!(parts == 1 || plan.lanes == WORKGROUP && (tasks * parts / 2) < SMALL.least_tasks);
                for (slot, part) in plan.slots(window, tasks, |task| task).enumerate() {
                    assert_eq!(plan.task(&window, part.cell, part.block), Some(slot as u64 / parts));
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
    let limits = Limits { window_bytes: 1 << 30, result_bytes: 1 << 26, least_tasks: 2048 };
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
    let limits = Limits { window_bytes: 1 << 30, result_bytes: 1 << 30, least_tasks: 1 };
    for (output, words) in [(Output::Tasks(5), 5 * 12), (Output::Planes(5), 5 * 3), (Output::Rows(5), 5 * 300_000)] {
        let plan = Plan::new(grid, 4, output, limits).unwrap();
        let window = plan.windows().next().unwrap();
        assert_eq!((window.rows, plan.result_words(&window, plan.tasks(&window))), (300_000, words), "{output:?}");
        assert_eq!(plan.bytes_beside(&window), 4 * words);
        assert_eq!(plan.reading(1 << 20).bytes_beside(&window), 12 << 20, "{output:?}");
    }
}

/// Of a block that is alone each part has at least 4096 voxels, but for the last ones.
#[test]
fn few_tasks_are_split_into_parts() {
    let limits = Limits { window_bytes: 1 << 30, result_bytes: 1 << 24, least_tasks: 2048 };
    let parts = |voxels, tasks| {
        let plan = Plan::new(Grid { planes: 1, voxels, channels: 1 }, 4, Output::Tasks(8), limits).unwrap();
        plan.parts(tasks)
    };
    let found = [1, 100, 137, 1023, 1024, 2047, 2048, 1 << 20].map(|tasks| parts(1 << 33, tasks));
    assert_eq!(found, [16, 16, 16, 4, 2, 2, 1, 1]);
    assert_eq!([1000, 4000, 8191, 63_000].map(|voxels| parts(voxels, 1)), [1, 1, 2, 16]);
    let plan = Plan::new(Grid { planes: 1, voxels: 63_000, channels: 1 }, 4, Output::Tasks(8), limits).unwrap();
    let window = plan.windows().next().unwrap();
    let voxels: Vec<u64> = plan.slots(window, 1, |task| task).map(|part| part.voxels).collect();
    assert_eq!(voxels, [&[4096; 15][..], &[63_000 - 15 * 4096]].concat());
}

#[test]
fn tiny_cells_share_a_workgroup() {
    assert_eq!([1, 4, 16, 17, 64, 4095, 4096, 65_536].map(lanes_for), [1, 1, 1, 2, 4, 256, 256, 256]);
}

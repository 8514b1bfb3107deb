//! Components of a mask by the definition: voxel by voxel, from each one to all that belong with it.

use crate::kernel::window::Reach;

/// The first voxel of the component of each voxel of a mask; nothing outside of it. Voxels belong together that are
/// neighbours in a row, or that a window of rows brings together.
pub(crate) fn components(extent: [usize; 3], mask: &[bool], window: &[Reach]) -> Vec<Option<usize>> {
    let [nz, ny, nx] = extent.map(|n| n as i64);
    let along = [Reach { dz: 0, dy: 0, reach: 1 }];
    let mut steps = Vec::new();
    for row in window.iter().chain(&along) {
        let reach = i64::from(row.reach);
        steps.extend((-reach..=reach).flat_map(|dx| [[row.dz, row.dy, dx], [-row.dz, -row.dy, dx]]));
    }
    let mut first = vec![None; mask.len()];
    let mut open = Vec::new();
    for start in 0..mask.len() {
        if !mask[start] || first[start].is_some() {
            continue;
        }
        first[start] = Some(start);
        open.push(start as i64);
        while let Some(voxel) = open.pop() {
            let place = [voxel / (ny * nx), voxel / nx % ny, voxel % nx];
            for step in &steps {
                let [z, y, x] = [0, 1, 2].map(|axis| place[axis] + step[axis]);
                let inside = (0..nz).contains(&z) && (0..ny).contains(&y) && (0..nx).contains(&x);
                let next = (z * ny + y) * nx + x;
                if inside && mask[next as usize] && first[next as usize].is_none() {
                    first[next as usize] = Some(start);
                    open.push(next);
                }
            }
        }
    }
    first
}

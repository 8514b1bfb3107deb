//! Which runs belong together: rows around a row, and how far along x a voxel reaches there.

use crate::stats::{Connectivity, InstanceOptions, InstancesBy};

/// Rows `dz` slices and `dy` rows away, in which voxels belong together that are at most `reach` columns apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    pub dz: i64,
    pub dy: i64,
    pub reach: u32,
}

/// The rows by which components are found that are dilated `join` times; nothing where labels are instances.
pub(crate) fn of_components(options: &InstanceOptions, join: u32) -> Option<Vec<Reach>> {
    match (options.by, join) {
        (InstancesBy::Labels, _) => None,
        (InstancesBy::Components, 0) => Some(connected(options.connectivity)),
        (InstancesBy::Components, n) => Some(joined(n)),
    }
}

/// How many slices before a slice these rows are in.
pub(crate) fn depth(join: u32) -> u32 {
    2 * join + 1
}

/// The rows before a row whose voxels are connected with it.
pub(crate) fn connected(connectivity: Connectivity) -> Vec<Reach> {
    let steps = connectivity.steps();
    let rows = [(-1, -1), (-1, 0), (-1, 1), (0, -1)].into_iter();
    let reach = rows.map(|(dz, dy): (i64, i64)| (dz, dy, (dz.abs() + dy.abs()) as u32));
    reach
        .filter(|(_, _, own)| *own <= steps)
        .map(|(dz, dy, own)| Reach { dz, dy, reach: (steps - own).min(1) })
        .collect()
}

/// The rows before a row, and itself, whose voxels meet with it after `n` dilations of both.
///
/// n dilations across faces and edges reach what is at most n away along each axis and 2n in sum: a step may go along two
/// axes. So those of two voxels meet, at least at a corner, where what is left of each difference beyond 1 is at most 2n along
/// each axis and 4n in sum. An image is convex: no path leaves it.
fn joined(n: u32) -> Vec<Reach> {
    let n = i64::from(n);
    let far = 2 * n + 1;
    let beyond = |d: i64| (d.abs() - 1).max(0);
    let left = |dz, dy| 4 * n - beyond(dz) - beyond(dy);
    window(far, |dz, dy| 1 + left(dz, dy).min(2 * n), |dz, dy| left(dz, dy) >= 0)
}

/// The rows before a row, and itself, in which `n` dilations of a voxel arrive, across faces and edges.
pub(crate) fn near(n: u32) -> Vec<Reach> {
    let n = i64::from(n);
    window(n, |dz, dy| n.min(2 * n - dz.abs() - dy.abs()), |dz, dy| dz.abs() + dy.abs() <= 2 * n)
}

/// Rows before a row, and itself, up to `far` away.
fn window(far: i64, reach: impl Fn(i64, i64) -> i64, is_in: impl Fn(i64, i64) -> bool) -> Vec<Reach> {
    let rows = (-far..=0).flat_map(|dz| (-far..=far).map(move |dy| (dz, dy)));
    let before = rows.filter(|&(dz, dy)| dz < 0 || dy <= 0).filter(|&(dz, dy)| is_in(dz, dy));
    before.map(|(dz, dy)| Reach { dz, dy, reach: reach(dz, dy).max(0) as u32 }).collect()
}

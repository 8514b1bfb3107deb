//! The search for the order and the directions in which the axes of two grids fit.

use super::{Along, MOST};

/// Every order of three axes in every direction, the unchanged one first.
pub(super) fn orientations() -> impl Iterator<Item = [(usize, bool); 3]> {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    orders.into_iter().flat_map(|order| {
        (0..8).map(move |turned: u8| std::array::from_fn(|axis| (order[axis], turned >> axis & 1 == 1)))
    })
}

type World = [[f64; 4]; 4];

pub(super) fn column(world: &World, axis: usize) -> [f64; 3] {
    std::array::from_fn(|row| world[row][axis])
}

pub(super) fn length(v: [f64; 3]) -> f64 {
    libm::hypot(libm::hypot(v[0], v[1]), v[2])
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Along an axis of one voxel writers leave anything in the affine.
pub(super) fn smallest_edge(world: &World, lengths: [u64; 3]) -> Option<f64> {
    let edges = (0..3).filter(|&axis| lengths[axis] > 1).map(|axis| length(column(world, axis)));
    edges.min_by(f64::total_cmp)
}

/// The middle of a box in the world.
pub(super) fn middle(world: &World, lengths: [u64; 3]) -> [f64; 3] {
    let half = lengths.map(|n| (n - 1) as f64 / 2.0);
    std::array::from_fn(|row| world[row][3] + (0..3).map(|axis| world[row][axis] * half[axis]).sum::<f64>())
}

/// The place of the second grid if its axes run so along those of the first, and the largest distance between a voxel of
/// it and its place on the lattice.
pub(super) fn fitted(
    axes: [(usize, bool); 3],
    [a, b]: [World; 2],
    [na, nb]: [[u64; 3]; 2],
) -> Option<([Along; 3], f64)> {
    // A step along each axis of the first grid, where either grid has a second voxel along it.
    let steps: [Option<[f64; 3]>; 3] = std::array::from_fn(|axis| {
        let (there, backwards) = axes[axis];
        match (na[axis] > 1, nb[there] > 1) {
            (true, _) => Some(column(&a, axis)),
            (false, true) => Some(column(&b, there).map(|v| if backwards { -v } else { v })),
            (false, false) => None,
        }
    });
    let shift = std::array::from_fn(|row| b[row][3] - a[row][3]);
    let moved = coordinates(steps, shift)?;
    let mut found = [Along { axis: 0, backwards: false, start: 0 }; 3];
    for axis in 0..3 {
        let whole = moved[axis].round();
        if whole.abs() >= MOST as f64 {
            return None;
        }
        let (there, backwards) = axes[axis];
        // Voxel 0 of the second grid is voxel `whole` of the first.
        let start = if backwards { whole as i64 } else { -(whole as i64) };
        found[axis] = Along { axis: there, backwards, start };
    }
    // Places are affine in the index, so no voxel is further off than a corner.
    let mut worst = 0.0f64;
    for corner in 0..8 {
        let mut off = shift;
        for axis in 0..3 {
            let (there, backwards) = axes[axis];
            let j = if corner >> axis & 1 == 1 { (nb[there] - 1) as f64 } else { 0.0 };
            let own = column(&b, there);
            let i = moved[axis].round() + if backwards { -j } else { j };
            let step = steps[axis].unwrap_or_default();
            off = std::array::from_fn(|row| off[row] + own[row] * j - step[row] * i);
        }
        worst = worst.max(length(off));
    }
    worst.is_finite().then_some((found, worst))
}

/// How many of each step make up a shift, as nearly as they can.
fn coordinates(steps: [Option<[f64; 3]>; 3], shift: [f64; 3]) -> Option<[f64; 3]> {
    // The reciprocal vector of a step is what is left of it without the others, by its square.
    let mut found = [0.0; 3];
    for axis in 0..3 {
        let Some(step) = steps[axis] else { continue };
        let mut basis: Vec<[f64; 3]> = Vec::new();
        let others = (0..3).filter(|&other| other != axis).filter_map(|other| steps[other]);
        for vector in others.chain([step]) {
            let scale = length(vector);
            let unit = vector.map(|v| v / scale);
            let left = basis.iter().fold(unit, |left: [f64; 3], base| {
                let along = dot(left, *base);
                std::array::from_fn(|row| left[row] - base[row] * along)
            });
            let rest = length(left);
            if rest.is_nan() || rest <= 1e-6 {
                return None;
            }
            basis.push(left.map(|v| v / rest));
        }
        let own = *basis.last()?;
        found[axis] = dot(shift, own) / dot(step, own);
    }
    Some(found)
}

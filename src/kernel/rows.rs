//! Rows around a voxel in the order of their distance.

use crate::stats::Lattice;
use std::sync::OnceLock;

/// A row `dz` slices and `dy` rows away, which is `squared` away at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub squared: u64,
    pub dz: i32,
    pub dy: i32,
}

/// Rings of rows of growing radius, each sorted by distance and made when it is first needed: far ones seldom are.
pub(crate) struct RowTable {
    weights: [u64; 3],
    extent: [usize; 3],
    rings: [OnceLock<Vec<Row>>; RINGS],
}

/// Radius of the first ring, in the smaller of the two steps between rows; each further one has twice the radius.
const RADIUS: u64 = 12;

/// Beyond the last ring, a radius of 24 rows, other methods are faster.
pub(crate) const RINGS: usize = 2;

impl RowTable {
    pub fn new(lattice: &Lattice, extent: [usize; 3]) -> Self {
        Self { weights: lattice.weights3(), extent, rings: [const { OnceLock::new() }; RINGS] }
    }

    /// Rows of ring `ring` and those before are all that are less than this away, squared.
    pub fn limit(&self, ring: usize) -> u64 {
        let [wz, wy, _] = self.weights;
        let step = if wz == 0 { wy } else { wz.min(wy) };
        step.saturating_mul((RADIUS << ring).pow(2))
    }

    pub fn ring(&self, ring: usize) -> &[Row] {
        self.rings[ring].get_or_init(|| {
            let from = if ring == 0 { 0 } else { self.limit(ring - 1) };
            let within = from..self.limit(ring);
            let [wz, wy, _] = self.weights;
            // As many steps as voxels lead from the first corner to the last. Their squares do not overflow: the
            // lattice ensures it. Without a weight there is one slice.
            let steps = |axis: usize, weight: u64| {
                let most = if weight == 0 { 0 } else { self.extent[axis] as u64 };
                (0..=most).map(move |step| (step, weight * step * step))
            };
            let mut rows = Vec::new();
            for (dz, slice) in steps(0, wz).take_while(|&(_, squared)| squared < within.end) {
                for (dy, row) in steps(1, wy).take_while(|&(_, squared)| slice + squared < within.end) {
                    let squared = slice + row;
                    if !within.contains(&squared) {
                        continue;
                    }
                    // Within a ring steps are few: 12 · 2 along the axis with the smaller weight.
                    let both = |steps: u64| [-(steps as i32), steps as i32].into_iter().skip(usize::from(steps == 0));
                    rows.extend(both(dz).flat_map(|dz| both(dy).map(move |dy| Row { squared, dz, dy })));
                }
            }
            rows.sort_unstable();
            rows
        })
    }
}

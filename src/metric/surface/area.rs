//! What an element weighs.

use crate::stats::{Lattice, kinds};

/// What an element weighs. Centres of voxels always count 1; corners have areas (in 2-D lengths).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Weight {
    /// 1.
    #[default]
    Count,
    /// The area of the marching-cubes surface at the corner, in mm² (in 2-D the length of the contour, in mm): DeepMind. 26
    /// areas occur.
    Surfel,
    /// Quarters of the faces (in 2-D halves of the edges) between inside and outside that meet at the corner: distorch.
    Exposed,
}

impl Weight {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Count, Self::Surfel, Self::Exposed];
}

/// Areas by kind.
pub(super) struct Areas(Vec<f64>);

impl Areas {
    pub fn new(lattice: &Lattice, weight: Weight) -> Self {
        let kinds = &kinds(lattice.axes()).areas;
        let area = |i: usize| match weight {
            Weight::Count => 1.0,
            Weight::Surfel => kinds[i].pieces.iter().map(|piece| surfel(lattice.spacing(), piece)).sum(),
            Weight::Exposed => exposed(lattice.spacing(), kinds[i].exposed),
        };
        Self((0..kinds.len()).map(area).collect())
    }

    /// Kind 0, and any unknown kind, is the centre of a voxel.
    pub fn of_kind(&self, kind: u8) -> f64 {
        usize::from(kind).checked_sub(1).and_then(|i| self.0.get(i)).copied().unwrap_or(1.0)
    }
}

/// Of a triangle in eighths of the voxel's faces, or of a segment in halves of the spacings.
fn surfel(spacing: &[f64], piece: &[u8; 3]) -> f64 {
    let [a, b, c] = piece.map(f64::from);
    match *spacing {
        [s0, s1, s2] => {
            let along = [a / 8.0 * (s1 * s2), b / 8.0 * (s0 * s2), c / 8.0 * (s0 * s1)];
            along.iter().map(|component| component * component).sum::<f64>().sqrt()
        }
        [s0, s1] => libm::hypot(b / 2.0 * s0, c / 2.0 * s1),
        _ => f64::NAN, // a lattice has 2 or 3 axes
    }
}

fn exposed(spacing: &[f64], pairs: [u8; 3]) -> f64 {
    let [a, b, c] = pairs.map(f64::from);
    match *spacing {
        [s0, s1, s2] => a * (s1 / 2.0 * (s2 / 2.0)) + b * (s0 / 2.0 * (s2 / 2.0)) + c * (s0 / 2.0 * (s1 / 2.0)),
        [s0, s1] => b * (s1 / 2.0) + c * (s0 / 2.0),
        _ => f64::NAN,
    }
}

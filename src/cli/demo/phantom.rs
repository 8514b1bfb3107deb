//! Synthetic abdomens: ellipsoids with uneven surfaces, the same on every machine.

use crate::cli::verify::Random;
use crate::io::nifti::{AffineSource, Geometry};

/// Voxels along x, y, z.
pub(crate) const SHAPE: [u64; 3] = [128, 128, 96];

/// Millimetres along x, y, z: thicker slices than pixels, as scanners have them.
const SPACING: [f64; 3] = [2.0, 2.0, 3.0];

pub(crate) const CASES: usize = 4;

/// An organ: where it is and how large, in millimetres from the middle of the volume.
pub(crate) struct Organ {
    pub name: &'static str,
    centre: [f64; 3],
    radii: [f64; 3],
    /// Height of the bumps, relative to the radius.
    bumps: f64,
}

/// In the order of their labels, 1 first. A later one takes the voxels of an earlier one.
pub(crate) const ORGANS: [Organ; 5] = [
    Organ { name: "liver", centre: [-45.0, -10.0, 20.0], radii: [55.0, 48.0, 60.0], bumps: 0.18 },
    Organ { name: "spleen", centre: [72.0, 20.0, 25.0], radii: [25.0, 32.0, 42.0], bumps: 0.15 },
    Organ { name: "r kidney", centre: [-45.0, 45.0, -55.0], radii: [22.0, 24.0, 45.0], bumps: 0.10 },
    Organ { name: "l kidney", centre: [48.0, 48.0, -45.0], radii: [22.0, 24.0, 45.0], bumps: 0.10 },
    Organ { name: "lesion", centre: [-50.0, -18.0, 28.0], radii: [8.0, 7.0, 9.0], bumps: 0.25 },
];

const LESION: usize = 4;
/// The prediction of this case has no lesion, though there is one.
const MISSED: usize = 1;
/// Neither truth nor prediction of this case has a lesion.
const HEALTHY: usize = 2;

/// An organ of one case: an ellipsoid whose radius depends on the direction.
#[derive(Debug, Clone)]
struct Blob {
    centre: [f64; 3],
    radii: [f64; 3],
    /// Weights of the harmonics below.
    weights: [f64; 8],
}

/// Truth and prediction of a case, x fastest.
pub(crate) fn case(case: usize) -> (Vec<u8>, Vec<u8>) {
    let voxels = SHAPE.iter().product::<u64>() as usize;
    let (mut truth, mut pred) = (vec![0; voxels], vec![0; voxels]);
    for (i, organ) in ORGANS.iter().enumerate() {
        let mut random = Random::new((100 * case + i) as u64 + 1);
        let blob = Blob::new(organ, &mut random);
        let guess = blob.guessed(&mut random);
        let label = i as u8 + 1;
        if i != LESION || case != HEALTHY {
            blob.paint(label, &mut truth);
        }
        if i != LESION || (case != HEALTHY && case != MISSED) {
            guess.paint(label, &mut pred);
        }
    }
    (truth, pred)
}

/// Where the volume lies: its middle at the origin.
pub(crate) fn geometry() -> Geometry {
    let mut geometry = Geometry::from_spacing(SPACING);
    for (axis, row) in geometry.affine.iter_mut().take(3).enumerate() {
        row[3] = -middle(axis);
    }
    geometry.source = AffineSource::Sform;
    geometry
}

fn middle(axis: usize) -> f64 {
    (SHAPE[axis] - 1) as f64 / 2.0 * SPACING[axis]
}

fn signed(random: &mut Random) -> f64 {
    2.0 * f64::from(random.unit()) - 1.0
}

impl Blob {
    /// The organ of a person: slightly different in position, size and bumps.
    fn new(organ: &Organ, random: &mut Random) -> Self {
        Self {
            centre: organ.centre.map(|c| c + 4.0 * signed(random)),
            radii: organ.radii.map(|r| r * (1.0 + 0.08 * signed(random))),
            weights: [(); 8].map(|()| organ.bumps * signed(random)),
        }
    }

    /// A prediction like that of a network: off by a voxel or so, with variation over the surface.
    fn guessed(&self, random: &mut Random) -> Self {
        Self {
            centre: self.centre.map(|c| c + 1.2 * signed(random)),
            radii: self.radii.map(|r| r + 1.5 * signed(random)),
            weights: self.weights.map(|w| w + 0.03 * signed(random)),
        }
    }

    /// Relative height of the surface in a direction: low spherical harmonics, not normalised.
    fn height(&self, [x, y, z]: [f64; 3]) -> f64 {
        let harmonics = [
            x * y,
            y * z,
            z * x,
            x * x - y * y,
            1.5 * z * z - 0.5,
            x * (5.0 * z * z - 1.0) / 2.0,
            2.0 * x * y * z,
            z * (x * x - y * y),
        ];
        1.0 + self.weights.iter().zip(harmonics).map(|(weight, harmonic)| weight * harmonic).sum::<f64>()
    }

    fn contains(&self, position: [f64; 3]) -> bool {
        let scaled: [f64; 3] = std::array::from_fn(|axis| (position[axis] - self.centre[axis]) / self.radii[axis]);
        let radius = scaled.iter().map(|v| v * v).sum::<f64>().sqrt();
        radius == 0.0 || radius < self.height(scaled.map(|v| v / radius))
    }

    fn paint(&self, label: u8, voxels: &mut [u8]) {
        // No weight lifts the surface to twice the radius.
        let range = |axis: usize| {
            let at = |mm: f64| ((mm + middle(axis)) / SPACING[axis]).clamp(0.0, SHAPE[axis] as f64) as u64;
            let reach = 2.0 * self.radii[axis];
            at(self.centre[axis] - reach)..at(self.centre[axis] + reach)
        };
        let mm = |index: u64, axis: usize| index as f64 * SPACING[axis] - middle(axis);
        for z in range(2) {
            for y in range(1) {
                for x in range(0) {
                    if self.contains([mm(x, 0), mm(y, 1), mm(z, 2)]) {
                        voxels[((z * SHAPE[1] + y) * SHAPE[0] + x) as usize] = label;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_hold_what_the_story_says() {
        for i in 0..CASES {
            let (truth, pred) = case(i);
            let has = |map: &[u8], label: u8| map.contains(&label);
            for label in 1..=4 {
                assert!(has(&truth, label) && has(&pred, label), "case {i}, label {label}");
            }
            assert_eq!(has(&truth, 5), i != HEALTHY);
            assert_eq!(has(&pred, 5), i != HEALTHY && i != MISSED);
        }
    }

    #[test]
    fn a_case_is_always_the_same() {
        assert_eq!(case(3), case(3));
        assert_ne!(case(3).0, case(0).0);
    }
}

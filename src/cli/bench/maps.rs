//! The sorts of label maps that are made.

/// What label maps look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Maps {
    /// Runs of 40 voxels; the prediction is the truth moved by 3 voxels.
    Runs,
    /// Solid bodies with background between them; the prediction is the truth moved by a column.
    Organs,
    /// Every voxel is drawn.
    Noise,
}

/// Half of the places are background.
pub(super) fn of_hash(place: usize, classes: u8) -> u8 {
    let mixed = (place as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let label = ((mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) % (2 * u64::from(classes));
    if label <= u64::from(classes) { label as u8 } else { 0 }
}

/// The body that a place of a volume is in: an ellipsoid of 0.7 of the cell around it, of which there are 3 along the last
/// axis, 5 along the one before it and 8 along the one before that.
pub(super) fn of_organ(mut place: usize, spatial: &[usize], classes: u8) -> u8 {
    let (mut cell, mut distance) = (0, 0.0);
    for (&voxels, cells) in spatial.iter().rev().zip([3, 5, 8]) {
        let size = voxels.div_ceil(cells);
        let at = place % voxels;
        place /= voxels;
        cell = cell * cells + at / size;
        distance += ((2 * (at % size) + 1) as f64 / size as f64 - 1.0).powi(2);
    }
    if distance <= 0.49 { (cell % usize::from(classes)) as u8 + 1 } else { 0 }
}

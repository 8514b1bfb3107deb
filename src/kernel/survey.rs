//! Facts about a block that the sums kernel flagged. Twin of shaders/survey.wgsl.

use super::sums::INFINITY;
use super::voxel::Voxel;
use crate::stats::NonFiniteCount;

/// What a survey found in a run of voxels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Survey {
    pub non_finite: NonFiniteCount,
    /// Largest finite |x|, as f32 bits, among voxels where both values are finite.
    pub max_finite: u32,
    /// First non-finite voxel of the prediction and of the truth, within the block.
    pub first: [Option<u32>; 2],
}

impl Survey {
    pub fn join(&mut self, other: &Self) {
        self.non_finite.pred += other.non_finite.pred;
        self.non_finite.truth += other.non_finite.truth;
        self.non_finite.voxels += other.non_finite.voxels;
        self.max_finite = self.max_finite.max(other.max_finite);
        for (a, b) in self.first.iter_mut().zip(other.first) {
            *a = [*a, b].into_iter().flatten().min();
        }
    }
}

/// Surveys a run; `stride` is the distance between the voxels of a cell.
pub(crate) fn survey_run<P: Voxel, T: Voxel>(p: &[P], t: &[T], stride: usize) -> Survey {
    let mut found = Survey::default();
    for (i, (p, t)) in p.iter().step_by(stride).zip(t.iter().step_by(stride)).enumerate() {
        let abs = [p.f32_bits() & 0x7fff_ffff, t.f32_bits() & 0x7fff_ffff];
        let bad = abs.map(|bits| bits >= INFINITY);
        found.non_finite.pred += u64::from(bad[0]);
        found.non_finite.truth += u64::from(bad[1]);
        found.non_finite.voxels += u64::from(bad[0] || bad[1]);
        if !bad[0] && !bad[1] {
            found.max_finite = found.max_finite.max(abs[0]).max(abs[1]);
        }
        for (first, bad) in found.first.iter_mut().zip(bad) {
            if bad && first.is_none() {
                *first = Some(i as u32);
            }
        }
    }
    found
}

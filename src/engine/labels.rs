//! A label map that stands for the channels of a truth must not hold labels without a channel.

use crate::error::{Error, Position, Result};
use crate::job::SumsJob;
use crate::kernel::counts::Label;
use crate::volume::Data;

/// Refuses labels that no channel stands for. A pass of its own, on the CPU: label maps are small beside the volumes.
pub(super) fn check(job: &SumsJob<'_>) -> Result<()> {
    match job.truth {
        Data::U8(labels) => scan(job, labels),
        Data::U16(labels) => scan(job, labels),
        Data::U32(labels) => scan(job, labels),
        Data::F32(_) | Data::F16(_) => Ok(()), // a LabelMap never holds floats
    }
}

fn scan<L: Label>(job: &SumsJob<'_>, labels: &[L]) -> Result<()> {
    let channels = job.shape.channels();
    // One channel stands for label 1 beside the background.
    let stands = |label: &L| u64::from(label.label()) < channels.max(2);
    let Some(i) = labels.iter().position(|label| !stands(label)) else { return Ok(()) };
    let voxels = job.shape.voxels_per_cell();
    Err(Error::LabelOutOfRange {
        count: labels.iter().filter(|label| !stands(label)).count() as u64,
        first: Position { sample: i as u64 / voxels, channel: 0, voxel: i as u64 % voxels },
        label: labels[i].label(),
        channels,
    })
}

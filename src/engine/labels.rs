//! A label map that stands for the channels of a truth must not hold labels without a channel.

use crate::error::{Error, Position, Result};
#[cfg(feature = "gpu")]
use crate::gpu::{self, Waiting};
use crate::job::SumsJob;
#[cfg(feature = "gpu")]
use crate::job::SumsOf;
use crate::kernel::counts::Label;
#[cfg(feature = "gpu")]
use crate::shape::Grid;
#[cfg(feature = "gpu")]
use crate::volume::Source;
use crate::volume::{Data, TruthKind};

/// Refuses labels that no channel stands for. This is a separate pass on the CPU: label maps are small beside the
/// volumes.
pub(super) fn check(job: &SumsJob<'_>) -> Result<()> {
    if job.truth_kind == TruthKind::Real {
        return Ok(());
    }
    let (channels, voxels) = (job.shape.channels(), job.shape.voxels_per_cell());
    scan_any(job.truth, channels, voxels)
}

/// The same for labels in host memory or on the GPU: those on the GPU are checked there.
#[cfg(feature = "gpu")]
pub(super) async fn check_anywhere(gpu: &gpu::Backend, job: &SumsOf<Source<'_>>, waiting: Waiting) -> Result<()> {
    if job.truth_kind == TruthKind::Real {
        return Ok(());
    }
    let (channels, voxels) = (job.shape.channels(), job.shape.voxels_per_cell());
    if let Source::Host(data) = job.truth {
        return scan_any(data, channels, voxels);
    }
    let grid = Grid { planes: job.shape.samples(), voxels, channels: 1 };
    let limit = limit(channels).min(u32::MAX.into()) as u32;
    match gpu.labels_outside(grid, job.truth, limit, waiting).await? {
        None => Ok(()),
        Some(found) => {
            let (sample, voxel) = found.first;
            let first = Position { sample, channel: 0, voxel };
            Err(Error::LabelOutOfRange { count: found.count, first, label: found.label, channels })
        }
    }
}

/// Labels must be below this. One channel stands for label 1 beside the background.
fn limit(channels: u64) -> u64 {
    channels.max(2)
}

fn scan_any(labels: Data<'_>, channels: u64, voxels: u64) -> Result<()> {
    match labels {
        Data::U8(labels) => scan(labels, channels, voxels),
        Data::U16(labels) => scan(labels, channels, voxels),
        Data::U32(labels) => scan(labels, channels, voxels),
        Data::F64(_) | Data::F32(_) | Data::F16(_) | Data::Bf16(_) => Ok(()), // a LabelMap never holds floats
    }
}

fn scan<L: Label>(labels: &[L], channels: u64, voxels: u64) -> Result<()> {
    let stands = |label: &L| u64::from(label.label()) < limit(channels);
    let Some(i) = labels.iter().position(|label| !stands(label)) else { return Ok(()) };
    Err(Error::LabelOutOfRange {
        count: labels.iter().filter(|label| !stands(label)).count() as u64,
        first: Position { sample: i as u64 / voxels, channel: 0, voxel: i as u64 % voxels },
        label: labels[i].label(),
        channels,
    })
}

//! Lesions on the CPU: runs of both maps side by side, joined by union-find; no label volume.
//!
//! A run is joined with runs of the rows before it, within a window that depends on connectivity or dilation. So each
//! slice is read once and only the last ones are kept. Slabs of slices on several threads join into the result of one
//! thread: a lesion is identified by its smallest number, and numbers follow the order of first voxels.

mod accumulate;
pub(in crate::cpu) mod around;
#[cfg(feature = "gpu")]
mod found;
#[cfg(feature = "eval")]
mod met;
mod nearest;
pub(in crate::cpu) mod runs;
mod slab;
mod sought;
mod table;
mod track;

pub use accumulate::InstancesAccumulator;
#[cfg(feature = "eval")]
pub use accumulate::LabelInstances;
#[cfg(feature = "gpu")]
pub use found::Gathered;

use super::Backend;
use crate::error::{Error, Operand, Result};
use crate::job::{InstancesJob, LabelPair};
use crate::stats::{InstanceOptions, Instances, LesionRun, Overlap, Regions, Runs, Touch};
use crate::volume::Data;
use slab::{Found, Layout, Slab};
use sought::Listed;
use table::{Meeting, Of};

/// Fewer voxels than this are not worth a thread.
const VOXELS: usize = 1 << 18;

impl Backend {
    /// Per plane (sample) and class.
    pub fn instances(&self, job: &InstancesJob<'_>) -> Result<Vec<Instances>> {
        let layout = layout(job.spatial)?;
        let voxels = job.pair.extent.iter().product::<usize>();
        let mut all = Vec::new();
        for plane in 0..len(job.pair.truth) / voxels {
            let planes = [job.pair.truth, job.pair.pred].map(|data| slice(data, plane * voxels..(plane + 1) * voxels));
            let slab = of_plane(planes, layout, &job.pair, job.options);
            all.extend(finish(slab, job.spatial, job.pair.classes.len(), job.options)?);
        }
        Ok(all)
    }
}

/// Numbers of rows and columns have 32 bits.
fn layout(spatial: &[u64]) -> Result<Layout> {
    let wrong = || Error::Parameter {
        name: "the extent of an image",
        value: format!("{spatial:?}"),
        range: "1 to 2^32 - 2 rows and columns, to find lesions in it".into(),
    };
    let (slices, rows, columns, is_flat) = match *spatial {
        [y, x] => (y, 1, x, true),
        [z, y, x] => (z, y, x, false),
        _ => {
            let value = spatial.len().to_string();
            return Err(Error::Parameter { name: "the number of spatial axes", value, range: "2 or 3".into() });
        }
    };
    let all = slices.checked_mul(rows).filter(|&rows| rows < u64::from(u32::MAX)).ok_or_else(wrong)?;
    if columns >= u64::from(u32::MAX) || columns == 0 || all == 0 {
        return Err(wrong());
    }
    Ok(Layout { slices: slices as u32, rows: rows as u32, columns, is_flat })
}

fn len(data: Data<'_>) -> usize {
    match data {
        Data::U8(labels) => labels.len(),
        Data::U16(labels) => labels.len(),
        Data::U32(labels) => labels.len(),
        Data::F64(_) | Data::F32(_) | Data::F16(_) | Data::Bf16(_) => 0, // a LabelMap never holds floats
    }
}

fn slice(data: Data<'_>, range: std::ops::Range<usize>) -> Data<'_> {
    match data {
        Data::U8(labels) => Data::U8(&labels[range]),
        Data::U16(labels) => Data::U16(&labels[range]),
        Data::U32(labels) => Data::U32(&labels[range]),
        other => other,
    }
}

/// Slabs on threads, joined in their order.
fn of_plane(planes: [Data<'_>; 2], layout: Layout, pair: &LabelPair<'_>, options: &InstanceOptions) -> Slab {
    let per_slice = layout.rows as usize * layout.columns as usize;
    let slices = layout.slices as usize;
    let worth = (slices * per_slice / VOXELS).min(4 * super::threads());
    let tasks = if super::threads() == 1 { 1 } else { worth.clamp(1, slices) };
    let slabs = super::map_indexed(tasks, |task| {
        let range = slices * task / tasks..slices * (task + 1) / tasks;
        let mut slab = Slab::new(layout, range.start as u32, pair.classes.len(), options);
        let mut sought = Listed::of(pair.classes);
        for z in range {
            for row in z * layout.rows as usize..(z + 1) * layout.rows as usize {
                for (side, plane) in [Operand::Truth, Operand::Pred].into_iter().zip(planes) {
                    let columns = layout.columns as usize;
                    match slice(plane, row * columns..(row + 1) * columns) {
                        Data::U8(labels) => slab.read(row as u32, 0, labels, side, &mut sought),
                        Data::U16(labels) => slab.read(row as u32, 0, labels, side, &mut sought),
                        Data::U32(labels) => slab.read(row as u32, 0, labels, side, &mut sought),
                        Data::F64(_) | Data::F32(_) | Data::F16(_) | Data::Bf16(_) => {}
                    }
                }
                slab.close_row();
            }
            slab.close_slice(z as u32);
        }
        slab
    });
    let mut slabs = slabs.into_iter();
    let first = slabs.next().unwrap_or_else(|| Slab::new(layout, 0, pair.classes.len(), options));
    slabs.fold(first, |mut all, next| {
        all.append(next);
        all
    })
}

/// The statistic of each class.
fn finish(slab: Slab, spatial: &[u64], classes: usize, options: &InstanceOptions) -> Result<Vec<Instances>> {
    let layout = layout(spatial)?;
    let Found { lesions, tables, runs } = slab.finish()?;
    let mut all: Vec<Instances> = (0..classes).map(|_| Instances::zero(spatial)).collect();
    let mut sides = lesions.into_iter();
    for found in &mut all {
        found.truth = sides.next().unwrap_or_default();
        found.pred = sides.next().unwrap_or_default();
    }
    for table in tables {
        let ([track, _], of) = (table.tracks, table.of);
        let Some(found) = all.get_mut(track / 2) else { continue };
        let meetings = table.into_meetings().into_iter();
        let overlap = |m: Meeting| Overlap { truth: m.a, pred: m.b, voxels: m.voxels };
        let touch = |which| move |m: Meeting| Touch { which, lesion: m.a, other: m.b };
        match of {
            Of::Overlaps => found.overlaps = meetings.map(overlap).collect(),
            Of::Near => found.near = Some(meetings.map(|m| [m.a, m.b]).collect()),
            Of::Touching(which) => found.touches[track % 2].extend(meetings.map(touch(which))),
        }
    }
    if options.regions == Regions::Nearest {
        let pairs: Vec<_> = runs.chunks_exact(2).take(classes).collect();
        let regions =
            super::map_indexed(pairs.len(), |class| nearest::regions(&pairs[class][0], &pairs[class][1], layout));
        for (found, regions) in all.iter_mut().zip(regions) {
            found.regions = Some(regions);
        }
    }
    if options.runs == Runs::Kept {
        let mut sides = runs.into_iter().map(|runs| runs.iter().map(|run| of_lesion(run, layout)).collect());
        for found in &mut all {
            found.runs = Some([(); 2].map(|()| sides.next().unwrap_or_default()));
        }
    }
    Ok(all)
}

/// In an image of two axes rows are slices.
fn of_lesion(run: &around::Run, layout: Layout) -> LesionRun {
    let (z, y) = if layout.is_flat { (0, run.row) } else { (run.row / layout.rows, run.row % layout.rows) };
    LesionRun { z, y, start: run.start, end: run.end, lesion: run.id }
}

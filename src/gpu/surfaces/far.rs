//! The exact distance transform of a box, for queries whose targets are far: some columns at a time, along each axis in
//! turn. It takes as long as the distances are, in voxels, and keeps 12 bytes of each voxel of these columns.

use super::distances::{Asked, Masks, Search};
use crate::error::Result;
use crate::gpu::Backend;
use crate::gpu::masks::batch::Batch;
use crate::kernel::source::Statistic;
use crate::kernel::surface::SurfaceKernel;
use crate::plan::WORKGROUP;

/// Steps of the transform of some columns at most: voxels times the longer of the other axes. Beyond, a dispatch could
/// take longer than drivers wait for.
const MOST_STEPS: u64 = 1 << 33;

/// The same limit for a box. Boxes that take more are left to the CPU, whose transform does not depend on distances.
const MOST_STEPS_OF_ALL: u64 = 1 << 40;

impl Backend {
    /// Gives the open queries of a segment their distances, or says that it is too large.
    pub(super) fn transform(
        &self,
        search: &Search,
        batch: &Batch,
        masks: &Masks,
        asked: &Asked,
        segment: usize,
    ) -> Result<bool> {
        let record = &batch.records[segment / 2];
        let (slices, rows) = (u64::from(record.grid_slices), u64::from(record.grid_rows));
        let column = slices * rows;
        let columns = u64::from(record.grid_columns(search.form.corners));
        let steps = column * slices.max(rows);
        // Two words of each voxel.
        let room = (self.most_words() / 2 / column).min(MOST_STEPS / steps).min(columns);
        if room == 0 || steps.saturating_mul(columns) > MOST_STEPS_OF_ALL {
            return Ok(false);
        }
        let along_rows = self.storage(column * room)?;
        let in_slices = self.storage(2 * column * room)?;
        let wide = search.wide;
        for from in (0..columns).step_by(room as usize) {
            let side = room.min(columns - from);
            let mut told = batch.told();
            search.tell(&mut told);
            let numbers = &mut told.numbers;
            (numbers.segment, numbers.queries) = (segment as u32, asked.many as u32);
            (numbers.from, numbers.side) = (from as u32, side as u32);
            let groups = (column * side).div_ceil(WORKGROUP.into());
            let of_targets = [&masks.targets, &masks.targets, &along_rows];
            self.step(Statistic::Surface(SurfaceKernel::Rows), of_targets, told.clone(), groups)?;
            let of_rows = [&along_rows, &along_rows, &in_slices];
            self.step(Statistic::Surface(SurfaceKernel::Planes { wide }), of_rows, told.clone(), groups)?;
            let of_slices = [&in_slices, &asked.queries, &asked.distances];
            let groups = asked.many.div_ceil(WORKGROUP.into());
            self.step(Statistic::Surface(SurfaceKernel::Columns { wide }), of_slices, told, groups)?;
            self.device.wait_for_all()?;
        }
        Ok(true)
    }
}

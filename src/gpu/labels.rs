//! Labels that no channel stands for, in a map that is on the GPU.

use super::Backend;
use super::arrival::Waiting;
use super::input::Input;
use super::passes::{Aux, Pass};
use crate::error::Result;
use crate::kernel::params::Params;
use crate::kernel::source::{Key, Statistic};
use crate::plan::Output;
use crate::shape::{BLOCK_VOXELS, Grid};
use crate::volume::Source;

/// u32 words of a partial: how many, the first within the block, its label, and padding.
const WORDS: u32 = 4;

/// Labels at or above a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LabelsOutside {
    pub count: u64,
    /// Plane and voxel of the first of them.
    pub first: (u64, u64),
    pub label: u32,
}

impl Backend {
    /// The labels of a map that are at or above `limit`, if any.
    pub async fn labels_outside(
        &self,
        grid: Grid,
        labels: Source<'_>,
        limit: u32,
        waiting: Waiting,
    ) -> Result<Option<LabelsOutside>> {
        let input = Input::labels(labels);
        let plan = self.plan(grid, labels.dtype().size(), Output::Tasks(WORDS), [&input, &input])?;
        let (pred, truth) = (input.operand(), input.operand());
        let key = Key { pred, truth, lanes: plan.lanes, statistic: Statistic::LabelRange };
        let params = Params { classes: limit, ..Params::default() };
        let pass = Pass { key, plan, pred: input, truth: input, params, adds: false };
        let aux = |_: &_| Some(Aux::NONE);
        let mut found: Option<LabelsOutside> = None;
        self.run(&pass, waiting, &aux, &mut |window, partials| {
            let parts = plan.slots(*window, plan.tasks(window), |task| task);
            for (part, partial) in parts.zip(partials.chunks_exact(WORDS as usize)) {
                let [count, first, label] = [partial[0], partial[1], partial[2]];
                if count == 0 {
                    continue;
                }
                // Tasks come in the order of the voxels, so the first one that finds any has the first.
                let first = (part.cell, part.block * BLOCK_VOXELS + u64::from(first));
                found.get_or_insert(LabelsOutside { count: 0, first, label }).count += u64::from(count);
            }
            Ok(())
        })
        .await?;
        Ok(found)
    }
}

//! Components on the GPU: the masks of classes as bits, their runs as a list, and union-find over these. What is read back
//! are runs with the first run of their component, a few words each; lesions are sums over them, which the CPU makes, and
//! dilations, regions and what touches are windows of rows there too.
//!
//! The smallest run of a component is its root, whatever the order of execution, so that the results are the same. Runs
//! need more memory than masks, at worst one for two voxels. So a large image goes through the kernels in parts, each with
//! room for its worst case, and components are joined where parts meet.

mod self_test;

use super::Backend;
use super::arrival::Waiting;
use super::masks::batch::{Batch, Form, batches, pieces};
use super::masks::boxes::Crop;
use super::masks::image::Image;
use super::masks::numbers::{Record, Told};
use crate::error::{Error, Result};
use crate::job::{ComponentsOf, FoundRun, FoundRuns};
use crate::kernel::instances::InstancesKernel;
use crate::kernel::source::Statistic;
use crate::kernel::window::Reach;
use crate::plan::WORKGROUP;
use crate::volume::Source;
use std::collections::HashMap;

/// Words of the list that a word of the masks may need: three for each run, and a run begins at every other voxel at most.
const LIST_WORDS: u64 = 3 * 16;

/// Rows that one dispatch looks at for all its runs together; beyond, it could take longer than drivers wait for.
const MOST_ROWS: u64 = 1 << 26;

impl Backend {
    /// Gives the runs of each plane (sample) and class to `take`, in parts that lie behind each other. They are not kept: a
    /// checkerboard has more of them than words.
    pub async fn components(
        &self,
        job: &ComponentsOf<'_, Source<'_>>,
        waiting: Waiting,
        take: &mut dyn FnMut(usize, FoundRuns),
    ) -> Result<()> {
        self.trust_instances(waiting).await?;
        self.found(job, waiting, take).await
    }

    async fn found(
        &self,
        job: &ComponentsOf<'_, Source<'_>>,
        waiting: Waiting,
        take: &mut dyn FnMut(usize, FoundRuns),
    ) -> Result<()> {
        let (image, classes) = (self.image(&job.pair)?, job.pair.classes);
        let most = self.most_words() / LIST_WORDS;
        let mut crops = Vec::new();
        for crop in self.boxes(&image, classes, waiting).await? {
            let of_crop = pieces(&crop, most);
            if let Some(large) = of_crop.iter().find(|piece| Form::MASKS.words(piece) > most) {
                let (what, bytes) = ("a row of voxels", 4 * Form::MASKS.words(large));
                return Err(Error::BindingTooLarge { what, bytes, most: 4 * most });
            }
            crops.extend(of_crop);
        }
        for batch in batches(&crops, Form::MASKS, &image, classes, most) {
            let runs = self.runs(&image, &batch, job.windows, waiting).await?;
            batch.crops.iter().zip(runs).for_each(|(crop, runs)| take(crop.cell, runs));
        }
        Ok(())
    }

    /// The runs of each box of a batch.
    async fn runs(
        &self,
        image: &Image<'_>,
        batch: &Batch,
        windows: &[[Vec<Reach>; 2]],
        waiting: Waiting,
    ) -> Result<Vec<FoundRuns>> {
        let masks = self.bits(image, batch)?;
        let mut told = batch.told();
        told.tasks(&batch.tasks);
        let groups = u64::from(told.numbers.groups);
        let before = self.storage(batch.words + groups)?;
        self.step(Statistic::Instances(InstancesKernel::Counts), [&masks, &masks, &before], told.clone(), groups)?;
        let of_groups = self.read_from(&before, 4 * batch.words, waiting).await?;
        let (mut many, mut offsets) = (0, Vec::with_capacity(groups as usize));
        for runs in of_groups.iter().take(groups as usize) {
            offsets.push(many);
            many += runs;
        }
        told.numbers.offsets_at = told.table(offsets);
        told.numbers.runs = many;
        if many == 0 {
            return Ok(vec![FoundRuns::default(); batch.crops.len()]);
        }
        let list = self.storage(3 * u64::from(many))?;
        self.step(Statistic::Instances(InstancesKernel::Runs), [&masks, &before, &list], told.clone(), groups)?;
        let rows = tell_windows(&mut told, batch, windows);
        if let Some(part) = MOST_ROWS.checked_div(rows) {
            let part = part.max(WORKGROUP.into());
            for from in (0..u64::from(many)).step_by(part as usize) {
                let end = (from + part).min(many.into());
                (told.numbers.first_run, told.numbers.end_run) = (from as u32, end as u32);
                let groups = (end - from).div_ceil(WORKGROUP.into());
                self.step(
                    Statistic::Instances(InstancesKernel::Merge),
                    [&masks, &before, &list],
                    told.clone(),
                    groups,
                )?;
            }
            let groups = u64::from(many).div_ceil(WORKGROUP.into());
            self.step(Statistic::Instances(InstancesKernel::Compress), [&masks, &before, &list], told, groups)?;
        }
        let words = self.read(&list, waiting).await?;
        Ok(runs_of(batch, image.extent[1], &words[..3 * many as usize]))
    }
}

/// Appends the rows by which runs are joined, for each segment. How many they are at most.
fn tell_windows(told: &mut Told, batch: &Batch, windows: &[[Vec<Reach>; 2]]) -> u64 {
    let (mut known, mut most) = (HashMap::new(), 0);
    let mut of_segments = Vec::with_capacity(2 * batch.segments());
    for window in batch.crops.iter().filter_map(|crop| windows.get(crop.cell % windows.len().max(1))).flatten() {
        let rows = || window.iter().flat_map(|row| [row.dz as u32, row.dy as u32, row.reach]);
        // Of as many dilations they are the same.
        let at = *known.entry(rows().collect::<Vec<_>>()).or_insert_with(|| told.table(rows()));
        most = most.max(window.len() as u64);
        of_segments.extend([at, window.len() as u32]);
    }
    told.numbers.windows_at = told.table(of_segments);
    most
}

/// The runs of each box, from the list of all: parents, first voxels and lengths.
fn runs_of(batch: &Batch, image_rows: u64, words: &[u32]) -> Vec<FoundRuns> {
    let many = words.len() / 3;
    let (parents, first, lengths) = (&words[..many], &words[many..2 * many], &words[2 * many..]);
    let mut at = 0;
    let mut of_segment = |crop: &Crop, record: &Record, start: u32| -> Vec<FoundRun> {
        let begin = at;
        at += first[begin..].partition_point(|voxel| voxel / 32 < start + record.words());
        let run = |place: usize| {
            let word = first[place] / 32 - start;
            let (row, k) = (word / record.width, word % record.width);
            let [z, y] = [row / record.grid_rows, row % record.grid_rows].map(u64::from);
            let row = ((crop.low[0] + z) * image_rows + crop.low[1] + y) as u32;
            let start = crop.low[2] as u32 + 32 * k + first[place] % 32;
            FoundRun { row, start, end: start + lengths[place], root: parents[place] - begin as u32 }
        };
        (begin..at).map(run).collect()
    };
    let each = batch.crops.iter().zip(&batch.records);
    each.map(|(crop, record)| [0, record.half].map(|half| of_segment(crop, record, record.first + half))).collect()
}

//! Counts on the GPU.

use super::Backend;
use super::input::Input;
use super::passes::{Aux, Pass};
use crate::classes::{ClassIndex, Classes};
use crate::error::Result;
use crate::job::CountsJob;
use crate::kernel::counts::RawCounts;
use crate::kernel::source::{FEW_CLASSES, Key, MANY_CLASSES, Statistic};
use crate::plan::{Output, Params, Plan, WORKGROUP};
use std::borrow::Cow;

impl Backend {
    /// Counts every plane (sample).
    pub fn counts(&self, job: &CountsJob<'_>) -> Result<Vec<RawCounts>> {
        let mut planes = vec![RawCounts::zero(job.classes.len()); job.grid.planes as usize];
        match job.classes.plain() {
            Some(labels) if labels.len() <= FEW_CLASSES => self.count_few(job, &labels, &mut planes)?,
            _ => self.count_many(job, &mut planes)?,
        }
        Ok(planes)
    }

    fn count_few(&self, job: &CountsJob<'_>, labels: &[u32], planes: &mut [RawCounts]) -> Result<()> {
        let n = labels.len();
        let words = 3 * n + 2;
        let pass = self.counts_pass(job, Output::Tasks(words as u32), |_| Statistic::CountsFew, 0..n)?;
        let aux = |_: &_| Some(Aux { words: labels.into(), listed: None, entries: n as u32 });
        self.run(&pass, aux, &mut |window, partials| {
            for (task, partial) in partials.chunks_exact(words).enumerate() {
                let plane = pass.plan.part(window, task as u64).cell;
                planes[plane as usize].add_words(0..n, partial);
            }
            Ok(())
        })
    }

    /// Any classes, `MANY_CLASSES` per pass over the voxels.
    fn count_many(&self, job: &CountsJob<'_>, planes: &mut [RawCounts]) -> Result<()> {
        let (table, entries, search) = table(job.classes);
        let overlaps = job.classes.overlaps().is_some();
        for start in (0..job.classes.len()).step_by(MANY_CLASSES) {
            let range = start..(start + MANY_CLASSES).min(job.classes.len());
            let words = 3 * range.len() + 3;
            let statistic = |direct| Statistic::CountsMany { direct, search, overlaps };
            let pass = self.counts_pass(job, Output::Planes(words as u32), statistic, range.clone())?;
            let aux = |_: &_| Some(Aux { words: Cow::Borrowed(&*table), listed: None, entries });
            self.run(&pass, aux, &mut |window, totals| {
                for (plane, total) in totals.chunks_exact(words).enumerate() {
                    planes[window.first_plane as usize + plane].add_words(range.clone(), total);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// `statistic` is told whether lanes share a workgroup with other tasks.
    fn counts_pass<'a>(
        &self,
        job: &CountsJob<'a>,
        output: Output,
        statistic: impl Fn(bool) -> Statistic,
        range: std::ops::Range<usize>,
    ) -> Result<Pass<'a>> {
        let (pred, truth) = (Input::labels(job.pred), Input::labels(job.truth));
        let element_bytes = job.pred.dtype().size().max(job.truth.dtype().size());
        let plan = Plan::new(job.grid, element_bytes, output, self.limits)?;
        let statistic = statistic(plan.lanes < WORKGROUP);
        let key = Key { pred: pred.operand(), truth: truth.operand(), lanes: plan.lanes, statistic };
        let adds = matches!(output, Output::Planes(_));
        let groups = job.classes.overlaps().map_or(0, |overlaps| overlaps.groups() as u32);
        let (classes, class_base) = (range.len() as u32, range.start as u32);
        let params = Params { classes, class_base, groups, ..Params::default() };
        Ok(Pass { key, plan, pred, truth, params, adds })
    }
}

/// The class table as words, its number of entries, and whether it must be searched. The groups of overlapping classes
/// follow it.
fn table(classes: &Classes) -> (Cow<'_, [u32]>, u32, bool) {
    let (mut words, entries, search) = match classes.index() {
        ClassIndex::Table(table) => (Cow::Borrowed(&table[..]), table.len() as u32, false),
        ClassIndex::Sorted(pairs) => {
            let words = pairs.iter().flat_map(|&(label, class)| [label, class]).collect();
            (Cow::Owned(words), pairs.len() as u32, true)
        }
    };
    if let Some(overlaps) = classes.overlaps() {
        words.to_mut().extend_from_slice(overlaps.words());
    }
    (words, entries, search)
}

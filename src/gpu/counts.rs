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
        if job.classes.len() <= FEW_CLASSES {
            self.count_few(job, &mut planes)?;
        } else {
            self.count_many(job, &mut planes)?;
        }
        Ok(planes)
    }

    fn count_few(&self, job: &CountsJob<'_>, planes: &mut [RawCounts]) -> Result<()> {
        let n = job.classes.len();
        let words = 3 * n + 2;
        let pass = self.counts_pass(job, Output::Tasks(words as u32), |_| Statistic::CountsFew, 0..n)?;
        let aux = |_: &_| Some(Aux { words: job.classes.labels().into(), listed: None, entries: n as u32 });
        self.run(&pass, aux, &mut |window, partials| {
            for (task, partial) in partials.chunks_exact(words).enumerate() {
                let plane = pass.plan.part(window, task as u64).cell;
                planes[plane as usize].add_words(0..n, partial);
            }
            Ok(())
        })
    }

    /// Any number of classes, `MANY_CLASSES` per pass over the voxels.
    fn count_many(&self, job: &CountsJob<'_>, planes: &mut [RawCounts]) -> Result<()> {
        let (table, entries, search) = table(job.classes);
        for start in (0..job.classes.len()).step_by(MANY_CLASSES) {
            let range = start..(start + MANY_CLASSES).min(job.classes.len());
            let words = 3 * range.len() + 2;
            let statistic = |direct| Statistic::CountsMany { direct, search };
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
        let params = Params { classes: range.len() as u32, class_base: range.start as u32, ..Params::default() };
        Ok(Pass { key, plan, pred, truth, params, adds })
    }
}

/// The class table as words, its number of entries, and whether it must be searched.
fn table(classes: &Classes) -> (Cow<'_, [u32]>, u32, bool) {
    match classes.index() {
        ClassIndex::Table(table) => (Cow::Borrowed(table), table.len() as u32, false),
        ClassIndex::Sorted(pairs) => {
            let words = pairs.iter().flat_map(|&(label, class)| [label, class]).collect();
            (Cow::Owned(words), pairs.len() as u32, true)
        }
    }
}

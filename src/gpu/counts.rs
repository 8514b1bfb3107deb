//! Counts on the GPU.

use super::Backend;
use super::arrival::Waiting;
use super::input::Input;
use super::passes::{Aux, Pass};
use crate::classes::{ClassIndex, Classes};
use crate::error::Result;
use crate::job::CountsOf;
use crate::kernel::counts::RawCounts;
use crate::kernel::params::Params;
use crate::kernel::source::{FEW_CLASSES, Key, MANY_CLASSES, Statistic};
use crate::plan::{Output, WORKGROUP};
use crate::volume::{Dtype, Source};
use std::borrow::Cow;
use std::ops::Range;

impl Backend {
    /// Counts every plane (sample).
    pub async fn counts(&self, job: &CountsOf<'_, Source<'_>>, waiting: Waiting) -> Result<Vec<RawCounts>> {
        let mut planes = vec![RawCounts::zero(job.classes.len()); job.grid.planes as usize];
        match few_labels(job) {
            Some(labels) => self.count_few(job, waiting, &labels, &mut planes).await?,
            None => self.count_many(job, waiting, &mut planes).await?,
        }
        Ok(planes)
    }

    async fn count_few(
        &self,
        job: &CountsOf<'_, Source<'_>>,
        waiting: Waiting,
        labels: &[u32],
        planes: &mut [RawCounts],
    ) -> Result<()> {
        let n = labels.len();
        let words = 3 * n + 2;
        let pass = self.few_pass(job, labels)?;
        let aux = |_: &_| Some(few_aux(labels));
        self.run(&pass, waiting, &aux, &mut |window, partials| {
            let parts = pass.plan.slots(*window, pass.plan.tasks(window), |task| task);
            for (part, partial) in parts.zip(partials.chunks_exact(words)) {
                planes[part.cell as usize].add_words(0..n, partial);
            }
            Ok(())
        })
        .await
    }

    /// Any classes, `MANY_CLASSES` per pass over the voxels.
    async fn count_many(
        &self,
        job: &CountsOf<'_, Source<'_>>,
        waiting: Waiting,
        planes: &mut [RawCounts],
    ) -> Result<()> {
        let table = ClassWords::of(job.classes);
        for range in class_passes(job.classes) {
            let words = 3 * range.len() + 3;
            let pass = self.many_pass(job, &table, range.clone())?;
            let aux = |_: &_| Some(table.aux());
            self.run(&pass, waiting, &aux, &mut |window, totals| {
                for (plane, total) in totals.chunks_exact(words).enumerate() {
                    planes[window.first_plane as usize + plane].add_words(range.clone(), total);
                }
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    /// A pass of `counts_few.wgsl`.
    pub(super) fn few_pass<'a>(&self, job: &CountsOf<'_, Source<'a>>, labels: &[u32]) -> Result<Pass<'a>> {
        let (n, high) = (labels.len(), labels.iter().any(|&label| label > 15));
        let statistic = |_| Statistic::CountsFew { classes: n as u32, high };
        self.counts_pass(job, Output::Tasks(3 * n as u32 + 2), statistic, 0..n)
    }

    /// A pass of `counts_many.wgsl` over the classes of `range`.
    pub(super) fn many_pass<'a>(
        &self,
        job: &CountsOf<'_, Source<'a>>,
        table: &ClassWords<'_>,
        range: Range<usize>,
    ) -> Result<Pass<'a>> {
        let (search, overlaps) = (table.search, job.classes.overlaps().is_some());
        let statistic = |direct| Statistic::CountsMany { direct, search, overlaps };
        self.counts_pass(job, Output::Planes(3 * range.len() as u32 + 3), statistic, range)
    }

    /// `statistic` gets whether lanes share a workgroup with other tasks.
    fn counts_pass<'a>(
        &self,
        job: &CountsOf<'_, Source<'a>>,
        output: Output,
        statistic: impl Fn(bool) -> Statistic,
        range: Range<usize>,
    ) -> Result<Pass<'a>> {
        let (pred, truth) = (Input::labels(job.pred), Input::labels(job.truth));
        let element_bytes = job.pred.dtype().size().max(job.truth.dtype().size());
        let plan = self.plan(job.grid, element_bytes, output, [&pred, &truth])?;
        let statistic = statistic(plan.lanes < WORKGROUP);
        let key = Key { pred: pred.operand(), truth: truth.operand(), lanes: plan.lanes, statistic };
        let adds = matches!(output, Output::Planes(_));
        let groups = job.classes.overlaps().map_or(0, |overlaps| overlaps.groups() as u32);
        let (classes, class_base) = (range.len() as u32, range.start as u32);
        let params = Params { classes, class_base, groups, ..Params::default() };
        Ok(Pass { key, plan, pred, truth, params, adds })
    }
}

/// The labels, one for each class, where `counts_few.wgsl` takes them: of two u8 maps it compares 8 bits.
pub(super) fn few_labels(job: &CountsOf<'_, Source<'_>>) -> Option<Vec<u32>> {
    let bytes = job.pred.dtype() == Dtype::U8 && job.truth.dtype() == Dtype::U8;
    let most = if bytes { u8::MAX.into() } else { u32::MAX };
    job.classes.plain().filter(|labels| labels.len() <= FEW_CLASSES && labels.iter().all(|&label| label <= most))
}

pub(super) fn few_aux(labels: &[u32]) -> Aux<'_> {
    Aux { words: labels.into(), listed: None, entries: labels.len() as u32 }
}

/// The classes of each pass.
pub(super) fn class_passes(classes: &Classes) -> impl Iterator<Item = Range<usize>> {
    let all = classes.len();
    (0..all).step_by(MANY_CLASSES).map(move |start| start..(start + MANY_CLASSES).min(all))
}

/// The class table as a kernel binds it; the groups of overlapping classes follow it.
pub(super) struct ClassWords<'a> {
    words: Cow<'a, [u32]>,
    entries: u32,
    /// Whether it must be searched.
    search: bool,
}

impl<'a> ClassWords<'a> {
    pub fn of(classes: &'a Classes) -> Self {
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
        Self { words, entries, search }
    }

    pub fn aux(&self) -> Aux<'_> {
        Aux { words: Cow::Borrowed(&*self.words), listed: None, entries: self.entries }
    }
}

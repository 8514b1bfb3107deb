//! Known answers for the kernels of lesions, checked before their first use, as those of surfaces are.

use crate::classes::Classes;
use crate::error::{Error, Result};
use crate::gpu::Backend;
use crate::gpu::arrival::Waiting;
use crate::gpu::self_test::drawn;
use crate::job::{ComponentsOf, FoundRun, FoundRuns, LabelPairOf};
use crate::kernel::instances::twin::components;
use crate::kernel::window::{Reach, of_components};
use crate::stats::{Connectivity, InstanceOptions};
use crate::volume::{Data, Source};
use std::sync::atomic::Ordering;

/// Rows are longer than two words, and a side has more words than a workgroup, so that what one counts is added to the next.
const EXTENT: [usize; 3] = [5, 17, 101];

impl Backend {
    /// Checks the kernels against known answers, once.
    pub(super) async fn trust_instances(&self, waiting: Waiting) -> Result<()> {
        if self.instances_trusted.load(Ordering::Acquire) {
            return Ok(());
        }
        let window = |connectivity, join| {
            of_components(&InstanceOptions { connectivity, ..InstanceOptions::default() }, join).unwrap_or_default()
        };
        let windows = [
            [window(Connectivity::Faces, 0), window(Connectivity::Corners, 0)],
            [window(Connectivity::Corners, 1), window(Connectivity::Edges, 0)],
            [Vec::new(), window(Connectivity::Faces, 0)],
        ];
        if !self.components_agree(&windows, waiting).await? {
            return Err(Error::SelfTest { adapter: self.device.fact.name.clone(), check: "lesions".into() });
        }
        self.instances_trusted.store(true, Ordering::Release);
        Ok(())
    }

    async fn components_agree(&self, windows: &[[Vec<Reach>; 2]], waiting: Waiting) -> Result<bool> {
        let classes = Classes::regions([vec![1], vec![2, 3], vec![1, 3]])?.ignoring(4)?;
        let [truth, pred] = labels();
        let [p, t] = [&pred, &truth].map(|labels| Source::Host(Data::U8(labels)));
        let pair = LabelPairOf { extent: EXTENT, samples: 1, pred: p, truth: t, classes: &classes };
        let mut found: Vec<Vec<FoundRuns>> = vec![Vec::new(); classes.len()];
        self.found(&ComponentsOf { pair, windows }, waiting, &mut |cell, runs| found[cell].push(runs)).await?;
        for ((set, windows), found) in classes.sets().iter().zip(windows).zip(&found) {
            let is = |label: u8, truth: u8| set.contains(&label.into()) && truth != 4;
            let of = |labels: &[u8]| -> Vec<bool> { labels.iter().zip(&truth).map(|(&l, &t)| is(l, t)).collect() };
            let expected = [(&truth, &windows[0]), (&pred, &windows[1])].map(|(labels, rows)| runs(&of(labels), rows));
            if *found != [expected] {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The runs of a mask, each with the first one of its component.
fn runs(mask: &[bool], window: &[Reach]) -> Vec<FoundRun> {
    let [_, _, columns] = EXTENT;
    let first = components(EXTENT, mask, window);
    let is = |voxel: usize, x: usize| x < columns && mask[voxel];
    let starts: Vec<usize> =
        (0..mask.len()).filter(|&voxel| mask[voxel] && (voxel % columns == 0 || !mask[voxel - 1])).collect();
    let run = |(place, &voxel): (usize, &usize)| {
        let start = voxel % columns;
        let length = (0..).take_while(|&step| is(voxel + step, start + step)).count();
        let root = match first[voxel] {
            // Without rows to join, each run stays alone.
            Some(root) if !window.is_empty() => starts.partition_point(|&start| start <= root) - 1,
            _ => place,
        };
        let [row, start, length, root] = [voxel / columns, start, length, root].map(|n| n as u32);
        FoundRun { row, start, end: start + length, root }
    };
    starts.iter().enumerate().map(run).collect()
}

/// Truth and prediction: a comb whose teeth meet in the last row alone, rows that are full, noise of two labels, and a part
/// that is ignored.
fn labels() -> [Vec<u8>; 2] {
    let rows = EXTENT[1];
    drawn(EXTENT, |[z, y, x], moved, random| {
        let noise = random % 100;
        match (z, y, x) {
            (2, 8, 20..40) if moved == 0 => 4,
            (0, ..) => u8::from((x + moved).is_multiple_of(2) || y + 1 == rows),
            (1, 3..7, _) => 1,
            _ if noise < 35 => 2 + (noise % 2) as u8,
            _ => 0,
        }
    })
}

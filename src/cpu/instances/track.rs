//! The runs of one class on one side, and which of them are one lesion: union-find, whose roots have the smallest number.

use super::around::{Cursors, Run};
use crate::cpu::sets::Sets;
#[cfg(feature = "gpu")]
use crate::job::FoundRun;
use crate::kernel::window::Reach;
use crate::stats::Lesion;
use std::collections::HashMap;

/// No lesion yet.
const NONE: u32 = u32::MAX;

/// Which numbers are one lesion.
#[derive(Debug, Clone)]
struct Links {
    sets: Sets,
    /// How far runs of one row reach each other, where joined components may lie in one row.
    along: Option<u32>,
    cursors: Cursors,
    /// Those of a row, while it is linked.
    ids: Vec<u32>,
}

impl Links {
    fn new(window: &[Reach]) -> Self {
        let along = window.iter().find(|row| (row.dz, row.dy) == (0, 0)).map(|row| row.reach);
        let (sets, ids) = Default::default();
        Self { sets, along, cursors: Cursors::new(window), ids }
    }

    /// Joins runs of a row with those of rows before.
    fn link(&mut self, before: &[Run], own: &mut [Run], rows: u32) {
        let Self { sets, cursors, ids, .. } = self;
        ids.clear();
        ids.extend(own.iter().map(|run| run.id));
        cursors.each(own, before, rows, |i, j| {
            let (id, other) = (&mut ids[i], before[j].id);
            // Within a lesion most runs have its number.
            if *id != other {
                *id = if *id == NONE { sets.root(other) } else { sets.join(*id, other) };
            }
        });
        own.iter_mut().zip(ids).for_each(|(run, id)| run.id = *id);
    }
}

#[derive(Debug, Clone)]
pub(super) struct Track {
    pub runs: Vec<Run>,
    /// Where the runs of the row that is read begin.
    row_start: usize,
    links: Links,
    /// What each number brought in; a lesion is the sum over its set.
    lesions: Vec<Lesion>,
    /// Lesions by label, where labels define the lesions.
    by_label: Option<HashMap<u32, u32>>,
    /// The last label and its lesion.
    last: Option<(u32, u32)>,
    /// Lesions that were counted and forgotten, as there are too many.
    pub forgotten: u64,
}

impl Track {
    /// Of components that are connected through `window`, or of labels.
    pub fn new(window: Option<&[Reach]>) -> Self {
        let (links, by_label) = (Links::new(window.unwrap_or_default()), window.is_none().then(HashMap::new));
        let (runs, lesions) = Default::default();
        Self { runs, row_start: 0, links, lesions, by_label, last: None, forgotten: 0 }
    }

    /// The lesion that this one has become a part of.
    pub fn root(&mut self, id: u32) -> u32 {
        self.links.sets.root(id)
    }

    fn new_lesion(&mut self) -> u32 {
        self.lesions.push(Lesion::NONE);
        self.links.sets.add()
    }

    /// How many numbers there are, lesions and those that became parts of them.
    pub fn numbers(&self) -> usize {
        self.links.sets.len()
    }

    /// Voxels of the row that is read, behind those that came before. Whether they are its first.
    #[inline]
    pub fn push(&mut self, row: u32, label: u32, start: u32, end: u32) -> bool {
        let is_first = self.runs.len() == self.row_start;
        let id = match (&self.by_label, self.last) {
            (None, _) => NONE,
            (Some(_), Some((last, id))) if last == label => id,
            _ => self.of_label(label),
        };
        match self.runs.last_mut() {
            // A region of several labels, or a row that came in chunks.
            Some(last) if !is_first && last.end == start && last.id == id => last.end = end,
            _ => self.runs.push(Run { row, start, end, id }),
        }
        is_first
    }

    fn of_label(&mut self, label: u32) -> u32 {
        let known = self.by_label.as_ref().and_then(|ids| ids.get(&label)).copied();
        let id = known.unwrap_or_else(|| self.new_lesion());
        self.by_label.get_or_insert_default().insert(label, id);
        self.last = Some((label, id));
        id
    }

    /// The runs of the row that is read.
    pub fn row(&self) -> &[Run] {
        &self.runs[self.row_start..]
    }

    /// Whether no run of the rows before is left.
    pub fn is_in_first_row(&self) -> bool {
        self.row_start == 0
    }

    /// After the last voxel of a row with runs of this track: `rows` are in a slice of `columns`.
    pub fn close_row(&mut self, rows: u32, columns: u64, swapped: bool) {
        let Self { runs, links, lesions, .. } = self;
        let (before, own) = runs.split_at_mut(self.row_start);
        let Some(row) = own.first().map(|run| run.row) else { return };
        // Runs of labels have their lesions.
        if self.by_label.is_none() {
            links.link(before, own, rows);
        }
        for run in own.iter_mut().filter(|run| run.id == NONE) {
            run.id = links.sets.add();
            lesions.push(Lesion::NONE);
        }
        if let Some(reach) = links.along {
            // Neighbours suffice.
            for i in 1..own.len() {
                if own[i].start < own[i - 1].end.saturating_add(reach) {
                    links.sets.join(own[i - 1].id, own[i].id);
                }
            }
        }
        let (y, z, first) = (row % rows, row / rows, u64::from(row) * columns);
        let [y, z] = if swapped { [z, y] } else { [y, z] };
        for run in own.iter() {
            let lesion = Lesion::of_run(first + u64::from(run.start), [run.start, run.end], y, z);
            lesions[run.id as usize].add(&lesion);
        }
    }

    /// The next row begins.
    pub fn open_row(&mut self) {
        self.row_start = self.runs.len();
    }
}

/// Forgets lesions when there are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    All,
    /// Those that the last rows may still add to; others are counted.
    Open,
}

impl Track {
    /// Numbers lesions anew, without gaps and in the order of their first voxels; what each number has become.
    pub fn renumber(&mut self, head: &mut [Run], keep: Keep) -> Vec<u32> {
        let n = self.links.sets.len();
        let mut is_kept = vec![keep == Keep::All || self.by_label.is_some(); n];
        if keep == Keep::Open {
            for run in self.runs.iter().chain(head.iter()).map(|run| run.id).collect::<Vec<_>>() {
                let root = self.root(run);
                is_kept[root as usize] = true;
            }
        }
        let mut numbers = vec![NONE; n];
        let mut left = 0;
        for id in 0..n {
            // Roots come before what belongs to them, and no number becomes larger: lesions move within their list.
            let root = self.root(id as u32) as usize;
            let is_root = root == id;
            if is_root && !is_kept[root] {
                self.forgotten += 1;
                continue;
            }
            if is_root {
                numbers[root] = left;
                left += 1;
            }
            numbers[id] = numbers[root];
            let own = self.lesions.get(id).copied();
            if let (Some(own), Some(lesion)) = (own, self.lesions.get_mut(numbers[root] as usize)) {
                if is_root { *lesion = own } else { lesion.add(&own) }
            }
        }
        self.links.sets = Sets::of(left);
        self.lesions.truncate(left as usize);
        self.last = None;
        let ids = self.runs.iter_mut().chain(head).map(|run| &mut run.id);
        ids.chain(self.by_label.iter_mut().flat_map(HashMap::values_mut)).for_each(|id| *id = numbers[*id as usize]);
        numbers
    }

    /// Drops the runs before a row; they go to `gone`.
    pub fn trim(&mut self, row: u32, gone: &mut Vec<Run>) -> usize {
        let n = self.runs.partition_point(|run| run.row < row);
        // Moving the rest takes time as well.
        if 2 * n < self.runs.len() {
            return 0;
        }
        gone.extend(self.runs.drain(..n));
        self.row_start -= n;
        self.links.cursors.shift(n);
        n
    }

    /// Takes the track of the slices behind, the first of whose runs are `head`, with numbers behind those of this track.
    pub fn append(&mut self, mut next: Self, head: &[Run], rows: u32) {
        let before = self.links.sets.len() as u32;
        self.links.sets.append(&next.links.sets);
        self.lesions.append(&mut next.lesions);
        self.forgotten += next.forgotten;
        next.runs.iter_mut().for_each(|run| run.id += before);
        let mut labels = next.by_label.into_iter().flatten().collect::<Vec<_>>();
        labels.sort_unstable();
        for (label, id) in labels {
            match self.by_label.as_ref().and_then(|ids| ids.get(&label)).copied() {
                Some(own) => drop(self.links.sets.join(own, id + before)),
                None => drop(self.by_label.get_or_insert_default().insert(label, id + before)),
            }
        }
        if self.by_label.is_none() {
            let head = head.chunk_by(|a, b| a.row == b.row);
            head.for_each(|row| self.links.link(&self.runs, &mut row.to_vec(), rows));
        }
        self.runs.append(&mut next.runs);
        self.row_start = self.runs.len();
        self.last = None;
    }

    /// Takes the runs of the rows behind, whose components are known among themselves. Those of the first `depth` slices are
    /// joined with what is there. Its lesions are numbers, of which no more is known.
    #[cfg(feature = "gpu")]
    pub fn take(&mut self, found: &[FoundRun], rows: u32, depth: u32) {
        let Some(first) = found.first() else { return };
        let head = (first.row / rows).saturating_add(depth).saturating_mul(rows);
        let mut own: Vec<Run> = Vec::with_capacity(found.len());
        for &FoundRun { row, start, end, root } in found {
            // A root is the first run of its component.
            let id = own.get(root as usize).map_or(NONE, |root| root.id);
            let id = if id == NONE { self.links.sets.add() } else { id };
            own.push(Run { row, start, end, id });
        }
        let in_head = own.chunk_by(|a, b| a.row == b.row).take_while(|row| row[0].row < head);
        in_head.for_each(|row| self.links.link(&self.runs, &mut row.to_vec(), rows));
        self.runs.append(&mut own);
    }

    /// Counts lesions and forgets them and their runs, where more than `most` are whole. Rows to come are joined with those from
    /// `row` on alone.
    #[cfg(feature = "gpu")]
    pub fn forget_beyond(&mut self, most: u32, row: u32) {
        if self.forgotten == 0 && self.numbers() <= most as usize {
            return;
        }
        self.renumber(&mut [], Keep::All);
        if self.forgotten == 0 && self.closed(&[], |own| own >= row) <= most as usize {
            return;
        }
        let n = self.runs.partition_point(|run| run.row < row);
        self.runs.drain(..n);
        self.links.cursors.shift(n);
        self.renumber(&mut [], Keep::Open);
    }

    /// How many lesions the numbers are, with those that were forgotten.
    #[cfg(feature = "gpu")]
    pub fn found(&self) -> u64 {
        self.links.sets.count() as u64 + self.forgotten
    }

    /// The lesions, which are whole after [`Track::renumber`], and the runs that were kept.
    pub fn into_parts(self) -> (Vec<Lesion>, Vec<Run>) {
        (self.lesions, self.runs)
    }

    /// Lesions that no row before or behind can add to, after [`Track::renumber`]: those with no run in a row that `may_join`, and
    /// none in the head.
    pub fn closed(&self, head: &[Run], may_join: impl Fn(u32) -> bool) -> usize {
        let mut is_open = vec![false; self.links.sets.len()];
        let open = self.runs.iter().filter(|run| may_join(run.row)).chain(head);
        open.for_each(|run| is_open[run.id as usize] = true);
        is_open.iter().filter(|is_open| !**is_open).count()
    }

    pub fn has_labels(&self) -> bool {
        self.by_label.is_some()
    }
}

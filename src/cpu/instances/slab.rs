//! Some slices of an image on both sides, read row by row. Slabs that lie behind each other are joined.

use super::around::Run;
use super::runs::{outside, runs};
use super::sought::Sought;
use super::table::{Of, Table};
use super::track::{Keep, Track};
use crate::error::{Operand, Result, TooManyLesions};
use crate::kernel::counts::Label;
use crate::kernel::window::{depth, near, of_components};
use crate::stats::{InstanceOptions, Join, Lesion, Regions, Runs};
use std::ops::Range;

/// The slices of an image. In an image of two axes each row is a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub slices: u32,
    pub rows: u32,
    pub columns: u64,
    /// Rows are slices.
    pub is_flat: bool,
}

/// Which runs stay after their slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stay {
    /// Runs that later slices may belong to.
    Last,
    All,
}

/// Beyond this many numbers or meetings it is worth dropping those that are not needed.
const MANY: usize = 1 << 16;

/// Lesions and the runs that were kept by track, and what meets.
pub(super) struct Found {
    pub lesions: Vec<Vec<Lesion>>,
    pub tables: Vec<Table>,
    pub runs: Vec<Vec<Run>>,
}

/// Truth and prediction of class c are the tracks 2c and 2c + 1.
#[derive(Debug, Clone)]
pub(super) struct Slab {
    layout: Layout,
    first_row: u32,
    pub tracks: Vec<Track>,
    pub tables: Vec<Table>,
    /// Tables by track.
    tables_of: Vec<Vec<usize>>,
    /// The first runs of each track, which slices before may belong to.
    heads: Vec<Vec<Run>>,
    /// Slices that a run may belong to, before and behind.
    depth: u32,
    keep: Stay,
    options: InstanceOptions,
    limit: usize,
    /// Tracks with runs in the row that is read.
    touched: Vec<usize>,
    /// Tracks with runs: an image may have many labels, few of which are in its last slices.
    live: Vec<usize>,
    /// Places of the part of a row of the truth that was read last, whose voxels are left out.
    left_out: Vec<Range<usize>>,
}

impl Slab {
    pub fn new(layout: Layout, first_slice: u32, classes: usize, options: &InstanceOptions) -> Self {
        let of_steps = |(join, near): (Join, u32)| depth(join.truth.max(join.pred)).max(near);
        // Of a class without steps of its own, and of those with them.
        let own = options.own.iter().map(|own| own.class).filter(|&class| class < classes);
        let of_own = own.map(|class| of_steps(options.steps_of(class)));
        let depth = of_own.fold(of_steps((options.join, options.near)), u32::max);
        let needs_all = options.regions == Regions::Nearest || options.runs == Runs::Kept;
        let mut slab = Self {
            layout,
            first_row: first_slice * layout.rows,
            tracks: Vec::new(),
            tables: Vec::new(),
            tables_of: Vec::new(),
            heads: Vec::new(),
            depth,
            keep: if needs_all { Stay::All } else { Stay::Last },
            options: options.clone(),
            limit: MANY,
            touched: Vec::new(),
            live: Vec::new(),
            left_out: Vec::new(),
        };
        (0..classes).for_each(|_| slab.add_class());
        for (which, &[class, other]) in options.touching.iter().enumerate() {
            for side in 0..2 {
                slab.add_table(Table::within([2 * class + side, 2 * other + side], near(1), Of::Touching(which)));
            }
        }
        slab
    }

    fn add_class(&mut self) {
        let class = self.tracks.len() / 2;
        let (join, near_steps) = self.options.steps_of(class);
        for steps in [join.truth, join.pred] {
            self.tracks.push(Track::new(of_components(&self.options, steps).as_deref()));
            self.tables_of.push(Vec::new());
            self.heads.push(Vec::new());
        }
        let sides = [2 * class, 2 * class + 1];
        self.add_table(Table::of_overlaps(sides));
        if near_steps > 0 {
            self.add_table(Table::within(sides, near(near_steps), Of::Near));
        }
    }

    fn add_table(&mut self, table: Table) {
        table.tracks.iter().for_each(|&track| self.tables_of[track].push(self.tables.len()));
        self.tables.push(table);
    }

    /// A part of a row of one side, from column `from` on. The truth must be read before the prediction, as it says which voxels
    /// are left out.
    pub fn read<L: Label>(&mut self, row: u32, from: usize, labels: &[L], side: Operand, sought: &mut impl Sought) {
        let is_truth = side == Operand::Truth;
        if is_truth {
            self.left_out.clear();
        }
        let zero = sought.reads_zero();
        let mut left_out = std::mem::take(&mut self.left_out);
        let mut next = 0;
        runs(labels, zero, |label, start, end| {
            if is_truth {
                let is_ignored =
                    sought.each(label, |class| self.push(class, side, row, label, [from + start, from + end]));
                if is_ignored {
                    left_out.push(start..end);
                }
                return;
            }
            outside([start, end], &left_out, &mut next, |start, end| {
                sought.each(label, |class| self.push(class, side, row, label, [from + start, from + end]));
            });
        });
        self.left_out = left_out;
    }

    /// Voxels of a row of a class.
    #[inline]
    fn push(&mut self, class: usize, side: Operand, row: u32, label: u32, [start, end]: [usize; 2]) {
        let track = 2 * class + usize::from(side == Operand::Pred);
        while self.tracks.len() <= track {
            self.add_class();
        }
        if self.tracks[track].push(row, label, start as u32, end as u32) {
            self.touched.push(track);
        }
    }

    /// Voxels of a row of a track, whose lesion is called by a number.
    #[cfg(feature = "gpu")]
    pub fn push_named(&mut self, track: usize, row: u32, label: u32, [start, end]: [u32; 2]) {
        if self.tracks[track].push(row, label, start, end) {
            self.touched.push(track);
        }
    }

    /// After both sides of a whole row.
    pub fn close_row(&mut self) {
        if self.touched.is_empty() {
            return;
        }
        let (rows, columns) = (self.layout.rows, self.layout.columns);
        for &track in &self.touched {
            self.tracks[track].close_row(rows, columns, self.layout.is_flat);
        }
        // Each table once: when its first track comes, or its second and the first has no runs.
        for &track in &self.touched {
            for &table in &self.tables_of[track] {
                let [a, _] = self.tables[table].tracks;
                if a == track || self.tracks[a].row().is_empty() {
                    self.tables[table].close_row(&self.tracks, rows);
                }
            }
        }
        // Also within a slice, which may be the whole image.
        let mut many = 0;
        for track in self.touched.drain(..) {
            if self.tracks[track].is_in_first_row() {
                self.live.push(track);
            }
            self.tracks[track].open_row();
            let tables = self.tables_of[track].iter().map(|&table| self.tables[table].len());
            many = tables.fold(many.max(self.tracks[track].numbers()), usize::max);
        }
        if many > self.limit {
            self.tidy();
        }
    }

    /// After the last row of a slice.
    pub fn close_slice(&mut self, slice: u32) {
        if self.keep == Stay::Last {
            let row = (slice + 1).saturating_sub(self.depth).saturating_mul(self.layout.rows);
            self.trim(row);
        }
    }

    /// Behind the rows that slices before may belong to.
    fn head_end(&self) -> u32 {
        self.first_row.saturating_add(self.depth.saturating_mul(self.layout.rows))
    }

    fn trim(&mut self, row: u32) {
        let head_end = self.head_end();
        let mut gone = Vec::new();
        self.live.retain(|&place| {
            let track = &mut self.tracks[place];
            let n = track.trim(row, &mut gone);
            if n > 0 {
                self.tables_of[place].iter().for_each(|&table| self.tables[table].shift(place, n));
            }
            if self.first_row > 0 {
                self.heads[place].extend(gone.iter().filter(|run| run.row < head_end));
            }
            gone.clear();
            !track.runs.is_empty()
        });
    }

    /// Lesions and meetings without gaps; of too many lesions only how many they are.
    fn tidy(&mut self) {
        let numbers = self.renumber(Keep::All);
        self.renumber_tables(&numbers);
        // Lesions that other rows may join do not count: they may become few.
        let last = self.tracks.iter().filter_map(|track| track.runs.last()).map(|run| run.row).max().unwrap_or(0);
        let tail = (last / self.layout.rows).saturating_sub(self.depth).saturating_mul(self.layout.rows);
        let head_end = if self.first_row > 0 { self.head_end() } else { 0 };
        let is_full = |(track, head): (&Track, &Vec<Run>)| {
            let closed = || track.closed(head, |row| row < head_end || row >= tail);
            track.forgotten > 0 || !track.has_labels() && closed() > self.options.max_lesions as usize
        };
        if self.tracks.iter().zip(&self.heads).any(is_full) {
            self.tables.iter_mut().for_each(Table::forget);
            // The error is all that is told, so that no run is needed any more.
            self.keep = Stay::Last;
            self.trim(tail);
            self.renumber(Keep::Open);
        }
        let numbers = self.tracks.iter().map(Track::numbers).max().unwrap_or(0);
        let meetings = self.tables.iter().map(Table::len).max().unwrap_or(0);
        self.limit = MANY.max(2 * numbers.max(meetings));
    }

    fn renumber(&mut self, keep: Keep) -> Vec<Vec<u32>> {
        self.tracks.iter_mut().zip(&mut self.heads).map(|(track, head)| track.renumber(head, keep)).collect()
    }

    fn renumber_tables(&mut self, numbers: &[Vec<u32>]) {
        for table in &mut self.tables {
            let of = table.tracks.map(|track| &numbers[track][..]);
            table.renumber(of);
        }
    }

    /// Takes the slab behind this one.
    pub fn append(&mut self, next: Self) {
        let (rows, keep) = (self.layout.rows, next.keep);
        let numbers: Vec<u32> = self.tracks.iter().map(|track| track.numbers() as u32).collect();
        let head_end = next.head_end();
        let mut heads = Vec::with_capacity(next.heads.len());
        for ((track, head), own) in next.tracks.iter().zip(&next.heads).zip(&numbers) {
            // Runs that are still kept come behind those that were dropped.
            let kept = track.runs.iter().filter(|run| run.row < head_end);
            let mut head: Vec<Run> = head.iter().chain(kept).map(|run| Run { id: run.id + own, ..*run }).collect();
            // A slab that has taken another one dropped some of the other's runs before its own.
            head.sort_by_key(|run| run.row);
            heads.push(head);
        }
        for (table, later) in self.tables.iter_mut().zip(&next.tables) {
            table.append(later, table.tracks.map(|track| numbers[track]));
            let [a, b] = table.tracks;
            for (of, (row_track, other)) in [(a, b), (b, a)].into_iter().enumerate() {
                for row in heads[row_track].chunk_by(|s, t| s.row == t.row) {
                    table.meet(row, &self.tracks[other].runs, of, rows);
                }
            }
        }
        if self.first_row > 0 {
            // What the slab behind has dropped; runs that it still has come with its tracks.
            let end = self.head_end();
            for ((kept, dropped), own) in self.heads.iter_mut().zip(&next.heads).zip(&numbers) {
                let dropped = dropped.iter().filter(|run| run.row < end);
                kept.extend(dropped.map(|run| Run { id: run.id + own, ..*run }));
            }
        }
        for ((own, track), head) in self.tracks.iter_mut().zip(next.tracks).zip(heads) {
            own.append(track, &head, rows);
        }
        self.live = (0..self.tracks.len()).filter(|&track| !self.tracks[track].runs.is_empty()).collect();
        if keep == Stay::Last {
            self.keep = keep;
        }
        self.limit = self.limit.max(next.limit);
        let numbers = self.tracks.iter().map(Track::numbers).max().unwrap_or(0);
        if numbers > 2 * self.limit {
            self.tidy();
        }
    }

    /// All that was found, numbered without gaps.
    pub fn finish(mut self) -> Result<Found> {
        let numbers = self.renumber(Keep::All);
        let most = self.options.max_lesions;
        for (place, track) in self.tracks.iter().enumerate() {
            let found = track.numbers() as u64 + track.forgotten;
            if found > u64::from(most) {
                let side = if place % 2 == 0 { Operand::Truth } else { Operand::Pred };
                return Err(TooManyLesions { side, found, most }.into());
            }
        }
        self.renumber_tables(&numbers);
        let (lesions, runs) = self.tracks.into_iter().map(Track::into_parts).unzip();
        Ok(Found { lesions, tables: self.tables, runs })
    }
}

#[cfg(test)]
mod tests {
    use super::super::sought::Listed;
    use super::*;
    use crate::Classes;
    use crate::stats::Connectivity;

    /// Every second voxel of a cube on the side of the truth.
    fn checkerboard(slices: Range<u32>, layout: Layout, options: &InstanceOptions) -> Slab {
        let classes = Classes::new([1]).unwrap();
        let mut slab = Slab::new(layout, slices.start, 1, options);
        for z in slices {
            for y in 0..layout.rows {
                let labels: Vec<u8> = (0..layout.columns as u32).map(|x| ((x + y + z) % 2) as u8).collect();
                let row = z * layout.rows + y;
                slab.read(row, 0, &labels, Operand::Truth, &mut Listed::of(&classes));
                slab.read(row, 0, &vec![0u8; labels.len()], Operand::Pred, &mut Listed::of(&classes));
                slab.close_row();
            }
            slab.close_slice(z);
        }
        slab
    }

    #[test]
    fn too_many_lesions_take_no_memory_where_all_runs_are_asked_for() {
        let layout = Layout { slices: 96, rows: 64, columns: 64, is_flat: false };
        let faces =
            InstanceOptions { connectivity: Connectivity::Faces, max_lesions: 1000, ..InstanceOptions::default() };
        for options in [
            InstanceOptions { runs: Runs::Kept, ..faces.clone() },
            InstanceOptions { regions: Regions::Nearest, ..faces },
        ] {
            // Each slice has 2,048 lesions, and beyond 65,536 numbers it is looked whether they are too many.
            let (mut first, next) = (checkerboard(0..48, layout, &options), checkerboard(48..96, layout, &options));
            for slab in [&first, &next] {
                let held = slab.tracks[0].runs.len() + slab.heads[0].len();
                assert!(held < 20_000 && slab.tracks[0].numbers() < 70_000, "{held}, {}", slab.tracks[0].numbers());
            }
            first.append(next);
            let expected = TooManyLesions { side: Operand::Truth, found: 96 * 2048, most: 1000 };
            assert!(matches!(first.finish(), Err(crate::Error::TooManyLesions(found)) if found == expected));
        }
    }

    #[test]
    #[cfg(feature = "eval")]
    fn tracks_of_labels_without_runs_in_the_last_rows_are_not_gone_through() {
        let layout = Layout { slices: 200, rows: 1, columns: 8, is_flat: true };
        let mut slab = Slab::new(layout, 0, 0, &InstanceOptions::default());
        let mut met = super::super::met::Met::new([]);
        // Each label has two rows, and comes back 100 rows later.
        for row in 0..200 {
            let labels = [row / 2 % 50 + 1; 4];
            slab.read(row, 0, &labels, Operand::Truth, &mut met);
            slab.read(row, 0, &labels, Operand::Pred, &mut met);
            slab.close_row();
            slab.close_slice(row);
            assert!(!slab.live.is_empty() && slab.live.len() <= 6, "{:?}", slab.live);
            let held = slab.tracks.iter().filter(|track| !track.runs.is_empty()).count();
            assert_eq!(held, slab.live.len());
        }
        let found = slab.finish().unwrap();
        assert_eq!(found.lesions.iter().map(Vec::len).collect::<Vec<_>>(), [2; 100]);
        assert!(found.lesions.iter().flatten().all(|lesion| lesion.voxels() == 8));
    }
}

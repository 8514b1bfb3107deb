//! Which lesions of two tracks meet: in how many voxels, or within how many dilations.

use super::around::{Cursors, Run, each_pair};
use super::track::Track;
use crate::kernel::window::Reach;

/// Lesions of two tracks that meet, and in how many voxels where that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meeting {
    pub a: u32,
    pub b: u32,
    pub voxels: u64,
}

/// How lesions of a table meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// They share voxels of a class.
    Overlaps,
    /// A true one of a class, dilated, meets a predicted one.
    Near,
    /// They touch across classes: which of the pairs that were asked for.
    Touching(usize),
}

#[derive(Debug, Clone)]
pub(super) struct Table {
    /// The two tracks.
    pub tracks: [usize; 2],
    pub of: Of,
    /// Where runs of the one are among those of the other: of the second track for a row of the first, and the other way
    /// round. Without rows where shared voxels are counted.
    cursors: [Cursors; 2],
    meetings: Vec<Meeting>,
}

impl Table {
    /// Of shared voxels.
    pub fn of_overlaps(tracks: [usize; 2]) -> Self {
        Self::within(tracks, Vec::new(), Of::Overlaps)
    }

    /// Of runs within a window.
    pub fn within(tracks: [usize; 2], window: Vec<Reach>, of: Of) -> Self {
        let cursors = [Cursors::new(&window), Cursors::new(&window)];
        Self { tracks, of, cursors, meetings: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.meetings.len()
    }

    #[inline]
    fn add(&mut self, a: u32, b: u32, voxels: u64) {
        match self.meetings.last_mut() {
            Some(last) if (last.a, last.b) == (a, b) => last.voxels += voxels,
            _ => self.meetings.push(Meeting { a, b, voxels }),
        }
    }

    /// After both tracks have read a row, `rows` of which are a slice.
    pub fn close_row(&mut self, tracks: &[Track], rows: u32) {
        let [a, b] = self.tracks.map(|track| &tracks[track]);
        if self.cursors[0].is_empty() {
            let (of_a, of_b) = (a.row(), b.row());
            let Some(row) = of_a.first().map(|run| run.row) else { return };
            each_pair(of_a, of_b, &mut 0, row, 0, |i, j| {
                let (s, t) = (of_a[i], of_b[j]);
                self.add(s.id, t.id, u64::from(s.end.min(t.end) - s.start.max(t.start)));
            });
            return;
        }
        self.meet(a.row(), &b.runs, 0, rows);
        // What is in the same row has met.
        let before = a.runs.len() - a.row().len();
        self.meet(b.row(), &a.runs[..before], 1, rows);
    }

    /// A row of one of the two tracks and runs of the other, up to those of the same row.
    pub fn meet(&mut self, row: &[Run], others: &[Run], of: usize, rows: u32) {
        let mut cursors = std::mem::take(&mut self.cursors[of]);
        cursors.each(row, others, rows, |i, j| {
            let (own, other) = (row[i].id, others[j].id);
            if of == 0 { self.add(own, other, 0) } else { self.add(other, own, 0) }
        });
        self.cursors[of] = cursors;
    }

    /// After the first `n` runs of a track have gone.
    pub fn shift(&mut self, track: usize, n: usize) {
        // Runs of the second track are looked up for rows of the first.
        if self.tracks[1] == track {
            self.cursors[0].shift(n);
        }
        if self.tracks[0] == track {
            self.cursors[1].shift(n);
        }
    }

    /// Meetings of a table of later slices, whose numbers come after those of this one.
    pub fn append(&mut self, next: &Self, numbers: [u32; 2]) {
        let later = next.meetings.iter();
        self.meetings.extend(later.map(|m| Meeting { a: m.a + numbers[0], b: m.b + numbers[1], ..*m }));
    }

    /// Gives lesions other numbers, sorts, and adds what has become one.
    pub fn renumber(&mut self, numbers: [&[u32]; 2]) {
        for meeting in &mut self.meetings {
            meeting.a = numbers[0][meeting.a as usize];
            meeting.b = numbers[1][meeting.b as usize];
        }
        self.meetings.sort_unstable_by_key(|meeting| u64::from(meeting.a) << 32 | u64::from(meeting.b));
        self.meetings.dedup_by(|next, kept| {
            let same = (next.a, next.b) == (kept.a, kept.b);
            kept.voxels += if same { next.voxels } else { 0 };
            same
        });
    }

    /// Forgets everything, where there are too many lesions to report.
    pub fn forget(&mut self) {
        self.meetings.clear();
    }

    pub fn into_meetings(self) -> Vec<Meeting> {
        self.meetings
    }
}

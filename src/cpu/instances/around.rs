//! Runs of a row, and those of the rows around it that are near them.

use crate::kernel::window::Reach;

/// Voxels of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cpu) struct Run {
    /// Rows are counted through all slices.
    pub row: u32,
    pub start: u32,
    /// Behind the last voxel.
    pub end: u32,
    /// Its lesion, as it was when it was found: it may have become a part of another one.
    pub id: u32,
}

/// Rows around a row that lie side by side, in which runs reach equally far.
#[derive(Debug, Clone)]
struct Around {
    dz: i64,
    /// The first and the last.
    dy: [i64; 2],
    reach: u32,
    /// Where their runs begin.
    from: usize,
}

/// The rows of a window, with a cursor for those that lie side by side. Rows are asked for in ascending order.
#[derive(Debug, Clone, Default)]
pub(super) struct Cursors(Vec<Around>);

impl Cursors {
    pub fn new(window: &[Reach]) -> Self {
        let mut all: Vec<Around> = Vec::new();
        for &Reach { dz, dy, reach } in window {
            match all.last_mut().filter(|last| (last.dz, last.dy[1] + 1, last.reach) == (dz, dy, reach)) {
                Some(last) => last.dy[1] = dy,
                None => all.push(Around { dz, dy: [dy; 2], reach, from: 0 }),
            }
        }
        Self(all)
    }

    /// Whether the window has no row.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `f(i, j)` for each run `own[i]` of a row and `runs[j]` of the window around it; `rows` are in a slice.
    #[inline(always)]
    pub fn each(&mut self, own: &[Run], runs: &[Run], rows: u32, mut f: impl FnMut(usize, usize)) {
        let Some(row) = own.first().map(|run| run.row) else { return };
        let (y, rows) = (i64::from(row % rows), i64::from(rows));
        for &mut Around { dz, dy, reach, ref mut from } in &mut self.0 {
            let slice = i64::from(row) - y + dz * rows;
            let (first, last) = (slice + (y + dy[0]).max(0), slice + (y + dy[1]).min(rows - 1));
            let (Ok(first), Ok(last)) = (u32::try_from(first), u32::try_from(last)) else { continue };
            while runs.get(*from).is_some_and(|run| run.row < first) {
                *from += 1;
            }
            let mut at = *from;
            // In most rows of a large lesion there is one run.
            if let [run] = own {
                while let Some(other) = runs.get(at).filter(|other| other.row <= last) {
                    if run.start < other.end.saturating_add(reach) && other.start < run.end.saturating_add(reach) {
                        f(0, at);
                    }
                    at += 1;
                }
            } else {
                (first..=last).for_each(|target| each_pair(own, runs, &mut at, target, reach, &mut f));
            }
        }
    }

    /// After the first `n` runs have gone.
    pub fn shift(&mut self, n: usize) {
        self.0.iter_mut().for_each(|around| around.from = around.from.saturating_sub(n));
    }
}

/// `f(i, j)` for each run `own[i]` of a row and `others[j]` of the row `target`, where they are at most `reach` columns apart.
/// Others before `from` are passed by, which comes to be the first that a row behind `target` may need.
#[inline(always)]
pub(in crate::cpu) fn each_pair(
    own: &[Run],
    others: &[Run],
    from: &mut usize,
    target: u32,
    reach: u32,
    mut f: impl FnMut(usize, usize),
) {
    // Rows are in ascending order, and so are the runs of a row, which do not touch.
    let place = |row: u32, column: u32| u64::from(row) << 32 | u64::from(column);
    for (i, run) in own.iter().enumerate() {
        let (start, end) = (place(target, run.start), place(target, run.end.saturating_add(reach)));
        while others.get(*from).is_some_and(|other| place(other.row, other.end.saturating_add(reach)) <= start) {
            *from += 1;
        }
        let mut j = *from;
        while others.get(j).is_some_and(|other| place(other.row, other.start) < end) {
            f(i, j);
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::window::{connected, near, of_components};
    use crate::stats::{Connectivity, InstanceOptions};

    #[test]
    fn runs_meet_those_of_each_row_of_the_window() {
        let (slices, rows, columns) = (4, 5, 24);
        // Rows without runs, with one and with several.
        let mut all = Vec::new();
        let mut state = 1u32;
        for row in 0..slices * rows {
            let mut start = if row % 3 == 2 { columns } else { 0 };
            while start < columns {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (gap, length) = (state >> 28, 1 + (state >> 26 & 3));
                if start + gap + length <= columns {
                    all.push(Run { row, start: start + gap, end: start + gap + length, id: 0 });
                }
                start += gap + length + 1;
            }
        }
        let several = |row: u32| all.iter().filter(|run| run.row == row).count();
        assert!((0..2).all(|n| (0..slices * rows).any(|row| several(row) == n)));
        assert!((0..slices * rows).any(|row| several(row) > 2));
        let joined = of_components(&InstanceOptions::default(), 1).unwrap();
        let windows = Connectivity::ALL.map(connected).into_iter().chain([near(1), near(2), joined]);
        for window in windows {
            let mut cursors = Cursors::new(&window);
            for own in all.chunk_by(|a, b| a.row == b.row) {
                let (y, z) = (i64::from(own[0].row % rows), i64::from(own[0].row / rows));
                let mut expected = Vec::new();
                for (i, run) in own.iter().enumerate() {
                    for (j, other) in all.iter().enumerate() {
                        let (dy, dz) = (i64::from(other.row % rows) - y, i64::from(other.row / rows) - z);
                        let reach = window.iter().find(|row| (row.dy, row.dz) == (dy, dz)).map(|row| row.reach);
                        if reach.is_some_and(|n| run.start < other.end + n && other.start < run.end + n) {
                            expected.push((i, j));
                        }
                    }
                }
                let mut found = Vec::new();
                cursors.each(own, &all, rows, |i, j| found.push((i, j)));
                found.sort_unstable();
                assert_eq!(found, expected, "{window:?}, row {}", own[0].row);
            }
        }
    }
}

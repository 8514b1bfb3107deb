//! From marked voxels to the part of one slice that is shown. Pure: no files, no drawing.

use super::orient::View;
use crate::io::labels::for_runs;

/// The voxel is of the class in the truth.
pub const TRUTH: u8 = 1;
/// The voxel is of the class in the prediction.
pub const PRED: u8 = 2;
/// The voxel does not count.
pub const IGNORED: u8 = 4;
/// The voxel is of another class in the truth, which shows where in the body one is.
pub const OTHER: u8 = 8;

/// Voxels in the file's order, x fastest, each with the marks above.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marked {
    pub voxels: Vec<u8>,
    /// Along x and y, and along all other axes together.
    pub dims: [usize; 3],
}

/// From where to where, across and down.
pub(super) type Ranges = [(usize, usize); 2];

/// False negatives and false positives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Errors {
    /// False negatives.
    pub missed: u64,
    /// False positives.
    pub invented: u64,
}

/// Some cells of a slice, row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Cells of a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The marks of each cell: [`TRUTH`], [`PRED`], [`IGNORED`] and [`OTHER`], added up.
    pub cells: Vec<u8>,
}

/// How many cells have each sum of marks.
pub(super) struct Tally([u64; 16]);

impl Tally {
    /// That of some cells.
    pub fn of(cells: &[u8]) -> Self {
        let mut kinds = [0; 16];
        for_runs(cells, |mark, cells| {
            if let Some(kind) = kinds.get_mut(usize::from(mark)) {
                *kind += cells;
            }
        });
        Self(kinds)
    }

    /// Cells whose marks are so.
    pub fn count(&self, is_so: impl Fn(u8) -> bool) -> u64 {
        (0..).zip(self.0).filter(|(mark, _)| is_so(*mark)).map(|(_, cells)| cells).sum()
    }
}

fn is_missed(mark: u8) -> bool {
    mark & (TRUTH | PRED | IGNORED) == TRUTH
}

fn is_invented(mark: u8) -> bool {
    mark & (TRUTH | PRED | IGNORED) == PRED
}

impl Errors {
    /// Those of some cells.
    pub fn of(cells: &[u8]) -> Self {
        let all = Tally::of(cells);
        Self { missed: all.count(is_missed), invented: all.count(is_invented) }
    }

    fn total(self) -> u64 {
        self.missed + self.invented
    }
}

impl Marked {
    /// A file's shape in three axes; what it does not have is 1 long.
    pub fn dims(shape: &[u64]) -> [usize; 3] {
        let length = |axes: &[u64]| {
            axes.iter().fold(1usize, |all, &n| all.saturating_mul(usize::try_from(n).unwrap_or(usize::MAX)))
        };
        let (x, y, rest) = (shape.get(..1), shape.get(1..2), shape.get(2..));
        [x, y, rest].map(|axes| length(axes.unwrap_or_default()))
    }

    /// The axis to cut across: z, unless the volume is one slice along another axis or was clearly acquired along it.
    pub fn axis(&self, spacing_mm: Option<[f64; 3]>) -> usize {
        let [x, y, z] = self.dims;
        if z == 1 || x == 1 || y == 1 {
            return if z == 1 { 2 } else { usize::from(x != 1) };
        }
        let [x, y, z] = spacing_mm.unwrap_or([1.0; 3]);
        match () {
            () if x >= 1.5 * y && x >= 1.5 * z => 0,
            () if y >= 1.5 * x && y >= 1.5 * z => 1,
            () => 2,
        }
    }

    /// The first of the slices with the most errors; None where there are none.
    pub fn worst(&self, axis: usize) -> Option<(usize, Errors)> {
        let mut found = vec![Errors::default(); self.length(axis)];
        // Voxels that lie side by side in the file and in one slice, and slices, after which the first one comes again.
        let inner = self.dims.iter().take(axis).product::<usize>().max(1);
        let slices = found.len().max(1);
        let mut start = 0;
        for_runs(&self.voxels, |mark, run| {
            let run = start..start + run as usize;
            start = run.end;
            let more = Errors { missed: is_missed(mark).into(), invented: is_invented(mark).into() };
            if more.total() == 0 {
                return;
            }
            for voxel in run {
                if let Some(errors) = found.get_mut(voxel / inner % slices) {
                    errors.missed += more.missed;
                    errors.invented += more.invented;
                }
            }
        });
        let most = found.iter().map(|errors| errors.total()).max().filter(|&most| most > 0)?;
        found.into_iter().enumerate().find(|(_, errors)| errors.total() == most)
    }

    pub fn length(&self, axis: usize) -> usize {
        self.dims.get(axis).copied().unwrap_or(1)
    }

    /// Where a place in voxels, x first, is seen in a whole slice: in cells, from the edge of the first one.
    pub fn seen(&self, at: [f64; 3], view: &View) -> [f64; 2] {
        [view.across, view.down].map(|(axis, back)| {
            let along = at.get(axis).copied().unwrap_or(0.0);
            0.5 + if back { self.length(axis) as f64 - 1.0 - along } else { along }
        })
    }

    /// The slice of a box with the most voxels that have a mark, and are counted.
    pub fn fullest(&self, axis: usize, low: [usize; 3], high: [usize; 3], wanted: u8) -> usize {
        let mut found = vec![0u64; self.length(axis)];
        let [nx, ny, _] = self.dims;
        let [xs, ys, zs] = [0, 1, 2].map(|axis| low[axis]..(high[axis] + 1).min(self.length(axis)));
        for (z, y) in zs.flat_map(|z| ys.clone().map(move |y| (z, y))) {
            for x in xs.clone() {
                let mark = self.voxels.get((z * ny + y) * nx + x).copied().unwrap_or(0);
                if let (true, Some(count)) = (mark & (wanted | IGNORED) == wanted, found.get_mut([x, y, z][axis])) {
                    *count += 1;
                }
            }
        }
        let most = found.iter().max().copied().unwrap_or(0);
        found.iter().position(|&count| count == most).unwrap_or(0)
    }

    /// A whole slice as it is looked at.
    pub fn cut(&self, index: usize, view: &View) -> Slice {
        let stride = |axis: usize| -> usize { self.dims.iter().take(axis).product() };
        let [(across, turned), (down, upside_down)] = [view.across, view.down];
        let (width, height) = (self.length(across), self.length(down));
        let place = |i: usize, n: usize, back: bool| if back { n - 1 - i } else { i };
        let start = index * stride(view.axis);
        let cells = (0..height).flat_map(|j| {
            let row = start + place(j, height, upside_down) * stride(down);
            (0..width).map(move |i| row + place(i, width, turned) * stride(across))
        });
        let cells = cells.map(|voxel| self.voxels.get(voxel).copied().unwrap_or(0)).collect();
        Slice { width, height, cells }
    }
}

impl Slice {
    /// The marks of a cell; none outside.
    pub fn at(&self, x: usize, y: usize) -> u8 {
        if x < self.width { self.cells.get(y * self.width + x).copied().unwrap_or(0) } else { 0 }
    }

    /// The class and what is around it, as far as the slice goes: a margin, and what fills a picture that is `aspect`
    /// times as wide as high. The cells have these edges.
    pub fn cropped(&self, edges: [f64; 2], aspect: f64) -> Self {
        match self.extent() {
            Some(extent) => self.part(self.frame(extent, edges, aspect)),
            None => self.clone(),
        }
    }

    /// From where to where a part with this in it goes, across and down, as of [`cropped`](Self::cropped).
    pub(super) fn frame(&self, [across, down]: Ranges, edges: [f64; 2], aspect: f64) -> Ranges {
        let length = |(from, to): (usize, usize), edge: f64| (to - from) as f64 * edge;
        let (width, height) = (length(across, edges[0]), length(down, edges[1]));
        let margin = (0.15 * width.max(height)).max(10.0 * edges[0].min(edges[1]));
        let (wide, high) = (width + 2.0 * margin, height + 2.0 * margin);
        let grown = |range: (usize, usize), wanted: f64, edge: f64, n: usize| {
            let more = ((wanted - length(range, edge)) / 2.0 / edge).ceil().max(0.0) as usize;
            (range.0.saturating_sub(more), range.1.saturating_add(more).min(n))
        };
        [
            grown(across, wide.max(high * aspect), edges[0], self.width),
            grown(down, high.max(wide / aspect), edges[1], self.height),
        ]
    }

    pub(super) fn part(&self, [(left, right), (top, bottom)]: Ranges) -> Self {
        let cells = (top..bottom).flat_map(|y| (left..right).map(move |x| self.at(x, y))).collect();
        Self { width: right - left, height: bottom - top, cells }
    }

    /// From where to where the class reaches in either map, across and down.
    pub(super) fn extent(&self) -> Option<Ranges> {
        let rows = || self.cells.chunks(self.width.max(1));
        let is_class = |mark: &u8| mark & (TRUTH | PRED) != 0;
        let used = |y: &usize| rows().nth(*y).is_some_and(|row| row.iter().any(is_class));
        let top = (0..self.height).find(used)?;
        let bottom = (0..self.height).rfind(used)? + 1;
        let left = rows().filter_map(|row| row.iter().position(is_class)).min()?;
        let right = rows().filter_map(|row| row.iter().rposition(is_class)).max()? + 1;
        Some([(left, right), (top, bottom)])
    }

    /// A cell for every `factor` by `factor` cells: an error where there is any, so that none disappears, and of two
    /// kinds the more frequent one.
    pub fn coarser(&self, factor: usize) -> Self {
        let factor = factor.max(1);
        if factor == 1 {
            return self.clone();
        }
        let (width, height) = (self.width.div_ceil(factor), self.height.div_ceil(factor));
        let cells = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let merged = cells.map(|(x, y)| {
            let (mut errors, mut kinds) = (Errors::default(), [0u32; 16]);
            for cell in (0..factor * factor).map(|i| self.at(x * factor + i % factor, y * factor + i / factor)) {
                errors.missed += u64::from(is_missed(cell));
                errors.invented += u64::from(is_invented(cell));
                if let Some(kind) = kinds.get_mut(usize::from(cell)) {
                    *kind += 1;
                }
            }
            match errors {
                Errors { missed: 0, invented: 0 } => {
                    (0u8..).zip(kinds).max_by_key(|(_, count)| *count).map_or(0, |(kind, _)| kind)
                }
                Errors { missed, invented } if missed >= invented => TRUTH,
                _ => PRED,
            }
        });
        Self { width, height, cells: merged.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 by 2 by 4, with errors in the third slice along z and in the last column along x.
    fn marked() -> Marked {
        let mut voxels = vec![TRUTH | PRED; 24];
        for (voxel, mark) in [(2 * 6 + 2, TRUTH), (2 * 6 + 5, PRED), (5, PRED), (2, IGNORED | TRUTH)] {
            voxels[voxel] = mark;
        }
        Marked { voxels, dims: [3, 2, 4] }
    }

    #[test]
    fn the_slice_with_the_most_errors_is_found_along_every_axis() {
        let marked = marked();
        assert_eq!(marked.worst(2), Some((2, Errors { missed: 1, invented: 1 })));
        assert_eq!(marked.worst(1), Some((1, Errors { missed: 0, invented: 2 })));
        assert_eq!(marked.worst(0), Some((2, Errors { missed: 1, invented: 2 })));
        assert_eq!(Marked { voxels: vec![TRUTH | PRED; 4], dims: [2, 2, 1] }.worst(2), None);
        assert_eq!(Marked { voxels: vec![], dims: [0, 2, 1] }.worst(2), None);
    }

    #[test]
    fn slices_are_cut_across_z_unless_the_volume_says_otherwise() {
        let of = |dims, spacing| Marked { voxels: vec![], dims }.axis(spacing);
        assert_eq!(of([9, 9, 9], None), 2);
        assert_eq!(of([9, 9, 9], Some([1.0, 1.0, 5.0])), 2);
        assert_eq!(of([9, 9, 9], Some([4.0, 0.5, 0.5])), 0);
        assert_eq!(of([9, 9, 9], Some([1.0, 2.0, 1.0])), 1);
        assert_eq!(of([9, 9, 9], Some([1.2, 1.0, 1.0])), 2);
        assert_eq!([of([1, 9, 9], None), of([9, 1, 9], None), of([9, 1, 1], None)], [0, 1, 2]);
    }

    #[test]
    fn shapes_of_any_rank_have_three_axes() {
        assert_eq!(Marked::dims(&[4, 3]), [4, 3, 1]);
        assert_eq!(Marked::dims(&[4, 3, 2, 5]), [4, 3, 10]);
        assert_eq!(Marked::dims(&[]), [1, 1, 1]);
    }

    #[test]
    fn a_slice_is_turned_as_it_is_looked_at() {
        let marked = Marked { voxels: (0..24).collect(), dims: [3, 2, 4] };
        let plain = marked.cut(1, &View::raw(2));
        assert_eq!((plain.width, plain.height, plain.cells), (3, 2, vec![6, 7, 8, 9, 10, 11]));
        let view = View { axis: 0, across: (1, true), down: (2, true), letters: None, plane: None };
        assert_eq!(marked.cut(2, &view).cells, [23, 20, 17, 14, 11, 8, 5, 2]);
    }

    #[test]
    fn a_place_is_seen_where_its_voxel_is_cut() {
        let marked = Marked { voxels: (0..24).collect(), dims: [3, 2, 4] };
        let view = View { axis: 0, across: (1, true), down: (2, true), letters: None, plane: None };
        // Voxel 23 is the last one; the cut above begins with it.
        assert_eq!(marked.seen([2.0, 1.0, 3.0], &view), [0.5, 0.5]);
        assert_eq!(marked.seen([2.0, 0.0, 1.0], &view), [1.5, 2.5]);
        let two = Marked { voxels: [vec![0; 12], vec![TRUTH; 6], vec![TRUTH | IGNORED; 6]].concat(), dims: [3, 2, 4] };
        assert_eq!(two.fullest(2, [0; 3], [2, 1, 3], TRUTH), 2);
    }

    #[test]
    fn a_crop_holds_the_class_and_a_margin() {
        let mut slice = Slice { width: 100, height: 80, cells: vec![0; 8000] };
        for x in 40..60 {
            slice.cells[30 * 100 + x] = TRUTH;
        }
        let crop = slice.cropped([1.0, 1.0], 1.2);
        assert_eq!((crop.width, crop.height), (40, 35));
        assert_eq!(Errors::of(&crop.cells).missed, 20);
        assert_eq!(crop.at(10, 17), TRUTH);
        // At the edge there is nothing to add, and an empty slice stays whole.
        let corner = Slice { width: 4, height: 4, cells: [vec![PRED], vec![0; 15]].concat() };
        assert_eq!(corner.cropped([1.0, 3.0], 1.0), corner);
        let empty = Slice { width: 2, height: 1, cells: vec![0; 2] };
        assert_eq!(empty.cropped([1.0, 1.0], 1.0), empty);
    }

    #[test]
    fn no_error_disappears_in_a_coarser_slice() {
        let cells = vec![0, 0, 3, 3, 0, TRUTH, 3, 3, PRED, PRED, 0, 0, TRUTH, PRED, 0, 0, 8, 8, 8, 8];
        let coarse = Slice { width: 4, height: 5, cells }.coarser(2);
        assert_eq!((coarse.width, coarse.height), (2, 3));
        assert_eq!(coarse.cells[..4], [TRUTH, 3, PRED, 0]);
    }
}

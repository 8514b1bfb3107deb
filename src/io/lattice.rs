//! How the voxels of one grid lie in another: the same points in another order, or a box of the same lattice.
//!
//! Two files may store the same points along other axes (LAS and RAS, sagittal and axial slices), and programs store only
//! the box in which there is something (3D Slicer). Neither needs resampling: each voxel of the one file is a voxel of the
//! other or lies outside of its box. [`Placement::of`] finds how; everything else is whole-number arithmetic.

mod fit;
mod grid;

pub use grid::{Gap, Grid};

use fit::{fitted, length, middle, orientations, smallest_edge};

/// Steps and lengths beyond this do not occur in a file.
const MOST: u64 = 1 << 40;
/// As are more voxels than that.
const MOST_VOXELS: u64 = 1 << 60;

/// Where the voxels of a first grid are in a second one, which has the same lattice: the same steps between voxels, along
/// axes in any order and direction.
///
/// ```
/// use voxdice::io::{Geometry, Grid, Placement};
/// // Four voxels along x, and the two in the middle of them, stored backwards.
/// let geometry = Geometry::from_spacing([2.0, 1.0, 1.0]);
/// let mut backwards = geometry;
/// (backwards.affine[0][0], backwards.affine[0][3]) = (-2.0, 4.0);
/// let all = Grid { shape: &[4, 1, 1], geometry: Some(&geometry) };
/// let part = Grid { shape: &[2, 1, 1], geometry: Some(&backwards) };
/// let place = Placement::of(all, part).ok_or("not on one lattice")?;
/// assert!(place.is_reordered() && place.shared() == 2);
/// assert_eq!(place.onto(&[7, 8]), [0, 8, 7, 0]);
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Lengths of the first grid.
    first: [u64; 3],
    /// Lengths of the second grid.
    second: [u64; 3],
    /// For each axis of the first grid, what runs along it in the second.
    axes: [Along; 3],
    /// Volumes one after another, along axes that are not of space.
    volumes: u64,
    gap: Gap,
    shift: Gap,
}

/// An axis of the second grid along one of the first: voxel `i` here is voxel `start + i` there, or `start - i`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Along {
    axis: usize,
    backwards: bool,
    start: i64,
}

impl Along {
    fn at(self, i: i64) -> i64 {
        if self.backwards { self.start - i } else { self.start + i }
    }

    /// From where to where the first grid, of length `here`, has voxels of the second, of length `there`.
    fn range(self, here: u64, there: u64) -> (u64, u64) {
        let (here, there) = (here as i64, there as i64);
        let (from, to) = match self.backwards {
            false => (-self.start, there - self.start),
            true => (self.start - there + 1, self.start + 1),
        };
        let from = from.clamp(0, here);
        (from as u64, to.clamp(from, here) as u64)
    }
}

impl Placement {
    /// How the second grid lies in the first; `None` where they are not on one lattice, within a hundredth of a voxel, or
    /// where one of them does not say where it lies.
    ///
    /// Along an axis of one voxel the affine is arbitrary in many files, so the step of the other grid is used there.
    #[must_use]
    pub fn of(first: Grid<'_>, second: Grid<'_>) -> Option<Self> {
        let (a, b) = (lengths(first.shape)?, lengths(second.shape)?);
        let rest = |shape: &[u64]| shape.iter().skip(3).copied().filter(|&n| n != 1).collect::<Vec<_>>();
        if rest(first.shape) != rest(second.shape) {
            return None;
        }
        let volumes = rest(first.shape).into_iter().try_fold(1u64, u64::checked_mul)?;
        let countable = |lengths: [u64; 3]| lengths.into_iter().try_fold(volumes, u64::checked_mul);
        if countable(a)?.max(countable(b)?) >= MOST_VOXELS {
            return None;
        }
        let worlds = [first.geometry?.affine_mm(), second.geometry?.affine_mm()];
        let edge = smallest_edge(&worlds[0], a).or_else(|| smallest_edge(&worlds[1], b));
        let edge = edge.unwrap_or_else(|| first.smallest_spacing());
        let in_edges = |millimetres| Gap::of(millimetres, edge);
        let (middle, other) = (middle(&worlds[0], a), middle(&worlds[1], b));
        let shift = in_edges(length(std::array::from_fn(|row| other[row] - middle[row])));
        let mut best: Option<Self> = None;
        for axes in orientations() {
            let Some((axes, millimetres)) = fitted(axes, worlds, [a, b]) else { continue };
            let gap = in_edges(millimetres);
            // The first of equals: where a length is 1, several orders are the same points.
            if !gap.is_apart() && best.as_ref().is_none_or(|best| gap.voxels < best.gap.voxels - 1e-6) {
                best = Some(Self { first: a, second: b, axes, volumes, gap, shift });
            }
        }
        best
    }

    /// How far the places of the same voxel are apart: a hundredth of a voxel at most.
    #[must_use]
    pub fn gap(&self) -> Gap {
        self.gap
    }

    /// How far the middle of the one box is from that of the other.
    #[must_use]
    pub fn shift(&self) -> Gap {
        self.shift
    }

    /// Whether both files store their voxels in the same order, and the same box.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        !self.is_reordered() && self.first == self.second && self.holds_second() && self.holds_first()
    }

    /// Whether the second file's axes come in another order or direction. Axes of one voxel have neither.
    #[must_use]
    pub fn is_reordered(&self) -> bool {
        let long = |&(axis, along): &(usize, Along)| self.second[along.axis] > 1 || self.first[axis] > 1;
        let axes: Vec<(usize, Along)> = (0..).zip(self.axes).filter(long).collect();
        axes.iter().any(|(_, along)| along.backwards && self.second[along.axis] > 1)
            || axes.windows(2).any(|pair| pair[0].1.axis > pair[1].1.axis)
    }

    /// Whether both files begin at the same voxel, with axes in the same order, and differ in their lengths alone.
    #[must_use]
    pub fn is_longer(&self) -> bool {
        !self.is_reordered() && self.first != self.second && self.axes.iter().all(|along| along.start == 0)
    }

    /// Whether both are boxes of the same lengths, in different places.
    #[must_use]
    pub fn is_shifted(&self) -> bool {
        !self.holds_first() && (0..3).all(|axis| self.first[axis] == self.second[self.axes[axis].axis])
    }

    /// Whether the box of the first grid holds all voxels of the second.
    #[must_use]
    pub fn holds_second(&self) -> bool {
        self.shared() == self.volumes * self.second.iter().product::<u64>()
    }

    /// Whether the box of the second grid holds all voxels of the first.
    #[must_use]
    pub fn holds_first(&self) -> bool {
        self.shared() == self.volumes * self.first.iter().product::<u64>()
    }

    /// Voxels that both files store.
    #[must_use]
    pub fn shared(&self) -> u64 {
        let both = |(from, to): (u64, u64)| to - from;
        self.ranges().into_iter().map(both).product::<u64>() * self.volumes
    }

    /// Voxels of the first grid.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.first.iter().product::<u64>() * self.volumes
    }

    /// Whether the first grid has no voxels.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lengths of the first grid, x first.
    #[must_use]
    pub fn shape(&self) -> [u64; 3] {
        self.first
    }

    /// For each axis of the first grid from where to where it has voxels of the second.
    fn ranges(&self) -> [(u64, u64); 3] {
        std::array::from_fn(|axis| {
            let along = self.axes[axis];
            along.range(self.first[axis], self.second[along.axis])
        })
    }

    /// The voxels of the second file in the order of the first grid: `T::default()` (background) outside of its box.
    #[must_use]
    pub fn onto<T: Copy + Default>(&self, second: &[T]) -> Vec<T> {
        let mut found = vec![T::default(); usize::try_from(self.len()).unwrap_or(0)];
        self.fill(second, 0, &mut found);
        found
    }

    /// A part of [`Placement::onto`]: the voxels of the first grid from `start` on, x fastest.
    pub fn fill<T: Copy + Default>(&self, second: &[T], start: u64, out: &mut [T]) {
        self.fill_by(start, out, |origin, step, into| copy(second, origin, step, into));
    }

    /// The same from voxels that are not in a slice: 1 where one is in.
    #[cfg(feature = "eval")]
    pub(crate) fn fill_bits(&self, is_in: impl Fn(usize) -> bool, start: u64, out: &mut [u8]) {
        self.fill_by(start, out, |origin, step, into| {
            let mut place = origin;
            for voxel in into {
                *voxel = u8::from(usize::try_from(place).is_ok_and(&is_in));
                place += step;
            }
        });
    }

    /// Calls `row` with where a row begins in the second file, the step from voxel to voxel there, and where it goes.
    fn fill_by<T: Copy + Default>(&self, start: u64, out: &mut [T], mut row: impl FnMut(i64, i64, &mut [T])) {
        out.fill(T::default());
        let [nx, ny, nz] = self.first;
        let strides = [1, self.second[0], self.second[0] * self.second[1]];
        let volume: u64 = self.second.iter().product();
        let [along_x, along_y, along_z] = self.axes;
        let (from, to) = self.ranges()[0];
        let stride = strides[along_x.axis] as i64;
        let step = if along_x.backwards { -stride } else { stride };
        let mut done = 0;
        while let Some(rest) = out.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let place = start + done as u64;
            let (x, above) = (place % nx.max(1), place / nx.max(1));
            let (y, z, v) = (above % ny, above / ny % nz, above / ny / nz);
            let n = rest.len().min((nx - x) as usize);
            let (jy, jz) = (along_y.at(y as i64), along_z.at(z as i64));
            let inside = |j: i64, along: Along| (0..self.second[along.axis] as i64).contains(&j);
            let (first, last) = (from.max(x), to.min(x + n as u64));
            if inside(jy, along_y) && inside(jz, along_z) && first < last {
                let across = jy * strides[along_y.axis] as i64 + jz * strides[along_z.axis] as i64;
                let origin = (v * volume) as i64 + across + along_x.at(first as i64) * stride;
                let into = rest.get_mut((first - x) as usize..(last - x) as usize).unwrap_or_default();
                row(origin, step, into);
            }
            done += n;
        }
    }

    /// The voxels of the second file outside of the first grid, in the order of the second.
    #[must_use]
    pub fn beyond<T: Copy + Default>(&self, second: &[T]) -> Vec<T> {
        let back = self.turned();
        let [nx, ny, nz] = back.first;
        let [(x0, x1), (y0, y1), (z0, z1)] = back.ranges();
        let mut found = Vec::new();
        for (row, voxels) in (0..).zip(second.chunks(nx.max(1) as usize)) {
            let (y, z) = (row % ny.max(1), row / ny.max(1) % nz.max(1));
            if (y0..y1).contains(&y) && (z0..z1).contains(&z) {
                found.extend_from_slice(voxels.get(..x0 as usize).unwrap_or_default());
                found.extend_from_slice(voxels.get(x1 as usize..).unwrap_or_default());
            } else {
                found.extend_from_slice(voxels);
            }
        }
        found
    }

    /// Both files over the voxels that either stores: those of the first grid, and then those of the second outside of it.
    /// What a file does not store is `T::default()`, background.
    #[must_use]
    pub fn joined<T: Copy + Default, U: Copy + Default>(&self, mut first: Vec<T>, second: &[U]) -> (Vec<T>, Vec<U>) {
        let there = self.over_both(second);
        first.resize(there.len(), T::default());
        (first, there)
    }

    /// The second file over the same voxels as in [`Placement::joined`].
    #[must_use]
    pub fn over_both<T: Copy + Default>(&self, second: &[T]) -> Vec<T> {
        let mut there = self.onto(second);
        there.extend(self.beyond(second));
        there
    }

    /// The smallest box in the axes of the first grid that holds both: its lengths, and where the first and the second grid
    /// lie in it. `None` where it has more voxels than can be counted.
    #[must_use]
    pub fn around(&self) -> Option<([u64; 3], Self, Self)> {
        let lows = self.axes.map(|along| {
            let there = self.second[along.axis] as i64;
            // The second grid in the axes of the first, from its first to its last voxel.
            if along.backwards {
                (along.start - there + 1, along.start)
            } else {
                (-along.start, there - 1 - along.start)
            }
        });
        let mut lengths = [0; 3];
        let (mut first, mut second) = (self.axes, self.axes);
        for axis in 0..3 {
            let (low, high) = (lows[axis].0.min(0), lows[axis].1.max(self.first[axis] as i64 - 1));
            lengths[axis] = (high - low + 1) as u64;
            first[axis] = Along { axis, backwards: false, start: low };
            second[axis].start = self.axes[axis].at(low);
        }
        lengths.into_iter().try_fold(self.volumes, u64::checked_mul)?;
        let of = |there, axes| Self { first: lengths, second: there, axes, ..self.clone() };
        Some((lengths, of(self.first, first), of(self.second, second)))
    }

    /// Where the voxels of the second grid are in the first.
    #[must_use]
    pub fn turned(&self) -> Self {
        let mut axes = self.axes;
        for (axis, along) in self.axes.into_iter().enumerate() {
            let start = if along.backwards { along.start } else { -along.start };
            axes[along.axis] = Along { axis, start, ..along };
        }
        Self { first: self.second, second: self.first, axes, ..*self }
    }
}

/// Copies every `step`-th element from this one on.
fn copy<T: Copy>(from: &[T], origin: i64, step: i64, into: &mut [T]) {
    let start = usize::try_from(origin).unwrap_or(usize::MAX);
    if step == 1 {
        if let Some(run) = start.checked_add(into.len()).and_then(|end| from.get(start..end)) {
            into.copy_from_slice(run);
        }
        return;
    }
    let step = step as isize;
    let mut place = start;
    for voxel in into {
        if let Some(&value) = from.get(place) {
            *voxel = value;
        }
        place = place.wrapping_add_signed(step);
    }
}

/// The lengths of the three axes of space.
fn lengths(shape: &[u64]) -> Option<[u64; 3]> {
    let lengths = std::array::from_fn(|axis| shape.get(axis).copied().unwrap_or(1));
    lengths.iter().all(|n| (1..MOST).contains(n)).then_some(lengths)
}

#[cfg(test)]
mod tests;

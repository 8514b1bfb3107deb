//! The nearest target of a query that is far from all of them: exactly, and in few steps where queries beside it have theirs.
//!
//! A target known at the squared distance D bounds the search. A row that is `dz` slices and `dy` rows away has no target nearer
//! than its base, `wz·dz² + wy·dy²`. So all nearer targets are in rows whose base is below D: those within a disc. A search
//! that has looked at each of them knows the nearest target; which one was known at first decides how long it takes, and
//! nothing else.
//!
//! - The first D is the distance to the targets of the queries beside this one. On a surface it is about the distance itself.
//! - Most rows of the disc have no target within D, and would be looked at in vain. So four rows of four slices are a block, a row
//!   in which the bits of all 16 are joined ([`Fours`]). Its base is that of the nearest of its rows, and its nearest bit is
//!   not farther than that of any of them: a block that is not nearer than D has no nearer target in any row. In the others each
//!   row is looked at.
//! - Four blocks, or four rows, go through each step together, without branches on what they hold.
//! - From a slice, slab or row on that is too far, all farther ones are.
//!
//! All of this is done in whole numbers and `<`. Sums of squared steps within the image stay below 2^62, as the lattice of
//! the image ensures, and what stands for none is 2^62. Rows that fill up the last four have no bits, and count as if they lay
//! where the last row does.

use super::bits::Bits;
use super::fours::{FOUR, Fours, WINDOW, Window};
use super::row::square;
use crate::stats::LATTICE_BITS;

/// A target, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub squared: u64,
    pub at: [usize; 3],
}

/// Larger than any squared distance within an image.
const NONE: u64 = 1 << LATTICE_BITS;

impl Found {
    /// Any target is nearer.
    pub const NONE: Self = Self { squared: NONE, at: [0; 3] };
}

/// What a step through four rows costs, in single rows of a search nearby.
const STEP: u64 = 4;

/// Targets to search among.
pub(super) struct Far {
    /// Slices, rows and columns.
    size: [usize; 3],
    weights: [u64; 3],
    /// The squared length of so many steps along a row, where it is that long.
    along: [u64; 65],
    rows: Fours,
    blocks: Fours,
}

impl Far {
    pub fn new(targets: &Bits, weights: [u64; 3]) -> Self {
        let rows = Fours::of(targets);
        let along = |steps| if steps < targets.size[2] { weights[2] * square(steps) } else { NONE };
        Self { size: targets.size, weights, along: std::array::from_fn(along), blocks: rows.blocks(), rows }
    }

    /// This target, from there.
    #[inline]
    pub fn found(&self, from: [usize; 3], at: [usize; 3]) -> Found {
        let squared = (0..3).map(|axis| self.weights[axis] * square(at[axis].abs_diff(from[axis]))).sum();
        Found { squared, at }
    }

    /// The nearest of the targets, one of which may be known. What that takes is added to `cost`, in rows.
    pub fn nearest(&self, from: [usize; 3], known: Found, cost: &mut u64) -> Found {
        let window = Window::new(from[2], self.size[2]);
        let mut walk = Walk { far: self, from, window, reach: self.reach(known.squared), best: known, cost: 0 };
        // What is as far along a row as a window does not reach is no nearer.
        if known.squared <= self.along[WINDOW + 1] {
            walk.slabs::<false>();
        } else {
            walk.slabs::<true>();
        }
        *cost += walk.cost;
        let Found { squared, at: [slice, row, _] } = walk.best;
        if squared == known.squared {
            return known;
        }
        let column = self.rows.nearest(slice, row, from[2], self.reach(squared), cost);
        Found { squared, at: [slice, row, column.unwrap_or(from[2])] }
    }

    /// No target within this squared distance is farther along a row.
    #[inline]
    fn reach(&self, squared: u64) -> usize {
        // Rounded roots may be one too small.
        (squared as f64 / self.weights[2] as f64).sqrt() as usize + 1
    }
}

struct Walk<'a> {
    far: &'a Far,
    from: [usize; 3],
    window: Window,
    /// No target that is nearer than the best one is farther along a row.
    reach: usize,
    /// In which row the nearest target is; not in which column.
    best: Found,
    cost: u64,
}

impl Walk<'_> {
    /// Looks at slabs of four slices, from the own one outward. Where the best target is nearer than the end of the window,
    /// it need not be `WIDE`.
    fn slabs<const WIDE: bool>(&mut self) {
        let own = self.from[0] / FOUR;
        let mut slab = own;
        while self.slab::<WIDE>(slab) && slab > 0 {
            slab -= 1;
        }
        slab = own + 1;
        while slab < self.far.blocks.size[0] && self.slab::<WIDE>(slab) {
            slab += 1;
        }
    }

    /// Looks at blocks by fours, from the own one outward; false where the slab is too far.
    fn slab<const WIDE: bool>(&mut self, slab: usize) -> bool {
        let base = self.far.weights[0] * square(gap(self.from[0], slab, FOUR));
        if base >= self.best.squared {
            return false;
        }
        let own = self.from[1] / (FOUR * FOUR);
        let mut four = own;
        while self.blocks::<WIDE>(slab, four, base) && four > 0 {
            four -= 1;
        }
        four = own + 1;
        while four < self.far.blocks.size[1] && self.blocks::<WIDE>(slab, four, base) {
            four += 1;
        }
        true
    }

    /// Looks at four blocks; false where they are too far.
    #[inline(always)]
    fn blocks<const WIDE: bool>(&mut self, slab: usize, four: usize, base: u64) -> bool {
        let (y, wy, last) = (self.from[1], self.far.weights[1], self.far.size[1] - 1);
        if base + wy * square(gap(y, four, FOUR * FOUR)) >= self.best.squared {
            return false;
        }
        let bases = std::array::from_fn(|i| base + wy * square(gap(y, four * FOUR + i, FOUR).min(last)));
        let squared = self.squared::<WIDE>(&self.far.blocks, slab, four, bases);
        for (i, squared) in squared.into_iter().enumerate() {
            if squared < self.best.squared {
                self.block::<WIDE>(slab, four * FOUR + i);
            }
        }
        true
    }

    /// Looks at the rows of a block.
    #[inline(never)]
    fn block<const WIDE: bool>(&mut self, slab: usize, block: usize) {
        let (far, [z, y, _]) = (self.far, self.from);
        let [wz, wy, _] = far.weights;
        let last = far.size[1] - 1;
        let across: [u64; FOUR] = std::array::from_fn(|i| wy * square((block * FOUR + i).min(last).abs_diff(y)));
        for slice in slab * FOUR..far.size[0].min(slab * FOUR + FOUR) {
            let base = wz * square(slice.abs_diff(z));
            if base >= self.best.squared {
                continue;
            }
            let squared = self.squared::<WIDE>(&far.rows, slice, block, across.map(|across| base + across));
            for (i, squared) in squared.into_iter().enumerate() {
                if squared < self.best.squared {
                    self.best = Found { squared, at: [slice, block * FOUR + i, 0] };
                    if WIDE {
                        self.reach = far.reach(squared);
                    }
                }
            }
        }
    }

    /// How far four rows are with these bases; where one is not nearer than the best target, that or more.
    #[inline(always)]
    fn squared<const WIDE: bool>(&mut self, all: &Fours, slice: usize, four: usize, bases: [u64; FOUR]) -> [u64; FOUR] {
        self.cost += STEP;
        let steps = all.near(slice, four, &self.window);
        let mut squared = std::array::from_fn(|i| bases[i] + self.far.along[steps[i]]);
        if WIDE {
            for i in 0..FOUR {
                if steps[i] > WINDOW && bases[i] < self.best.squared {
                    let x = self.from[2];
                    let column = all.nearest(slice, four * FOUR + i, x, self.reach, &mut self.cost);
                    squared[i] = column.map_or(NONE, |at| bases[i] + self.far.weights[2] * square(at.abs_diff(x)));
                }
            }
        }
        squared
    }
}

/// How far a place is from the nearest of the places that the `index`th group of `side` has.
#[inline(always)]
fn gap(at: usize, index: usize, side: usize) -> usize {
    let first = index * side;
    first.saturating_sub(at).max(at.saturating_sub(first + side - 1))
}

/// What a query can know of others before it: the target of the last one, and those in the last row that had any.
#[derive(Default)]
pub(super) struct Beside {
    last: Option<[usize; 3]>,
    row: [usize; 2],
    /// Targets of a row, behind the columns of their queries, in order.
    own: Vec<(usize, [usize; 3])>,
    before: Vec<(usize, [usize; 3])>,
    /// The first one in the row before that is not before the query.
    next: usize,
}

impl Beside {
    /// The nearest of the targets that are known, from a query behind all others.
    pub fn nearest(&mut self, far: &Far, from: [usize; 3]) -> Found {
        let [z, y, x] = from;
        if self.row != [z, y] {
            (self.row, self.next) = ([z, y], 0);
            if !self.own.is_empty() {
                std::mem::swap(&mut self.own, &mut self.before);
                self.own.clear();
            }
        }
        while self.before.get(self.next).is_some_and(|&(column, _)| column < x) {
            self.next += 1;
        }
        let target = |place: Option<usize>| self.before.get(place?).map(|&(_, target)| target);
        let mut best = Found::NONE;
        for at in [target(self.next.checked_sub(1)), target(Some(self.next)), self.last].into_iter().flatten() {
            let found = far.found(from, at);
            best = if found.squared < best.squared { found } else { best };
        }
        best
    }

    /// What the query found.
    pub fn push(&mut self, column: usize, target: [usize; 3]) {
        self.last = Some(target);
        self.own.push((column, target));
    }
}

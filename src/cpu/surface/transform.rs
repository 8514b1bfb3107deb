//! The exact squared distance transform, one axis after the other (Felzenszwalb & Huttenlocher 2012, Meijster et al. 2000),
//! in whole numbers, and only where there is a query: for targets that are far.

use super::bits::{Bits, each_bit};
use super::row::square;
use super::tally::Tally;
use crate::stats::{DistanceCount, NO_TARGET};

/// Squared distances that a task keeps: 64 MiB, where columns have no more of them.
const KEPT: usize = 1 << 23;

/// Counts the queries by their distance to the nearest of at least one target.
pub(super) fn transform(
    targets: &Bits,
    queries: &Bits,
    weights: [u64; 3],
    kind: &(impl Fn(usize, usize, usize) -> u8 + Sync),
) -> Vec<DistanceCount> {
    // A task has columns side by side, at most a word of them, and there are a few tasks for each thread.
    let columns = queries.size[2] / (4 * crate::cpu::threads());
    let side = (KEPT / queries.rows()).min(columns).clamp(1, 64);
    let side = 1 << side.ilog2();
    let slabs = crate::cpu::map_indexed(queries.size[2].div_ceil(side), |slab| {
        Slab { targets, queries, weights, from: slab * side, to: queries.size[2].min((slab + 1) * side) }.count(kind)
    });
    slabs.concat()
}

/// Columns `from..to` along the last axis, within one word.
struct Slab<'a> {
    targets: &'a Bits,
    queries: &'a Bits,
    weights: [u64; 3],
    from: usize,
    to: usize,
}

impl Slab<'_> {
    fn count(&self, kind: &impl Fn(usize, usize, usize) -> u8) -> Vec<DistanceCount> {
        let [nz, ny, _] = self.queries.size;
        let side = self.to - self.from;
        let mut tally = Tally::new();
        // Of all queries of a row in any slice.
        let asked: Vec<u64> = (0..ny).map(|y| (0..nz).fold(0, |asked, z| asked | self.word(z, y))).collect();
        if asked.iter().all(|&word| word == 0) {
            return tally.finish();
        }
        // Slices that have targets, and the distances within each of them.
        let mut slices = Vec::new();
        let mut within = Vec::new();
        // Slices are not a power of two apart, or a column of them would lie in one set of the cache.
        let pitch = ny * side + 8;
        let mut envelope = Envelope::new(ny.max(nz));
        for z in 0..nz {
            let rows: Vec<usize> = (0..ny).filter(|&y| self.targets.row(z, y).iter().any(|&word| word != 0)).collect();
            if rows.is_empty() {
                continue;
            }
            let along_x: Vec<u64> = rows.iter().flat_map(|&y| self.along_row(z, y)).collect();
            let start = within.len();
            within.resize(start + pitch, NO_TARGET);
            for x in 0..side {
                envelope.build(self.weights[1], ny, rows.iter().enumerate().map(|(i, &y)| (y, along_x[i * side + x])));
                envelope.each(ny, |y, squared| within[start + y * side + x] = squared);
            }
            slices.push(z);
        }
        for (y, &asked) in asked.iter().enumerate() {
            each_bit(asked, |x| {
                let place = |i: usize| i * pitch + y * side + x;
                envelope.build(self.weights[0], nz, slices.iter().enumerate().map(|(i, &z)| (z, within[place(i)])));
                envelope.each(nz, |z, squared| {
                    if self.word(z, y) >> x & 1 == 1 {
                        tally.add(squared, kind(z, y, self.from + x));
                    }
                });
            });
        }
        tally.finish()
    }

    /// The queries of a row in these columns, from bit 0 on.
    fn word(&self, z: usize, y: usize) -> u64 {
        let word = self.queries.row(z, y)[self.from / 64] >> (self.from % 64);
        let side = self.to - self.from;
        if side == 64 { word } else { word & ((1 << side) - 1) }
    }

    /// Squared distances along a row that has targets.
    fn along_row(&self, z: usize, y: usize) -> Vec<u64> {
        let row = self.targets.row(z, y);
        let is_target = |x: usize| row[x / 64] >> (x % 64) & 1 == 1;
        let (k, bit) = (self.from / 64, self.from % 64);
        // The last target before the columns, and the first one behind them.
        let below = row[k] & ((1 << bit) - 1);
        let before = (0..=k).rev().find_map(|i| {
            let word = if i == k { below } else { row[i] };
            (word != 0).then(|| 64 * i + 63 - word.leading_zeros() as usize)
        });
        let (k, bit) = (self.to / 64, self.to % 64);
        let behind = (k..row.len()).find_map(|i| {
            let word = if i == k { row[i] >> bit << bit } else { row[i] };
            (word != 0).then(|| 64 * i + word.trailing_zeros() as usize)
        });
        let mut nearest = vec![usize::MAX; self.to - self.from];
        let mut last = before;
        for (x, nearest) in (self.from..self.to).zip(&mut nearest) {
            last = if is_target(x) { Some(x) } else { last };
            *nearest = last.map_or(usize::MAX, |last| x - last);
        }
        let mut next = behind;
        for (x, nearest) in (self.from..self.to).zip(&mut nearest).rev() {
            next = if is_target(x) { Some(x) } else { next };
            *nearest = next.map_or(*nearest, |next| (next - x).min(*nearest));
        }
        nearest.into_iter().map(|steps| self.weights[2] * square(steps)).collect()
    }
}

/// The lower envelope of parabolas `height + weight · (x − at)²`, which is the distance along one axis more. All values
/// are below 2^62.
struct Envelope {
    weight: u64,
    /// Place and height of the parabolas that are lowest somewhere, and where each begins to be.
    lowest: Vec<(usize, u64, usize)>,
}

impl Envelope {
    fn new(most: usize) -> Self {
        Self { weight: 0, lowest: Vec::with_capacity(most) }
    }

    fn value(&self, (at, height, _): (usize, u64, usize), x: usize) -> u64 {
        let steps = at.abs_diff(x) as u64;
        height + self.weight * steps * steps
    }

    /// Of parabolas in the order of their places, below `size`.
    fn build(&mut self, weight: u64, size: usize, parabolas: impl Iterator<Item = (usize, u64)>) {
        self.weight = weight;
        self.lowest.clear();
        for (at, height) in parabolas {
            let new = (at, height, 0);
            while let Some(&top) = self.lowest.last()
                && self.value(top, top.2) > self.value(new, top.2)
            {
                self.lowest.pop();
            }
            let Some(&top) = self.lowest.last() else {
                self.lowest.push(new);
                continue;
            };
            // From the place behind this one on the new one is lower. The difference of the squares is never negative:
            // the top one is not higher where it begins, so its place is nearer to that.
            let steps = (at - top.0) as u64;
            let rise = (height + weight * steps * (at + top.0) as u64).saturating_sub(top.1);
            let begin = if weight == 0 { size } else { (rise / (2 * weight * steps)) as usize + 1 };
            if begin < size {
                self.lowest.push((at, height, begin));
            }
        }
    }

    /// The lowest value at each place below `size`.
    fn each(&self, size: usize, mut f: impl FnMut(usize, u64)) {
        let mut end = size;
        for &parabola in self.lowest.iter().rev() {
            (parabola.2..end).for_each(|x| f(x, self.value(parabola, x)));
            end = parabola.2;
        }
    }
}

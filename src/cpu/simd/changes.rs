//! Counts of pairs of labels in two phases: where labels change goes into a list, then the list is walked. The number
//! of changes in a few voxels is close to random, so the processor mispredicts a branch on it nearly every time. Here
//! there is one branch per 256 voxels, and in most maps it is always or never taken.

use crate::cpu::pairs::{PairTable, count_pairs as portable, place};
use crate::kernel::counts::Label;

/// Voxels of a vector of changes, one for each bit of a mask.
pub(super) const VECTOR: usize = 64;

/// Voxels between two branches.
const STEP: usize = VECTORS * VECTOR;

/// Vectors between two branches.
const VECTORS: usize = 4;

/// Voxels whose changes are in one list: those of them stay in the smallest cache.
const CHUNK: usize = 4096;

/// With more changes than this in a step its voxels are counted one by one.
const MANY: u32 = 96;

/// Places of changes within a chunk. A vector of them is always written as a whole.
type List = [u16; CHUNK / STEP * MANY as usize + VECTOR];

/// Labels below this have several entries for each pair.
const FEW: usize = 32;

/// Entries for each pair of few labels: one that was just written is not read again, which would have to wait. They lie
/// side by side, so that no two of them share their place in the cache.
type FewTable = [[u32; 4]; FEW * FEW];

/// Labels of a step, and the one behind them.
type Labels<L> = [L; STEP + 1];

/// A walk over two maps in steps.
pub(super) struct Runs<'a, P, T, F> {
    /// From the current chunk on.
    p: &'a [P],
    t: &'a [T],
    /// Voxels of the chunk up to the end of the current step.
    at: usize,
    /// Where in the chunk the first run begins that is not counted yet.
    start: usize,
    /// Where in the chunk others begin.
    list: List,
    listed: usize,
    table: &'a mut PairTable,
    /// Made when it is needed.
    few: Option<FewTable>,
    sink: F,
    /// All places of pairs that were met, or-ed.
    met: u16,
}

impl<'a, P: Label, T: Label, F: FnMut(u32, u32, u64)> Runs<'a, P, T, F> {
    #[inline(always)]
    pub fn new(p: &'a [P], t: &'a [T], table: &'a mut PairTable, sink: F) -> Self {
        let voxels = p.len().min(t.len());
        let (p, t) = (&p[..voxels], &t[..voxels]);
        Self { p, t, at: 0, start: 0, list: [0; _], listed: 0, table, few: None, sink, met: 0 }
    }

    /// Counts the runs of both maps, and returns the places of pairs that were met, or-ed. Each instruction set supplies two
    /// parts: `changes`, which of the first 64 labels of either map differ from the one behind it, and `places`, where the
    /// ones of a mask are, counted from a place on. As this function is inlined before they are, they are compiled for
    /// the instructions of the function that calls it.
    #[inline(always)]
    pub fn count(mut self, changes: impl Fn(&[P], &[T]) -> u64, places: impl Fn(u64, u16, &mut [u16; VECTOR])) -> u16 {
        while let Some((p, t)) = self.step() {
            let mut masks = [0; VECTORS];
            for (mask, at) in masks.iter_mut().zip((0..).step_by(VECTOR)) {
                *mask = changes(&p[at..], &t[at..]);
            }
            if self.takes_places(masks) {
                for (i, mask) in masks.into_iter().enumerate() {
                    if let Some((first, list)) = self.list(i, mask.count_ones()) {
                        places(mask, first, list);
                    }
                }
            }
        }
        self.finish()
    }

    /// The next step, while there is a whole one.
    #[inline(always)]
    fn step(&mut self) -> Option<(&'a Labels<P>, &'a Labels<T>)> {
        if self.at == CHUNK {
            self.close_chunk();
        }
        let step = (self.p[self.at..].first_chunk()?, self.t[self.at..].first_chunk()?);
        self.at += STEP;
        Some(step)
    }

    /// Takes the changes of the step, a bit for each voxel that differs from the one behind it. Whether their places are
    /// to be listed: otherwise the step is done with.
    #[inline(always)]
    fn takes_places(&mut self, changes: [u64; VECTORS]) -> bool {
        if changes.iter().fold(0, |any, mask| any | mask) == 0 {
            return false;
        }
        let few = changes.iter().map(|mask| mask.count_ones()).sum::<u32>() <= MANY;
        if !few {
            self.close(self.at - STEP);
            self.each();
            self.start = self.at;
        }
        few
    }

    /// Where the places of the `many` changes in vector `i` of the step go, and the first of these places, which is that
    /// of the voxel behind the vector's first.
    #[inline(always)]
    fn list(&mut self, i: usize, many: u32) -> Option<(u16, &mut [u16; VECTOR])> {
        let list = self.list[self.listed..].first_chunk_mut()?;
        self.listed += many as usize;
        Some(((self.at - STEP + i * VECTOR) as u16 + 1, list))
    }

    #[inline(always)]
    fn finish(mut self) -> u16 {
        self.close_chunk();
        self.met |= portable(self.p, self.t, self.table, &mut self.sink);
        for (place, counts) in self.few.iter().flatten().enumerate() {
            self.table[((place / FEW) << 8) | (place % FEW)] += counts.iter().sum::<u32>();
        }
        self.met
    }

    #[inline(always)]
    fn close_chunk(&mut self) {
        self.close(self.at);
        (self.p, self.t) = (&self.p[self.at..], &self.t[self.at..]);
        (self.at, self.start) = (0, 0);
    }

    /// Counts the runs up to `end`.
    #[inline(always)]
    fn close(&mut self, end: usize) {
        // Local variables stay in registers.
        let (p, t, mut start, mut met) = (self.p, self.t, self.start, 0);
        let (table, sink) = (&mut *self.table, &mut self.sink);
        let mut count = |start: usize, end: usize| {
            let (p, t, voxels) = (p[start].label(), t[start].label(), end - start);
            if let Some(place) = place(p, t) {
                met |= place;
                table[usize::from(place)] += voxels as u32;
            } else {
                sink(p, t, voxels as u64);
            }
        };
        for next in self.list[..self.listed].iter().map(|&next| usize::from(next)) {
            count(start, next);
            start = next;
        }
        if start < end {
            count(start, end);
        }
        self.met |= met;
        self.listed = 0;
    }

    /// Counts the voxels of the step one by one.
    #[inline(always)]
    fn each(&mut self) {
        let step = self.at - STEP..self.at;
        let (p, t) = (&self.p[step.clone()], &self.t[step]);
        let p_any = p.iter().fold(0, |any, p| any | p.label());
        let t_any = t.iter().fold(0, |any, t| any | t.label());
        let Some(met) = place(p_any, t_any) else {
            self.met |= portable(p, t, self.table, &mut self.sink);
            return;
        };
        self.met |= met;
        let bits = if ((p_any | t_any) as usize) < FEW { FEW.ilog2() } else { 8 };
        // A separate loop, which the compiler vectorizes.
        let mut pairs = [0u16; STEP];
        for (pair, (p, t)) in pairs.iter_mut().zip(p.iter().zip(t)) {
            *pair = (p.label() as u16) << bits | t.label() as u16;
        }
        if bits == 8 {
            let table = &mut *self.table;
            return pairs.iter().for_each(|&pair| table[usize::from(pair)] += 1);
        }
        let few = self.few.get_or_insert([[0; 4]; _]);
        for pairs in pairs.as_chunks::<4>().0 {
            for (i, &pair) in pairs.iter().enumerate() {
                few[usize::from(pair) % (FEW * FEW)][i] += 1;
            }
        }
    }
}

/// Places of the ones of a mask, eight at a time, whether or not there are so many: a loop as long as there are ones would
/// end differently each time.
#[inline(always)]
pub(super) fn places(mut mask: u64, first: u16, into: &mut [u16; VECTOR]) {
    let eights = mask.count_ones().div_ceil(8) as usize;
    for eight in into.as_chunks_mut::<8>().0.iter_mut().take(eights) {
        for place in eight {
            *place = first.wrapping_add(mask.trailing_zeros() as u16);
            mask &= mask.wrapping_sub(1);
        }
    }
}

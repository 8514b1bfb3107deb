//! Counts of pairs of labels with AVX2: 32 voxels are compared with those before them, and only where a label changes is
//! there work.

use crate::cpu::pairs::{PairTable, place};
use crate::kernel::counts::Label;
use std::arch::x86_64::*;

const GROUP: usize = 32;

/// With more changes than this among 32 voxels, counting them one by one is faster than looking for the changes.
const MANY: u32 = 10;

/// [`count_pairs`](crate::cpu::pairs::count_pairs).
#[target_feature(enable = "avx2,bmi1,popcnt")]
pub(super) fn count_pairs<P: Label, T: Label>(
    p: &[P],
    t: &[T],
    table: &mut PairTable,
    sink: impl FnMut(u32, u32, u64),
) -> u16 {
    let voxels = p.len().min(t.len());
    let (p, t) = (&p[..voxels], &t[..voxels]);
    let mut runs = Runs { p, t, table, sink, met: 0, start: 0 };
    let mut at = 1;
    while at + GROUP <= voxels {
        let equal = _mm256_and_si256(equal(&p[at - 1..at + GROUP]), equal(&t[at - 1..at + GROUP]));
        let mut changes = !_mm256_movemask_epi8(equal) as u32;
        if changes.count_ones() > MANY {
            runs.close(at);
            runs.each(&p[at..at + GROUP], &t[at..at + GROUP]);
        } else {
            while changes != 0 {
                runs.close(at + changes.trailing_zeros() as usize);
                changes &= changes - 1;
            }
        }
        at += GROUP;
    }
    for at in at..voxels {
        if (p[at], t[at]) != (p[at - 1], t[at - 1]) {
            runs.close(at);
        }
    }
    runs.close(voxels);
    runs.met
}

/// A byte of ones for each label but the first that is that before it.
#[inline]
#[target_feature(enable = "avx2")]
fn equal<L: Label>(labels: &[L]) -> __m256i {
    let vectors = |labels| bytemuck::cast_slice::<L, u8>(labels).as_chunks::<32>().0;
    let (before, after) = (vectors(&labels[..GROUP]), vectors(&labels[1..]));
    let vector = |i: usize| -> (__m256i, __m256i) { (bytemuck::cast(before[i]), bytemuck::cast(after[i])) };
    match size_of::<L>() {
        1 => {
            let (before, after) = vector(0);
            _mm256_cmpeq_epi8(before, after)
        }
        2 => {
            let [a, b] = [vector(0), vector(1)].map(|(before, after)| _mm256_cmpeq_epi16(before, after));
            // Packing works in each half of a vector.
            _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi16(a, b))
        }
        _ => {
            let vectors = [vector(0), vector(1), vector(2), vector(3)];
            let [a, b, c, d] = vectors.map(|(before, after)| _mm256_cmpeq_epi32(before, after));
            let packed = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
            _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7))
        }
    }
}

struct Runs<'a, P, T, F> {
    p: &'a [P],
    t: &'a [T],
    table: &'a mut PairTable,
    sink: F,
    met: u16,
    /// Where the current run starts: all before it is counted.
    start: usize,
}

impl<P: Label, T: Label, F: FnMut(u32, u32, u64)> Runs<'_, P, T, F> {
    #[inline(always)]
    fn count(&mut self, p: P, t: T, voxels: usize) {
        if let Some(place) = place(p.label(), t.label()) {
            self.met |= place;
            self.table[usize::from(place)] += voxels as u32;
        } else {
            (self.sink)(p.label(), t.label(), voxels as u64);
        }
    }

    /// Counts the current run, which ends before `end`.
    #[inline(always)]
    fn close(&mut self, end: usize) {
        if let (Some(&p), Some(&t)) = (self.p.get(self.start), self.t.get(self.start)) {
            self.count(p, t, end - self.start);
        }
        self.start = end;
    }

    /// Counts voxels one by one: those from the start of the current run on.
    #[inline(always)]
    fn each(&mut self, p: &[P], t: &[T]) {
        p.iter().zip(t).for_each(|(&p, &t)| self.count(p, t, 1));
        self.start += p.len();
    }
}

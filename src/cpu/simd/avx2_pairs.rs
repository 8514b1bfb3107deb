//! Counts of pairs of bytes with AVX2: 32 voxels are compared with those before them, and only where a label changes is
//! there work.

use crate::cpu::pairs::{self, PairTable, place};
use crate::kernel::counts::Label;
use std::arch::x86_64::*;

const GROUP: usize = 32;

/// With more changes than this among 32 voxels, counting them one by one is faster than looking for the changes.
const MANY: u32 = 10;

/// [`count_pairs`](crate::cpu::pairs::count_pairs).
#[target_feature(enable = "avx2,bmi1,popcnt")]
pub(super) fn count_pairs(p: &[u8], t: &[u8], table: &mut PairTable) -> u16 {
    let voxels = p.len().min(t.len());
    let (p, t) = (&p[..voxels], &t[..voxels]);
    let mut runs = Runs { p, t, table, met: 0, start: 0 };
    let mut at = 1;
    while at + GROUP <= voxels {
        let mut changes = changes(&p[at - 1..at + GROUP], &t[at - 1..at + GROUP]);
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

/// A bit for each voxel but the first whose pair is not that of the voxel before it.
#[inline]
#[target_feature(enable = "avx2")]
fn changes(p: &[u8], t: &[u8]) -> u32 {
    let equal = |x: &[u8]| match (x.first_chunk::<GROUP>(), x.last_chunk::<GROUP>()) {
        (Some(before), Some(after)) => _mm256_cmpeq_epi8(bytemuck::cast(*before), bytemuck::cast(*after)),
        _ => _mm256_setzero_si256(),
    };
    !_mm256_movemask_epi8(_mm256_and_si256(equal(p), equal(t))) as u32
}

struct Runs<'a> {
    p: &'a [u8],
    t: &'a [u8],
    table: &'a mut PairTable,
    met: u16,
    /// Where the current run starts: all before it is counted.
    start: usize,
}

impl Runs<'_> {
    /// Counts the current run, which ends before `end`.
    #[inline(always)]
    fn close(&mut self, end: usize) {
        if let (Some(&p), Some(&t)) = (self.p.get(self.start), self.t.get(self.start)) {
            let place = place(p, t);
            self.met |= place;
            self.table[usize::from(place)] += (end - self.start) as u32;
        }
        self.start = end;
    }

    /// Counts voxels one by one: those from the start of the current run on.
    #[inline(always)]
    fn each(&mut self, p: &[u8], t: &[u8]) {
        for (&p, &t) in p.iter().zip(t) {
            let place = place(p, t);
            self.met |= place;
            self.table[usize::from(place)] += 1;
        }
        self.start += p.len();
    }
}

/// [`narrow`](pairs::narrow), which the compiler turns into vectors.
#[target_feature(enable = "avx2")]
pub(super) fn narrow<L: Label>(labels: &[L], into: &mut [u8]) -> u32 {
    pairs::narrow(labels, into)
}

//! Counts of pairs of labels with the vectors of WebAssembly.

use super::changes::{Runs, VECTOR, places};
use crate::cpu::pairs::{PairTable, count_pairs as portable};
use crate::kernel::counts::Label;
use std::arch::wasm32::{u8x16_bitmask, u8x16_ne};

/// [`count_pairs`](crate::cpu::pairs::count_pairs): of bytes with vectors. A page is sent around, and larger labels are rare.
pub(super) fn count_pairs<P: Label, T: Label>(
    p: &[P],
    t: &[T],
    table: &mut PairTable,
    sink: impl FnMut(u32, u32, u64),
) -> u16 {
    if size_of::<P>() > 1 || size_of::<T>() > 1 {
        return portable(p, t, table, sink);
    }
    Runs::new(p, t, table, sink).count(|p, t| changes_in(p) | changes_in(t), places)
}

/// Which of 64 labels of a byte differ from the one behind it.
#[inline(always)]
fn changes_in<L: Label>(labels: &[L]) -> u64 {
    let vectors = |labels| bytemuck::cast_slice::<L, u8>(labels).as_chunks::<16>().0;
    let pairs = vectors(&labels[..VECTOR]).iter().zip(vectors(&labels[1..=VECTOR]));
    let differ = |(&before, &after): (&[u8; 16], &[u8; 16])| {
        u64::from(u8x16_bitmask(u8x16_ne(bytemuck::cast(before), bytemuck::cast(after))))
    };
    pairs.zip((0..).step_by(16)).fold(0, |mask, (pair, at)| mask | differ(pair) << at)
}

//! Runs of equal labels in a part of a row.

use crate::kernel::counts::Label;
use std::ops::Range;

/// Bytes that are looked at together: most of an image is long runs.
const BLOCK: usize = 64;

/// `f(label, start, end)` for each run of equal labels; of label 0 only where `zero` counts.
pub(in crate::cpu) fn runs<L: Label>(labels: &[L], zero: bool, mut f: impl FnMut(u32, usize, usize)) {
    let mut start = 0;
    let mut until = |end: usize| {
        if let Some(&label) = labels.get(start)
            && (zero || label != L::zeroed())
        {
            f(label.label(), start, end);
        }
        start = end;
    };
    changes(labels, &mut until);
    until(labels.len());
}

/// `f(place)` for each place that has another label than the one before it, ascending.
#[inline(always)]
fn changes<L: Label>(labels: &[L], mut f: impl FnMut(usize)) {
    let (bytes, size) = (bytemuck::cast_slice::<L, u8>(labels), size_of::<L>());
    // The same bytes, a label apart.
    let Some((before, own)) = bytes.len().checked_sub(size).and_then(|n| bytes.get(..n).zip(bytes.get(size..))) else {
        return;
    };
    // From a byte on.
    let mut word = |from: usize, before: u64, own: u64| {
        let mut differ = before ^ own;
        while differ != 0 {
            let place = differ.trailing_zeros() as usize / (8 * size);
            f(1 + from / size + place);
            differ &= (u64::MAX << (8 * size - 1) << 1).rotate_left((8 * size * place) as u32);
        }
    };
    // In vectors, which an equality of arrays is not.
    let is_same = |before: &[u8; BLOCK], own: &[u8; BLOCK]| {
        before.iter().zip(own).fold(0, |any, (before, own)| any | (before ^ own)) == 0
    };
    let mut at = 0;
    let ((blocks, rest), (own_blocks, own_rest)) = (before.as_chunks::<BLOCK>(), own.as_chunks::<BLOCK>());
    for (before, own) in blocks.iter().zip(own_blocks) {
        if !is_same(before, own) {
            for (n, (before, own)) in before.as_chunks().0.iter().zip(own.as_chunks().0).enumerate() {
                word(at + 8 * n, u64::from_le_bytes(*before), u64::from_le_bytes(*own));
            }
        }
        at += BLOCK;
    }
    if before.last_chunk().zip(own.last_chunk()).is_some_and(|(before, own)| is_same(before, own)) {
        return;
    }
    for (before, own) in rest.as_chunks().0.iter().zip(own_rest.as_chunks().0) {
        word(at, u64::from_le_bytes(*before), u64::from_le_bytes(*own));
        at += 8;
    }
    word(at, last(before, before.len() - at), last(own, own.len() - at));
}

/// The last `n` bytes, fewer than 8.
fn last(bytes: &[u8], n: usize) -> u64 {
    match bytes.last_chunk() {
        Some(word) => u64::from_le_bytes(*word).checked_shr(64 - 8 * n as u32).unwrap_or(0),
        None => bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// `f(start, end)` for each part of a run outside of the places that are left out. Both come in ascending order: `next` is the
/// first of these places that a run may still meet.
pub(super) fn outside(
    [mut start, end]: [usize; 2],
    left_out: &[Range<usize>],
    next: &mut usize,
    mut f: impl FnMut(usize, usize),
) {
    while let Some(out) = left_out.get(*next).filter(|out| out.start < end) {
        if start < out.start {
            f(start, out.start);
        }
        start = start.max(out.end);
        if start > end {
            return;
        }
        *next += 1;
    }
    if start < end {
        f(start, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<L: Label>(labels: &[L], zero: bool) -> Vec<(u32, usize, usize)> {
        let mut found = Vec::new();
        runs(labels, zero, |label, start, end| found.push((label, start, end)));
        found
    }

    #[test]
    fn runs_have_all_lengths_and_places() {
        for before in 0..140 {
            let labels: Vec<u8> = [vec![0; before], vec![7; before + 1], vec![9, 9], vec![0; 3]].concat();
            let mut expected = vec![(7, before, 2 * before + 1), (9, 2 * before + 1, 2 * before + 3)];
            assert_eq!(found(&labels, false), expected);
            assert_eq!(found(&labels.iter().map(|&l| u32::from(l)).collect::<Vec<_>>(), false), expected);
            let behind = 2 * before + 3;
            expected.push((0, behind, behind + 3));
            if before > 0 {
                expected.insert(0, (0, 0, before));
            }
            assert_eq!(found(&labels, true), expected);
            assert_eq!(found(&labels.iter().map(|&l| u16::from(l)).collect::<Vec<_>>(), true), expected);
        }
        assert!(found::<u8>(&[], true).is_empty() && found(&[0u8; 200], false).is_empty());
    }

    #[test]
    fn what_is_left_out_cuts_runs() {
        let cut = |left_out: &[Range<usize>]| {
            let (mut found, mut next) = (Vec::new(), 0);
            for run in [[2, 5], [5, 6], [8, 12]] {
                outside(run, left_out, &mut next, |start, end| found.push([start, end]));
            }
            found
        };
        assert_eq!(cut(&[]), [[2, 5], [5, 6], [8, 12]]);
        assert_eq!(cut(&[0..1, 3..4, 9..10, 10..11]), [[2, 3], [4, 5], [5, 6], [8, 9], [11, 12]]);
        assert_eq!(cut(&[0..3, 4..9, 11..20]), [[3, 4], [9, 11]]);
        assert_eq!(cut(&[0..5, 6..8, 12..13]), [[5, 6], [8, 12]]);
        assert!(cut(std::slice::from_ref(&(1..12))).is_empty());
    }
}

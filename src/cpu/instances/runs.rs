//! Runs of equal labels in a part of a row.

use crate::kernel::counts::Label;
use std::ops::Range;

/// Bytes that are looked at together in long runs.
const STRIDE: usize = 64;

/// Labels that are looked at one by one before.
const NEAR: usize = 8;

/// `f(label, start, end)` for each run of equal labels; of label 0 only where `zero` counts.
pub(super) fn runs<L: Label>(labels: &[L], zero: bool, mut f: impl FnMut(u32, usize, usize)) {
    let mut at = 0;
    while at < labels.len() {
        if !zero {
            at = end_of(labels, at, L::zeroed());
        }
        let Some(&label) = labels.get(at) else { return };
        let start = at;
        at = end_of(labels, at, label);
        f(label.label(), start, at);
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

/// The first place from `at` on that has another label, or the end.
#[inline(always)]
fn end_of<L: Label>(labels: &[L], at: usize, label: L) -> usize {
    let differs = |other: &L| *other != label;
    let rest = &labels[at..];
    // In noise runs are short.
    if let Some(n) = rest.iter().take(NEAR).position(differs) {
        return at + n;
    }
    let mut parts = rest.chunks_exact(STRIDE / size_of::<L>());
    let same = parts.by_ref().take_while(|part| !part.iter().fold(false, |any, other| any | differs(other))).count();
    let start = at + same * (STRIDE / size_of::<L>());
    start + labels[start..].iter().position(differs).unwrap_or(labels.len() - start)
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

//! Runs of equal labels in a part of a row.

use crate::kernel::counts::Label;

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

/// The same without the voxels that are left out, and with those of label 0.
pub(super) fn runs_without<L: Label>(labels: &[L], left_out: &[bool], mut f: impl FnMut(u32, usize, usize)) {
    let mut run: Option<(u32, usize)> = None;
    for (at, (label, &out)) in labels.iter().zip(left_out).enumerate() {
        let label = (!out).then(|| label.label());
        if let Some((own, start)) = run.filter(|(own, _)| Some(*own) != label) {
            f(own, start, at);
            run = None;
        }
        run = run.or(label.map(|label| (label, at)));
    }
    if let Some((own, start)) = run {
        f(own, start, labels.len());
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
    fn ignored_voxels_cut_runs() {
        let mut found = Vec::new();
        let left_out = [false, true, false, false, true, true];
        runs_without(&[1u8, 1, 1, 2, 2, 0], &left_out, |label, start, end| found.push((label, start, end)));
        assert_eq!(found, [(1, 0, 1), (1, 2, 3), (2, 3, 4)]);
    }
}

//! Runs of equal labels in a part of a row.

use crate::kernel::counts::Label;

/// Bytes that are looked at together where there is nothing but background.
const STRIDE: usize = 64;

/// `f(label, start, end)` for each run of equal labels; of label 0 only where `zero` counts.
pub(super) fn runs<L: Label>(labels: &[L], zero: bool, mut f: impl FnMut(u32, usize, usize)) {
    let mut at = 0;
    while at < labels.len() {
        if !zero {
            at = skip_zeros(labels, at);
        }
        let Some(&label) = labels.get(at) else { return };
        let start = at;
        at = end_of(labels, at);
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

/// The first place from `at` on that is not 0, or the end.
#[inline(always)]
fn skip_zeros<L: Label>(labels: &[L], mut at: usize) -> usize {
    let step = STRIDE / size_of::<L>();
    while let Some(part) = labels.get(at..at + step) {
        let bytes: &[u8] = bytemuck::cast_slice(part);
        if bytes.iter().fold(0, |all, byte| all | byte) != 0 {
            break;
        }
        at += step;
    }
    let rest = labels.get(at..).unwrap_or_default();
    at + rest.iter().position(|label| label.label() != 0).unwrap_or(rest.len())
}

/// Where the run that starts at `at` ends.
#[inline(always)]
fn end_of<L: Label>(labels: &[L], at: usize) -> usize {
    let label = labels[at];
    let rest = &labels[at..];
    at + rest.iter().position(|&other| other != label).unwrap_or(rest.len())
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

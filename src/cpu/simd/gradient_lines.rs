//! A run of gradients as cache lines, which are written as a whole.

use super::avx2_tile::padded;
use super::hints::{Line, Store, ahead, fill};

/// Writes `line` of every 16 voxels to `out`.
#[inline(always)]
pub(super) fn run(
    p: &[f32],
    t: &[f32],
    out: &mut [f32],
    store: Store,
    line: impl Fn(&[f32; 16], &[f32; 16]) -> [f32; 16],
) {
    let few = |p: &[f32], t: &[f32], out: &mut [f32]| {
        if !out.is_empty() {
            out.copy_from_slice(&line(&padded(p), &padded(t))[..out.len()]);
        }
    };
    let (before, lines, after) = bytemuck::pod_align_to_mut::<f32, Line>(out);
    let ((p_before, p), (t_before, t)) = (p.split_at(before.len()), t.split_at(before.len()));
    let ((p_lines, p_after), (t_lines, t_after)) = (p.as_chunks(), t.as_chunks());
    few(p_before, t_before, before);
    let gradients = p_lines.iter().zip(t_lines).map(|(p, t)| {
        ahead(p);
        ahead(t);
        line(p, t)
    });
    fill(lines, store, gradients);
    few(p_after, t_after, after);
}

//! A run of gradients as cache lines, which are written as a whole.

use super::hints::{Line, Store, ahead, fill, put, settle};
use super::tile::padded;

/// Writes what a table says of each byte to `out`.
pub(in crate::cpu) fn gradients_of_bytes(table: &[f32; 256], t: &[u8], out: &mut [f32], store: Store) {
    let (before, lines, after) = bytemuck::pod_align_to_mut::<f32, Line>(out);
    let (t_before, t) = t.split_at(before.len());
    let (t_lines, t_after) = t.as_chunks();
    for (out, t) in before.iter_mut().zip(t_before).chain(after.iter_mut().zip(t_after)) {
        *out = table[usize::from(*t)];
    }
    let line = |t: &[u8; 16]| {
        ahead(t);
        t.map(|t| table[usize::from(t)])
    };
    fill(lines, store, t_lines.iter().map(line));
}

/// Lines that are made before they are written past the caches.
const TOGETHER: usize = 16;

/// Writes to `out` what `lines` makes of the voxels. It gets many lines at a time: a loop in code for an instruction set is
/// compiled with what it calls as one, while a call from here for each line would begin anew every time.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
#[inline(always)]
pub(super) fn run(
    p: &[f32],
    t: &[f32],
    out: &mut [f32],
    store: Store,
    lines: impl Fn(&[[f32; 16]], &[[f32; 16]], &mut [Line]),
) {
    let few = |p: &[f32], t: &[f32], out: &mut [f32]| {
        if !out.is_empty() {
            let mut line = Line([0.0; 16]);
            lines(&[padded(p)], &[padded(t)], std::slice::from_mut(&mut line));
            out.copy_from_slice(&line.0[..out.len()]);
        }
    };
    let (before, all, after) = bytemuck::pod_align_to_mut::<f32, Line>(out);
    let ((p_before, p), (t_before, t)) = (p.split_at(before.len()), t.split_at(before.len()));
    let ((p_lines, p_after), (t_lines, t_after)) = (p.as_chunks(), t.as_chunks());
    few(p_before, t_before, before);
    if store == Store::Cached {
        lines(p_lines, t_lines, all);
    } else {
        let mut made = [Line([0.0; 16]); TOGETHER];
        let parts = p_lines.chunks(TOGETHER).zip(t_lines.chunks(TOGETHER)).zip(all.chunks_mut(TOGETHER));
        for ((p, t), out) in parts {
            let made = &mut made[..out.len()];
            lines(p, t, made);
            out.iter_mut().zip(made).for_each(|(out, made)| put(out, store, made.0));
        }
        settle(store);
    }
    few(p_after, t_after, after);
}

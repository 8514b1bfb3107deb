//! One lesion in the slice that has most of it.

use super::{ASPECT, Cut, Found, PRED, TRUTH};
use crate::eval::instances::LesionRow;
use crate::eval::warning::Side;

pub(super) fn cut(found: &Found, spacing_mm: Option<[f64; 3]>, row: &LesionRow) -> Cut {
    let marked = &found.marked;
    let axis = marked.axis(spacing_mm);
    let [low, high] = [row.low, row.high].map(|at| at.map(|at| at as usize));
    let mark = if row.side == Side::Truth { TRUTH } else { PRED };
    let cut = found.whole(axis, marked.fullest(axis, low, high, mark), spacing_mm);
    let [a, b] = [low, high].map(|at| marked.seen(at.map(|at| at as f64), &cut.view));
    let range = |i: usize| (a[i].min(b[i]) as usize, a[i].max(b[i]).ceil() as usize);
    let slice = cut.slice.part(cut.slice.frame([range(0), range(1)], cut.edges, ASPECT));
    Cut { slice, ..cut }
}

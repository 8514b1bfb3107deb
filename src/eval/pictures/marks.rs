//! All voxels of a class, for programs that show any slice of them.

use super::slice::Marked;
use super::{EvalError, Evaluation, PRED, TRUTH, View, edge, source};

/// The voxels of a class of a case, and how to look at them.
#[derive(Debug, Clone, PartialEq)]
pub struct Marks {
    /// In the order of the file, x fastest: [`TRUTH`], [`PRED`], [`IGNORED`](super::IGNORED) and [`OTHER`](super::OTHER), added up.
    pub voxels: Vec<u8>,
    /// Along x and y, and along all other axes together.
    pub dims: [usize; 3],
    /// How slices across x, y and z are looked at.
    pub views: [View; 3],
    /// The lengths of a voxel along x, y and z, in millimetres where `in_mm` says so.
    pub edges: [f64; 3],
    /// Whether the file says how large its voxels are.
    pub in_mm: bool,
    /// The axis that reports cut across.
    pub axis: usize,
    /// The slice across it with the most errors; None where there are none.
    pub worst: Option<usize>,
    /// The first and the last slice across x, y and z in which the class is, in either map; None where it is nowhere.
    pub extent: Option<[[usize; 2]; 3]>,
}

/// Reads the files of a case again, for a class of it; both by their places in the evaluation.
///
/// # Errors
/// What its readers find, [`EvalError::FilesGone`] and [`EvalError::FilesChanged`].
pub fn marks(evaluation: &Evaluation, case: usize, class: usize) -> Result<Marks, EvalError> {
    let result = evaluation.cases.get(case).ok_or(EvalError::FilesGone)?;
    let (of, counts) = result.counts.get(class).ok_or(EvalError::FilesGone)?;
    let source = source::open(result, evaluation.sources.get(&result.name), &evaluation.rules)?;
    let found = source.class(result, of, counts, &evaluation.rules)?;
    drop(source);
    let axes = [0, 1, 2];
    let (marked, spacing_mm) = (&found.marked, result.spacing_mm);
    Ok(Marks {
        dims: marked.dims,
        views: axes.map(|axis| View::of(axis, found.geometry.as_ref())),
        edges: axes.map(|axis| edge(axis, spacing_mm)),
        in_mm: spacing_mm.is_some(),
        axis: marked.axis(spacing_mm),
        worst: marked.worst(marked.axis(spacing_mm)).map(|(index, _)| index),
        extent: extent(marked),
        voxels: found.marked.voxels,
    })
}

/// From where to where the class reaches along each axis.
fn extent(marked: &Marked) -> Option<[[usize; 2]; 3]> {
    let [nx, ny, _] = marked.dims;
    let mut found: Option<[[usize; 2]; 3]> = None;
    for (row, voxels) in marked.voxels.chunks(nx.max(1)).enumerate() {
        let is_class = |mark: &u8| mark & (TRUTH | PRED) != 0;
        let (Some(first), Some(last)) = (voxels.iter().position(is_class), voxels.iter().rposition(is_class)) else {
            continue;
        };
        let (y, z) = (row % ny.max(1), row / ny.max(1));
        let own = [[first, last], [y, y], [z, z]];
        let all = found.get_or_insert(own);
        for (all, own) in all.iter_mut().zip(own) {
            *all = [all[0].min(own[0]), all[1].max(own[1])];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::pictures::OTHER;

    #[test]
    fn the_extent_is_that_of_either_map() {
        let mut voxels = vec![OTHER; 4 * 3 * 5];
        let mut mark = |x: usize, y: usize, z: usize, mark: u8| voxels[x + 4 * (y + 3 * z)] = mark;
        mark(1, 2, 3, TRUTH);
        mark(3, 0, 1, PRED);
        assert_eq!(extent(&Marked { voxels, dims: [4, 3, 5] }), Some([[1, 3], [0, 2], [1, 3]]));
        assert_eq!(extent(&Marked { voxels: vec![OTHER; 8], dims: [2, 2, 2] }), None);
        assert_eq!(extent(&Marked { voxels: vec![], dims: [0, 2, 2] }), None);
    }
}

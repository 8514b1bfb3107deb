//! Pictures of the worst cases: the slice in which truth and prediction of a class disagree most. The voxels are read
//! again for that, one case at a time, and where that does not work the picture says why.

mod orient;
mod slice;
mod source;

pub use orient::View;
pub use slice::{Errors, IGNORED, OTHER, PRED, Slice, TRUTH};

use super::cancel::Cancel;
use super::error::EvalError;
use super::summary::Summary;
use crate::io::Geometry;
use slice::Marked;
use std::sync::Arc;

/// How many times as wide as high the part of a slice is that is shown.
const ASPECT: f64 = 1.2;

/// A class of a case among the worst.
#[derive(Debug)]
pub struct Picture {
    /// The case, by its place in [`Evaluation::cases`](super::Evaluation::cases).
    pub case: usize,
    /// The class, by its place in [`Evaluation::classes`](super::Evaluation::classes).
    pub class: usize,
    /// The score by which it is among the worst.
    pub value: f64,
    /// The slice with the most errors; None where no voxel differs, and an error where the files cannot be read again.
    pub cut: Result<Option<Cut>, Arc<EvalError>>,
}

/// The part of a slice that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// Its voxels, as they are looked at.
    pub slice: Slice,
    /// How they are looked at.
    pub view: View,
    /// Which slice of the volume it is.
    pub index: usize,
    /// The last slice.
    pub last: usize,
    /// In the whole slice.
    pub errors: Errors,
    /// The lengths of a voxel across and down, in millimetres where `in_mm` says so.
    pub edges: [f64; 2],
    /// Whether the file says how large its voxels are.
    pub in_mm: bool,
}

/// One class of a case, and how its voxels lie.
struct Found {
    marked: Marked,
    geometry: Option<Geometry>,
}

/// Pictures of the `most` [worst](Summary::worst) classes of cases.
///
/// # Errors
/// [`EvalError::Cancelled`].
pub fn worst(summary: &Summary<'_>, most: usize, cancel: &Cancel) -> Result<Vec<Picture>, EvalError> {
    let chosen = summary.worst(summary.ranking(), most);
    let mut pictures: Vec<Option<Picture>> = chosen.iter().map(|_| None).collect();
    let rules = &summary.evaluation.rules;
    // Every case is read once, and let go before the next one.
    for &(case, ..) in &chosen {
        let Some(result) = summary.evaluation.cases.get(case) else { continue };
        if pictures.iter().flatten().any(|picture| picture.case == case) {
            continue;
        }
        cancel.check()?;
        let source = source::open(result, summary.evaluation.sources.get(&result.name), rules).map_err(Arc::new);
        for (picture, &(_, class, value)) in pictures.iter_mut().zip(&chosen).filter(|(_, other)| other.0 == case) {
            let Some((of, counts)) = result.counts.get(class) else { continue };
            let found = source.as_ref().map_err(Arc::clone);
            let found = found.and_then(|source| source.class(result, of, counts, rules).map_err(Arc::new));
            let cut = found.map(|found| cut(&found, result.spacing_mm));
            *picture = Some(Picture { case, class, value, cut });
        }
    }
    Ok(pictures.into_iter().flatten().collect())
}

/// The slice with the most errors. None where there are none.
fn cut(found: &Found, spacing_mm: Option<[f64; 3]>) -> Option<Cut> {
    let axis = found.marked.axis(spacing_mm);
    let (index, errors) = found.marked.worst(axis)?;
    let view = View::of(axis, found.geometry.as_ref());
    let edge = |axis: usize| spacing_mm.and_then(|edges| edges.get(axis).copied()).filter(|edge| *edge > 0.0);
    let edges = [view.across.0, view.down.0].map(|axis| edge(axis).filter(|edge| edge.is_finite()).unwrap_or(1.0));
    let slice = found.marked.cut(index, &view).cropped(edges, ASPECT);
    let last = found.marked.dims.get(axis).map_or(0, |n| n.saturating_sub(1));
    Some(Cut { slice, view, index, last, errors, edges, in_mm: spacing_mm.is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(dims: [usize; 3], mark: impl Fn(usize, usize, usize) -> u8) -> Found {
        let [nx, ny, nz] = dims;
        let voxels = (0..nx * ny * nz).map(|i| mark(i % nx, i / nx % ny, i / nx / ny)).collect();
        Found { marked: Marked { voxels, dims }, geometry: Some(Geometry::from_spacing([1.0; 3])) }
    }

    #[test]
    fn a_missed_cube_is_cut_where_it_is() {
        let cube = found([20, 20, 9], |x, y, z| if x / 5 == 1 && y / 5 == 2 && z == 4 { TRUTH } else { 0 });
        let cut = cut(&cube, Some([1.0, 1.0, 3.0])).unwrap();
        assert_eq!((cut.index, cut.last, cut.view.axis, cut.in_mm), (4, 8, 2, true));
        assert_eq!((cut.errors, Errors::of(&cut.slice.cells)), (Errors { missed: 25, invented: 0 }, cut.errors));
    }

    #[test]
    fn agreement_has_no_picture() {
        assert!(cut(&found([4, 4, 4], |x, _, _| if x > 1 { TRUTH | PRED } else { OTHER }), None).is_none());
    }
}

//! Pictures of the worst cases: the slice in which truth and prediction of a class disagree most, the place where their
//! surfaces are farthest apart, the largest lesions that were missed or invented. The voxels are read again for that, one case
//! at a time, and where that does not work the picture says why.

mod chosen;
mod farthest;
mod lesion;
mod marks;
mod orient;
mod slice;
mod source;

pub use marks::{Marks, marks};
pub use orient::View;
pub use slice::{Errors, IGNORED, OTHER, PRED, Slice, TRUTH};

use super::cancel::Cancel;
use super::case::CaseResult;
use super::error::EvalError;
use super::evaluation::Evaluation;
use super::rules::Rules;
use super::score::Score;
use super::summary::Summary;
use crate::io::Geometry;
use chosen::Choice;
use slice::Marked;
use std::sync::Arc;

/// How many times as wide as high the part of a slice is that is shown.
const ASPECT: f64 = 1.2;

/// Why something has a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Subject {
    /// Its score is one of the worst: the slice with the most errors.
    Score,
    /// This score of its surfaces is one of the worst: where they are farthest apart.
    Surface(Score),
    /// A lesion that was missed or invented is one of the largest, by its place among the
    /// [rows](super::LesionScores::rows).
    Lesion(usize),
}

/// A class of a case among the worst.
#[derive(Debug)]
pub struct Picture {
    /// The case, by its place in [`Evaluation::cases`](super::Evaluation::cases).
    pub case: usize,
    /// The class, by its place in [`Evaluation::classes`](super::Evaluation::classes).
    pub class: usize,
    /// What is shown of it.
    pub subject: Subject,
    /// The score by which it is among the worst, or the voxels of the lesion.
    pub value: f64,
    /// The slice; None where no voxel differs, and an error where the files cannot be read again.
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
    /// The largest distance between the surfaces, where that is what is shown.
    pub line: Option<Line>,
}

/// The way from an element of one surface to the nearest one of the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Where both are seen, across and down in cells from the corner of the slice that is shown.
    pub ends: [[f64; 2]; 2],
    /// How long it is, as the surfaces were measured.
    pub length: f64,
    /// Whether in mm, else in voxels.
    pub in_mm: bool,
    /// Whether it starts at the truth's surface.
    pub from_truth: bool,
    /// How many slices further the other end lies.
    pub slices: u64,
}

/// One class of a case, and how its voxels lie.
struct Found {
    marked: Marked,
    geometry: Option<Geometry>,
}

/// Pictures of the `most` [worst](Summary::worst) classes of cases; then of the surfaces that are farthest apart, where
/// distances were measured; then the largest lesions that were missed, and those that were invented: at most three of each,
/// and `most`.
///
/// # Errors
/// [`EvalError::Cancelled`].
pub fn worst(summary: &Summary<'_>, most: usize, cancel: &Cancel) -> Result<Vec<Picture>, EvalError> {
    let chosen = chosen::all(summary, most);
    let mut pictures: Vec<Option<Picture>> = chosen.iter().map(|_| None).collect();
    let rules = &summary.evaluation.rules;
    // Every case is read once, and let go before the next one.
    for case in chosen.iter().map(|choice| choice.case) {
        let Some(result) = summary.evaluation.cases.get(case) else { continue };
        if pictures.iter().flatten().any(|picture| picture.case == case) {
            continue;
        }
        cancel.check()?;
        let source = source::open(result, summary.evaluation.sources.get(&result.name), rules).map_err(Arc::new);
        for (picture, choice) in pictures.iter_mut().zip(&chosen).filter(|(_, other)| other.case == case) {
            let &Choice { class, subject, value, .. } = choice;
            let Some((of, counts)) = result.counts.get(class) else { continue };
            let found = source.as_ref().map_err(Arc::clone);
            let found = found.and_then(|source| source.class(result, of, counts, rules).map_err(Arc::new));
            let cut = found.and_then(|found| cut_of(subject, &found, result, &of.key, rules).map_err(Arc::new));
            *picture = Some(Picture { case, class, subject, value, cut });
        }
    }
    Ok(pictures.into_iter().flatten().collect())
}

fn cut_of(
    subject: Subject,
    found: &Found,
    case: &CaseResult,
    key: &str,
    rules: &Rules,
) -> Result<Option<Cut>, EvalError> {
    match subject {
        Subject::Score => Ok(cut(found, case.spacing_mm)),
        Subject::Surface(_) => farthest::cut(found, case, &rules.surfaces),
        Subject::Lesion(row) => {
            let row = case.instances.get(key).and_then(|found| found.rows.get(row));
            Ok(row.map(|row| lesion::cut(found, case.spacing_mm, row)))
        }
    }
}

/// The slice with the most errors. None where there are none.
fn cut(found: &Found, spacing_mm: Option<[f64; 3]>) -> Option<Cut> {
    let axis = found.marked.axis(spacing_mm);
    let (index, errors) = found.marked.worst(axis)?;
    let cut = found.whole(axis, index, spacing_mm);
    let slice = cut.slice.cropped(cut.edges, ASPECT);
    Some(Cut { slice, errors, ..cut })
}

/// How long a voxel is along an axis; 1 where that is not known.
fn edge(axis: usize, spacing_mm: Option<[f64; 3]>) -> f64 {
    let edge = spacing_mm.and_then(|edges| edges.get(axis).copied());
    edge.filter(|edge| *edge > 0.0 && edge.is_finite()).unwrap_or(1.0)
}

impl Found {
    /// A whole slice.
    fn whole(&self, axis: usize, index: usize, spacing_mm: Option<[f64; 3]>) -> Cut {
        let view = View::of(axis, self.geometry.as_ref());
        let edges = [view.across.0, view.down.0].map(|axis| edge(axis, spacing_mm));
        let slice = self.marked.cut(index, &view);
        let (errors, last) = (Errors::of(&slice.cells), self.marked.length(axis).saturating_sub(1));
        Cut { slice, view, index, last, errors, edges, in_mm: spacing_mm.is_some(), line: None }
    }
}

/// A class of a case of two evaluations against one truth: the slice in which either of them has the most errors, the same
/// of both. None where neither has any.
pub(super) fn side_by_side(
    evaluations: [&Evaluation; 2],
    case: &str,
    classes: [&str; 2],
) -> Result<Option<[Cut; 2]>, Arc<EvalError>> {
    let read = |evaluation: &Evaluation, class: &str| -> Result<(Found, Option<[f64; 3]>), EvalError> {
        let result = evaluation.cases.iter().find(|own| own.name == case).ok_or(EvalError::FilesGone)?;
        let (of, counts) = result.counts.iter().find(|(own, _)| own.key == class).ok_or(EvalError::FilesGone)?;
        let source = source::open(result, evaluation.sources.get(case), &evaluation.rules)?;
        Ok((source.class(result, of, counts, &evaluation.rules)?, result.spacing_mm))
    };
    let (one, spacing_mm) = read(evaluations[0], classes[0]).map_err(Arc::new)?;
    let (other, _) = read(evaluations[1], classes[1]).map_err(Arc::new)?;
    if one.marked.dims != other.marked.dims {
        return Err(Arc::new(EvalError::Lengths));
    }
    let axis = one.marked.axis(spacing_mm);
    let worst = [&one, &other].into_iter().filter_map(|found| found.marked.worst(axis));
    let Some((index, _)) = worst.max_by_key(|(_, errors)| errors.missed + errors.invented) else { return Ok(None) };
    let both = [&one, &other].map(|found| found.whole(axis, index, spacing_mm));
    let mut union = both[0].slice.clone();
    union.cells.iter_mut().zip(&both[1].slice.cells).for_each(|(cell, other)| *cell |= other);
    // Both show the same part.
    let Some(extent) = union.extent() else { return Ok(None) };
    let frame = union.frame(extent, both[0].edges, ASPECT);
    Ok(Some(both.map(|cut| Cut { slice: cut.slice.part(frame), ..cut })))
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

//! What axes mean, and what those of two files mean to each other: decided here, once, for every command.
//!
//! * An axis of length 1 adds no voxels, wherever it is.
//! * The first three axes of an image are of space; where both files say where their voxels lie, places decide
//!   ([`Placement`]): the same points in another order, or a box of the same lattice, are the same data. A box has a
//!   different origin. Where only a length differs, one of the files was cut short or resampled, and no guess is made.
//! * Otherwise voxels are matched in the order of the files, if the lengths of the axes are equal.
//! * A label map has one number per voxel: a file with more, along a fourth axis or a fifth one behind a lone fourth
//!   (where NIfTI has vectors), is not a label map.
//! * An array does not say what its axes are. A label map's are all of space, the last one being x; those of a soft
//!   volume follow an [`ArrayLayout`], and [`SoftAxes::looks_flat`] detects where that is likely to be wrong.

mod soft;

pub use soft::{ArrayLayout, SoftAxes, TruthAxes};

use super::lattice::{Gap, Grid, Placement};

/// How the voxels of two files are matched.
#[derive(Debug, Clone, PartialEq)]
pub enum Relation {
    /// One by one, in the order of the files. The gap is rounding; `None` where a file does not say where it lies.
    Same(Option<Gap>),
    /// By their places: the second file is the first one in another order, or a box of its lattice. Its gap may be more than
    /// rounding.
    Placed(Placement),
    /// Axes of the same lengths, in different places.
    Apart(Gap),
    /// Axes of other lengths, in places that are not on one lattice or not known.
    Unequal(Unequal),
}

/// What tells axes of other lengths apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unequal {
    /// One file has more numbers per voxel: channels, or points in time.
    Channels,
    /// The lengths come in the reverse order.
    Reversed,
    /// Other numbers of voxels.
    Lengths,
}

/// How the voxels of two label maps are matched.
///
/// ```
/// use voxdice::io::axes::{Relation, Unequal, relate};
/// use voxdice::io::{AffineSource, Geometry, Grid};
/// let mut geometry = Geometry::from_spacing([1.0, 1.0, 2.0]);
/// geometry.source = AffineSource::Sform;
/// let image = |shape| Grid { shape, geometry: Some(&geometry) };
/// let array = |shape| Grid { shape, geometry: None };
/// assert_eq!(relate(image(&[4, 3, 2]), array(&[4, 3, 2, 1])), Relation::Same(None));
/// assert_eq!(relate(image(&[4, 3, 2]), image(&[4, 3, 2, 1, 5])), Relation::Unequal(Unequal::Channels));
/// assert_eq!(relate(image(&[4, 3, 2]), array(&[2, 3, 4])), Relation::Unequal(Unequal::Reversed));
/// // The second slice of the same image is a box of it; the first one alone may as well be a file that was cut short.
/// let mut second = geometry;
/// second.affine[2][3] += 2.0;
/// let slice = Grid { shape: &[4, 3, 1], geometry: Some(&second) };
/// assert!(matches!(relate(image(&[4, 3, 2]), slice), Relation::Placed(place) if place.holds_second()));
/// assert_eq!(relate(image(&[4, 3, 2]), image(&[4, 3, 1])), Relation::Unequal(Unequal::Lengths));
/// ```
#[must_use]
pub fn relate(first: Grid<'_>, second: Grid<'_>) -> Relation {
    let gap = Gap::between(first, second);
    if let Some(gap) = gap.filter(|gap| gap.is_same_grid()) {
        return Relation::Same(Some(gap));
    }
    // Without an affine in the header there is a made-up one.
    let said = |grid: Grid<'_>| grid.geometry.is_some_and(|geometry| geometry.source.has_place());
    match Placement::of(first, second).filter(|_| said(first) && said(second)) {
        Some(place) if place.is_identity() && place.gap().is_same_grid() => return Relation::Same(Some(place.gap())),
        Some(place) if place.is_identity() => return Relation::Apart(place.gap()),
        Some(place) if !place.is_longer() => return Relation::Placed(place),
        _ => {}
    }
    match (gap, unequal(first.shape, second.shape)) {
        (Some(gap), _) => Relation::Apart(gap),
        (None, Some(unequal)) => Relation::Unequal(unequal),
        (None, None) => Relation::Same(None),
    }
}

/// How the lengths of two files differ, if they do.
#[must_use]
pub fn unequal(first: &[u64], second: &[u64]) -> Option<Unequal> {
    let long = |shape: &[u64]| shape.iter().copied().filter(|&n| n != 1).collect::<Vec<_>>();
    let (a, b) = (long(first), long(second));
    let reversed = first.iter().eq(second.iter().rev());
    if a == b {
        // A row beside a column: its place says along which axis it lies, and the two do not agree.
        return (reversed && first != second).then_some(Unequal::Reversed);
    }
    let (a_space, b_space) = (without_ones_behind(first), without_ones_behind(second));
    let more = a_space.len().max(b_space.len()) > 3 || a.len() != b.len() && a.len().max(b.len()) > 3;
    let starts = a_space.starts_with(b_space) || b_space.starts_with(a_space) || a.starts_with(&b) || b.starts_with(&a);
    Some(match () {
        () if more && starts => Unequal::Channels,
        () if reversed || a.iter().eq(b.iter().rev()) => Unequal::Reversed,
        () => Unequal::Lengths,
    })
}

/// Without the axes of length 1 at the end, which some writers add.
#[must_use]
pub fn without_ones_behind(shape: &[u64]) -> &[u64] {
    let used = shape.iter().rposition(|&n| n != 1).map_or(0, |last| last.saturating_add(1));
    shape.get(..used).unwrap_or(shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::{AffineSource, Geometry};

    #[test]
    fn axes_of_one_voxel_are_nothing_wherever_they_are() {
        let of = |a: &[u64], b: &[u64]| unequal(a, b);
        for shape in [&[4, 3, 2, 1, 1][..], &[1, 4, 3, 2], &[4, 1, 3, 2], &[1, 4, 1, 3, 1, 2, 1]] {
            assert_eq!(of(&[4, 3, 2], shape), None);
        }
        assert_eq!(of(&[1, 1], &[]), None);
        assert_eq!(without_ones_behind(&[4, 1, 3, 1, 1]), [4, 1, 3]);
        assert_eq!(without_ones_behind(&[1, 1]), [0; 0]);
    }

    #[test]
    fn what_differs_is_told() {
        let of = |a: &[u64], b: &[u64]| unequal(a, b).unwrap();
        assert_eq!(of(&[4, 3, 2], &[4, 3, 2, 5]), Unequal::Channels);
        assert_eq!(of(&[4, 3, 2, 1, 5], &[4, 3, 2]), Unequal::Channels);
        assert_eq!(of(&[4, 3], &[4, 3, 1, 1, 5]), Unequal::Channels);
        assert_eq!(of(&[4, 3, 2], &[2, 3, 4]), Unequal::Reversed);
        assert_eq!(of(&[1, 3, 4], &[4, 3]), Unequal::Reversed);
        assert_eq!(of(&[4, 1], &[1, 4]), Unequal::Reversed);
        assert_eq!(of(&[4, 3, 2], &[4, 3, 1]), Unequal::Lengths);
        assert_eq!(of(&[4, 3, 2], &[4, 2, 3]), Unequal::Lengths);
        assert_eq!(of(&[4, 3], &[4, 3, 2]), Unequal::Lengths);
    }

    #[test]
    fn places_decide_where_they_are_known() {
        fn grid<'a>(shape: &'a [u64], geometry: &'a Geometry) -> Grid<'a> {
            Grid { shape, geometry: Some(geometry) }
        }
        let mut here = Geometry::from_spacing([1.0; 3]);
        here.source = AffineSource::Sform;
        let mut there = here;
        there.affine[0][3] = 0.5;
        assert!(matches!(relate(grid(&[2, 2, 2], &here), grid(&[2, 2, 2], &there)), Relation::Apart(_)));
        assert_eq!(relate(grid(&[2, 2, 2], &here), grid(&[2, 2, 3], &there)), Relation::Unequal(Unequal::Lengths));
        // A shift by a whole voxel is a place on the lattice.
        there.affine[0][3] = 1.0;
        let Relation::Placed(place) = relate(grid(&[2, 2, 2], &here), grid(&[2, 2, 2], &there)) else { panic!() };
        assert_eq!((place.shared(), place.holds_first(), place.is_reordered()), (4, false, false));
        // A batch axis before x: positions are unknown, and the order of the voxels is the same.
        assert_eq!(relate(grid(&[5, 4, 3], &here), grid(&[1, 5, 4, 3], &here)), Relation::Same(None));
        // A header without an affine says nothing of places.
        there.source = AffineSource::Pixdim;
        assert!(matches!(relate(grid(&[2, 2, 2], &here), grid(&[2, 2, 2], &there)), Relation::Apart(_)));
        let alone = Grid { shape: &[2, 2, 2], geometry: None };
        assert_eq!(relate(alone, grid(&[2, 2, 2], &here)), Relation::Same(None));
    }
}

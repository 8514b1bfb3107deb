//! How the voxels of two files are matched, and the warnings about it.

use super::error::{EvalError, GridError};
use super::named::named;
use super::warning::{Side, Warning};
use crate::io::axes::{Relation, Unequal, relate};
use crate::io::{Gap, Grid, Placement};
use std::path::Path;

/// What to do with grids that lie apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GeometryRule {
    /// The case is refused.
    Strict,
    /// The case is evaluated, with a warning.
    #[default]
    Warn,
    /// Positions are not compared: voxels are matched in the order of the files.
    Off,
}

named!(GeometryRule, "the rule for grids that lie apart" { Strict = "strict", Warn = "warn", Off = "off" });

/// What belongs together in two files.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Together {
    /// Where the voxels of the second file are, unless they are where those of the first are.
    pub place: Option<Placement>,
    /// How far the two grids are apart, where both files say where they lie.
    pub gap: Option<Gap>,
    pub warnings: Vec<Warning>,
}

impl GeometryRule {
    /// How the voxels of two files belong together, as far as this rule looks.
    pub(crate) fn relate(self, first: Grid<'_>, second: Grid<'_>) -> Relation {
        match self {
            Self::Off => relate(first.without_place(), second.without_place()),
            Self::Strict | Self::Warn => relate(first, second),
        }
    }

    /// How the voxels of truth and prediction are matched, or why they cannot be. With `crops` one of them is a
    /// segmentation of 3D Slicer, which stores only the box around its segments. There is no warning about that, unless
    /// the two boxes have no voxel in common.
    pub(crate) fn together(
        self,
        paths: [&Path; 2],
        [truth, pred]: [Grid<'_>; 2],
        crops: bool,
    ) -> Result<Together, GridError> {
        let crop = Placement::of(truth, pred).filter(|place| crops && self != Self::Off && !place.is_identity());
        match crop.map_or_else(|| self.relate(truth, pred), Relation::Placed) {
            Relation::Same(gap) => Ok(Together { gap, ..Together::default() }),
            Relation::Apart(gap) => {
                let warnings = self.check(gap)?.into_iter().collect();
                Ok(Together { gap: Some(gap), warnings, ..Together::default() })
            }
            Relation::Placed(place) => {
                let mut warnings = said(&place, [truth, pred]);
                // More likely a wrong header than two crops.
                let askew = place.is_shifted() || place.shared() == 0;
                if askew && self == Self::Strict {
                    return Err(GridError::Apart(place.shift()));
                }
                let near = self.check(place.gap())?;
                if crops {
                    warnings.retain(|said| matches!(said, Warning::Reordered | Warning::NothingShared));
                }
                warnings.extend(near);
                let gap = if askew && !crops { place.shift() } else { place.gap() };
                Ok(Together { gap: Some(gap), place: Some(place), warnings })
            }
            Relation::Unequal(unequal) => Err(different(paths, [truth.shape, pred.shape], unequal)),
        }
    }

    /// What to do with two grids that are this far apart.
    pub fn check(self, gap: Gap) -> Result<Option<Warning>, GridError> {
        if gap.is_same_grid() || self == Self::Off {
            return Ok(None);
        }
        if self == Self::Strict {
            return Err(GridError::Apart(gap));
        }
        let Gap { millimetres, voxels } = gap;
        Ok(Some(Warning::Geometry { millimetres, voxels }))
    }
}

/// The warnings about two files on one lattice.
fn said(place: &Placement, [truth, pred]: [Grid<'_>; 2]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if place.is_reordered() {
        warnings.push(Warning::Reordered);
    }
    let stored = |grid: Grid<'_>| grid.shape.to_vec();
    match (place.holds_first(), place.holds_second()) {
        (true, true) => {}
        _ if place.shared() == 0 => warnings.push(Warning::NothingShared),
        (false, true) => warnings.push(Warning::Padded { side: Side::Prediction, stored: stored(pred) }),
        (true, false) => warnings.push(Warning::Padded { side: Side::Truth, stored: stored(truth) }),
        (false, false) if place.is_shifted() => {
            let Gap { millimetres, voxels } = place.shift();
            warnings.push(Warning::Shifted { millimetres, voxels });
        }
        (false, false) => warnings.push(Warning::Overlapping { truth: stored(truth), pred: stored(pred) }),
    }
    warnings
}

pub(crate) fn different(paths: [&Path; 2], shapes: [&[u64]; 2], unequal: Unequal) -> GridError {
    GridError::Extent { files: paths.map(Path::to_path_buf), shapes: shapes.map(<[u64]>::to_vec), unequal }
}

/// The box around both files, and where each of them lies in it: where places matter, unless it is much more than they store.
pub(crate) fn around(place: &Placement) -> Result<([u64; 3], Placement, Placement), EvalError> {
    const TIMES: u64 = 16;
    const SMALL: u64 = 1 << 16;
    let stored = place.len().saturating_add(place.turned().len());
    let most = stored.saturating_mul(TIMES).max(SMALL);
    place.around().filter(|(_, first, _)| first.len() <= most).ok_or(EvalError::FarApart)
}

/// The shape of what lies in such a box: its lengths, and how many volumes there are. Of images with so many axes it is that
/// of an image.
pub(crate) fn box_shape(lengths: [u64; 3], first: &Placement, axes: usize) -> Vec<u64> {
    let volumes = first.len() / lengths.iter().product::<u64>().max(1);
    let mut shape = [&lengths[..], &[volumes]].concat();
    if volumes == 1 {
        shape.truncate(axes.max(2));
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::{AffineSource, Geometry};

    const SHAPE: [u64; 3] = [101, 101, 11];

    fn moved(change: impl Fn(&mut [[f64; 4]; 4])) -> Geometry {
        let mut geometry = Geometry::from_spacing([1.0, 1.0, 5.0]);
        geometry.source = AffineSource::Sform;
        change(&mut geometry.affine);
        geometry
    }

    fn together(rule: GeometryRule, pred: &Geometry) -> Result<Together, GridError> {
        of_two(rule, pred, false)
    }

    fn of_two(rule: GeometryRule, pred: &Geometry, crops: bool) -> Result<Together, GridError> {
        let truth = moved(|_| ());
        let grid = |geometry| Grid { shape: &SHAPE, geometry: Some(geometry) };
        rule.together([Path::new("t.nii"), Path::new("p.nii")], [grid(&truth), grid(pred)], crops)
    }

    #[test]
    fn the_rule_decides_what_follows() {
        let there = moved(|a| a[1][3] = 0.5);
        assert!(together(GeometryRule::Strict, &there).is_err());
        let warned = together(GeometryRule::Warn, &there).unwrap();
        assert_eq!((warned.place.is_none(), warned.warnings.len()), (true, 1));
        assert!(warned.gap.is_some_and(|gap| !gap.is_same_grid()));
        assert_eq!(together(GeometryRule::Off, &there).unwrap(), Together::default());
    }

    #[test]
    fn the_same_points_in_another_order_are_strictly_the_same() {
        let flipped = moved(|a| a[0] = [-1.0, 0.0, 0.0, 100.0]);
        for rule in [GeometryRule::Strict, GeometryRule::Warn] {
            let found = together(rule, &flipped).unwrap();
            assert_eq!(found.warnings, [Warning::Reordered]);
            assert!(found.place.is_some() && found.gap.is_some_and(Gap::is_same_grid));
        }
        assert_eq!(together(GeometryRule::Off, &flipped).unwrap(), Together::default());
    }

    #[test]
    fn boxes_of_one_size_that_lie_askew_are_warned_of() {
        let shifted = moved(|a| a[1][3] = 3.0);
        assert!(together(GeometryRule::Strict, &shifted).is_err());
        let found = together(GeometryRule::Warn, &shifted).unwrap();
        assert_eq!(found.warnings, [Warning::Shifted { millimetres: 3.0, voxels: 3.0 }]);
        assert!(found.place.is_some_and(|place| place.shared() == 101 * 98 * 11));
        // As half a voxel would be.
        assert!(found.gap.is_some_and(Gap::is_apart));
        let away = moved(|a| a[1][3] = 101.0);
        let found = together(GeometryRule::Warn, &away).unwrap();
        assert!(found.warnings == [Warning::NothingShared] && found.gap.is_some_and(Gap::is_apart));
    }

    #[test]
    fn boxes_that_lie_far_apart_are_not_drawn() {
        let place = |by: f64| together(GeometryRule::Warn, &moved(|a| a[1][3] = by)).unwrap().place.unwrap();
        assert!(around(&place(101.0 * 15.0)).is_ok_and(|([x, y, z], ..)| [x, y, z] == [101, 101 * 16, 11]));
        assert!(matches!(around(&place(101.0 * 40.0)), Err(EvalError::FarApart)));
        // With two voxels each, almost any distance counts as far, and a small picture costs nothing.
        let here = moved(|_| ());
        let two = Grid { shape: &[2, 1, 1], geometry: Some(&here) };
        let other = moved(|a| a[0][3] = 300.0);
        let place = Placement::of(two, Grid { geometry: Some(&other), ..two }).unwrap();
        assert!(around(&place).is_ok());
    }

    #[test]
    fn boxes_of_segmentations_lie_anywhere_unless_the_rule_is_strict() {
        let [shifted, away] = [3.0, 101.0].map(|by| moved(|a| a[1][3] = by));
        let of = |rule, pred| of_two(rule, pred, true);
        for (pred, warnings) in [(&shifted, &[][..]), (&away, &[Warning::NothingShared])] {
            assert!(of(GeometryRule::Strict, pred).is_err());
            let found = of(GeometryRule::Warn, pred).unwrap();
            // An organ that was segmented elsewhere does not mean a wrong header.
            assert!(found.warnings == warnings && found.gap.is_some_and(Gap::is_same_grid));
            assert_eq!(of(GeometryRule::Off, pred).unwrap(), Together::default());
        }
    }
}

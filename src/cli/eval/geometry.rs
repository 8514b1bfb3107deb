//! How the voxels of two files are brought together, and what there is to say about it.

use crate::cli::text::extent;
use crate::cli::warning::{Warning, apart};
use crate::io::axes::{Relation, Unequal, relate, unequal};
use crate::io::{Gap, Geometry, Grid, Placement};
use anyhow::{Result, bail};
use clap::ValueEnum;
use std::path::Path;

/// What is done about grids that lie apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum GeometryRule {
    /// Refuse
    Strict,
    /// Evaluate, warn, and end with exit code 1
    Warn,
    /// Do not compare: voxels belong together in the order of the files
    Off,
}

/// What belongs together in two files.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::cli) struct Together {
    /// Where the voxels of the second file are, unless they are where those of the first are.
    pub place: Option<Placement>,
    /// How far the two grids are apart, where both files say where they lie.
    pub gap: Option<Gap>,
    pub warnings: Vec<Warning>,
}

impl GeometryRule {
    pub fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Warn => "warn",
            Self::Off => "off",
        }
    }

    /// How the voxels of truth and prediction belong together, or why they do not.
    pub fn together(self, paths: [&Path; 2], [truth, pred]: [Grid<'_>; 2]) -> Result<Together> {
        let found = match self {
            Self::Off => relate(truth.without_place(), pred.without_place()),
            _ => relate(truth, pred),
        };
        match found {
            Relation::Same(gap) => Ok(Together { gap, ..Together::default() }),
            Relation::Apart(gap) => {
                let warnings = self.check(gap)?.into_iter().collect();
                Ok(Together { gap: Some(gap), warnings, ..Together::default() })
            }
            Relation::Placed(place) => {
                let mut warnings = said(&place, [truth, pred]);
                let askew = matches!(warnings.last(), Some(Warning::Shifted { .. } | Warning::NothingShared));
                if askew && self == Self::Strict {
                    let Gap { millimetres, voxels } = place.shift();
                    bail!("{}", refused(millimetres, voxels));
                }
                warnings.extend(self.check(place.gap())?);
                Ok(Together { gap: Some(place.gap()), place: Some(place), warnings })
            }
            Relation::Unequal(unequal) => Err(different(paths, [truth.shape, pred.shape], unequal)),
        }
    }

    /// What follows from two grids that are so far apart.
    pub fn check(self, gap: Gap) -> Result<Option<Warning>> {
        if gap.is_same_grid() || self == Self::Off {
            return Ok(None);
        }
        let Gap { millimetres, voxels } = gap;
        if self == Self::Strict {
            bail!("{}", refused(millimetres, voxels));
        }
        Ok(Some(Warning::Geometry { millimetres, voxels }))
    }
}

fn refused(millimetres: f64, voxels: f64) -> String {
    format!("{}; resample one onto the grid of the other, or say --geometry warn", apart(millimetres, voxels))
}

/// What there is to say about two files on one lattice.
fn said(place: &Placement, [truth, pred]: [Grid<'_>; 2]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if place.is_reordered() {
        warnings.push(Warning::Reordered);
    }
    let stored = |grid: Grid<'_>| extent(grid.shape);
    match (place.holds_first(), place.holds_second()) {
        (true, true) => {}
        _ if place.shared() == 0 => warnings.push(Warning::NothingShared),
        (false, true) => warnings.push(Warning::Padded { side: "prediction", stored: stored(pred) }),
        (true, false) => warnings.push(Warning::Padded { side: "truth", stored: stored(truth) }),
        // Boxes of one size that lie askew: rather a wrong header than two crops.
        (false, false) if place.len() == place.turned().len() => {
            let Gap { millimetres, voxels } = place.shift();
            warnings.push(Warning::Shifted { millimetres, voxels });
        }
        (false, false) => warnings.push(Warning::Overlapping { truth: stored(truth), pred: stored(pred) }),
    }
    warnings
}

/// Refuses grids of different lengths.
pub(in crate::cli) fn same_extent(paths: [&Path; 2], shapes: [&[u64]; 2]) -> Result<()> {
    match unequal(shapes[0], shapes[1]) {
        None => Ok(()),
        Some(found) => Err(different(paths, shapes, found)),
    }
}

fn different(paths: [&Path; 2], shapes: [&[u64]; 2], found: Unequal) -> anyhow::Error {
    let array = paths.iter().any(|path| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("npy")));
    anyhow::anyhow!(
        "{} has {} voxels, but {} has {}; {}",
        paths[0].display(),
        extent(shapes[0]),
        paths[1].display(),
        extent(shapes[1]),
        match found {
            // An axis behind z is no space, and resampling does not help.
            Unequal::Channels =>
                "a label map has one number per voxel: take the channel or the time that is meant, or the argmax",
            Unequal::Reversed if array => "transpose one of them (of a .npy the last axis is x)",
            Unequal::Reversed | Unequal::Lengths => "resample the prediction onto the grid of the truth",
        }
    )
}

/// How far two grids of this shape are apart.
pub(in crate::cli) fn gap(truth: &Geometry, pred: &Geometry, shape: &[u64]) -> Gap {
    let grid = |geometry| Grid { shape, geometry: Some(geometry) };
    Gap::between(grid(truth), grid(pred)).unwrap_or(Gap { millimetres: 0.0, voxels: 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::AffineSource;

    const SHAPE: [u64; 3] = [101, 101, 11];

    fn moved(change: impl Fn(&mut [[f64; 4]; 4])) -> Geometry {
        let mut geometry = Geometry::from_spacing([1.0, 1.0, 5.0]);
        geometry.source = AffineSource::Sform;
        change(&mut geometry.affine);
        geometry
    }

    fn together(rule: GeometryRule, pred: &Geometry) -> Result<Together> {
        let truth = moved(|_| ());
        let grid = |geometry| Grid { shape: &SHAPE, geometry: Some(geometry) };
        rule.together([Path::new("t.nii"), Path::new("p.nii")], [grid(&truth), grid(pred)])
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
        let away = moved(|a| a[1][3] = 101.0);
        assert_eq!(together(GeometryRule::Warn, &away).unwrap().warnings, [Warning::NothingShared]);
    }
}

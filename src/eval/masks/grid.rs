//! A mask, and the grid that all masks of a side have.

use super::bits::Bits;
use crate::eval::error::GridError;
use crate::eval::grids::{GeometryRule, different};
use crate::io::axes::{Relation, unequal};
use crate::io::{self, Gap, Geometry};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A voxel of the truth that is left out of every count.
pub(crate) const LEFT_OUT: u8 = 2;

/// How the files of a side are read: in the order of its grid, and with notes of what there is to say about them.
pub(super) struct Onto<'a> {
    pub grid: Option<&'a Grid>,
    pub rule: GeometryRule,
    pub notes: &'a mut Notes,
}

/// What there is to say about the files of masks.
#[derive(Default)]
pub(super) struct Notes {
    /// Bytes behind their voxels.
    pub surplus: BTreeMap<PathBuf, u64>,
    /// Labels of which a threshold made one.
    pub merged: BTreeMap<PathBuf, Vec<i64>>,
    /// The two masks of one side that lie furthest apart.
    pub apart: Option<([PathBuf; 2], Gap)>,
}

impl Notes {
    /// Notes how far a mask lies from the grid of its side.
    pub fn lies(&mut self, files: [&Path; 2], gap: Option<Gap>) {
        if let Some(gap) = gap.filter(|gap| self.gap().is_none_or(|most| gap.voxels > most.voxels)) {
            self.apart = Some((files.map(Path::to_path_buf), gap));
        }
    }

    pub fn gap(&self) -> Option<Gap> {
        self.apart.as_ref().map(|(_, gap)| *gap)
    }
}

/// The grid of one side, which all its masks have.
pub(super) struct Grid {
    pub path: PathBuf,
    pub shape: Vec<u64>,
    pub geometry: Option<Geometry>,
}

impl Grid {
    pub fn view(&self) -> io::Grid<'_> {
        io::Grid { shape: &self.shape, geometry: self.geometry.as_ref() }
    }

    pub fn voxels(&self) -> u64 {
        self.shape.iter().product()
    }

    /// A mask of this side, put from the order of its file into the order of this grid, and how far apart the two files
    /// are.
    pub fn hold(&self, mask: Bits, file: &Self, rule: GeometryRule) -> Result<(Bits, Option<Gap>), GridError> {
        let different = |lengths| different([&self.path, &file.path], [&self.shape, &file.shape], lengths);
        let (mask, gap) = match rule.relate(self.view(), file.view()) {
            Relation::Same(gap) => return Ok((mask, gap)),
            Relation::Placed(place) if place.holds_first() && place.holds_second() => (mask.onto(&place), place.gap()),
            Relation::Unequal(lengths) => return Err(different(lengths)),
            // The masks of a case are of one image: a mask that only overlaps its grid is not a crop, but has a wrong
            // header.
            Relation::Placed(place) => match unequal(&self.shape, &file.shape) {
                Some(lengths) => return Err(different(lengths)),
                None => (mask, place.shift()),
            },
            Relation::Apart(gap) => (mask, gap),
        };
        if rule == GeometryRule::Strict && !gap.is_same_grid() {
            let files = [&self.path, &file.path].map(Clone::clone);
            return Err(GridError::MasksApart { files, gap });
        }
        Ok((mask, Some(gap)))
    }
}

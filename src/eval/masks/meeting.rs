//! How the voxels of the two sides of a case with names are matched.

use super::bits::Bits;
use super::grid::{Grid, LEFT_OUT, Notes, Onto};
use super::side::Side;
use crate::eval::class::Class;
use crate::eval::error::EvalError;
use crate::eval::grids::{GeometryRule, Together, around, box_shape};
use crate::eval::rules::Rules;
use crate::eval::warning::Warning;
use crate::io::nrrd::ReferenceGrid;
use crate::io::{self, Gap, Geometry, Placement};

/// Both masks over the voxels of one box.
pub(super) struct Boxed {
    pub shape: Vec<u64>,
    pub truth: Vec<u8>,
    pub pred: Vec<u8>,
}

/// The grids of both sides. A side in which nothing was drawn, or that is missing, has none.
pub(super) struct Meeting {
    pub grids: [Option<Grid>; 2],
    /// How the prediction lies in the truth, where that is not one by one.
    place: Option<Placement>,
    /// All voxels of the image that was segmented, where a header says so: outside of what is stored there is nothing.
    all: Option<u64>,
    pub gap: Option<Gap>,
    pub warnings: Vec<Warning>,
}

impl Meeting {
    pub fn of(sides: &[Side<'_>; 2], classes: &[Class], rules: &Rules) -> Result<Self, EvalError> {
        let grids = [sides[0].grid(classes)?, sides[1].grid(classes)?];
        let mut together = Together::default();
        if let [Some(truth), Some(pred)] = &grids {
            let views = [truth.view(), pred.view()];
            let crops = sides.iter().any(Side::is_segmentation);
            together = rules.geometry.together([&truth.path, &pred.path], views, crops)?;
        }
        let Together { place, gap, warnings } = together;
        let mut found = Self { grids, place, all: None, gap, warnings };
        if rules.geometry == GeometryRule::Off {
            return Ok(found);
        }
        found.all = sides.iter().filter_map(Side::reference).find_map(|reference| found.within(reference));
        Ok(found)
    }

    /// How the masks of the truth, or else of the prediction, are read.
    pub fn onto<'a>(&'a self, side: usize, rules: &Rules, notes: &'a mut Notes) -> Onto<'a> {
        Onto { grid: self.grids.get(side).and_then(Option::as_ref), rule: rules.geometry, notes }
    }

    /// The voxels of the truth that are left out, if any.
    pub fn ignored(&self, sides: &[Side<'_>; 2], rules: &Rules, notes: &mut Notes) -> Result<Option<Bits>, EvalError> {
        sides[0].ignored(rules, &mut self.onto(0, rules, notes))
    }

    /// The voxels of an image that holds all that is stored.
    fn within(&self, reference: &ReferenceGrid) -> Option<u64> {
        let image = io::Grid { shape: &reference.shape, geometry: Some(&reference.geometry) };
        let holds = |grid: &Grid| Placement::of(image, grid.view()).is_some_and(|place| place.holds_second());
        let voxels = reference.shape.iter().try_fold(1u64, |all, &length| all.checked_mul(length))?;
        self.grids.iter().flatten().all(holds).then_some(voxels)
    }

    /// All voxels of the case.
    pub fn voxels(&self) -> u64 {
        let stored = match (&self.grids, &self.place) {
            ([Some(truth), Some(pred)], Some(place)) => truth.voxels() + (pred.voxels() - place.shared()),
            (grids, _) => grids.iter().flatten().next().map_or(0, Grid::voxels),
        };
        self.all.map_or(stored, |all| all.max(stored))
    }

    /// The lengths of the truth, or else of the prediction.
    pub fn shape(&self) -> &[u64] {
        self.grids.iter().flatten().next().map_or(&[], |grid| &grid.shape)
    }

    /// Where the voxels lie, if any file says so.
    pub fn geometry(&self) -> Option<&Geometry> {
        self.grids.iter().flatten().find_map(|grid| grid.geometry.as_ref())
    }

    /// Voxels of both masks, of the prediction and of the truth, without those that are left out. A side without a mask is
    /// empty.
    pub fn counted(&self, [truth, pred]: [Option<Bits>; 2], left_out: Option<&Bits>) -> [u64; 3] {
        let [mut truth, mut pred] = [truth, pred].map(Option::unwrap_or_default);
        let mut beyond = 0;
        if let Some(place) = &self.place {
            let there = pred.onto(place);
            // The truth has nothing there, and nothing is left out.
            beyond = pred.ones() - there.ones();
            pred = there;
        }
        if let Some(left_out) = left_out {
            truth.remove(left_out);
            pred.remove(left_out);
        }
        [truth.both(&pred), pred.ones() + beyond, truth.ones()]
    }

    /// Both masks, each over the voxels of its side: what a side does not have is 0, and what is left out is marked in the
    /// truth.
    fn each(&self, masks: [Option<Bits>; 2], left_out: Option<&Bits>) -> [Vec<u8>; 2] {
        let [truth, pred] = &self.grids;
        let grids = [truth.as_ref().or(pred.as_ref()), pred.as_ref().or(truth.as_ref())];
        let lengths = grids.map(|grid| usize::try_from(grid.map_or(0, Grid::voxels)).unwrap_or(0));
        let [truth, pred] = masks;
        let [mut truth, pred] = [(truth, lengths[0]), (pred, lengths[1])]
            .map(|(mask, n)| mask.map_or_else(|| vec![0; n], |mask| mask.bytes()));
        if let Some(left_out) = left_out {
            let marked = truth.iter_mut().enumerate().filter(|(place, _)| left_out.has(*place));
            marked.for_each(|(_, voxel)| *voxel = LEFT_OUT);
        }
        [truth, pred]
    }

    /// Both masks over the same voxels, in some order, as a row.
    pub fn joined(&self, masks: [Option<Bits>; 2], left_out: Option<&Bits>) -> Boxed {
        let [truth, pred] = self.each(masks, left_out);
        let (truth, pred) = match &self.place {
            Some(place) => place.joined(truth, &pred),
            None => (truth, pred),
        };
        Boxed { shape: vec![truth.len() as u64], truth, pred }
    }

    /// Both masks over the smallest box that holds both grids, and its lengths: where places matter.
    pub fn boxed(&self, masks: [Option<Bits>; 2], left_out: Option<&Bits>) -> Result<Boxed, EvalError> {
        let [truth, pred] = self.each(masks, left_out);
        let Some(place) = &self.place else { return Ok(Boxed { shape: self.shape().to_vec(), truth, pred }) };
        let (lengths, of_truth, of_pred) = around(place)?;
        let shape = box_shape(lengths, &of_truth, self.shape().len());
        Ok(Boxed { shape, truth: of_truth.onto(&truth), pred: of_pred.onto(&pred) })
    }
}

//! Two label maps that are kept as runs of equal labels while they are read: of a segmentation, a small part of its voxels.

use super::bits::{Bits, set};
use super::boxes::{Boxes, Crop};
use super::masks::{Maps, Member};
use super::{band_counts, of_plane, surface};
use crate::classes::Classes;
use crate::cpu::instances::runs::runs;
use crate::cpu::{skeleton, topology};
use crate::error::{Error, Operand, Result};
use crate::kernel::counts::Label;
use crate::options::Band;
use crate::stats::{Centrelines, Counts, Lattice, Spacing, Surface, SurfaceOptions, Topology};
use crate::volume::{LabelSlice, Pair};

/// Voxels of a row that have one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    label: u32,
    start: u32,
    /// Behind the last voxel.
    end: u32,
}

/// The runs of one map.
#[derive(Debug, Default)]
struct Side {
    runs: Vec<Run>,
    /// Where those of each row begin.
    rows: Vec<u32>,
}

impl Side {
    fn bytes(&self) -> usize {
        size_of_val(&self.runs[..]) + size_of_val(&self.rows[..])
    }

    fn begin_row(&mut self) {
        self.rows.push(self.runs.len() as u32);
    }

    /// The next run of the last row.
    fn push(&mut self, label: u32, start: u32, end: u32) {
        let row = self.rows.last().map_or(0, |&first| first as usize);
        match self.runs.get_mut(row..).and_then(<[Run]>::last_mut) {
            // A row that came in pieces.
            Some(last) if (last.label, last.end) == (label, start) => last.end = end,
            _ => self.runs.push(Run { label, start, end }),
        }
    }

    fn row(&self, row: usize) -> &[Run] {
        let first = self.rows.get(row).map_or(self.runs.len(), |&first| first as usize);
        let behind = self.rows.get(row + 1).map_or(self.runs.len(), |&next| next as usize);
        self.runs.get(first..behind).unwrap_or_default()
    }
}

/// Runs that take no more than this are kept, however few voxels there are.
const FREE_BYTES: usize = 1 << 20;

/// Two label maps of one image. What is measured of them is what an [`Engine`](crate::Engine) measures of whole maps.
pub struct KeptMaps {
    spatial: Vec<u64>,
    extent: [usize; 3],
    /// Whether voxels of label 0 matter.
    zero: bool,
    /// The voxel that comes next.
    at: usize,
    /// Bytes of the labels so far, in whole volumes.
    read: usize,
    /// None where the runs take more memory than the voxels.
    sides: Option<[Side; 2]>,
}

impl KeptMaps {
    /// Nothing read yet of an image of these axes, 2 or 3 of them, slowest first; none where it has no voxels or too many.
    pub fn new(spatial: &[usize], zero: bool) -> Option<Self> {
        let mut extent = [1; 3];
        extent.iter_mut().rev().zip(spatial.iter().rev()).for_each(|(extent, &n)| *extent = n);
        let voxels = extent.iter().try_fold(1usize, |voxels, &n| voxels.checked_mul(n))?;
        let fits = (2..=3).contains(&spatial.len()) && voxels > 0 && u32::try_from(extent[2]).is_ok();
        let spatial = spatial.iter().map(|&n| n as u64).collect();
        fits.then(|| Self { spatial, extent, zero, at: 0, read: 0, sides: Some(Default::default()) })
    }

    /// Reads the next voxels of both maps.
    ///
    /// # Errors
    /// [`Error::PieceMismatch`]; [`Error::Parameter`] for more voxels than the image has.
    pub fn add(&mut self, Pair { pred, truth }: Pair<LabelSlice<'_>>) -> Result<()> {
        let (of_pred, of_truth) = (pred.len(), truth.len());
        if of_pred != of_truth {
            return Err(Error::PieceMismatch { pred: of_pred as u64, truth: of_truth as u64 });
        }
        for (place, labels) in [truth, pred].into_iter().enumerate() {
            match labels {
                LabelSlice::U8(labels) => self.read(place, labels)?,
                LabelSlice::U16(labels) => self.read(place, labels)?,
                LabelSlice::U32(labels) => self.read(place, labels)?,
            }
        }
        self.pass(of_truth);
        Ok(())
    }

    /// Reads voxels that have label 0 in both maps.
    ///
    /// # Errors
    /// [`Error::Parameter`] for more voxels than the image has.
    pub fn add_background(&mut self, voxels: u64) -> Result<()> {
        let voxels = usize::try_from(voxels).unwrap_or(usize::MAX);
        let zero = self.zero;
        for place in 0..2 {
            self.each_row(place, voxels, |side, from, part| {
                if zero {
                    side.push(0, from as u32, (from + part.len()) as u32);
                }
            })?;
        }
        // Of whole volumes they are a byte each at least.
        self.read = self.read.saturating_add(voxels.saturating_mul(2));
        self.pass(voxels);
        Ok(())
    }

    fn read<L: Label>(&mut self, place: usize, labels: &[L]) -> Result<()> {
        let zero = self.zero;
        self.read += size_of_val(labels);
        self.each_row(place, labels.len(), |side, from, part| {
            runs(&labels[part], zero, |label, start, end| side.push(label, (from + start) as u32, (from + end) as u32));
        })
    }

    /// `f` of each row of the next `n` voxels: from which column on, and which of the voxels.
    fn each_row(
        &mut self,
        place: usize,
        n: usize,
        mut f: impl FnMut(&mut Side, usize, std::ops::Range<usize>),
    ) -> Result<()> {
        let left = self.extent.iter().product::<usize>() - self.at;
        if n > left {
            let range = format!("at most {left}, which the image still has");
            return Err(Error::Parameter { name: "voxels of a piece", value: n.to_string(), range });
        }
        let Some(sides) = &mut self.sides else { return Ok(()) };
        let (side, columns, mut done) = (&mut sides[place], self.extent[2], 0);
        while done < n {
            let from = (self.at + done) % columns;
            if from == 0 {
                side.begin_row();
            }
            let end = n.min(done + columns - from);
            f(side, from, done..end);
            done = end;
        }
        Ok(())
    }

    /// Goes on, and gives the runs up where the voxels would take less.
    fn pass(&mut self, voxels: usize) {
        self.at += voxels;
        let bytes = |sides: &[Side; 2]| sides.iter().map(Side::bytes).sum::<usize>();
        let most = self.read.max(FREE_BYTES).min(u32::MAX as usize);
        if self.sides.as_ref().is_some_and(|sides| bytes(sides) > most) {
            self.sides = None;
        }
    }

    /// Whether the runs of all voxels are there. Where they would take more memory than the voxels, they are not.
    pub fn is_whole(&self) -> bool {
        self.sides.is_some() && self.at == self.extent.iter().product::<usize>()
    }

    /// As [`Engine::surfaces`](crate::Engine::surfaces), per class.
    pub fn surfaces(&self, classes: &Classes, options: &SurfaceOptions) -> Result<Vec<Surface>> {
        options.validate()?;
        let lattice = Lattice::new(&options.spacing, &self.spatial)?;
        of_plane(self, classes, |masks, _| surface(&masks, &lattice, options))
    }

    /// As [`Engine::bands`](crate::Engine::bands), per class.
    pub fn bands(&self, classes: &Classes, band: Band, spacing: &Spacing) -> Result<Vec<Counts>> {
        let lattice = band.lattice(spacing, &self.spatial)?;
        of_plane(self, classes, |masks, voxels| band_counts(&masks, band, &lattice, voxels))
    }

    /// As [`Engine::topology`](crate::Engine::topology), per class.
    pub fn topology(&self, classes: &Classes) -> Result<Vec<Topology>> {
        of_plane(self, classes, |masks, _| topology::topology(masks.as_ref()))
    }

    /// As [`Engine::centrelines`](crate::Engine::centrelines), per class.
    pub fn centrelines(&self, classes: &Classes) -> Result<Vec<Centrelines>> {
        let axes = self.spatial.len();
        of_plane(self, classes, |masks, _| Ok(skeleton::centrelines(masks.as_ref(), axes)))
    }

    fn side(&self, side: Operand) -> Option<&Side> {
        self.sides.as_ref().map(|[truth, pred]| if side == Operand::Truth { truth } else { pred })
    }
}

impl Maps for KeptMaps {
    fn extent(&self) -> [usize; 3] {
        self.extent
    }

    fn crops(&self, classes: &Classes) -> Vec<Option<Crop>> {
        let mut boxes = Boxes::new(classes, self.extent[1]);
        for side in self.sides.iter().flatten() {
            for row in 0..side.rows.len() {
                for run in side.row(row) {
                    boxes.add(row, run.label, run.start as usize, run.end as usize);
                }
            }
        }
        boxes.into_crops()
    }

    fn count(&self, labels: &Member) -> usize {
        let runs = self.side(Operand::Truth).into_iter().flat_map(|truth| &truth.runs);
        runs.filter(|run| labels.has(run.label)).map(|run| (run.end - run.start) as usize).sum()
    }

    fn fill(&self, side: Operand, crop: &Crop, labels: &Member) -> Bits {
        let Some(side) = self.side(side) else { return Bits::new(crop.size()) };
        let (low, behind) = (crop.low[2], crop.high[2] + 1);
        Bits::of_rows(crop.size(), |z, y, out| {
            for run in side.row((z + crop.low[0]) * self.extent[1] + y + crop.low[1]) {
                if labels.has(run.label) {
                    let [start, end] = [run.start, run.end].map(|column| (column as usize).clamp(low, behind) - low);
                    set(out, start..end);
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{ImageEdge, Target};
    use crate::table::Table;
    use crate::volume::LabelMap;
    use crate::{Engine, EngineOptions, Shape};

    /// Blocks of some labels in background, of which whole rows and slices are.
    fn map(spatial: &[usize], seed: u32) -> Vec<u32> {
        let [ny, nx] = [2, 1].map(|axis| spatial[spatial.len() - axis]);
        let labels = [0, 3, 1, 0, 1 << 20, 255];
        let at = |place: usize| {
            let (z, y, x) = (place / (ny * nx), place / nx % ny, place % nx);
            let block = (z / 2) as u32 * 7919 + (y / 3) as u32 * 104_729 + (x / 5) as u32 * 1_299_709 + seed;
            let is_empty = z == 3 || (10..16).contains(&y);
            if is_empty { 0 } else { labels[(block.wrapping_mul(2_654_435_761) >> 13) as usize % 6] }
        };
        (0..spatial.iter().product()).map(at).collect()
    }

    /// Chunk by chunk; those that are background are not looked at.
    fn read(maps: &mut KeptMaps, truth: &[u32], pred: &[u32], n: usize) {
        for (t, p) in truth.chunks(n).zip(pred.chunks(n)) {
            if t.iter().chain(p).all(|&label| label == 0) {
                maps.add_background(t.len() as u64).unwrap();
            } else {
                maps.add(Pair { pred: LabelSlice::U32(p), truth: LabelSlice::U32(t) }).unwrap();
            }
        }
    }

    #[test]
    fn what_is_measured_of_runs_is_what_is_measured_of_voxels() {
        let engine = Engine::new(&EngineOptions::default()).unwrap();
        let sets: [&[&[u32]]; 3] = [&[&[1], &[3], &[1 << 20]], &[&[1, 3], &[3, 255], &[9]], &[&[0, 1], &[3]]];
        for spatial in [&[7, 33, 150][..], &[1, 40, 64], &[5, 20, 1], &[90, 150]] {
            let (truth, pred) = (map(spatial, 1), map(spatial, 2));
            let shape = Shape::new(1, 1, spatial).unwrap();
            let pair = || Pair {
                pred: LabelMap::u32(shape.clone(), &pred).unwrap(),
                truth: LabelMap::u32(shape.clone(), &truth).unwrap(),
            };
            for (sets, ignored) in sets.iter().zip([&[255][..], &[], &[1 << 20]]).chain([(&sets[0], &[0][..])]) {
                let classes = Classes::regions(sets.iter().map(|set| set.to_vec())).unwrap();
                let classes = classes.ignoring_all(ignored.iter().copied()).unwrap();
                let zero = ignored.contains(&0) || sets.iter().any(|set| set.contains(&0));
                for n in [1, 7, 150, 997, 50_000] {
                    let mut maps = KeptMaps::new(spatial, zero).unwrap();
                    read(&mut maps, &truth, &pred, n);
                    assert!(maps.is_whole());
                    let spacing = Spacing::new(&[3.0, 1.0, 0.5][3 - spatial.len()..]).unwrap();
                    for target in [Target::Elements, Target::Mask] {
                        let options = SurfaceOptions {
                            spacing: spacing.clone(),
                            target,
                            image_edge: ImageEdge::Repeat,
                            ..SurfaceOptions::default()
                        };
                        let whole = engine.surfaces(pair(), &classes, &options).map(Table::into_values).unwrap();
                        assert_eq!(maps.surfaces(&classes, &options).unwrap(), whole, "{spatial:?} {sets:?} {n}");
                    }
                    for band in [Band::Voxels(2), Band::Mm(1.0)] {
                        let whole = engine.bands(pair(), &classes, band, &spacing).unwrap();
                        assert_eq!(maps.bands(&classes, band, &spacing).unwrap(), whole.into_values());
                    }
                    let whole = engine.topology(pair(), &classes).unwrap();
                    assert_eq!(maps.topology(&classes).unwrap(), whole.into_values());
                    let whole = engine.centrelines(pair(), &classes).unwrap();
                    assert_eq!(maps.centrelines(&classes).unwrap(), whole.into_values());
                }
            }
        }
    }

    #[test]
    fn runs_are_given_up_where_voxels_take_less_memory() {
        let labels: Vec<u8> = (0..1 << 20).map(|i| (i % 2) as u8).collect();
        let mut maps = KeptMaps::new(&[64, 128, 128], false).unwrap();
        let pair = || Pair { pred: LabelSlice::U8(&labels[..1 << 14]), truth: LabelSlice::U8(&labels[..1 << 14]) };
        (0..4).for_each(|_| maps.add(pair()).unwrap());
        assert!(maps.sides.is_some(), "a megabyte is free");
        (4..64).for_each(|_| maps.add(pair()).unwrap());
        assert!(maps.sides.is_none() && !maps.is_whole());
        assert!(matches!(maps.add(pair()), Err(Error::Parameter { .. })));
        // Rows take memory too, but background never more than its voxels.
        for zero in [false, true] {
            let mut maps = KeptMaps::new(&[700, 512, 64], zero).unwrap();
            (0..700).for_each(|_| maps.add_background(512 * 64).unwrap());
            assert!(maps.is_whole());
        }
    }

    #[test]
    fn what_is_no_image_is_not_kept() {
        assert!(KeptMaps::new(&[4], false).is_none() && KeptMaps::new(&[1, 1, 4, 4], false).is_none());
        assert!(KeptMaps::new(&[4, 0, 4], false).is_none() && KeptMaps::new(&[usize::MAX, 2], false).is_none());
        let mut maps = KeptMaps::new(&[2, 3], false).unwrap();
        assert!(matches!(maps.add_background(7), Err(Error::Parameter { .. })));
        maps.add_background(5).unwrap();
        assert!(!maps.is_whole());
        let uneven = Pair { pred: LabelSlice::U8(&[0]), truth: LabelSlice::U8(&[0, 0]) };
        assert!(matches!(maps.add(uneven), Err(Error::PieceMismatch { pred: 1, truth: 2 })));
    }
}

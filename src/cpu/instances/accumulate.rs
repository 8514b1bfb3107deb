//! Lesions of maps that come in chunks.

#[cfg(feature = "eval")]
use super::met::Met;
use super::slab::{Layout, Slab};
use super::sought::{Listed, Sought};
use super::{finish, layout};
use crate::classes::Classes;
use crate::error::{Error, Operand, Result};
use crate::stats::{InstanceOptions, Instances};
use crate::volume::{LabelSlice, Pair};
#[cfg(feature = "eval")]
use std::collections::BTreeMap;

/// Lesions of two label maps, fed in chunks in the order of the voxels. The result is that of
/// [`Engine::instances`](crate::Engine::instances) for whole maps; memory holds the lesions and the runs of a few
/// slices.
///
/// Parts that begin at a slice can be read separately, on other threads or machines, and [merged](Self::merge).
///
/// ```
/// use voxdice::stats::InstanceOptions;
/// use voxdice::{Classes, InstancesAccumulator, LabelSlice, Pair};
/// let (classes, options) = (Classes::new([1])?, InstanceOptions::default());
/// let part = |slice| InstancesAccumulator::starting_at(slice, &[2, 1, 4], &classes, &options);
/// let (mut first, mut second) = (part(0)?, part(1)?);
/// first.add(Pair { pred: LabelSlice::U8(&[0, 1, 1, 0]), truth: LabelSlice::U8(&[1, 1, 0, 0]) })?;
/// second.add(Pair { pred: LabelSlice::U8(&[0, 1]), truth: LabelSlice::U8(&[0, 1]) })?;
/// second.add(Pair { pred: LabelSlice::U8(&[0, 1]), truth: LabelSlice::U8(&[0, 1]) })?;
/// first.merge(second)?;
/// let found = &first.finish()?[0];
/// assert_eq!((found.truth().len(), found.pred().len()), (2, 1)); // corners join the prediction's
/// assert_eq!(found.overlaps().iter().map(|overlap| overlap.voxels).collect::<Vec<_>>(), [2, 1]);
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct InstancesAccumulator {
    classes: Classes,
    feed: Feed,
}

impl InstancesAccumulator {
    /// Nothing read yet of an image of these spatial axes, 2 or 3 of them.
    ///
    /// # Errors
    /// Those of [`Engine::instances`](crate::Engine::instances).
    pub fn new(spatial: &[u64], classes: &Classes, options: &InstanceOptions) -> Result<Self> {
        Self::starting_at(0, spatial, classes, options)
    }

    /// The same from a slice of the image on: of 2 axes a slice is a row.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); [`Error::Parameter`] for a slice that the image does not have.
    pub fn starting_at(slice: u32, spatial: &[u64], classes: &Classes, options: &InstanceOptions) -> Result<Self> {
        options.validate(classes.len())?;
        Ok(Self { classes: classes.clone(), feed: Feed::starting_at(slice, spatial, classes.len(), options)? })
    }

    /// Reads the next voxels of both maps.
    ///
    /// # Errors
    /// [`Error::PieceMismatch`] when the chunks have different lengths; [`Error::Parameter`] for more voxels than the
    /// image has.
    pub fn add(&mut self, pair: Pair<LabelSlice<'_>>) -> Result<()> {
        self.feed.add(pair, &mut Listed::of(&self.classes))
    }

    /// Reads voxels that have label 0 in both maps.
    #[cfg(feature = "eval")]
    pub(crate) fn add_background(&mut self, voxels: u64) -> Result<()> {
        self.feed.add_background(voxels, &mut Listed::of(&self.classes))
    }

    /// Joins the part that begins where this one ends.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the parts are not of one image and options, do not lie behind each other, or the next one
    /// ends inside a row.
    pub fn merge(&mut self, next: Self) -> Result<()> {
        let (own, later) = (&self.feed, &next.feed);
        let of_own = (&self.classes, &own.spatial, &own.options);
        if of_own != (&next.classes, &later.spatial, &later.options) {
            return Err(wrong("a part", later.first_slice.into(), "of the same image, classes and options".into()));
        }
        self.feed.append(next.feed)
    }

    /// The lesions of each class.
    ///
    /// # Errors
    /// [`Error::Parameter`] where not all voxels of the image were read; [`Error::TooManyLesions`].
    pub fn finish(self) -> Result<Vec<Instances>> {
        self.feed.finish(self.classes.len())
    }
}

/// The same where each label is a class, which need not be known beforehand.
#[cfg(feature = "eval")]
pub struct LabelInstances {
    met: Met,
    feed: Feed,
}

#[cfg(feature = "eval")]
impl LabelInstances {
    /// Nothing read yet. Voxels whose truth is an ignored label are left out.
    pub fn new(spatial: &[u64], ignored: impl IntoIterator<Item = u32>, options: &InstanceOptions) -> Result<Self> {
        options.validate(1)?;
        Ok(Self { met: Met::new(ignored), feed: Feed::starting_at(0, spatial, 0, options)? })
    }

    /// Reads the next voxels of both maps.
    pub fn add(&mut self, pair: Pair<LabelSlice<'_>>) -> Result<()> {
        self.feed.add(pair, &mut self.met)
    }

    /// Reads voxels that have label 0 in both maps.
    pub fn add_background(&mut self, voxels: u64) -> Result<()> {
        self.feed.add_background(voxels, &mut self.met)
    }

    /// The lesions of each label that either map has.
    pub fn finish(self) -> Result<BTreeMap<u32, Instances>> {
        let labels = self.met.labels().to_vec();
        let found = self.feed.finish(labels.len())?;
        Ok(labels.into_iter().zip(found).collect())
    }
}

/// What takes chunks row by row.
#[derive(Debug, Clone)]
struct Feed {
    spatial: Vec<u64>,
    layout: Layout,
    options: InstanceOptions,
    slab: Slab,
    first_slice: u32,
    /// The voxel that comes next.
    at: u64,
}

impl Feed {
    fn starting_at(slice: u32, spatial: &[u64], classes: usize, options: &InstanceOptions) -> Result<Self> {
        let layout = layout(spatial)?;
        if slice >= layout.slices {
            return Err(wrong("slice", slice.into(), format!("below {}", layout.slices)));
        }
        Ok(Self {
            spatial: spatial.to_vec(),
            layout,
            options: options.clone(),
            slab: Slab::new(layout, slice, classes, options),
            first_slice: slice,
            at: u64::from(slice) * u64::from(layout.rows) * layout.columns,
        })
    }

    fn add(&mut self, pair: Pair<LabelSlice<'_>>, sought: &mut impl Sought) -> Result<()> {
        let Pair { pred, truth } = pair;
        let (of_pred, of_truth) = (pred.len() as u64, truth.len() as u64);
        if of_pred != of_truth {
            return Err(Error::PieceMismatch { pred: of_pred, truth: of_truth });
        }
        self.check_room(of_truth)?;
        let columns = self.layout.columns as usize;
        let (mut done, all) = (0, truth.len());
        while done < all {
            let (row, from) = ((self.at / self.layout.columns) as u32, (self.at % self.layout.columns) as usize);
            let n = (columns - from).min(all - done);
            for (side, labels) in [(Operand::Truth, truth), (Operand::Pred, pred)] {
                match labels {
                    LabelSlice::U8(labels) => self.slab.read(row, from, &labels[done..done + n], side, sought),
                    LabelSlice::U16(labels) => self.slab.read(row, from, &labels[done..done + n], side, sought),
                    LabelSlice::U32(labels) => self.slab.read(row, from, &labels[done..done + n], side, sought),
                }
            }
            done += n;
            self.at += n as u64;
            if from + n == columns {
                self.slab.close_row();
                if (row + 1).is_multiple_of(self.layout.rows) {
                    self.slab.close_slice(row / self.layout.rows);
                }
            }
        }
        Ok(())
    }

    #[cfg(feature = "eval")]
    fn add_background(&mut self, voxels: u64, sought: &mut impl Sought) -> Result<()> {
        self.check_room(voxels)?;
        if sought.reads_zero() {
            let zeros = [0; 1 << 12];
            let mut left = voxels;
            while left > 0 {
                let n = left.min(zeros.len() as u64);
                let labels = LabelSlice::U8(&zeros[..n as usize]);
                self.add(Pair { pred: labels, truth: labels }, sought)?;
                left -= n;
            }
            return Ok(());
        }
        let (from, end) = (self.at % self.layout.columns, self.at + voxels);
        if from + voxels >= self.layout.columns {
            self.slab.close_row();
        }
        let per_slice = u64::from(self.layout.rows) * self.layout.columns;
        (self.at / per_slice..end / per_slice).for_each(|slice| self.slab.close_slice(slice as u32));
        self.at = end;
        Ok(())
    }

    fn check_room(&self, voxels: u64) -> Result<()> {
        let left = self.voxels() - self.at;
        if voxels > left {
            return Err(wrong("voxels of a piece", voxels, format!("at most {left}, which the image still has")));
        }
        Ok(())
    }

    /// Takes the part behind.
    fn append(&mut self, next: Self) -> Result<()> {
        let start = u64::from(next.first_slice) * u64::from(self.layout.rows) * self.layout.columns;
        if start != self.at {
            return Err(wrong("the first voxel of a part", start, format!("{}, where the one before ends", self.at)));
        }
        let rest = next.at % self.layout.columns;
        if rest != 0 {
            let range = format!("whole rows of {}; read the row to its end", self.layout.columns);
            return Err(wrong("voxels in the last row of a part", rest, range));
        }
        self.slab.append(next.slab);
        self.at = next.at;
        Ok(())
    }

    fn finish(self, classes: usize) -> Result<Vec<Instances>> {
        let (first, voxels) = (self.first_slice, self.voxels());
        if first != 0 || self.at != voxels {
            return Err(wrong(
                "voxels that were read",
                self.at,
                format!("all {voxels} of the image, from its first one on"),
            ));
        }
        finish(self.slab, &self.spatial, classes, &self.options)
    }

    fn voxels(&self) -> u64 {
        u64::from(self.layout.slices) * u64::from(self.layout.rows) * self.layout.columns
    }
}

fn wrong(name: &'static str, value: u64, range: String) -> Error {
    Error::Parameter { name, value: value.to_string(), range }
}

#[cfg(all(test, feature = "eval"))]
mod tests {
    use super::*;
    use crate::cpu::Backend;
    use crate::job::{InstancesJob, LabelPair};
    use crate::options::Simd;
    use crate::stats::{Connectivity, Join, Regions, Runs};
    use crate::volume::Data;

    const SPATIAL: [usize; 3] = [7, 33, 150];

    /// Cubes of some labels in background, of which whole rows and slices are.
    fn map(seed: u32) -> Vec<u32> {
        let labels = [0, 3, 1, 0, 1 << 20, 255];
        let at = |place: usize| {
            let (z, y, x) = (place / (33 * 150), place / 150 % 33, place % 150);
            let cube = (z / 2) as u32 * 7919 + (y / 3) as u32 * 104_729 + (x / 5) as u32 * 1_299_709 + seed;
            if z == 3 || (10..16).contains(&y) {
                0
            } else {
                labels[(cube.wrapping_mul(2_654_435_761) >> 13) as usize % 6]
            }
        };
        (0..SPATIAL.iter().product()).map(at).collect()
    }

    fn all_options() -> [InstanceOptions; 4] {
        let own = InstanceOptions::default();
        [
            own.clone(),
            InstanceOptions { connectivity: Connectivity::Faces, runs: Runs::Kept, ..own.clone() },
            InstanceOptions { join: Join { truth: 1, pred: 0 }, near: 2, ..own.clone() },
            InstanceOptions { regions: Regions::Nearest, ..own },
        ]
    }

    /// Chunk by chunk, of which those that are background are not looked at.
    fn each(truth: &[u32], pred: &[u32], n: usize, mut f: impl FnMut(Option<Pair<LabelSlice<'_>>>, u64)) {
        for (t, p) in truth.chunks(n).zip(pred.chunks(n)) {
            let pair = Pair { pred: LabelSlice::U32(p), truth: LabelSlice::U32(t) };
            let is_background = t.iter().chain(p).all(|&label| label == 0);
            f((!is_background).then_some(pair), t.len() as u64);
        }
    }

    #[test]
    fn labels_that_are_met_have_the_lesions_of_classes_that_are_known() {
        let (truth, pred) = (map(1), map(2));
        let spatial = SPATIAL.map(|n| n as u64);
        for (options, ignored) in all_options().iter().zip([&[][..], &[255], &[0], &[]]) {
            let labels: Vec<u32> = [1, 3, 255, 1 << 20].into_iter().filter(|label| !ignored.contains(label)).collect();
            let classes = Classes::new(labels.clone()).unwrap().ignoring_all(ignored.iter().copied()).unwrap();
            let [pred_data, truth_data] = [&pred, &truth].map(|labels| Data::U32(labels));
            let pair = LabelPair { extent: SPATIAL, samples: 1, pred: pred_data, truth: truth_data, classes: &classes };
            let whole = InstancesJob { pair, spatial: &spatial, options };
            let found = Backend::new(Simd::Auto).instances(&whole).unwrap();
            for n in [1, 150, 997, 5000, 50_000] {
                let mut met = LabelInstances::new(&spatial, ignored.iter().copied(), options).unwrap();
                let mut known = InstancesAccumulator::new(&spatial, &classes, options).unwrap();
                let mut passed = 0;
                each(&truth, &pred, n, |pair, voxels| match pair {
                    Some(pair) => {
                        met.add(pair).unwrap();
                        known.add(pair).unwrap();
                    }
                    None => {
                        passed += voxels;
                        met.add_background(voxels).unwrap();
                        known.add_background(voxels).unwrap();
                    }
                });
                assert!(n > 997 || passed > 3000, "{passed}");
                assert_eq!(known.finish().unwrap(), found, "{options:?} {n}");
                let met = met.finish().unwrap();
                assert_eq!(met.keys().copied().collect::<Vec<_>>(), labels);
                assert_eq!(met.into_values().collect::<Vec<_>>(), found, "{options:?} {n}");
            }
        }
    }

    #[test]
    fn background_beyond_the_image_is_refused() {
        let mut met = LabelInstances::new(&[2, 3, 4], None, &InstanceOptions::default()).unwrap();
        met.add_background(20).unwrap();
        assert!(matches!(met.add_background(5), Err(Error::Parameter { .. })));
        met.add_background(4).unwrap();
        assert!(met.finish().unwrap().is_empty());
    }
}

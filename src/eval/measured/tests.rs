use super::*;
use crate::eval::InstanceChoices;
use crate::eval::cancel::Cancel;
use crate::eval::count::Threads;
use crate::eval::ignore::Ignore;
use crate::eval::surfaces::{Frame, Surfaces};
use crate::io::Grid;
use crate::io::nifti::{self, Geometry};
use crate::metric::instances::InstancePreset;
use crate::stats::{InstancesBy, Join};
use crate::{Engine, EngineOptions};

/// Truth and prediction of a case in a folder, the prediction where there is one.
struct Case {
    folder: tempfile::TempDir,
    shape: [u64; 3],
    has_pred: bool,
    place: Option<Placement>,
}

impl Case {
    fn new(shape: [u64; 3], labels: impl Fn(u64, u64) -> u16, has_pred: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, seed) in [("t.nii.gz", 1), ("p.nii.gz", 2)] {
            let labels: Vec<u16> = (0..shape.iter().product()).map(|place| labels(place, seed)).collect();
            let geometry = Geometry::from_spacing([1.0, 1.0, 2.5]);
            nifti::write(folder.path().join(name), &shape, &geometry, &labels).unwrap();
        }
        Self { folder, shape, has_pred, place: None }
    }

    /// The same where the truth is of the first slices alone.
    fn with_truth_of(mut self, slices: u64, labels: impl Fn(u64, u64) -> u16) -> Self {
        let ([x, y, _], geometry) = (self.shape, Geometry::from_spacing([1.0, 1.0, 2.5]));
        let shape = [x, y, slices];
        let labels: Vec<u16> = (0..shape.iter().product()).map(|place| labels(place, 1)).collect();
        nifti::write(self.folder.path().join("t.nii.gz"), &shape, &geometry, &labels).unwrap();
        let grid = |shape| Grid { shape, geometry: Some(&geometry) };
        self.place = Some(Placement::of(grid(&shape), grid(&self.shape)).unwrap());
        self.shape = shape;
        self
    }

    /// While they are read, and as whole volumes.
    fn measured(&self, rules: &Rules) -> (Option<Measured>, Measured) {
        let [truth, pred] = ["t.nii.gz", "p.nii.gz"].map(|name| Input::from(self.folder.path().join(name)));
        let mut reader = LabelReader::open_with(&truth, &rules.of_truth()).unwrap();
        let mut of_pred = self.has_pred.then(|| LabelReader::open_with(&pred, &rules.of_pred()).unwrap());
        let frame = Frame::File(reader.geometry().copied());
        let spacing_mm = reader.geometry().map(|geometry| geometry.spacing_mm());
        let image = Image { truth_path: truth.path(), shape: &self.shape, spacing_mm, frame };
        let (given, expected) = (self.has_pred.then_some(&pred), pred.path());
        let files = Files { truth: &truth, pred: given, expected, place: self.place.clone(), image };
        let (engine, cancel) = (Engine::new(&EngineOptions::default()).unwrap(), Cancel::default());
        let counter = Counter { engine: &engine, counterpart: None, threads: Threads::One, cancel: &cancel };
        let read = files.while_read((&mut reader, of_pred.as_mut()), rules, counter).unwrap();
        (read, files.as_whole(rules, counter).unwrap())
    }
}

/// Blocks of labels, and rows that are empty for a while.
fn blocks(place: u64, seed: u64) -> u16 {
    let (x, y, z) = (place % 90, place / 90 % 70, place / (90 * 70));
    let block = (x / 4 * 31 + y / 5 * 37 + z / 2 * 41 + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    if (20..44).contains(&y) || !block.is_multiple_of(3) { 0 } else { [1, 2, 7, 300][(block / 3 % 4) as usize] }
}

fn surfaces() -> Surfaces {
    let metrics = ["hd95", "nsd=1", "boundary_iou=2", "betti_error", "cldice"];
    Surfaces { metrics: metrics.map(|metric| metric.parse().unwrap()).to_vec(), ..Surfaces::default() }
}

fn components() -> InstanceSearch {
    let choices = InstanceChoices { by: Some(InstancesBy::Components), ..InstanceChoices::default() };
    InstanceSearch { choices, ..InstanceSearch::default() }
}

fn named(sets: &[&[u32]]) -> ClassSource {
    let classes = sets.iter().map(|set| Class::region(set.to_vec())).collect();
    ClassSource::Named { classes, from: "a list".into() }
}

#[test]
fn what_is_measured_while_voxels_are_read_is_what_is_measured_of_whole_volumes() {
    let autopet = InstanceSearch { preset: Some(InstancePreset::Autopet3), ..components() };
    let mut joined = components();
    (joined.choices.join, joined.choices.near) = (Some(Join { truth: 1, pred: 1 }), Some(1));
    for case in [Case::new([90, 70, 9], blocks, true), Case::new([90, 70, 9], blocks, false)] {
        for classes in [ClassSource::Found, named(&[&[1], &[300]]), named(&[&[1, 2, 7], &[2], &[0, 7]])] {
            for ignored in [None, Some(2), Some(0)] {
                let holds = |class: &Class| ignored.is_some_and(|label| class.labels.contains(&label));
                if matches!(&classes, ClassSource::Named { classes, .. } if classes.iter().any(holds)) {
                    continue;
                }
                let ignore = ignored.map(Ignore::one).unwrap_or_default();
                let instances = [None, Some(components()), Some(autopet.clone()), Some(joined.clone())];
                let all = [surfaces(), surfaces(), Surfaces::default(), Surfaces::default()];
                for (instances, surfaces) in instances.into_iter().zip(all) {
                    let rules = Rules {
                        classes: classes.clone(),
                        ignore: ignore.clone(),
                        surfaces,
                        instances,
                        ..Rules::default()
                    };
                    let (read, whole) = case.measured(&rules);
                    let read = read.unwrap();
                    assert!(read.tally.counts.len() >= 2);
                    assert_eq!((read.tally.voxels, &read.tally.counts), (whole.tally.voxels, &whole.tally.counts));
                    assert_eq!(read.tally.unlisted, whole.tally.unlisted);
                    assert_eq!(read.warnings, whole.warnings);
                    // NaN is a value as well.
                    let bits = |values: &ByKey<Vec<f64>>| -> ByKey<Vec<u64>> {
                        let bits = |of: &Vec<f64>| of.iter().map(|value| value.to_bits()).collect();
                        values.iter().map(|(key, of)| (key.clone(), bits(of))).collect()
                    };
                    assert_eq!(bits(&read.surfaces), bits(&whole.surfaces), "{classes:?} {ignored:?}");
                    assert_eq!(read.distances, whole.distances, "{classes:?} {ignored:?}");
                    assert_eq!(format!("{:?}", read.instances), format!("{:?}", whole.instances));
                    let classes = read.tally.counts.len();
                    let asked = [!rules.surfaces.metrics.is_empty(), rules.instances.is_some()];
                    let found = [read.surfaces.len(), read.instances.len()];
                    assert_eq!(found, asked.map(|asked| if asked { classes } else { 0 }));
                    assert_eq!(read.distances.len(), read.surfaces.len());
                }
            }
        }
    }
}

#[test]
fn noise_is_measured_as_whole_volumes() {
    // Each map has some 100,000 runs of 12 bytes, for 200,000 voxels of 2 bytes.
    let noise = |place: u64, seed: u64| ((place * 7 + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 62) as u16;
    let rules = Rules { surfaces: surfaces(), ..Rules::default() };
    let (read, whole) = Case::new([128, 128, 12], noise, true).measured(&rules);
    assert!(read.is_none() && whole.surfaces.len() == 3);
    // Counts need no places.
    assert!(Case::new([128, 128, 12], noise, true).measured(&Rules::default()).0.is_some());
}

/// Beyond its grid the truth is background, which is ignored where label 0 is.
#[test]
fn a_prediction_beyond_the_truth_is_counted_as_whole_volumes() {
    let labels = |place: u64, seed: u64| ((place * 5 + seed) % 7 % 3) as u16;
    let nothing = |_: u64, _: u64| 0;
    for (case, background) in [
        (Case::new([5, 4, 3], labels, true).with_truth_of(2, labels), 17),
        (Case::new([5, 4, 3], nothing, true).with_truth_of(2, nothing), 40),
    ] {
        for classes in [ClassSource::Found, named(&[&[1], &[2]])] {
            for (ignore, ignored) in [("", 0), ("0", background + 20), ("0,255", background + 20)] {
                let ignore = if ignore.is_empty() { Ignore::default() } else { ignore.parse().unwrap() };
                let rules = Rules { classes: classes.clone(), ignore, ..Rules::default() };
                let (read, whole) = case.measured(&rules);
                let read = read.unwrap().tally;
                assert_eq!((read.voxels, &read.counts), (whole.tally.voxels, &whole.tally.counts), "{rules:?}");
                assert_eq!(read.voxels, 60 - ignored, "{rules:?}");
            }
        }
    }
}

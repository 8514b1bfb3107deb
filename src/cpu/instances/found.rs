//! Lesions of runs that another backend found: their components are joined where parts of an image meet, and what is known of
//! a lesion is added up run by run, as it is for maps that are read here.

use super::slab::{Layout, Slab};
use super::track::Track;
use super::{finish, layout};
use crate::classes::Classes;
use crate::error::{Operand, Result, TooManyLesions};
use crate::job::{FoundRun, FoundRuns};
use crate::kernel::window;
use crate::stats::{InstanceOptions, Instances, InstancesBy};

/// A run of a track, and the number that its lesion is called by.
struct Named {
    row: u32,
    track: usize,
    start: u32,
    end: u32,
    label: u32,
}

/// What another backend has found so far.
pub struct Gathered<'a> {
    masks: &'a Classes,
    classes: &'a Classes,
    spatial: &'a [u64],
    layout: Layout,
    options: &'a InstanceOptions,
    parts: Parts,
}

/// Of each plane and mask.
enum Parts {
    /// Truth and prediction, joined as they come.
    Components(Vec<[Track; 2]>),
    /// Runs of labels, which nothing joins.
    Labels(Vec<Vec<FoundRuns>>),
}

impl<'a> Gathered<'a> {
    /// Nothing yet of so many samples. `masks` are the classes, or where labels are instances their labels.
    ///
    /// # Errors
    /// Those of an image in which no lesions can be found.
    pub fn new(
        samples: usize,
        [masks, classes]: [&'a Classes; 2],
        spatial: &'a [u64],
        options: &'a InstanceOptions,
    ) -> Result<Self> {
        let layout = layout(spatial)?;
        let cells = 0..samples * masks.len();
        let tracks = |cell: usize| {
            let (join, _) = options.steps_of(cell % masks.len());
            [join.truth, join.pred].map(|n| Track::new(window::of_components(options, n).as_deref()))
        };
        let parts = match options.by {
            InstancesBy::Components => Parts::Components(cells.map(tracks).collect()),
            InstancesBy::Labels => Parts::Labels(vec![Vec::new(); cells.len()]),
        };
        Ok(Self { masks, classes, spatial, layout, options, parts })
    }

    /// Takes the runs of a plane and mask that lie behind those that it has. Of too many components only how many they are is
    /// kept.
    pub fn add(&mut self, cell: usize, found: FoundRuns) {
        let (join, _) = self.options.steps_of(cell % self.masks.len());
        let rows = self.layout.rows;
        match &mut self.parts {
            Parts::Labels(parts) => parts[cell].push(found),
            Parts::Components(tracks) => {
                for ((track, found), join) in tracks[cell].iter_mut().zip(found).zip([join.truth, join.pred]) {
                    let depth = window::depth(join);
                    track.take(&found, rows, depth);
                    let last = found.last().map_or(0, |run| run.row / rows);
                    track.forget_beyond(self.options.max_lesions, last.saturating_sub(depth) * rows);
                }
            }
        }
    }

    /// Lesions per plane and class.
    ///
    /// # Errors
    /// [`TooManyLesions`].
    pub fn finish(mut self) -> Result<Vec<Instances>> {
        let masks = self.masks.len().max(1);
        let planes: Vec<Vec<Named>> = match &mut self.parts {
            Parts::Components(tracks) => tracks
                .chunks_mut(masks)
                .map(|plane| components(plane, self.options.max_lesions))
                .collect::<Result<_>>()?,
            Parts::Labels(parts) => parts.chunks(masks).map(|plane| labels(plane, self.masks, self.classes)).collect(),
        };
        let mut all = Vec::new();
        for runs in planes {
            all.extend(self.of_plane(runs)?);
        }
        Ok(all)
    }

    fn of_plane(&self, mut runs: Vec<Named>) -> Result<Vec<Instances>> {
        let named = InstanceOptions { by: InstancesBy::Labels, ..self.options.clone() };
        runs.sort_unstable_by_key(|run| (run.row, run.track, run.start));
        let mut slab = Slab::new(self.layout, 0, self.classes.len(), &named);
        let mut slice = 0;
        for row in runs.chunk_by(|a, b| a.row == b.row) {
            for run in row {
                if run.row / self.layout.rows > slice {
                    slab.close_slice(slice);
                    slice = run.row / self.layout.rows;
                }
                slab.push_named(run.track, run.row, run.label, [run.start, run.end]);
            }
            slab.close_row();
        }
        finish(slab, self.spatial, self.classes.len(), self.options)
    }
}

/// The runs of a plane, called by their components.
fn components(plane: &mut [[Track; 2]], most: u32) -> Result<Vec<Named>> {
    let tracks = plane.iter_mut().flatten().enumerate();
    let mut all = Vec::new();
    for (place, track) in tracks {
        let (found, side) = (track.found(), if place % 2 == 0 { Operand::Truth } else { Operand::Pred });
        if found > u64::from(most) {
            return Err(TooManyLesions { side, found, most }.into());
        }
        for run in std::mem::take(&mut track.runs) {
            let label = track.root(run.id);
            all.push(Named { row: run.row, track: place, start: run.start, end: run.end, label });
        }
    }
    Ok(all)
}

/// The runs of a plane, called by their labels.
fn labels(plane: &[Vec<FoundRuns>], masks: &Classes, classes: &Classes) -> Vec<Named> {
    let mut all = Vec::new();
    for (&label, parts) in masks.sets().iter().flatten().zip(plane) {
        let class = [classes.index().class_of(label)];
        for &class in classes.overlaps().map_or(&class[..], |overlaps| overlaps.classes_of(class[0])) {
            for place in 0..2 {
                let track = 2 * class as usize + place;
                let runs = parts.iter().flat_map(|part| &part[place]);
                all.extend(runs.map(|&FoundRun { row, start, end, .. }| Named { row, track, start, end, label }));
            }
        }
    }
    all
}

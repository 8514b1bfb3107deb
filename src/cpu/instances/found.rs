//! Lesions of runs that another backend found: their components are joined where parts of an image meet, and what is known of
//! a lesion is added up run by run, as it is for maps that are read here.

use super::slab::{Layout, Slab};
use super::track::Track;
use super::{finish, layout};
use crate::classes::Classes;
use crate::cpu::Backend;
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

impl Backend {
    /// Refuses images in which no lesions can be found.
    pub fn check_image(&self, spatial: &[u64]) -> Result<()> {
        layout(spatial).map(drop)
    }

    /// Lesions per plane and class. `found` has the runs of each plane and each of `masks`, in parts that lie behind each other:
    /// the masks are the classes, or where labels are instances their labels.
    pub fn instances_of(
        &self,
        found: &[Vec<FoundRuns>],
        masks: &Classes,
        classes: &Classes,
        spatial: &[u64],
        options: &InstanceOptions,
    ) -> Result<Vec<Instances>> {
        let layout = layout(spatial)?;
        let named = InstanceOptions { by: InstancesBy::Labels, ..options.clone() };
        let mut all = Vec::new();
        for plane in found.chunks(masks.len().max(1)) {
            let mut runs = match options.by {
                InstancesBy::Components => components(plane, layout, options)?,
                InstancesBy::Labels => labels(plane, masks, classes),
            };
            runs.sort_by_key(|run| (run.row, run.track, run.start));
            let mut slab = Slab::new(layout, 0, classes.len(), &named);
            let mut slice = 0;
            for row in runs.chunk_by(|a, b| a.row == b.row) {
                for run in row {
                    if run.row / layout.rows > slice {
                        slab.close_slice(slice);
                        slice = run.row / layout.rows;
                    }
                    slab.push(run.track, run.row, run.label, [run.start, run.end]);
                }
                slab.close_row();
            }
            all.extend(finish(slab, spatial, classes.len(), options)?);
        }
        Ok(all)
    }
}

/// The runs of a plane, called by their components.
fn components(plane: &[Vec<FoundRuns>], layout: Layout, options: &InstanceOptions) -> Result<Vec<Named>> {
    let mut all = Vec::new();
    for (class, parts) in plane.iter().enumerate() {
        let (join, _) = options.steps_of(class);
        for (place, (side, join)) in [(Operand::Truth, join.truth), (Operand::Pred, join.pred)].into_iter().enumerate()
        {
            let mut track = Track::new(window::of_components(options, join).as_deref());
            parts.iter().for_each(|part| track.take(&part[place], layout.rows, window::depth(join)));
            let (found, most) = (track.roots(), options.max_lesions);
            if found > u64::from(most) {
                return Err(TooManyLesions { side, found, most }.into());
            }
            for run in std::mem::take(&mut track.runs) {
                let label = track.root(run.id);
                all.push(Named { row: run.row, track: 2 * class + place, start: run.start, end: run.end, label });
            }
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

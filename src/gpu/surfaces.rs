//! Surface distances on the GPU: the box of each class, its masks as bits, the elements of these, and for elements that
//! are not targets themselves a search in rows in the order of their distance. Queries that the search leaves open go
//! through an exact distance transform. The steps are those of `cpu/surface`, and all of them are integers, so that the
//! results are the same.
//!
//! Classes go through each kernel together, as many as fit. Classes that do not fit are left to the CPU, as bits.

mod distances;
mod far;
mod self_test;

use super::Backend;
use super::arrival::Waiting;
use super::masks::batch::{Form, batches};
use super::masks::boxes::Crop;
use crate::error::Result;
use crate::job::{BoxMasks, SurfacesOf};
use crate::stats::{Distances, Elements, ImageEdge, Surface};
use crate::volume::Source;

/// What became of a class of a sample.
pub(crate) enum Measured {
    Surface(Surface),
    /// It does not fit on the GPU.
    Left(BoxMasks),
}

impl Backend {
    /// A surface per plane (sample) and class.
    pub async fn surfaces(&self, job: &SurfacesOf<'_, Source<'_>>, waiting: Waiting) -> Result<Vec<Measured>> {
        self.trust_surfaces(waiting).await?;
        self.measured(job, waiting).await
    }

    async fn measured(&self, job: &SurfacesOf<'_, Source<'_>>, waiting: Waiting) -> Result<Vec<Measured>> {
        let (image, classes) = (self.image(&job.pair)?, job.pair.classes);
        let crops = self.boxes(&image, classes, waiting).await?;
        let form = Form {
            axes: job.lattice.axes(),
            corners: job.options.elements == Elements::Corner,
            repeated: job.options.image_edge == ImageEdge::Repeat,
        };
        let none = Distances::default();
        let empty =
            || Measured::Surface(Surface::new(job.lattice.clone(), job.options.clone(), none.clone(), none.clone()));
        let mut measured: Vec<Measured> =
            std::iter::repeat_with(empty).take(job.pair.samples * classes.len()).collect();
        let (fitting, mut left): (Vec<Crop>, Vec<Crop>) =
            crops.into_iter().partition(|crop| form.words(crop) <= self.most_words());
        for batch in batches(&fitting, form, &image, classes, self.most_words()) {
            let surfaces = self.measure(&image, job, form, &batch, waiting).await?;
            for (crop, surface) in batch.crops.iter().zip(surfaces) {
                match surface {
                    Some(surface) => measured[crop.cell] = Measured::Surface(surface),
                    None => left.push(*crop),
                }
            }
        }
        for (cell, masks) in self.masks_of(&image, &left, classes, waiting).await? {
            measured[cell] = Measured::Left(masks);
        }
        Ok(measured)
    }
}

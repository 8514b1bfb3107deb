//! Known answers for the kernels of surface distances, checked before their first use. They are not checked when an
//! engine starts: making so many kernels takes time, and most engines never need them.

use super::Measured;
use crate::classes::Classes;
use crate::error::{Error, Result};
use crate::gpu::Backend;
use crate::gpu::arrival::Waiting;
use crate::gpu::self_test::drawn;
use crate::job::{LabelPairOf, SurfacesOf};
use crate::kernel::surface::twin::distances;
use crate::stats::{Distances, Elements, ImageEdge, Lattice, Spacing, Surface, SurfaceOptions};
use crate::volume::{Data, Source};
use std::sync::atomic::Ordering;

/// Rows are longer than a word, and some surfaces farther apart than the search looks.
const EXTENT: [usize; 3] = [4, 52, 37];

impl Backend {
    /// Checks the kernels against known answers, once.
    pub(super) async fn trust_surfaces(&self, waiting: Waiting) -> Result<()> {
        if self.surfaces_trusted.load(Ordering::Acquire) {
            return Ok(());
        }
        let corners = SurfaceOptions {
            spacing: Spacing::new([3.0, 0.8, 0.7])?,
            elements: Elements::Corner,
            image_edge: ImageEdge::Repeat,
            ..SurfaceOptions::default()
        };
        for (options, check) in
            [(SurfaceOptions::default(), "surface distances"), (corners, "surface distances of corners")]
        {
            if !self.surfaces_agree(&options, waiting).await? {
                return Err(Error::SelfTest { adapter: self.device.fact.name.clone(), check: check.into() });
            }
        }
        self.surfaces_trusted.store(true, Ordering::Release);
        Ok(())
    }

    async fn surfaces_agree(&self, options: &SurfaceOptions, waiting: Waiting) -> Result<bool> {
        let classes = Classes::regions([vec![1], vec![2, 3], vec![9]])?.ignoring(4)?;
        let [truth, pred] = labels();
        let lattice = Lattice::new(&options.spacing, &EXTENT.map(|n| n as u64))?;
        let [p, t] = [&pred, &truth].map(|labels| Source::Host(Data::U8(labels)));
        let pair = LabelPairOf { extent: EXTENT, samples: 1, pred: p, truth: t, classes: &classes };
        let found = self.measured(&SurfacesOf { pair, options, lattice: lattice.clone() }, waiting).await?;
        for (set, found) in classes.sets().iter().zip(found) {
            let is = |label: u8, truth: u8| set.contains(&label.into()) && truth != 4;
            let of = |labels: &[u8]| -> Vec<bool> { labels.iter().zip(&truth).map(|(&l, &t)| is(l, t)).collect() };
            let [of_truth, of_pred] = distances(EXTENT, [&of(&truth), &of(&pred)], options, &lattice);
            let (of_truth, of_pred) = (Distances::new(of_truth)?, Distances::new(of_pred)?);
            let expected = Surface::new(lattice.clone(), options.clone(), of_truth, of_pred);
            if !matches!(found, Measured::Surface(surface) if surface == expected) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Truth and prediction: boxes that are off by a voxel, one of them at the image's edge, with a far voxel; noise of two
/// labels; and a part that is ignored.
fn labels() -> [Vec<u8>; 2] {
    drawn(EXTENT, |[z, y, x], moved, random| {
        let noise = random % 400;
        match (z, y, x) {
            (1, 40, 2..9) if moved == 0 => 4,
            _ if (y, x) == (51, 1) && moved == 1 => 1,
            _ if z < 3 && (2..9).contains(&y) && (28..36 + moved).contains(&x) => 1,
            _ if y > 30 && noise < 3 => 2 + (noise % 2) as u8,
            _ => 0,
        }
    })
}

//! Surface distances: other tools' values, an oracle by brute force, threads, instructions, hard shapes and wrong input.

pub mod cases;
mod golden;
#[cfg(feature = "gpu")]
mod gpu;
mod oracle;
mod shapes;
mod wrong;

use voxdice::stats::{Counts, Surface, SurfaceOptions};
use voxdice::tuning::{Simd, Tuning};
use voxdice::{Backend, Band, Classes, Engine, EngineOptions, LabelMap, Pair, Shape, Spacing};

pub fn engine(simd: Simd) -> Engine {
    let tuning = Tuning { simd, ..Tuning::default() };
    Engine::new(&EngineOptions { backend: Backend::Cpu, tuning, ..EngineOptions::default() }).unwrap()
}

/// Two label maps of one sample.
#[derive(Debug, Clone)]
pub struct Maps {
    pub spatial: Vec<usize>,
    pub truth: Vec<u8>,
    pub pred: Vec<u8>,
}

impl Maps {
    fn shape(&self) -> Shape {
        Shape::new(1, 1, &self.spatial).unwrap()
    }

    fn pair(&self) -> (LabelMap<'_>, LabelMap<'_>) {
        (LabelMap::u8(self.shape(), &self.pred).unwrap(), LabelMap::u8(self.shape(), &self.truth).unwrap())
    }

    pub fn surfaces(&self, classes: &Classes, options: &SurfaceOptions, simd: Simd) -> Vec<Surface> {
        self.surfaces_on(&engine(simd), classes, options)
    }

    pub fn surfaces_on(&self, engine: &Engine, classes: &Classes, options: &SurfaceOptions) -> Vec<Surface> {
        let (pred, truth) = self.pair();
        engine.surfaces(Pair { pred, truth }, classes, options).unwrap().into_values()
    }

    /// Of label 1.
    pub fn surface(&self, options: &SurfaceOptions) -> Surface {
        self.surfaces(&Classes::new([1]).unwrap(), options, Simd::Auto).remove(0)
    }

    /// Of label 1.
    pub fn bands(&self, band: Band, spacing: &Spacing) -> Counts {
        let (pred, truth) = self.pair();
        let classes = Classes::new([1]).unwrap();
        engine(Simd::Auto).bands(Pair { pred, truth }, &classes, band, spacing).unwrap().into_values()[0]
    }
}

//! Volumes with known results, and what is done with them.

use super::Dtypes;
use crate::metric::{Loss, LossOptions};
use crate::stats::Terms;
use crate::{Classes, Engine, LabelMap, Shape, SumsOptions, Volume};
use anyhow::{Result, ensure};

/// A call with known result.
pub(super) struct Work {
    name: String,
    shape: Shape,
    kind: Kind,
}

enum Kind {
    Soft { pred: Real, truth: Real, gradient: Option<Box<Loss>> },
    Labels { pred: Vec<u8>, truth: Vec<u8>, classes: Classes, first: [u64; 3] },
}

/// A volume of one of the types.
enum Real {
    F32(Vec<f32>),
    U8(Vec<u8>),
}

impl Real {
    fn of(elements: usize, float: bool, value: impl Fn(usize) -> f32) -> Self {
        if float {
            Self::F32((0..elements).map(value).collect())
        } else {
            Self::U8((0..elements).map(|i| u8::from(value(i) > 0.5)).collect())
        }
    }

    fn volume(&self, shape: &Shape) -> Result<Volume<'_>> {
        Ok(match self {
            Self::F32(voxels) => Volume::f32(shape.clone(), voxels)?,
            Self::U8(voxels) => Volume::u8(shape.clone(), voxels)?,
        })
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::F32(voxels) => bytemuck::cast_slice(voxels),
            Self::U8(voxels) => voxels,
        }
    }

    /// The values are small multiples of 1/4, so that no addition is rounded.
    fn total(&self) -> f64 {
        match self {
            Self::F32(voxels) => voxels.iter().map(|&voxel| f64::from(voxel)).sum(),
            Self::U8(voxels) => voxels.iter().map(|&voxel| f64::from(voxel)).sum(),
        }
    }
}

impl Work {
    /// Soft volumes: every third voxel 0.75 and the others 0.25, against a mask of every second voxel.
    pub fn soft(shape: &Shape, dtypes: Dtypes, gradient: bool) -> Result<Self> {
        let elements = usize::try_from(shape.elements())?;
        let (pred_float, truth_float, types) = match dtypes {
            Dtypes::F32F32 => (true, true, "f32xf32"),
            Dtypes::F32U8 => (true, false, "f32xu8"),
            Dtypes::U8U8 => (false, false, "u8xu8"),
        };
        let pred = Real::of(elements, pred_float, |i| if i % 3 == 0 { 0.75 } else { 0.25 });
        let truth = Real::of(elements, truth_float, |i| if i % 2 == 0 { 1.0 } else { 0.0 });
        let statistic = if gradient { "gradient" } else { "sums" };
        let gradient = if gradient { Some(Box::new(Loss::new(LossOptions::default())?)) } else { None };
        let kind = Kind::Soft { pred, truth, gradient };
        Ok(Self { name: format!("{statistic}/{types}"), shape: shape.clone(), kind })
    }

    /// Label maps of runs of 40 voxels, as in organs; the prediction is the truth moved by 3 voxels.
    pub fn labels(shape: &Shape, classes: u8) -> Result<Self> {
        let shape = Shape::new(1, 1, [usize::try_from(shape.elements())?])?;
        let voxels = usize::try_from(shape.elements())?;
        let label = |i: usize| {
            let label = (i / 40).wrapping_mul(2_654_435_761) >> 7 & 0xff_ffff;
            let label = label % (2 * usize::from(classes));
            if label <= usize::from(classes) { label as u8 } else { 0 }
        };
        let truth: Vec<u8> = (0..voxels).map(label).collect();
        let pred: Vec<u8> = (3..voxels + 3).map(label).collect();
        let ones = |map: &[u8]| map.iter().filter(|&&label| label == 1).count() as u64;
        let both = pred.iter().zip(&truth).filter(|&(&p, &t)| p == 1 && t == 1).count() as u64;
        let first = [both, ones(&pred), ones(&truth)];
        let list = Classes::new(1..=u32::from(classes))?;
        let kind = Kind::Labels { pred, truth, classes: list, first };
        Ok(Self { name: format!("counts{classes}/u8xu8"), shape, kind })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every byte that the work reads.
    pub fn slices(&self) -> [&[u8]; 2] {
        match &self.kind {
            Kind::Soft { pred, truth, .. } => [pred.bytes(), truth.bytes()],
            Kind::Labels { pred, truth, .. } => [pred, truth],
        }
    }

    pub fn bytes(&self) -> u64 {
        self.slices().iter().map(|slice| slice.len() as u64).sum()
    }

    /// Does it once.
    pub fn run(&self, engine: &Engine) -> Result<()> {
        self.result(engine).map(drop)
    }

    /// Does it once and compares the result with what it must be.
    pub fn check(&self, engine: &Engine) -> Result<()> {
        let found = self.result(engine)?;
        let expected = match &self.kind {
            Kind::Soft { pred, truth, .. } => [pred.total(), truth.total()],
            Kind::Labels { first, .. } => [first[0] as f64, (first[1] + first[2]) as f64],
        };
        ensure!(
            found == expected,
            "{}: the result is {found:?} and must be {expected:?}; run `voxdice verify`, and report this",
            self.name
        );
        Ok(())
    }

    /// Two numbers that tell whether all is well.
    fn result(&self, engine: &Engine) -> Result<[f64; 2]> {
        match &self.kind {
            Kind::Soft { pred, truth, gradient: None } => {
                let options = SumsOptions { terms: Terms::Plain, ..SumsOptions::default() };
                let sums = engine.sums_with(pred.volume(&self.shape)?, truth.volume(&self.shape)?, &options)?;
                Ok(totals(&sums))
            }
            Kind::Soft { pred, truth, gradient: Some(loss) } => {
                let options = loss.sums_options();
                let (pred, truth) = (pred.volume(&self.shape)?, truth.volume(&self.shape)?);
                let sums = engine.sums_with(pred.clone(), truth.clone(), &options)?;
                let of_voxels = engine.gradient(pred, truth, &options, &sums, &loss.gradient(&sums)?)?;
                ensure!(of_voxels.iter().all(|value| value.is_finite()), "the gradient is not finite; report this");
                Ok(totals(&sums))
            }
            Kind::Labels { pred, truth, classes, .. } => {
                let map = |voxels| LabelMap::u8(self.shape.clone(), voxels);
                let counts = engine.counts(map(pred)?, map(truth)?, classes)?;
                let first = counts.get(0, 0).copied().unwrap_or_default();
                Ok([first.tp() as f64, (first.n_pred() + first.n_truth()) as f64])
            }
        }
    }
}

fn totals(sums: &crate::Table<crate::stats::Sums>) -> [f64; 2] {
    sums.values().iter().fold([0.0; 2], |[pred, truth], cell| [pred + cell.pred(), truth + cell.truth()])
}

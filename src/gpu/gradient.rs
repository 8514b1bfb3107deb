//! Gradients on the GPU: one pass that writes an f32 per element of the prediction, in the layout of the window.

use super::Backend;
use super::arrival::Waiting;
use super::input::inputs;
use super::passes::{Aux, Pass};
use super::sums::numbers;
use crate::error::Result;
use crate::job::GradientOf;
use crate::kernel::exact_gradient::{ExactCoefficients, exact_coefficients, is_exact};
use crate::kernel::form::Form;
use crate::kernel::gradient::Coefficients as Cell;
use crate::kernel::params::Params;
use crate::kernel::source::{Key, Statistic};
use crate::options::Activation;
use crate::plan::{Output, Window};
use crate::shape::Grid;
use crate::volume::Source;

impl Backend {
    /// Writes the gradient with respect to the prediction, in its layout.
    pub async fn gradient(&self, job: &GradientOf<'_, Source<'_>>, waiting: Waiting, out: &mut [f32]) -> Result<()> {
        let pass = self.gradient_pass(job)?;
        let coefficients = Coefficients::of(job)?;
        let pred = pass.pred;
        let aux = |window: &Window| Some(coefficients.aux(window));
        self.run(&pass, waiting, &aux, &mut |window, gradients| {
            pred.scatter(window, gradients, out);
            Ok(())
        })
        .await
    }

    pub(super) fn gradient_pass<'a>(&self, job: &GradientOf<'_, Source<'a>>) -> Result<Pass<'a>> {
        let sums = &job.sums;
        let (whole, pred, truth) = inputs(sums);
        // A task does all channels of its voxels.
        let together = matches!(sums.options.activation, Activation::Softmax | Activation::Normalise);
        let grid = if together { Grid { channels: 1, ..whole } } else { whole };
        let row_elements = whole.channels / grid.channels;
        let element_bytes = pred.source.dtype().size().max(truth.source.dtype().size()) * row_elements;
        let plan = self.plan(grid, element_bytes, Output::Rows(whole.channels as u32), [&pred, &truth])?;
        let form = Form::new(&sums.options, sums.truth_kind);
        let (statistic, words) = match is_exact(&sums.options) {
            true => (Statistic::GradientExact { truth: form.truth, int64: self.int64 }, EXACT_WORDS),
            false => (Statistic::Gradient { form, int64: self.int64 }, WORDS),
        };
        let plan = self.within_bindings(plan.reading(words as u64 * whole.channels))?;
        let key = Key { pred: pred.operand(), truth: truth.operand(), lanes: plan.lanes, statistic };
        let params = Params { channels: whole.channels as u32, ..numbers(&sums.options, pred.source.dtype()) };
        Ok(Pass { key, plan, pred, truth, params, adds: false })
    }
}

/// u32 words of a cell in aux: `ExactCoefficients`, or `COEFFICIENTS` of gradient.wgsl.
const EXACT_WORDS: usize = size_of::<ExactCoefficients>() / 4;
const WORDS: usize = 5;

/// Words of every cell for the kernel.
pub(super) struct Coefficients {
    words: Vec<u32>,
    per_cell: usize,
    channels: u64,
}

impl Coefficients {
    pub fn of(job: &GradientOf<'_, Source<'_>>) -> Result<Self> {
        // A plane has all channels of a sample, or one, as the grid has it.
        let channels = inputs(&job.sums).0.channels;
        if is_exact(&job.sums.options) {
            let cells = exact_coefficients(job.partials, job.scales)?;
            return Ok(Self { words: bytemuck::cast_slice(&cells).to_vec(), per_cell: EXACT_WORDS, channels });
        }
        let cells = job.partials.iter().map(|partials| Ok(Cell::new(partials)?.words())).collect::<Result<Vec<_>>>()?;
        Ok(Self { words: cells.concat(), per_cell: WORDS, channels })
    }

    /// Those of the cells that a window touches.
    pub fn aux(&self, window: &Window) -> Aux<'_> {
        let cells = window.first_plane * self.channels..(window.first_plane + window.planes) * self.channels;
        let words = &self.words[cells.start as usize * self.per_cell..cells.end as usize * self.per_cell];
        Aux { words: words.into(), listed: None, entries: 0 }
    }
}

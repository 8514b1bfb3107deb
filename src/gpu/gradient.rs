//! Gradients on the GPU: one pass that writes an f32 per element of the prediction, in the layout of the window.

use super::Backend;
use super::input::inputs;
use super::passes::{Aux, Pass};
use super::sums::numbers;
use crate::error::Result;
use crate::job::GradientJob;
use crate::kernel::form::Form;
use crate::kernel::gradient::{exact_coefficients, is_exact};
use crate::kernel::source::{Key, Statistic};
use crate::options::Activation;
use crate::plan::{Output, Params, Plan, Window};
use crate::shape::Grid;

impl Backend {
    /// Writes the gradient with respect to the prediction, in its layout.
    pub fn gradient(&self, job: &GradientJob<'_>, out: &mut [f32]) -> Result<()> {
        let sums = &job.sums;
        let (whole, pred, truth) = inputs(sums);
        // With softmax a task does all channels of its voxels.
        let together = sums.options.activation == Activation::Softmax;
        let grid = if together { Grid { channels: 1, ..whole } } else { whole };
        let row_elements = whole.channels / grid.channels;
        let element_bytes = pred.data.dtype().size().max(truth.data.dtype().size()) * row_elements;
        let plan = Plan::new(grid, element_bytes, Output::Rows(whole.channels as u32), self.limits)?;
        let form = Form::new(&sums.options, sums.truth_kind);
        let exact = is_exact(&sums.options);
        let statistic =
            if exact { Statistic::GradientExact { truth: form.truth } } else { Statistic::Gradient { form } };
        let key = Key { pred: pred.operand(), truth: truth.operand(), lanes: plan.lanes, statistic };
        let params = Params { channels: whole.channels as u32, ..numbers(&sums.options) };
        let pass = Pass { key, plan, pred, truth, params, adds: false };

        let (words, per_cell) = coefficients(job, exact)?;
        let aux = |window: &Window| {
            let cells = window.first_plane * whole.channels..(window.first_plane + window.planes) * whole.channels;
            let words = &words[cells.start as usize * per_cell..cells.end as usize * per_cell];
            Some(Aux { words: words.into(), listed: None, entries: 0 })
        };
        self.run(&pass, aux, &mut |window, gradients| {
            pred.scatter(window, gradients, out);
            Ok(())
        })
    }
}

/// Words of every cell for the kernel, and how many there are per cell.
fn coefficients(job: &GradientJob<'_>, exact: bool) -> Result<(Vec<u32>, usize)> {
    if exact {
        let cells = exact_coefficients(job.partials, job.scales)?;
        return Ok((bytemuck::cast_slice(&cells).to_vec(), 6));
    }
    let cell = |p: &crate::stats::Partials| {
        [p.pred, p.product, p.pred_power, p.abs_difference, p.pointwise].map(|value| (value as f32).to_bits())
    };
    Ok((job.partials.iter().flat_map(cell).collect(), 5))
}

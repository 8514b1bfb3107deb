//! A library's loss of volumes: what its class makes of them, and what the library gives where that is not the right number.

mod prepare;

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::metric::{Divisor, Given, LossCall, LossOptions, Objective, Per, Prepare, Recipe, Reduce, Term, Top, Whose};
use crate::objective::Operands;
use crate::shape::Shape;
use crate::volume::{Truth, Volume};
use prepare::Copied;

/// Numbers closer than this, relative to the larger, differ by rounding alone.
const SAME: f64 = 1e-9;

/// What a library's loss is of volumes.
#[derive(Debug, Clone, PartialEq)]
pub struct CallValues {
    /// As the library returns them: one, or those that its reduction leaves.
    pub values: Vec<f64>,
    /// Their axes: none for one value.
    pub shape: Vec<usize>,
    /// Where the library's number is another one than the right one; empty where they agree.
    pub departs: Vec<Departs>,
}

/// A number of a library that is not to be copied silently.
#[derive(Debug, Clone, PartialEq)]
pub struct Departs {
    /// The class.
    pub class: &'static str,
    /// The version of the library.
    pub version: String,
    /// What it does, and where.
    pub why: &'static str,
    /// The value, or the values, that it gives.
    pub library_values: Vec<f64>,
    /// Those that are right.
    pub right_values: Vec<f64>,
}

impl CallValues {
    /// The value, where there is one.
    pub fn reduced(&self) -> Option<f64> {
        if self.shape.is_empty() { self.values.first().copied() } else { None }
    }
}

impl LossCall {
    /// The loss of volumes in host memory.
    ///
    /// # Errors
    /// Those of [`LossCall::recipe`] and [`Engine::loss`]; [`Error::Call`] for a mask that the class does not take.
    pub fn evaluate(&self, engine: &Engine, operands: Operands<'_>, whose: Whose) -> Result<CallValues> {
        Ok(self.run(&Run { engine, want: Want::Values }, operands, whose)?.0)
    }

    /// The loss, and the gradient of the sum of its values with respect to the prediction, in the layout of the prediction.
    ///
    /// ```
    /// use voxdice::metric::{Loss, Whose};
    /// use voxdice::{Engine, EngineOptions, LabelMap, Operands, Shape, Volume};
    /// let call = Loss::from_call("smp.FocalLoss('multiclass', gamma=0)")?;
    /// let (x, t) = ([0.0f32; 4], [0u8, 1]);
    /// let pred = Volume::f32(Shape::new(1, 2, [2])?, &x)?;
    /// let operands = Operands::new(pred, LabelMap::u8(Shape::new(1, 1, [2])?, &t)?);
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let (found, gradient) = call.evaluate_with_gradient(&engine, operands, Whose::Ours)?;
    /// assert!((found.values[0] - 2f64.ln()).abs() < 1e-6);
    /// assert_eq!(gradient, [-0.125, 0.125, 0.125, -0.125]);
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`LossCall::evaluate`] and [`Engine::gradient`].
    pub fn evaluate_with_gradient(
        &self,
        engine: &Engine,
        operands: Operands<'_>,
        whose: Whose,
    ) -> Result<(CallValues, Vec<f32>)> {
        self.run(&Run { engine, want: Want::Gradient }, operands, whose)
    }

    fn run(&self, run: &Run<'_>, operands: Operands<'_>, whose: Whose) -> Result<(CallValues, Vec<f32>)> {
        let recipe = self.recipe(&Given::of(&operands)?)?;
        let pred_shape = operands.pred.shape().clone();
        let copied = if recipe.ignore_channel { Some(Copied::split(&operands)?) } else { None };
        let operands = match &copied {
            Some(copied) => copied.operands()?,
            None if recipe.rows => rows(&operands)?,
            None => operands,
        };
        let mut ours = run.all(&recipe, &operands)?;
        let shaped = |found: &Found| recipe.shape.clone().unwrap_or_else(|| found.shape.clone());
        let mut departs = Vec::new();
        if let Some(departure) = &recipe.library {
            let theirs = run.prepared(&recipe, departure.operands, &departure.terms, &operands)?;
            if !same(&ours.values, &theirs.values) {
                let depart = |&why| Departs {
                    class: self.class(),
                    version: self.version().into(),
                    why,
                    library_values: theirs.values.clone(),
                    right_values: ours.values.clone(),
                };
                departs = departure.why.iter().map(depart).collect();
                if whose == Whose::Library {
                    ours = theirs;
                }
            }
        }
        if let Some(copied) = &copied {
            ours.gradient = copied.placed(&pred_shape, &ours.gradient);
        }
        let shape = shaped(&ours);
        Ok((CallValues { values: ours.values, shape, departs }, ours.gradient))
    }
}

impl Given {
    /// What these are. The last channel of a truth may be one of ignored voxels.
    fn of(operands: &Operands<'_>) -> Result<Self> {
        let shape = operands.pred.shape();
        let spatial = shape.spatial().iter().map(|&axis| axis as usize).collect();
        let mut given = Self::new(shape.samples() as usize, shape.channels() as usize, spatial);
        given.labels = matches!(operands.truth, Truth::Labels(_));
        given.masked = operands.mask.is_some();
        Ok(given)
    }
}

fn same(a: &[f64], b: &[f64]) -> bool {
    let same = |(a, b): (&f64, &f64)| a == b || (a - b).abs() <= SAME * a.abs().max(b.abs());
    a.len() == b.len() && a.iter().zip(b).all(same)
}

/// Each voxel as a cell of its own, whose voxels are its channels.
fn rows<'a>(operands: &Operands<'a>) -> Result<Operands<'a>> {
    let shape = operands.pred.shape();
    let row = Shape::new((shape.samples() * shape.voxels_per_cell()) as usize, 1, [shape.channels() as usize])?;
    let Truth::Volume(truth) = &operands.truth else {
        let (name, value, range) = ("the truth", "a label map".into(), "a volume where rows are summed".into());
        return Err(Error::Parameter { name, value, range });
    };
    let as_rows = |volume: &Volume<'a>| Volume::of(row.clone(), volume.source());
    Ok(Operands::new(as_rows(&operands.pred), as_rows(truth)))
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Want {
    Values,
    Gradient,
}

struct Run<'e> {
    engine: &'e Engine,
    want: Want,
}

/// The gradient is empty where it is not wanted.
#[derive(Debug, Clone)]
struct Found {
    values: Vec<f64>,
    shape: Vec<usize>,
    gradient: Vec<f32>,
}

impl Run<'_> {
    fn objective(&self, objective: &Objective, operands: &Operands<'_>) -> Result<Found> {
        let (found, gradient) = match self.want {
            Want::Values => (self.engine.loss(objective, operands.clone())?, Vec::new()),
            Want::Gradient => self.engine.loss_and_gradient(objective, operands.clone())?,
        };
        Ok(Found { values: found.values, shape: found.shape, gradient })
    }

    /// The terms, and the mean of the largest values beside them.
    fn all(&self, recipe: &Recipe, operands: &Operands<'_>) -> Result<Found> {
        let mut found = self.objective(&recipe.objective()?, operands)?;
        if let Some(top) = recipe.top.as_ref().filter(|top| top.term.factor != 0.0) {
            let of_top = self.top(top, recipe, operands)?;
            found.values.iter_mut().zip(of_top.values).for_each(|(sum, value)| *sum += value);
            found.gradient.iter_mut().zip(of_top.gradient).for_each(|(sum, value)| *sum += value);
        }
        Ok(found)
    }

    /// The mean over the voxels with the largest values. Of equal values the first are taken.
    fn top(&self, top: &Top, recipe: &Recipe, operands: &Operands<'_>) -> Result<Found> {
        let single = |options: LossOptions, factor| {
            Ok::<_, Error>(Objective::new(vec![Term::new(factor, options)])?.ignoring(recipe.ignore))
        };
        let values = self.engine.loss(&single(top.term.options.clone(), 1.0)?, operands.clone())?.values;
        let count = (values.len() as f64 * top.percent / 100.0) as usize;
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        let mut mask = vec![0u8; values.len()];
        order.into_iter().take(count).for_each(|voxel| mask[voxel] = 1);
        let shape = operands.pred.shape();
        let spatial: Vec<usize> = shape.spatial().iter().map(|&axis| axis as usize).collect();
        let mask = Volume::u8(Shape::new(shape.samples() as usize, 1, spatial)?, &mask)?;
        let sum = LossOptions { per: Per::All, divisor: Divisor::One, reduce: Reduce::Sum, ..top.term.options.clone() };
        self.objective(&single(sum, top.term.factor / count as f64)?, &operands.clone().masked(mask))
    }

    /// The library's terms, of operands as it changes them; the gradient is that of the operands before.
    fn prepared(&self, recipe: &Recipe, how: Prepare, terms: &[Term], operands: &Operands<'_>) -> Result<Found> {
        let objective = Objective::new(terms.to_vec())?;
        match how {
            Prepare::Nothing => self.objective(&objective.ignoring(recipe.ignore), operands),
            Prepare::WithoutBackground => {
                let copied = Copied::without_background(operands, recipe.ignore)?;
                let found = self.objective(&objective, &copied.operands()?)?;
                Ok(Found { gradient: copied.placed(operands.pred.shape(), &found.gradient), ..found })
            }
            Prepare::Logarithm { eps } => {
                let copied = Copied::logarithm(operands, eps)?;
                let changed = Operands { pred: copied.pred()?, ..operands.clone() };
                let mut found = self.objective(&objective.ignoring(recipe.ignore), &changed)?;
                copied.by_probability(operands, eps, &mut found.gradient)?;
                Ok(found)
            }
        }
    }
}

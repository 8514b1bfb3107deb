//! A library's loss of volumes: what its class computes, and the number that the library gives where it differs from
//! the right one.

mod prepare;

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::metric::{
    Departure, Divisor, Given, Loss, LossCall, LossOptions, LossValues, Objective, Per, Prepare, Recipe, Reduce, Term,
    Top, Whose,
};
use crate::objective::Operands;
use crate::shape::Shape;
use crate::volume::{Pair, Truth, Volume};
use prepare::Copied;

/// Numbers closer than this, relative to the larger, differ by rounding alone.
const SAME: f64 = 1e-9;

/// Voxels per pass where each voxel is a separate group: the sums of a group are larger than the voxel.
const ROWS: usize = 1 << 16;

/// What a library does where our value is undefined and left out.
const EMPTY: &str = "it divides 0 by 0 where truth and prediction are both empty";

/// What a library's loss is of volumes.
#[derive(Debug, Clone, PartialEq)]
pub struct CallValues {
    /// As the library returns them: one value, or those that its reduction leaves.
    pub values: Vec<f64>,
    /// Their axes: none for one value.
    pub shape: Vec<usize>,
    /// How many groups have no value, 0/0, in all terms: they are left out of means and sums.
    pub undefined: usize,
    /// Where the library's number differs from the right one; empty where they agree.
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
    /// The value or values that the library gives: NaN where it has none.
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
    /// Those of [`LossCall::recipe`], such as [`Error::Call`] beside a mask that the class does not take, and of [`Engine::loss`].
    pub fn evaluate(&self, engine: &Engine, operands: Operands<'_>, whose: Whose) -> Result<CallValues> {
        Ok(self.run(&Run { engine, want: Want::Values }, operands, whose)?.0)
    }

    /// The loss, and the gradient of the sum of its values with respect to the prediction, in the layout of the prediction.
    ///
    /// ```
    /// use voxdice::metric::{Loss, Whose};
    /// use voxdice::{Engine, EngineOptions, LabelMap, Operands, Pair, Shape, Volume};
    /// let call = Loss::from_call("smp.FocalLoss('multiclass', gamma=0)")?;
    /// let (x, t) = ([0.0f32; 4], [0u8, 1]);
    /// let pred = Volume::f32(Shape::new(1, 2, [2])?, &x)?;
    /// let operands = Operands::new(Pair { pred, truth: LabelMap::u8(Shape::new(1, 1, [2])?, &t)? });
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
        let copied =
            if recipe.ignore_channel { Some(Copied::split(&operands, run.engine.non_finite())?) } else { None };
        let operands = match &copied {
            Some(copied) => copied.operands()?,
            None => operands,
        };
        let ours = if recipe.rows { run.rows(&recipe, &operands)? } else { run.all(&recipe, &operands)? };
        let theirs = run.theirs(&recipe, &operands, &ours, whose)?;
        let theirs = theirs.filter(|(_, theirs)| !same(&ours.values, &theirs.values));
        let mut departs = Vec::new();
        if let Some((all, theirs)) = &theirs {
            departs.extend(all.iter().map(|&why| Departs {
                class: self.class(),
                version: self.version().into(),
                why,
                library_values: theirs.values.clone(),
                right_values: ours.values.clone(),
            }));
        }
        let Found { values, shape, undefined, gradient, .. } = match theirs {
            Some((_, theirs)) if whose == Whose::Library => theirs,
            _ => ours,
        };
        let shape = recipe.shape.unwrap_or(shape);
        Ok((CallValues { values, shape, undefined, departs }, gradient))
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
    let alike = |a: f64, b: f64| a == b || (a - b).abs() <= SAME * a.abs().max(b.abs());
    let same = |(&a, &b): (&f64, &f64)| alike(a, b) || (a.is_nan() && b.is_nan());
    a.len() == b.len() && a.iter().zip(b).all(same)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Want {
    Values,
    Gradient,
}

#[derive(Clone, Copy)]
struct Run<'e> {
    engine: &'e Engine,
    want: Want,
}

/// The gradient is empty where it is not wanted.
#[derive(Debug, Clone)]
struct Found {
    values: Vec<f64>,
    shape: Vec<usize>,
    /// Groups that are 0/0, and whether they are those of a score.
    undefined: usize,
    empty: bool,
    gradient: Vec<f32>,
}

impl Run<'_> {
    fn objective(&self, objective: &Objective, operands: &Operands<'_>) -> Result<Found> {
        let (found, gradient) = match self.want {
            Want::Values => (self.engine.loss(objective, operands.clone())?, Vec::new()),
            Want::Gradient => self.engine.loss_and_gradient(objective, operands.clone())?,
        };
        let undefined = found.terms.iter().map(|term| term.undefined).sum();
        let is_empty =
            |(term, (_, loss)): (&LossValues, (f64, &Loss))| term.undefined > 0 && loss.pointwise().is_none();
        let empty = found.terms.iter().zip(objective.terms()).any(is_empty);
        Ok(Found { values: found.values, shape: found.shape, undefined, empty, gradient })
    }

    /// What the library may give instead, and why. The library's gradient is computed where it is the one asked for.
    fn theirs(
        &self,
        recipe: &Recipe,
        operands: &Operands<'_>,
        ours: &Found,
        whose: Whose,
    ) -> Result<Option<(Vec<&'static str>, Found)>> {
        let (mut why, mut theirs) = (Vec::new(), None);
        let no_number = || vec![f64::NAN; ours.values.len()];
        if let Some(departure) = &recipe.library {
            let want = if whose == Whose::Library { self.want } else { Want::Values };
            theirs = match (Run { want, ..*self }.prepared(recipe, departure, operands), whose) {
                (Err(error), Whose::Library) => return Err(error),
                (Err(_), Whose::Ours) => Some(Found { values: no_number(), ..ours.clone() }),
                (Ok(found), _) => Some(found),
            };
            why.extend(&departure.why);
        }
        if ours.empty && ours.shape.is_empty() {
            theirs = Some(Found { values: no_number(), ..theirs.unwrap_or_else(|| ours.clone()) });
            why.push(EMPTY);
        }
        Ok(theirs.map(|theirs| (why, theirs)))
    }

    /// Each voxel is a separate group, over its channels.
    fn rows(&self, recipe: &Recipe, operands: &Operands<'_>) -> Result<Found> {
        // Reports shapes that do not fit, and voxels that are not finite by their places in the volume, not in a chunk
        // of it.
        self.engine.sums(Pair { pred: operands.pred.clone(), truth: operands.truth.clone() })?;
        let copied = Copied::rows(operands)?;
        let channels = copied.shape().channels() as usize;
        let rows = copied.shape().samples() * copied.shape().voxels_per_cell();
        let part = |term: &Term| {
            let (factor, reduce) = match term.options.reduce {
                Reduce::Mean => (term.factor / rows as f64, Reduce::Sum),
                other => (term.factor, other),
            };
            Term::new(factor, LossOptions { reduce, ..term.options.clone() })
        };
        let objective = Objective::new(recipe.terms.iter().map(part).collect())?;
        let mut all = Found { values: Vec::new(), shape: Vec::new(), undefined: 0, empty: false, gradient: Vec::new() };
        for (pred, truth) in copied.stretches(ROWS * channels) {
            let shape = Shape::new(pred.len() / channels, 1, [channels])?;
            let stretch =
                Operands::new(Pair { pred: Volume::f32(shape.clone(), pred)?, truth: Volume::f32(shape, truth)? });
            let mut found = self.objective(&objective, &stretch)?;
            match (found.shape.is_empty(), all.values.first_mut()) {
                (true, Some(sum)) => *sum += found.values.iter().sum::<f64>(),
                _ => all.values.append(&mut found.values),
            }
            all.shape = if found.shape.is_empty() { Vec::new() } else { vec![rows as usize] };
            all.undefined += found.undefined;
            all.empty |= found.empty;
            all.gradient.append(&mut found.gradient);
        }
        all.gradient = copied.placed(operands.pred.shape(), &all.gradient);
        Ok(all)
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
        let (shape, mask) = prepare::also(operands, mask)?;
        let mask = Volume::u8(shape, &mask)?;
        let sum = LossOptions { per: Per::All, divisor: Divisor::One, reduce: Reduce::Sum, ..top.term.options.clone() };
        self.objective(&single(sum, top.term.factor / count as f64)?, &operands.clone().masked(mask))
    }

    /// The library's terms, of operands as it changes them; the gradient is that of the operands before.
    fn prepared(&self, recipe: &Recipe, departure: &Departure, operands: &Operands<'_>) -> Result<Found> {
        let objective = Objective::new(departure.terms.clone())?;
        match departure.operands {
            Prepare::Nothing => self.objective(&objective.ignoring(recipe.ignore), operands),
            Prepare::WithoutBackground => {
                let copied = Copied::without_background(operands, recipe.ignore, self.engine.non_finite())?;
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

//! What is computed: a loss by flags, a sum of several, or a library's by its constructor call.

use super::choices::Choices;
use super::operands::Operands;
use crate::metric::{Activation, Given, Ignore, Loss, LossCall, Objective, Recipe, Term, Whose};
use crate::stats::{Sums, Terms};
use crate::{CallValues, Departs, Engine, Pair, SumsOptions, Table};
use anyhow::{Result, bail};

/// What is computed.
#[derive(Debug)]
pub(super) enum Work {
    Single(Loss),
    Sum(Vec<Term>),
    Call { text: String, call: LossCall, recipe: Box<Recipe> },
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub values: Vec<f64>,
    pub shape: Vec<usize>,
    pub reduced: Option<f64>,
    pub undefined: usize,
    pub departs: Vec<Departs>,
    pub gradient: Option<Vec<f32>>,
    /// Of a single loss of all voxels.
    pub sums: Option<Table<Sums>>,
}

/// What logits need without a call.
const LOGITS: &str = "logits need --activation sigmoid or softmax";

/// Whether a gradient is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    Values,
    Gradient,
}

impl Choices {
    /// Whether the flags fit together, as far as that is known before there are volumes.
    pub fn check(&self) -> Result<()> {
        if self.call.is_some() {
            let loss = self.loss.is_some().then_some("loss");
            let preset = self.preset.is_some().then_some("preset");
            if let Some(flag) = loss.or(preset).or(self.given_flags().first().copied()) {
                bail!("--{flag} beside --as does nothing; write it as a keyword of the call, or leave --as out");
            }
        }
        if self.any_call()?.is_some() {
            return Ok(());
        }
        if self.as_library {
            bail!("--as-library does nothing without --as, which names a library's class");
        }
        self.terms(2)?.into_iter().try_for_each(|term| Loss::new(term.options).map(drop)).map_err(Into::into)
    }

    /// The loss that the flags give for these volumes.
    pub fn work(&self, given: &Given) -> Result<Work> {
        if let Some(text) = self.call_text(given)? {
            return Work::of_call(text, given);
        }
        let mut terms = self.terms(given.channels)?;
        Ok(match terms.as_slice() {
            [_] => Work::Single(Loss::new(terms.swap_remove(0).options)?),
            _ => {
                Objective::new(terms.clone())?;
                Work::Sum(terms)
            }
        })
    }

    /// The constructor call that is asked for, or that a preset stands for.
    fn call_text(&self, given: &Given) -> Result<Option<String>> {
        self.call.clone().map_or_else(|| self.preset_call(given), |text| Ok(Some(text)))
    }

    /// The same before there are volumes: what it says of the axes and of ignored values does not depend on them.
    pub fn any_call(&self) -> Result<Option<LossCall>> {
        let text = self.call_text(&Given::new(1, 2, vec![1]))?;
        Ok(text.map(|text| Loss::from_call(&text)).transpose()?)
    }

    fn whose(&self) -> Whose {
        if self.as_library { Whose::Library } else { Whose::Ours }
    }
}

impl Work {
    fn of_call(text: String, given: &Given) -> Result<Self> {
        let call = Loss::from_call(&text)?;
        let recipe = call.recipe(given)?;
        recipe.objective()?;
        Ok(Self::Call { text, call, recipe: Box::new(recipe) })
    }

    /// The terms.
    pub fn terms(&self) -> Vec<Term> {
        match self {
            Self::Single(loss) => vec![Term::new(1.0, loss.options().clone())],
            Self::Sum(terms) => terms.clone(),
            Self::Call { recipe, .. } => {
                recipe.terms.iter().chain(recipe.top.as_ref().map(|top| &top.term)).cloned().collect()
            }
        }
    }

    /// Whether the prediction holds logits.
    pub fn is_activated(&self) -> bool {
        let of_logits = |activation| !matches!(activation, Activation::None | Activation::Normalise);
        self.terms().iter().any(|term| of_logits(term.options.activation))
    }

    /// Whether the truth is made anew, without voxels of some value.
    pub fn ignores(&self) -> bool {
        matches!(self, Self::Call { recipe, .. } if recipe.ignore != Ignore::Nothing)
    }

    /// The value of a truth that marks what takes no part.
    pub fn ignored_value(&self) -> Option<f32> {
        match self {
            Self::Call { recipe, .. } => match recipe.ignore {
                Ignore::Value(value) => Some(value as f32),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the prediction is compared with a threshold.
    pub fn has_threshold(&self) -> bool {
        self.terms().iter().any(|term| matches!(term.options.activation, Activation::Threshold(_)))
    }

    /// Whether the prediction is only compared, which is done with all its digits.
    pub fn compares(&self) -> bool {
        let is_compared = |activation| matches!(activation, Activation::Threshold(_) | Activation::Argmax);
        !self.is_prepared() && self.terms().iter().all(|term| is_compared(term.options.activation))
    }

    /// Whether operands are put in another form, which is f32.
    fn is_prepared(&self) -> bool {
        matches!(self, Self::Call { recipe, .. } if recipe.rows || recipe.ignore_channel || recipe.library.is_some())
    }

    /// Whether anything but sums of the voxels as they stand is made of them.
    pub fn rounds(&self) -> bool {
        self.is_prepared()
            || self.terms().into_iter().any(|term| match Loss::new(term.options).map(|loss| loss.sums_options()) {
                Ok(SumsOptions { activation: Activation::None, terms, pointwise: None }) => {
                    matches!(terms, Terms::Power(_))
                }
                _ => true,
            })
    }

    /// What logits need: a flag, and in a call that was written the keyword of its class.
    pub fn of_logits(&self, choices: &Choices) -> String {
        let Self::Call { call, .. } = self else { return LOGITS.into() };
        if choices.call.is_none() {
            return LOGITS.into();
        }
        let (class, keywords) = (call.class(), call.activations());
        match &keywords[..] {
            [] => format!("{class} takes probabilities: apply sigmoid or softmax to logits first"),
            [first, others @ ..] => {
                let others: String = others.iter().map(|other| format!(" or {class}({other})")).collect();
                format!("logits need {class}({first}){others}")
            }
        }
    }

    pub fn run(&self, engine: &Engine, operands: &Operands, choices: &Choices, want: Want) -> Result<Found> {
        match self {
            Self::Single(loss) if operands.counts_all() => single(loss, engine, operands, want),
            Self::Single(_) | Self::Sum(_) => sum(self.terms(), engine, operands, want),
            Self::Call { call, .. } => {
                let of = operands.engine()?;
                let (found, gradient) = match want {
                    Want::Values => (call.evaluate(engine, of, choices.whose())?, None),
                    Want::Gradient => {
                        let (found, gradient) = call.evaluate_with_gradient(engine, of, choices.whose())?;
                        (found, Some(gradient))
                    }
                };
                let reduced = found.reduced();
                let CallValues { values, shape, undefined, departs } = found;
                Ok(Found { values, shape, reduced, undefined, departs, gradient, sums: None })
            }
        }
    }
}

fn single(loss: &Loss, engine: &Engine, operands: &Operands, want: Want) -> Result<Found> {
    let wanted = loss.sums_options();
    let sums = engine.sums_with(Pair { pred: operands.pred()?, truth: operands.truth()? }, &wanted)?;
    let found = loss.evaluate(&sums)?;
    let gradient = match want {
        Want::Values => None,
        Want::Gradient => {
            let partials = loss.gradient(&sums)?;
            Some(engine.gradient(
                Pair { pred: operands.pred()?, truth: operands.truth()? },
                &wanted,
                &sums,
                &partials,
            )?)
        }
    };
    Ok(Found {
        values: found.values,
        shape: found.shape,
        reduced: found.reduced,
        undefined: found.undefined,
        gradient,
        sums: Some(sums),
        ..Found::default()
    })
}

fn sum(terms: Vec<Term>, engine: &Engine, operands: &Operands, want: Want) -> Result<Found> {
    let factors: Vec<f64> = terms.iter().map(|term| term.factor).collect();
    let objective = Objective::new(terms)?;
    let (found, gradient) = match want {
        Want::Values => (engine.loss(&objective, operands.engine()?)?, None),
        Want::Gradient => {
            let (found, gradient) = engine.loss_and_gradient(&objective, operands.engine()?)?;
            (found, Some(gradient))
        }
    };
    let is_reduced = found.shape.is_empty();
    let reduced = is_reduced.then(|| found.total());
    // Terms of the same groups are one value for each group, and others one for all.
    let parts: Vec<_> = found.terms.iter().zip(&factors).filter(|(_, factor)| **factor != 0.0).collect();
    let alike = parts.windows(2).all(|pair| pair[0].0.shape == pair[1].0.shape);
    let (values, shape) = match parts.first() {
        Some((first, _)) if alike && is_reduced => {
            let of = |i: usize| parts.iter().map(|(part, factor)| *factor * part.values[i]).sum();
            ((0..first.values.len()).map(of).collect(), first.shape.clone())
        }
        _ => (found.values, found.shape),
    };
    let of_values = values.iter().filter(|value: &&f64| value.is_nan()).count();
    // Where one value is left, the groups of its terms are those that lack one.
    let of_terms = || parts.iter().map(|(part, _)| part.undefined).sum();
    let undefined = if alike || !is_reduced { of_values } else { of_terms() };
    Ok(Found { values, shape, reduced, undefined, gradient, ..Found::default() })
}

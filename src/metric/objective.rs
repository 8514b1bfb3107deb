//! A loss as a sum of terms, each with separate choices.

use super::choices::{Per, Reduce};
use super::loss::{Loss, LossValues, Tables};
use super::options::LossOptions;
use super::wrong::wrong;
use crate::error::Result;
use crate::options::SumsOptions;
use crate::stats::{Partials, Sums, Terms};
use crate::table::Table;

/// A loss that is a sum of terms, Σ factor · loss, each with its own activation, channels, groups, weights and
/// reduction: Dice of the sigmoid beside cross-entropy of the softmax, as in MONAI's `DiceCELoss`.
/// [`Engine::loss`](crate::Engine::loss) makes the sums that the terms need, in one pass for those that share one.
///
/// ```
/// use voxdice::metric::{Kind, LossOptions, Objective, Per, Pointwise, Preset, Term};
/// use voxdice::{Activation, Engine, EngineOptions, LabelMap, Pair, Shape, Volume};
/// let dice = LossOptions { activation: Activation::Softmax, ..Preset::Monai.options() };
/// let kind = Kind::Pointwise(Pointwise::CrossEntropy);
/// let entropy = LossOptions { kind, per: Per::All, activation: Activation::Softmax, ..LossOptions::default() };
/// let loss = Objective::new(vec![Term::new(1.0, dice), Term::new(2.0, entropy)])?;
///
/// let (logits, labels) = ([2.0f32, -1.0, 0.0, 3.0], [0u8, 1]);
/// let pred = Volume::f32(Shape::new(1, 2, [2])?, &logits)?;
/// let truth = LabelMap::u8(Shape::new(1, 1, [2])?, &labels)?;
/// let engine = Engine::new(&EngineOptions::default())?;
/// let (found, gradient) = engine.loss_and_gradient(&loss, Pair { pred, truth })?;
/// let parts = found.terms.iter().map(|term| term.reduced.unwrap_or(f64::NAN));
/// assert_eq!(found.total(), parts.zip([1.0, 2.0]).map(|(part, factor)| factor * part).sum::<f64>());
/// assert_eq!(gradient.len(), 4);
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    terms: Vec<(f64, Loss)>,
    ignore: Ignore,
}

/// A term of an [`Objective`].
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// What its loss is multiplied with, finite and at least 0. A term with factor 0 is checked and then left out: it
    /// needs no pass, and an undefined value of it has no effect.
    pub factor: f64,
    /// Its choices.
    pub options: LossOptions,
}

impl Term {
    /// A term.
    pub fn new(factor: f64, options: LossOptions) -> Self {
        Self { factor, options }
    }
}

/// Voxels that take no part: they are in no sum, count in no mean, and have gradient 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Ignore {
    /// None.
    #[default]
    Nothing,
    /// Of a label map the voxels of this label, whether or not a channel stands for it; of a volume the elements of this
    /// value, each in its own channel: `ignore_index` of segmentation_models.pytorch. The channel of an ignored class
    /// stays, without truth, and enters the mean.
    Value(i64),
    /// Of a label map the voxels of this label; of a volume those whose truth in this channel is 1: `ignore_index` of MONAI.
    Class(usize),
    /// Of a volume the voxels whose truth is 0 in every channel: that of MONAI for one-hot truth where the ignored
    /// label is not a class.
    NoClass,
}

/// What [`Engine::loss`](crate::Engine::loss) gives.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectiveValues {
    /// The sum of the terms: one value where they are reduced, else the values that [`Reduce::None`] leaves.
    pub values: Vec<f64>,
    /// The axes of `values`: none where they are reduced, else those of the terms ([`LossValues::shape`]).
    pub shape: Vec<usize>,
    /// Each term without its factor. A term with factor 0 has no values.
    pub terms: Vec<LossValues>,
    /// Elements that took part: voxels times channels, without those that were ignored, masked, or not finite.
    pub kept: u64,
    /// All elements.
    pub elements: u64,
}

impl ObjectiveValues {
    /// The sum of the values: the loss where the terms are reduced, and what the gradient is of.
    pub fn total(&self) -> f64 {
        self.values.iter().sum()
    }
}

impl Objective {
    /// A sum of terms.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for no terms, a factor that is negative or not finite, choices as
    /// [`Loss::new`] refuses them, and terms of which some are reduced and others are not.
    pub fn new(terms: Vec<Term>) -> Result<Self> {
        if terms.is_empty() {
            return Err(wrong("terms", "an empty list", "at least one term"));
        }
        let reduced = |options: &LossOptions| options.reduce != Reduce::None;
        if terms.iter().any(|term| reduced(&term.options) != reduced(&terms[0].options)) {
            return Err(wrong("reduce", "None for some terms", "None for all terms or for none of them"));
        }
        let checked = |term: Term| match term.factor {
            factor if factor >= 0.0 && factor.is_finite() => Ok((factor, Loss::new(term.options)?)),
            factor => Err(wrong("the factor of a term", factor, "finite and at least 0")),
        };
        Ok(Self { terms: terms.into_iter().map(checked).collect::<Result<_>>()?, ignore: Ignore::Nothing })
    }

    /// The same loss of the voxels that are not ignored.
    #[must_use]
    pub fn ignoring(self, ignore: Ignore) -> Self {
        Self { ignore, ..self }
    }

    /// The factors and losses.
    pub fn terms(&self) -> impl Iterator<Item = (f64, &Loss)> {
        self.terms.iter().map(|(factor, loss)| (*factor, loss))
    }

    /// What is ignored.
    pub fn ignore(&self) -> Ignore {
        self.ignore
    }

    /// Whether a value is left for each group or voxel.
    fn is_reduced(&self) -> bool {
        self.terms[0].1.options().reduce != Reduce::None
    }

    /// The passes over the voxels that the terms need, each once.
    pub(crate) fn passes(&self) -> Vec<SumsOptions> {
        let mut passes: Vec<SumsOptions> = Vec::new();
        for loss in self.terms.iter().filter(|term| term.0 != 0.0).map(|term| &term.1) {
            for wanted in [Some(loss.sums_options()), loss.factor_options()].into_iter().flatten() {
                match passes.iter_mut().find_map(|pass| union(pass, &wanted).map(|union| (pass, union))) {
                    Some((pass, union)) => *pass = union,
                    None => passes.push(wanted),
                }
            }
        }
        passes
    }

    /// The values, from the sums of every pass. `voxels` are the values of a term whose value is one for each voxel.
    pub(crate) fn values(
        &self,
        passes: &[(SumsOptions, Table<Sums>)],
        voxels: &mut dyn FnMut(&Loss) -> Result<LossValues>,
    ) -> Result<(Vec<f64>, Vec<usize>, Vec<LossValues>)> {
        let (mut values, mut shape, mut terms) = (Vec::new(), None, Vec::new());
        for (factor, loss) in &self.terms {
            if *factor == 0.0 {
                terms.push(LossValues { values: Vec::new(), shape: Vec::new(), reduced: None, undefined: 0 });
                continue;
            }
            let of_voxels = matches!(loss.options().per, Per::Element | Per::Voxel);
            let found = if of_voxels { voxels(loss)? } else { loss.values(&tables(loss, passes)?)? };
            let (one, own_shape) = match found.reduced {
                Some(reduced) => (vec![reduced], Vec::new()),
                None => (found.values.clone(), found.shape.clone()),
            };
            if shape.as_ref().is_some_and(|shape| *shape != own_shape) {
                let value = format!("{own_shape:?} beside {:?}", shape.unwrap_or_default());
                return Err(wrong(
                    "the shape of the values of a term",
                    value,
                    "the same for all terms, or reduce them",
                ));
            }
            shape = Some(own_shape);
            values.resize(one.len(), 0.0);
            values.iter_mut().zip(one).for_each(|(sum, value)| *sum += factor * value);
            terms.push(found);
        }
        if shape.is_none() && self.is_reduced() {
            values.push(0.0);
        }
        Ok((values, shape.unwrap_or_default(), terms))
    }

    /// The derivatives with respect to the sums of every pass.
    pub(crate) fn partials(&self, passes: &[(SumsOptions, Table<Sums>)]) -> Result<Vec<Table<Partials>>> {
        let zeros = |sums: &Table<Sums>| vec![Partials::default(); sums.values().len()];
        let mut all: Vec<Vec<Partials>> = passes.iter().map(|(_, sums)| zeros(sums)).collect();
        for (factor, loss) in self.terms.iter().filter(|term| term.0 != 0.0) {
            let of_voxels = matches!(loss.options().per, Per::Element | Per::Voxel);
            let loss = if of_voxels { &loss.summed() } else { loss };
            let (own, by_factors) = loss.partials(&tables(loss, passes)?)?;
            let mut add = |options: &SumsOptions, partials: &Table<Partials>| {
                let Some(pass) = passes.iter().position(|pass| covers(&pass.0, options)) else { return };
                all[pass].iter_mut().zip(partials.values()).for_each(|(sum, partial)| sum.add(*factor, partial));
            };
            add(&loss.sums_options(), &own);
            if let Some(options) = loss.factor_options() {
                add(&options, &by_factors);
            }
        }
        let table =
            |(cells, (_, sums)): (_, &(SumsOptions, Table<Sums>))| Table::new(sums.samples(), sums.channels(), cells);
        Ok(all.into_iter().zip(passes).map(table).collect())
    }
}

/// The sums of a loss among the passes.
fn tables<'a>(loss: &Loss, passes: &'a [(SumsOptions, Table<Sums>)]) -> Result<Tables<'a, Sums>> {
    let find = |wanted: &SumsOptions| passes.iter().find(|pass| covers(&pass.0, wanted)).map(|pass| &pass.1);
    let missing = || crate::error::Error::MissingTerm { term: "sums that no pass made".into() };
    let sums = find(&loss.sums_options()).ok_or_else(missing)?;
    Ok(Tables { sums, factors: loss.factor_options().as_ref().and_then(find) })
}

/// One pass for both, where possible: sums do not depend on what is summed beside them.
fn union(a: &SumsOptions, b: &SumsOptions) -> Option<SumsOptions> {
    let pointwise = match (a.pointwise, b.pointwise) {
        (Some(a), Some(b)) if a != b => return None,
        (a, b) => a.or(b),
    };
    let terms = if contains(a.terms, b.terms) {
        a.terms
    } else if contains(b.terms, a.terms) {
        b.terms
    } else {
        return None;
    };
    (a.activation == b.activation).then_some(SumsOptions { terms, pointwise, activation: a.activation })
}

/// Whether the sums of a pass include the required ones.
fn covers(pass: &SumsOptions, wanted: &SumsOptions) -> bool {
    union(pass, wanted).as_ref() == Some(pass)
}

fn contains(terms: Terms, others: Terms) -> bool {
    match others {
        Terms::Plain => true,
        Terms::Squared => matches!(terms, Terms::Squared | Terms::All),
        Terms::All | Terms::Power(_) => terms == others,
    }
}

impl From<Loss> for Objective {
    fn from(loss: Loss) -> Self {
        Self { terms: vec![(1.0, loss)], ignore: Ignore::Nothing }
    }
}

impl From<&Loss> for Objective {
    fn from(loss: &Loss) -> Self {
        loss.clone().into()
    }
}

impl From<&Objective> for Objective {
    fn from(objective: &Objective) -> Self {
        objective.clone()
    }
}

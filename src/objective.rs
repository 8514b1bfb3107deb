//! Whole losses: every pass over the voxels that a sum of terms needs, with masks, and the gradient of all of it.

mod masked;
mod voxels;

pub(crate) use masked::{counted, mask_values};

use crate::engine::{Engine, TruthNan};
use crate::error::Result;
use crate::metric::{Objective, ObjectiveValues};
use crate::options::SumsOptions;
use crate::stats::Sums;
use crate::table::Table;
use crate::volume::{Pair, Truth, Volume};

/// What a loss compares, by name.
///
/// ```
/// use voxdice::metric::{Loss, LossOptions};
/// use voxdice::{Engine, EngineOptions, Operands, Pair, Shape, Volume};
/// let shape = Shape::new(1, 1, [3])?;
/// let (p, t, keep) = ([1.0f32, 0.5, 0.9], [1u8, 0, 0], [1u8, 1, 0]);
/// let volume = |voxels| Volume::u8(shape.clone(), voxels);
/// let pair = Pair { pred: Volume::f32(shape.clone(), &p)?, truth: volume(&t)? };
/// let operands = Operands::new(pair).masked(volume(&keep)?);
/// let loss = Loss::new(LossOptions::default())?;
/// let (found, gradient) = Engine::new(&EngineOptions::default())?.loss_and_gradient(&loss, operands)?;
/// assert_eq!((found.total(), found.kept), (1.0 - 2.0 / 2.5, 2));
/// assert_eq!(gradient[2], 0.0);
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Operands<'a> {
    /// The prediction.
    pub pred: Volume<'a>,
    /// The reference.
    pub truth: Truth<'a>,
    /// 1 where a voxel counts and 0 where it does not, of the prediction's shape, or of one channel for all of them.
    pub mask: Option<Volume<'a>>,
}

impl<'a> Operands<'a> {
    /// All voxels of these.
    pub fn new(pair: Pair<Volume<'a>, impl Into<Truth<'a>>>) -> Self {
        Self { pred: pair.pred, truth: pair.truth.into(), mask: None }
    }

    /// Those where the mask is 1.
    #[must_use]
    pub fn masked(self, mask: Volume<'a>) -> Self {
        Self { mask: Some(mask), ..self }
    }
}

impl<'a, T: Into<Truth<'a>>> From<Pair<Volume<'a>, T>> for Operands<'a> {
    fn from(pair: Pair<Volume<'a>, T>) -> Self {
        Self::new(pair)
    }
}

/// The passes over the voxels, and their sums.
type Passes = Vec<(SumsOptions, Table<Sums>)>;

impl Engine {
    /// A loss, with every pass it needs: a [`Loss`](crate::metric::Loss), or a sum of terms. The terms give the
    /// activations, powers and pointwise losses, so none can be forgotten.
    ///
    /// Masks and ignored labels, which need the truth in host memory, make a copy of the truth with an `f32` per element.
    /// Values of single voxels ([`Per::Element`](crate::metric::Per::Element)) are computed on the CPU by every engine.
    ///
    /// ```
    /// use voxdice::metric::{Loss, Preset};
    /// use voxdice::{Engine, EngineOptions, Pair, Shape, Volume};
    /// let (p, t) = ([1.0f32, 0.5], [1.0f32, 0.0]);
    /// let volume = |voxels| Volume::f32(Shape::new(1, 1, [2])?, voxels);
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let loss = Loss::new(Preset::Monai.options())?;
    /// let found = engine.loss(&loss, Pair { pred: volume(&p)?, truth: volume(&t)? })?;
    /// assert_eq!(found.total(), 1.0 - (2.0 + 1e-5) / (2.5 + 1e-5));
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Engine::sums_with`] and [`Loss::evaluate`](crate::metric::Loss::evaluate);
    /// [`Error::Parameter`](crate::Error::Parameter) for a mask that holds anything but 0 and 1, or values of terms that have
    /// different axes; [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) for a mask of another shape;
    /// [`Error::NonFinite`](crate::Error::NonFinite) for a truth that is not finite under a mask, unless the policy is
    /// [`NonFinite::Ignore`](crate::NonFinite::Ignore); [`Error::BufferOnCpu`](crate::Error::BufferOnCpu) for a mask or a masked
    /// truth in a buffer.
    pub fn loss<'a>(&self, loss: impl Into<Objective>, operands: impl Into<Operands<'a>>) -> Result<ObjectiveValues> {
        let (loss, operands) = (loss.into(), operands.into());
        let masked = masked::truth(&operands, loss.ignore(), self.non_finite())?;
        let prepared = Prepared::new(&operands, masked.as_deref())?;
        let passes = self.passes(&loss, &prepared)?;
        self.values(&loss, &prepared, &passes)
    }

    /// The loss, and its gradient with respect to the prediction before any activation, in the prediction's layout: that of
    /// the reduced loss, or of the sum of the values where nothing is reduced. Voxels that take no part have gradient 0.
    ///
    /// # Errors
    /// Those of [`Engine::loss`] and [`Engine::gradient`].
    pub fn loss_and_gradient<'a>(
        &self,
        loss: impl Into<Objective>,
        operands: impl Into<Operands<'a>>,
    ) -> Result<(ObjectiveValues, Vec<f32>)> {
        let (loss, operands) = (loss.into(), operands.into());
        let masked = masked::truth(&operands, loss.ignore(), self.non_finite())?;
        let prepared = Prepared::new(&operands, masked.as_deref())?;
        let passes = self.passes(&loss, &prepared)?;
        let found = self.values(&loss, &prepared, &passes)?;
        let mut gradient: Option<Vec<f32>> = None;
        for ((options, sums), partials) in passes.iter().zip(loss.partials(&passes)?) {
            let own = self.gradient(
                Pair { pred: prepared.pred.clone(), truth: prepared.truth.clone() },
                options,
                sums,
                &partials,
            )?;
            match &mut gradient {
                Some(sum) => sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += own),
                None => gradient = Some(own),
            }
        }
        let zero = || vec![0.0; prepared.pred.shape().elements() as usize];
        Ok((found, gradient.unwrap_or_else(zero)))
    }

    fn passes(&self, loss: &Objective, of: &Prepared<'_>) -> Result<Passes> {
        let sums = |options| Ok((options, self.sums_of(&of.pred, &of.truth, &options, of.truth_nan)?));
        loss.passes().into_iter().map(sums).collect()
    }

    fn values(&self, loss: &Objective, of: &Prepared<'_>, passes: &Passes) -> Result<ObjectiveValues> {
        let (values, shape, terms) = loss.values(passes, &mut |term| voxels::values(of, term, self.non_finite()))?;
        let elements = of.pred.shape().elements();
        let counted = |sums: &Sums| sums.voxels() - sums.non_finite().voxels;
        let kept = passes.first().map_or(elements, |(_, sums)| sums.values().iter().map(counted).sum());
        Ok(ObjectiveValues { values, shape, terms, kept, elements })
    }
}

/// Operands as they are summed: what is masked is NaN in the truth.
struct Prepared<'a> {
    pred: Volume<'a>,
    truth: Truth<'a>,
    truth_nan: TruthNan,
}

impl<'a> Prepared<'a> {
    fn new(operands: &Operands<'a>, masked: Option<&'a [f32]>) -> Result<Self> {
        let pred = operands.pred.clone();
        match masked {
            None => Ok(Self { pred, truth: operands.truth.clone(), truth_nan: TruthNan::Fault }),
            Some(truth) => {
                let truth = Volume::f32(pred.shape().clone(), truth)?.into();
                Ok(Self { pred, truth, truth_nan: TruthNan::Masked })
            }
        }
    }
}

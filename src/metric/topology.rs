//! How many pieces, holes and cavities a prediction has more or less than the truth, and whether centrelines are covered:
//! formulas of [`Topology`] and [`Centrelines`].
//!
//! Distances and overlaps hardly see a vessel that is cut or a wall that is pierced. The Betti numbers count them: b0 pieces,
//! b1 loops (holes of a plane mask, tunnels through a solid), b2 cavities. The *Betti number error* of a dimension is by how
//! much the two sides differ, wherever pieces and holes lie; without a dimension it is the sum over all. Where neither map has
//! the class, all numbers are 0, and so are the errors: it is right. Where one has it, the error is all that the other has.
//!
//! *clDice* asks how much of the skeleton of each side lies in the mask of the other, so that a cut of a thin branch costs as much
//! as one of a thick one (Shit et al., clDice, CVPR 2021).

use crate::error::{Error, Result};
use crate::stats::{Betti, Centreline, Centrelines, Topology};

/// Which Betti number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BettiNumber {
    /// b0: connected components, with corners.
    Components,
    /// b1: holes of a plane mask, tunnels through a solid.
    Loops,
    /// b2: background that is enclosed; none in an image of two axes.
    Cavities,
}

impl BettiNumber {
    /// By its dimension.
    ///
    /// # Errors
    /// [`Error::Parameter`] for other numbers than 0, 1 and 2.
    pub(in crate::metric) fn of(dimension: f64) -> Result<Self> {
        match dimension {
            0.0 => Ok(Self::Components),
            1.0 => Ok(Self::Loops),
            2.0 => Ok(Self::Cavities),
            _ => Err(Error::Parameter {
                name: "the dimension of a Betti number",
                value: dimension.to_string(),
                range: "0, 1 or 2: components, loops, cavities".into(),
            }),
        }
    }

    /// 0, 1 or 2.
    pub fn dimension(self) -> u8 {
        self as u8
    }

    fn in_mask(self, betti: Betti) -> u64 {
        match self {
            Self::Components => betti.components(),
            Self::Loops => betti.loops(),
            Self::Cavities => betti.cavities(),
        }
    }
}

/// By how much one number differs: |b(pred) - b(truth)|.
pub fn betti_error(topology: &Topology, number: BettiNumber) -> u64 {
    number.in_mask(topology.pred()).abs_diff(number.in_mask(topology.truth()))
}

/// The sum of the errors of all dimensions.
///
/// ```
/// use voxdice::metric::topology::{BettiNumber, betti_error, total_betti_error};
/// use voxdice::{Classes, Engine, EngineOptions, LabelMap, Pair, Shape};
/// let engine = Engine::new(&EngineOptions::default())?;
/// let shape = Shape::new(1, 1, [3, 5])?; // 3 rows of 5 columns
/// let truth = [1u8, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0]; // a ring and a voxel
/// let pred = [1u8, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0]; // an open ring
/// let pair = Pair { pred: LabelMap::u8(shape.clone(), &pred)?, truth: LabelMap::u8(shape, &truth)? };
/// let topology = engine.topology(pair, &Classes::new([1])?)?.into_values()[0];
/// assert_eq!((topology.truth().numbers(), topology.pred().numbers()), ([2, 1, 0], [1, 0, 0]));
/// assert_eq!((betti_error(&topology, BettiNumber::Loops), total_betti_error(&topology)), (1, 2));
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn total_betti_error(topology: &Topology) -> u64 {
    let [pred, truth] = [topology.pred().numbers(), topology.truth().numbers()];
    pred.into_iter().zip(truth).map(|(pred, truth)| pred.abs_diff(truth)).sum()
}

/// The metrics of topology that a program can choose by name.
///
/// ```
/// use voxdice::metric::topology::{BettiNumber, TopologyMetric};
/// assert_eq!("betti".parse::<TopologyMetric>()?, TopologyMetric::BettiError(None));
/// assert_eq!(TopologyMetric::BettiTruth(BettiNumber::Loops).to_string(), "betti_truth=1");
/// assert!("betti_error=3".parse::<TopologyMetric>().is_err());
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopologyMetric {
    /// `betti_error`: [`total_betti_error`]; `betti_error=K`: [`betti_error`] of one dimension.
    BettiError(Option<BettiNumber>),
    /// `betti_truth=K`: a number of the truth.
    BettiTruth(BettiNumber),
    /// `betti_pred=K`: the same of the prediction.
    BettiPred(BettiNumber),
}

impl TopologyMetric {
    /// Its value.
    pub fn of(self, topology: &Topology) -> f64 {
        let number = match self {
            Self::BettiError(None) => total_betti_error(topology),
            Self::BettiError(Some(number)) => betti_error(topology, number),
            Self::BettiTruth(number) => number.in_mask(topology.truth()),
            Self::BettiPred(number) => number.in_mask(topology.pred()),
        };
        number as f64
    }

    /// The number behind its name.
    pub(in crate::metric) fn parameter(self) -> Option<f64> {
        match self {
            Self::BettiError(number) => number,
            Self::BettiTruth(number) | Self::BettiPred(number) => Some(number),
        }
        .map(|number| number.dimension().into())
    }
}

/// The share of the prediction's skeleton that lies in the truth; undefined without such a skeleton.
pub fn topology_precision(lines: &Centrelines) -> f64 {
    share(lines.pred())
}

/// The share of the truth's skeleton that lies in the prediction; undefined without such a skeleton.
pub fn topology_sensitivity(lines: &Centrelines) -> f64 {
    share(lines.truth())
}

fn share(line: Centreline) -> f64 {
    line.within() as f64 / line.voxels() as f64
}

/// Their harmonic mean, clDice. As Dice it is 0 where one of the masks is empty and where the skeletons do not meet the other
/// mask, and undefined where both are empty. It also is where thinning leaves nothing of a mask. Other programs divide 0 by 0 in
/// all of these cases.
pub fn cl_dice(lines: &Centrelines) -> f64 {
    match [lines.truth().mask(), lines.pred().mask()] {
        [0, 0] => return f64::NAN,
        [0, _] | [_, 0] => return 0.0,
        _ => {}
    }
    let (precision, sensitivity) = (topology_precision(lines), topology_sensitivity(lines));
    if precision + sensitivity == 0.0 { 0.0 } else { 2.0 * precision * sensitivity / (precision + sensitivity) }
}

/// The metrics of centrelines that a program can choose by name.
///
/// ```
/// use voxdice::metric::topology::CentrelineMetric;
/// assert_eq!("clDice".parse::<CentrelineMetric>()?, CentrelineMetric::ClDice);
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CentrelineMetric {
    /// `cldice`: [`cl_dice`].
    ClDice,
    /// `topology_precision`: [`topology_precision`].
    Precision,
    /// `topology_sensitivity`: [`topology_sensitivity`].
    Sensitivity,
}

impl CentrelineMetric {
    /// Its value; NaN where it is undefined.
    pub fn of(self, lines: &Centrelines) -> f64 {
        match self {
            Self::ClDice => cl_dice(lines),
            Self::Precision => topology_precision(lines),
            Self::Sensitivity => topology_sensitivity(lines),
        }
    }

    /// Whether the masks that it asks about are empty: then there is nothing to be right or wrong about.
    #[cfg(feature = "eval")]
    pub(crate) fn asks_nothing(self, counts: &crate::stats::Counts) -> bool {
        let [truth, pred] = [counts.n_truth(), counts.n_pred()].map(|voxels| voxels == 0);
        match self {
            Self::ClDice => truth && pred,
            Self::Precision => pred,
            Self::Sensitivity => truth,
        }
    }
}

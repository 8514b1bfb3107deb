//! Sums and losses of soft volumes.

use crate::arrays::Held;
use crate::work::interruptible;
use crate::{failed, refused};
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use voxdice::metric::{Activation, Loss, Whose};
use voxdice::stats::{Sums, Terms};
use voxdice::{
    Engine, EngineOptions, Error, LabelBuffer, LabelMap, LabelSlice, NonFinite, Operand, Operands, Pair, Shape,
    SumsOptions, Truth, Volume,
};

/// From so many voxels on the work is worth a thread that looks for signals.
const LONG: u64 = 1 << 23;

/// Labels of a truth, narrowed as a whole.
enum Labels {
    Small(Vec<u8>),
    Wide(Vec<u32>),
}

/// What a truth is held in.
enum Kept<'py> {
    Soft(Held<'py>),
    Labels(Labels),
}

fn narrowed(held: &Held<'_>) -> PyResult<Labels> {
    let numbers = held.numbers()?;
    let mut buffer = LabelBuffer::default();
    Ok(match numbers.labels(0..numbers.len(), Operand::Truth, &[], &mut buffer).map_err(failed)? {
        LabelSlice::U8(labels) => Labels::Small(labels.to_vec()),
        LabelSlice::U16(labels) => Labels::Wide(labels.iter().map(|&label| label.into()).collect()),
        LabelSlice::U32(labels) => Labels::Wide(labels.to_vec()),
    })
}

/// `samples`, `channels` and `spatial` of the prediction, channels first.
type Axes = (usize, usize, Vec<usize>);

fn shape((samples, channels, spatial): &Axes) -> PyResult<Shape> {
    Shape::new(*samples, *channels, spatial).map_err(failed)
}

struct Kit<'py> {
    pred: Held<'py>,
    truth: Kept<'py>,
    mask: Option<Held<'py>>,
    shape: Shape,
    map: Shape,
}

type Given<'a, 'py> = (&'a Bound<'py, PyAny>, &'a str);

impl<'py> Kit<'py> {
    fn new(
        pred: Given<'_, 'py>,
        truth: Given<'_, 'py>,
        mask: Option<Given<'_, 'py>>,
        axes: &Axes,
        are_labels: bool,
    ) -> PyResult<Self> {
        let held = Held::new(truth.0, truth.1)?;
        let truth = if are_labels { Kept::Labels(narrowed(&held)?) } else { Kept::Soft(held) };
        let mask = mask.map(|(mask, kind)| Held::new(mask, kind)).transpose()?;
        let map = shape(&(axes.0, 1, axes.2.clone()))?;
        Ok(Self { pred: Held::new(pred.0, pred.1)?, truth, mask, shape: shape(axes)?, map })
    }

    fn truth(&self) -> PyResult<Truth<'_>> {
        let map = self.map.clone();
        Ok(match &self.truth {
            Kept::Soft(held) => held.volume(&self.shape)?.into(),
            Kept::Labels(Labels::Small(labels)) => LabelMap::u8(map, labels).map_err(failed)?.into(),
            Kept::Labels(Labels::Wide(labels)) => LabelMap::u32(map, labels).map_err(failed)?.into(),
        })
    }

    fn pair(&self) -> PyResult<Pair<Volume<'_>, Truth<'_>>> {
        Ok(Pair { pred: self.pred.volume(&self.shape)?, truth: self.truth()? })
    }
}

fn engine(non_finite: &str) -> PyResult<Engine> {
    let non_finite = match non_finite {
        "error" => NonFinite::Error,
        "ignore" => NonFinite::Ignore,
        other => return Err(refused(format!("`{other}` is none of error, ignore"))),
    };
    Engine::new(&EngineOptions { non_finite, ..EngineOptions::default() }).map_err(failed)
}

/// An error in Python's words, with what to do about NaN and infinities.
fn unsummed(error: Error, clean: &str) -> PyErr {
    match error {
        Error::NonFinite { facts } => {
            let facts: Vec<String> = facts.iter().map(ToString::to_string).collect();
            refused(format!("{}; {clean}", facts.join("; ")))
        }
        error => failed(error),
    }
}

/// Of a cell: voxels, units and exponent of each term, and voxels left out of either side.
type Cell = (u64, Vec<(i128, i32)>, u64);

/// Exact sums p, t, pt, p², t², |p - t| per sample and channel.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // called by the package alone
pub fn sums(
    py: Python<'_>,
    pred: &Bound<'_, PyAny>,
    pred_kind: &str,
    truth: &Bound<'_, PyAny>,
    truth_kind: &str,
    axes: Axes,
    are_labels: bool,
    activation: &str,
    threshold: f64,
    non_finite: &str,
) -> PyResult<Vec<Cell>> {
    let activation = match activation {
        "none" => Activation::None,
        "sigmoid" => Activation::Sigmoid,
        "softmax" => Activation::Softmax,
        "normalise" => Activation::Normalise,
        "argmax" => Activation::Argmax,
        "threshold" => Activation::Threshold(threshold),
        other => {
            return Err(refused(format!("`{other}` is none of none, sigmoid, softmax, normalise, argmax, threshold")));
        }
    };
    let kit = Kit::new((pred, pred_kind), (truth, truth_kind), None, &axes, are_labels)?;
    let (pair, engine) = (kit.pair()?, engine(non_finite)?);
    let options = SumsOptions { terms: Terms::All, activation, pointwise: None };
    let found = interruptible(py, kit.shape.elements() > LONG, |_| engine.sums_with(pair, &options))?
        .map_err(|error| unsummed(error, "clean the input, or say non_finite=\"ignore\""))?;
    let cell = |sums: &Sums| {
        let exact = sums.exact().iter().map(|sum| (sum.units(), sum.exponent())).collect();
        (sums.voxels(), exact, sums.non_finite().voxels)
    };
    Ok(found.values().iter().map(cell).collect())
}

/// Values, their axes, and the gradient.
type Lost<'py> = (Vec<f64>, Vec<usize>, Option<Bound<'py, PyArray1<f32>>>);

/// A library's loss by its constructor call, and the gradient of the sum of its values.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // called by the package alone
pub fn loss<'py>(
    py: Python<'py>,
    call: &str,
    pred: &Bound<'py, PyAny>,
    pred_kind: &str,
    truth: &Bound<'py, PyAny>,
    truth_kind: &str,
    axes: Axes,
    are_labels: bool,
    mask: Option<(Bound<'py, PyAny>, String)>,
    with_gradient: bool,
) -> PyResult<Lost<'py>> {
    let call = Loss::from_call(call).map_err(failed)?;
    let own = mask.as_ref().map(|(mask, kind)| (mask, kind.as_str()));
    let kit = Kit::new((pred, pred_kind), (truth, truth_kind), own, &axes, are_labels)?;
    let engine = engine("error")?;
    let mut operands = Operands::new(kit.pair()?);
    if let Some(mask) = &kit.mask {
        operands = operands.masked(mask.volume(&kit.map)?);
    }
    let found = interruptible(py, kit.shape.elements() > LONG, |_| match with_gradient {
        true => call.evaluate_with_gradient(&engine, operands, Whose::Library).map(|(found, own)| (found, Some(own))),
        false => call.evaluate(&engine, operands, Whose::Library).map(|found| (found, None)),
    })?;
    let (found, gradient) = found.map_err(|error| unsummed(error, "clean the input"))?;
    Ok((found.values, found.shape, gradient.map(|gradient| gradient.into_pyarray(py))))
}

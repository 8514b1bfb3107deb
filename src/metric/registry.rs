//! Metrics by name: one row each. Names and aliases on command lines, keys in JSON, columns and headings of tables, which
//! end of a scale is good, and the README's table come from here.

mod rows;

pub use rows::METRICS;

use super::confusion::CountMetric;
use super::instances::LesionMetric;
use super::surface::SurfaceMetric;
use super::topology::{CentrelineMetric, TopologyMetric};
use super::wrong::wrong;
use crate::error::{Error, Result};
use crate::options::Band;
use std::fmt;
use std::mem::discriminant;
use std::str::FromStr;

/// A number of one class in one case.
///
/// ```
/// use voxdice::metric::{Best, Metric, Unit};
/// let metric: Metric = "NSD=2".parse()?;
/// assert_eq!((metric.to_string().as_str(), metric.row().best, metric.row().unit), ("nsd=2", Best::High, Unit::One));
/// assert_eq!("jaccard".parse::<Metric>()?.to_string(), "iou");
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Metric {
    /// A formula of the counts.
    Counts(CountMetric),
    /// A distance between surfaces, or how much of them lies within a tolerance.
    Surface(SurfaceMetric),
    /// Intersection over union of what is near both boundaries.
    Boundary(Band),
    /// How many pieces, holes and cavities there are.
    Topology(TopologyMetric),
    /// How much of the centreline of either side lies in the other.
    Centreline(CentrelineMetric),
    /// Of lesions, cells or other objects one by one.
    Lesion(LesionMetric),
    /// A surface metric of each lesion, and its mean over them:
    /// [`LesionDistances`](super::instances::LesionDistances).
    LesionSurface(SurfaceMetric),
    /// The volume of the class in the truth.
    VolumeTruth,
    /// The same in the prediction.
    VolumePred,
}

/// The properties of a metric.
#[derive(Debug, Clone, Copy)]
pub struct MetricRow {
    /// The metric; one with a parameter as [`Parameter`] says.
    pub metric: Metric,
    /// Its name.
    pub name: &'static str,
    /// Its other names.
    pub aliases: &'static [&'static str],
    /// The number behind its name.
    pub parameter: Parameter,
    /// Its heading in a table; the name where it is empty.
    pub title: &'static str,
    /// What it is called in a text.
    pub long_name: &'static str,
    /// With tp, fp, fn, tn; P = tp + fp, T = tp + fn, N = tn + fp, n = all; d the distances of [`surface`](super::surface).
    pub formula: &'static str,
    /// Where it is 0/0.
    pub undefined: &'static str,
    /// From the least to the greatest value.
    pub range: [f64; 2],
    /// Which values are good.
    pub best: Best,
    /// What it is measured in.
    pub unit: Unit,
    /// What it is computed from.
    pub needs: Needs,
}

/// The number behind the name of a metric, as in `nsd=2`.
#[derive(Debug, Clone, Copy)]
pub enum Parameter {
    /// There is none.
    None,
    /// It may be left out: the row's metric has its default.
    Optional(&'static str, fn(f64) -> Result<Metric>),
    /// It may not; an alias stands for the row's metric.
    Required(&'static str, fn(f64) -> Result<Metric>),
}

/// Which values are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Best {
    /// High ones.
    High,
    /// Low ones.
    Low,
    /// Neither.
    Neither,
}

/// What a metric is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A ratio.
    One,
    /// Millimetres.
    Mm,
    /// Millilitres.
    Ml,
    /// A number of things.
    Count,
}

/// What a metric is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// [`Counts`](crate::stats::Counts).
    Counts,
    /// Counts, and the size of a voxel.
    VoxelSize,
    /// [`Surface`](crate::stats::Surface), or bands along boundaries, hence the places of voxels.
    Surfaces,
    /// [`Topology`](crate::stats::Topology) or [`Centrelines`](crate::stats::Centrelines), hence the places of voxels.
    Topology,
    /// [`Instances`](crate::stats::Instances).
    Instances,
}

impl MetricRow {
    /// How the name is written: `dice`, `fbeta=B`, `hd=Q`.
    pub fn signature(&self) -> String {
        match self.parameter {
            Parameter::None => self.name.into(),
            Parameter::Optional(letter, _) => format!("{}[={letter}]", self.name),
            Parameter::Required(letter, _) => format!("{}={letter}", self.name),
        }
    }
}

impl Metric {
    /// Its properties.
    pub fn row(&self) -> &'static MetricRow {
        // A test finds the row of every metric.
        METRICS.iter().find(|row| row.metric.is_like(self)).unwrap_or(&METRICS[0])
    }

    /// A metric by what it is called, and that name without a number, which may be an alias.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an unknown name (letter case is ignored), and for a number that the metric cannot have.
    pub fn named(text: &str) -> Result<(Self, &'static str)> {
        let lower = text.trim().to_lowercase();
        let wrong = |range: String| Error::Parameter { name: "metric", value: text.into(), range };
        let (name, number) = match lower.split_once('=') {
            Some((name, number)) => (name, Some(number)),
            None => (lower.as_str(), None),
        };
        let called = |row: &'static MetricRow| {
            let names = std::iter::once(&row.name).chain(row.aliases);
            names.copied().find(|&own| own == name).map(|own| (row, own))
        };
        let rows: Vec<(&MetricRow, &'static str)> = METRICS.iter().filter_map(called).collect();
        for &(row, own) in &rows {
            match (row.parameter, number) {
                (Parameter::None, None) | (Parameter::Optional(..), None) => return Ok((row.metric, own)),
                (Parameter::Required(..), None) if own != row.name => return Ok((row.metric, own)),
                (Parameter::Optional(letter, with) | Parameter::Required(letter, with), Some(number))
                    if own == row.name =>
                {
                    let wrong = |_| wrong(format!("{name}={letter} with a number for {letter}"));
                    return number.parse().map_err(wrong).and_then(with).map(|metric| (metric, own));
                }
                _ => {}
            }
        }
        Err(wrong(match (rows.first(), number) {
            (Some((row, _)), None) => match row.aliases.first() {
                // It has the usual number.
                Some(alias) => format!("{} with a number, or {alias}", row.signature()),
                None => format!("{} with a number, as in {}=2", row.signature(), row.name),
            },
            (Some((_, own)), Some(_)) => format!("{own} without a number"),
            (None, _) => {
                let known: Vec<String> = METRICS.iter().map(MetricRow::signature).collect();
                format!("one of {}", known.join(", "))
            }
        }))
    }

    /// The same but for a parameter.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Counts(own), Self::Counts(other)) => discriminant(own) == discriminant(other),
            (Self::Surface(own), Self::Surface(other)) => discriminant(own) == discriminant(other),
            (Self::Boundary(own), Self::Boundary(other)) => discriminant(own) == discriminant(other),
            (Self::Topology(own), Self::Topology(other)) => discriminant(own) == discriminant(other),
            (Self::Centreline(own), Self::Centreline(other)) => own == other,
            (Self::Lesion(own), Self::Lesion(other)) => own == other,
            (Self::LesionSurface(own), Self::LesionSurface(other)) => discriminant(own) == discriminant(other),
            _ => discriminant(self) == discriminant(other),
        }
    }

    /// The number behind the name.
    pub fn parameter(&self) -> Option<f64> {
        match self {
            Self::Counts(CountMetric::Fbeta(beta)) => Some(beta.value()),
            Self::Surface(metric) | Self::LesionSurface(metric) => metric.parameter(),
            Self::Boundary(band) => Some(band.width()),
            Self::Topology(metric) => metric.parameter(),
            Self::Counts(_) | Self::Centreline(_) | Self::Lesion(_) | Self::VolumeTruth | Self::VolumePred => None,
        }
    }

    /// Under a name of its row, with its number where the name does not say it: a usual number has a special name,
    /// `hd95`.
    pub fn under(&self, name: &'static str) -> String {
        let row = self.row();
        let is_usual = *self == row.metric;
        match (row.parameter, self.parameter()) {
            (Parameter::Required(..), Some(_)) if name != row.name => name.into(),
            (Parameter::Required(..), Some(number)) => match row.aliases.first().filter(|_| is_usual) {
                Some(alias) => (*alias).into(),
                None => format!("{name}={number}"),
            },
            (Parameter::Optional(..), Some(number)) if !is_usual => format!("{name}={number}"),
            _ => name.into(),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.under(self.row().name))
    }
}

impl FromStr for Metric {
    type Err = Error;

    /// By the names of [`METRICS`], in any case of letters.
    fn from_str(text: &str) -> Result<Self> {
        Self::named(text).map(|(metric, _)| metric)
    }
}

impl CountMetric {
    /// All of them; `Fbeta` with β = 1, the default of MONAI and MetricsReloaded.
    pub fn all() -> impl Iterator<Item = Self> {
        METRICS.iter().filter_map(|row| match row.metric {
            Metric::Counts(metric) => Some(metric),
            _ => None,
        })
    }

    /// The name that tables and command lines know it by.
    pub fn name(self) -> &'static str {
        Metric::Counts(self).row().name
    }
}

impl SurfaceMetric {
    /// Whether it is in mm, and 0 is best.
    pub fn is_distance(self) -> bool {
        Metric::Surface(self).row().unit == Unit::Mm
    }
}

/// `Display` and `FromStr` by the names of the registry for what one of its kinds holds.
macro_rules! registered {
    ($type:ident, $kind:ident, $what:literal) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Metric::$kind(*self).fmt(f)
            }
        }

        impl FromStr for $type {
            type Err = Error;

            /// By the names of [`METRICS`], in any case of letters.
            fn from_str(text: &str) -> Result<Self> {
                match text.parse()? {
                    Metric::$kind(metric) => Ok(metric),
                    other => Err(wrong("metric", other, $what)),
                }
            }
        }
    };
}

registered!(CountMetric, Counts, "a score of counts");
registered!(SurfaceMetric, Surface, "one of surfaces");
registered!(TopologyMetric, Topology, "one of topology");
registered!(CentrelineMetric, Centreline, "one of centrelines");
registered!(Band, Boundary, "one of bands along boundaries");

//! What is counted. It cannot be changed once the voxels are gone.

use super::class::Class;
use super::error::EvalError;
use super::grids::GeometryRule;
use super::ignore::Ignore;
use super::instances::InstanceSearch;
use super::named::named;
use super::score::Score;
use super::surfaces::Surfaces;
use super::voxel_size::VoxelSize;
use crate::Classes;
use crate::io::Colours;
use crate::io::labels::{LabelOptions, White};
use crate::metric::{Metric, Needs, Unit};
use std::collections::HashSet;
use std::sync::Arc;

/// What is done with a case without a prediction, or without a truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingRule {
    /// It is listed, and a finding.
    #[default]
    Error,
    /// It is listed and left out.
    Skip,
    /// It is listed, and a missing prediction counts as empty: every class of its truth scores 0.
    Zero,
}

named!(MissingRule, "the rule for missing predictions" { Error = "error", Skip = "skip", Zero = "zero" });

/// What a folder of pictures is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pictures {
    /// Each picture is a case, or the mask of a class.
    #[default]
    Cases,
    /// The pictures are the slices of a volume.
    Slices,
}

named!(Pictures, "what a folder of pictures is" { Cases = "cases", Slices = "slices" });

/// The classes of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ClassSource {
    /// Every label but 0 that a case has, each as its own class.
    #[default]
    Found,
    /// These, whether a case has them or not.
    Named {
        /// In the order of results.
        classes: Vec<Class>,
        /// What lists them, for messages and results: a file, or flags.
        from: String,
    },
}

/// The text in results for classes that were not named.
pub(crate) const FROM_FILES: &str = "files";

/// Who says what labels are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NamedBy {
    /// Names of regions, if any.
    #[default]
    Caller,
    /// A dataset.json: masks and segments are to be called so.
    Dataset,
}

named!(NamedBy, "the source of names" { Caller = "caller", Dataset = "dataset" });

/// What is counted.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The classes.
    pub classes: ClassSource,
    /// Who says what they are called.
    pub named_by: NamedBy,
    /// Voxels whose truth has one of these labels do not count.
    pub ignore: Ignore,
    /// How far a number may be from the label it is rounded to.
    pub round: Option<f64>,
    /// From where on a number of the prediction is label 1.
    pub threshold: Option<f64>,
    /// What a folder of pictures is.
    pub pictures: Pictures,
    /// The labels of the colours of pictures.
    pub colours: Option<Arc<Colours>>,
    /// What 255 is in grey pictures of 0 and 255 alone. A number where a class or [`Rules::ignore`] has 255 among its
    /// labels, and for all cases of a [`Cohort`](super::Cohort) of which one picture holds other numbers.
    pub white: White,
    /// What to do with grids that lie apart.
    pub geometry: GeometryRule,
    /// The size of a voxel in place of what the files say.
    pub spacing_mm: Option<VoxelSize>,
    /// What is measured besides.
    pub surfaces: Surfaces,
    /// Which lesions are looked for, if any are.
    pub instances: Option<InstanceSearch>,
}

impl Rules {
    /// These classes, everything else by default.
    pub fn of(classes: ClassSource) -> Self {
        Self { classes, ..Self::default() }
    }

    /// The unit of a score that is a distance: that of its definition, as some measure in voxels.
    pub(crate) fn distance_unit(&self, score: Score) -> Option<&'static str> {
        let in_mm = match score.metric {
            Metric::LesionSurface(_) => self.instances.as_ref().is_none_or(InstanceSearch::is_in_mm),
            _ => self.surfaces.is_in_mm(),
        };
        let is_distance = score.metric.row().unit == Unit::Mm;
        is_distance.then_some(if in_mm { "mm" } else { "voxels" })
    }

    /// A score as tables name it, a distance with its unit.
    pub fn title(&self, score: Score) -> String {
        self.distance_unit(score).map_or_else(|| score.title(), |unit| format!("{score} {unit}"))
    }

    /// Whether places matter: whole volumes of masks are looked at then, and of label maps where they cannot be measured while they
    /// are read.
    pub(super) fn need_places(&self) -> bool {
        !self.surfaces.metrics.is_empty() || self.instances.is_some()
    }

    /// Whether a metric follows from what is counted and measured.
    pub fn hold(&self, metric: &Metric) -> bool {
        let instances = self.instances.as_ref();
        match (metric.row().needs, metric) {
            (Needs::Counts | Needs::VoxelSize, _) => true,
            (Needs::Surfaces | Needs::Topology, _) => self.surfaces.metrics.contains(metric),
            // Surfaces of lesions are measured one by one.
            (Needs::Instances, Metric::LesionSurface(_)) => {
                instances.is_some_and(|search| search.surfaces.metrics.contains(metric))
            }
            (Needs::Instances, _) => instances.is_some(),
        }
    }

    /// How numbers of the truth become labels.
    pub fn of_truth(&self) -> LabelOptions {
        let white = if self.name_white() { White::Number } else { self.white };
        LabelOptions {
            round: self.round,
            threshold: None,
            negative: self.ignore.negative(),
            white,
            colours: self.colours.clone(),
        }
    }

    /// Whether 255 is a label that is asked for, or what numbers are is said by colours.
    pub(super) fn name_white(&self) -> bool {
        let classes: &[Class] = if let ClassSource::Named { classes, .. } = &self.classes { classes } else { &[] };
        self.colours.is_some() || self.ignore.holds(255) || classes.iter().any(|class| class.labels.contains(&255))
    }

    /// How numbers of the prediction become labels.
    pub fn of_pred(&self) -> LabelOptions {
        LabelOptions { threshold: self.threshold, ..self.of_truth() }
    }

    /// Refuses classes that cannot be distinguished, or cannot be counted.
    pub fn check(&self) -> Result<(), EvalError> {
        let ClassSource::Named { classes, .. } = &self.classes else { return Ok(()) };
        let mut keys = HashSet::new();
        for class in classes {
            if !keys.insert(&class.key) {
                let alike = classes.iter().filter(|other| other.key == class.key);
                let names: Vec<&str> = alike.filter_map(|class| class.name.as_deref()).collect();
                return Err(EvalError::ClassTwice(match names.len() {
                    0 | 1 => class.key.clone(),
                    _ => format!("{}, called {},", class.key, names.join(" and ")),
                }));
            }
        }
        engine_classes(classes, &self.ignore).map(|_| ())
    }
}

/// The classes as the engine takes them.
pub(crate) fn engine_classes(classes: &[Class], ignore: &Ignore) -> Result<Classes, EvalError> {
    let counted = Classes::regions(classes.iter().map(|class| class.labels.clone()))?;
    Ok(counted.ignoring_all(ignore.codes())?)
}

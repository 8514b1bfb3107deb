//! Lesions, cells and other objects one by one: what is looked for in every case, and what was found.
//!
//! Of a case its counts and scores are kept, and the lesions themselves as rows of a table. How they are defined cannot be
//! changed once the voxels are gone.

mod choices;
mod distances;
mod found;
mod streamed;

pub use choices::InstanceChoices;
pub use found::{LesionRow, LesionScores, LesionStatus, LesionVoxels};
pub(super) use streamed::Finder;

use super::class::Class;
use super::compare::instances_difference;
use super::error::EvalError;
use super::surfaces::{Engines, Field, Frame, Image, Surfaces, first_unlike, map};
use crate::metric::Metric;
use crate::metric::instances::{
    Detection, Floor, InstancePreset, InstanceRules, InstanceSystem, LesionMetric, Size, matching, reduced,
};
use crate::metric::surface::RuleSpacing;
use crate::stats::{InstanceOptions, Instances, InstancesBy, Runs};
use crate::{Classes, Pair, Shape, Spacing};
use distances::Matched;
use found::rows;
use std::collections::BTreeMap;

/// What is looked for besides counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InstanceSearch {
    /// Whose definition holds; that of [`InstanceRules::default`] where none is named.
    pub preset: Option<InstancePreset>,
    /// Choices that override it.
    pub choices: InstanceChoices,
    /// Bounds in mm³ of the sizes by which lesions are counted.
    pub sizes: Vec<f64>,
    /// Which surfaces of lesions are measured, and how; the definition of the preset where none is named.
    pub surfaces: Surfaces,
    /// Whether the voxels of lesions are kept, for maps of them.
    pub voxels: Runs,
    /// Whether only numbers are asked for, so that no [row](LesionScores::rows) is made: images of noise have a million lesions.
    pub without_rows: bool,
    /// Whether volumes are among the scores that were asked for, so that the size of a voxel must be known.
    pub in_ml: bool,
}

/// The one class where each label is an instance.
pub(crate) const ALL: &str = "all";

impl InstanceSearch {
    fn system(&self) -> InstanceSystem {
        let system = match (self.preset, self.choices.threshold) {
            (Some(preset), Some(threshold)) => preset.at(threshold),
            (Some(preset), None) => preset.system(),
            (None, _) => InstanceSystem { rules: InstanceRules::default(), regions: Vec::new(), touching: Vec::new() },
        };
        // Where each label is an object there are no regions.
        let by = self.choices.by.unwrap_or(system.rules.by);
        match by {
            InstancesBy::Components => system,
            InstancesBy::Labels => InstanceSystem { regions: Vec::new(), touching: Vec::new(), ..system },
        }
    }

    /// The choices for a class: those of a region with its labels, if the preset has it.
    pub fn rules_of(&self, class: &Class) -> InstanceRules {
        let system = self.system();
        let region = system.regions.iter().find(|region| region.labels == class.labels);
        self.choices.over(region.map_or(system.rules, |region| region.rules))
    }

    /// The choices for classes without a specific rule.
    pub fn rules(&self) -> InstanceRules {
        self.choices.over(self.system().rules)
    }

    /// Whether each label is an instance, so that there is one class of them.
    pub fn is_by_labels(&self) -> bool {
        self.rules().by == InstancesBy::Labels
    }

    /// The regions of a challenge.
    pub fn classes(&self) -> Option<Vec<Class>> {
        if self.is_by_labels() {
            return None;
        }
        let regions = self.system().regions;
        let class =
            |region: &crate::metric::instances::Region| Class::region(region.labels.to_vec()).named(region.name);
        (!regions.is_empty()).then(|| regions.iter().map(class).collect())
    }

    /// The definition in words, after its name and what was chosen beside it.
    pub fn definition(&self) -> String {
        // What makes a lesion is among the rules.
        let chosen = self
            .choices
            .named()
            .into_iter()
            .filter(|(name, _)| *name != "by")
            .map(|(name, choice)| format!("{name} {choice}"));
        let name = self.preset.map(|preset| preset.to_string());
        let names: Vec<String> = name.into_iter().chain(chosen).collect();
        let colon = if names.is_empty() { "" } else { ": " };
        let system = self.system();
        let differ = system.regions.iter().any(|region| region.rules != system.rules);
        let more = if differ { "; some regions have sizes and dilations of their own" } else { "" };
        format!("{}{colon}{}{more}{}", names.join(", "), self.rules(), self.definition_of_distances())
    }

    /// Whether distances between lesions are in mm, else in voxels.
    pub fn is_in_mm(&self) -> bool {
        distances::definition(self.preset, &self.surfaces).distance.is_in_mm()
    }

    /// How surfaces of lesions are measured, in words after those about lesions.
    fn definition_of_distances(&self) -> String {
        let own = distances::definition(self.preset, &self.surfaces);
        let metrics = distances::metrics(&self.surfaces);
        let mut words = String::new();
        if !metrics.iter().all(|metric| metric.is_share()) {
            words += &format!("; distances: {}; {}", own.distance, own.missed_in_words(self.rules().charge));
        }
        if metrics.iter().any(|metric| metric.is_share()) && (own.nsd != own.distance || words.is_empty()) {
            words += &format!("; NSD: {}", own.nsd);
        }
        words
    }

    /// The value in a case; of a class that is in neither of its files where there is none.
    pub(super) fn value(&self, metric: Metric, class: &Class, found: Option<&LesionScores>) -> f64 {
        found.map_or_else(|| self.none(class).value(metric), |found| found.value(metric))
    }

    /// The value over the lesions of several cases.
    pub(super) fn pooled<'a>(
        &self,
        metric: LesionMetric,
        class: &Class,
        cases: impl Iterator<Item = &'a LesionScores>,
    ) -> f64 {
        let empty = self.rules_of(class).empty;
        // A case without lesions adds nothing.
        let none = self.none(class).detection(empty);
        let add = |sum: Option<Detection>, case: &LesionScores| {
            let (mut sum, case) = (sum?, case.detection(empty)?);
            sum.add(&case);
            Some(sum)
        };
        cases.fold(none, add).map_or(f64::NAN, |sum| metric.of(&sum))
    }

    /// The numbers of a class that is in neither file of a case.
    pub(super) fn none(&self, class: &Class) -> LesionScores {
        let (none, rules) = (Instances::zero(&[1, 1]), self.rules_of(class));
        // No voxels are 0 mm³, whatever the size of one.
        let matched = Matched { found: &none, matching: &Default::default(), rules: &rules, voxel_mm3: 1.0 };
        let definition = distances::definition(self.preset, &self.surfaces);
        let means = matched.means(&distances::metrics(&self.surfaces), &definition, &BTreeMap::new(), f64::NAN);
        LesionScores::of(&matched, &self.sizes).with_distances(means, &BTreeMap::new())
    }

    /// Regions that are joined where they touch, by their places among classes.
    ///
    /// # Errors Where a region is to be joined by one that is not among them.
    fn touching(&self, classes: &[Class]) -> Result<Vec<[usize; 2]>, crate::Error> {
        let system = self.system();
        let place = |region: usize| {
            let labels = system.regions.get(region)?.labels;
            classes.iter().position(|class| class.labels == labels)
        };
        let mut all = Vec::new();
        for &[a, b] in &system.touching {
            match (place(a), place(b)) {
                (None, _) => {}
                (Some(class), Some(other)) => all.push([class, other]),
                (Some(class), None) => {
                    let names = |region: usize| system.regions.get(region).map_or("", |region| region.name);
                    return Err(crate::Error::Parameter {
                        name: "the list of classes that are evaluated together",
                        value: classes[class].display().into(),
                        range: format!(
                            "one with {}, whose lesions join those of {} that touch them; evaluate all regions of label maps",
                            names(b),
                            names(a)
                        ),
                    });
                }
            }
        }
        Ok(all)
    }

    fn options(
        &self,
        rules: &[InstanceRules],
        classes: &[Class],
        axes: usize,
    ) -> Result<InstanceOptions, crate::Error> {
        let options = InstanceRules::options(rules, &self.touching(classes)?, axes);
        let runs = if self.surfaces.metrics.is_empty() { self.voxels } else { Runs::Kept };
        Ok(InstanceOptions { max_lesions: self.choices.limit(), runs, ..options })
    }
}

/// Whether a size in mm³ is among the rules.
fn needs_spacing(rules: &InstanceRules) -> bool {
    let in_mm3 = |size: Size| matches!(size, Size::Mm3(_));
    in_mm3(rules.drop) || matches!(rules.floor, Floor::BelowMm3(_) | Floor::AtMost(Size::Mm3(_)))
}

impl Field<'_> {
    /// The lesions of each class. Where the counterpart finds others, `difference` says of which class, and how.
    pub fn lesions(
        &self,
        engines: Engines<'_>,
        difference: &mut Option<(usize, String)>,
        counted: &Classes,
        classes: &[Class],
        search: &InstanceSearch,
    ) -> Result<Vec<LesionScores>, EvalError> {
        let rules: Vec<InstanceRules> = classes.iter().map(|class| search.rules_of(class)).collect();
        let (lengths, _) = self.image.in_space()?;
        let options = search.options(&rules, classes, lengths.len())?;
        let shape = Shape::new(1, 1, lengths)?;
        let pair = Pair { pred: map(&shape, self.pred)?, truth: map(&shape, self.truth)? };
        let found = engines.0.instances(pair.clone(), counted, &options)?.into_values();
        if let Some(counterpart) = engines.1 {
            let again = counterpart.instances(pair, counted, &options)?.into_values();
            *difference = first_unlike(engines.0, &found, &again, instances_difference);
        }
        self.image.lesions(&found, classes, search)
    }
}

impl Image<'_> {
    /// Scores the lesions of each class that were found in this image.
    pub fn lesions(
        &self,
        found: &[Instances],
        classes: &[Class],
        search: &InstanceSearch,
    ) -> Result<Vec<LesionScores>, EvalError> {
        let rules: Vec<InstanceRules> = classes.iter().map(|class| search.rules_of(class)).collect();
        let scores_in_ml = matches!(search.preset, Some(InstancePreset::Autopet | InstancePreset::Autopet3));
        let metrics = distances::metrics(&search.surfaces);
        let definition = distances::definition(search.preset, &search.surfaces);
        // Some definitions of distances have a spacing of their own.
        let in_image_mm = metrics.iter().any(|metric| definition.rules(*metric).spacing == RuleSpacing::Image);
        if search.in_ml || scores_in_ml || in_image_mm || !search.sizes.is_empty() || rules.iter().any(needs_spacing) {
            self.needs_spacing()?;
        }
        let (lengths, spacing) = self.in_space()?;
        let voxel_mm3 = spacing.iter().rev().product::<f64>();
        let shape = Shape::new(1, 1, lengths)?;
        let left = reduced(found, &rules, &search.touching(classes)?, voxel_mm3);
        let of = |((all, left), rules): ((&Instances, &std::borrow::Cow<'_, Instances>), &InstanceRules)| {
            let matching = matching(left, rules);
            let matched = Matched { found: left, matching: &matching, rules, voxel_mm3 };
            let mut scores = LesionScores::of(&matched, &search.sizes);
            if !search.without_rows {
                scores.rows = rows(all, &matched);
            }
            scores.is_boxed = self.frame == Frame::Box;
            if let (Runs::Kept, Frame::File(geometry), Some(runs)) = (search.voxels, self.frame, &left.runs) {
                scores.voxels = Some(LesionVoxels { extent: left.extent(), runs: runs.clone(), geometry });
            }
            if metrics.is_empty() {
                return Ok(scores);
            }
            // Where no distance asks for the size of a voxel, it may be unknown.
            let space = if in_image_mm { Spacing::new(spacing.clone())? } else { Spacing::voxels() };
            let values = matched.measure(&metrics, &definition, &space)?;
            let diagonal = definition.distance.options(&space).spacing.diagonal(shape.spatial())?;
            let means = matched.means(&metrics, &definition, &values, diagonal);
            Ok(scores.with_distances(means, &values))
        };
        found.iter().zip(&left).zip(&rules).map(of).collect()
    }
}

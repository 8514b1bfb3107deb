//! Lesions of a case that are found while its voxels are counted.

use super::InstanceSearch;
use crate::cpu::LabelInstances;
use crate::eval::class::Class;
use crate::eval::error::EvalError;
use crate::eval::rules::{ClassSource, Rules, engine_classes};
use crate::eval::surfaces::Image;
use crate::stats::Instances;
use crate::{InstancesAccumulator, LabelSlice, Pair};

/// Lesions of the classes that the rules name, or of every label.
pub(in crate::eval) enum Finder {
    Named(Vec<Class>, InstancesAccumulator),
    Labels(LabelInstances),
}

impl Finder {
    /// Nothing where all labels together are one class, or where some labels have rules of their own: these are to be known
    /// beforehand.
    pub fn new(image: &Image<'_>, search: &InstanceSearch, rules: &Rules) -> Result<Option<Self>, EvalError> {
        let (lengths, _) = image.in_space()?;
        let spatial: Vec<u64> = lengths.iter().map(|&length| length as u64).collect();
        if let ClassSource::Named { classes, .. } = &rules.classes {
            let own: Vec<_> = classes.iter().map(|class| search.rules_of(class)).collect();
            let options = search.options(&own, classes, spatial.len())?;
            let found = InstancesAccumulator::new(&spatial, &engine_classes(classes, &rules.ignore)?, &options)?;
            return Ok(Some(Self::Named(classes.clone(), found)));
        }
        if search.is_by_labels() || !search.system().regions.is_empty() {
            return Ok(None);
        }
        let options = search.options(&[search.rules()], &[], spatial.len())?;
        Ok(Some(Self::Labels(LabelInstances::new(&spatial, rules.ignore.codes(), &options)?)))
    }

    /// The next voxels.
    pub fn add(&mut self, pair: Pair<LabelSlice<'_>>) -> Result<(), crate::Error> {
        match self {
            Self::Named(_, found) => found.add(pair),
            Self::Labels(found) => found.add(pair),
        }
    }

    /// The next voxels, which have label 0 in both maps.
    pub fn add_background(&mut self, voxels: u64) -> Result<(), crate::Error> {
        match self {
            Self::Named(_, found) => found.add_background(voxels),
            Self::Labels(found) => found.add_background(voxels),
        }
    }

    /// The lesions of each class.
    pub fn finish(self) -> Result<(Vec<Class>, Vec<Instances>), crate::Error> {
        match self {
            Self::Named(classes, found) => Ok((classes, found.finish()?)),
            Self::Labels(found) => {
                Ok(found.finish()?.into_iter().map(|(label, found)| (Class::label(label), found)).unzip())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::InstanceChoices;
    use crate::eval::surfaces::Frame;
    use crate::metric::instances::InstancePreset;
    use crate::stats::InstancesBy;
    use std::path::Path;

    fn finder(shape: &[u64], search: InstanceSearch, classes: ClassSource) -> Result<Option<Finder>, EvalError> {
        let image = Image { truth_path: Path::new("a.nii"), shape, spacing_mm: None, frame: Frame::File(None) };
        Finder::new(&image, &search, &Rules { classes, ..Rules::default() })
    }

    #[test]
    fn lesions_are_found_while_voxels_are_read_where_classes_need_not_be_known() {
        let named = |labels: &[u32]| {
            let classes = labels.iter().copied().map(Class::label).collect();
            ClassSource::Named { classes, from: "-l".into() }
        };
        let by = |by| {
            let choices = InstanceChoices { by: Some(by), ..InstanceChoices::default() };
            InstanceSearch { choices, ..InstanceSearch::default() }
        };
        let components = || by(InstancesBy::Components);
        for shape in [&[4, 3][..], &[4, 3, 2]] {
            assert!(matches!(finder(shape, components(), ClassSource::Found), Ok(Some(Finder::Labels(_)))));
            assert!(
                matches!(finder(shape, components(), named(&[1, 2])), Ok(Some(Finder::Named(own, _))) if own.len() == 2)
            );
            let objects = || by(InstancesBy::Labels);
            assert!(matches!(finder(shape, objects(), ClassSource::Found), Ok(None)));
            assert!(matches!(finder(shape, objects(), named(&[3])), Ok(Some(Finder::Named(..)))));
        }
        // Its regions have rules of their own.
        let preset = InstanceSearch { preset: Some(InstancePreset::Brats23Gli), ..InstanceSearch::default() };
        assert!(matches!(finder(&[4, 3, 2], preset, ClassSource::Found), Ok(None)));
        // Without voxels there is nothing to find.
        assert!(finder(&[4, 0, 2], components(), ClassSource::Found).is_err());
    }
}

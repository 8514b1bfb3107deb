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

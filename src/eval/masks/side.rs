//! One side of a case whose classes have names: the masks of a folder, the segments of a file, or a label map beside them.

use super::grid::{Grid, Mask, Onto};
use super::names::parts;
use crate::eval::case::surplus;
use crate::eval::class::Class;
use crate::eval::error::{EvalError, MaskError};
use crate::eval::ignore::Ignore;
use crate::eval::pairing::Source;
use crate::eval::rules::{ClassSource, NamedBy, Rules};
use crate::eval::segmentation::{segment_names, segmentation_of};
use crate::eval::warning::Warning;
use crate::io::Geometry;
use crate::io::labels::{self, LabelOptions, LabelReader, LabelVolume, Labels, for_runs};
use crate::io::nrrd::{ReferenceGrid, Representation, Segment, Segmentation};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One side of a case.
pub(super) struct Side<'a> {
    pub path: &'a Path,
    pub content: Content<'a>,
    /// How numbers of its files become labels.
    options: LabelOptions,
}

pub(super) enum Content<'a> {
    /// A mask per file.
    Files(&'a [(String, PathBuf)]),
    /// A label per segment, in one of several layers.
    Layers { volumes: Vec<LabelVolume>, segmentation: &'a Segmentation },
    /// Labels that the rules name.
    Map(Box<LabelVolume>),
    /// No voxels of any class: a prediction that is missing, or a segmentation in which nothing was drawn.
    Empty { names: Vec<String>, reference: Option<ReferenceGrid> },
}

/// The voxels of a class.
pub(super) enum Found {
    Mask(Mask),
    /// A file that has more than one value besides 0, and is no mask.
    Several(PathBuf),
}

impl<'a> Side<'a> {
    /// Reads what all classes share.
    pub fn open(source: &'a Source, options: LabelOptions) -> Result<Self, EvalError> {
        let path = source.path();
        let content = match source {
            Source::Masks { files, .. } => Content::Files(files),
            Source::File(file) => {
                // A header that cannot be understood is no label map without names.
                segmentation_of(file)?;
                Content::Map(Box::new(labels::read_with(file, &options)?))
            }
            Source::Segments(file, segmentation) => layers(file, segmentation, &options)?,
        };
        Ok(Self { path, content, options })
    }

    /// A prediction that is missing.
    pub fn missing(path: &'a Path) -> Self {
        let content = Content::Empty { names: Vec::new(), reference: None };
        Self { path, content, options: LabelOptions::default() }
    }

    /// What its masks are called. A label map has no names of its own.
    pub fn names(&self) -> Vec<&str> {
        match &self.content {
            Content::Files(files) => files.iter().map(|(name, _)| name.as_str()).collect(),
            Content::Layers { segmentation, .. } => segment_names(segmentation).collect(),
            Content::Empty { names, .. } => names.iter().map(String::as_str).collect(),
            Content::Map(_) => Vec::new(),
        }
    }

    pub fn is_map(&self) -> bool {
        matches!(self.content, Content::Map(_))
    }

    pub fn is_empty(&self) -> bool {
        matches!(self.content, Content::Empty { .. })
    }

    pub fn is_segmentation(&self) -> bool {
        matches!(self.content, Content::Layers { .. })
    }

    /// The grid of the image that was segmented, where a header names it.
    pub fn reference(&self) -> Option<&ReferenceGrid> {
        match &self.content {
            Content::Layers { segmentation, .. } => segmentation.reference.as_ref(),
            Content::Empty { reference, .. } => reference.as_ref(),
            _ => None,
        }
    }

    /// Names that make up no class, and are not to be left out.
    pub fn unlisted(&self, classes: &[Class], rules: &Rules) -> Vec<String> {
        let names = self.names();
        let has = |name: &str| names.contains(&name);
        let mut listed: Vec<&str> = classes.iter().flat_map(|class| parts(class, classes, has)).collect();
        listed.extend((!rules.ignore.is_empty()).then_some(Ignore::NAME));
        names.iter().filter(|name| !listed.contains(name)).map(|&name| name.to_owned()).collect()
    }

    /// The grid of its voxels: of masks in files, that of the first one that is looked at.
    pub fn grid(&self, classes: &[Class]) -> Result<Option<Grid>, EvalError> {
        let of = |path: &Path, shape: &[u64], geometry: Option<&Geometry>| {
            Some(Grid { path: path.into(), shape: shape.to_vec(), geometry: geometry.copied() })
        };
        Ok(match &self.content {
            Content::Empty { .. } => None,
            Content::Map(volume) => of(self.path, &volume.shape, volume.geometry.as_ref()),
            Content::Layers { volumes, .. } => {
                volumes.first().and_then(|volume| of(self.path, &volume.shape, volume.geometry.as_ref()))
            }
            Content::Files(files) => {
                let names = self.names();
                let parts = classes.iter().flat_map(|class| parts(class, classes, |name| names.contains(&name)));
                let parts: Vec<&str> = parts.collect();
                let wanted = files.iter().find(|(name, _)| parts.contains(&name.as_str()));
                match wanted.or(files.first()) {
                    None => None,
                    Some((_, file)) => {
                        let reader = LabelReader::open_with(file, &self.options)?;
                        of(file, reader.shape(), reader.geometry())
                    }
                }
            }
        })
    }

    /// The voxels of a class; None where this side does not have it.
    pub fn class(&self, class: &Class, classes: &[Class], onto: &mut Onto<'_>) -> Result<Option<Found>, EvalError> {
        if let Content::Map(volume) = &self.content {
            let labels: BTreeSet<u32> = class.labels.iter().copied().collect();
            return Ok(Some(Found::Mask(mask_of(volume, |label| labels.contains(&label)))));
        }
        let names = self.names();
        let mut union = None;
        for name in parts(class, classes, |name| names.contains(&name)) {
            match self.named(name, onto)? {
                None => {}
                Some(Found::Several(file)) => return Ok(Some(Found::Several(file))),
                Some(Found::Mask(mask)) => add(&mut union, mask),
            }
        }
        Ok(union.map(Found::Mask))
    }

    /// The mask that is called so.
    fn named(&self, name: &str, onto: &mut Onto<'_>) -> Result<Option<Found>, EvalError> {
        match &self.content {
            Content::Map(_) | Content::Empty { .. } => Ok(None),
            Content::Files(files) => {
                let mut of_name = files.iter().filter(|(own, _)| own == name).map(|(_, file)| file);
                match (of_name.next(), of_name.next()) {
                    (None, _) => Ok(None),
                    (Some(file), None) => Ok(Some(read_mask(file, &self.options, onto)?)),
                    (Some(file), Some(other)) => {
                        Err(MaskError::Twice { files: [file.clone(), other.clone()], name: name.into() }.into())
                    }
                }
            }
            Content::Layers { volumes, segmentation } => {
                // Slicer's names need not differ; what has the same name is one class.
                let mut union = None;
                for segment in segmentation.segments.iter().filter(|segment| segment.name == name) {
                    let Some(volume) = volumes.get(segment.layer as usize) else { continue };
                    add(&mut union, mask_of(volume, |label| u64::from(label) == segment.label));
                }
                Ok(union.map(Found::Mask))
            }
        }
    }

    /// Where voxels of this truth are to be left out, if anywhere: where its label map has an ignored label, or where
    /// what is called as the dataset's ignore label is.
    pub fn ignored(&self, rules: &Rules, onto: &mut Onto<'_>) -> Result<Option<Mask>, EvalError> {
        if rules.ignore.is_empty() {
            return Ok(None);
        }
        let is_ignored = |label: u32| rules.ignore.holds(label);
        match (&self.content, self.named(Ignore::NAME, onto)?) {
            (_, Some(Found::Mask(mask))) => Ok(Some(mask)),
            (_, Some(Found::Several(file))) => Err(MaskError::NotAMask(file).into()),
            (Content::Map(volume), None) => Ok(Some(mask_of(volume, is_ignored))),
            (Content::Empty { .. }, None) => Ok(None),
            // A case may have no voxels to ignore.
            (_, None) if rules.named_by == NamedBy::Dataset => Ok(None),
            (Content::Layers { volumes, .. }, None) if volumes.len() == 1 => {
                Ok(volumes.first().map(|volume| mask_of(volume, is_ignored)))
            }
            (_, None) => {
                Err(MaskError::NoLabelToIgnore { path: self.path.into(), ignore: rules.ignore.clone() }.into())
            }
        }
    }

    /// Bytes behind the voxels of the file that was read as a whole.
    pub fn surplus(&self) -> Option<Warning> {
        let volume = match &self.content {
            Content::Map(volume) => Some(&**volume),
            Content::Layers { volumes, .. } => volumes.first(),
            Content::Files(_) | Content::Empty { .. } => None,
        };
        surplus(self.path, volume?.surplus)
    }

    /// Values of a segmentation that no segment has, and segments without a voxel.
    pub fn undeclared(&self, rules: &Rules) -> Option<Warning> {
        let Content::Layers { volumes, segmentation } = &self.content else { return None };
        let segments = &segmentation.segments;
        let (mut values, mut absent) = (Vec::new(), Vec::new());
        for (layer, volume) in (0..).zip(volumes) {
            let census = volume.census();
            let declared =
                |value: u32| segments.iter().any(|segment| segment.layer == layer && segment.label == u64::from(value));
            let others = census.iter().filter(|&(&value, _)| value != 0 && !rules.ignore.holds(value));
            values.extend(others.filter(|&(&value, _)| !declared(value)).map(|(&value, &voxels)| (value, voxels)));
            let has = |label: u64| u32::try_from(label).is_ok_and(|label| census.contains_key(&label));
            let own = segments.iter().filter(|segment| segment.layer == layer && !has(segment.label));
            absent.extend(own.map(|segment| (segment.name.clone(), segment.label)));
        }
        let file = self.path.display().to_string();
        (!values.is_empty()).then_some(Warning::Undeclared { file, values, absent })
    }
}

/// The layers of a segmentation, if they can be what its header says.
fn layers<'a>(path: &Path, segmentation: &'a Segmentation, options: &LabelOptions) -> Result<Content<'a>, EvalError> {
    if segmentation.representation == Representation::Fractional {
        return Err(MaskError::Fractional(path.into()).into());
    }
    check(path, &segmentation.segments)?;
    let volumes = labels::read_layers_with(path, options)?;
    let last = segmentation.segments.iter().max_by_key(|segment| segment.layer);
    if let Some(Segment { name, layer, .. }) = last.filter(|segment| segment.layer >= volumes.len() as u64) {
        let shape = volumes.first().map_or(&[][..], |volume| &volume.shape);
        let (name, layer, shape) = (name.clone(), *layer, shape.to_vec());
        return Err(MaskError::NoLayer { path: path.into(), name, layer, layers: volumes.len(), shape }.into());
    }
    // What Slicer writes where nothing was drawn.
    if volumes.iter().all(|volume| volume.voxels() == 1 && volume.census().contains_key(&0)) {
        let names = segment_names(segmentation).map(str::to_owned).collect();
        return Ok(Content::Empty { names, reference: segmentation.reference });
    }
    Ok(Content::Layers { volumes, segmentation })
}

/// Refuses segments that cannot be told apart.
fn check(path: &Path, segments: &[Segment]) -> Result<(), MaskError> {
    if let Some(segment) = segments.iter().find(|segment| segment.label == 0) {
        return Err(MaskError::Background { path: path.into(), name: segment.name.clone() });
    }
    for (place, segment) in segments.iter().enumerate() {
        let same = |other: &&Segment| (other.layer, other.label) == (segment.layer, segment.label);
        let before = segments.iter().take(place).find(same);
        if let Some(other) = before.filter(|other| other.name != segment.name) {
            let names = [&other.name, &segment.name].map(String::clone);
            let &Segment { label, layer, .. } = segment;
            return Err(MaskError::SameValue { path: path.into(), names, label, layer });
        }
    }
    Ok(())
}

/// Reads a file that is to be a mask, in the order of the grid of its side.
fn read_mask(file: &Path, options: &LabelOptions, onto: &mut Onto<'_>) -> Result<Found, EvalError> {
    let volume = labels::read_with(file, options)?;
    let several = match &volume.labels {
        Labels::U8(labels) => has_several(labels),
        Labels::U16(labels) => has_several(labels),
        Labels::U32(labels) => has_several(labels),
    };
    if several {
        return Ok(Found::Several(file.into()));
    }
    onto.notes.surplus.extend((volume.surplus > 0).then(|| (file.into(), volume.surplus)));
    let mask = mask_of(&volume, |label| label != 0);
    let Some(grid) = onto.grid else { return Ok(Found::Mask(mask)) };
    let own = Grid { path: file.into(), shape: volume.shape, geometry: volume.geometry };
    let (mask, gap) = grid.hold(mask, &own, onto.rule)?;
    onto.notes.lies([&grid.path, file], gap);
    Ok(Found::Mask(mask))
}

/// Whether there are two values besides 0.
fn has_several<T: Copy + Default + PartialEq>(labels: &[T]) -> bool {
    let zero = T::default();
    let first = labels.iter().copied().find(|&label| label != zero).unwrap_or(zero);
    labels.iter().any(|&label| label != zero && label != first)
}

/// Where a map has certain labels. Maps are mostly constant, so that a label is judged once per run.
fn mask_of(volume: &LabelVolume, is_in: impl Fn(u32) -> bool) -> Mask {
    fn each<T: Copy + PartialEq + Into<u32>>(labels: &[T], is_in: impl Fn(u32) -> bool) -> Mask {
        let mut mask = Vec::with_capacity(labels.len());
        for_runs(labels, |label, run| mask.resize(mask.len() + run as usize, u8::from(is_in(label.into()))));
        mask
    }
    match &volume.labels {
        Labels::U8(labels) => each(labels, is_in),
        Labels::U16(labels) => each(labels, is_in),
        Labels::U32(labels) => each(labels, is_in),
    }
}

/// Joins two masks of one side.
fn add(union: &mut Option<Mask>, mask: Mask) {
    match union {
        None => *union = Some(mask),
        Some(all) => all.iter_mut().zip(mask).for_each(|(all, own)| *all |= own),
    }
}

/// The classes of a case.
pub(super) fn wanted(sides: &[Side<'_>; 2], rules: &Rules) -> Result<Vec<Class>, MaskError> {
    let [truth, pred] = sides;
    let maps = sides.iter().find(|side| side.is_map());
    match (&rules.classes, maps) {
        (ClassSource::Named { classes, .. }, _) => Ok(classes.clone()),
        (ClassSource::Found, None) => {
            let names: BTreeSet<&str> = truth.names().into_iter().chain(pred.names()).collect();
            // Without a dataset nothing is called the ignore label, unless a label was to be ignored.
            let ignored = |name: &&str| !rules.ignore.is_empty() && *name == Ignore::NAME;
            Ok(names.into_iter().filter(|name| !ignored(name)).map(|name| Class::mask(name.into())).collect())
        }
        (ClassSource::Found, Some(map)) => match (&map.content, sides.iter().any(Side::is_empty)) {
            (Content::Map(volume), true) => {
                let labels = volume.census().into_keys().filter(|&label| label != 0 && !rules.ignore.holds(label));
                Ok(labels.map(Class::label).collect())
            }
            _ => {
                let other = if truth.is_map() { pred } else { truth };
                Err(MaskError::NamelessMap {
                    map: map.path.into(),
                    other: other.path.into(),
                    overlap: other.is_segmentation(),
                    names: other.names().into_iter().map(str::to_owned).collect(),
                })
            }
        },
    }
}

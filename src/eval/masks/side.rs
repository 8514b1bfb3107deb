//! One side of a case whose classes have names: the masks of a folder, the segments of a file, or a label map beside them.

use super::bits::Bits;
use super::file::{LabelFile, MaskFile};
use super::grid::{Grid, Onto};
use super::names::parts;
use crate::eval::case::{merged, surplus};
use crate::eval::class::Class;
use crate::eval::error::{EvalError, MaskError};
use crate::eval::ignore::Ignore;
use crate::eval::pairing::Source;
use crate::eval::rules::{ClassSource, NamedBy, Rules};
use crate::eval::segmentation::{segment_names, segmentation_of};
use crate::eval::warning::Warning;
use crate::io::labels::{LabelOptions, LabelReader};
use crate::io::nrrd::{ReferenceGrid, Representation, Segment, Segmentation};
use crate::io::{Geometry, Input};
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
    Files(&'a [(String, Input)]),
    /// A label per segment, in one of several layers.
    Layers { file: Box<LabelFile<'a>>, segmentation: &'a Segmentation },
    /// Labels that the rules name.
    Map(Box<LabelFile<'a>>),
    /// No voxels of any class: a prediction that is missing, or a segmentation in which nothing was drawn.
    Empty { names: Vec<String>, reference: Option<ReferenceGrid> },
}

/// The voxels of a class.
pub(super) enum Found {
    Mask(Bits),
    /// A file that has more than one value besides 0, and so is not a mask.
    Several(PathBuf),
}

impl<'a> Side<'a> {
    /// Reads what all classes share.
    pub fn open(source: &'a Source, options: LabelOptions) -> Result<Self, EvalError> {
        let path = source.path();
        let content = match source {
            Source::Masks { files, .. } => Content::Files(files),
            Source::File(file) => {
                // A header that cannot be read does not make the file a label map without names.
                segmentation_of(file)?;
                Content::Map(Box::new(LabelFile::open(file, &options, false)?))
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

    /// The names of its masks. A label map has no names.
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
            Content::Map(file) | Content::Layers { file, .. } => of(self.path, &file.shape, file.geometry.as_ref()),
            Content::Files(files) => {
                let names = self.names();
                let parts = classes.iter().flat_map(|class| parts(class, classes, |name| names.contains(&name)));
                let parts: Vec<&str> = parts.collect();
                let wanted = files.iter().find(|(name, _)| parts.contains(&name.as_str()));
                match wanted.or(files.first()) {
                    None => None,
                    Some((_, file)) => {
                        let reader = LabelReader::open_with(file, &self.options)?;
                        of(file.path(), reader.shape(), reader.geometry())
                    }
                }
            }
        })
    }

    /// The voxels of a class; None where this side does not have it.
    pub fn class(&self, class: &Class, classes: &[Class], onto: &mut Onto<'_>) -> Result<Option<Found>, EvalError> {
        if let Content::Map(file) = &self.content {
            let labels: BTreeSet<u32> = class.labels.iter().copied().collect();
            return Ok(Some(Found::Mask(file.mask(|_, label| labels.contains(&label))?)));
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
                        let files = [file, other].map(|file| file.path().to_path_buf());
                        Err(MaskError::Twice { files, name: name.into() }.into())
                    }
                }
            }
            Content::Layers { file, segmentation } => {
                // Slicer allows equal names; segments of one name are one class.
                let segments: Vec<&Segment> =
                    segmentation.segments.iter().filter(|segment| segment.name == name).collect();
                if segments.is_empty() {
                    return Ok(None);
                }
                let is_in = |layer: usize, label: u32| {
                    let is = |segment: &&Segment| (segment.layer, segment.label) == (layer as u64, label.into());
                    segments.iter().any(is)
                };
                Ok(Some(Found::Mask(file.mask(is_in)?)))
            }
        }
    }

    /// Where voxels of this truth are to be left out, if anywhere: where its label map has an ignored label, or where
    /// what is called as the dataset's ignore label is.
    pub fn ignored(&self, rules: &Rules, onto: &mut Onto<'_>) -> Result<Option<Bits>, EvalError> {
        if rules.ignore.is_empty() {
            return Ok(None);
        }
        let is_ignored = |_, label: u32| rules.ignore.holds(label);
        match (&self.content, self.named(Ignore::NAME, onto)?) {
            (_, Some(Found::Mask(mask))) => Ok(Some(mask)),
            (_, Some(Found::Several(file))) => Err(MaskError::NotAMask(file).into()),
            (Content::Map(file), None) => Ok(Some(file.mask(is_ignored)?)),
            (Content::Empty { .. }, None) => Ok(None),
            // A case may have no voxels to ignore.
            (_, None) if rules.named_by == NamedBy::Dataset => Ok(None),
            (Content::Layers { file, .. }, None) if file.layers() == 1 => Ok(Some(file.mask(is_ignored)?)),
            (_, None) => {
                Err(MaskError::NoLabelToIgnore { path: self.path.into(), ignore: rules.ignore.clone() }.into())
            }
        }
    }

    /// What there is to say about the file that was read as a whole.
    pub fn warnings(&self) -> impl Iterator<Item = Warning> {
        let file = match &self.content {
            Content::Map(file) | Content::Layers { file, .. } => Some(file),
            Content::Files(_) | Content::Empty { .. } => None,
        };
        file.into_iter()
            .flat_map(move |file| surplus(self.path, file.surplus).into_iter().chain(merged(self.path, &file.merged)))
    }

    /// Values of a segmentation that no segment has, and segments without a voxel.
    pub fn undeclared(&self, rules: &Rules) -> Option<Warning> {
        let Content::Layers { file, segmentation } = &self.content else { return None };
        let segments = &segmentation.segments;
        let (mut values, mut absent) = (Vec::new(), Vec::new());
        for (layer, census) in (0..).zip(&file.census) {
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
fn layers<'a>(
    input: &'a Input,
    segmentation: &'a Segmentation,
    options: &LabelOptions,
) -> Result<Content<'a>, EvalError> {
    let path = input.path();
    if segmentation.representation == Representation::Fractional {
        return Err(MaskError::Fractional(path.into()).into());
    }
    check(path, &segmentation.segments)?;
    let file = LabelFile::open(input, options, true)?;
    let last = segmentation.segments.iter().max_by_key(|segment| segment.layer);
    if let Some(Segment { name, layer, .. }) = last.filter(|segment| segment.layer >= file.layers() as u64) {
        let (name, layer, shape) = (name.clone(), *layer, file.shape.clone());
        return Err(MaskError::NoLayer { path: path.into(), name, layer, layers: file.layers(), shape }.into());
    }
    // What Slicer writes where nothing was drawn.
    if file.voxels() == 1 && file.census.iter().all(|census| census.contains_key(&0)) {
        let names = segment_names(segmentation).map(str::to_owned).collect();
        return Ok(Content::Empty { names, reference: segmentation.reference });
    }
    Ok(Content::Layers { file: Box::new(file), segmentation })
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
fn read_mask(input: &Input, options: &LabelOptions, onto: &mut Onto<'_>) -> Result<Found, EvalError> {
    let file = input.path();
    let MaskFile { mask, shape, geometry, surplus, merged } = MaskFile::read(input, options)?;
    let Some(mask) = mask else { return Ok(Found::Several(file.into())) };
    onto.notes.merged.extend((!merged.is_empty()).then(|| (file.into(), merged)));
    onto.notes.surplus.extend((surplus > 0).then(|| (file.into(), surplus)));
    let Some(grid) = onto.grid else { return Ok(Found::Mask(mask)) };
    let (mask, gap) = grid.hold(mask, &Grid { path: file.into(), shape, geometry }, onto.rule)?;
    onto.notes.lies([&grid.path, file], gap);
    Ok(Found::Mask(mask))
}

/// Joins two masks of one side.
fn add(union: &mut Option<Bits>, mask: Bits) {
    match union {
        None => *union = Some(mask),
        Some(all) => all.add(&mask),
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
            (Content::Map(file), true) => {
                let labels = file
                    .census
                    .iter()
                    .flat_map(|census| census.keys().copied())
                    .filter(|&label| label != 0 && !rules.ignore.holds(label));
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

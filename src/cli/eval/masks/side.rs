//! One side of a case whose classes have names: the masks of a folder, the segments of a file, or a label map beside them.

use super::grid::Grid;
use super::names::parts;
use crate::cli::eval::case::same_extent;
use crate::cli::eval::class::Class;
use crate::cli::eval::dataset::IGNORE;
use crate::cli::eval::pairing::Source;
use crate::cli::eval::segmentation::{segment_names, segmentation_of};
use crate::cli::eval::settings::{NamedBy, Rules, Wanted};
use crate::cli::text::extent;
use crate::cli::warning::{Warning, listed};
use crate::io::Geometry;
use crate::io::labels::{self, LabelOptions, LabelReader, LabelVolume, Labels};
use crate::io::nrrd::{ReferenceGrid, Representation, Segment, Segmentation};
use anyhow::{Result, bail};
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
#[expect(clippy::large_enum_variant, reason = "one at a time, and taken apart at once")]
pub(super) enum Found {
    Mask(Mask),
    /// A file that has more than one value besides 0, and is no mask.
    Several(PathBuf),
}

/// A mask of 0 and 1.
pub(super) struct Mask {
    pub voxels: Vec<u8>,
    pub shape: Vec<u64>,
    pub geometry: Option<Geometry>,
    pub path: PathBuf,
}

impl<'a> Side<'a> {
    /// Reads what all classes share.
    pub fn open(source: &'a Source, options: LabelOptions) -> Result<Self> {
        let path = source.path();
        let content = match source {
            Source::Masks { files, .. } => Content::Files(files),
            Source::File(file) => {
                // A header that cannot be understood is no label map without names.
                segmentation_of(file)?;
                Content::Map(Box::new(labels::read_with(file, &options)?))
            }
            Source::Segments(file, segmentation) => layers(file, segmentation)?,
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
        listed.extend((!rules.ignore.is_empty()).then_some(IGNORE));
        names.iter().filter(|name| !listed.contains(name)).map(|&name| name.to_owned()).collect()
    }

    /// The grid of its voxels: of masks in files, that of the first one that is looked at.
    pub fn grid(&self, classes: &[Class]) -> Result<Option<Grid>> {
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
    pub fn class(&self, class: &Class, classes: &[Class]) -> Result<Option<Found>> {
        if let Content::Map(volume) = &self.content {
            return Ok(Some(Found::Mask(mask_of(volume, self.path, |label| class.labels.contains(&label)))));
        }
        let names = self.names();
        let mut union: Option<Mask> = None;
        for name in parts(class, classes, |name| names.contains(&name)) {
            match self.named(name)? {
                None => {}
                Some(Found::Several(file)) => return Ok(Some(Found::Several(file))),
                Some(Found::Mask(mask)) => match &mut union {
                    None => union = Some(mask),
                    Some(union) => union.add(&mask)?,
                },
            }
        }
        Ok(union.map(Found::Mask))
    }

    /// The mask that is called so.
    fn named(&self, name: &str) -> Result<Option<Found>> {
        match &self.content {
            Content::Map(_) | Content::Empty { .. } => Ok(None),
            Content::Files(files) => {
                let mut of_name = files.iter().filter(|(own, _)| own == name).map(|(_, file)| file);
                match (of_name.next(), of_name.next()) {
                    (None, _) => Ok(None),
                    (Some(file), None) => read_mask(file, &self.options).map(Some),
                    (Some(file), Some(other)) => bail!(
                        "{} and {} are both the mask of {name}; leave one of them in the folder",
                        file.display(),
                        other.display()
                    ),
                }
            }
            Content::Layers { volumes, segmentation } => {
                // Slicer's names need not differ; what has the same name is one class.
                let mut union: Option<Mask> = None;
                for segment in segmentation.segments.iter().filter(|segment| segment.name == name) {
                    let Some(volume) = volumes.get(segment.layer as usize) else { continue };
                    let own = mask_of(volume, self.path, |label| u64::from(label) == segment.label);
                    match &mut union {
                        None => union = Some(own),
                        Some(union) => union.add(&own)?,
                    }
                }
                Ok(union.map(Found::Mask))
            }
        }
    }

    /// Where voxels of this truth are to be left out, if anywhere: where its label map has an ignored label, or where
    /// what is called as the dataset's ignore label is.
    pub fn ignored(&self, rules: &Rules) -> Result<Option<Vec<u8>>> {
        if rules.ignore.is_empty() {
            return Ok(None);
        }
        let is_ignored = |label: u32| rules.ignore.holds(label);
        match (&self.content, self.named(IGNORE)?) {
            (_, Some(Found::Mask(mask))) => Ok(Some(mask.voxels)),
            (_, Some(Found::Several(file))) => Err(no_mask(&file)),
            (Content::Map(volume), None) => Ok(Some(mask_of(volume, self.path, is_ignored).voxels)),
            (Content::Empty { .. }, None) => Ok(None),
            // A case may have no voxels to ignore.
            (_, None) if rules.named_by == NamedBy::Dataset => Ok(None),
            (Content::Layers { volumes, .. }, None) if volumes.len() == 1 => {
                Ok(volumes.first().map(|volume| mask_of(volume, self.path, is_ignored).voxels))
            }
            (_, None) => bail!(
                "{}: masks have names and no labels, so that there is no label {} to ignore; leave --ignore out, or call \
                 the mask of what is to be left out `{IGNORE}`",
                self.path.display(),
                rules.ignore
            ),
        }
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

/// What a file is that is no mask.
pub(super) fn no_mask(file: &Path) -> anyhow::Error {
    anyhow::anyhow!(
        "{} has more than one value besides 0, so that it is no mask of one class; threshold it, or take it out of the \
         folder if it is an image or a label map",
        file.display()
    )
}

/// The layers of a segmentation, if they can be what its header says.
fn layers<'a>(path: &Path, segmentation: &'a Segmentation) -> Result<Content<'a>> {
    if segmentation.representation == Representation::Fractional {
        bail!(
            "{} is a fractional segmentation: its voxels say how much of them is inside, and are no labels; export it \
             from 3D Slicer as a binary labelmap",
            path.display()
        );
    }
    check(path, &segmentation.segments)?;
    let volumes = labels::read_layers(path)?;
    let last = segmentation.segments.iter().max_by_key(|segment| segment.layer);
    if let Some(Segment { name, layer, .. }) = last.filter(|segment| segment.layer >= volumes.len() as u64) {
        let shape = volumes.first().map_or(&[][..], |volume| &volume.shape);
        let remedy = if volumes.len() == 1 && shape.len() > 3 {
            "; none of its axes is said to hold layers: write `kinds: list domain domain domain`, or the space direction \
             none for the first axis"
        } else {
            "; save the segmentation again"
        };
        bail!(
            "{}: the segment {name} is in layer {layer}, and of {} voxels there are {} layers{remedy}",
            path.display(),
            extent(shape),
            volumes.len()
        );
    }
    // What Slicer writes where nothing was drawn.
    if volumes.iter().all(|volume| volume.voxels() == 1 && volume.census().contains_key(&0)) {
        let names = segment_names(segmentation).map(str::to_owned).collect();
        return Ok(Content::Empty { names, reference: segmentation.reference });
    }
    Ok(Content::Layers { volumes, segmentation })
}

/// Refuses segments that cannot be told apart.
fn check(path: &Path, segments: &[Segment]) -> Result<()> {
    if let Some(segment) = segments.iter().find(|segment| segment.label == 0) {
        bail!(
            "{}: the segment {} has the value 0, which is the background; save the segmentation again",
            path.display(),
            segment.name
        );
    }
    for (place, segment) in segments.iter().enumerate() {
        let same = |other: &&Segment| (other.layer, other.label) == (segment.layer, segment.label);
        let before = segments.iter().take(place).find(same);
        if let Some(other) = before.filter(|other| other.name != segment.name) {
            bail!(
                "{}: the segments {} and {} both have the value {} in layer {}, so that nothing tells whose voxels they \
                 are; save the segmentation again, or correct LabelValue and Layer in its header",
                path.display(),
                other.name,
                segment.name,
                segment.label,
                segment.layer
            );
        }
    }
    Ok(())
}

/// Reads a file that is to be a mask.
fn read_mask(file: &Path, options: &LabelOptions) -> Result<Found> {
    let volume = labels::read_with(file, options)?;
    let several = match &volume.labels {
        Labels::U8(labels) => has_several(labels),
        Labels::U16(labels) => has_several(labels),
        Labels::U32(labels) => has_several(labels),
    };
    Ok(if several { Found::Several(file.into()) } else { Found::Mask(mask_of(&volume, file, |label| label != 0)) })
}

/// Whether there are two values besides 0.
fn has_several<T: Copy + Default + PartialEq>(labels: &[T]) -> bool {
    let zero = T::default();
    let first = labels.iter().copied().find(|&label| label != zero).unwrap_or(zero);
    labels.iter().any(|&label| label != zero && label != first)
}

fn mask_of(volume: &LabelVolume, path: &Path, is_in: impl Fn(u32) -> bool) -> Mask {
    let voxels = match &volume.labels {
        Labels::U8(labels) => labels.iter().map(|&label| u8::from(is_in(label.into()))).collect(),
        Labels::U16(labels) => labels.iter().map(|&label| u8::from(is_in(label.into()))).collect(),
        Labels::U32(labels) => labels.iter().map(|&label| u8::from(is_in(label))).collect(),
    };
    Mask { voxels, shape: volume.shape.clone(), geometry: volume.geometry, path: path.into() }
}

impl Mask {
    /// The union of two masks of one side.
    fn add(&mut self, other: &Self) -> Result<()> {
        same_extent([&self.path, &other.path], [&self.shape, &other.shape])?;
        self.voxels.iter_mut().zip(&other.voxels).for_each(|(all, own)| *all |= own);
        Ok(())
    }
}

/// The classes of a case.
pub(super) fn wanted(sides: &[Side<'_>; 2], rules: &Rules) -> Result<Vec<Class>> {
    let [truth, pred] = sides;
    let maps = sides.iter().find(|side| side.is_map());
    match (&rules.wanted, maps) {
        (Wanted::Named { classes, .. }, _) => Ok(classes.clone()),
        (Wanted::Found, None) => {
            let names: BTreeSet<&str> = truth.names().into_iter().chain(pred.names()).collect();
            // Without a dataset nothing is called the ignore label, unless a label was to be ignored.
            let ignored = |name: &&str| !rules.ignore.is_empty() && *name == IGNORE;
            Ok(names.into_iter().filter(|name| !ignored(name)).map(|name| Class::mask(name.into())).collect())
        }
        (Wanted::Found, Some(map)) => match (&map.content, sides.iter().any(Side::is_empty)) {
            (Content::Map(volume), true) => {
                let labels = volume.census().into_keys().filter(|&label| label != 0 && !rules.ignore.holds(label));
                Ok(labels.map(Class::label).collect())
            }
            _ => {
                let other = if truth.is_map() { pred } else { truth };
                let has = if other.is_segmentation() { "segments that overlap" } else { "one file per class" };
                bail!(
                    "{}: this label map has no names, and {} has {has}, matched by name ({}); say with --dataset \
                     dataset.json which label is which class, or name two files or two folders of label maps",
                    map.path.display(),
                    other.path.display(),
                    listed(&other.names().into_iter().map(str::to_owned).collect::<Vec<_>>())
                )
            }
        },
    }
}

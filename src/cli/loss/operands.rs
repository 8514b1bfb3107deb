//! The two files, and what their axes mean.

use super::choices::{Choices, LayoutName};
use crate::cli::eval::{GeometryRule, gap};
use crate::cli::text::extent;
use crate::cli::warning::Warning;
use crate::io::npy::Order;
use crate::io::soft::{self, Origin, SoftError, SoftVolume};
use crate::metric::Activation;
use crate::stats::Sums;
use crate::{Layout, Shape, SumsOptions, Table, Truth, Volume};
use anyhow::{Context, Result, bail};
use std::path::Path;

/// Truth and prediction as the engine takes them.
#[derive(Debug)]
pub(super) struct Operands {
    truth: SoftVolume,
    pred: SoftVolume,
    pub shape: Shape,
    /// The shape of the truth, where it is a label map.
    labels: Option<Shape>,
    /// The axes of one value, where each row is one.
    pub row_axes: Option<Vec<usize>>,
    pub layout: &'static str,
    pub warnings: Vec<Warning>,
}

/// What the axes of an array are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Axes {
    samples: usize,
    channels: usize,
    spatial: Vec<usize>,
    layout: Layout,
    /// The axis of the channels, if there is one.
    channel_axis: Option<usize>,
}

impl Operands {
    pub fn read(truth_path: &Path, pred_path: &Path, choices: &Choices) -> Result<Self> {
        for path in [truth_path, pred_path] {
            if path.is_dir() {
                bail!("{}: this is a folder; name the file itself", path.display());
            }
        }
        let (truth, pred) = read_both(truth_path, pred_path)?;
        let mut warnings = Vec::new();
        for (path, volume) in [(truth_path, &truth), (pred_path, &pred)] {
            if volume.rounded > 0 {
                warnings.push(Warning::Rounded { file: path.display().to_string(), voxels: volume.rounded });
            }
        }
        if matches!((truth_path.canonicalize(), pred_path.canonicalize()), (Ok(a), Ok(b)) if a == b) {
            warnings.push(Warning::SameSoftFile);
        }
        let both = [without_leading_ones(&truth), without_leading_ones(&pred)];
        match (&truth.origin, &pred.origin) {
            (Origin::Npy, Origin::Npy) => {}
            (Origin::Nifti { geometry: a }, Origin::Nifti { geometry: b }) => {
                let shape: Vec<u64> = both[1].iter().rev().map(|&n| n as u64).collect();
                warnings.extend(GeometryRule::Warn.check(gap(a, b, &shape))?);
            }
            _ => bail!(
                "{} and {} are files of different kinds, and a .npy file does not say which axis is x; convert one of them",
                truth_path.display(),
                pred_path.display()
            ),
        }
        let nifti = truth.origin != Origin::Npy;
        let [truth_axes, pred_axes] = &both;
        let mut operands =
            Self { shape: Shape::new(1, 1, [1])?, labels: None, row_axes: None, layout: "rows", warnings, truth, pred };
        let mismatch = |hint: &str| {
            anyhow::anyhow!(
                "{} has axes {truth_axes:?} and {} has {pred_axes:?}; {hint}",
                truth_path.display(),
                pred_path.display()
            )
        };
        if choices.rows() {
            if choices.layout.is_some() {
                bail!(
                    "--layout does nothing where rows are summed, which have no channels; leave it out, or say --per cell"
                );
            }
            let Some((&last, before)) = pred_axes.split_last() else { bail!(single(pred_path)) };
            if truth_axes != pred_axes {
                return Err(mismatch("rows are compared one by one, so both must be equal"));
            }
            operands.shape = Shape::new(before.iter().product(), 1, [last])?;
            operands.row_axes = Some(before.to_vec());
            return Ok(operands);
        }
        let layout = match choices.layout() {
            // A preset flattens, but a label map is no array of the same shape.
            Some(LayoutName::Flat) if choices.layout.is_none() && truth_axes != pred_axes => LayoutName::ChannelsFirst,
            layout => layout.unwrap_or(LayoutName::ChannelsFirst),
        };
        let axes = axes(pred_axes, layout, nifti, pred_path)?;
        operands.layout = match (axes.channel_axis, axes.layout) {
            (None, _) => "flat",
            (_, Layout::ChannelsFirst) => "channels-first",
            (_, Layout::ChannelsLast) => "channels-last",
        };
        operands.shape = Shape::new(axes.samples, axes.channels, &axes.spatial)
            .with_context(|| pred_path.display().to_string())?
            .with_layout(axes.layout);
        if truth_axes != pred_axes {
            if !axes.fits_labels(truth_axes, pred_axes) {
                return Err(mismatch("both must be equal, unless the truth is a label map without the channel axis"));
            }
            let shape = Shape::new(axes.samples, 1, &axes.spatial)?;
            if !operands.truth.integer || operands.truth.labels(shape.clone())?.is_none() {
                return Err(mismatch(
                    "without the channel axis the truth is a label map, which must be stored as whole numbers from 0 up",
                ));
            }
            operands.labels = Some(shape);
        }
        Ok(operands)
    }

    pub fn pred(&self) -> Result<Volume<'_>> {
        Ok(self.pred.volume(self.shape.clone())?)
    }

    pub fn truth(&self) -> Result<Truth<'_>> {
        let labels = self.labels.clone().map(|shape| self.truth.labels(shape)).transpose()?.flatten();
        Ok(match labels {
            Some(labels) => labels.into(),
            None => self.truth.volume(self.shape.clone())?.into(),
        })
    }

    pub fn truth_is_labels(&self) -> bool {
        self.labels.is_some()
    }

    /// The prediction's shape as its file has it, and the order of its voxels in memory.
    pub fn file_shape(&self) -> (Vec<u64>, Order) {
        let axes = self.pred.axes.iter().map(|&n| n as u64);
        match self.pred.origin {
            Origin::Npy => (axes.collect(), Order::RowMajor),
            // x first, as every reader of NIfTI has it.
            Origin::Nifti { .. } => (axes.rev().collect(), Order::ColumnMajor),
        }
    }

    /// The prediction's shape for people.
    pub fn file_extent(&self) -> String {
        extent(&self.file_shape().0)
    }

    /// Warns of voxels that are no probabilities.
    pub fn note_range(&mut self, sums: &Table<Sums>, options: &SumsOptions) {
        if sums.values().iter().any(Sums::out_of_range) {
            // What an activation gives is a probability, so it is the truth then.
            let activated = options.activation != Activation::None;
            self.warnings.push(if activated { Warning::TruthOutOfRange } else { Warning::OutOfRange });
        }
    }
}

impl Axes {
    /// Whether these are the axes of the prediction without its channels, or with one.
    fn fits_labels(&self, truth: &[usize], pred: &[usize]) -> bool {
        let Some(channel) = self.channel_axis else { return false };
        let mut without = pred.to_vec();
        without.remove(channel);
        let mut one = pred.to_vec();
        one[channel] = 1;
        truth == without || truth == one
    }
}

/// Both files at once: most of the time of a run may be their decompression.
fn read_both(truth: &Path, pred: &Path) -> Result<(SoftVolume, SoftVolume), SoftError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, || soft::read(pred));
        let truth = soft::read(truth)?;
        let pred = match thread.map(|thread| thread.join()) {
            Ok(Ok(pred)) => pred?,
            // No thread could be had, or it died: then one after the other.
            _ => soft::read(pred)?,
        };
        Ok((truth, pred))
    })
}

/// The axes; of a NIfTI without those of length 1 that some writers add behind z.
fn without_leading_ones(volume: &SoftVolume) -> Vec<usize> {
    let mut axes = volume.axes.as_slice();
    if volume.origin != Origin::Npy {
        while let [1, rest @ ..] = axes
            && rest.len() >= 3
        {
            axes = rest;
        }
    }
    axes.to_vec()
}

fn single(path: &Path) -> String {
    format!("{}: this is a single number, not a volume", path.display())
}

fn axes(axes: &[usize], layout: LayoutName, nifti: bool, path: &Path) -> Result<Axes> {
    let flat =
        Axes { samples: 1, channels: 1, spatial: axes.to_vec(), layout: Layout::ChannelsFirst, channel_axis: None };
    let first = |samples, rest: &[usize]| Axes {
        samples,
        channels: rest[0],
        spatial: rest[1..].to_vec(),
        layout: Layout::ChannelsFirst,
        channel_axis: Some(axes.len() - rest.len()),
    };
    let last = |samples, rest: &[usize]| Axes {
        samples,
        channels: rest[rest.len() - 1],
        spatial: rest[..rest.len() - 1].to_vec(),
        layout: Layout::ChannelsLast,
        channel_axis: Some(axes.len() - 1),
    };
    if axes.is_empty() {
        bail!(single(path));
    }
    if layout == LayoutName::Flat {
        return Ok(flat);
    }
    if nifti {
        return match axes {
            [] | [_] | [_, _] | [_, _, _] => Ok(flat),
            [_, _, _, _] | [_, 1, _, _, _] => Ok(first(1, axes)),
            _ => bail!(
                "{}: the axes after z are {:?}; channels lie along the fourth, or along the fifth after a fourth of \
                 length 1; split the file, or say --layout flat",
                path.display(),
                axes[..axes.len() - 3].iter().rev().collect::<Vec<_>>()
            ),
        };
    }
    Ok(match (layout, axes.len()) {
        (_, 1) | (LayoutName::Flat, _) => flat,
        (LayoutName::Unbatched, _) | (LayoutName::ChannelsFirst, 2) => first(1, axes),
        (LayoutName::UnbatchedLast, _) | (LayoutName::ChannelsLast, 2) => last(1, axes),
        (LayoutName::ChannelsFirst, _) => first(axes[0], &axes[1..]),
        (LayoutName::ChannelsLast, _) => last(axes[0], &axes[1..]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(of: &[usize], layout: LayoutName, nifti: bool) -> (usize, usize, Vec<usize>, Option<usize>) {
        let found = axes(of, layout, nifti, Path::new("x")).unwrap();
        (found.samples, found.channels, found.spatial, found.channel_axis)
    }

    #[test]
    fn axes_are_read_by_layout_and_number() {
        use LayoutName::{ChannelsFirst, ChannelsLast, Flat, Unbatched, UnbatchedLast};
        assert_eq!(read(&[7], ChannelsFirst, false), (1, 1, vec![7], None));
        assert_eq!(read(&[3, 7], ChannelsFirst, false), (1, 3, vec![7], Some(0)));
        assert_eq!(read(&[2, 3, 7], ChannelsFirst, false), (2, 3, vec![7], Some(1)));
        assert_eq!(read(&[2, 3, 4, 5, 6], ChannelsFirst, false), (2, 3, vec![4, 5, 6], Some(1)));
        assert_eq!(read(&[7, 3], ChannelsLast, false), (1, 3, vec![7], Some(1)));
        assert_eq!(read(&[2, 4, 5, 3], ChannelsLast, false), (2, 3, vec![4, 5], Some(3)));
        assert_eq!(read(&[3, 4, 5], Unbatched, false), (1, 3, vec![4, 5], Some(0)));
        assert_eq!(read(&[4, 5, 3], UnbatchedLast, false), (1, 3, vec![4, 5], Some(2)));
        assert_eq!(read(&[2, 3, 4], Flat, false), (1, 1, vec![2, 3, 4], None));
    }

    #[test]
    fn nifti_has_its_channels_behind_z() {
        use LayoutName::{ChannelsFirst, ChannelsLast, Flat};
        assert_eq!(read(&[4, 5, 6], ChannelsFirst, true), (1, 1, vec![4, 5, 6], None));
        assert_eq!(read(&[2, 4, 5, 6], ChannelsLast, true), (1, 2, vec![4, 5, 6], Some(0)));
        assert_eq!(read(&[2, 1, 4, 5, 6], ChannelsFirst, true), (1, 2, vec![1, 4, 5, 6], Some(0)));
        assert_eq!(read(&[2, 4, 5, 6], Flat, true), (1, 1, vec![2, 4, 5, 6], None));
        assert!(axes(&[2, 3, 4, 5, 6], ChannelsFirst, true, Path::new("x")).is_err());
    }
}

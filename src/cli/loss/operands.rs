//! The two files, and what their axes mean.

use super::choices::Choices;
use super::masks::{self, axes_of};
use super::names::LayoutName;
use crate::cli::warning::Warning;
use crate::eval::{self, GeometryRule, Side};
use crate::io::axes::{ArrayLayout, Relation, SoftAxes, TruthAxes, relate};
use crate::io::npy::Order;
use crate::io::soft::{self, Origin, SoftVolume};
use crate::io::{self, Gap, Grid, Input};
use crate::metric::Given;
use crate::stats::Sums;
use crate::text::extent;
use crate::{Layout, Pair, Shape, Table, Truth, Volume};
use anyhow::{Context, Result, anyhow, bail};
use std::path::{Path, PathBuf};

/// Truth and prediction as the engine takes them.
#[derive(Debug)]
pub(super) struct Operands {
    /// Truth and prediction.
    paths: [PathBuf; 2],
    truth: SoftVolume,
    pred: SoftVolume,
    pub shape: Shape,
    /// The axes of the prediction.
    axes: SoftAxes,
    /// The shape of the truth, where it is a label map.
    labels: Option<Shape>,
    /// The shape of the truth, where it has a channel more than the prediction: of voxels that are ignored.
    wider: Option<Shape>,
    /// 1 where a voxel, or an element, counts.
    mask: Option<(Shape, Vec<u8>)>,
    /// The axes of one value, where each row is one.
    pub row_axes: Option<Vec<usize>>,
    pub layout: &'static str,
    pub warnings: Vec<Warning>,
}

impl Operands {
    pub fn read(truth_path: &Path, pred_path: &Path, choices: &Choices, rule: GeometryRule) -> Result<Self> {
        for path in [truth_path, pred_path] {
            if path.is_dir() {
                bail!("{}: this is a folder; name the file itself", path.display());
            }
        }
        let (truth, pred) = io::at_once(|| soft::read(truth_path), || soft::read(pred_path))?;
        let mut operands = Self {
            paths: [truth_path, pred_path].map(Path::to_path_buf),
            shape: Shape::new(1, 1, [1])?,
            axes: SoftAxes::flat(&[]),
            labels: None,
            wider: None,
            mask: None,
            row_axes: None,
            layout: "rows",
            warnings: Vec::new(),
            truth,
            pred,
        };
        operands.bring_together(rule)?;
        let ignored = choices.ignored()?;
        // No mask where nothing is ignored: a mask would cost a copy of the truth.
        let kept = if ignored.is_empty() { Vec::new() } else { operands.truth.leave_out(&ignored) };
        let kept = kept.contains(&0).then_some(kept);
        if choices.rows() {
            operands.split_rows(choices)?;
        } else {
            operands.split_axes(choices)?;
        }
        operands.note_files();
        operands.leave_out(kept, choices)?;
        Ok(operands)
    }

    /// Puts the truth in the order of the prediction where both say where their voxels lie.
    fn bring_together(&mut self, rule: GeometryRule) -> Result<()> {
        let [truth_path, pred_path] = &self.paths;
        let (a, b) = match (&self.truth.origin, &self.pred.origin) {
            (Origin::Npy, Origin::Npy) => return Ok(()),
            (Origin::Image { geometry: a }, Origin::Image { geometry: b }) => (a, b),
            _ => bail!(
                "{} and {} are files of different kinds, and a .npy file does not say which axis is x; convert one of them",
                truth_path.display(),
                pred_path.display()
            ),
        };
        if rule == GeometryRule::Off {
            return Ok(());
        }
        let (of_truth, of_pred) = (space(&self.truth), space(&self.pred));
        let here = Grid { shape: &of_pred, geometry: Some(b) };
        let there = Grid { shape: &of_truth, geometry: Some(a) };
        let gap: Option<Gap> = match relate(here, there) {
            Relation::Same(_) | Relation::Unequal(_) => None,
            Relation::Apart(gap) => Some(gap),
            Relation::Placed(place) if place.holds_first() && place.holds_second() => {
                let truth = std::mem::replace(&mut self.truth, SoftVolume::empty());
                self.truth = truth.reordered(&place);
                self.warnings.push(eval::Warning::Reordered.into());
                Some(place.gap())
            }
            // What lies outside of a box of probabilities is not known.
            Relation::Placed(_) => match Gap::between(here, there) {
                Some(gap) => Some(gap),
                None => bail!(
                    "{} and {} store different boxes of one lattice, {} and {} voxels, and what is outside of a box of \
                     probabilities is not known; crop or pad one of them",
                    truth_path.display(),
                    pred_path.display(),
                    extent(&of_truth),
                    extent(&of_pred)
                ),
            },
        };
        if let Some(gap) = gap {
            self.warnings.extend(rule.check(gap)?.map(Warning::from));
        }
        Ok(())
    }

    fn split_rows(&mut self, choices: &Choices) -> Result<()> {
        if choices.layout.is_some() {
            bail!(
                "--layout does nothing where rows are summed, which have no channels; leave it out, or say --per cell"
            );
        }
        let [truth_axes, pred_axes] = [axes_of(&self.truth), axes_of(&self.pred)];
        let Some((&last, before)) = pred_axes.split_last() else { bail!(self.single()) };
        if truth_axes != pred_axes {
            return Err(self.mismatch("rows are compared one by one, so both must be equal"));
        }
        self.shape = Shape::new(before.iter().product(), 1, [last])?;
        self.axes = SoftAxes::flat(&pred_axes);
        self.row_axes = Some(before.to_vec());
        Ok(())
    }

    fn split_axes(&mut self, choices: &Choices) -> Result<()> {
        let [truth_axes, pred_axes] = [axes_of(&self.truth), axes_of(&self.pred)];
        let layout = match choices.layout() {
            // A preset flattens, but a label map is not an array of the same shape.
            Some(LayoutName::Flat) if choices.layout.is_none() && truth_axes != pred_axes => None,
            layout => layout,
        };
        let axes = self.axes(&pred_axes, layout)?;
        self.layout = match (axes.channel_axis, axes.layout) {
            (None, _) => "flat",
            (_, Layout::ChannelsFirst) => "channels-first",
            (_, Layout::ChannelsLast) => "channels-last",
        };
        self.shape = Shape::new(axes.samples, axes.channels, &axes.space)
            .with_context(|| self.paths[1].display().to_string())?
            .with_layout(axes.layout);
        self.axes = axes.clone();
        let is_map = match axes.truth(&truth_axes, &pred_axes) {
            TruthAxes::Same => false,
            TruthAxes::WithoutChannels => true,
            TruthAxes::Either => self.truth.clone().into_labels().is_ok(),
            TruthAxes::Other
                if choices.call.is_some()
                    && axes.channel_axis.is_some_and(|c| one_more(&truth_axes, &pred_axes, c)) =>
            {
                let shape = Shape::new(axes.samples, axes.channels + 1, &axes.space)?;
                self.wider = Some(shape.with_layout(axes.layout));
                false
            }
            TruthAxes::Other => {
                return Err(
                    self.mismatch("both must be equal, unless the truth is a label map without the channel axis")
                );
            }
        };
        if is_map {
            let shape = Shape::new(axes.samples, 1, &axes.space)?;
            let truth = std::mem::replace(&mut self.truth, SoftVolume::empty());
            let labelled = truth.into_labels().map_err(|(voxel, value)| {
                anyhow!(
                    "{}: voxel {voxel} is {value}; without the channel axis of {} this is a label map, of whole numbers from 0 \
                     to 65535",
                    self.paths[0].display(),
                    self.paths[1].display()
                )
            })?;
            self.truth = labelled.volume;
            if labelled.moved > 0 {
                let file = self.paths[0].display().to_string();
                self.warnings.push(Warning::ScaledLabels { file, voxels: labelled.moved });
            }
            self.labels = Some(shape);
        } else if self.pred.origin == Origin::Npy && layout.is_none() && axes.looks_flat(&pred_axes) {
            self.warnings.push(Warning::ArrayAxes {
                axes: pred_axes,
                samples: axes.samples,
                channels: axes.channels,
                voxels: axes.space.iter().product(),
            });
        }
        Ok(())
    }

    fn axes(&self, pred: &[usize], layout: Option<LayoutName>) -> Result<SoftAxes> {
        let layout = match layout.unwrap_or(LayoutName::ChannelsFirst) {
            LayoutName::ChannelsFirst => ArrayLayout::ChannelsFirst,
            LayoutName::ChannelsLast => ArrayLayout::ChannelsLast,
            LayoutName::Unbatched => ArrayLayout::Unbatched,
            LayoutName::UnbatchedLast => ArrayLayout::UnbatchedLast,
            LayoutName::Flat => ArrayLayout::Flat,
        };
        if self.pred.origin == Origin::Npy || layout == ArrayLayout::Flat {
            return SoftAxes::of_array(pred, layout).ok_or_else(|| anyhow!(self.single()));
        }
        SoftAxes::of_image(pred).map_err(|behind| {
            anyhow!(
                "{}: the axes after z are {behind:?}; channels lie along the fourth, or along the fifth after a fourth of \
                 length 1; split the file, or say --layout flat",
                self.paths[1].display()
            )
        })
    }

    /// The warnings about the files, before those about their voxels.
    fn note_files(&mut self) {
        let mut warnings = Vec::new();
        let [truth_path, pred_path] = &self.paths;
        for (path, volume) in [(truth_path, &self.truth), (pred_path, &self.pred)] {
            let file = || path.display().to_string();
            if volume.surplus > 0 {
                warnings.push(eval::Warning::Surplus { file: file(), bytes: volume.surplus }.into());
            }
        }
        if Input::from(truth_path).is_same_file(&Input::from(pred_path)) {
            warnings.push(Warning::SameSoftFile);
        }
        self.warnings.splice(..0, warnings);
    }

    /// What --ignore and --mask leave.
    fn leave_out(&mut self, kept: Option<Vec<u8>>, choices: &Choices) -> Result<()> {
        let of_kept = |kept: Vec<u8>| match &self.wider {
            Some(_) => masks::narrowed(&kept, &self.shape),
            None => Ok((self.labels.as_ref().unwrap_or(&self.shape).clone(), kept)),
        };
        let kept = kept.map(of_kept).transpose()?;
        let read = |path| masks::read(path, &self.pred, &self.axes, &self.shape);
        let mask = choices.mask.as_deref().map(read).transpose()?;
        self.mask = match (kept, mask) {
            (Some(kept), Some(mask)) => Some(masks::both(kept, mask)),
            (kept, mask) => kept.or(mask),
        };
        Ok(())
    }

    /// What a library's class looks at.
    pub fn given(&self) -> Given {
        let spatial = self.shape.spatial().iter().map(|&n| n as usize).collect();
        let given = Given::new(self.shape.samples() as usize, self.shape.channels() as usize, spatial);
        let given = if self.labels.is_some() { given.with_labels() } else { given };
        if self.mask.is_some() { given.with_mask() } else { given }
    }

    /// Whether nothing is left out.
    pub fn counts_all(&self) -> bool {
        self.mask.is_none()
    }

    /// Everything for [`Engine::loss`](crate::Engine::loss).
    pub fn engine(&self) -> Result<crate::Operands<'_>> {
        let operands = crate::Operands::new(Pair { pred: self.pred()?, truth: self.truth()? });
        Ok(match &self.mask {
            None => operands,
            Some((shape, mask)) => operands.masked(Volume::u8(shape.clone(), mask)?),
        })
    }

    fn mismatch(&self, hint: &str) -> anyhow::Error {
        let [truth, pred] = &self.paths;
        let [truth_axes, pred_axes] = [axes_of(&self.truth), axes_of(&self.pred)];
        anyhow!("{} has axes {truth_axes:?} and {} has {pred_axes:?}; {hint}", truth.display(), pred.display())
    }

    fn single(&self) -> String {
        format!("{}: this is a single number, not a volume", self.paths[1].display())
    }

    pub fn pred(&self) -> Result<Volume<'_>> {
        Ok(self.pred.volume(self.shape.clone())?)
    }

    pub fn truth(&self) -> Result<Truth<'_>> {
        let labels = self.labels.clone().map(|shape| self.truth.labels(shape)).transpose()?.flatten();
        Ok(match labels {
            Some(labels) => labels.into(),
            None => self.truth.volume(self.wider.as_ref().unwrap_or(&self.shape).clone())?.into(),
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
            Origin::Image { .. } => (axes.rev().collect(), Order::ColumnMajor),
        }
    }

    /// The prediction's shape for people.
    pub fn file_extent(&self) -> String {
        extent(&self.file_shape().0)
    }

    /// Beside a threshold: 50 with the slope 0.01 is 0.5.
    pub fn count_scaled_as_f32(&mut self) {
        self.pred.scaled_as_f32();
    }

    /// Warns of voxels with more digits than f32 of which the nearest f32 is taken: also of a truth in which some are left out.
    pub fn note_rounding(&mut self, of_pred: bool, of_truth: bool) {
        let of_truth = of_truth || self.mask.is_some();
        for (path, volume, rounds) in [(&self.paths[0], &self.truth, of_truth), (&self.paths[1], &self.pred, of_pred)] {
            let voxels = if rounds { volume.beyond_f32() } else { 0 };
            if voxels > 0 {
                self.warnings.push(Warning::Rounded { file: path.display().to_string(), voxels });
            }
        }
    }

    /// Warns of voxels that are not probabilities, with what logits need. If there are sums, they record whether there are
    /// any.
    pub fn note_range(&mut self, sums: Option<&Table<Sums>>, activated: bool, ignored: Option<f32>, of_logits: &str) {
        if sums.is_some_and(|sums| !sums.values().iter().any(Sums::out_of_range)) {
            return;
        }
        // The output of an activation is a probability, and a label map has no such values.
        let truth = (Side::Truth, &self.truth, ignored, self.labels.is_none());
        let pred = (Side::Prediction, &self.pred, None, !activated);
        for ((side, volume, ignored, is_summed), path) in [truth, pred].into_iter().zip(&self.paths) {
            let range = is_summed.then(|| volume.range_without(ignored)).flatten();
            let Some((least, most)) = range.filter(|&(least, most)| least < -1.0 || most > 1.0) else { continue };
            let file = path.display().to_string();
            let is_mask = least == 0.0 && volume.holds_only([0.0, most, ignored.unwrap_or(most)]);
            self.warnings.push(match is_mask {
                true => Warning::MaskOutOfRange { file, value: most },
                false => Warning::OutOfRange { file, side, least, most, remedy: of_logits.to_owned() },
            });
        }
    }
}

/// Whether the axes are the same but for one channel more.
fn one_more(truth: &[usize], pred: &[usize], channel: usize) -> bool {
    let mut more = pred.to_vec();
    more[channel] += 1;
    truth == more
}

/// The lengths of the axes of space of an image, x first.
fn space(volume: &SoftVolume) -> Vec<u64> {
    volume.axes.iter().rev().take(3).map(|&n| n as u64).collect()
}

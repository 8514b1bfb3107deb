//! The axes of soft volumes: which are samples, which channels and which of space.

use crate::shape::Layout;

/// What the axes of an array mean when its file does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ArrayLayout {
    /// `[space]`, `[channel, space]`, `[sample, channel, space...]`.
    #[default]
    ChannelsFirst,
    /// `[space]`, `[space, channel]`, `[sample, space..., channel]`.
    ChannelsLast,
    /// `[space]`, `[channel, space...]`.
    Unbatched,
    /// `[space]`, `[space..., channel]`.
    UnbatchedLast,
    /// `[space...]`: one sample of one channel.
    Flat,
}

/// The axes of a soft volume, slowest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoftAxes {
    /// How many samples there are.
    pub samples: usize,
    /// How many channels a sample has.
    pub channels: usize,
    /// The lengths of the axes of space.
    pub space: Vec<usize>,
    /// Where the channels are.
    pub layout: Layout,
    /// The axis of the channels, if there is one.
    pub channel_axis: Option<usize>,
}

/// A truth beside a prediction with these axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TruthAxes {
    /// The axes of the prediction.
    Same,
    /// Those without the channels: a label map.
    WithoutChannels,
    /// Both would fit, since there is one channel.
    Either,
    /// None of these.
    Other,
}

impl SoftAxes {
    /// All of them axes of space.
    #[must_use]
    pub fn flat(axes: &[usize]) -> Self {
        let space = axes.to_vec();
        Self { samples: 1, channels: 1, space, layout: Layout::ChannelsFirst, channel_axis: None }
    }

    fn channels_first(axes: &[usize], batched: bool) -> Self {
        let (samples, rest) = match axes {
            [samples, rest @ ..] if batched => (*samples, rest),
            _ => (1, axes),
        };
        let (&channels, space) = rest.split_first().unwrap_or((&1, &[]));
        let channel_axis = axes.len().checked_sub(rest.len());
        Self { samples, channels, space: space.to_vec(), layout: Layout::ChannelsFirst, channel_axis }
    }

    fn channels_last(axes: &[usize], batched: bool) -> Self {
        let (samples, rest) = match axes {
            [samples, rest @ ..] if batched => (*samples, rest),
            _ => (1, axes),
        };
        let (&channels, space) = rest.split_last().unwrap_or((&1, &[]));
        let channel_axis = axes.len().checked_sub(1);
        Self { samples, channels, space: space.to_vec(), layout: Layout::ChannelsLast, channel_axis }
    }

    /// The axes of an array; `None` for a single number.
    #[must_use]
    pub fn of_array(axes: &[usize], layout: ArrayLayout) -> Option<Self> {
        use ArrayLayout::{ChannelsFirst, ChannelsLast, Flat, Unbatched, UnbatchedLast};
        Some(match (layout, axes.len()) {
            (_, 0) => return None,
            (Flat, _) | (_, 1) => Self::flat(axes),
            (ChannelsFirst, n) => Self::channels_first(axes, n > 2),
            (ChannelsLast, n) => Self::channels_last(axes, n > 2),
            (Unbatched, _) => Self::channels_first(axes, false),
            (UnbatchedLast, _) => Self::channels_last(axes, false),
        })
    }

    /// The axes of an image (z, y, x last): its channels are the fourth axis, or the fifth behind a fourth of length 1.
    ///
    /// # Errors
    /// The axes behind z where there are others.
    pub fn of_image(axes: &[usize]) -> Result<Self, Vec<usize>> {
        match axes {
            [] | [_] | [_, _] | [_, _, _] => Ok(Self::flat(axes)),
            [_, _, _, _] | [_, 1, _, _, _] => Ok(Self::channels_first(axes, false)),
            [behind @ .., _, _, _] => Err(behind.iter().rev().copied().collect()),
        }
    }

    /// Whether an array of two or three unnamed axes looks as if all of them were spatial: many cells of few voxels.
    #[must_use]
    pub fn looks_flat(&self, axes: &[usize]) -> bool {
        let cells = self.samples.saturating_mul(self.channels);
        let voxels = self.space.iter().fold(1usize, |all, &n| all.saturating_mul(n));
        self.channel_axis.is_some() && axes.len() < 4 && cells > 8 && voxels < cells.saturating_mul(16)
    }

    /// What a truth with these axes is beside a prediction with those. Axes of length 1 count nowhere.
    #[must_use]
    pub fn truth(&self, truth: &[usize], pred: &[usize]) -> TruthAxes {
        let long = |axes: &[usize]| axes.iter().copied().filter(|&n| n != 1).collect::<Vec<_>>();
        let without = match self.channel_axis {
            Some(channel) => [pred.get(..channel), pred.get(channel.saturating_add(1)..)]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .concat(),
            None => pred.to_vec(),
        };
        let is_map = self.channel_axis.is_some() && long(truth) == long(&without);
        match (long(truth) == long(pred), is_map) {
            _ if truth == pred => TruthAxes::Same,
            (true, true) => TruthAxes::Either,
            (true, false) => TruthAxes::Same,
            (false, true) => TruthAxes::WithoutChannels,
            (false, false) => TruthAxes::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_read_by_layout_and_number() {
        use ArrayLayout::{ChannelsFirst, ChannelsLast, Flat, Unbatched, UnbatchedLast};
        let read = |axes: &[usize], layout| {
            let found = SoftAxes::of_array(axes, layout).unwrap();
            (found.samples, found.channels, found.space, found.channel_axis)
        };
        assert_eq!(read(&[7], ChannelsFirst), (1, 1, vec![7], None));
        assert_eq!(read(&[3, 7], ChannelsFirst), (1, 3, vec![7], Some(0)));
        assert_eq!(read(&[2, 3, 7], ChannelsFirst), (2, 3, vec![7], Some(1)));
        assert_eq!(read(&[2, 3, 4, 5, 6], ChannelsFirst), (2, 3, vec![4, 5, 6], Some(1)));
        assert_eq!(read(&[7, 3], ChannelsLast), (1, 3, vec![7], Some(1)));
        assert_eq!(read(&[2, 4, 5, 3], ChannelsLast), (2, 3, vec![4, 5], Some(3)));
        assert_eq!(read(&[3, 4, 5], Unbatched), (1, 3, vec![4, 5], Some(0)));
        assert_eq!(read(&[4, 5, 3], UnbatchedLast), (1, 3, vec![4, 5], Some(2)));
        assert_eq!(read(&[2, 3, 4], Flat), (1, 1, vec![2, 3, 4], None));
        assert_eq!(SoftAxes::of_array(&[], ChannelsFirst), None);
    }

    #[test]
    fn images_have_their_channels_behind_z() {
        let read = |axes: &[usize]| {
            let found = SoftAxes::of_image(axes).unwrap();
            (found.samples, found.channels, found.space, found.channel_axis)
        };
        assert_eq!(read(&[4, 5, 6]), (1, 1, vec![4, 5, 6], None));
        assert_eq!(read(&[2, 4, 5, 6]), (1, 2, vec![4, 5, 6], Some(0)));
        assert_eq!(read(&[2, 1, 4, 5, 6]), (1, 2, vec![1, 4, 5, 6], Some(0)));
        assert_eq!(SoftAxes::of_image(&[2, 3, 4, 5, 6]), Err(vec![3, 2]));
    }

    #[test]
    fn a_truth_is_told_by_its_axes() {
        let image = SoftAxes::of_image(&[3, 1, 4, 5, 6]).unwrap();
        let of = |truth: &[usize]| image.truth(truth, &[3, 1, 4, 5, 6]);
        assert_eq!([of(&[4, 5, 6]), of(&[1, 1, 4, 5, 6])], [TruthAxes::WithoutChannels; 2]);
        assert_eq!([of(&[3, 4, 5, 6]), of(&[3, 1, 4, 5, 6])], [TruthAxes::Same; 2]);
        assert_eq!(of(&[2, 4, 5, 6]), TruthAxes::Other);
        let single = SoftAxes::of_array(&[1, 1, 4, 5], ArrayLayout::ChannelsFirst).unwrap();
        assert_eq!(single.truth(&[4, 5], &[1, 1, 4, 5]), TruthAxes::Either);
        assert_eq!(single.truth(&[1, 1, 4, 5], &[1, 1, 4, 5]), TruthAxes::Same);
        let flat = SoftAxes::of_image(&[4, 5, 6]).unwrap();
        assert_eq!(
            [flat.truth(&[4, 5, 6], &[4, 5, 6]), flat.truth(&[5, 6], &[4, 5, 6])],
            [TruthAxes::Same, TruthAxes::Other]
        );
    }

    #[test]
    fn many_cells_of_few_voxels_look_like_a_volume() {
        let looks = |axes: &[usize]| SoftAxes::of_array(axes, ArrayLayout::ChannelsFirst).unwrap().looks_flat(axes);
        for plain in [&[6, 7, 8][..], &[256, 256], &[12, 10], &[4, 5, 6], &[512, 512, 100]] {
            assert!(looks(plain), "{plain:?}");
        }
        for batch in [&[2, 4][..], &[3, 4], &[2, 3, 4], &[2, 3, 100_000], &[4, 32, 262_144], &[7], &[9, 9, 9, 9]] {
            assert!(!looks(batch), "{batch:?}");
        }
    }
}

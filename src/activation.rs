//! What is done to a prediction before it is summed. Imports none of our modules.

/// What is done to the prediction before it is summed, in the same pass.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Activation {
    /// Nothing: the voxels are probabilities already.
    #[default]
    None,
    /// `1 / (1 + e^-x)` of each voxel.
    Sigmoid,
    /// `e^x_c / Σ_k e^x_k` over the channels of each voxel, of which there must be two at least.
    Softmax,
    /// `p_c / Σ_k p_k` over the channels of each voxel, of which there must be two at least: what Keras' categorical losses
    /// do to probabilities. A voxel whose channels are all 0 is not a number.
    Normalise,
    /// 1 where the voxel is at least this value, else 0. Floats are compared with the number of their type that is next to it,
    /// as NumPy and torch do, and whole numbers with the value itself.
    Threshold(f64),
    /// 1 in the channel with the largest value of the voxel (the first of equal ones), 0 in the others. Voxels of `f64` are
    /// compared with all their digits.
    Argmax,
}

impl Activation {
    /// Whether it looks at all channels of a voxel.
    #[cfg(feature = "gpu")] // the CPU always has all channels at hand
    pub(crate) fn mixes_channels(self) -> bool {
        matches!(self, Self::Softmax | Self::Normalise | Self::Argmax)
    }
}

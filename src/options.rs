//! The options of an engine: each choice is a named value with a default.

mod band;

pub use crate::activation::Activation;
pub use band::Band;

use crate::error::{Error, Result};
use crate::pointwise::Pointwise;
use crate::stats::{Sums, Terms};
use std::fmt;
use std::time::Duration;

/// Where the voxels are reduced. The result has the same bits everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Backend {
    /// The one that finishes first. Voxels in host memory go to the CPU: the transfer to a GPU takes longer than the
    /// whole sum on the CPU, because each voxel is read once. An adapter choice other than
    /// [`AdapterChoice::Best`] means [`Backend::Gpu`].
    #[default]
    Auto,
    /// The CPU backend.
    Cpu,
    /// A GPU adapter, or a software adapter if there is no GPU.
    Gpu,
}

impl fmt::Display for Backend {
    /// `auto`, `cpu` or `gpu`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
        })
    }
}

/// Which GPU adapter to use.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum AdapterChoice {
    /// Discrete before integrated before virtual before software.
    #[default]
    Best,
    /// The first one whose name contains this text, in any case of letters.
    Named(String),
    /// By its number in the list of adapters, as `adapters()` and `voxdice devices` give it.
    Index(usize),
}

/// What is done with NaN and infinities in real-valued volumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NonFinite {
    /// The call fails and says how many there are and where the first one is.
    #[default]
    Error,
    /// Voxels where either operand is not finite are left out of every sum, and counted in
    /// [`Sums::non_finite`](crate::stats::Sums::non_finite).
    Ignore,
    /// The sums of a cell that holds any are NaN.
    Propagate,
}

/// Which instructions the CPU backend may use. The results have the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Simd {
    /// The best instructions of this processor.
    #[default]
    Auto,
    /// On x86-64 AVX2 at most, for comparisons on a processor that has AVX-512; elsewhere as [`Simd::Auto`].
    Avx2,
    /// The instructions that every processor of this architecture has.
    Baseline,
}

/// How 64-bit integers are made in shaders. The results have the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ShaderInt64 {
    /// Native ones where the adapter has them and passes the self-test with them.
    #[default]
    Auto,
    /// Pairs of 32-bit integers, the portable form.
    Pairs,
}

/// What a result buffer holds before a kernel writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Poison {
    /// The previous contents.
    #[default]
    Off,
    /// All ones, so that a word which a kernel failed to write is noticed. For tests and `voxdice verify`.
    On,
}

/// Numbers and variants that change the speed and never the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuning {
    /// Bytes of each operand that are bound at once, at least 64 KiB; more than the adapter can bind counts as that.
    /// Larger volumes are cut into windows. Default 4 MiB: enough to hide the cost of a dispatch behind the copy, and
    /// small beside the volume.
    pub window_bytes: u64,
    /// The same for voxels that are in a buffer on the GPU already and are bound there: nothing is copied, so large
    /// windows cost no memory. Default: as much as the adapter can bind, 2 GiB at most.
    pub resident_bytes: u64,
    /// How long to wait for the GPU before giving up. Default 60 s.
    pub timeout: Duration,
    /// 64-bit integers in shaders.
    pub int64: ShaderInt64,
    /// Instruction set of the CPU backend.
    pub simd: Simd,
    /// Contents of result buffers before a dispatch.
    pub poison: Poison,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            window_bytes: 4 << 20,
            resident_bytes: 2 << 30,
            timeout: Duration::from_secs(60),
            int64: ShaderInt64::Auto,
            simd: Simd::Auto,
            poison: Poison::Off,
        }
    }
}

/// How to make an [`Engine`](crate::Engine).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EngineOptions {
    /// Where the voxels are reduced.
    pub backend: Backend,
    /// Which adapter, for the GPU backend.
    pub adapter: AdapterChoice,
    /// What is done with NaN and infinities.
    pub non_finite: NonFinite,
    /// Numbers that change the speed only.
    pub tuning: Tuning,
}

/// What [`Engine::sums_with`](crate::Engine::sums_with) accumulates.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SumsOptions {
    /// The sums.
    pub terms: Terms,
    /// What is done to the prediction first.
    pub activation: Activation,
    /// A loss of single elements beside the sums. With sigmoid or softmax its logarithms are taken of the logits.
    pub pointwise: Option<Pointwise>,
}

impl From<Terms> for SumsOptions {
    /// These terms, of the prediction without an activation.
    fn from(terms: Terms) -> Self {
        Self { terms, ..Self::default() }
    }
}

impl SumsOptions {
    /// The sums of no voxels.
    pub(crate) fn zero(&self) -> Sums {
        Sums::zero_of(self.terms, self.activation, self.pointwise)
    }

    pub(crate) fn validate(&self) -> Result<()> {
        if let Terms::Power(gamma) = self.terms
            && !(gamma.is_finite() && gamma > 0.0)
        {
            return wrong("Terms::Power", gamma, "finite and above 0");
        }
        if let Activation::Threshold(threshold) = self.activation
            && !threshold.is_finite()
        {
            return wrong("Activation::Threshold", threshold, "finite");
        }
        match self.pointwise.and_then(Pointwise::fault) {
            Some((name, value, range)) => wrong(name, value, range),
            None => Ok(()),
        }
    }
}

fn wrong(name: &'static str, value: impl ToString, range: &str) -> Result<()> {
    Err(Error::Parameter { name, value: value.to_string(), range: range.into() })
}

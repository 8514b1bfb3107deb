//! What can go wrong, as facts plus the next step. Imports none of our modules; every module may import it.

mod call;
mod fact;
#[cfg(feature = "io")]
pub(crate) mod file;
mod names;

pub use call::CallError;
use fact::join;
pub use fact::{NonFiniteFact, Operand, Position, TooManyLesions};
#[cfg(feature = "io")]
pub use file::{
    DimsFault, FileAction, FileError, FileErrorKind, GeometryFault, GzipFault, HeaderFault, LabelFault, MagicFault,
    NpyFault, NpzFault, OffsetFault, Part, PictureFault, WriteFault, ZlibFault, ZstdFault,
};
#[cfg(feature = "eval")]
pub(crate) use names::did_you_mean;
pub(crate) use names::{by_name, named, unknown};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong in the library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An axis of a shape has length 0.
    #[error("the shape has no voxels: axis `{axis}` has length 0; give every axis at least 1")]
    EmptyAxis {
        /// `samples`, `channels` or `spatial axis 2`.
        axis: String,
    },
    /// The product of the axes passes 2^60.
    #[error("the shape {shape} has more voxels than 64 bits can address; split the volume and merge the statistics")]
    ShapeTooLarge {
        /// The shape as given.
        shape: String,
    },
    /// A slice does not have as many elements as its shape says.
    #[error("shape {shape} needs {expected} elements, but the slice has {found}; pass the shape of this slice")]
    LengthMismatch {
        /// The shape as given.
        shape: String,
        /// Elements the shape stands for.
        expected: u64,
        /// Elements the slice has.
        found: u64,
    },
    /// The prediction and the reference have different shapes or layouts.
    #[error("pred has shape {pred} but truth has {truth}; both must be equal")]
    ShapeMismatch {
        /// Shape of the prediction.
        pred: String,
        /// Shape of the reference.
        truth: String,
    },
    /// A label map was given more than one channel.
    #[error("a label map has one channel, and {shape} has {channels}; give classes as labels, and 1 for the channels")]
    LabelChannels {
        /// The shape as given.
        shape: String,
        /// Its channels.
        channels: u64,
    },
    /// The list of classes is empty.
    #[error("no classes were given; list at least one label")]
    NoClasses,
    /// A label is listed twice.
    #[error("label {label} is listed twice; list each label once")]
    DuplicateLabel {
        /// The label.
        label: u32,
    },
    /// Two chunks of label maps that belong together have different lengths.
    #[error("a piece of {pred} voxels of the prediction lies over {truth} of the truth; pass pieces of one length")]
    PieceMismatch {
        /// Voxels of the prediction.
        pred: u64,
        /// Voxels of the truth.
        truth: u64,
    },
    /// The chunks of a stream overlap, leave gaps or are too many.
    #[error("the pieces do not make up the volume: {what}")]
    Stream {
        /// What is wrong.
        what: String,
    },
    /// So many different labels that the map must be something else.
    #[error("more than {limit} different labels; check that this is a label map, or list the labels to count")]
    TooManyLabels {
        /// How many are found at most.
        limit: usize,
    },
    /// A number that stands for no label.
    #[error(
        "{operand} holds {value} at voxel {voxel} in the order of memory, which is no label: labels are whole numbers from 0 to \
         4294967295; correct or convert the map, or list a negative label among those to ignore"
    )]
    NotALabel {
        /// The map.
        operand: Operand,
        /// The first such voxel, from 0 on, in the order of memory.
        voxel: u64,
        /// The number.
        value: String,
    },
    /// The label that masks voxels out is also to be counted.
    #[error("label {label} is to be ignored and is in a class to be counted; take it out of one of the two")]
    IgnoredClass {
        /// The label.
        label: u32,
    },
    /// The input holds NaN or infinities and the policy is [`NonFinite::Error`](crate::NonFinite::Error).
    #[error("{}; clean the input, or choose NonFinite::Ignore or NonFinite::Propagate", join(facts))]
    NonFinite {
        /// One fact per volume that has such voxels.
        facts: Vec<NonFiniteFact>,
    },
    /// Sums of different terms cannot be merged.
    #[error("sums of {left} and of {right} cannot be merged; ask for the same terms in both calls")]
    TermsDiffer {
        /// Terms of one side.
        left: String,
        /// Terms of the other side.
        right: String,
    },
    /// A label of the truth that no channel of the prediction stands for.
    #[error(
        "truth has labels that no channel stands for in {count} of its voxels, the first at {first}: label {label} beside \
         {channels} channels; labels must be 0 to {} (one channel: 0 or 1)", channels.max(&2) - 1
    )]
    LabelOutOfRange {
        /// How many voxels.
        count: u64,
        /// The first of them.
        first: Position,
        /// Its label.
        label: u32,
        /// Channels of the prediction.
        channels: u64,
    },
    /// A comparison has no useful gradient.
    #[error("{activation} has no gradient; use None, Sigmoid or Softmax")]
    NoGradient {
        /// The activation.
        activation: String,
    },
    /// The pointwise loss of a voxel is beyond what its exact sum can hold.
    #[error("the pointwise loss of a voxel in cell {cell} is above 65,536; scale the logits down")]
    PointwiseTooLarge {
        /// Cell of the voxel, in the order sample, channel.
        cell: u64,
    },
    /// Values of very different magnitude: their exact sum would need more than 128 bits.
    #[error(
        "values up to 2^{largest} next to blocks with values below 2^{smallest}, over {voxels} voxels, do not fit \
         the 128-bit exact sum; divide the input by a power of two of that size"
    )]
    Width {
        /// Voxels summed.
        voxels: u64,
        /// Scale of the block with the smallest values.
        smallest: u16,
        /// Scale of the block with the largest values.
        largest: u16,
    },
    /// Counts that contradict each other, such as tp above n_pred.
    #[error(
        "counts tp {tp}, n_pred {n_pred}, n_truth {n_truth}, n {n} contradict each other; tp is at most n_pred and \
         n_truth, and n_pred + n_truth - tp at most n"
    )]
    ImpossibleCounts {
        /// True positives.
        tp: u64,
        /// Voxels predicted.
        n_pred: u64,
        /// Voxels in the reference.
        n_truth: u64,
        /// Voxels looked at.
        n: u64,
    },
    /// A count or sum of shards does not fit in 64 bits.
    #[error("the merged count does not fit in 64 bits; merge fewer parts")]
    CountOverflow,
    /// Pooled tables have different sizes.
    #[error("tables of {left} and {right} cells cannot be merged; they must come from equal shapes")]
    TableMismatch {
        /// Cells of one side, as `samples x channels`.
        left: String,
        /// Cells of the other side.
        right: String,
    },
    /// A parameter of a loss or metric is outside its range, or does not go with the others.
    #[error("{name} is {value}, but must be {range}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is allowed.
        range: String,
    },
    /// A formula needs sums that were not accumulated.
    #[error("this loss needs {term}; ask for them in the call that makes the sums, or let Engine::loss make them")]
    MissingTerm {
        /// The sums.
        term: String,
    },
    /// The constructor call of a library's loss cannot be read, or asks for what the library does not have.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A side of a class has more lesions than the limit.
    #[error(transparent)]
    TooManyLesions(#[from] TooManyLesions),
    /// A list of cells does not fill its table.
    #[error("a table of {samples} samples and {channels} channels needs one value per cell, but {found} were given")]
    TableLength {
        /// Samples of the table.
        samples: usize,
        /// Channels of the table.
        channels: usize,
        /// Values that were given.
        found: usize,
    },
    /// The GPU backend was asked for but this build has no feature `gpu`.
    #[error("this build has no GPU backend; rebuild with feature `gpu`, or use the CPU backend")]
    GpuNotBuilt,
    /// No adapter matches the request.
    #[error("no GPU adapter {request}; {found}")]
    NoAdapter {
        /// What was asked for, such as `named "h100"`.
        request: String,
        /// What is there, and what to do.
        found: String,
    },
    /// The adapter gave wrong results in the known-answer test, so its results cannot be trusted.
    #[error("adapter `{adapter}` failed the self-test ({check}); update its driver or use the CPU backend")]
    SelfTest {
        /// Name of the adapter.
        adapter: String,
        /// The check that failed.
        check: String,
    },
    /// The device was lost (driver reset, unplugged, destroyed).
    #[error("the GPU device was lost: {reason}; create a new Engine, or use the CPU backend")]
    DeviceLost {
        /// What the driver said.
        reason: String,
    },
    /// The device has too little memory.
    #[error("the GPU is out of memory ({message}); lower Tuning::window_bytes or use the CPU backend")]
    GpuOutOfMemory {
        /// What the driver said.
        message: String,
    },
    /// The driver or wgpu refused a command. This is a bug in voxdice or in the driver.
    #[error("the GPU refused a command: {message}; please report this, and use the CPU backend meanwhile")]
    Gpu {
        /// What wgpu said.
        message: String,
    },
    /// The device did not answer in time.
    #[error("the GPU did not answer within {timeout:?}; raise Tuning::timeout or use the CPU backend")]
    GpuTimeout {
        /// The time waited.
        timeout: std::time::Duration,
    },
    /// The input or output of one dispatch is larger than the device can bind.
    #[error("{what} take {bytes} bytes, and this device binds {most}; take fewer at a time, or use the CPU backend")]
    BindingTooLarge {
        /// What is to be bound.
        what: &'static str,
        /// Its bytes.
        bytes: u64,
        /// Bytes that the device binds at most.
        most: u64,
    },
    /// The application's device was opened with limits below what the kernels need.
    #[error("the device has {name} = {value}, but at least {least} is needed; request wgpu's downlevel defaults")]
    DeviceLimit {
        /// The limit, as wgpu calls it.
        name: &'static str,
        /// What the device has.
        value: u64,
        /// What the kernels need.
        least: u64,
    },
    /// An engine on the CPU was called for something that only a GPU does.
    #[error("{call} needs an engine on a GPU, and this one runs on the CPU; make the engine with Engine::with_device")]
    EngineOnCpu {
        /// The call.
        call: &'static str,
    },
    /// A GPU buffer was given to an engine on the CPU.
    #[error(
        "{operand} is in a GPU buffer, but this engine runs on the CPU; make the engine with Engine::with_device, or \
         read the buffer back into host memory"
    )]
    BufferOnCpu {
        /// The operand.
        operand: Operand,
    },
    /// An operand is in host memory, but the recorded commands run later.
    #[error("{operand} is in host memory, but commands are recorded for buffers; upload it, or call Engine::sums_with")]
    HostOperand {
        /// The operand.
        operand: Operand,
    },
    /// Sums that stayed on the GPU met values that need the host.
    #[error("cell {cell} holds {what}, which sums that stay on the GPU leave out; use Engine::sums_with")]
    Unsettled {
        /// Cell, in the order sample, channel.
        cell: usize,
        /// What it holds.
        what: &'static str,
    },
    /// The gradient is to be written over an operand.
    #[error("the buffer for the gradient also holds {operand}; give it a buffer of its own")]
    BufferShared {
        /// The operand.
        operand: Operand,
    },
    /// A buffer lacks a usage that is needed here.
    #[error("the buffer was made without usage {missing}; create it with that usage as well")]
    BufferUsage {
        /// The usage, as wgpu calls it.
        missing: &'static str,
    },
    /// A buffer ends before its shape does. All but the shape are bytes.
    #[error(
        "shape {shape} needs {needed} bytes from offset {offset} on, but the buffer has {found} bytes; pass the shape \
         and the offset of this buffer"
    )]
    BufferTooSmall {
        /// The shape as given.
        shape: String,
        /// Where the volume begins in the buffer, in bytes.
        offset: u64,
        /// Bytes from there on that the shape stands for.
        needed: u64,
        /// Bytes of the whole buffer.
        found: u64,
    },
    /// The last elements lie beyond the reach of any binding.
    #[error(
        "{found} bytes of a buffer are read up to a multiple of 4, and the volume ends behind it; give it such a size"
    )]
    BufferTail {
        /// Bytes of the whole buffer.
        found: u64,
    },
    /// wgpu refused a command on the application's buffer.
    #[error(
        "the GPU refused a buffer of the application: {message}; check that it is the engine's, and neither mapped nor \
             destroyed"
    )]
    BufferRefused {
        /// What wgpu said.
        message: String,
    },
    /// A tuning value is too small: below 64 KiB, or below the bytes of one voxel with its channels.
    #[error("{name} is {value}, but must be {range}")]
    Tuning {
        /// Name of the field.
        name: &'static str,
        /// Its value.
        value: u64,
        /// What is allowed.
        range: String,
    },
    /// A file could not be read or written.
    #[cfg(feature = "io")]
    #[error(transparent)]
    File(#[from] FileError),
}

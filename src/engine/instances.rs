//! Lesions of label maps.

use super::operands::same_shape;
use super::surfaces::label_pair;
use super::{Chosen, Engine};
use crate::classes::Classes;
#[cfg(feature = "gpu")]
use crate::cpu::Gathered;
#[allow(unused_imports)] // `Error`: the documentation links to it
use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::gpu::{self, Waiting};
use crate::job::InstancesJob;
#[cfg(feature = "gpu")]
use crate::job::{ComponentsOf, LabelPairOf};
#[cfg(feature = "gpu")]
use crate::kernel::window::{Reach, of_components};
#[cfg(feature = "gpu")]
use crate::stats::InstancesBy;
use crate::stats::{InstanceOptions, Instances};
use crate::table::Table;
#[cfg(feature = "gpu")]
use crate::volume::Source;
use crate::volume::{LabelMap, Pair};

impl Engine {
    /// Lesions per sample and class of two label maps with 2 or 3 spatial axes, and which of them share voxels. A voxel whose
    /// truth is an [ignored](Classes::ignoring) label belongs to neither side.
    ///
    /// A GPU engine finds the runs of voxels and their components on the GPU, for maps in host memory and for
    /// [buffers](LabelMap) alike, and finds the same lesions. What is asked of them beyond that (sums over a lesion, what
    /// overlaps, [near](InstanceOptions::near), [touching](InstanceOptions::touching), nearest [regions](crate::stats::Regions))
    /// is added up from these runs on the CPU. Left to the CPU are maps in host memory of which the adapter cannot bind a row,
    /// or that have [labels](crate::stats::InstancesBy::Labels) for lesions, as there is nothing to join. Maps that come in chunks are fed
    /// to an [`InstancesAccumulator`](crate::InstancesAccumulator), which works on the CPU.
    ///
    /// ```
    /// use voxdice::metric::instances::{InstanceRules, detection};
    /// use voxdice::stats::InstanceOptions;
    /// use voxdice::{Classes, Engine, EngineOptions, LabelMap, Pair, Shape};
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let shape = Shape::new(1, 1, [2, 6])?; // 2 rows of 6 columns
    /// let truth = [1u8, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1];
    /// let pred = [0u8, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
    /// let pair = Pair { pred: LabelMap::u8(shape.clone(), &pred)?, truth: LabelMap::u8(shape, &truth)? };
    /// let found = engine.instances(pair, &Classes::new([1])?, &InstanceOptions::default())?;
    /// // One of two lesions is found: IoU 3 / 5, at least a half.
    /// let scores = found.map(|found| detection(found, &InstanceRules::default(), 1.0));
    /// assert_eq!((scores.values()[0].tp, scores.values()[0].missed), (1, 1));
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`]; [`Error::Parameter`] for shapes without 2 or 3 spatial axes, options that do not go together,
    /// [`Error::BufferOnCpu`] for label maps in a GPU buffer on a CPU engine; [`Error::TooManyLesions`]; what the GPU may
    /// report, as in [`Engine::surfaces`].
    pub fn instances(
        &self,
        pair: Pair<LabelMap<'_>>,
        classes: &Classes,
        options: &InstanceOptions,
    ) -> Result<Table<Instances>> {
        let Pair { pred, truth } = pair;
        options.validate(classes.len())?;
        let shape = same_shape(pred.shape(), truth.shape())?;
        let pair = label_pair(&shape, &pred, &truth, classes);
        let found = match &self.backend {
            Chosen::Cpu(cpu) => {
                cpu.instances(&InstancesJob { pair: pair.host()?, spatial: shape.spatial(), options })?
            }
            #[cfg(feature = "gpu")]
            Chosen::Gpu(gpu) => self.instances_on(gpu, &pair, shape.spatial(), options)?,
        };
        Ok(Table::new(shape.samples() as usize, classes.len(), found))
    }

    /// Lesions of a GPU backend. Label maps whose rows do not fit are left to the CPU, as are too many classes.
    #[cfg(feature = "gpu")]
    fn instances_on(
        &self,
        gpu: &gpu::Backend,
        pair: &LabelPairOf<'_, Source<'_>>,
        spatial: &[u64],
        options: &InstanceOptions,
    ) -> Result<Vec<Instances>> {
        let classes = pair.classes;
        // Labels that are instances need no components, and on a GPU each of them is a mask: maps that are here stay here.
        if let (InstancesBy::Labels, Ok(pair)) = (options.by, pair.host()) {
            return self.cpu.instances(&InstancesJob { pair, spatial, options });
        }
        let each_label = match options.by {
            InstancesBy::Components => None,
            InstancesBy::Labels => Some(of_each_label(classes)?),
        };
        let masks = each_label.as_ref().unwrap_or(classes);
        let windows: Vec<[Vec<Reach>; 2]> = (0..masks.len())
            .map(|class| {
                let (join, _) = options.steps_of(class);
                [join.truth, join.pred].map(|n| of_components(options, n).unwrap_or_default())
            })
            .collect();
        let job = ComponentsOf { pair: LabelPairOf { classes: masks, ..*pair }, windows: &windows };
        let mut gathered = Gathered::new(pair.samples, [masks, classes], spatial, options)?;
        let taken = gpu::block_on(gpu.components(&job, Waiting::Here, &mut |cell, runs| gathered.add(cell, runs)));
        match (taken, pair.host()) {
            (Err(Error::BindingTooLarge { .. }), Ok(pair)) => {
                self.cpu.instances(&InstancesJob { pair, spatial, options })
            }
            (Err(error), _) => Err(error),
            (Ok(()), _) => gathered.finish(),
        }
    }
}

/// Each label of these classes as a class.
#[cfg(feature = "gpu")]
fn of_each_label(classes: &Classes) -> Result<Classes> {
    let labels: std::collections::BTreeSet<u32> = classes.sets().iter().flatten().copied().collect();
    Classes::new(labels)?.ignoring_all(classes.ignored().iter().copied())
}

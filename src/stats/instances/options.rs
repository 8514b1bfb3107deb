//! What counts as one lesion.

use crate::error::{Error, Result, by_name};
use std::str::FromStr;

/// Which voxels of a mask are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Connectivity {
    /// Those that share a face: 6 neighbours, in 2-D 4.
    Faces,
    /// ... a face or an edge: 18 neighbours, in 2-D 8.
    Edges,
    /// ... a face, an edge or a corner: 26 neighbours, in 2-D 8.
    #[default]
    Corners,
}

impl Connectivity {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Faces, Self::Edges, Self::Corners];

    /// The name that a command line knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Faces => "faces",
            Self::Edges => "edges",
            Self::Corners => "corners",
        }
    }

    /// How many coordinates may differ by one.
    pub(crate) fn steps(self) -> u32 {
        match self {
            Self::Faces => 1,
            Self::Edges => 2,
            Self::Corners => 3,
        }
    }
}

by_name!(Connectivity, "connectivity");

fn wrong(name: &'static str, text: &str, range: &str) -> Error {
    Error::Parameter { name, value: text.into(), range: range.into() }
}

/// What makes voxels of a class one lesion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum InstancesBy {
    /// Being connected. Labels of a class do not matter.
    #[default]
    Components,
    /// Having the same label: a class is a set of labels, and each label is one instance, even if it is not connected.
    Labels,
}

impl InstancesBy {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Components, Self::Labels];

    /// The name that a command line knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Components => "components",
            Self::Labels => "labels",
        }
    }
}

by_name!(InstancesBy, "instances");

/// Components that are near each other and become one lesion: those whose n-fold dilations (across faces and edges) meet
/// at least at a corner. 0 joins nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Join {
    /// n of the truth.
    pub truth: u32,
    /// n of the prediction.
    pub pred: u32,
}

impl FromStr for Join {
    type Err = Error;

    /// `3` for both sides, `3,0` for the truth and the prediction.
    fn from_str(text: &str) -> Result<Self> {
        let refused = || wrong("join", text, "a number of dilations, or two for truth and prediction, such as 3,0");
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| refused());
        match text.split_once(',') {
            Some((truth, pred)) => Ok(Self { truth: number(truth)?, pred: number(pred)? }),
            None => number(text).map(|n| Self { truth: n, pred: n }),
        }
    }
}

/// Dilations of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct OwnSteps {
    /// Its place.
    pub class: usize,
    /// Instead of [`InstanceOptions::join`].
    pub join: Join,
    /// Instead of [`InstanceOptions::near`].
    pub near: u32,
}

/// Whether voxels of the prediction are given to the true lesion that is nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Regions {
    /// They are not.
    #[default]
    Off,
    /// By the distance between centres of voxels in steps, ignoring the voxel size. Of several at one distance the
    /// first one is taken. This needs the whole image at once.
    Nearest,
}

/// Whether the voxels of lesions are kept, as runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Runs {
    /// They are not: a lesion is its numbers.
    #[default]
    Off,
    /// 20 bytes for each run along x, of both sides: for maps of lesions, and for their surfaces.
    Kept,
}

/// What [`Engine::instances`](crate::Engine::instances) finds.
///
/// ```
/// use voxdice::stats::{Connectivity, InstanceOptions, Join};
/// let options = InstanceOptions { connectivity: Connectivity::Faces, ..InstanceOptions::default() };
/// // As BraTS 2023 has it: components up to three dilations apart are one lesion.
/// let brats = InstanceOptions { join: Join { truth: 3, pred: 0 }, near: 3, ..InstanceOptions::default() };
/// # assert_ne!(options, brats);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceOptions {
    /// What makes one lesion.
    pub by: InstancesBy,
    /// Which voxels are connected.
    pub connectivity: Connectivity,
    /// Components that become one.
    pub join: Join,
    /// How often a true lesion is dilated (across faces and edges) before it is asked which predicted ones it meets.
    pub near: u32,
    /// Classes with other dilations than these.
    pub own: Vec<OwnSteps>,
    /// Whether voxels of the prediction are given to the nearest true lesion.
    pub regions: Regions,
    /// Whether the voxels of lesions are kept.
    pub runs: Runs,
    /// Classes `[a, b]`, by their places: for the lesions of `a`, the result lists which lesions of `b` on the same
    /// side they touch, across faces and edges. The list is kept with the lesions of `a`.
    pub touching: Vec<[usize; 2]>,
    /// Most lesions of a side and class. More are [`Error::TooManyLesions`]: so large a table would be of no use.
    pub max_lesions: u32,
}

impl Default for InstanceOptions {
    /// Components connected by corners, at most 2^22 of them.
    fn default() -> Self {
        Self {
            by: InstancesBy::default(),
            connectivity: Connectivity::default(),
            join: Join::default(),
            near: 0,
            own: Vec::new(),
            regions: Regions::Off,
            runs: Runs::Off,
            touching: Vec::new(),
            max_lesions: Self::MAX_LESIONS,
        }
    }
}

impl InstanceOptions {
    /// The default of [`InstanceOptions::max_lesions`].
    pub const MAX_LESIONS: u32 = 1 << 22;
    /// Dilations beyond this are refused: (4n + 3)² rows are looked at for each.
    pub const MAX_DILATIONS: u32 = 64;

    pub(crate) fn validate(&self, classes: usize) -> Result<()> {
        let wrong = |name, value: String, range: String| Err(Error::Parameter { name, value, range });
        for class in 0..classes {
            let (join, near) = self.steps_of(class);
            let all = [("join of the truth", join.truth), ("join of the prediction", join.pred), ("near", near)];
            for (name, n) in all.into_iter().filter(|(_, n)| *n > 0) {
                if self.by == InstancesBy::Labels && name != "near" {
                    return wrong(name, n.to_string(), "0, as instances that are given are not joined".into());
                }
                if n > Self::MAX_DILATIONS {
                    return wrong(name, n.to_string(), format!("at most {}", Self::MAX_DILATIONS));
                }
            }
        }
        if let Some(pair) = self.touching.iter().find(|[a, b]| a == b || *a >= classes || *b >= classes) {
            return wrong("touching", format!("{pair:?}"), format!("two of the {classes} classes"));
        }
        Ok(())
    }

    /// How often components are dilated to be joined, and to be met.
    pub(crate) fn steps_of(&self, class: usize) -> (Join, u32) {
        let own = self.own.iter().find(|own| own.class == class);
        own.map_or((self.join, self.near), |own| (own.join, own.near))
    }
}

//! What a class of a library computes, as choices of ours.

use super::call::Arguments;
use super::objective::{Ignore, Objective, Term};
use crate::error::{CallError, Error};

type Result<T, E = CallError> = std::result::Result<T, E>;

/// A class of a library: its keywords in their order, and what it computes.
pub(super) struct Class {
    pub name: &'static str,
    pub keywords: &'static [&'static str],
    pub make: fn(&Arguments<'_>, &Given) -> Result<Recipe>,
}

impl std::fmt::Debug for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The facts about the volumes on which the computation of a class depends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Samples of the prediction.
    pub samples: usize,
    /// Its channels.
    pub channels: usize,
    /// Its spatial axes.
    pub spatial: Vec<usize>,
    /// Whether the truth is a label map.
    pub labels: bool,
    /// Whether a mask was given.
    pub masked: bool,
    /// A version of the library other than that of [`Library::version`](super::Library::version).
    pub(super) newer: bool,
}

/// The choices of a class for given volumes.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// The terms.
    pub terms: Vec<Term>,
    /// What is left out.
    pub ignore: Ignore,
    /// A term of which the mean over voxels is one of the largest values.
    pub top: Option<Top>,
    /// Each voxel is a group, over its channels.
    pub rows: bool,
    /// The last channel of the truth is 1 where voxels are ignored, and no channel of the prediction stands for it.
    pub ignore_channel: bool,
    /// The axes of the values, where they are not those of the terms.
    pub(crate) shape: Option<Vec<usize>>,
    /// What the library gives instead.
    pub(crate) library: Option<Departure>,
}

/// `weight · mean of the largest values of the voxels`.
#[derive(Debug, Clone, PartialEq)]
pub struct Top {
    /// How many, in hundredths of the voxels, rounded down.
    pub percent: f64,
    /// The factor, and the loss of voxels.
    pub term: Term,
}

/// A number of a library that is not to be copied silently.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Departure {
    /// What it does, and where.
    pub why: Vec<&'static str>,
    pub terms: Vec<Term>,
    pub operands: Prepare,
}

/// What the library does to its operands before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Prepare {
    Nothing,
    /// Drops channel 0 of both.
    WithoutBackground,
    /// Takes the logarithm of predictions within [eps, 1 − eps].
    Logarithm {
        eps: f64,
    },
}

impl Given {
    /// Volumes of this shape, the truth another one of them, without a mask.
    pub fn new(samples: usize, channels: usize, spatial: Vec<usize>) -> Self {
        Self { samples, channels, spatial, labels: false, masked: false, newer: false }
    }

    /// The same with a label map as truth.
    #[must_use]
    pub fn with_labels(self) -> Self {
        Self { labels: true, ..self }
    }

    /// The same with a mask.
    #[must_use]
    pub fn with_mask(self) -> Self {
        Self { masked: true, ..self }
    }

    /// N·V.
    pub(super) fn voxels(&self) -> f64 {
        (self.samples * self.spatial.iter().product::<usize>()) as f64
    }

    /// N·C·V.
    pub(super) fn elements(&self) -> f64 {
        self.voxels() * self.channels as f64
    }
}

impl Recipe {
    pub(super) fn of(terms: Vec<Term>) -> Self {
        Self {
            terms,
            ignore: Ignore::Nothing,
            top: None,
            rows: false,
            ignore_channel: false,
            shape: None,
            library: None,
        }
    }

    pub(super) fn ignoring(self, ignore: Ignore) -> Self {
        Self { ignore, ..self }
    }

    pub(super) fn shaped(self, shape: Option<Vec<usize>>) -> Self {
        Self { shape, ..self }
    }

    pub(super) fn departing(self, why: Vec<&'static str>, operands: Prepare, terms: Vec<Term>) -> Self {
        Self { library: (!why.is_empty()).then_some(Departure { why, terms, operands }), ..self }
    }

    /// The terms and what they leave out, without [`Recipe::top`].
    ///
    /// # Errors
    /// Those of [`Objective::new`].
    pub fn objective(&self) -> Result<Objective, Error> {
        Ok(Objective::new(self.terms.clone())?.ignoring(self.ignore))
    }
}

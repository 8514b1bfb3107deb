//! The voxels of one class of one case, for the viewer.

use crate::choices::Failed;
use crate::evaluate::Request;
use serde::{Deserialize, Serialize};
use std::fs;
use voxdice::eval::pictures::{self, View};
use voxdice::eval::{InstanceSearch, Surfaces};

/// What to show.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    /// The key of a class.
    class: String,
    /// What was evaluated, of it the case.
    of: Request,
}

/// How the voxels lie.
#[derive(Serialize)]
struct Head {
    dims: [usize; 3],
    views: [Plane; 3],
    edges: [f64; 3],
    in_mm: bool,
    axis: usize,
    worst: Option<usize>,
    extent: Option<[[usize; 2]; 3]>,
}

/// How slices across an axis are looked at.
#[derive(Serialize)]
struct Plane {
    across: (usize, bool),
    down: (usize, bool),
    letters: Option<[char; 4]>,
    name: Option<&'static str>,
}

impl From<View> for Plane {
    fn from(View { across, down, letters, plane, .. }: View) -> Self {
        Self { across, down, letters, name: plane }
    }
}

/// Counts the case again, without what takes longer, and writes the marks of its voxels.
pub fn marks(Wanted { class, of }: &Wanted) -> Result<(), Failed> {
    let (mut rules, _) = of.choices.resolve()?;
    rules.surfaces = Surfaces::default();
    // Where each label is an object, that decides which class there is.
    rules.instances = rules.instances.filter(InstanceSearch::is_by_labels);
    let mut evaluation = of.counted(rules)?;
    if let Some(failure) = evaluation.failures.pop() {
        return Err(failure.error.into());
    }
    let place = evaluation.classes.iter().position(|own| own.key == *class);
    // In this case neither map has it.
    let place = place.ok_or_else(|| format!("class {class} is nowhere in this case"))?;
    let pictures::Marks { voxels, dims, views, edges, in_mm, axis, worst, extent } =
        pictures::marks(&evaluation, 0, place)?;
    let head = Head { dims, views: views.map(Into::into), edges, in_mm, axis, worst, extent };
    fs::write(of.out.join("marks.json"), serde_json::to_string(&head)?)?;
    Ok(fs::write(of.out.join("marks"), voxels)?)
}

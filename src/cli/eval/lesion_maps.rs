//! Label maps with the numbers of lesions, as `--lesions` lists them.

use crate::cli::interrupt;
use crate::eval::{Class, Evaluation, LesionVoxels, Side};
use crate::io::Geometry;
use crate::io::nifti::write;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Refuses a folder in which something is, before any time is spent: no map is to take the place of another.
pub(super) fn check(folder: &Path) -> Result<()> {
    match fs::read_dir(folder).map(|mut inside| inside.next().is_none()) {
        Ok(false) => {
            bail!(
                "{}: something is in this folder, and maps of lesions overwrite nothing; name a new one",
                folder.display()
            )
        }
        Ok(true) => Ok(()),
        Err(_) if folder.exists() => bail!("{}: this is no folder; name a new one", folder.display()),
        Err(_) => {
            let above = above(folder);
            if above.is_dir() {
                return Ok(());
            }
            bail!("{}: there is no folder {}; make it first", folder.display(), above.display())
        }
    }
}

/// The folder that a folder is in.
fn above(folder: &Path) -> &Path {
    folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Maps under a hidden name, which is removed again unless it gets its own one.
pub(super) struct MapFolder {
    hidden: PathBuf,
    folder: PathBuf,
    /// Cases without maps.
    without: Vec<String>,
}

impl MapFolder {
    pub fn write(folder: &Path, evaluation: &Evaluation) -> Result<Self> {
        let name = folder.file_name().with_context(|| format!("{}: not the name of a folder", folder.display()))?;
        let hidden = above(folder).join(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
        let refused = || format!("{}: cannot be written; name another folder", folder.display());
        fs::create_dir(&hidden).with_context(refused)?;
        // From here on it is removed where anything fails.
        let mut own = Self { hidden, folder: folder.into(), without: Vec::new() };
        let mut names = BTreeSet::new();
        for case in &evaluation.cases {
            for (class, _) in &case.counts {
                interrupt::check()?;
                let Some(found) = case.instances.get(&class.key) else { continue };
                let Some(voxels) = &found.voxels else {
                    own.without.push(case.name.clone());
                    break;
                };
                for (side, word) in [(Side::Truth, "truth"), (Side::Prediction, "pred")] {
                    let name = format!("{}_{}_{word}.nii.gz", plain(&case.name), plain(shown(class)));
                    if !names.insert(name.to_lowercase()) {
                        bail!(
                            "{name}: two maps of lesions would be called so; give cases and classes names of their own"
                        );
                    }
                    map(&own.hidden.join(&name), voxels, side, case.shape.len(), case.spacing_mm)
                        .with_context(refused)?;
                }
            }
        }
        Ok(own)
    }

    /// Gives the folder its name. The cases that have no maps.
    pub fn publish(mut self) -> Result<Vec<String>> {
        let refused = || format!("{}: cannot be written; name another folder", self.folder.display());
        if self.folder.is_dir() {
            fs::remove_dir(&self.folder).with_context(refused)?;
        }
        fs::rename(&self.hidden, &self.folder).with_context(refused)?;
        Ok(std::mem::take(&mut self.without))
    }
}

impl Drop for MapFolder {
    fn drop(&mut self) {
        // After it has got its name there is nothing.
        drop(fs::remove_dir_all(&self.hidden));
    }
}

fn map(path: &Path, voxels: &LesionVoxels, side: Side, axes: usize, spacing_mm: Option<[f64; 3]>) -> Result<()> {
    let geometry = voxels.geometry.unwrap_or_else(|| Geometry::from_spacing(spacing_mm.unwrap_or([1.0; 3])));
    let shape = &voxels.extent[..axes.clamp(1, 3)];
    let labels = voxels.labels(side);
    let small: Option<Vec<u16>> = labels.iter().map(|&label| u16::try_from(label).ok()).collect();
    match small {
        Some(labels) => write(path, shape, &geometry, &labels)?,
        None => write(path, shape, &geometry, &labels)?,
    }
    Ok(())
}

fn shown(class: &Class) -> &str {
    class.name.as_deref().unwrap_or(&class.key)
}

/// A part of a file name that every system takes.
fn plain(name: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    name.chars().map(kept).collect::<String>().trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_separators() {
        assert_eq!(plain("site/case 1"), "site-case-1");
        assert_eq!(plain("(1, 2, 3)"), "1--2--3");
    }
}

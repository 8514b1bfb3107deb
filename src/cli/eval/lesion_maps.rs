//! Label maps with the numbers of lesions, as `--lesions` lists them.

use crate::cli::files::is_within;
use crate::cli::interrupt;
use crate::eval::{Class, Evaluation, LesionVoxels, Side};
use crate::io::Geometry;
use crate::io::nifti::write;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The whole name of a folder for maps. Refuses one that cannot be written, or in which something is or will be, before any time is
/// spent: no map is to take the place of another. `files` are the other results.
pub(super) fn check(folder: &Path, files: &[(&'static str, Option<&Path>)]) -> Result<PathBuf> {
    let Some(name) = folder.file_name() else {
        bail!("{}: this folder has no name of its own here; name a new one, such as maps", folder.display());
    };
    let parent = above(folder);
    if !parent.is_dir() {
        bail!("{}: there is no folder {}; make it first", folder.display(), parent.display());
    }
    // Without a separator at the end, behind which a link is what it leads to.
    let whole = parent.canonicalize().with_context(|| refused(folder))?.join(name);
    if whole.is_symlink() {
        bail!("{}: this is a link, and maps of lesions replace none; name a new folder", folder.display());
    }
    let mut named = files.iter().filter_map(|&(flag, path)| Some((flag, path?)));
    if let Some((flag, path)) = named.find(|(_, path)| is_within(path, &whole)) {
        bail!(
            "{}: {flag} writes into the folder of --lesion-maps, which is for maps alone; name a file elsewhere",
            path.display()
        );
    }
    check_free(&whole)?;
    // Whether a folder can be made there only the system knows.
    let own = MapFolder::reserve(&whole)?;
    if whole.is_dir() {
        // It has to give way in the end, which the place of a mount does not.
        let aside = own.hidden.join("aside");
        fs::rename(&whole, &aside).and_then(|()| fs::rename(&aside, &whole)).with_context(|| {
            format!("{}: this folder cannot be replaced; name a new one, such as maps in it", folder.display())
        })?;
    }
    Ok(whole)
}

fn check_free(folder: &Path) -> Result<()> {
    match fs::read_dir(folder).map(|mut inside| inside.next().is_none()) {
        Ok(false) => {
            bail!(
                "{}: something is in this folder, and maps of lesions overwrite nothing; name a new one",
                folder.display()
            )
        }
        Ok(true) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(_) if folder.exists() => bail!("{}: this is no folder; name a new one", folder.display()),
        // Such as of a name that is too long.
        Err(error) => Err(error).with_context(|| refused(folder)),
    }
}

fn refused(folder: &Path) -> String {
    format!("{}: cannot be written; check the rights beside it, or name another folder", folder.display())
}

/// Characters of a name that the hidden one takes over, so that it is no longer than names may be.
const KEPT: usize = 40;

/// The folder that a folder is in.
fn above(folder: &Path) -> &Path {
    folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Maps under a hidden name, which is removed again unless it gets its own one.
pub(super) struct MapFolder {
    hidden: PathBuf,
    folder: PathBuf,
    told: Told,
}

/// What is to be said about maps, line by line.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Of classes of cases that have none.
    pub without: Vec<String>,
    /// Of maps that are not called like their case and class, as others are.
    pub renamed: Vec<String>,
}

impl MapFolder {
    /// An empty folder under a hidden name, which no other process has.
    fn reserve(folder: &Path) -> Result<Self> {
        let name: String = folder.file_name().unwrap_or_default().to_string_lossy().chars().take(KEPT).collect();
        let mut attempt = 0;
        loop {
            let hidden = above(folder).join(format!(".{name}.{}-{attempt}.part", std::process::id()));
            match fs::create_dir(&hidden) {
                // From here on it is removed where anything fails.
                Ok(()) => return Ok(Self { hidden, folder: folder.into(), told: Told::default() }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists && attempt < 1000 => attempt += 1,
                Err(error) => return Err(error).with_context(|| refused(folder)),
            }
        }
    }

    pub fn write(folder: &Path, evaluation: &Evaluation) -> Result<Self> {
        let mut own = Self::reserve(folder)?;
        let mut names = BTreeSet::new();
        for case in &evaluation.cases {
            let mut boxed = Vec::new();
            for (class, _) in &case.counts {
                interrupt::check()?;
                let Some(found) = case.instances.get(&class.key) else { continue };
                boxed.extend(found.is_boxed.then(|| shown(class)));
                // What neither file of the case has needs no maps.
                let Some(voxels) = &found.voxels else { continue };
                let wanted = format!("{}_{}", plain(&case.name), plain(shown(class)));
                let name = free(&wanted, &mut names);
                if name != wanted {
                    own.told.renamed.push(format!(
                        "{}, {}: its maps of lesions are called {name}, as {wanted} is taken or too long for a name",
                        case.name,
                        shown(class)
                    ));
                }
                for (side, word) in [(Side::Truth, "truth"), (Side::Prediction, "pred")] {
                    let file = own.hidden.join(format!("{name}_{word}.nii.gz"));
                    map(&file, voxels, side, case.shape.len(), case.spacing_mm).with_context(|| refused(folder))?;
                }
            }
            if !boxed.is_empty() {
                own.told.without.push(format!(
                    "{}: no maps of the lesions of {}, as the two grids are not one; resample the prediction onto the truth",
                    case.name,
                    boxed.join(", ")
                ));
            }
        }
        Ok(own)
    }

    /// Gives the folder its name.
    pub fn publish(mut self) -> Result<Told> {
        let refused = || refused(&self.folder);
        if self.folder.is_dir() {
            fs::remove_dir(&self.folder).with_context(refused)?;
        }
        fs::rename(&self.hidden, &self.folder).with_context(refused)?;
        Ok(std::mem::take(&mut self.told))
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

/// Bytes of a name before its number, side and ending, with which it may have 255.
const LONGEST: usize = 200;

/// The name, cut where it is too long, and with a number behind it where it is taken. Some systems take no notice of capitals.
fn free(wanted: &str, names: &mut BTreeSet<String>) -> String {
    let ends = wanted.char_indices().map(|(at, letter)| at + letter.len_utf8());
    let start = &wanted[..ends.take_while(|&end| end <= LONGEST).last().unwrap_or(0)];
    let (mut name, mut number) = (start.to_owned(), 1);
    while !names.insert(name.to_lowercase()) {
        number += 1;
        name = format!("{start}-{number}");
    }
    name
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
    fn names_that_are_taken_have_a_number() {
        let mut names = BTreeSet::new();
        assert_eq!(
            ["a_1", "A_1", "a_1-2", "a_1"].map(|name| free(name, &mut names)),
            ["a_1", "A_1-2", "a_1-2-2", "a_1-3"]
        );
        // Letters of two bytes are not cut in two.
        let long = format!("a{}", "é".repeat(150));
        let cut = format!("a{}", "é".repeat(99));
        assert_eq!([(); 2].map(|()| free(&long, &mut names)), [cut.clone(), cut + "-2"]);
    }

    #[test]
    fn names_have_no_separators() {
        assert_eq!(plain("site/case 1"), "site-case-1");
        assert_eq!(plain("(1, 2, 3)"), "1--2--3");
    }
}

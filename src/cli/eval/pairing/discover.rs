//! What a folder holds: label maps, folders that are cases, and files that are neither.

use super::{Source, case_name};
use crate::cli::text::printable;
use crate::io;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// A case of one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Of the file or folder.
    pub name: OsString,
    pub case: String,
    pub source: Source,
}

/// Where TotalSegmentator puts the files of the classes.
const MASKS: &str = "segmentations";

/// What the label map of a case is called where images lie beside it, alone (KiTS) or at the end of a name (BraTS).
const SEGMENTATION: [&str; 6] = ["seg", "segmentation", "label", "labels", "mask", "gt"];

/// Whether what is called so belongs to the case that its folder is.
pub(super) fn is_usual_name(name: &str) -> bool {
    name == MASKS || SEGMENTATION.contains(&name)
}

/// All cases of a folder, sorted by name. Where there are label maps, folders beside them are no cases: nnU-Net and
/// others leave working folders there.
pub(super) fn folder(path: &Path) -> Result<Vec<Entry>> {
    let (files, folders) = listed(path)?;
    let file = |(name, path): (OsString, PathBuf)| Entry { name, case: case_name(&path), source: Source::File(path) };
    let mut entries: Vec<Entry> = files.into_iter().map(file).collect();
    if entries.is_empty() {
        for (name, folder) in folders {
            if let Some(source) = case_folder(&folder)? {
                entries.push(Entry { case: printable(&name.to_string_lossy()), name, source });
            }
        }
    }
    if entries.is_empty() {
        bail!(
            "{}: there is no label map in this folder, and no folder with one; label maps end in .nii.gz, .nii, .hdr, \
             .mha, .mhd, .nrrd, .nhdr or .npy",
            path.display()
        );
    }
    Ok(entries)
}

/// The label map of a case that has a folder; None where nothing in it is one.
fn case_folder(path: &Path) -> Result<Option<Source>> {
    let (files, _) = listed(path)?;
    let masks = path.join(MASKS);
    if masks.is_dir() {
        return self::masks(&masks);
    }
    let mut named = files.iter().filter(|(_, file)| is_segmentation(file));
    match (&files[..], named.next(), named.next()) {
        ([], ..) => Ok(None),
        ([(_, file)], ..) | (_, Some((_, file)), None) => Ok(Some(Source::File(file.clone()))),
        _ => Ok(Some(as_masks(path, files))),
    }
}

/// A folder of one file per class; None where there is none.
pub(super) fn masks(path: &Path) -> Result<Option<Source>> {
    let (files, folders) = listed(path)?;
    if files.is_empty() && folders.iter().any(|(name, _)| name == MASKS) {
        return masks(&path.join(MASKS));
    }
    Ok((!files.is_empty()).then(|| as_masks(path, files)))
}

fn as_masks(path: &Path, files: Vec<(OsString, PathBuf)>) -> Source {
    let files = files.into_iter().map(|(_, file)| (case_name(&file), file)).collect();
    Source::Masks { folder: path.into(), files }
}

fn is_segmentation(file: &Path) -> bool {
    let Some(stem) = io::stem(file) else { return false };
    let stem = stem.to_ascii_lowercase();
    let last = stem.rsplit(['-', '_']).next().unwrap_or(&stem);
    SEGMENTATION.contains(&last)
}

/// Names with their paths, sorted.
type Named = Vec<(OsString, PathBuf)>;

/// Label maps and folders; hidden files, and files of other kinds, are passed over. What only looks like a label map (a
/// folder of such a name, a link that leads nowhere) is listed, so that somebody is told.
fn listed(path: &Path) -> Result<(Named, Named)> {
    let failed = || format!("{}: the folder cannot be read", path.display());
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(path).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        let (name, path) = (entry.file_name(), entry.path());
        if io::stem(&path).is_some() {
            files.push((name, path));
        } else if !name.to_string_lossy().starts_with(['.', '_']) && path.is_dir() {
            folders.push((name, path));
        }
    }
    files.sort();
    folders.sort();
    Ok((files, folders))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        root
    }

    fn found(root: &tempfile::TempDir) -> Vec<(String, String)> {
        let short = |path: &Path| path.strip_prefix(root.path()).unwrap().display().to_string();
        let source = |source: &Source| match source {
            Source::File(path) => short(path),
            Source::Masks { folder, files } => {
                let names: Vec<&str> = files.iter().map(|(name, _)| &name[..]).collect();
                format!("{}: {}", short(folder), names.join(" "))
            }
        };
        let entries = folder(root.path()).unwrap();
        entries.iter().map(|entry| (entry.name.to_string_lossy().into(), source(&entry.source))).collect()
    }

    #[test]
    fn label_maps_are_found_and_everything_else_is_passed_over() {
        let root = tree(&[
            "b.nii.gz",
            "a.mha",
            "._b.nii.gz",
            ".DS_Store",
            "plans.json",
            "a.npz",
            "p.hdr",
            "p.img",
            "q.mhd",
            "q.zraw",
            "postprocessed/a.nii.gz",
            "__MACOSX/b.nii.gz",
        ]);
        let names: Vec<String> = found(&root).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a.mha", "b.nii.gz", "p.hdr", "q.mhd"]);
    }

    #[test]
    fn folders_are_cases_in_the_ways_of_kits_brats_and_totalsegmentator() {
        let root = tree(&[
            "case_0/imaging.nii.gz",
            "case_0/segmentation.nii.gz",
            "glioma-1/glioma-1-seg.nii.gz",
            "glioma-1/glioma-1-t1c.nii.gz",
            "one/anything.nrrd",
            "s0001/ct.nii.gz",
            "s0001/segmentations/liver.nii.gz",
            "s0001/segmentations/spleen.nii.gz",
            "s0002/liver.nii.gz",
            "s0002/spleen.nii.gz",
            "empty/notes.txt",
        ]);
        let expected = [
            ("case_0", "case_0/segmentation.nii.gz"),
            ("glioma-1", "glioma-1/glioma-1-seg.nii.gz"),
            ("one", "one/anything.nrrd"),
            ("s0001", "s0001/segmentations: liver spleen"),
            ("s0002", "s0002: liver spleen"),
        ];
        assert_eq!(found(&root), expected.map(|(name, source)| (name.to_owned(), source.to_owned())));
    }

    #[test]
    fn a_folder_without_label_maps_says_what_one_is() {
        let root = tree(&["notes.txt"]);
        let message = format!("{:#}", folder(root.path()).unwrap_err());
        assert!(message.contains("there is no label map in this folder") && message.contains(".nii.gz"), "{message}");
        let message = format!("{:#}", folder(&root.path().join("none")).unwrap_err());
        assert!(message.contains("cannot be read"), "{message}");
    }

    #[cfg(unix)]
    #[test]
    fn what_only_looks_like_a_label_map_is_listed() {
        let root = tree(&["c.nii/inside.txt"]);
        std::os::unix::fs::symlink("nowhere", root.path().join("a.nii.gz")).unwrap();
        std::os::unix::fs::symlink(".", root.path().join("loop")).unwrap();
        let names: Vec<String> = found(&root).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a.nii.gz", "c.nii"]);
    }
}

//! What a folder holds: label maps, folders that are cases, and files that are neither.

use super::kind::{self, CaseFiles, Holds, Known};
use super::listed::{Listed, Named, listed};
use super::{Source, case_name, slices, unread};
use crate::LabelSlice;
use crate::error::FileError;
use crate::eval::error::PairingError;
use crate::io::labels::{LabelOptions, LabelReader};
use crate::io::{self, Input};
use crate::text::printable;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// A case of one folder.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Of the file or folder.
    pub name: OsString,
    pub case: String,
    pub source: Source,
}

impl Entry {
    /// A label map.
    pub fn of(input: Input) -> Self {
        let path = input.path();
        let name = path.file_name().unwrap_or(path.as_os_str()).to_os_string();
        Self { name, case: case_name(path), source: Source::File(input) }
    }

    /// A file that is not read.
    fn of_foreign((name, path): (OsString, PathBuf)) -> Option<Self> {
        let case = printable(&io::foreign_stem(&path)?);
        Some(Self { name, case, source: Source::File(path.into()) })
    }

    /// What a folder of this name holds.
    fn of_folder(name: OsString, input: Input) -> Self {
        Self { case: printable(&name.to_string_lossy()), name, source: Source::File(input) }
    }
}

/// What a folder holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Its cases, sorted by name.
    pub entries: Vec<Entry>,
    /// Files and folders under the name of a case that cannot be read. They matter where the other side has that case.
    pub unread: Vec<Entry>,
    /// Pictures beside volumes, which are passed over.
    pub pictures: Vec<PathBuf>,
}

/// Where TotalSegmentator puts the files of the classes.
const MASKS: &str = "segmentations";

/// Where BIDS puts the files of a case, by how they were recorded.
const RECORDED: [&str; 5] = ["anat", "dwi", "perf", "func", "pet"];

/// How the folders of BIDS begin that hold one of several visits.
const VISIT: &str = "ses-";

/// All cases of a folder. Beside label maps, folders are not cases: nnU-Net and other tools leave
/// working folders there.
pub(super) fn folder(path: &Path, options: &LabelOptions) -> Result<Found, PairingError> {
    let Listed { mut files, folders, foreign, mut pictures } = listed(path)?;
    if files.iter().any(|(_, file)| !is_image(file)) {
        files.retain(|(_, file)| !is_image(file));
    }
    let mut entries: Vec<Entry> = files.into_iter().map(|(_, path)| Entry::of(path.into())).collect();
    let mut unread: Vec<Entry> = foreign.into_iter().filter_map(Entry::of_foreign).collect();
    if entries.is_empty() {
        let mut cases = Vec::new();
        for (name, folder) in folders {
            let known = cases.len();
            collect(name.clone(), &folder, &mut cases)?;
            if cases.len() == known {
                unread.push(Entry::of_folder(name, folder.into()));
            }
        }
        pictures.extend(cases.iter_mut().flat_map(|case| std::mem::take(&mut case.pictures)));
        entries = sources(cases, options);
    }
    if entries.is_empty() {
        return Err(unread::no_label_maps(path));
    }
    Ok(Found { entries, unread, pictures })
}

/// The volume whose slices are the pictures of a folder, in the order of the numbers in their names; None where it
/// holds no pictures, or volumes as well.
pub(super) fn stack(path: &Path) -> Result<Option<Input>, PairingError> {
    let Listed { files, foreign, .. } = listed(path)?;
    if files.is_empty() || files.iter().any(|(_, file)| !io::is_picture(file)) {
        return Ok(None);
    }
    // It may be the slice that is then missing.
    let unread = foreign.iter().find_map(|(name, file)| Some((name, io::foreign_by_name(file)?)));
    if let Some((name, FileError::Foreign { format, remedy, .. })) = unread {
        let name = name.to_string_lossy();
        return Ok(Some(Input::no_slices(
            path,
            format!("{name} among them is not read ({format}: {remedy}); move it elsewhere if it is no slice"),
        )));
    }
    let names: Vec<String> = files.iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    Ok(Some(match slices::order(&names) {
        Ok(order) => Input::slices(path, order.into_iter().map(|place| Input::from(&files[place].1))),
        Err(why) => Input::no_slices(path, why),
    }))
}

/// The volumes of a folder, each of them a folder of pictures; None where it holds files that are cases themselves.
pub(super) fn stacks(path: &Path) -> Result<Option<Found>, PairingError> {
    let Listed { files, folders, foreign, .. } = listed(path)?;
    if !files.is_empty() {
        return Ok(None);
    }
    let mut found = Found { unread: foreign.into_iter().filter_map(Entry::of_foreign).collect(), ..Found::default() };
    for (name, folder) in folders {
        match stack(&folder)? {
            Some(input) => found.entries.push(Entry::of_folder(name, input)),
            None => found.unread.push(Entry::of_folder(name, folder.into())),
        }
    }
    Ok(Some(found).filter(|found| !found.entries.is_empty()))
}

/// The files of a case.
struct CaseFolder {
    /// Of its folder.
    name: OsString,
    /// Where they lie: that folder, or one below.
    folder: PathBuf,
    files: Named,
    /// Pictures beside them.
    pictures: Vec<PathBuf>,
    known: Known,
}

/// Adds the case that a folder is, or those of its visits; none where it has no files to look at.
fn collect(name: OsString, path: &Path, cases: &mut Vec<CaseFolder>) -> Result<(), PairingError> {
    let (case, visits) = case_folder(name.clone(), path)?;
    cases.extend(case);
    // A visit has no visits: links among such folders would have no end.
    for (visit, below) in visits {
        let name = [&name, &visit].map(|part| part.to_string_lossy()).join("_");
        cases.extend(case_folder(name.into(), &below)?.0);
    }
    Ok(())
}

/// The case that a folder is, if it has files to look at, and its visits.
fn case_folder(name: OsString, path: &Path) -> Result<(Option<CaseFolder>, Named), PairingError> {
    let Listed { mut files, folders, mut pictures, .. } = listed(path)?;
    let mut folder = path.to_path_buf();
    let below = |called: &str| folders.iter().find(|(name, _)| name == called);
    let (masks, mut visits) = (below(MASKS), Vec::new());
    if let Some((_, masks)) = masks {
        folder.clone_from(masks);
        Listed { files, pictures, .. } = listed(masks)?;
    } else if files.is_empty() {
        for (_, below) in RECORDED.into_iter().filter_map(below) {
            if files.is_empty() {
                folder.clone_from(below);
                Listed { files, pictures, .. } = listed(below)?;
                files.retain(|(_, file)| !is_image(file));
            }
        }
        let is_visit = |(name, _): &&(OsString, PathBuf)| name.to_string_lossy().starts_with(VISIT);
        visits.extend(folders.iter().filter(is_visit).cloned());
    }
    files.retain(|(_, file)| !is_image(file));
    let known = if masks.is_some() { Known::Masks } else { segments(&files) };
    let case = (!files.is_empty()).then_some(CaseFolder { name, folder, files, pictures, known });
    Ok((case, visits))
}

/// The file of 3D Slicer's ending, where there is one.
fn segments(files: &Named) -> Known {
    let is_of_slicer = |name: &OsString| {
        let name = name.to_string_lossy().to_ascii_lowercase();
        name.ends_with(".seg.nrrd") || name.ends_with(".seg.nhdr")
    };
    let mut found = files.iter().enumerate().filter(|(_, (name, _))| is_of_slicer(name));
    match (found.next(), found.next()) {
        (Some((place, _)), None) => Known::Segments(place),
        _ => Known::Nothing,
    }
}

/// What the cases of a folder have.
fn sources(cases: Vec<CaseFolder>, options: &LabelOptions) -> Vec<Entry> {
    let named: Vec<(String, Vec<String>)> =
        cases.iter().map(|case| (case.name.to_string_lossy().into(), stems(&case.files))).collect();
    let files = cases.iter().zip(&named);
    let files = files.map(|(case, (name, stems))| CaseFiles { case: name, stems, known: case.known });
    let holds = kind::of_folder(&files.collect::<Vec<_>>());
    let mut unclear = cases.iter().zip(&holds).filter_map(|(case, holds)| match holds {
        Holds::Either(place) => case.files.get(*place),
        _ => None,
    });
    let maps = unclear.by_ref().take(MOST_LOOKED_AT).any(|(_, file)| has_several_labels(file, options));
    let mut entries = Vec::new();
    for ((case, holds), (name, stems)) in cases.into_iter().zip(holds).zip(named) {
        let map = match holds {
            Holds::Map(place) => Some(place),
            Holds::Either(place) if maps => Some(place),
            _ => None,
        };
        let source = match map.and_then(|place| case.files.get(place)) {
            Some((_, file)) => Source::File(file.into()),
            None => as_masks(&name, case.folder, &stems, case.files),
        };
        entries.push(Entry { case: printable(&name), name: case.name, source });
    }
    entries
}

/// Files that are read to see whether they are label maps.
const MOST_LOOKED_AT: usize = 8;

/// Whether a file has other labels than 0 and one more. A file that cannot be read counts as having none; the error is
/// reported when it is counted.
fn has_several_labels(file: &Path, options: &LabelOptions) -> bool {
    let Ok(mut reader) = LabelReader::open_with(file, options) else { return false };
    let mut only = None;
    let mut differs = |label: u32| label != 0 && *only.get_or_insert(label) != label;
    while let Ok(Some(piece)) = reader.next_chunk(1 << 17) {
        let several = match piece {
            LabelSlice::U8(labels) => labels.iter().any(|&label| differs(label.into())),
            LabelSlice::U16(labels) => labels.iter().any(|&label| differs(label.into())),
            LabelSlice::U32(labels) => labels.iter().any(|&label| differs(label)),
        };
        if several {
            return true;
        }
    }
    false
}

/// The case that one folder is: a label map, or one file per class; None where there is none.
pub(super) fn one(path: &Path, options: &LabelOptions) -> Result<Option<Source>, PairingError> {
    let mut cases = Vec::new();
    collect(case_of(path), path, &mut cases)?;
    // With several visits it is not clear which one is meant.
    let one = cases.len() == 1;
    Ok(sources(cases, options).pop().filter(|_| one).map(|entry| entry.source))
}

/// The masks in a folder that is known to hold masks.
pub(super) fn masks(path: &Path, case: Option<&str>) -> Result<Source, PairingError> {
    let mut files = listed(path)?.files;
    files.retain(|(_, file)| !is_image(file));
    let case = case.map_or_else(|| case_of(path).to_string_lossy().into_owned(), str::to_owned);
    Ok(as_masks(&case, path.into(), &stems(&files), files))
}

/// The name of the case whose masks lie in this folder.
fn case_of(path: &Path) -> OsString {
    let own = path.file_name().unwrap_or(path.as_os_str());
    let inner = |name: &OsStr| name == MASKS || RECORDED.iter().any(|recorded| name == *recorded);
    let outer = path.parent().and_then(Path::file_name).filter(|_| inner(own));
    outer.unwrap_or(own).to_os_string()
}

fn as_masks(case: &str, folder: PathBuf, stems: &[String], files: Named) -> Source {
    let classes = kind::classes(case, stems).into_iter().map(|class| printable(&class));
    Source::Masks { folder, files: classes.zip(files).map(|(class, (_, file))| (class, file.into())).collect() }
}

fn stems(files: &Named) -> Vec<String> {
    files.iter().map(|(name, file)| io::stem(file).unwrap_or_else(|| name.to_string_lossy().into())).collect()
}

fn is_image(file: &Path) -> bool {
    io::stem(file).is_some_and(|stem| kind::is_image(&stem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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
            Source::File(input) | Source::Segments(input, _) => short(input.path()),
            Source::Masks { folder, files } => {
                let names: Vec<&str> = files.iter().map(|(name, _)| &name[..]).collect();
                format!("{}: {}", short(folder), names.join(" "))
            }
        };
        let found = folder(root.path(), &LabelOptions::default()).unwrap();
        found.entries.iter().map(|entry| (entry.name.to_string_lossy().into(), source(&entry.source))).collect()
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
            // Other cases have masks, so that one file is a mask as well.
            ("one", "one: anything"),
            ("s0001", "s0001/segmentations: liver spleen"),
            ("s0002", "s0002: liver spleen"),
        ];
        assert_eq!(found(&root), expected.map(|(name, source)| (name.to_owned(), source.to_owned())));
    }

    #[test]
    fn a_folder_without_label_maps_says_what_one_is() {
        let root = tree(&["notes.txt"]);
        let message = folder(root.path(), &LabelOptions::default()).unwrap_err().to_string();
        assert!(message.contains("there is no label map in this folder") && message.contains(".nii.gz"), "{message}");
        let message = folder(&root.path().join("none"), &LabelOptions::default()).unwrap_err().to_string();
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

    #[cfg(unix)]
    #[test]
    fn visits_that_lead_back_have_an_end() {
        let root = tree(&["sub-01/notes.txt"]);
        for visit in ["ses-1", "ses-2"] {
            std::os::unix::fs::symlink(".", root.path().join("sub-01").join(visit)).unwrap();
        }
        let message = folder(root.path(), &LabelOptions::default()).unwrap_err().to_string();
        assert!(message.contains("there is no label map"), "{message}");
    }
}

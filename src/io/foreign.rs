//! Formats of volumes that are recognized but not read: errors name the format, and what to do.

use std::path::Path;

use super::file::ends_in;
use crate::error::FileError;

/// A format, the endings of its files (also with `.gz` behind them), the bytes that they start with, and what to do.
struct Foreign(&'static str, &'static [&'static str], &'static [&'static [u8]], &'static str);

const FOREIGN: [Foreign; 19] = [
    Foreign("DICOM", &["dcm", "dicom", "ima"], &[], "convert the series, for instance with dcm2niix"),
    Foreign("AFNI's BRIK", &["brik", "head"], &[], "convert it, for instance with 3dAFNItoNIFTI"),
    Foreign("MRtrix's MIF", &["mif", "mih"], &[b"mrtrix image"], "convert it, for instance with mrconvert"),
    Foreign("MINC", &["mnc", "mnc2"], &[], "convert it, for instance with mnc2nii"),
    Foreign("HDF5", &["h5", "hdf5", "hdf"], &[b"\x89HDF"], "save the array in it as .npy"),
    Foreign("MATLAB", &["mat"], &[b"MATLAB"], "save the array in it as .npy, or the image as NIfTI"),
    Foreign("VTK", &["vtk", "vti"], &[b"# vtk"], "convert it, for instance with 3D Slicer"),
    Foreign("TIFF", &["tif", "tiff"], &[b"II*\0", b"MM\0*"], "save its array as .npy, or convert it with SimpleITK"),
    Foreign("PNG", &["png"], &[b"\x89PNG"], "save its array as .npy, or convert it with SimpleITK"),
    Foreign(
        "JPEG",
        &["jpg", "jpeg"],
        &[b"\xff\xd8\xff"],
        "it changes the numbers of a label map (of a mask of 225 pixels with 255, 346 were above 0 when it came back): write masks \
         as PNG, and where only the JPEG is left, save its array > 127 as PNG or .npy",
    ),
    Foreign("GIF", &["gif"], &[b"GIF8"], "save its numbers as PNG or .npy"),
    Foreign("WebP", &["webp"], &[], "write masks as PNG, or save its array as .npy"),
    Foreign("a ZIP archive", &["zip"], &[b"PK\x03\x04"], "unpack it"),
    Foreign(
        "NumPy's .npz in a folder",
        &["npz"],
        &[b"PK\x03\x04"],
        "name the file itself, and its array where it has several (case.npz:pred), or save the array as .npy",
    ),
    Foreign("PyTorch's", &["pt", "pth"], &[b"PK\x03\x04"], "save the tensor in it as .npy, with numpy.save"),
    Foreign("bzip2", &["bz2"], &[b"BZh"], "unpack it with bunzip2"),
    Foreign("xz", &["xz"], &[b"\xfd7zXZ"], "unpack it with unxz"),
    Foreign("Zstandard", &["zst"], &[b"\x28\xb5\x2f\xfd"], "unpack it with unzstd"),
    // Only NIfTI is read through gzip around the whole file.
    Foreign(
        "gzip around another format",
        &["mha.gz", "mhd.gz", "nrrd.gz", "nhdr.gz", "npy.gz"],
        &[],
        "unpack it with gunzip",
    ),
];

/// The error for a file of a format that is known and not read, by its first bytes alone.
pub(super) fn started(first: &[u8], path: &Path, readable: Readable) -> Option<FileError> {
    let starts = |Foreign(_, _, starts, _): &&Foreign| starts.iter().any(|start| first.starts_with(start));
    FOREIGN.iter().find(starts).map(|found| found.error(path, readable))
}

/// The error for a file of a format that is known and not read, by its first bytes, else by its name.
pub(super) fn foreign(first: &[u8], path: &Path, readable: Readable) -> Option<FileError> {
    // A file that is called .gz and is not gzip is damaged, in any format.
    let starts = |Foreign(_, _, starts, _): &&Foreign| {
        !ends_in(path, "gz") && starts.iter().any(|start| first.starts_with(start))
    };
    let named = |Foreign(_, endings, ..): &&Foreign| is_named(path, endings);
    // Some formats are archives; their names identify them.
    let mut found = FOREIGN.iter().filter(starts);
    let found = found.clone().find(named).or_else(|| found.next()).or_else(|| FOREIGN.iter().find(named));
    found.map(|found| found.error(path, readable))
}

/// The error for a file that has DICOM's mark, under any name.
pub(super) fn dicom(first: &[u8], path: &Path, readable: Readable) -> Option<FileError> {
    let [dicom, ..] = &FOREIGN;
    is_dicom(first).then(|| dicom.error(path, readable))
}

/// An array by its first bytes, which is read where its name ends so.
const ARRAY: Foreign = Foreign("a NumPy array that is not called .npy", &["npy"], &[b"\x93NUMPY"], "name it so");

/// The error for an array under another name.
pub(super) fn array(first: &[u8], path: &Path, readable: Readable) -> Option<FileError> {
    let Foreign(_, endings, starts, _) = ARRAY;
    let is_array = starts.iter().any(|start| first.starts_with(start)) && !is_named(path, endings);
    is_array.then(|| ARRAY.error(path, readable))
}

/// The error for a file that by its name is of a format that is known and not read.
#[cfg(feature = "eval")]
pub(super) fn by_name(path: &Path, readable: Readable) -> Option<FileError> {
    FOREIGN.iter().find(|Foreign(_, endings, ..)| is_named(path, endings)).map(|found| found.error(path, readable))
}

/// Endings of what is read.
type Readable = &'static [&'static str];

impl Foreign {
    fn error(&self, path: &Path, readable: Readable) -> FileError {
        let &Self(format, _, _, remedy) = self;
        FileError::Foreign { path: path.to_path_buf(), format, remedy, readable }
    }
}

/// Whether a file has DICOM's mark behind the preamble. The preamble may hold anything, even the start of a NIfTI file.
pub(super) fn is_dicom(first: &[u8]) -> bool {
    first.get(128..132) == Some(b"DICM")
}

fn is_named(path: &Path, endings: &[&str]) -> bool {
    let unpacked = path.with_extension("");
    let packed = ends_in(path, "gz");
    endings.iter().any(|ending| match ending.strip_suffix(".gz") {
        Some(inner) => packed && ends_in(&unpacked, inner),
        None => ends_in(path, ending) || (packed && ends_in(&unpacked, ending)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_content_and_by_name() {
        let name = |first: &[u8], path: &str| match dicom(first, Path::new(path), &[])
            .or_else(|| foreign(first, Path::new(path), &[]))
        {
            Some(FileError::Foreign { format, .. }) => Some(format),
            _ => None,
        };
        for (path, format) in [
            ("a+orig.BRIK.gz", "AFNI's BRIK"),
            ("a.mif.gz", "MRtrix's MIF"),
            ("a.dcm", "DICOM"),
            ("a.mha.gz", "gzip around another format"),
            ("a.nii.bz2", "bzip2"),
        ] {
            assert_eq!(name(b"\x1f\x8b", path), Some(format), "{path}");
        }
        for path in ["a.nii.gz", "a", "a.mha", "a.nrrd", "a.mgz", "a.gz"] {
            assert_eq!(name(b"", path), None, "{path}");
        }
        let preamble = [&[0x5c, 1][..], &[0; 126], b"DICM"].concat();
        assert_eq!(name(&preamble, "IM0001"), Some("DICOM"));
        assert_eq!(name(b"II*\0", "a"), Some("TIFF"));
        for (path, format) in [("a.npz", "NumPy's .npz in a folder"), ("a.pt", "PyTorch's"), ("a.nii", "a ZIP archive")]
        {
            assert_eq!(name(b"PK\x03\x04", path), Some(format), "{path}");
        }
    }
}

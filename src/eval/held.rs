//! Compressed true maps that several models are compared with: each is decoded once.

use crate::io::Input;
use std::sync::{Mutex, PoisonError};

/// Bytes of a map in memory at most, of which there is one for each case at work. What is larger is decoded again for
/// every model.
const MOST: u64 = 1 << 29;

/// A true map, while there is someone left who needs it.
#[derive(Debug)]
pub(super) struct Held(Mutex<State>);

#[derive(Debug)]
struct State {
    /// How many have not taken it yet.
    left: usize,
    /// What was read; within it None where that does not work in memory.
    read: Option<Option<Input>>,
}

impl Held {
    /// For so many takers.
    pub fn of(takers: usize) -> Self {
        Self(Mutex::new(State { left: takers, read: None }))
    }

    /// The map, from memory where it fits there. The first taker reads it, and others wait so long; the last one takes it
    /// away.
    pub fn take(&self, truth: &Input) -> Input {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.left = state.left.saturating_sub(1);
        if state.read.is_none() && state.left == 0 {
            return truth.clone();
        }
        let read = state.read.get_or_insert_with(|| truth.held(MOST)).clone();
        if state.left == 0 {
            state.read = None;
        }
        read.unwrap_or_else(|| truth.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::{Geometry, labels, nifti};
    use flate2::{Compression, write::GzEncoder};
    use std::fs;
    use std::io::Write;

    #[test]
    fn a_compressed_map_is_read_once_for_all_takers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.nii.gz");
        nifti::write(&path, &[2, 2, 1], &Geometry::from_spacing([1.0; 3]), &[0u8, 1, 1, 0]).unwrap();
        // Archives pad files with zeros, which no reader minds.
        fs::write(&path, [fs::read(&path).unwrap(), vec![0; 512]].concat()).unwrap();
        let truth = Input::from(&path);
        let expected = labels::read(&truth).unwrap();
        let held = Held::of(3);
        let first = held.take(&truth);
        // What comes later is not seen, and the name is still that of the file.
        fs::write(&path, b"other").unwrap();
        let second = held.take(&truth);
        for own in [&first, &second] {
            assert_eq!((labels::read(own).unwrap().labels, own.path()), (expected.labels.clone(), path.as_path()));
        }
        drop((held.take(&truth), first, second));
        assert!(held.0.lock().unwrap().read.is_none());
        // What cannot be read is told by its reader, and a single taker reads for itself.
        let truth = Input::from(&folder.path().join("a.nii.gz"));
        assert!(labels::read(Held::of(2).take(&truth)).is_err());
        assert_eq!(Held::of(1).take(&truth), truth);
    }

    #[test]
    fn a_header_is_not_held_without_its_voxels() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        nifti::write(path("a.nii"), &[2, 2, 1], &Geometry::from_spacing([1.0; 3]), &[0u8, 1, 1, 0]).unwrap();
        let whole = fs::read(path("a.nii")).unwrap();
        let mut header = GzEncoder::new(Vec::new(), Compression::fast());
        let mut bytes = whole[..348].to_vec();
        bytes[344..348].copy_from_slice(b"ni1\0");
        bytes[108..112].copy_from_slice(&0f32.to_le_bytes());
        header.write_all(&bytes).unwrap();
        fs::write(path("b.hdr.gz"), header.finish().unwrap()).unwrap();
        fs::write(path("b.img"), &whole[352..]).unwrap();
        let expected = labels::read(Input::from(path("a.nii"))).unwrap().labels;
        // An uncompressed file is read from the disk as well.
        for name in ["a.nii", "b.hdr.gz"] {
            let truth = Input::from(&path(name));
            let taken = Held::of(2).take(&truth);
            assert_eq!((labels::read(&taken).unwrap().labels, &taken), (expected.clone(), &truth), "{name}");
        }
    }
}

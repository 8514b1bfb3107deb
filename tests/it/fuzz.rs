//! The bodies of the fuzz targets (see fuzz/README.md) on the compiler that everybody has: over damaged seeds, for a short
//! while, with a fixed seed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mutate::{Mutator, Random};
use packed::{Walk, walk};
use voxdice::io::{Input, nifti};

mod agree;
mod bodies;
pub mod mutate;
mod packed;
mod regressions;
mod scratch;
mod seeds;

/// Rounds of each body.
const ROUNDS: usize = 4000;

/// The first bytes that break a body, of so many rounds.
fn broken(name: &str, body: impl Fn(&[u8]), rounds: usize) -> Option<Vec<u8>> {
    let seeds = seeds::of(name);
    let mut random = Random(0x5eed_0fd1_ce00 ^ name.len() as u64);
    let mutator = Mutator { seeds: &seeds, most: 4096 };
    let fails = |bytes: &[u8]| catch_unwind(AssertUnwindSafe(|| body(bytes))).is_err();
    let damaged = (0..rounds).map(|_| mutator.next(&mut random));
    seeds.iter().cloned().chain(damaged).find(|bytes| fails(bytes))
}

/// A search that finds nothing proves nothing, unless it would have found something: readers with faults as there are.
#[test]
fn planted_faults_are_found() {
    let is_packed = |bytes: &[u8]| bytes.starts_with(&[0x1f]);
    let read = |bytes: &[u8]| nifti::read(Input::bytes("a.nii", bytes)).ok();
    // A length above 2^14 is taken for a negative one.
    let wraps = |bytes: &[u8]| assert!(is_packed(bytes) || bytes.get(43).is_none_or(|high| high >> 6 != 1));
    // An intercept is added to voxels that are not scaled.
    let adds = |bytes: &[u8]| {
        let inter = bytes.get(116..120).map_or([0; 4], |word| [word[0], word[1], word[2], word[3]]);
        assert!(is_packed(bytes) || read(bytes).is_none_or(|image| image.header.scale.is_some() || inter == [0; 4]));
    };
    // Checksums are not looked at.
    let trusts = |bytes: &[u8]| assert!(!matches!(walk(bytes), Walk::Unsigned(_)));
    // Bytes are skipped without a look at the end of the file.
    let skips = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let skip = text.lines().find_map(|line| line.strip_prefix("byte skip: ")?.parse::<u64>().ok());
        assert!(skip.is_none_or(|skip| skip < 1 << 32));
    };
    let found = [
        ("nifti", broken("nifti", wraps, ROUNDS)),
        ("nifti", broken("nifti", adds, ROUNDS)),
        ("packed", broken("packed", trusts, ROUNDS)),
        ("nrrd", broken("nrrd", skips, ROUNDS)),
    ];
    for (place, (name, found)) in found.into_iter().enumerate() {
        assert!(found.is_some_and(|bytes| !seeds::of(name).contains(&bytes)), "fault {place} of {name}");
    }
    assert!(broken("nrrd", |_| (), ROUNDS).is_none());
}

#[test]
fn no_bytes_break_a_reader() {
    for (name, body) in bodies::ALL {
        if let Some(bytes) = broken(name, body, ROUNDS) {
            panic!("{name}: {:?}", bytes.escape_ascii().to_string());
        }
    }
}

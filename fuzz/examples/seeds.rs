//! Writes the seeds of every target to the folder corpus/TARGET beside this crate's manifest.

use std::fs;
use std::path::Path;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let readers = voxdice_fuzz::bodies::ALL.iter().map(|(name, _)| (*name, voxdice_fuzz::seeds::of(name)));
    let own = voxdice::fuzzing::ALL.iter().map(|(name, _)| (*name, voxdice::fuzzing::seeds::of(name)));
    for (name, seeds) in readers.chain(own) {
        let folder = root.join(name);
        fs::create_dir_all(&folder).expect("a folder for the seeds");
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed_{number}")), seed).expect("a seed");
        }
        println!("{name}: {} seeds", seeds.len());
    }
}

//! What the targets share: the bodies, which are those of the tests, and the seeds.

#[path = "../../tests/it/fuzz/agree.rs"]
pub mod agree;
#[path = "../../tests/it/fuzz/bodies.rs"]
pub mod bodies;
#[path = "../../tests/it/fuzz/packed.rs"]
pub mod packed;
#[path = "../../tests/it/fuzz/scratch.rs"]
pub mod scratch;
#[path = "../../tests/it/fuzz/seeds.rs"]
pub mod seeds;

/// Calls a body of voxdice's own, for what is not public.
pub fn private(name: &str, data: &[u8]) {
    let body = voxdice::fuzzing::ALL.iter().find(|(own, _)| *own == name);
    body.expect("a body of this name").1(data);
}

//! Dice of two label maps in ten lines: `cargo run --example embed`.

use voxdice::{Classes, Empty, Engine, EngineOptions, LabelMap, Pair, Shape, metric};

fn main() -> Result<(), voxdice::Error> {
    let engine = Engine::new(&EngineOptions::default())?;
    let shape = Shape::new(1, 1, [4, 4])?;
    let truth = [0u8, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 2, 0, 0, 2, 2];
    let pred = [0u8, 0, 1, 1, 0, 0, 1, 1, 0, 0, 2, 2, 0, 0, 2, 2];
    let counts = engine.counts(
        Pair { pred: LabelMap::u8(shape.clone(), &pred)?, truth: LabelMap::u8(shape, &truth)? },
        &Classes::new([1, 2])?,
    )?;
    let dice = counts.map(|class| metric::dice(class, Empty::Nan));
    // Class 1: 4 voxels in common, 4 + 6 in all. Class 2: 3 in common, 4 + 3 in all.
    assert_eq!(dice.values(), [8.0 / 10.0, 6.0 / 7.0]);
    Ok(())
}

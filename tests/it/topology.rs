//! Betti numbers: an oracle that counts cells and floods, known shapes, values of another program.

mod golden;
mod oracle;
mod shapes;
mod skeletons;

use voxdice::stats::{Betti, Topology};
use voxdice::{Backend, Classes, Engine, EngineOptions, LabelMap, Pair, Shape};

pub fn engine() -> Engine {
    Engine::new(&EngineOptions { backend: Backend::Cpu, ..EngineOptions::default() }).unwrap()
}

/// Per sample, of label 1 of maps with these axes.
fn topology(samples: usize, spatial: &[usize], truth: &[u8], pred: &[u8]) -> Vec<Topology> {
    let shape = Shape::new(samples, 1, spatial).unwrap();
    let [pred, truth] = [pred, truth].map(|labels| LabelMap::u8(shape.clone(), labels).unwrap());
    engine().topology(Pair { pred, truth }, &Classes::new([1]).unwrap()).unwrap().into_values()
}

/// The numbers of one mask, which do not depend on the other.
fn betti(spatial: &[usize], mask: &[u8]) -> Betti {
    let others = [vec![0; mask.len()], vec![1; mask.len()], mask.to_vec()];
    let all = others.each_ref().map(|other| topology(1, spatial, mask, other)[0].truth());
    let again = others.each_ref().map(|other| topology(1, spatial, other, mask)[0].pred());
    assert!(all.iter().chain(&again).all(|own| *own == all[0]), "{spatial:?} {mask:?}");
    all[0]
}

//! Lesions: other tools' values, an oracle by brute force, slabs and threads, hard shapes, wrong input.

mod canaries;
pub mod cases;
mod found_from;
mod golden;
#[cfg(feature = "gpu")]
mod gpu;
mod large;
mod merged;
mod oracle;
mod shapes;
mod wrong;

use voxdice::metric::instances::{Detection, InstanceRules, detection};
use voxdice::stats::{InstanceOptions, Instances};
use voxdice::{Backend, Classes, Engine, EngineOptions, LabelMap, Pair, Shape};

pub fn engine() -> Engine {
    Engine::new(&EngineOptions { backend: Backend::Cpu, ..EngineOptions::default() }).unwrap()
}

/// Two label maps of one sample.
#[derive(Debug, Clone)]
pub struct Maps {
    pub spatial: Vec<usize>,
    pub truth: Vec<u32>,
    pub pred: Vec<u32>,
}

impl Maps {
    pub fn find(&self, classes: &Classes, options: &InstanceOptions) -> Vec<Instances> {
        self.find_on(&engine(), classes, options)
    }

    pub fn find_on(&self, engine: &Engine, classes: &Classes, options: &InstanceOptions) -> Vec<Instances> {
        let shape = Shape::new(1, 1, &self.spatial).unwrap();
        let [pred, truth] = [&self.pred, &self.truth].map(|labels| LabelMap::u32(shape.clone(), labels).unwrap());
        engine.instances(Pair { pred, truth }, classes, options).unwrap().into_values()
    }

    /// All labels but 0 as one class.
    pub fn foreground(&self) -> Classes {
        let mut labels: Vec<u32> = self.truth.iter().chain(&self.pred).copied().filter(|&label| label != 0).collect();
        labels.sort_unstable();
        labels.dedup();
        if labels.is_empty() {
            labels.push(1);
        }
        Classes::regions([labels]).unwrap()
    }

    /// All labels but 0 by these rules.
    pub fn one(&self, rules: &InstanceRules) -> Instances {
        let options = InstanceRules::options(&[*rules], &[], self.spatial.len());
        self.find(&self.foreground(), &options).remove(0)
    }

    pub fn detect(&self, rules: &InstanceRules, voxel_mm3: f64) -> Detection {
        detection(&self.one(rules), rules, voxel_mm3)
    }
}

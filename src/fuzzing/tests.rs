//! The bodies over damaged seeds, for a short while.

use super::{ALL, seeds};
use mutate::{Mutator, Random};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[path = "../../tests/it/fuzz/mutate.rs"]
mod mutate;

const ROUNDS: usize = 6000;

#[test]
fn no_bytes_break_a_body() {
    for (name, body) in ALL {
        let seeds = seeds::of(name);
        seeds.iter().for_each(|seed| body(seed));
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mutator = Mutator { seeds: &seeds, most: 8192 };
        for round in 0..ROUNDS {
            let bytes = mutator.next(&mut random);
            if catch_unwind(AssertUnwindSafe(|| body(&bytes))).is_err() {
                panic!("{name} in round {round}: {:?}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}

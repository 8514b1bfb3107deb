//! Models compared by the library: against golden values of other tools, and by what must hold whatever the scores are.

pub mod golden;
mod laws;

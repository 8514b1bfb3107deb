//! Scores, losses and their gradients: golden values of other libraries, laws, wrong parameters.

pub mod arrays;
mod choices;
mod cohort;
pub mod compare;
mod counts;
mod edges;
mod itk;
mod keras;
mod laws;
mod monai;
mod seed;
mod smp;
mod soft;
mod torchmetrics;
mod wrong;

//! Gradients on the GPU.

use super::Backend;
use crate::error::Result;
use crate::job::GradientJob;

impl Backend {
    pub fn gradient(&self, _job: &GradientJob<'_>, _out: &mut [f32]) -> Result<()> {
        todo!()
    }
}

//! What can be known of the shaders without a GPU: they are read by naga, the compiler inside wgpu, and looked at as
//! its intermediate representation.

use naga::Module;
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use voxdice::internals::shaders::Shader;

mod barriers;
mod exact;
mod layout;
mod translation;

/// The module, or where in the text the mistake is.
fn parse(wgsl: &str) -> Result<Module, String> {
    naga::front::wgsl::parse_str(wgsl).map_err(|error| error.emit_to_string(wgsl))
}

/// What the validator finds out about a module, or why it refuses it.
fn validate(module: &Module, capabilities: Capabilities) -> Result<ModuleInfo, String> {
    let validated = Validator::new(ValidationFlags::all(), capabilities).validate(module);
    validated.map_err(|error| with_causes(&error))
}

/// naga says what is wrong in the causes of its errors.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Only what the shader says that it needs.
fn capabilities(needs_int64: bool) -> Capabilities {
    if needs_int64 { Capabilities::SHADER_INT64 } else { Capabilities::empty() }
}

/// One shader per distinct text: constants do not change what is looked at.
pub fn distinct() -> Vec<Shader> {
    let mut shaders = voxdice::internals::shaders::all();
    shaders.sort_by(|a, b| a.wgsl.cmp(&b.wgsl));
    shaders.dedup_by(|a, b| a.wgsl == b.wgsl);
    shaders
}

/// A shader from text of our own, for mistakes planted on purpose.
fn planted(wgsl: &str, constants: &[(&'static str, f64)]) -> Shader {
    Shader { name: "planted".into(), wgsl: wgsl.into(), constants: constants.to_vec(), needs_int64: false }
}

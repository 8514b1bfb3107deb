//! Every shader parses, validates, takes its constants, keeps within the portable limits and translates to SPIR-V,
//! MSL, HLSL and GLSL.

use super::{capabilities, parse, planted, validate, with_causes};
use naga::back::PipelineConstants;
use naga::back::pipeline_constants::process_overrides;
use naga::valid::ModuleInfo;
use naga::{AddressSpace, Module, ShaderStage, StorageAccess};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use voxdice::internals::shaders::Shader;

/// `max_compute_workgroup_storage_size` of the limits that the base path runs on; wgpu itself does not check it.
const WORKGROUP_BYTES: u32 = 16_352;

/// Every binding that a shader may have: prediction, truth, result, auxiliary words, parameters. All but the truth it
/// must have; shaders of [`WITHOUT_OPERANDS`] have neither prediction nor truth.
const BINDINGS: [(u32, AddressSpace); 5] = [
    (0, AddressSpace::Storage { access: StorageAccess::LOAD }),
    (1, AddressSpace::Storage { access: StorageAccess::LOAD }),
    (2, AddressSpace::Storage { access: StorageAccess::LOAD.union(StorageAccess::STORE) }),
    (3, AddressSpace::Storage { access: StorageAccess::LOAD }),
    (4, AddressSpace::Uniform),
];

/// Works on results of an earlier kernel alone.
const WITHOUT_OPERANDS: &str = "instances compress";

#[test]
fn every_shader_passes_every_check() {
    let shaders = voxdice::internals::shaders::all();
    // Many differ in their constants alone.
    let mut of_text: BTreeMap<(&str, bool), Vec<&Shader>> = BTreeMap::new();
    shaders.iter().for_each(|shader| of_text.entry((&shader.wgsl, shader.needs_int64)).or_default().push(shader));
    let of_text: Vec<Vec<&Shader>> = of_text.into_values().collect();
    let (next, faults) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(shaders) = of_text.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let text = Text::of(shaders[0]);
                    for shader in shaders {
                        let checked = text.as_ref().map_err(String::clone).and_then(|text| text.check(shader));
                        if let Err(fault) = checked {
                            faults.lock().unwrap().push(format!("{}: {fault}", shader.name));
                        }
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} of {} shaders, first {}", faults.len(), shaders.len(), faults[0]);
    // A list that lost a statistic would pass all of the above.
    let surfaces = ["surface search", "surface columns", "surface histogram"];
    let lesions = ["instances counts", "instances runs", "instances merge", "instances compress"];
    for statistic in ["sums", "survey", "counts few", "counts many"].iter().chain(&surfaces).chain(&lesions) {
        assert!(shaders.iter().any(|shader| shader.name.starts_with(*statistic)), "no shader for {statistic}");
    }
}

#[test]
fn names_tell_shaders_apart() {
    let mut names: Vec<String> = voxdice::internals::shaders::all().into_iter().map(|shader| shader.name).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// Everything that must hold of one shader, or what is wrong with it.
fn check(shader: &Shader) -> Result<(), String> {
    Text::of(shader)?.check(shader)
}

/// The text of a shader, parsed.
struct Text {
    module: Module,
    info: ModuleInfo,
}

impl Text {
    /// Everything that must hold of it whatever its constants are.
    fn of(shader: &Shader) -> Result<Self, String> {
        let module = parse(&shader.wgsl)?;
        let info = validate(&module, capabilities(shader.needs_int64))?;
        if shader.needs_int64 && validate(&module, capabilities(false)).is_ok() {
            return Err("says that it needs 64-bit integers and does not".into());
        }
        check_entry_point(&module)?;
        Ok(Self { module, info })
    }

    /// Everything that must hold of a shader of this text.
    fn check(&self, shader: &Shader) -> Result<(), String> {
        check_bindings(&self.module, &shader.name)?;
        check_constants(&self.module, shader)?;
        let constants = shader.constants.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
        let (module, info) = resolve(&self.module, &self.info, &constants)?;
        let bytes = workgroup_bytes(&module);
        if bytes > WORKGROUP_BYTES {
            return Err(format!("{bytes} bytes of workgroup memory"));
        }
        check_translations(&module, &info, shader.needs_int64)
    }
}

fn resolve(module: &Module, info: &ModuleInfo, constants: &PipelineConstants) -> Result<(Module, ModuleInfo), String> {
    match process_overrides(module, info, Some((ShaderStage::Compute, "main")), constants) {
        Ok((module, info)) => Ok((module.into_owned(), info.into_owned())),
        Err(error) => Err(with_causes(&error)),
    }
}

/// Overrides and constants match by name, and values are whole: naga would cut off a fraction silently.
fn check_constants(module: &Module, shader: &Shader) -> Result<(), String> {
    let given = |name: &str| shader.constants.iter().any(|constant| constant.0 == name);
    for (_, declared) in module.overrides.iter() {
        let name = declared.name.as_deref().unwrap_or_default();
        if declared.init.is_none() && !given(name) {
            return Err(format!("`{name}` has neither a value nor a default"));
        }
    }
    for (name, value) in &shader.constants {
        if !module.overrides.iter().any(|(_, declared)| declared.name.as_deref() == Some(name)) {
            return Err(format!("`{name}` is given and not declared"));
        }
        if value.fract() != 0.0 || *value < 0.0 {
            return Err(format!("`{name}` is {value}"));
        }
    }
    Ok(())
}

fn check_entry_point(module: &Module) -> Result<(), String> {
    let [main] = &module.entry_points[..] else {
        return Err(format!("{} entry points", module.entry_points.len()));
    };
    let fixed = main.workgroup_size_overrides.is_none();
    if main.name != "main" || main.stage != ShaderStage::Compute || main.workgroup_size != [256, 1, 1] || !fixed {
        return Err(format!("entry point `{}` with workgroup size {:?}", main.name, main.workgroup_size));
    }
    Ok(())
}

fn check_bindings(module: &Module, name: &str) -> Result<(), String> {
    let bound = module.global_variables.iter().filter_map(|(_, global)| Some((global.binding?, global.space)));
    let mut found: Vec<_> = bound.map(|(place, space)| ((place.group, place.binding), space)).collect();
    found.sort_by_key(|binding| binding.0);
    let expected = BINDINGS.map(|(binding, space)| ((0, binding), space));
    let without_truth: Vec<_> = expected.iter().copied().filter(|binding| binding.0.1 != 1).collect();
    let without_operands: Vec<_> = expected.iter().copied().filter(|binding| binding.0.1 > 1).collect();
    let is_known = match name.starts_with(WITHOUT_OPERANDS) {
        true => found == without_operands,
        false => found == expected || found == without_truth,
    };
    if is_known { Ok(()) } else { Err(format!("bindings {found:?}")) }
}

/// Workgroup memory of a module without overrides, counted as WebGPU does: each variable in multiples of 16.
fn workgroup_bytes(module: &Module) -> u32 {
    let all = module.global_variables.iter().filter(|(_, global)| global.space == AddressSpace::WorkGroup);
    all.map(|(_, global)| module.types[global.ty].inner.size(module.to_ctx()).next_multiple_of(16)).sum()
}

/// Translates to all four languages. GLSL has no 64-bit integers: it must refuse exactly the shaders that need them.
fn check_translations(module: &Module, info: &ModuleInfo, needs_int64: bool) -> Result<(), String> {
    let entry = || Some((ShaderStage::Compute, "main".to_owned()));
    let spirv = naga::back::spv::write_vec(module, info, &Default::default(), None);
    if spirv.map_err(|error| format!("SPIR-V: {error}"))?.is_empty() {
        return Err("SPIR-V: nothing".into());
    }

    let options = naga::back::msl::Options { lang_version: (2, 3), ..Default::default() };
    let pipeline = naga::back::msl::PipelineOptions { entry_point: entry(), ..Default::default() };
    let (_, msl) =
        naga::back::msl::write_string(module, info, &options, &pipeline).map_err(|error| format!("MSL: {error}"))?;
    // MSL reports faults of an entry point beside the text.
    if let [Err(error)] = &msl.entry_point_names[..] {
        return Err(format!("MSL: {error}"));
    }

    // The oldest shader model that can do it: 5.1 is what FXC compiles.
    let model = naga::back::hlsl::ShaderModel::V5_1;
    let shader_model = if needs_int64 { naga::back::hlsl::ShaderModel::V6_0 } else { model };
    let options = naga::back::hlsl::Options { shader_model, ..Default::default() };
    let pipeline = naga::back::hlsl::PipelineOptions { entry_point: entry() };
    let mut text = String::new();
    let mut writer = naga::back::hlsl::Writer::new(&mut text, &options, &pipeline);
    let hlsl = writer.write(module, info, None).map_err(|error| format!("HLSL: {error}"))?;
    if let [Err(error)] = &hlsl.entry_point_names[..] {
        return Err(format!("HLSL: {error}"));
    }

    match (glsl(module, info), needs_int64) {
        (Ok(_), false) | (Err(_), true) => Ok(()),
        (Ok(_), true) => Err("GLSL took 64-bit integers: translate those shaders too".into()),
        (Err(error), false) => Err(format!("GLSL: {error}")),
    }
}

/// GLSL ES 3.10, the oldest with compute shaders.
fn glsl(module: &Module, info: &ModuleInfo) -> Result<String, String> {
    let options = naga::back::glsl::Options::default();
    let pipeline = naga::back::glsl::PipelineOptions {
        shader_stage: ShaderStage::Compute,
        entry_point: "main".into(),
        multiview: None,
    };
    let mut text = String::new();
    let policies = naga::proc::BoundsCheckPolicies::default();
    let writer = naga::back::glsl::Writer::new(&mut text, module, info, &options, &pipeline, policies);
    writer.and_then(|mut writer| writer.write()).map_err(|error| error.to_string())?;
    Ok(text)
}

/// The frame of a shader that passes, with `{}` for a mistake in its body.
const FRAME: &str = "
    @group(0) @binding(0) var<storage, read> p_words: array<u32>;
    @group(0) @binding(1) var<storage, read> t_words: array<u32>;
    @group(0) @binding(2) var<storage, read_write> result: array<u32>;
    @group(0) @binding(3) var<storage, read> aux: array<u32>;
    @group(0) @binding(4) var<uniform> params: vec4<u32>;
    override WORDS: u32;
    override FACTOR: u32 = 1u;
    var<workgroup> shared_words: array<u32, WORDS>;
    @compute @workgroup_size(256)
    fn main(@builtin(local_invocation_index) lid: u32) {
      shared_words[lid] = FACTOR * (p_words[lid] + t_words[lid] + aux[lid] + params.x);
      workgroupBarrier();
      result[lid] = shared_words[255u - lid];
    }";

#[test]
fn the_checker_refuses_planted_mistakes() {
    let words = ("WORDS", 256.0);
    assert_eq!(check(&planted(FRAME, &[words])), Ok(()));
    // (what to replace, by what, constants, what the refusal says)
    let mistakes: [(&str, &str, &[_], &str); 14] = [
        ("", "", &[words, ("LINES", 2.0)], "`LINES` is given and not declared"),
        ("", "", &[], "`WORDS` has neither a value nor a default"),
        ("", "", &[("WORDS", 256.5)], "`WORDS` is 256.5"),
        ("", "", &[("WORDS", 0.0)], "does not have a positive size"),
        ("", "", &[("WORDS", 4089.0)], "16368 bytes of workgroup memory"),
        ("255u - lid", "255.0 - f32(lid)", &[words], "Accessing with index"),
        ("255u - lid", "255i - lid", &[words], "Operation Subtract"),
        ("params.x", "params.x.x", &[words], "invalid field accessor"),
        ("+ aux[lid]", "+ axu[lid]", &[words], "no definition in scope for identifier: `axu`"),
        ("+ params.x", "+ u32(u64(params.x))", &[words], "Unable to cast"),
        ("@workgroup_size(256)", "@workgroup_size(128)", &[words], "workgroup size [128, 1, 1]"),
        ("fn main", "fn start", &[words], "entry point `start`"),
        ("var<storage, read> aux", "var<storage, read_write> aux", &[words], "bindings"),
        ("var<uniform> params", "var<storage> params", &[words], "bindings"),
    ];
    for (from, to, constants, expected) in mistakes {
        let wgsl = FRAME.replace(from, to);
        assert!(from.is_empty() || wgsl != FRAME, "`{from}` is not in the frame");
        let refusal = check(&planted(&wgsl, constants)).unwrap_err();
        assert!(refusal.contains(expected), "`{from}` -> `{to}`: {refusal}");
    }
    let idle = Shader { needs_int64: true, ..planted(FRAME, &[words]) };
    assert_eq!(check(&idle), Err("says that it needs 64-bit integers and does not".into()));
}

//! What a compiler for real GPUs makes of the kernels: their hot loops, in AMD machine code, are as short as
//! `benches/isa/record.tsv` says. `benches/isa/README.md` explains the columns.

#[path = "../../benches/isa/driver.rs"]
mod driver;
#[path = "../../benches/isa/listing.rs"]
mod listing;

use naga::back::spv;
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ValidationFlags, Validator};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use voxdice::internals::shaders::Shader;

const ICD: &str = "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json";
const FAMILY: &str = "gfx1100";
const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/isa/record.tsv");
const WORKER: &str = "isa::worker";
const HEADER: &str = "kernel\tbytes per voxel\tVGPRs\twaves per SIMD\tspilled\tLDS\tcode\tloads\twidest load\twaits\t\
                      instructions per voxel\tcycles per voxel\tinstructions per byte";

/// The kernels that matter: how they are called here, the start and the end of their name, voxels of a trip through the
/// hot loop, and bytes of a voxel.
const KERNELS: [(&str, &str, &str, f64, f64); 30] = [
    ("sums3 f32xf32 u64", "sums None Real Plain None Native", "F32 x F32, 256 lanes", 16.0, 8.0),
    ("sums3 f32xf32 pairs", "sums None Real Plain None Pairs", "F32 x F32, 256 lanes", 16.0, 8.0),
    ("sums5 f32xf32 u64", "sums None Real Squared None Native", "F32 x F32, 256 lanes", 16.0, 8.0),
    ("sums5 f32xf32 pairs", "sums None Real Squared None Pairs", "F32 x F32, 256 lanes", 16.0, 8.0),
    ("sums6 f32xf32 u64", "sums None Real All None Native", "F32 x F32, 256 lanes", 16.0, 8.0),
    ("sums3 f32xu8 u64", "sums None Real Plain None Native", "F32 x U8, 256 lanes", 16.0, 5.0),
    ("sums3 f32xu8 pairs", "sums None Real Plain None Pairs", "F32 x U8, 256 lanes", 16.0, 5.0),
    ("sums5 f32xu8 u64", "sums None Real Squared None Native", "F32 x U8, 256 lanes", 16.0, 5.0),
    ("sums5 f32xu8 pairs", "sums None Real Squared None Pairs", "F32 x U8, 256 lanes", 16.0, 5.0),
    ("sums5 f32, labels u8 u64", "sums None Labels Squared None Native", "F32 x U8, 256 lanes", 16.0, 5.0),
    ("sums3 f16xu8 u64", "sums None Real Plain None Native", "F16 x U8, 256 lanes", 16.0, 3.0),
    ("sums5 f16xu8 u64", "sums None Real Squared None Native", "F16 x U8, 256 lanes", 16.0, 3.0),
    ("sums3 f16xf16 u64", "sums None Real Plain None Native", "F16 x F16, 256 lanes", 16.0, 4.0),
    ("sums5 f16xf16 u64", "sums None Real Squared None Native", "F16 x F16, 256 lanes", 16.0, 4.0),
    ("sums3 u8xu8", "sums None Real Plain None Native", "U8 x U8, 256 lanes", 64.0, 2.0),
    ("sums5 u8xu8", "sums None Real Squared None Native", "U8 x U8, 256 lanes", 64.0, 2.0),
    ("sums3 u8xu8 plain dot", "sums None Real Plain None Native plain dot", "U8 x U8, 256 lanes", 16.0, 2.0),
    ("counts of 1 u8xu8", "counts few, 1 classes", "U8 x U8, 256 lanes", 32.0, 2.0),
    ("counts of 5 u8xu8", "counts few, 5 classes", "U8 x U8, 256 lanes", 32.0, 2.0),
    ("counts of 8 above 15 u8xu8", "counts few, 8 classes above 15", "U8 x U8, 256 lanes", 32.0, 2.0),
    ("counts of many u8xu8, runs", "counts many", "U8 x U8, 256 lanes", 16.0, 2.0),
    ("exact gradient f32xf32 u64", "gradient exact Real Native", "F32 x F32, 256 lanes", 4.0, 12.0),
    ("exact gradient f32xf32 pairs", "gradient exact Real Pairs", "F32 x F32, 256 lanes", 4.0, 12.0),
    ("sigmoid f32xf32 u64", "sums Sigmoid Real Squared None Native", "F32 x F32, 256 lanes", 1.0, 8.0),
    ("sigmoid f32xf32 pairs", "sums Sigmoid Real Squared None Pairs", "F32 x F32, 256 lanes", 1.0, 8.0),
    (
        "sigmoid and BCE f32xf32 u64",
        "sums Sigmoid Real Squared BinaryCrossEntropy Native",
        "F32 x F32, 256 lanes",
        1.0,
        8.0,
    ),
    (
        "sigmoid and BCE, gradient f32xf32",
        "gradient Sigmoid Real Squared BinaryCrossEntropy Native",
        "F32 x F32, 256 lanes",
        1.0,
        12.0,
    ),
    ("power f32xf32 u64", "sums None Real Power None Native", "F32 x F32, 256 lanes", 1.0, 8.0),
    ("survey f32xf32", "survey None Real", "F32 x F32, 256 lanes", 1.0, 8.0),
    ("label range u8", "label range", "U8 x U8, 256 lanes", 1.0, 1.0),
];

/// Cycles of a hot loop may be so many times those of the record.
const MOST_GROWTH: f64 = 1.1;

#[test]
fn hot_loops_do_not_grow() {
    let found = match compiled() {
        Ok(found) => found,
        Err(reason) => {
            let required = std::env::var_os("VOXDICE_TEST_ISA").is_some_and(|value| value == "require");
            assert!(!required, "{reason}");
            return crate::skips::skipped(&format!("hot loops in AMD machine code: {reason}"));
        }
    };
    if crate::page::blesses() {
        std::fs::write(RECORD, &found).unwrap();
    }
    let record = std::fs::read_to_string(RECORD).unwrap();
    assert_eq!(grown(&record, &found), [""; 0]);
}

/// Kernels whose hot loop is longer than recorded, or that are not recorded.
fn grown(record: &str, found: &str) -> Vec<String> {
    let cycles = |text: &str| -> Vec<(String, f64)> {
        let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
        rows.map(|row| (row.split('\t').next().unwrap().into(), row.split('\t').nth(11).unwrap().parse().unwrap()))
            .collect()
    };
    let before = cycles(record);
    let is_new = |(name, now): &(String, f64)| {
        let then = before.iter().find(|(known, _)| known == name);
        then.is_none_or(|(_, then)| *now > then * MOST_GROWTH)
    };
    cycles(found)
        .iter()
        .filter(|row| is_new(row))
        .map(|(name, now)| format!("{name}: {now} cycles per voxel"))
        .collect()
}

#[test]
fn a_loop_that_grew_by_more_than_a_tenth_is_named() {
    let table = |a: f64, b: f64| {
        let columns = "\t0".repeat(10);
        format!("# comment\n{HEADER}\na{columns}\t{a}\t0\nb{columns}\t{b}\t0\n")
    };
    assert_eq!(grown(&table(10.0, 20.0), &table(10.9, 15.0)), [""; 0]);
    assert_eq!(grown(&table(10.0, 20.0), &table(11.1, 20.0)), ["a: 11.1 cycles per voxel"]);
    assert_eq!(grown(&format!("{HEADER}\n"), &table(1.0, 2.0)).len(), 2);
}

/// The table, from a child under Mesa's compiler for the family, or why there is none.
fn compiled() -> Result<String, String> {
    if !Path::new(ICD).is_file() {
        return Err(format!("{ICD} is not there; Debian's mesa-vulkan-drivers brings it"));
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", WORKER, "--nocapture", "--test-threads=1"])
        .env("VK_DRIVER_FILES", ICD)
        .env("VK_ICD_FILENAMES", ICD)
        .env("RADV_FORCE_FAMILY", FAMILY)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    if let Some((_, reason)) = err.split_once("no compiler: ") {
        return Err(reason.lines().next().unwrap_or_default().into());
    }
    let table = out.split_once("BEGIN\n").and_then(|(_, rest)| rest.split_once("END\n"));
    assert!(child.status.success() && table.is_some(), "{out}\n{err}");
    Ok(table.unwrap().0.into())
}

#[test]
#[ignore = "for the test above, which runs it under another driver"]
fn worker() {
    let compiler = match driver::Compiler::new() {
        Ok(compiler) => compiler,
        Err(error) => return eprintln!("no compiler: {error}"),
    };
    let shaders = voxdice::internals::shaders::all();
    let mut table = format!("# Written by VOXDICE_BLESS=1; {FAMILY}, Mesa's RADV.\n{HEADER}\n");
    for (kernel, start, end, voxels, bytes) in KERNELS {
        let named = |shader: &&Shader| shader.name == format!("{start}, {end}");
        let shader = shaders.iter().find(named).unwrap_or_else(|| panic!("no shader for {kernel}"));
        let compiled = compiler.compile(&spirv(shader)).unwrap();
        if let Some(folder) = std::env::var_os("VOXDICE_ISA_LISTINGS") {
            std::fs::write(Path::new(&folder).join(format!("{kernel}.s")), &compiled.assembly).unwrap();
        }
        // Bytes beyond what was met, labels above 15 and ends of runs are rare.
        let rare = ["u8xu8", "counts"].iter().any(|text| kernel.contains(text));
        let way = if rare { listing::Way::Cheapest } else { listing::Way::Dearest };
        let cost = listing::hot_loop(&compiled.assembly, way).unwrap_or_else(|| panic!("no loop in {kernel}"));
        let number = |name: &str| {
            let found = compiled.statistics.get(name);
            *found.unwrap_or_else(|| panic!("no {name} in {:?}", compiled.statistics))
        };
        let spilled = number("Spilled SGPRs") + number("Spilled VGPRs") + number("Scratch size");
        let driver = [number("VGPRs"), number("Subgroups per SIMD"), spilled, number("LDS size"), number("Code size")];
        let driver = driver.map(|number| number.to_string()).join("\t");
        let (vector, cycles) = (f64::from(cost.vector) / voxels, f64::from(cost.cycles) / voxels);
        let (loads, widest, waits) = (cost.loads, cost.widest, cost.waits);
        writeln!(
            table,
            "{kernel}\t{bytes}\t{driver}\t{loads}\t{widest}\t{waits}\t{vector:.1}\t{cycles:.1}\t{:.1}",
            vector / bytes
        )
        .unwrap();
    }
    print!("BEGIN\n{table}END\n");
}

/// The module as the GPU backend has it compiled.
fn spirv(shader: &Shader) -> Vec<u32> {
    let module = naga::front::wgsl::parse_str(&shader.wgsl).unwrap();
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::SHADER_INT64);
    let info = validator.validate(&module).unwrap();
    let constants = shader.constants.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
    let entry = Some((naga::ShaderStage::Compute, "main"));
    let (module, info) = naga::back::pipeline_constants::process_overrides(&module, &info, entry, &constants).unwrap();
    // As wgpu has them where the driver checks buffers by itself.
    let bounds_check_policies = BoundsCheckPolicies {
        index: BoundsCheckPolicy::Restrict,
        buffer: BoundsCheckPolicy::Unchecked,
        image_load: BoundsCheckPolicy::Restrict,
        binding_array: BoundsCheckPolicy::Restrict,
    };
    let options = spv::Options {
        lang_version: (1, 4),
        bounds_check_policies,
        force_loop_bounding: false,
        zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::None,
        ..spv::Options::default()
    };
    spv::write_vec(&module, &info, &options, None).unwrap()
}

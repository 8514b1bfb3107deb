//! What Rust and WGSL both say is said alike: the layout of the parameters, the sizes and the constants.

use super::{distinct, parse};
use naga::{ArraySize, Expression, Literal, Module, ScalarKind, TypeInner};
use std::mem::offset_of;
use voxdice::internals::Params;
use voxdice::stats::Terms;

/// A member of a struct: name, offset, kind of its 32-bit scalar.
type Member = (String, u32, ScalarKind);

trait Kind {
    const KIND: ScalarKind;
}

impl Kind for u32 {
    const KIND: ScalarKind = ScalarKind::Uint;
}

impl Kind for i32 {
    const KIND: ScalarKind = ScalarKind::Sint;
}

impl Kind for f32 {
    const KIND: ScalarKind = ScalarKind::Float;
}

fn kind_of<T: Kind>(_: T) -> ScalarKind {
    T::KIND
}

/// The members of `Params` as Rust lays them out. The pattern has no `..`: a new field does not compile until it is
/// listed here.
macro_rules! members_of_params {
    ($($name:ident)*) => {{
        let Params { $($name),* } = Params::default();
        vec![$((stringify!($name).to_owned(), offset_of!(Params, $name) as u32, kind_of($name))),*]
    }};
}

fn rust_params() -> (Vec<Member>, u32) {
    let members = members_of_params! {
        tasks groups_x listed channels blocks_per_cell first_block first_start tail_voxels cell_voxels window_rows
        p_head t_head classes class_base aux_len groups p_row p_channel t_row t_channel power threshold threshold_low
        threshold_high gamma alpha task_channels
        r_head r_row r_channel on off keep add clip_low clip_high ratio part measure parts part_voxels
    };
    (members, size_of::<Params>() as u32)
}

/// Members and size of a struct of 32-bit scalars.
fn wgsl_struct(module: &Module, name: &str) -> (Vec<Member>, u32) {
    let (_, found) = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(name)).expect("no such struct");
    let TypeInner::Struct { members, span } = &found.inner else { panic!("`{name}` is no struct") };
    let member = |member: &naga::StructMember| match module.types[member.ty].inner {
        TypeInner::Scalar(scalar) if scalar.width == 4 => {
            (member.name.clone().unwrap_or_default(), member.offset, scalar.kind)
        }
        ref other => panic!("{other:?} in `{name}`"),
    };
    (members.iter().map(member).collect(), *span)
}

#[test]
fn params_have_the_same_layout_in_rust_and_in_every_shader() {
    for shader in distinct() {
        assert_eq!(wgsl_struct(&parse(&shader.wgsl).unwrap(), "Params"), rust_params(), "{}", shader.name);
    }
}

#[test]
fn the_layout_comparison_notices_planted_differences() {
    let same = "struct Params { tasks: u32, groups_x: u32, listed: u32, channels: u32, blocks_per_cell: u32,
        first_block: u32, first_start: i32, tail_voxels: u32, cell_voxels: u32, window_rows: u32, p_head: u32,
        t_head: u32, classes: u32, class_base: u32, aux_len: u32, groups: u32, p_row: u32, p_channel: u32, t_row: u32,
        t_channel: u32, power: f32, threshold: f32, threshold_low: u32, threshold_high: u32, gamma: f32, alpha: f32,
        task_channels: u32,
        r_head: u32, r_row: u32, r_channel: u32, on: f32, off: f32, keep: f32, add: f32, clip_low: f32, clip_high: f32,
        ratio: f32, part: u32, measure: u32, parts: u32, part_voxels: u32 }";
    assert_eq!(wgsl_struct(&parse(same).unwrap(), "Params"), rust_params());
    let differences = [
        ("first_start: i32", "first_start: u32"),
        ("p_head: u32, t_head: u32", "t_head: u32, p_head: u32"),
        ("listed: u32", "@align(16) listed: u32"),
        ("part_voxels: u32", "@size(8) part_voxels: u32"),
        ("part_voxels: u32", "part_voxels: u32, more: u32"),
        (", part_voxels: u32", ""),
        ("class_base", "base_class"),
    ];
    let same = same.split_whitespace().collect::<Vec<_>>().join(" ");
    for (from, to) in differences {
        let wgsl = same.replace(from, to);
        assert_ne!(wgsl, same, "`{from}` is not there");
        assert_ne!(wgsl_struct(&parse(&wgsl).unwrap(), "Params"), rust_params(), "`{from}` -> `{to}`");
    }
}

/// The value of a named `u32` constant.
fn wgsl_constant(module: &Module, name: &str) -> Option<u64> {
    let (_, constant) = module.constants.iter().find(|(_, constant)| constant.name.as_deref() == Some(name))?;
    match module.global_expressions[constant.init] {
        Expression::Literal(Literal::U32(value)) => Some(u64::from(value)),
        _ => None,
    }
}

/// The value of a named constant in Rust text: a plain number. For constants that the public API does not show.
fn rust_constant(text: &str, name: &str) -> Option<u64> {
    let (_, after) = text.split_once(&format!("const {name}: "))?;
    let (_, value) = after.split_once(';')?.0.split_once(" = ")?;
    let digits = value.replace('_', "");
    match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    }
}

const PLAN: &str = include_str!("../../../src/plan.rs");
const SHAPE: &str = include_str!("../../../src/shape.rs");
const CLASSES: &str = include_str!("../../../src/classes.rs");
const SOURCE: &str = include_str!("../../../src/kernel/source.rs");
const DISTANCES: &str = include_str!("../../../src/gpu/surfaces/distances.rs");
const BOXES: &str = include_str!("../../../src/gpu/masks/boxes.rs");
const BATCH: &str = include_str!("../../../src/gpu/masks/batch.rs");
const SUMS: &str = include_str!("../../../src/kernel/sums.rs");

#[test]
fn constants_of_both_languages_are_equal() {
    // (in WGSL, text of the Rust twin, in Rust, shaders that have it)
    let twins = [
        ("BLOCK_VOXELS", SHAPE, "BLOCK_VOXELS", ""),
        ("WORKGROUP", PLAN, "WORKGROUP", ""),
        ("MAX_CLASSES", SOURCE, "MANY_CLASSES", "counts many"),
        ("IGNORED", CLASSES, "IGNORED", "counts many"),
        ("BACKGROUND", CLASSES, "BACKGROUND", "counts many"),
        ("UNLISTED", CLASSES, "UNLISTED", "counts many"),
        ("INFINITY", SUMS, "INFINITY", "survey"),
        ("SEGMENT_WORDS", DISTANCES, "SEGMENT_WORDS", "surface counts"),
        ("KINDS", DISTANCES, "KINDS", "surface counts"),
        ("SLOT_WORDS", DISTANCES, "SLOT_WORDS", "surface histogram"),
        ("ROW_WORDS", DISTANCES, "ROW_WORDS", "surface search"),
        ("BOX_WORDS", BOXES, "BOX_WORDS", "surface boxes"),
        ("PART", BOXES, "PART", "surface boxes"),
        ("COST_SHIFT", BATCH, "COST_SHIFT", "surface search"),
    ];
    assert_eq!(rust_constant(SHAPE, "BLOCK_VOXELS"), Some(voxdice::BLOCK_VOXELS));
    for shader in distinct() {
        let module = parse(&shader.wgsl).unwrap();
        for (wgsl, text, rust, _) in twins.iter().filter(|twin| shader.name.starts_with(twin.3)) {
            let expected = rust_constant(text, rust);
            assert!(expected.is_some(), "no `{rust}` in the Rust source");
            assert_eq!(wgsl_constant(&module, wgsl), expected, "`{wgsl}` in {}", shader.name);
        }
        let lanes = u64::from(module.entry_points[0].workgroup_size[0]);
        assert_eq!(Some(lanes), wgsl_constant(&module, "WORKGROUP"), "{}", shader.name);
    }
}

#[test]
fn constants_are_read_from_text_as_their_compilers_read_them() {
    let wgsl = parse("const A: u32 = 0xffu; const B: u32 = 2u * 8u;").unwrap();
    assert_eq!(["A", "B", "C"].map(|name| wgsl_constant(&wgsl, name)), [Some(255), Some(16), None]);
    let rust = "pub const A: u32 = 0xff_ff;\nconst AB: usize = 1_024;\nconst C: u64 = f(1);";
    assert_eq!(["A", "AB", "B", "C"].map(|name| rust_constant(rust, name)), [Some(0xffff), Some(1024), None, None]);
}

/// Length of the array that a workgroup variable is.
fn workgroup_array(module: &Module, name: &str) -> Option<u64> {
    let (_, global) = module.global_variables.iter().find(|(_, global)| global.name.as_deref() == Some(name))?;
    match module.types[global.ty].inner {
        TypeInner::Array { size: ArraySize::Constant(length), .. } => Some(u64::from(length.get())),
        _ => None,
    }
}

#[test]
fn counters_of_one_pass_fit_the_workgroup_memory() {
    let shaders: Vec<_> = distinct().into_iter().filter(|shader| shader.name.starts_with("counts many")).collect();
    assert!(!shaders.is_empty());
    for shader in shaders {
        let module = parse(&shader.wgsl).unwrap();
        // pred, truth and both per class; out of range in p and in t; ignored.
        let counters = wgsl_constant(&module, "MAX_CLASSES").map(|classes| 3 * classes + 3);
        assert!(counters.is_some() && workgroup_array(&module, "sh_counts") == counters, "{}", shader.name);
    }
}

#[test]
fn labels_of_the_few_classes_fit_their_vectors() {
    let few = rust_constant(SOURCE, "FEW_CLASSES");
    let shaders: Vec<_> = distinct().into_iter().filter(|shader| shader.name.starts_with("counts few")).collect();
    assert!(!shaders.is_empty());
    for shader in shaders {
        let module = parse(&shader.wgsl).unwrap();
        let labels = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some("Labels")).unwrap().1;
        let TypeInner::Struct { members, .. } = &labels.inner else { panic!("`Labels` is no struct") };
        for member in members {
            let words = module.types[member.ty].inner.size(module.to_ctx()) / 4;
            assert_eq!(Some(u64::from(words)), few, "{:?} in {}", member.name, shader.name);
        }
    }
}

#[test]
fn a_sums_partial_and_its_shared_memory_have_room_for_every_term() {
    let mut terms_seen = Vec::new();
    for shader in voxdice::internals::shaders::all().iter().filter(|shader| shader.name.starts_with("sums")) {
        let value = |name: &str| shader.constants.iter().find(|constant| constant.0 == name).unwrap().1;
        let (terms, slots) = (value("TERMS"), value("SLOTS"));
        assert!(slots == terms || slots == terms + 1.0, "{}", shader.name);
        assert_eq!(value("SHARED"), 256.0 * slots, "{}", shader.name);
        // Two words per sum, and the largest absolute value.
        assert!(value("WORDS") > 2.0 * slots, "{}", shader.name);
        terms_seen.push(terms as u32);
    }
    terms_seen.sort_unstable();
    terms_seen.dedup();
    let lengths = Terms::EXACT.map(|terms| terms.len() as u32);
    assert_eq!(terms_seen, lengths, "the sets of terms that shaders were made for");
}

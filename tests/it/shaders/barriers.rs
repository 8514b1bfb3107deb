//! Barriers stand where all lanes of a workgroup arrive together. Browsers check that; naga does not, and a GPU may
//! hang. So: barriers only in the entry point, never under an `if` or `switch`, never after a conditional `return`,
//! and loops around them end for all lanes at once.

use super::{distinct, parse};
use naga::{
    AddressSpace, Arena, Binding, Block, BuiltIn, Expression, Function, Handle, LocalVariable, Module, Statement,
};
use std::collections::HashSet;

#[test]
fn all_lanes_reach_every_barrier_together() {
    let shaders = distinct();
    for shader in &shaders {
        assert_eq!(stray_barriers(&parse(&shader.wgsl).unwrap()), [""; 0], "{}", shader.name);
    }
    // Gradients, copies and most kernels of surfaces and lesions fold nothing and have none; a shader without any elsewhere would prove nothing.
    let alone = |name: &str| {
        let surfaces = name.starts_with("surface")
            && !["surface counts", "surface queries"].iter().any(|kind| name.starts_with(kind));
        let lesions = name.starts_with("instances") && !name.starts_with("instances counts");
        surfaces || lesions || ["gradient", "gather", "fold counts"].iter().any(|kind| name.starts_with(kind))
    };
    let mut folding = shaders.iter().filter(|shader| !alone(&shader.name));
    assert!(folding.all(|shader| shader.wgsl.contains("workgroupBarrier();")));
}

/// What is wrong with the barriers of a module.
fn stray_barriers(module: &Module) -> Vec<String> {
    let mut found = Vec::new();
    for (_, function) in module.functions.iter() {
        if has(&function.body, &is_barrier) {
            found.push(format!("barrier in function `{}`", function.name.as_deref().unwrap_or("?")));
        }
    }
    for entry in &module.entry_points {
        let walk = Walk { function: &entry.function, varying: varying(module, &entry.function) };
        walk.block(&entry.function.body, &mut found);
    }
    found
}

/// Whether a statement of a block, or one inside it, is of a kind.
fn has(block: &[Statement], kind: &dyn Fn(&Statement) -> bool) -> bool {
    block.iter().any(|statement| kind(statement) || blocks(statement).into_iter().any(|inner| has(inner, kind)))
}

fn is_barrier(statement: &Statement) -> bool {
    // The load has barriers of its own.
    matches!(
        statement,
        Statement::ControlBarrier(_) | Statement::MemoryBarrier(_) | Statement::WorkGroupUniformLoad { .. }
    )
}

fn is_return(statement: &Statement) -> bool {
    matches!(statement, Statement::Return { .. } | Statement::Kill)
}

/// Whether a block may be left early: by `return`, or by a `break` or `continue` of a loop around it, but not of one
/// inside.
fn has_exit(block: &[Statement]) -> bool {
    block.iter().any(|statement| match statement {
        Statement::Break | Statement::Continue => true,
        Statement::Loop { body, continuing, .. } => has(body, &is_return) || has(continuing, &is_return),
        _ => is_return(statement) || blocks(statement).into_iter().any(|inner| has_exit(inner)),
    })
}

fn blocks(statement: &Statement) -> Vec<&Block> {
    match statement {
        Statement::Block(block) => vec![block],
        Statement::If { accept, reject, .. } => vec![accept, reject],
        Statement::Switch { cases, .. } => cases.iter().map(|case| &case.body).collect(),
        Statement::Loop { body, continuing, .. } => vec![body, continuing],
        _ => Vec::new(),
    }
}

/// The condition under which the header of a `for` or `while` goes on. naga writes `for (init; condition; update)` as
/// `init; loop { if condition {} else { break } ... continuing { update } }`.
fn header(statement: &Statement) -> Option<Handle<Expression>> {
    match statement {
        Statement::If { condition, accept, reject } => {
            (accept.is_empty() && matches!(reject[..], [Statement::Break])).then_some(*condition)
        }
        _ => None,
    }
}

struct Walk<'a> {
    function: &'a Function,
    varying: Varying,
}

impl Walk<'_> {
    /// Looks at a block that all lanes reach together.
    fn block(&self, block: &[Statement], found: &mut Vec<String>) {
        let mut exit_before = false;
        for statement in block {
            if exit_before && has(std::slice::from_ref(statement), &is_barrier) {
                found.push("barrier after a conditional exit".into());
            }
            match statement {
                Statement::Block(inner) => self.block(inner, found),
                Statement::If { .. } | Statement::Switch { .. } => {
                    if blocks(statement).into_iter().any(|inner| has(inner, &is_barrier)) {
                        found.push("barrier under a condition".into());
                    }
                    exit_before |= blocks(statement).into_iter().any(|inner| has_exit(inner));
                }
                Statement::Loop { body, continuing, break_if } => {
                    exit_before |= has(body, &is_return);
                    if has(body, &is_barrier) || has(continuing, &is_barrier) {
                        self.looped(body, *break_if, found);
                        self.block(continuing, found);
                    }
                }
                _ => {}
            }
        }
    }

    /// A loop with barriers in it: its header may end it, if all lanes agree, and nothing else may.
    fn looped(&self, body: &[Statement], break_if: Option<Handle<Expression>>, found: &mut Vec<String>) {
        let first = body.iter().position(|statement| !matches!(statement, Statement::Emit(_)));
        let condition = first.and_then(|first| header(&body[first]));
        if condition.is_none() && break_if.is_none() {
            found.push("barrier in a loop without a bound".into());
        }
        if condition.into_iter().chain(break_if).any(|bound| self.varying.of(bound, self.function)) {
            found.push("barrier in a loop that lanes leave at different times".into());
        }
        let after_header = first.filter(|_| condition.is_some()).map_or(0, |first| first + 1);
        self.block(&body[after_header..], found);
    }
}

/// Which values of an entry point may differ between the lanes of a workgroup.
#[derive(Default)]
struct Varying {
    uniform_globals: HashSet<Handle<naga::GlobalVariable>>,
    uniform_arguments: HashSet<u32>,
    locals: HashSet<Handle<LocalVariable>>,
}

fn varying(module: &Module, function: &Function) -> Varying {
    let globals = module.global_variables.iter();
    let same_for_all = |binding: &Option<Binding>| {
        matches!(binding, Some(Binding::BuiltIn(BuiltIn::WorkGroupId | BuiltIn::NumWorkGroups)))
    };
    let arguments = function.arguments.iter().enumerate().filter(|(_, argument)| same_for_all(&argument.binding));
    let mut found = Varying {
        uniform_globals: globals.filter(|(_, g)| g.space == AddressSpace::Uniform).map(|(handle, _)| handle).collect(),
        uniform_arguments: arguments.map(|(index, _)| index as u32).collect(),
        locals: HashSet::new(),
    };
    // Until nothing new turns up: a variable that varies makes others vary.
    loop {
        let before = found.locals.len();
        found.note_stores(&function.body, false, function);
        if found.locals.len() == before {
            return found;
        }
    }
}

impl Varying {
    /// Whether an expression may differ between lanes. What is not known to be the same for all may differ.
    fn of(&self, handle: Handle<Expression>, function: &Function) -> bool {
        let of = |handle| self.of(handle, function);
        match &function.expressions[handle] {
            Expression::Literal(_) | Expression::Constant(_) | Expression::Override(_) | Expression::ZeroValue(_) => {
                false
            }
            Expression::GlobalVariable(global) => !self.uniform_globals.contains(global),
            Expression::FunctionArgument(index) => !self.uniform_arguments.contains(index),
            Expression::LocalVariable(local) => self.locals.contains(local),
            Expression::Load { pointer: base }
            | Expression::AccessIndex { base, .. }
            | Expression::Splat { value: base, .. }
            | Expression::Swizzle { vector: base, .. }
            | Expression::As { expr: base, .. }
            | Expression::Unary { expr: base, .. } => of(*base),
            Expression::Access { base, index } => of(*base) || of(*index),
            Expression::Binary { left, right, .. } => of(*left) || of(*right),
            Expression::Select { condition, accept, reject } => of(*condition) || of(*accept) || of(*reject),
            Expression::Compose { components, .. } => components.iter().any(|&component| of(component)),
            _ => true,
        }
    }

    /// Notes the variables that a block makes vary; `divided` where not all lanes run it as often.
    fn note_stores(&mut self, block: &[Statement], divided: bool, function: &Function) {
        for statement in block {
            let divided = divided
                || match statement {
                    Statement::If { condition: on, .. } | Statement::Switch { selector: on, .. } => {
                        self.of(*on, function)
                    }
                    Statement::Loop { body, break_if, .. } => {
                        break_if.is_some_and(|on| self.of(on, function)) || self.exits_vary(body, function)
                    }
                    _ => false,
                };
            match statement {
                Statement::Store { pointer, value } if divided || self.of(*value, function) => {
                    self.locals.extend(root(*pointer, &function.expressions));
                }
                Statement::Call { arguments, .. } => {
                    self.locals.extend(arguments.iter().filter_map(|&pointer| root(pointer, &function.expressions)));
                }
                _ => {}
            }
            for inner in blocks(statement) {
                self.note_stores(inner, divided, function);
            }
        }
    }

    /// Whether some lanes may leave the block before others do.
    fn exits_vary(&self, block: &[Statement], function: &Function) -> bool {
        block.iter().any(|statement| match statement {
            Statement::If { condition: on, .. } | Statement::Switch { selector: on, .. } if self.of(*on, function) => {
                blocks(statement).into_iter().any(|inner| has_exit(inner))
            }
            _ => blocks(statement).into_iter().any(|inner| self.exits_vary(inner, function)),
        })
    }
}

/// The local variable that a pointer leads into.
fn root(pointer: Handle<Expression>, expressions: &Arena<Expression>) -> Option<Handle<LocalVariable>> {
    match expressions[pointer] {
        Expression::LocalVariable(local) => Some(local),
        Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => root(base, expressions),
        _ => None,
    }
}

#[test]
fn the_walk_finds_planted_barriers_and_no_others() {
    // (body of `main`, what is found)
    let condition = "barrier under a condition";
    let early = "barrier after a conditional exit";
    let uneven = "barrier in a loop that lanes leave at different times";
    let cases: [(&str, &[&str]); 21] = [
        ("workgroupBarrier();", &[]),
        ("for (var i = 0u; i < LANES; i += 1u) { if lid < i { sh = 1u; } workgroupBarrier(); }", &[]),
        ("for (var i = LANES / 2u; i > 0u; i = i / 2u) { workgroupBarrier(); }", &[]),
        ("for (var i = 0u; i < limit; i += 1u) { workgroupBarrier(); }", &[]),
        ("var i = group.x; while i < 9u { i += 1u; { workgroupBarrier(); } }", &[]),
        ("for (var i = lid; i < 9u; i += 1u) { sh = i; } workgroupBarrier();", &[]),
        ("loop { workgroupBarrier(); continuing { break if limit > 3u; } }", &[]),
        ("if lid < 3u { for (var i = 0u; i < 9u; i += 1u) { sh = i; } } workgroupBarrier();", &[]),
        ("if lid < 3u { workgroupBarrier(); }", &[condition]),
        ("if limit < 3u { sh = 1u; } else { storageBarrier(); }", &[condition]),
        ("switch limit { case 1u: { workgroupBarrier(); } default: {} }", &[condition]),
        ("for (var i = 0u; i < 9u; i += 1u) { if lid < i { workgroupBarrier(); } }", &[condition]),
        ("if lid < 3u { sh = workgroupUniformLoad(&sh_all); }", &[condition]),
        ("if lid < 3u { return; } workgroupBarrier();", &[early]),
        ("for (var i = 0u; i < 9u; i += 1u) { if lid < i { break; } workgroupBarrier(); }", &[uneven, early]),
        ("for (var i = 0u; i < 9u; i += 1u) { if lid < i { return; } } workgroupBarrier();", &[early]),
        ("for (var i = lid; i < 9u; i += 1u) { workgroupBarrier(); }", &[uneven]),
        ("for (var i = 0u; i < 9u; i += lid) { workgroupBarrier(); }", &[uneven]),
        ("var n = 9u; if lid < 4u { n = 3u; } for (var i = 0u; i < n; i += 1u) { workgroupBarrier(); }", &[uneven]),
        ("loop { workgroupBarrier(); continuing { break if lid > 3u; } }", &[uneven]),
        ("helper();", &["barrier in function `helper`"]),
    ];
    for (body, expected) in cases {
        let helper = if body.contains("helper") { "fn helper() { if limit > 0u { workgroupBarrier(); } }" } else { "" };
        let wgsl = format!(
            "override LANES: u32 = 256u;
            @group(0) @binding(0) var<uniform> limit: u32;
            var<workgroup> sh_all: u32;
            {helper}
            @compute @workgroup_size(256)
            fn main(@builtin(local_invocation_index) lid: u32, @builtin(workgroup_id) group: vec3<u32>) {{
              var sh = 0u;
              {body}
            }}"
        );
        let found = stray_barriers(&parse(&wgsl).unwrap_or_else(|error| panic!("{body}: {error}")));
        assert_eq!(found, expected, "{body}");
    }
}

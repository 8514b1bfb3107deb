// Strategy of the counts for any number of classes: each lane keeps the current run of equal label pairs in registers
// and adds it to counters when the pair changes. Counters of a block stand in workgroup memory and are added once to
// the counters of its sample; with DIRECT (tiny cells) lanes add to those at once. Integer atomics have no order, so
// the result is exact. The host clears `totals` first. Twin: kernel/counts.rs.

@group(0) @binding(2) var<storage, read_write> totals: array<atomic<u32>>;

override DIRECT: bool = false;
override OVERLAPS: bool = false; // aux has groups instead of classes; behind it the classes of each group

const MAX_CLASSES: u32 = 1024u;  // classes of one pass

var<workgroup> sh_counts: array<atomic<u32>, 3075>;   // pred, truth, both per class; out of range in p, in t; ignored

fn class_word(i: u32) -> u32 {
  return aux[i];
}

fn class_entries() -> u32 {
  return params.aux_len;
}

fn bump(plane: u32, counter: u32, times: u32) {
  if DIRECT {
    atomicAdd(&totals[params.r_head + plane * (3u * params.classes + 3u) + counter], times);
  } else {
    atomicAdd(&sh_counts[counter], times);
  }
}

// Where the classes of a group begin and end in aux.
fn classes_of(group: u32) -> vec2<u32> {
  if group >= params.groups {
    return vec2<u32>(0u);
  }
  let offsets = select(1u, 2u, SEARCH) * params.aux_len;
  let classes = offsets + params.groups + 1u;
  return vec2<u32>(classes + aux[offsets + group], classes + aux[offsets + group + 1u]);
}

fn count_groups(plane: u32, p_group: u32, t_group: u32, times: u32) {
  let n = params.classes;
  let p = classes_of(p_group);
  let t = classes_of(t_group);
  for (var i = p.x; i < p.y; i += 1u) {
    let p_class = aux[i] - params.class_base;
    if p_class < n {
      bump(plane, p_class, times);
      for (var k = t.x; k < t.y; k += 1u) {
        if aux[k] == aux[i] {
          bump(plane, 2u * n + p_class, times);
        }
      }
    }
  }
  for (var k = t.x; k < t.y; k += 1u) {
    let t_class = aux[k] - params.class_base;
    if t_class < n {
      bump(plane, n + t_class, times);
    }
  }
}

fn count_classes(plane: u32, p: u32, t: u32, times: u32) {
  let n = params.classes;
  let p_class = p - params.class_base;
  let t_class = t - params.class_base;
  if p_class < n {
    bump(plane, p_class, times);
    if p == t {
      bump(plane, 2u * n + p_class, times);
    }
  }
  if t_class < n {
    bump(plane, n + t_class, times);
  }
}

// Counts `times` voxels of class (or group) p in the prediction and t in the truth.
fn count(plane: u32, p: u32, t: u32, times: u32) {
  // Voxels that are ignored or out of range belong to no class, hence to the first pass over the classes.
  let first = params.class_base == 0u;
  let others = 3u * params.classes;
  if t == IGNORED {
    if first {
      bump(plane, others + 2u, times);
    }
    return;
  }
  if OVERLAPS {
    count_groups(plane, p, t, times);
  } else {
    count_classes(plane, p, t, times);
  }
  if first && p == UNLISTED {
    bump(plane, others, times);
  }
  if first && t == UNLISTED {
    bump(plane, others + 1u, times);
  }
}

// The current run of a lane.
struct Run {
  labels: vec2<u32>,
  classes: vec2<u32>,
  voxels: u32,   // of it that are not counted yet
}

fn run_end(run: ptr<function, Run>, plane: u32) {
  if (*run).voxels > 0u {
    count(plane, (*run).classes.x, (*run).classes.y, (*run).voxels);
  }
}

fn run_add(run: ptr<function, Run>, plane: u32, p: vec4<u32>, t: vec4<u32>) {
  if all(p == vec4<u32>((*run).labels.x)) && all(t == vec4<u32>((*run).labels.y)) {
    (*run).voxels += 4u;
    return;
  }
  for (var i = 0u; i < 4u; i += 1u) {
    let labels = vec2<u32>(p[i], t[i]);
    if any(labels != (*run).labels) {
      run_end(run, plane);
      *run = Run(labels, vec2<u32>(class_of(labels.x), class_of(labels.y)), 0u);
    }
    (*run).voxels += 1u;
  }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let counters = 3u * params.classes + 3u;
  for (var i = lid; i < counters; i += 256u) {
    if !DIRECT {
      atomicStore(&sh_counts[i], 0u);
    }
  }
  workgroupBarrier();

  let slot = slot_of(workgroup, lid);
  let lane_id = lid % LANES;
  var plane = 0u;
  if slot < params.tasks {
    let task = task_of(slot);
    plane = task.plane;
    let p0 = params.p_head + task.row;
    let t0 = params.t_head + task.row;
    let first = first_quad(task);
    let quads = (task.voxels - first) / 4u;
    var run = Run(vec2<u32>(0u), vec2<u32>(class_of(0u)), 0u);
    for (var q = most_quads(&run, task, first, quads, lane_id); q < quads; q += LANES) {
      run_add(&run, plane, p_quad(p0 + first + 4u * q, 1u), t_quad(t0 + first + 4u * q, 1u));
    }
    run_end(&run, plane);
    // Before the first quad, and behind the last.
    for (var i = lane_id; i < task.voxels - 4u * quads; i += LANES) {
      let v = select(i + 4u * quads, i, i < first);
      count(plane, class_of(p_one(p0 + v)), class_of(t_one(t0 + v)), 1u);
    }
  }

  workgroupBarrier();
  // Without DIRECT the whole workgroup shares one task, hence one plane; lane 0 of a workgroup beyond the last task
  // counted nothing, so its counters are all 0.
  for (var i = lid; i < counters; i += 256u) {
    if !DIRECT {
      let value = atomicLoad(&sh_counts[i]);
      if value > 0u {
        atomicAdd(&totals[params.r_head + plane * counters + i], value);
      }
    }
  }
}

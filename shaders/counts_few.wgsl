// Strategy of the counts for up to eight classes: counters stay in registers, and the lanes of a task fold in workgroup
// memory. Writes a partial per task. Most voxels are counted in counts_planes.wgsl, where labels are of eight bits; every
// other one is compared with all labels at once. Twin: kernel/counts.rs.

@group(0) @binding(2) var<storage, read_write> result: array<u32>;

struct Lane {
  pred: array<vec4<u32>, 2>,    // voxels per class, classes 0..3 and 4..7
  truth: array<vec4<u32>, 2>,
  both: array<vec4<u32>, 2>,
  out_of_range: vec2<u32>,      // voxels of p, of t whose label is neither listed nor 0
}

// The listed labels, and 1 for those that exist (the rest pads the vectors).
struct Labels {
  value: array<vec4<u32>, 2>,
  exists: array<vec4<u32>, 2>,
}

fn labels_of_params() -> Labels {
  var labels: Labels;
  for (var c = 0u; c < params.classes; c += 1u) {
    labels.value[c / 4u][c % 4u] = aux[c];
    labels.exists[c / 4u][c % 4u] = 1u;
  }
  return labels;
}

// Counts `times` voxels with label p in the prediction and t in the truth.
fn lane_add(lane: ptr<function, Lane>, labels: ptr<function, Labels>, p: u32, t: u32, times: u32) {
  let p0 = select(vec4<u32>(0u), (*labels).exists[0], vec4<u32>(p) == (*labels).value[0]);
  let p1 = select(vec4<u32>(0u), (*labels).exists[1], vec4<u32>(p) == (*labels).value[1]);
  let t0 = select(vec4<u32>(0u), (*labels).exists[0], vec4<u32>(t) == (*labels).value[0]);
  let t1 = select(vec4<u32>(0u), (*labels).exists[1], vec4<u32>(t) == (*labels).value[1]);
  (*lane).pred[0] += p0 * times;
  (*lane).pred[1] += p1 * times;
  (*lane).truth[0] += t0 * times;
  (*lane).truth[1] += t1 * times;
  (*lane).both[0] += p0 * t0 * times;
  (*lane).both[1] += p1 * t1 * times;
  let listed = vec2<u32>(dot(p0 + p1, vec4<u32>(1u)), dot(t0 + t1, vec4<u32>(1u)));
  let zero = vec2<u32>(p, t) == vec2<u32>(0u);
  (*lane).out_of_range += select(vec2<u32>(times), vec2<u32>(0u), (listed != vec2<u32>(0u)) | zero);
}

// Four counters of a lane: pred, truth, both (with more than four classes each has two rows), out_of_range.
fn lane_row(lane: ptr<function, Lane>, row: u32, halves: u32) -> vec4<u32> {
  let upper = row % halves;
  switch row / halves {
    case 0u: {
      return (*lane).pred[upper];
    }
    case 1u: {
      return (*lane).truth[upper];
    }
    case 2u: {
      return (*lane).both[upper];
    }
    default: {
      return vec4<u32>((*lane).out_of_range, 0u, 0u);
    }
  }
}

// Writes the counters of a row where the partial has them: at [statistic · classes + class], out_of_range behind all.
fn write_row(slot: u32, row: u32, halves: u32, counters: vec4<u32>) {
  let first = params.r_head + slot * (3u * params.classes + 2u);
  let class_id = 4u * (row % halves);
  for (var i = 0u; i < 4u; i += 1u) {
    if row < 3u * halves && class_id + i < params.classes {
      result[first + (row / halves) * params.classes + class_id + i] = counters[i];
    }
    if row == 3u * halves && i < 2u {
      result[first + 3u * params.classes + i] = counters[i];
    }
  }
}

var<workgroup> sh: array<vec4<u32>, 512>;   // two rows

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let slot = slot_of(workgroup, lid);
  let lane_id = lid % LANES;
  var lane: Lane;
  if slot < params.tasks {
    var labels = labels_of_params();
    let task = task_of(slot);
    let first = first_quad(task);
    let quads = (task.voxels - first) / 4u;
    let p0 = params.p_head + task.row;
    let t0 = params.t_head + task.row;
    for (var q = most_quads(&lane, &labels, task, first, quads, lane_id); q < quads; q += LANES) {
      let p = p_quad(p0 + first + 4u * q, 1u);
      let t = t_quad(t0 + first + 4u * q, 1u);
      // Real maps are mostly constant: four equal pairs count at once.
      if all(p == vec4<u32>(p.x)) && all(t == vec4<u32>(t.x)) {
        lane_add(&lane, &labels, p.x, t.x, 4u);
      } else {
        lane_add(&lane, &labels, p.x, t.x, 1u);
        lane_add(&lane, &labels, p.y, t.y, 1u);
        lane_add(&lane, &labels, p.z, t.z, 1u);
        lane_add(&lane, &labels, p.w, t.w, 1u);
      }
    }
    // Before the first quad, and behind the last.
    for (var i = lane_id; i < task.voxels - 4u * quads; i += LANES) {
      let v = select(i + 4u * quads, i, i < first);
      lane_add(&lane, &labels, p_one(p0 + v), t_one(t0 + v), 1u);
    }
  }

  // Folded two rows at a time, so that workgroup memory stays small. Seven rows, or four where the upper ones are empty.
  let halves = select(1u, 2u, params.classes > 4u);
  for (var row = 0u; row < 3u * halves + 1u; row += 2u) {
    sh[lid] = lane_row(&lane, row, halves);
    sh[256u + lid] = lane_row(&lane, row + 1u, halves);
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half = half / 2u) {
      if lane_id < half {
        sh[lid] += sh[lid + half];
        sh[256u + lid] += sh[256u + lid + half];
      }
      workgroupBarrier();
    }
    if lane_id == 0u && slot < params.tasks {
      write_row(slot, row, halves, sh[lid]);
      write_row(slot, row + 1u, halves, sh[256u + lid]);
    }
    workgroupBarrier();
  }
}

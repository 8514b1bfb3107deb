// Labels that no channel stands for, in a label map that is on the GPU already: how many a task has, and the first of
// them. Twin: src/engine/labels.rs.

@group(0) @binding(2) var<storage, read_write> result: array<u32>;

const NONE: u32 = 0xffffffffu;

var<workgroup> sh_found: array<vec2<u32>, 256>;   // how many; the first, within the block

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let slot = slot_of(workgroup, lid);
  let lane_id = lid % LANES;
  var found = vec2<u32>(0u, NONE);
  var first_row = 0u;
  var skipped = 0u;
  if slot < params.tasks {
    let task = task_of(slot);
    first_row = task.row;
    skipped = task.skipped;
    for (var v = lane_id; v < task.voxels; v += LANES) {
      // params.classes is how many labels there may be.
      let outside = t_one(params.t_head + task.row + v) >= params.classes;
      found.x += select(0u, 1u, outside);
      found.y = min(found.y, select(NONE, task.skipped + v, outside));
    }
  }

  sh_found[lid] = found;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half = half / 2u) {
    if lane_id < half {
      let a = sh_found[lid];
      let b = sh_found[lid + half];
      sh_found[lid] = vec2<u32>(a.x + b.x, min(a.y, b.y));
    }
    workgroupBarrier();
  }

  if lane_id == 0u && slot < params.tasks {
    let total = sh_found[lid];
    result[slot * 4u] = total.x;
    result[slot * 4u + 1u] = total.y;
    var label = 0u;
    if total.x > 0u {
      label = t_one(params.t_head + first_row + total.y - skipped);
    }
    result[slot * 4u + 2u] = label;
    result[slot * 4u + 3u] = 0u;
  }
}

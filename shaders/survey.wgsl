// Facts about a block that the sums kernel flagged: how many NaN and infinities, where the first ones are, and the
// largest finite |x|, from which the host finds the scale. Twin: kernel/survey.rs.

@group(0) @binding(2) var<storage, read_write> result: array<u32>;

const NONE: u32 = 0xffffffffu;

var<workgroup> sh_facts: array<vec4<u32>, 256>;   // non-finite in p, in t, in either; largest finite |x|
var<workgroup> sh_first: array<vec2<u32>, 256>;   // first non-finite voxel of p, of t, within the block

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let slot = slot_of(workgroup, lid);
  let lane_id = lid % LANES;
  var facts = vec4<u32>(0u);
  var first = vec2<u32>(NONE);
  if slot < params.tasks {
    let task = task_of(slot);
    for (var v = lane_id; v < task.voxels; v += LANES) {
      let p = pred(task.row + v, task.channel, true).x & 0x7fffffffu;
      let t = truth(task.row + v, task.channel, true).x & 0x7fffffffu;
      let bad = vec2<bool>(p >= INFINITY, t >= INFINITY);
      let either = bad.x || bad.y;
      facts += vec4<u32>(select(vec2<u32>(0u), vec2<u32>(1u), bad), select(0u, 1u, either), 0u);
      facts.w = select(max(facts.w, max(p, t)), facts.w, either);
      first = min(first, select(vec2<u32>(NONE), vec2<u32>(task.skipped + v), bad));
    }
  }

  sh_facts[lid] = facts;
  sh_first[lid] = first;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half = half / 2u) {
    if lane_id < half {
      let a = sh_facts[lid];
      let b = sh_facts[lid + half];
      sh_facts[lid] = vec4<u32>(a.xyz + b.xyz, max(a.w, b.w));
      sh_first[lid] = min(sh_first[lid], sh_first[lid + half]);
    }
    workgroupBarrier();
  }

  if lane_id == 0u && slot < params.tasks {
    let f = sh_facts[lid];
    let n = sh_first[lid];
    result[slot * 8u] = f.x;
    result[slot * 8u + 1u] = f.y;
    result[slot * 8u + 2u] = f.z;
    result[slot * 8u + 3u] = f.w;
    result[slot * 8u + 4u] = n.x;
    result[slot * 8u + 5u] = n.y;
    result[slot * 8u + 6u] = 0u;
    result[slot * 8u + 7u] = 0u;
  }
}

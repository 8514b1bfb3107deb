// Strategy of the sums: LANES lanes walk one task at stride one, then fold in workgroup memory; lane 0 of each group
// writes the partial. No atomics; barriers only here, never under an `if`. Twin: kernel/sums.rs.

@group(0) @binding(2) var<storage, read_write> result: array<u32>;

override STRIDED: bool = false;   // channels last: the elements of a cell are params.channels apart
override WORDS: u32 = 12u;        // u32 words per partial
override SHARED: u32 = 1280u;     // TERMS · 256

var<workgroup> sh_sums: array<Acc, SHARED>;
var<workgroup> sh_max_abs: array<u32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let slot = slot_of(workgroup, lid);
  let lane_id = lid % LANES;
  var lane: Lane;
  if slot < params.tasks {
    let task = task_of(slot);
    let stride = params.channels;
    let p0 = params.p_head + task.row * stride + task.channel;
    let t0 = params.t_head + task.row * stride + task.channel;
    let quads = task.voxels / 4u;
    var q = lane_id;
    // Eight loads in flight before the first use.
    for (; q + 3u * LANES < quads; q += 4u * LANES) {
      let i = 4u * q * stride;
      let step = 4u * LANES * stride;
      let pa = p_quad(p0 + i, stride);
      let pb = p_quad(p0 + i + step, stride);
      let pc = p_quad(p0 + i + 2u * step, stride);
      let pd = p_quad(p0 + i + 3u * step, stride);
      let ta = t_quad(t0 + i, stride);
      let tb = t_quad(t0 + i + step, stride);
      let tc = t_quad(t0 + i + 2u * step, stride);
      let td = t_quad(t0 + i + 3u * step, stride);
      lane_quad(&lane, pa, ta, task.scale);
      lane_quad(&lane, pb, tb, task.scale);
      lane_quad(&lane, pc, tc, task.scale);
      lane_quad(&lane, pd, td, task.scale);
    }
    for (; q < quads; q += LANES) {
      let i = 4u * q * stride;
      lane_quad(&lane, p_quad(p0 + i, stride), t_quad(t0 + i, stride), task.scale);
    }
    for (var v = 4u * quads + lane_id; v < task.voxels; v += LANES) {
      lane_one(&lane, p_one(p0 + v * stride), t_one(t0 + v * stride), task.scale);
    }
  }

  sh_max_abs[lid] = lane.max_abs;
  sh_sums[lid] = lane.p;
  sh_sums[256u + lid] = lane.t;
  sh_sums[512u + lid] = lane.pt;
  if TERMS > 3u {
    sh_sums[768u + lid] = lane.pp;
    sh_sums[1024u + lid] = lane.tt;
  }
  if TERMS > 5u {
    sh_sums[1280u + lid] = lane.difference;
  }
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half = half / 2u) {
    if lane_id < half {
      sh_max_abs[lid] = max(sh_max_abs[lid], sh_max_abs[lid + half]);
      for (var term = 0u; term < TERMS; term += 1u) {
        let i = term * 256u + lid;
        sh_sums[i] = acc_add(sh_sums[i], sh_sums[i + half]);
      }
    }
    workgroupBarrier();
  }

  if lane_id == 0u && slot < params.tasks {
    for (var term = 0u; term < TERMS; term += 1u) {
      let words = acc_words(sh_sums[term * 256u + lid]);
      result[slot * WORDS + 2u * term] = words.x;
      result[slot * WORDS + 2u * term + 1u] = words.y;
    }
    result[slot * WORDS + 2u * TERMS] = sh_max_abs[lid];
  }
}

// Strategy of the sums: LANES lanes walk one task at stride one, then fold in workgroup memory; lane 0 of each group
// writes the partial. No atomics; barriers only here, never under an `if`. Twin: kernel/sums.rs.

@group(0) @binding(2) var<storage, read_write> result: array<u32>;

override SLOTS: u32 = 5u;         // TERMS, and one more with a pointwise loss
override WORDS: u32 = 12u;        // u32 words per partial
override SHARED: u32 = 1280u;     // SLOTS · 256

var<workgroup> sh_sums: array<Acc, SHARED>;
var<workgroup> sh_max_abs: array<u32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let slot = slot_of(workgroup, lid);
  let lane_id = lid % LANES;
  var lane: Lane;
  if slot < params.tasks {
    let task = task_of(slot);
    let row = task.row;
    let channel = task.channel;
    let quads = task.voxels / 4u;
    var q = lane_id;
    // Eight loads in flight before the first use.
    for (; q + 3u * LANES < quads; q += 4u * LANES) {
      let a = row + 4u * q;
      let b = a + 4u * LANES;
      let c = b + 4u * LANES;
      let d = c + 4u * LANES;
      let pa = pred(a, channel, false);
      let pb = pred(b, channel, false);
      let pc = pred(c, channel, false);
      let pd = pred(d, channel, false);
      let ta = truth(a, channel, false);
      let tb = truth(b, channel, false);
      let tc = truth(c, channel, false);
      let td = truth(d, channel, false);
      lane_quad(&lane, pa.bits, ta, task.scale);
      lane_quad(&lane, pb.bits, tb, task.scale);
      lane_quad(&lane, pc.bits, tc, task.scale);
      lane_quad(&lane, pd.bits, td, task.scale);
      if SLOTS > TERMS {
        lane_pointwise(&lane, pa, ta, 4u);
        lane_pointwise(&lane, pb, tb, 4u);
        lane_pointwise(&lane, pc, tc, 4u);
        lane_pointwise(&lane, pd, td, 4u);
      }
    }
    for (; q < quads; q += LANES) {
      let p = pred(row + 4u * q, channel, false);
      let t = truth(row + 4u * q, channel, false);
      lane_quad(&lane, p.bits, t, task.scale);
      if SLOTS > TERMS {
        lane_pointwise(&lane, p, t, 4u);
      }
    }
    for (var v = 4u * quads + lane_id; v < task.voxels; v += LANES) {
      let p = pred(row + v, channel, true);
      let t = truth(row + v, channel, true);
      lane_one(&lane, p.bits.x, t.x, task.scale);
      if SLOTS > TERMS {
        lane_pointwise(&lane, p, t, 1u);
      }
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
  if SLOTS > TERMS {
    sh_sums[256u * TERMS + lid] = lane.pointwise;
  }
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half = half / 2u) {
    if lane_id < half {
      sh_max_abs[lid] = max(sh_max_abs[lid], sh_max_abs[lid + half]);
      for (var term = 0u; term < SLOTS; term += 1u) {
        let i = term * 256u + lid;
        sh_sums[i] = acc_add(sh_sums[i], sh_sums[i + half]);
      }
    }
    workgroupBarrier();
  }

  if lane_id == 0u && slot < params.tasks {
    for (var term = 0u; term < SLOTS; term += 1u) {
      let words = acc_words(sh_sums[term * 256u + lid]);
      result[slot * WORDS + 2u * term] = words.x;
      result[slot * WORDS + 2u * term + 1u] = words.y;
    }
    result[slot * WORDS + 2u * SLOTS] = sh_max_abs[lid];
  }
}

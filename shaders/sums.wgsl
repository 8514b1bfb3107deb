// Strategy of the sums: LANES lanes walk one task at stride one, then fold in workgroup memory; lane 0 of each group
// writes the partial. No atomics; barriers only here, never under an `if`. How a lane adds its voxels is in sums_quads.wgsl,
// sums_single.wgsl or sums_doubles.wgsl. Twin: kernel/sums.rs.

@group(0) @binding(2) var<storage, read_write> result: array<u32>;

override TERMS: u32 = 5u;        // 3: p, t, pt; 5: and pp, tt; 6: and |p - t|
override SLOTS: u32 = 5u;         // TERMS, and one more with a pointwise loss
override WORDS: u32 = 12u;        // u32 words per partial
override SHARED: u32 = 1280u;     // SLOTS · 256

// What a lane keeps. Of two u8 operands these are plain integers, else units of the grid.
struct Lane {
  p: Acc,
  t: Acc,
  pt: Acc,
  pp: Acc,
  tt: Acc,
  difference: Acc,
  pointwise: Acc,
  // The largest |x| met, as f32 bits, which order like the values, NaN and infinity last; of f64 those of the f32 next to it. Of two
  // u8 operands the largest value.
  max_abs: u32,
}

var<workgroup> sh_sums: array<Acc, SHARED>;
var<workgroup> sh_max_abs: array<u32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let slot = slot_of(workgroup, lid);
  let lane_id = lid % LANES;
  var lane: Lane;
  if slot < params.tasks {
    let task = task_of(slot);
    sum_task(&lane, task, lane_id);
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
    let partial = params.r_head + slot * WORDS;
    for (var term = 0u; term < SLOTS; term += 1u) {
      let words = acc_words(sh_sums[term * 256u + lid]);
      result[partial + 2u * term] = words.x;
      result[partial + 2u * term + 1u] = words.y;
    }
    result[partial + 2u * SLOTS] = sh_max_abs[lid];
  }
}

// How many runs begin in a workgroup before each word, and how many in each workgroup; the masks lie in whole workgroups.

@group(0) @binding(2) var<storage, read_write> result: array<u32>;   // by word; then by workgroup

var<workgroup> sh_sums: array<u32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let group = group_of(workgroup);
  let place = place_of(group, lid);
  var own = 0u;
  if place.inside {
    own = countOneBits(starts(place.word, place.k));
  }
  // Runs up to and with each lane.
  sh_sums[lid] = own;
  workgroupBarrier();
  for (var step = 1u; step < WORKGROUP; step = step * 2u) {
    var before = 0u;
    if lid >= step {
      before = sh_sums[lid - step];
    }
    workgroupBarrier();
    sh_sums[lid] += before;
    workgroupBarrier();
  }
  if group < aux[GROUPS] {
    result[group * WORKGROUP + lid] = sh_sums[lid] - own;
    if lid + 1u == WORKGROUP {
      result[aux[GROUPS] * WORKGROUP + group] = sh_sums[lid];
    }
  }
}

// Adds the counters of a window to those of the samples, where results stay on the GPU: 64-bit integers, low word first,
// in the order pred, truth and both by class, then out of range in p and in t, and ignored. Twin:
// src/engine/recorded.rs.

@group(0) @binding(0) var<storage, read> partials: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

// What the host puts in aux.
const PLANES: u32 = 0u;        // samples that the window touches,
const FIRST_PLANE: u32 = 1u;   //   and the first of them
const PASS_CLASSES: u32 = 2u;  // classes of this pass,
const FIRST_CLASS: u32 = 3u;   //   the first of them,
const CLASSES: u32 = 4u;       //   and all there are
const GROUPS: u32 = 5u;        // workgroups along x

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let id = (workgroup.y * aux[GROUPS] + workgroup.x) * 256u + lid;
  let width = aux[PASS_CLASSES];
  let counters = 3u * width + 3u;
  let plane = id / counters;
  let counter = id % counters;
  if plane >= aux[PLANES] {
    return;
  }
  let classes = aux[CLASSES];
  var place = 3u * classes + counter - 3u * width;
  if counter < 3u * width {
    place = (counter / width) * classes + aux[FIRST_CLASS] + counter % width;
  }
  let at = 2u * ((aux[FIRST_PLANE] + plane) * (3u * classes + 3u) + place);
  let low = result[at] + partials[id];
  result[at + 1u] += select(0u, 1u, low < result[at]);
  result[at] = low;
}

// Adds the counters that counts_many.wgsl left for the samples of windows to those of all samples, where results stay on
// the GPU: 64-bit integers, low word first, in the order pred, truth and both by class, then out of range in p and in t, and
// ignored. Twin: src/engine/recorded.rs.

@group(0) @binding(0) var<storage, read> partials: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

// What the host puts in aux, beside fold_windows.wgsl.
const PASS_CLASSES: u32 = 5u;  // classes of this pass,
const FIRST_CLASS: u32 = 6u;   //   the first of them,
const CLASSES: u32 = 7u;       //   and all there are

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let id = (workgroup.y * aux[GROUPS] + workgroup.x) * 256u + lid;
  let width = aux[PASS_CLASSES];
  let counters = 3u * width + 3u;
  let counter = id % counters;
  if id / counters >= aux[PLANES] {
    return;
  }
  let plane = aux[FROM_PLANE] + id / counters;
  let classes = aux[CLASSES];
  var place = 3u * classes + counter - 3u * width;
  if counter < 3u * width {
    place = (counter / width) * classes + aux[FIRST_CLASS] + counter % width;
  }
  let at = 2u * (plane * (3u * classes + 3u) + place);
  var low = result[at];
  var high = result[at + 1u];
  for (var w = 0u; w < aux[WINDOWS]; w += 1u) {
    let window = WINDOW + w * WINDOW_WORDS;
    let in_window = plane - aux[window + FIRST_PLANE];
    if in_window < aux[window + WINDOW_PLANES] {
      let found = partials[aux[window + BASE] + in_window * counters + counter];
      low += found;
      high += select(0u, 1u, low < found);
    }
  }
  result[at] = low;
  result[at + 1u] = high;
}

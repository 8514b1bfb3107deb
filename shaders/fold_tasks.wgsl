// Folds the partials of tasks into a result that stays on the GPU: a workgroup for each place of a cell, over all
// windows that were recorded since the last fold. It adds to the result. How a place is read, joined and kept is in
// fold_sums.wgsl and fold_few.wgsl. Twin: src/engine/recorded.rs.

@group(0) @binding(0) var<storage, read> partials: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

// What the host puts in aux, beside fold_windows.wgsl.
const PLACES: u32 = 5u;            // places of a cell
const PARTIAL_WORDS: u32 = 6u;     // u32 words of a partial
const CHANNELS: u32 = 7u;
const BLOCKS_PER_CELL: u32 = 8u;

var<workgroup> sh_places: array<vec4<u32>, 256>;

// 128-bit integers, low word first.
fn add128(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
  var sum = a + b;
  // A word that wrapped carries into the next, which may wrap by that alone.
  var carry = select(0u, 1u, sum.x < a.x);
  let y = sum.y + carry;
  carry = select(0u, 1u, sum.y < a.y) | select(0u, 1u, y < sum.y);
  let z = sum.z + carry;
  carry = select(0u, 1u, sum.z < a.z) | select(0u, 1u, z < sum.z);
  return vec4<u32>(sum.x, y, z, sum.w + carry);
}

// What a lane finds of a place in the partials of one window.
fn place_in(window: u32, plane: u32, channel: u32, place: u32, lid: u32) -> vec4<u32> {
  let first = aux[window + FIRST_BLOCK];
  let parts = aux[window + PARTS];
  let in_window = plane - aux[window + FIRST_PLANE];
  // Blocks of this cell, counted from the first one of the window.
  let begin = max(in_window * aux[BLOCKS_PER_CELL], first) - first;
  let end = min((in_window + 1u) * aux[BLOCKS_PER_CELL] - first, aux[window + BLOCKS]);
  var found = vec4<u32>(0u);
  for (var i = begin * parts + lid; i < end * parts; i += 256u) {
    let slot = ((i / parts) * aux[CHANNELS] + channel) * parts + i % parts;
    found = joined(found, place_of(aux[window + BASE] + slot * aux[PARTIAL_WORDS], place), place);
  }
  return found;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let id = workgroup.y * aux[GROUPS] + workgroup.x;
  let cell = id / aux[PLACES];
  let place = id % aux[PLACES];
  let plane = aux[FROM_PLANE] + cell / aux[CHANNELS];
  let channel = cell % aux[CHANNELS];
  let is_cell = cell < aux[PLANES] * aux[CHANNELS];
  var found = vec4<u32>(0u);
  for (var w = 0u; w < aux[WINDOWS]; w += 1u) {
    let window = WINDOW + w * WINDOW_WORDS;
    if is_cell && plane - aux[window + FIRST_PLANE] < aux[window + WINDOW_PLANES] {
      found = joined(found, place_in(window, plane, channel, place, lid), place);
    }
  }
  sh_places[lid] = found;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half = half / 2u) {
    if lid < half {
      sh_places[lid] = joined(sh_places[lid], sh_places[lid + half], place);
    }
    workgroupBarrier();
  }
  if lid == 0u && is_cell {
    keep(plane * aux[CHANNELS] + channel, place, sh_places[0]);
  }
}

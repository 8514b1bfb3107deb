// Folds the partials of a window into the sums of cells, where results stay on the GPU: one workgroup per cell. A cell
// has a head of four words (flags, largest value met, 0, 0) and then four words per sum, a 128-bit integer in two's
// complement, low word first. Windows follow each other, so what is there is added to. Twin: src/engine/recorded.rs.

@group(0) @binding(0) var<storage, read> partials: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

override SLOTS: u32 = 5u;         // sums of a partial
override WORDS: u32 = 12u;        // u32 words of a partial
override INTEGERS: bool = false;  // partials are in units of 1, to be shifted onto the grid

// What the host puts in aux.
const CELLS: u32 = 0u;            // cells that the window touches
const CHANNELS: u32 = 1u;
const FIRST_CELL: u32 = 2u;
const BLOCKS: u32 = 3u;           // blocks of a channel that the window touches
const BLOCKS_PER_CELL: u32 = 4u;
const FIRST_BLOCK: u32 = 5u;      // the first of them, within its cell
const GROUPS: u32 = 6u;           // workgroups along x

const FRACTION_BITS: u32 = 46u;
const SIGNED_SLOTS: u32 = 3u;     // p, t and pt; the others are not negative, and |p - t| reaches 2^63
const TOO_LARGE: u32 = 0xffffffffu;

const BEYOND_ONE: u32 = 1u;       // flags of a cell: sums mean nothing where there is any
const NOT_FINITE: u32 = 2u;
const POINTWISE_TOO_LARGE: u32 = 4u;

var<workgroup> sh_sums: array<vec4<u32>, 256>;
var<workgroup> sh_max: array<u32, 256>;

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

// A sum of a partial, on the grid.
fn widened(low: u32, high: u32, slot: u32) -> vec4<u32> {
  if INTEGERS {
    // Below 2^40, shifted by 46: words 1 to 3.
    let by = FRACTION_BITS - 32u;
    return vec4<u32>(0u, low << by, (low >> (32u - by)) | (high << by), high >> (32u - by));
  }
  let sign = select(0u, 0xffffffffu, slot < SIGNED_SLOTS && (high >> 31u) != 0u);
  return vec4<u32>(low, high, sign, sign);
}

// Every 256th partial of a channel, from one block to another.
fn sum_of(begin: u32, end: u32, channel: u32, slot: u32) -> vec4<u32> {
  var sum = vec4<u32>(0u);
  for (var block = begin; block < end; block += 256u) {
    let at = (block * aux[CHANNELS] + channel) * WORDS + 2u * slot;
    sum = add128(sum, widened(partials[at], partials[at + 1u], slot));
  }
  return sum;
}

fn flags_of(max_abs: u32) -> u32 {
  if INTEGERS {
    return select(0u, BEYOND_ONE, max_abs > 1u);
  }
  if max_abs == TOO_LARGE {
    return POINTWISE_TOO_LARGE;
  }
  return select(0u, BEYOND_ONE, max_abs > ONE) | select(0u, NOT_FINITE, max_abs >= INFINITY);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let cell = workgroup.y * aux[GROUPS] + workgroup.x;
  let channels = aux[CHANNELS];
  let plane = cell / channels;
  let channel = cell % channels;
  // Blocks of this cell in the window, counted from the first one of the window.
  let first = aux[FIRST_BLOCK];
  let begin = max(plane * aux[BLOCKS_PER_CELL], first) - first;
  var end = min((plane + 1u) * aux[BLOCKS_PER_CELL] - first, aux[BLOCKS]);
  if cell >= aux[CELLS] {
    end = begin;
  }
  let base = (aux[FIRST_CELL] + cell) * 4u * (SLOTS + 1u);

  var largest = 0u;
  for (var block = begin + lid; block < end; block += 256u) {
    largest = max(largest, partials[(block * channels + channel) * WORDS + 2u * SLOTS]);
  }
  sh_max[lid] = largest;
  for (var slot = 0u; slot < SLOTS; slot += 1u) {
    sh_sums[lid] = sum_of(begin + lid, end, channel, slot);
    workgroupBarrier();
    for (var half = 128u; half > 0u; half = half / 2u) {
      if lid < half {
        sh_sums[lid] = add128(sh_sums[lid], sh_sums[lid + half]);
        sh_max[lid] = max(sh_max[lid], sh_max[lid + half]);
      }
      workgroupBarrier();
    }
    if lid == 0u && cell < aux[CELLS] {
      let at = base + 4u * (slot + 1u);
      let before = vec4<u32>(result[at], result[at + 1u], result[at + 2u], result[at + 3u]);
      let after = add128(before, sh_sums[0]);
      result[at] = after.x;
      result[at + 1u] = after.y;
      result[at + 2u] = after.z;
      result[at + 3u] = after.w;
    }
    workgroupBarrier();
  }
  if lid == 0u && cell < aux[CELLS] {
    result[base] = result[base] | flags_of(sh_max[0]);
    result[base + 1u] = max(result[base + 1u], sh_max[0]);
  }
}

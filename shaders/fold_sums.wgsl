// The sums of cells. A cell has a head of four words (flags, largest value met, 0, 0) and then four words per sum, a
// 128-bit integer in two's complement, low word first.

override SLOTS: u32 = 5u;         // sums of a partial: place SLOTS is its largest value
override INTEGERS: bool = false;  // partials are in units of 1, to be shifted onto the grid

const FRACTION_BITS: u32 = 46u;
const SIGNED_SLOTS: u32 = 3u;     // p, t and pt; the others are not negative, and |p - t| reaches 2^63
const TOO_LARGE: u32 = 0xffffffffu;

const BEYOND_ONE: u32 = 1u;       // flags of a cell: sums mean nothing where there is any
const NOT_FINITE: u32 = 2u;
const POINTWISE_TOO_LARGE: u32 = 4u;

// A sum of a partial, on the grid.
fn place_of(partial: u32, slot: u32) -> vec4<u32> {
  let low = partials[partial + 2u * slot];
  if slot == SLOTS {
    return vec4<u32>(low, 0u, 0u, 0u);
  }
  let high = partials[partial + 2u * slot + 1u];
  if INTEGERS {
    // Below 2^40, shifted by 46: words 1 to 3.
    let by = FRACTION_BITS - 32u;
    return vec4<u32>(0u, low << by, (low >> (32u - by)) | (high << by), high >> (32u - by));
  }
  let sign = select(0u, 0xffffffffu, slot < SIGNED_SLOTS && (high >> 31u) != 0u);
  return vec4<u32>(low, high, sign, sign);
}

fn joined(a: vec4<u32>, b: vec4<u32>, slot: u32) -> vec4<u32> {
  if slot == SLOTS {
    return max(a, b);
  }
  return add128(a, b);
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

fn keep(cell: u32, slot: u32, found: vec4<u32>) {
  let head = cell * 4u * (SLOTS + 1u);
  if slot == SLOTS {
    result[head] |= flags_of(found.x);
    result[head + 1u] = max(result[head + 1u], found.x);
    return;
  }
  let at = head + 4u * (slot + 1u);
  let before = vec4<u32>(result[at], result[at + 1u], result[at + 2u], result[at + 3u]);
  let after = add128(before, found);
  result[at] = after.x;
  result[at + 1u] = after.y;
  result[at + 2u] = after.z;
  result[at + 3u] = after.w;
}

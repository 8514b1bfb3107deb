// Counts queries by segment, kind and distance in a table with open addressing. A slot belongs to the query that claims
// it first, whose distance is there already, so that a key of three words needs no more than a 32-bit exchange. Queries
// without a slot are counted; if there are any, the host counts instead. Twin: src/cpu/surface/tally.rs.

@group(0) @binding(0) var<storage, read> queries: array<u32>;
@group(0) @binding(1) var<storage, read> distances: array<u32>;   // behind what each segment spent
@group(0) @binding(2) var<storage, read_write> result: array<atomic<u32>>;   // lost; open, by segment; slots

const SLOT_WORDS: u32 = 5u;   // the query it belongs to, counted from 1; how many; segment and kind; low, high word
const PROBES: u32 = 32u;

fn key_of(query: u32) -> vec3<u32> {
  let at = aux[SEGMENTS] + 2u * query;
  return vec3<u32>(queries[2u * query + 1u] >> 5u, distances[at], distances[at + 1u]);
}

fn hash(key: vec3<u32>) -> u32 {
  let mixed = (key.x * 0x9e3779b1u) ^ (key.y * 0x85ebca77u) ^ (key.z * 0xc2b2ae3du);
  return (mixed ^ (mixed >> 15u)) * 0x27d4eb2fu;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let query = group_of(workgroup) * WORKGROUP + lid;
  if query >= aux[QUERIES] {
    return;
  }
  let key = key_of(query);
  if key.z == NONE {
    atomicAdd(&result[1u + (key.x >> 5u)], 1u);
    return;
  }
  var slot = hash(key) >> 8u;
  for (var probe = 0u; probe < PROBES; probe += 1u) {
    let at = 1u + aux[SEGMENTS] + SLOT_WORDS * (slot & (aux[SLOTS] - 1u));
    let found = atomicCompareExchangeWeak(&result[at], 0u, query + 1u);
    if found.exchanged {
      atomicStore(&result[at + 2u], key.x);
      atomicStore(&result[at + 3u], key.y);
      atomicStore(&result[at + 4u], key.z);
    }
    if found.exchanged || (found.old_value != 0u && all(key_of(found.old_value - 1u) == key)) {
      atomicAdd(&result[at + 1u], 1u);
      return;
    }
    // The weak exchange may fail without reason: then the same slot is tried again.
    slot += select(1u, 0u, found.old_value == 0u);
  }
  atomicAdd(&result[0], 1u);
}

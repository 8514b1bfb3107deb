// How many elements of each segment are targets themselves, and how many must be searched for, by kind; how many
// targets it has; and how many queries each workgroup will write. Integer atomics have no order. Twin: `distances` in
// src/cpu/surface.rs.

@group(0) @binding(2) var<storage, read_write> result: array<atomic<u32>>;

const KINDS: u32 = 32u;
const SEGMENT_WORDS: u32 = 65u;   // shared by kind, asked by kind, targets

var<workgroup> sh_counts: array<atomic<u32>, 66>;   // and all that are asked

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  if lid <= SEGMENT_WORDS {
    atomicStore(&sh_counts[lid], 0u);
  }
  workgroupBarrier();
  let group = group_of(workgroup);
  let place = place_of(group, lid);
  if place.inside {
    let own = elements[place.word];
    let theirs = target_word(other_word(place.word, place.segment, place.record));
    let asked = countOneBits(own & ~theirs);
    let targets = countOneBits(target_word(place.word));
    if targets > 0u {
      atomicAdd(&sh_counts[2u * KINDS], targets);
    }
    if asked > 0u {
      atomicAdd(&sh_counts[SEGMENT_WORDS], asked);
    }
    if CORNERS {
      for (var rest = own; rest != 0u; rest &= rest - 1u) {
        let bit = firstTrailingBit(rest);
        let first = select(KINDS, 0u, ((theirs >> bit) & 1u) == 1u);
        atomicAdd(&sh_counts[first + kind_of(place, bit)], 1u);
      }
    } else if own != 0u {
      atomicAdd(&sh_counts[0], countOneBits(own & theirs));
      atomicAdd(&sh_counts[KINDS], asked);
    }
  }
  workgroupBarrier();
  if group < aux[GROUPS] {
    if lid < SEGMENT_WORDS {
      let count = atomicLoad(&sh_counts[lid]);
      if count > 0u {
        atomicAdd(&result[place.segment * SEGMENT_WORDS + lid], count);
      }
    }
    if lid == 0u {
      atomicStore(&result[aux[SEGMENTS] * SEGMENT_WORDS + group], atomicLoad(&sh_counts[SEGMENT_WORDS]));
    }
  }
}

// Lists the elements that must be searched for: two words each, the word of the masks and (segment, kind, bit). Where
// each workgroup begins is known from `surface_counts.wgsl`, so the list has one order. Twin: src/cpu/surface/bits.rs.

@group(0) @binding(2) var<storage, read_write> result: array<u32>;

const KIND_SHIFT: u32 = 5u;
const SEGMENT_SHIFT: u32 = 10u;

var<workgroup> sh_sums: array<u32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let group = group_of(workgroup);
  let place = place_of(group, lid);
  var asked = 0u;
  if place.inside {
    asked = elements[place.word] & ~target_word(other_word(place.word, place.segment, place.record));
  }
  // Queries up to and with each lane.
  sh_sums[lid] = countOneBits(asked);
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
  if place.inside {
    var at = aux[aux[OFFSETS_AT] + group] + sh_sums[lid] - countOneBits(asked);
    for (var rest = asked; rest != 0u; rest &= rest - 1u) {
      let bit = firstTrailingBit(rest);
      result[2u * at] = place.word;
      result[2u * at + 1u] = bit | (kind_of(place, bit) << KIND_SHIFT) | (place.segment << SEGMENT_SHIFT);
      at += 1u;
    }
  }
}

// Lists the runs. Where each workgroup begins is known from `instances_counts.wgsl`, so the list has one order. At first
// each run is a component. Twin: src/cpu/instances/runs.rs.

@group(0) @binding(1) var<storage, read> before: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;   // parents; first voxels, 32 a word of the masks; lengths

// The column behind the run that begins at a bit of the word.
fn end_of(place: Place, bit: u32) -> u32 {
  let open = ~mask[place.word] & (NONE << bit);
  if open != 0u {
    return 32u * place.k + firstTrailingBit(open);
  }
  let width = aux[place.record + WIDTH];
  for (var k = place.k + 1u; k < width; k += 1u) {
    let next = ~mask[place.word + k - place.k];
    if next != 0u {
      return 32u * k + firstTrailingBit(next);
    }
  }
  return 32u * width;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let group = group_of(workgroup);
  let place = place_of(group, lid);
  if !place.inside {
    return;
  }
  var run = aux[aux[OFFSETS_AT] + group] + before[place.word];
  for (var rest = starts(place.word, place.k); rest != 0u; rest &= rest - 1u) {
    let bit = firstTrailingBit(rest);
    result[run] = run;
    result[aux[RUNS] + run] = 32u * place.word + bit;
    result[2u * aux[RUNS] + run] = end_of(place, bit) - (32u * place.k + bit);
    run += 1u;
  }
}

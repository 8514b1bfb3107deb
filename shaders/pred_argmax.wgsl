// 1 in the first channel with the largest value of the voxel, 0 in the others. Compared as integers, hence exact.

fn pred(row: u32, channel: u32, single: bool) -> vec4<u32> {
  var bad = vec4<bool>(false);
  var largest = vec4<u32>(0u);
  var best = vec4<u32>(0u);
  for (var k = 0u; k < params.channels; k += 1u) {
    let bits = p_load(row, k, single);
    bad = bad | non_finite(bits);
    let key = order(bits);
    best = select(best, vec4<u32>(k), key > largest);
    largest = max(largest, key);
  }
  let on = select(vec4<u32>(0u), vec4<u32>(ONE), best == vec4<u32>(channel));
  return select(on, vec4<u32>(NAN), bad);
}

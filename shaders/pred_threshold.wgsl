// 1 where the voxel is at least the threshold, else 0. Compared as integers, hence exact everywhere.

fn pred(row: u32, channel: u32, single: bool) -> vec4<u32> {
  let bits = p_load(row, channel, single);
  let threshold = order(vec4<u32>(bitcast<u32>(params.threshold)));
  let on = select(vec4<u32>(0u), vec4<u32>(ONE), order(bits) >= threshold);
  return select(on, vec4<u32>(NAN), non_finite(bits));
}

// Softmax over the channels of each voxel. Every channel reads all of them; the cache serves the repeats.

fn pred(row: u32, channel: u32, single: bool) -> Activated {
  var bad = vec4<bool>(false);
  var largest = vec4<f32>(-3.4028234e38);
  for (var k = 0u; k < params.channels; k += 1u) {
    let bits = p_load(row, k, single);
    bad = bad | non_finite(bits);
    largest = max(largest, bitcast<vec4<f32>>(bits));
  }
  var sum = vec4<f32>(0.0);
  for (var k = 0u; k < params.channels; k += 1u) {
    sum += exp(bitcast<vec4<f32>>(p_load(row, k, single)) - largest);
  }
  let x = bitcast<vec4<f32>>(p_load(row, channel, single)) - largest;
  let p = exp(x) / sum;
  let rest = clamp(vec4<f32>(1.0) - p, vec4<f32>(1e-7), vec4<f32>(1.0));
  return Activated(select(bitcast<vec4<u32>>(p), vec4<u32>(NAN), bad), x - log(sum), log(rest));
}

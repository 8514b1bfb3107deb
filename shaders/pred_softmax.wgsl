// Softmax over the channels of each voxel. Every channel reads all of them; the cache serves the repeats.

fn pred(row: u32, channel: u32, single: bool) -> Activated {
  var bad = vec4<bool>(false);
  var largest = vec4<f32>(-3.4028234e38);
  for (var k = 0u; k < params.channels; k += 1u) {
    let bits = p_load(row, k, single);
    bad = bad | non_finite(bits);
    largest = max(largest, bitcast<vec4<f32>>(bits));
  }
  // Without the channel's own term, so that 1 - p keeps its digits where p is next to 1.
  var rest = vec4<f32>(0.0);
  for (var k = 0u; k < params.channels; k += 1u) {
    let e = exp(bitcast<vec4<f32>>(p_load(row, k, single)) - largest);
    rest += select(e, vec4<f32>(0.0), vec4<bool>(k == channel));
  }
  // The floor keeps what is beyond f32 from being infinite.
  let x = max(bitcast<vec4<f32>>(p_load(row, channel, single)) - largest, vec4<f32>(-1e30));
  let own = exp(x);
  let sum = rest + own;
  let bits = select(bitcast<vec4<u32>>(own / sum), vec4<u32>(NAN), bad);
  return Activated(bits, x - log(sum), max(ln(rest) - log(sum), vec4<f32>(-100.0)));
}

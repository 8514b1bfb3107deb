// The share of each channel in the sum over the channels of its voxel.

fn pred(row: u32, channel: u32, single: bool) -> Activated {
  var bad = vec4<bool>(false);
  var others = vec4<f32>(0.0);
  for (var k = 0u; k < params.channels; k += 1u) {
    let bits = p_load(row, k, single);
    bad = bad | non_finite(bits);
    others += select(bitcast<vec4<f32>>(bits), vec4<f32>(0.0), vec4<bool>(k == channel));
  }
  let own = bitcast<vec4<f32>>(p_load(row, channel, single));
  let sum = own + others;
  let bits = select(bitcast<vec4<u32>>(own / sum), vec4<u32>(NAN), bad | (sum == vec4<f32>(0.0)));
  return Activated(bits, ln(own / sum), ln(others / sum));
}

// Softmax over the channels of each voxel. Every channel reads all of them; the cache serves the repeats.

fn pred(row: u32, channel: u32, single: bool) -> Activated {
  var bad = vec4<bool>(false);
  var logit = vec4<f32>(0.0);
  var second = vec4<f32>(-3.4028234e38);
  for (var k = 0u; k < params.channels; k += 1u) {
    let bits = p_load(row, k, single);
    bad = bad | non_finite(bits);
    let x = bitcast<vec4<f32>>(bits);
    logit = select(logit, x, vec4<bool>(k == channel));
    second = select(max(second, x), second, vec4<bool>(k == channel));
  }
  let largest = max(logit, second);
  // Without the channel's own term, so that 1 - p keeps its digits where p is next to 1; and next to the largest of the
  // others, since all of them may be 0 beside the channel.
  var others = vec4<f32>(0.0);
  for (var k = 0u; k < params.channels; k += 1u) {
    let x = bitcast<vec4<f32>>(p_load(row, k, single));
    others += select(exp(x - second), vec4<f32>(0.0), vec4<bool>(k == channel));
  }
  // The floor keeps what is beyond f32 from being infinite.
  let least = vec4<f32>(-1e30);
  let x = max(logit - largest, least);
  let above = max(second - largest, least);
  let own = exp(x);
  let sum = exp(above) * others + own;
  let bits = select(bitcast<vec4<u32>>(own / sum), vec4<u32>(NAN), bad);
  // A single channel has no others.
  let alone = vec4<bool>(params.channels == 1u);
  let ln_q = select(above + log(others) - log(sum), vec4<f32>(-100.0), alone);
  return Activated(bits, x - log(sum), ln_q);
}

// Sigmoid of each voxel: 1 / (1 + e^-x), without overflow.

fn pred(row: u32, channel: u32, single: bool) -> Activated {
  let bits = p_load(row, channel, single);
  let x = bitcast<vec4<f32>>(bits);
  let e = exp(-abs(x));
  let p = select(e, vec4<f32>(1.0), x >= vec4<f32>(0.0)) / (vec4<f32>(1.0) + e);
  // ln(1 + e) loses all digits of a small e; e - e^2 / 2 has them.
  let ln_1p = select(log(vec4<f32>(1.0) + e), e - 0.5 * e * e, e < vec4<f32>(0.0009765625));
  let ln_p = -(max(-x, vec4<f32>(0.0)) + ln_1p);
  let ln_q = -(max(x, vec4<f32>(0.0)) + ln_1p);
  return Activated(select(bitcast<vec4<u32>>(p), vec4<u32>(NAN), non_finite(bits)), ln_p, ln_q);
}

// 1 in the first channel with the largest value of the voxel, which is f64, 0 in the others.

fn compared(row: u32, channel: u32) -> u32 {
  var bad = false;
  var largest = vec2<u32>(0u);
  var best = 0u;
  for (var k = 0u; k < params.channels; k += 1u) {
    let bits = p_double(p_index(row, k));
    bad = bad || non_finite_f64(bits);
    let key = order_f64(bits);
    if is_less_f64(largest, key) {
      largest = key;
      best = k;
    }
  }
  return select(select(0u, ONE, best == channel), NAN, bad);
}

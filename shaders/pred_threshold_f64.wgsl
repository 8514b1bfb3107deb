// 1 where the voxel, which is f64, is at least the threshold, else 0.

fn compared(row: u32, channel: u32) -> u32 {
  let bits = p_double(p_index(row, channel));
  let least = order_f64(vec2<u32>(params.threshold_low, params.threshold_high));
  return select(select(ONE, 0u, is_less_f64(order_f64(bits), least)), NAN, non_finite_f64(bits));
}

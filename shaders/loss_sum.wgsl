// Adds the pointwise loss of a voxel, in units of 2^-30. Twin: `Scaled::units` in kernel/scaled.rs.

fn add_loss(lane: ptr<function, Lane>, row: u32, channel: u32, p: u32, t: u32) {
  if max(p & 0x7fffffffu, t & 0x7fffffffu) >= INFINITY {
    return;
  }
  let loss = pointwise(logarithms(row, channel), of_bits(t));
  let units = acc_shr(acc_shifted(select(loss.m, 0xffffffffu, loss.e > 17), 15u), u32(clamp(17 - loss.e, 0, 63)));
  (*lane).pointwise = acc_add((*lane).pointwise, units);
  // Beyond 2^46.
  let words = acc_words(units);
  if words.y > 0x4000u || (words.y == 0x4000u && words.x > 0u) {
    (*lane).max_abs = TOO_LARGE;
  }
}

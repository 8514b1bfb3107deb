// The share of a channel in the sum over the channels of its voxel. One voxel at a time, whatever is asked for.

const NO_CHANNEL: u32 = 0xffffffffu;

fn total(row: u32, left_out: u32) -> Scaled {
  var sum = ZERO;
  for (var k = 0u; k < params.channels; k += 1u) {
    if k != left_out {
      sum = add(sum, of_bits(p_load(row, k, true).x));
    }
  }
  return sum;
}

fn pred(row: u32, channel: u32, single: bool) -> vec4<u32> {
  var bad = false;
  for (var k = 0u; k < params.channels; k += 1u) {
    bad = bad || non_finite(p_load(row, k, true)).x;
  }
  let sum = total(row, NO_CHANNEL);
  let share = bits_of(mul(of_bits(p_load(row, channel, true).x), inverse(sum)));
  return vec4<u32>(select(share, NAN, bad || sum.m == 0u));
}

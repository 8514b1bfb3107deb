// Softmax over the channels of a voxel. One voxel at a time, whatever is asked for. Every channel reads all of them; the cache
// serves the repeats.

const NO_CHANNEL: u32 = 0xffffffffu;

// Powers of e over the channels of a voxel, but one: the largest logit, the first channel that has it, the sum of the powers in
// units of 2^-48, and its reciprocal r · 2^-32 · 2^-z.
struct Exponentials {
  largest: u32,
  top: u32,
  sum: Acc,
  r: u32,
  z: u32,
  bad: bool,
}

fn exponentials(row: u32, left_out: u32) -> Exponentials {
  var all = Exponentials(0u, 0u, acc_of(65536u), 0u, 0u, false);
  var most = 0u;
  for (var k = 0u; k < params.channels; k += 1u) {
    if k != left_out {
      let bits = p_load(row, k, true);
      let key = order(bits).x;
      all.bad = all.bad || non_finite(bits).x;
      all.largest = select(all.largest, bits.x, key > most);
      all.top = select(all.top, k, key > most);
      most = max(most, key);
    }
  }
  // A power of 0 is 1 - 2^-32: the sum began with the unit that lacks.
  for (var k = 0u; k < params.channels; k += 1u) {
    if k != left_out {
      all.sum = acc_add(all.sum, in_sum(power_below(all, p_load(row, k, true).x)));
    }
  }
  let sum = acc_words(all.sum);
  let zeros = min(countLeadingZeros(sum.y), 31u);
  all.r = recip((sum.y << zeros) | ((sum.x >> 1u) >> (31u - zeros)));
  all.z = 15u - zeros;
  return all;
}

fn power_below(all: Exponentials, bits: u32) -> Power {
  return exp_neg(distance_below(all.largest, bits));
}

// In units of 2^-48.
fn in_sum(e: Power) -> Acc {
  return acc_shr(acc_shifted(e.g, 16u), min(e.n, 63u));
}

// A power beside the sum.
fn share(all: Exponentials, bits: u32) -> Power {
  let e = power_below(all, bits);
  return Power(mulhi(e.g, all.r), e.n + all.z);
}

fn pred(row: u32, channel: u32, single: bool) -> vec4<u32> {
  let all = exponentials(row, NO_CHANNEL);
  let p = share(all, p_load(row, channel, true).x);
  return vec4<u32>(select(pack(p.g, i32(p.n)), NAN, all.bad));
}

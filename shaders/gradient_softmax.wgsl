// All channels of a voxel: d/dx_c Σ_k f_k(p_k) = p_c (h_c - Σ p_k h_k) + s_c - p_c Σ_(k≠c) w_k. Of a channel next to 1
// w = s / (1 - p) may be beyond every number, and p_c be 0: there p_c w = s p_c / (1 - p), and the quotient is c's share of
// the other channels.

// What a channel adds to the gradients of all; h, w and s are 0 where its truth is not finite, as a mask makes it.
struct Part {
  p: Scaled,
  h: Scaled,
  w: Scaled,   // 0 where p is above 1/2
  s: Scaled,
  high: bool,
}

fn of_power(e: Power) -> Scaled {
  return normal(e.g, -i32(e.n), 0u);
}

fn part_of(sums: LnSums, row: u32, channel: u32, cell: u32) -> Part {
  let t = truth(row, channel, true).x;
  let e = share(sums.all, p_load(row, channel, true).x);
  let p = pack(e.g, i32(e.n));
  var part = Part(of_power(e), ZERO, ZERO, ZERO, p > HALF);
  if is_finite(t) {
    part.h = overlap_slope(cell, p, t);
    if HAS_LOSS {
      let ln = logarithms_beside(sums, row, channel);
      let slopes = loss_slopes(cell, ln, t);
      part.s = slope_by_logit(ln, slopes);
      part.w = choose(slope_times_p(ln, slopes), ZERO, part.high);
    }
  }
  return part;
}

fn voxel(row: u32, channel: u32, first_cell: u32) {
  var sums: LnSums;
  if HAS_LOSS {
    sums = ln_sums(row);
  } else {
    sums.all = exponentials(row, NO_CHANNEL);
  }
  var mean = ZERO;
  var small = ZERO;
  var of_top = ZERO;
  var has_high = false;
  // The sums first. Both ways are one loop, so that its code is there once.
  for (var way = 0u; way < 2u; way += 1u) {
    for (var k = 0u; k < params.channels; k += 1u) {
      let part = part_of(sums, row, k, first_cell + k);
      if way == 0u {
        mean = add(mean, mul(part.p, part.h));
        small = add(small, part.w);
        of_top = add(of_top, choose(ZERO, part.s, part.high));
        has_high = has_high || part.high;
      } else {
        var gradient = mul(part.p, sub(part.h, mean));
        if HAS_LOSS {
          let own = mul(of_power(share(sums.others, p_load(row, k, true).x)), of_top);
          let beside = choose(ZERO, own, has_high && !part.high);
          gradient = sub(sub(add(gradient, part.s), mul(part.p, sub(small, part.w))), beside);
        }
        store(row, k, choose(gradient, ZERO, sums.all.bad));
      }
    }
  }
}

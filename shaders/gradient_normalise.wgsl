// All channels of a voxel: with S = Σ x and p = x / S, d/dx_c Σ_k f_k(p_k) = (f_c' - Σ p_k f_k') / S.

// f' and p f' of a channel; 0 where the truth is not finite.
struct Part {
  slope: Scaled,
  times_p: Scaled,
}

fn part_of(row: u32, channel: u32, cell: u32) -> Part {
  let p = pred(row, channel, true).x;
  let t = truth(row, channel, true).x;
  var part = Part(ZERO, ZERO);
  if is_finite(t) {
    part.slope = overlap_slope(cell, p, t);
    part.times_p = mul(of_bits(p), part.slope);
    if HAS_LOSS {
      let ln = logarithms(row, channel);
      let slopes = loss_slopes(cell, ln, t);
      let of_loss = slope_by_p(ln, slopes);
      // p times the derivative, which may be beyond every number where p is 0.
      let high = p > HALF && (p >> 31u) == 0u;
      let loss_times_p = choose(slope_times_p(ln, slopes), mul(of_bits(p), of_loss), high);
      part = Part(add(part.slope, of_loss), add(part.times_p, loss_times_p));
    }
  }
  return part;
}

fn voxel(row: u32, channel: u32, first_cell: u32) {
  let by = inverse(total(row, NO_CHANNEL));
  var bad = false;
  var mean = ZERO;
  // The sums first. Both ways are one loop, so that its code is there once.
  for (var way = 0u; way < 2u; way += 1u) {
    for (var k = 0u; k < params.channels; k += 1u) {
      let part = part_of(row, k, first_cell + k);
      if way == 0u {
        bad = bad || !is_finite(pred(row, k, true).x);
        mean = add(mean, part.times_p);
      } else {
        store(row, k, choose(mul(sub(part.slope, mean), by), ZERO, bad));
      }
    }
  }
}

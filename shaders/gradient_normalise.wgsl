// All channels of a voxel: with S = Σ x and p = x / S, d/dx_c Σ_k f_k(p_k) = (f_c' - Σ p_k f_k') / S.

// f' and p f' of a channel; 0 where the truth is not finite.
struct Part {
  slope: Scaled,
  times_p: Scaled,
}

fn part_of(row: u32, channel: u32, cell: u32) -> Part {
  let p = pred(row, channel, true).x;
  let t = truth(row, channel, true).x;
  if !is_finite(t) {
    return Part(ZERO, ZERO);
  }
  let slope = overlap_slope(cell, p, t);
  let times_p = mul(of_bits(p), slope);
  if !HAS_LOSS {
    return Part(slope, times_p);
  }
  let ln = logarithms(row, channel);
  let slopes = loss_slopes(cell, ln, t);
  let of_loss = slope_by_p(ln, slopes);
  // p times the derivative, which may be beyond every number where p is 0.
  var loss_times_p = slope_times_p(ln, slopes);
  if p > HALF && (p >> 31u) == 0u {
    loss_times_p = mul(of_bits(p), of_loss);
  }
  return Part(add(slope, of_loss), add(times_p, loss_times_p));
}

fn voxel(row: u32, channel: u32, first_cell: u32) {
  var bad = false;
  var mean = ZERO;
  for (var k = 0u; k < params.channels; k += 1u) {
    bad = bad || !is_finite(pred(row, k, true).x);
    mean = add(mean, part_of(row, k, first_cell + k).times_p);
  }
  let by = inverse(total(row, NO_CHANNEL));
  for (var k = 0u; k < params.channels; k += 1u) {
    if bad {
      store(row, k, ZERO);
    } else {
      store(row, k, mul(sub(part_of(row, k, first_cell + k).slope, mean), by));
    }
  }
}

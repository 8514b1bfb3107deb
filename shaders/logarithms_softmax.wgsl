// Of logits: x - largest - ln Σ e^(x - largest), and the same of the sum without the channel's own power. Where that is the
// largest the others are added up beside the largest of them, so that 1 - p keeps its digits where p is next to 1.

// Of a voxel: its powers, those without the top channel, and the logarithms of both sums beside the same largest.
struct LnSums {
  all: Exponentials,
  others: Exponentials,
  ln_all: Scaled,
  ln_others: Scaled,
}

fn ln_of_sum(sum: Acc) -> Scaled {
  let fixed = of_fixed(acc_words(sum));
  return ln_of(Scaled(fixed.m, fixed.e - 16, 0u));
}

fn ln_sums(row: u32) -> LnSums {
  let all = exponentials(row, NO_CHANNEL);
  let others = exponentials(row, all.top);
  let below = sub(of_bits(others.largest), of_bits(all.largest));
  return LnSums(all, others, ln_of_sum(all.sum), add(below, ln_of_sum(others.sum)));
}

fn logarithms_beside(sums: LnSums, row: u32, channel: u32) -> Logarithms {
  let bits = p_load(row, channel, true).x;
  let p = sub(sub(of_bits(bits), of_bits(sums.all.largest)), sums.ln_all);
  var ln_rest = sums.ln_others;
  if channel != sums.all.top {
    ln_rest = ln_of_sum(acc_add(sums.all.sum, acc_signed(in_sum(power_below(sums.all, bits)), true)));
  }
  return Logarithms(p, sub(ln_rest, sums.ln_all));
}

fn logarithms(row: u32, channel: u32) -> Logarithms {
  return logarithms_beside(ln_sums(row), row, channel);
}

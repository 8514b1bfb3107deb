// Of shares.

fn logarithms(row: u32, channel: u32) -> Logarithms {
  let by = inverse(total(row, NO_CHANNEL));
  let own = of_bits(p_load(row, channel, true).x);
  return Logarithms(ln_floored(mul(own, by)), ln_floored(mul(total(row, channel), by)));
}

// Without a pointwise loss.

fn add_loss(lane: ptr<function, Lane>, row: u32, channel: u32, p: u32, t: u32) {
}

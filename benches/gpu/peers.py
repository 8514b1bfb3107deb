"""Copies, torch and MONAI on the volumes of run.sh: GB/s of the bytes that each has to read (copies: read and written)."""

import sys

try:
    import torch
except ImportError:
    sys.exit("no torch")
if not torch.cuda.is_available():
    sys.exit("torch sees no GPU")


def row(name, nbytes, call, repeats=13):
    """The median of the last ten, by the clock of the GPU."""
    seconds = []
    for _ in range(repeats):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        call()
        end.record()
        end.synchronize()
        seconds.append(start.elapsed_time(end) / 1e3)
    print(f"{name},{nbytes / sorted(seconds[3:])[5] / 1e9:.1f}", flush=True)


print("what,GB/s")
for mebibytes in (256, 1024, 4096):
    a = torch.empty(mebibytes << 18, device="cuda").normal_()
    b = torch.empty_like(a)
    row(f"copy {mebibytes} MiB", 2 * a.nbytes, lambda: b.copy_(a))
del a, b


def sums(p, t):
    return p.sum(), t.sum(), (p * t).sum()


for shape in ((512, 1024, 512), (125, 512, 512)):
    p = torch.rand((1, 1, *shape), device="cuda")
    mask = (torch.rand((1, 1, *shape), device="cuda") < 0.4).to(torch.uint8)
    t = mask.float()
    name = "x".join(map(str, shape))
    compiled = torch.compile(sums)
    row(f"torch eager 3 sums f32xf32 {name}", p.nbytes + t.nbytes, lambda: sums(p, t))
    row(f"torch.compile 3 sums f32xf32 {name}", p.nbytes + t.nbytes, lambda: compiled(p, t))
    row(f"torch.compile 3 sums f32xu8 {name}", p.nbytes + mask.nbytes, lambda: compiled(p, mask))
    try:
        from monai.losses import DiceLoss

        loss = DiceLoss()
        row(f"MONAI DiceLoss f32xf32 {name}", p.nbytes + t.nbytes, lambda: loss(p, t))
    except ImportError:
        print("no monai", file=sys.stderr)

    def dice(p, t):
        intersection, truth, pred = (p * t).sum(), t.sum(), p.sum()
        return 1 - 2 * intersection / (pred + truth)

    logits = p.clone().requires_grad_()
    with_gradient = torch.compile(dice)

    def forward_backward():
        logits.grad = None
        with_gradient(logits, t).backward()

    row(f"torch.compile Dice and its gradient f32xf32 {name}", 5 * p.nbytes, forward_backward)
    del p, t, mask, logits

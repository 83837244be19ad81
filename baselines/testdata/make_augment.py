"""Reference for DVCE's augmentations: pictures warped by kornia 0.6.4, which DVCE's public code uses, with the numbers that both take.

python make_augment.py writes augment.safetensors beside itself; it needs torch, safetensors and kornia==0.6.4. Corners of pixels
are aligned (align_corners=True): without, kornia's grid and its sampling disagree by half a pixel at the border.
"""
import math
import pathlib

import torch
from kornia.geometry.transform import get_affine_matrix2d, get_perspective_transform, warp_affine, warp_perspective
from safetensors.torch import save_file

height, width, channels, copies = 7, 9, 2, 5
torch.manual_seed(3)
x = torch.rand(1, channels, height, width, dtype=torch.float64, requires_grad=True)
uniform = torch.rand(copies, 13, dtype=torch.float64)
uniform[0, :2] = 0.9  # a copy that stays as it is
uniform[1, :2] = torch.tensor([0.1, 0.9])
uniform[2, :2] = torch.tensor([0.9, 0.1])
uniform[3:, :2] = 0.1  # both
warped = []
for u in uniform:
    y = (2 * x - 1)
    if u[0] < 0.7:
        angle = (2 * u[2:3] - 1) * 15
        shift = (2 * u[3:5] - 1)[None] * 0.1 * torch.tensor([[width, height]], dtype=torch.float64)
        center = torch.tensor([[width / 2 - 0.5, height / 2 - 0.5]], dtype=torch.float64)
        m = get_affine_matrix2d(shift, center, torch.ones(1, 2, dtype=torch.float64), angle)
        y = warp_affine(y, m[:, :2], (height, width), padding_mode="border", align_corners=True)
    if u[1] < 0.7:
        start = torch.tensor([[[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]], dtype=torch.float64)
        inwards = torch.tensor([[[1, 1], [-1, 1], [-1, -1], [1, -1]]], dtype=torch.float64)
        factor = torch.tensor([width, height], dtype=torch.float64) * 0.7 / 2
        m = get_perspective_transform(start, start + factor * u[5:].view(1, 4, 2) * inwards)
        y = warp_perspective(y, m, (height, width), align_corners=True)
    warped.append((y + 1) / 2)
warped = torch.cat(warped)
weight = torch.rand(warped.shape, dtype=torch.float64)
(warped * weight).sum().backward()
normal = math.sqrt(2) * torch.erfinv(2 * uniform - 1)
save_file({"x": x.detach().float(), "normal": normal.float()[None].contiguous(), "warped": warped.detach().float(), "weight": weight.float(),
           "gradient": x.grad.float()}, str(pathlib.Path(__file__).with_name("augment.safetensors")))

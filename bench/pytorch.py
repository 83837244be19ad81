"""Stable Diffusion 1.5 at full size in PyTorch and diffusers, to run beside `go test -bench StableDiffusion ./bench`:

    python3 -m venv venv && venv/bin/pip install torch==2.15.0 torchvision==0.29.2 diffusers==0.42.1 transformers==5.23.0
    go test -run '^$' -bench 'StableDiffusion(Step|Decode)' -benchtime 4x ./bench && venv/bin/python bench/pytorch.py

Prints, for each benchmark, the median of four runs in seconds after one that is not counted. Weights are random: they make no difference to
the time. The last table is in bench/stable_diffusion.md.
"""

import statistics
import time

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torchvision.models import resnet50


def measure(name, run, times=4):
    run()
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begun)
    print(f"{name}: {statistics.median(seconds):.2f} s, the best {min(seconds):.2f}", flush=True)


def frozen(network):
    return network.eval().requires_grad_(False)


def unet():
    down, up = ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",), ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3
    network = frozen(UNet2DConditionModel(
        sample_size=64, in_channels=4, out_channels=4, block_out_channels=(320, 640, 1280, 1280), layers_per_block=2,
        cross_attention_dim=768, attention_head_dim=8, down_block_types=down, up_block_types=up))
    latents, tokens = torch.randn(2, 4, 32, 32), torch.randn(2, 77, 768)

    def step():
        with torch.no_grad():
            unconditional, conditional = network(latents, torch.tensor([500, 500]), tokens).sample.chunk(2)
            return unconditional + 3 * (conditional - unconditional)

    one = latents[:1].clone().requires_grad_(True)

    def step_gradient():
        out = network(one, torch.tensor([500]), tokens[:1]).sample
        return torch.autograd.grad((out * out).sum(), one)

    measure("Step", step)
    measure("StepGradient", step_gradient)


def decoder():
    autoencoder = frozen(AutoencoderKL(
        in_channels=3, out_channels=3, latent_channels=4, block_out_channels=(128, 256, 512, 512), layers_per_block=2,
        norm_num_groups=32, down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4))
    classifier = frozen(resnet50())
    latents = torch.randn(1, 4, 32, 32, requires_grad=True)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))

    def gradient():
        picture = autoencoder.decode(latents).sample / 2 + 0.5
        logits = classifier((picture[:, :, 16:240, 16:240] - mean) / std)
        return torch.autograd.grad(logits[:, 7].sum(), latents)

    measure("DecodeGradient", gradient)


if __name__ == "__main__":
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads")
    unet()
    decoder()

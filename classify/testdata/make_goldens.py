"""Makes the golden files of classify, nn/testdata/resize.safetensors and datasets/picture/testdata/pillow.safetensors.

    pip install torch==2.15.0 torchvision==0.29.2 timm==1.0.31 transformers==5.23.0 safetensors==0.8.0 numpy==2.4.6 pillow==13.0.0
    python make_goldens.py

Networks have seeded random weights and small widths; their tensors have the names of the published files. A golden file holds
weight.*, inputs.*, and expected.*: the output, the gradient by the input of sum(output * inputs.cotangent), and activations.
"""
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
torch.set_num_threads(1)


def seeded(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def save(path, tensors):
    path.parent.mkdir(exist_ok=True)
    save_file({k: v.detach().clone().contiguous() for k, v in tensors.items()}, str(path), metadata={"format": "pt"})
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")


@torch.no_grad()
def randomise(model, seed, gain=1.0):
    """No parameter or statistic stays at a value that an ignored one would have too."""
    g = torch.Generator().manual_seed(seed)
    for name, p in list(model.named_parameters()) + list(model.named_buffers()):
        if not p.is_floating_point():
            continue
        last = name.split(".")[-1]
        r = torch.randn(p.shape, generator=g)
        if last == "running_var":
            p.copy_(0.5 + 1.5 * torch.rand(p.shape, generator=g))
        elif last == "running_mean":
            p.copy_(0.2 * r)
        elif last in ("cls_token", "pos_embed", "relative_position_bias_table", "position_embeddings", "mask_token", "register_tokens"):
            p.copy_(0.5 * r)
        elif p.ndim >= 2:
            p.copy_(r * gain / p[0].numel() ** 0.5)
        elif last in ("weight", "gamma", "lambda1"):
            p.copy_(1 + 0.3 * r)
        else:
            p.copy_(0.2 * r)
    return model.eval()


def golden(name, model, x, watch=(), forward=None, names=lambda k: k, extra=None):
    """watch maps a layer's name to its module; tokens [batch, height, width, channels] are saved as they are."""
    got, hooks = {}, []
    for k, m in dict(watch).items():
        hooks.append(m.register_forward_hook(lambda _m, _a, o, k=k: got.__setitem__(k, o.detach().clone())))
    x = x.clone().requires_grad_(True)
    y = (forward or model)(x)
    for h in hooks:
        h.remove()
    cotangent = seeded(len(name) + 99, *y.shape)
    (grad,) = torch.autograd.grad((y * cotangent).sum(), x)
    print(f"{name}: output rms {y.pow(2).mean().sqrt():.3g}, gradient rms {grad.pow(2).mean().sqrt():.3g}")
    state = {"weight." + names(k): v for k, v in model.state_dict().items()}
    save(HERE / f"{name}.safetensors", {**state, "inputs.x": x, "inputs.cotangent": cotangent, "expected.logits": y, "expected.grad_x": grad,
                                        **{f"expected.inside.{k}": v for k, v in got.items()}, **(extra or {})})


def resize():
    x = seeded(1, 1, 2, 6, 9)
    t = {"inputs.x": x}
    for s in ((6, 4), (5, 7), (13, 18), (1, 1)):
        tag = f"{s[0]}x{s[1]}"
        for mode in ("bilinear", "bicubic"):
            for aa in (False, True):
                t[f"expected.interpolate.{mode}.{'antialias' if aa else 'plain'}.{tag}"] = F.interpolate(x, size=s, mode=mode, antialias=aa)
            t[f"expected.interpolate.{mode}.align_corners.{tag}"] = F.interpolate(x, size=s, mode=mode, align_corners=True)
        for mode in ("area", "nearest", "nearest-exact"):
            t[f"expected.interpolate.{mode}.{tag}"] = F.interpolate(x, size=s, mode=mode)
        t[f"expected.adaptive_avg_pool2d.{tag}"] = F.adaptive_avg_pool2d(x, s)
    t["expected.scaled"] = F.interpolate(x, scale_factor=(8.1 / 6, 6.1 / 9), mode="bicubic")
    t["inputs.bilinear.cotangent"] = seeded(2, 1, 2, 5, 7)
    for aa in (False, True):
        a = x.clone().requires_grad_(True)
        y = F.interpolate(a, size=(5, 7), mode="bilinear", antialias=aa)
        t[f"expected.grad.bilinear.{'antialias' if aa else 'plain'}.5x7"] = torch.autograd.grad((y * t["inputs.bilinear.cotangent"]).sum(), a)[0]
    save(ROOT / "nn/testdata/resize.safetensors", t)


def pillow():
    import torchvision.transforms as T
    g = np.random.default_rng(1)
    y, x = np.mgrid[0:20, 0:27]
    small = np.stack([128 + 90 * np.sin(x / (2 + c)) * np.cos(y / 3) + g.normal(0, 25, x.shape) for c in range(3)], -1).clip(0, 255).astype(np.uint8)
    floats = (small[..., 0] / 50 - 2).astype(np.float32)
    t = {"inputs.small_u8": torch.from_numpy(small), "inputs.x": torch.from_numpy(floats)[None, None]}
    for name in ("nearest", "box", "bilinear", "bicubic", "lanczos"):
        for s in ((8, 9), (31, 12), (20, 40), (21, 27)):
            mode = Image.Resampling[name.upper()]
            t[f"expected.pil_u8.{name}.{s[0]}x{s[1]}"] = torch.from_numpy(np.array(Image.fromarray(small).resize((s[1], s[0]), mode)))
            if s[0] == 8:
                t[f"expected.pil_f32.{name}.{s[0]}x{s[1]}"] = torch.from_numpy(np.array(Image.fromarray(floats).resize((s[1], s[0]), mode)))
    for name, img in (("wide", small), ("tall", np.ascontiguousarray(small.transpose(1, 0, 2)))):
        t[f"inputs.photo_{name}_u8"] = torch.from_numpy(img)
        t[f"expected.pil.{name}.resize_crop_u8"] = torch.from_numpy(np.array(T.CenterCrop(13)(T.Resize(16)(Image.fromarray(img)))))
        t[f"expected.pil.{name}.padded_u8"] = torch.from_numpy(np.array(T.CenterCrop(25)(Image.fromarray(img))))
    save(ROOT / "datasets/picture/testdata/pillow.safetensors", t)


def main():
    resize()
    pillow()


if __name__ == "__main__":
    main()

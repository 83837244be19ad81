"""Makes the golden files of classify, nn/testdata/resize.safetensors and datasets/picture/testdata/pillow.safetensors.

    pip install torch==2.15.0 torchvision==0.29.2 timm==1.0.31 open_clip_torch==3.3.0 pytorch-fid==0.3.0 safetensors==0.8.0 numpy==2.4.6 pillow==13.0.0
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
        if not p.is_floating_point() or name.endswith("attn_mask"):
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


def golden(name, model, x, watch=(), forward=None, names=lambda k: k, extra=None, channels_last=False):
    """watch maps a layer's name to its module. channels_last says that activations are [batch, height, width, channels]; files aren't."""
    picture = lambda v: v.permute(0, 3, 1, 2) if channels_last else v
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
                                        **{f"expected.inside.{k}": picture(v) for k, v in got.items()}, **(extra or {})})


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


def small_resnet(block, inplanes, planes, layers, classes):
    """torchvision's ResNet with other widths."""
    from torchvision.models import resnet
    m = resnet.ResNet(block, [1, 1, 1, 1], num_classes=1)
    m.inplanes = inplanes
    m.conv1, m.bn1 = nn.Conv2d(3, inplanes, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(inplanes)
    for i in range(4):
        stage = m._make_layer(block, planes[i], layers[i], stride=1 if i == 0 else 2) if i < len(planes) else nn.Sequential()
        setattr(m, f"layer{i + 1}", stage)
    m.fc = nn.Linear(planes[-1] * block.expansion, classes)
    return m


def cifar_resnet(inplanes, planes, layers, classes):
    """The network of github.com/chenyaofo/pytorch-cifar-models."""
    from torchvision.models import resnet
    m = small_resnet(resnet.BasicBlock, inplanes, planes, layers, classes)
    m.conv1, m.maxpool = nn.Conv2d(3, inplanes, 3, padding=1, bias=False), nn.Identity()
    return m


def caffe_resnet(inplanes, planes, layers, classes):
    """The network of github.com/cydonia999/VGGFace2-pytorch: strides in the first 1x1 convolution, a maximum without padding."""
    from torchvision.models import resnet
    m = small_resnet(resnet.Bottleneck, inplanes, planes, layers, classes)
    m.maxpool = nn.MaxPool2d(3, 2, padding=0, ceil_mode=True)
    for block in m.modules():
        if isinstance(block, resnet.Bottleneck):
            block.conv1.stride, block.conv2.stride = block.conv2.stride, (1, 1)
    return m


class Attributes(nn.Module):
    """The network of github.com/guillaumejs2403/ACE, models/steex/DecisionDensenetModel.py."""

    def __init__(self, dense):
        super().__init__()
        self.feat_extract = nn.Module()
        self.feat_extract.feat_extract = dense
        self.classifier = nn.Linear(dense.classifier.in_features, 3)
        dense.classifier = nn.Identity()

    def forward(self, x):
        return self.classifier(self.feat_extract.feat_extract(x))


class SimSiam(nn.Module):
    """The network of github.com/facebookresearch/simsiam, without its second branch."""

    def __init__(self, base, dim, pred_dim):
        super().__init__()
        width = base.fc.in_features
        base.fc = nn.Sequential(nn.Linear(width, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, width, bias=False),
                                nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, dim), nn.BatchNorm1d(dim, affine=False))
        self.encoder = base
        self.predictor = nn.Sequential(nn.Linear(dim, pred_dim, bias=False), nn.BatchNorm1d(pred_dim), nn.ReLU(), nn.Linear(pred_dim, dim))

    def forward(self, x):
        return self.encoder(x)


def vit(img, patch, dim, heads, depth, **more):
    from timm.models.vision_transformer import VisionTransformer
    v = VisionTransformer(img_size=img, patch_size=patch, embed_dim=dim, depth=depth, num_heads=heads, num_classes=0,
                          norm_layer=partial(nn.LayerNorm, eps=1e-6), **more)
    for b in v.blocks:
        b.attn.fused_attn = False
    return v


def class_tokens(v, x, patch, img):
    """The class token after each block, with the position table resized as DINO and DINOv2 do."""
    t = v.patch_embed.proj(x)
    rows, columns, side = *t.shape[-2:], img // patch
    pos = v.pos_embed
    if (rows, columns) != (side, side):
        grid = pos[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, scale_factor=((rows + 0.1) / side, (columns + 0.1) / side), mode="bicubic")
        pos = torch.cat([pos[:, :1], grid.flatten(2).transpose(1, 2)], 1)
    t = torch.cat([v.cls_token.expand(x.shape[0], -1, -1), t.flatten(2).transpose(1, 2)], 1) + pos
    out = []
    for b in v.blocks:
        t = b(t)
        out.append(v.norm(t)[:, 0])
    return out, t


def networks():
    from torchvision.models import densenet, resnet, swin_transformer, vgg
    from open_clip.model import CLIP

    m = vgg.VGG(vgg.make_layers([4, "M", 6, 6, "M"], batch_norm=True), num_classes=1, init_weights=False)
    m.classifier = nn.Sequential(nn.Linear(6 * 49, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 5))
    golden("vgg16_bn", randomise(m, 1, 1.4), seeded(11, 1, 3, 30, 28), {"features_1": m.features[1], "features_9": m.features[9], "avgpool": m.avgpool})
    m = vgg.VGG(vgg.make_layers([4, "M", 6, "M"]), num_classes=1, init_weights=False)
    m.classifier = nn.Sequential(nn.Linear(6 * 49, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 5))
    golden("vgg16", randomise(m, 2, 1.4), seeded(12, 1, 3, 30, 30), {"features_0": m.features[0], "features_4": m.features[4], "features_5": m.features[5]})

    m = randomise(small_resnet(resnet.BasicBlock, 8, [4, 8, 8], [2, 1, 1], 5), 3)
    golden("resnet18", m, seeded(13, 1, 3, 33, 32), {"layer1_basicblock1": m.layer1[1], "layer2": m.layer2, "maxpool": m.maxpool})
    m = randomise(small_resnet(resnet.Bottleneck, 8, [2, 4, 4], [1, 2, 1], 5), 4)
    golden("resnet50", m, seeded(14, 1, 3, 33, 32), {"layer2_bottleneck0": m.layer2[0], "layer2": m.layer2, "avgpool": m.avgpool})
    m = randomise(caffe_resnet(8, [2, 4, 4], [1, 2, 1], 5), 5)
    golden("vggface2_resnet50", m, seeded(15, 1, 3, 34, 41), {"maxpool": m.maxpool, "layer2_bottleneck0": m.layer2[0], "avgpool": m.avgpool})
    m = randomise(cifar_resnet(4, [4, 6, 8], [2, 2, 2], 5), 6)
    golden("resnet20_cifar", m, seeded(16, 2, 3, 16, 16), {"layer2_basicblock0": m.layer2[0], "layer3": m.layer3})

    m = densenet.DenseNet(growth_rate=4, block_config=(2, 1), num_init_features=8, bn_size=2, num_classes=5)
    golden("densenet121", randomise(m, 7, 1.2), seeded(17, 1, 3, 32, 32), {"pool0": m.features.pool0, "denseblock1": m.features.denseblock1,
           "transition1": m.features.transition1, "denseblock2_denselayer1": m.features.denseblock2.denselayer1, "features": m.features})
    m = Attributes(densenet.DenseNet(growth_rate=4, block_config=(2, 1), num_init_features=8, bn_size=2, num_classes=5))
    golden("celebahq_densenet", randomise(m, 8, 1.2), seeded(18, 1, 3, 32, 32), forward=lambda x: m(x)[:, 2:3])

    m = SimSiam(small_resnet(resnet.Bottleneck, 8, [2, 4, 4], [1, 1, 1], 5), 12, 6)
    x = seeded(19, 1, 3, 32, 32)
    golden("simsiam_resnet50", randomise(m, 9), x, names=lambda k: "module." + k, extra={"expected.predictor": m.predictor(m(x))})

    m = randomise(vit(16, 4, 12, 3, 4), 10)
    head = randomise(nn.Linear(4 * 12, 5), 11)
    x, other = seeded(20, 1, 3, 16, 16), seeded(21, 2, 3, 20, 24)
    golden("dino_vits8", m, x, forward=lambda a: head(torch.cat(class_tokens(m, a, 4, 16)[0][-4:], 1)), extra={
        "weight.module.linear.weight": head.weight, "weight.module.linear.bias": head.bias, "inputs.other_x": other,
        "expected.embedding": class_tokens(m, x, 4, 16)[0][-1], "expected.other_logits": head(torch.cat(class_tokens(m, other, 4, 16)[0][-4:], 1)),
        "expected.inside.blocks_2": patches_after(m, x, 4, 16, 3)})
    m = randomise(vit(20, 4, 12, 3, 3, init_values=1.0), 12)
    x, other = seeded(22, 1, 3, 20, 20), seeded(23, 2, 3, 16, 24)
    golden("dinov2_vits14", m, x, extra={"weight.mask_token": seeded(24, 1, 12), "inputs.other_x": other, "expected.other_logits": class_tokens(m, other, 4, 20)[0][-1]})

    m = swin_transformer.SwinTransformer([2, 2], 8, [2, 2], [2, 4], [3, 3], num_classes=5)
    golden("swin_t", randomise(m, 13), seeded(25, 1, 3, 18, 20), {"features_0": m.features[0], "features_1_1": m.features[1][1], "features_2": m.features[2],
           "features_3_1": m.features[3][1], "norm": m.norm}, channels_last=True)

    ids = torch.tensor([[30, 4, 31, 0, 0, 0, 0, 0], [30, 7, 8, 9, 10, 11, 12, 31], [30, 5, 6, 31, 0, 0, 0, 0]])
    for quick in (False, True):
        m = CLIP(10, dict(image_size=16, layers=2, width=12, head_width=4, patch_size=8), dict(context_length=8, vocab_size=32, width=8, heads=2, layers=2), quick_gelu=quick)
        randomise(m, 14)
        with torch.no_grad():
            texts = F.normalize(m.encode_text(ids), dim=-1)
            pair = F.normalize(texts[:2].mean(0), dim=0)  # one class of two texts
        golden("open_clip_quickgelu" if quick else "open_clip_vitb32", m, seeded(26, 2, 3, 16, 16),
               forward=lambda a: 100 * F.normalize(m.encode_image(a), dim=-1) @ torch.stack([pair, texts[2]]).T,
               extra={"inputs.text": ids, "expected.text_embedding": m.encode_text(ids)})


def patches_after(v, x, patch, img, blocks):
    """The patch tokens after so many blocks, as a picture [batch, width, rows, columns]."""
    t = v.patch_embed.proj(x)
    rows, columns = t.shape[-2:]
    t = torch.cat([v.cls_token.expand(x.shape[0], -1, -1), t.flatten(2).transpose(1, 2)], 1) + v.pos_embed
    for b in v.blocks[:blocks]:
        t = b(t)
    return t[:, 1:].transpose(1, 2).unflatten(2, (rows, columns))


def tensors():
    """Every tensor of the published files: name and shape, for each architecture. Integer buffers are left out."""
    import gzip
    import json
    import open_clip
    import pytorch_fid.inception as fid
    import timm
    import torchvision.models as tv
    from torchvision.models import resnet
    real = fid.load_state_dict_from_url, nn.Module.load_state_dict
    fid.load_state_dict_from_url, nn.Module.load_state_dict = (lambda *a, **k: {}), (lambda *a, **k: None)
    models = {n: getattr(tv, n)(weights=None) for n in ("vgg16", "vgg16_bn", "resnet18", "resnet34", "resnet50", "resnet101", "densenet121", "swin_t")}
    models["inception_fid"] = fid.fid_inception_v3()
    fid.load_state_dict_from_url, nn.Module.load_state_dict = real
    models["celebahq_densenet"] = Attributes(tv.densenet121(weights=None))
    models["simsiam_resnet50"] = SimSiam(tv.resnet50(weights=None), 2048, 512)
    models["vggface2_resnet50"] = tv.resnet50(weights=None, num_classes=8631)
    models["resnet20_cifar"] = cifar_resnet(16, [16, 32, 64], [3, 3, 3], 10)
    models["dino_vits8"] = timm.create_model("vit_small_patch8_224.dino", num_classes=0)
    models["dinov2_vits14"] = timm.create_model("vit_small_patch14_dinov2", num_classes=0)
    models["open_clip_vitb32"] = open_clip.create_model("ViT-B-32", pretrained=None)
    out = {n: {k: list(v.shape) for k, v in m.state_dict().items() if v.is_floating_point()} for n, m in models.items()}
    path = HERE / "published_tensors.json.gz"
    path.write_bytes(gzip.compress(json.dumps(out, sort_keys=True).encode(), 9, mtime=0))
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")


def main():
    resize()
    pillow()
    networks()
    tensors()


if __name__ == "__main__":
    main()

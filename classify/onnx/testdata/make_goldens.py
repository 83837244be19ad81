"""Makes the ONNX files of this folder and what PyTorch and the ONNX reference evaluator compute with them.

    pip install torch==2.15.0 onnx==1.23.2 onnxscript==0.7.2 safetensors==0.8.0 numpy==2.4.6
    python make_goldens.py

Networks have seeded random weights and small widths. models.safetensors holds NAME.x, NAME.logits, NAME.cotangent and
NAME.grad, the gradient by x of sum(logits * cotangent), all from PyTorch; NAME.layer.LAYER are activations. Operators are
one node each, in operators.tar.gz, with inputs and the reference evaluator's outputs in operators.safetensors.
"""
import gzip
import io
import sys
import tarfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save_file

HERE = Path(__file__).parent
warnings.filterwarnings("ignore")
torch.set_num_threads(1)


def seeded(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def randomise(model, seed):
    """No parameter or statistic stays at a value that an ignored one would have too."""
    g = torch.Generator().manual_seed(seed)
    for name, p in list(model.named_parameters()) + list(model.named_buffers()):
        if not p.is_floating_point():
            continue
        r = torch.randn(p.shape, generator=g)
        last = name.split(".")[-1]
        if last == "running_var":
            p.copy_(0.5 + 1.5 * torch.rand(p.shape, generator=g))
        elif last == "running_mean":
            p.copy_(0.2 * r)
        elif p.ndim >= 2:
            p.copy_(r * 1.4 / p[0].numel() ** 0.5)
        elif last == "weight":
            p.copy_(1 + 0.3 * r)
        else:
            p.copy_(0.2 * r)
    return model.eval()


# ---------------------------------------------------------------------------------------------------------- networks


class Residual(nn.Module):
    def __init__(self, inp, out, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inp, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        self.down = nn.Sequential(nn.Conv2d(inp, out, 1, stride, bias=False), nn.BatchNorm2d(out)) if stride > 1 else nn.Identity()

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.down(x))


class ResNet(nn.Module):
    """Stem with max pooling, residual blocks, average pooling, linear head: as torchvision's."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 7, 2, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.layers = nn.Sequential(Residual(8, 8, 1), Residual(8, 16, 2))
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        x = self.layers(self.stem(x))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class Inverted(nn.Module):
    """An inverted bottleneck with a depthwise convolution; se squeezes and excites."""

    def __init__(self, inp, out, stride, kernel, act, se=False):
        super().__init__()
        mid = inp * 3
        self.expand = nn.Sequential(nn.Conv2d(inp, mid, 1, bias=False), nn.BatchNorm2d(mid), act())
        self.depth = nn.Sequential(nn.Conv2d(mid, mid, kernel, stride, kernel // 2, groups=mid, bias=False), nn.BatchNorm2d(mid), act())
        self.se = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(mid, 4, 1), nn.SiLU(), nn.Conv2d(4, mid, 1), nn.Sigmoid()) if se else None
        self.project = nn.Sequential(nn.Conv2d(mid, out, 1, bias=False), nn.BatchNorm2d(out))
        self.skip = stride == 1 and inp == out

    def forward(self, x):
        y = self.depth(self.expand(x))
        if self.se is not None:
            y = y * self.se(y)
        y = self.project(y)
        return x + y if self.skip else y


def mobile(act, se):
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), act(),
        Inverted(8, 8, 1, 3, act, se), Inverted(8, 12, 2, 5, act, se),
        nn.Conv2d(12, 24, 1), act(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(24, 10))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.qkv, self.proj = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x, bias=None):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        x = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.proj(x.transpose(1, 2).reshape(b, n, c))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ViT(nn.Module):
    """Patches, class token, position table resized as DINO does, blocks, head on the class token."""

    def __init__(self, width=16):
        super().__init__()
        self.patch = nn.Conv2d(3, width, 4, 4)
        self.cls, self.pos = nn.Parameter(torch.zeros(1, 1, width)), nn.Parameter(torch.zeros(1, 17, width))
        self.blocks = nn.Sequential(Block(width, 2), Block(width, 2))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 10)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) + self.pos
        return self.head(self.norm(self.blocks(x))[:, 0])


class SwinBlock(nn.Module):
    """Attention within shifted windows of 4x4 with a table of relative positions; pictures channels last."""

    def __init__(self, width, heads, shift, side):
        super().__init__()
        self.shift, self.side = shift, side
        self.norm1, self.norm2, self.attn = nn.LayerNorm(width), nn.LayerNorm(width), Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.table = nn.Parameter(torch.zeros(49, heads))
        at = torch.stack(torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij")).flatten(1)
        rel = (at[:, :, None] - at[:, None, :]) + 3
        self.register_buffer("index", rel[0] * 7 + rel[1])
        if shift:
            zone = torch.zeros(side, side, dtype=torch.long)
            zone[-4:, :] += 1
            zone[-shift:, :] += 1
            zone[:, -4:] += 3
            zone[:, -shift:] += 3
            zone = self.windows(zone[None, :, :, None].float())[..., 0]
            self.register_buffer("mask", (zone[:, None, :] != zone[:, :, None]).to(torch.int64) * -100)
        else:
            self.mask = None

    def windows(self, x):
        b, h, w, c = x.shape
        return x.view(b, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, c)

    def forward(self, x):
        b, h, w, c = x.shape
        y = self.norm1(x)
        if self.shift:
            y = torch.roll(y, (-self.shift, -self.shift), (1, 2))
        bias = self.table[self.index.view(-1)].view(16, 16, -1).permute(2, 0, 1)[None]
        y = self.windows(y)
        if self.mask is not None:
            bias = bias + self.mask.to(y.dtype).repeat(b, 1, 1)[:, None]
        y = self.attn(y, bias).view(b, h // 4, w // 4, 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, c)
        if self.shift:
            y = torch.roll(y, (self.shift, self.shift), (1, 2))
        x = x + y
        return x + self.mlp(self.norm2(x))


class Swin(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch, self.norm = nn.Conv2d(3, 8, 2, 2), nn.LayerNorm(8)
        self.one, self.two = SwinBlock(8, 2, 0, 8), SwinBlock(8, 2, 2, 8)
        self.merge_norm, self.merge = nn.LayerNorm(32), nn.Linear(32, 16, bias=False)
        self.three, self.head = SwinBlock(16, 2, 0, 4), nn.Linear(16, 10)

    def forward(self, x):
        x = self.two(self.one(self.norm(self.patch(x).permute(0, 2, 3, 1))))
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        x = self.three(self.merge(self.merge_norm(x))).permute(0, 3, 1, 2)
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


class ConvNeXtBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.depth, self.norm = nn.Conv2d(width, width, 7, padding=3, groups=width), nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x):
        y = self.gamma * self.mlp(self.norm(self.depth(x).permute(0, 2, 3, 1)))
        return x + y.permute(0, 3, 1, 2)


class Mixed(nn.Module):
    """What the others lack: groups, dilation, padding modes, ceil mode, concatenation, splits, resizing, other
    normalisations and activations, a leading pre-processing in the graph."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3, padding=2, dilation=2), nn.Conv2d(8, 8, 3, 2, 1, groups=2)
        self.c = nn.Conv2d(16, 8, (1, 3), padding=(0, 1))
        self.gn, self.inst = nn.GroupNorm(4, 8), nn.InstanceNorm2d(8, affine=True)
        self.next = ConvNeXtBlock(8)
        self.fc = nn.Linear(32, 10)

    def forward(self, x):
        x = (x - 0.45) / 0.25
        x = F.leaky_relu(self.gn(self.a(x)), 0.1)
        y = F.hardswish(self.inst(self.b(F.pad(x, (1, 0, 0, 1), mode="reflect"))))
        z = F.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
        z = F.interpolate(z, size=(9, 10), mode="nearest")
        left, right = torch.split(F.elu(z), 4, 1)
        z = torch.cat([left * torch.sigmoid(right), F.hardsigmoid(left), z.clamp(-1, 2)], 1)
        z = self.next(torch.tanh(self.c(z)))
        z = F.max_pool2d(z, 3, 2, ceil_mode=True)
        z = F.avg_pool2d(F.pad(z, (0, 0, 1, 0)), 2, 2, padding=1, ceil_mode=True, count_include_pad=False)
        mean, top = z.mean((2, 3)), z.amax((2, 3))
        norm = z.pow(2).sum((2, 3)).add(1e-3).sqrt()
        hot = torch.where(z > 0.2, z.abs(), F.softplus(z)).mean((2, 3))
        return self.fc(torch.cat([mean, top, norm, hot], 1))


NETWORKS = {
    # name: network, side of the picture, layers to compare, and how it is exported
    "resnet": (ResNet(), 24, ["/layers/layers.1/Relu_1_output_0"], {
        "": dict(opset_version=17),
        "_opset9": dict(opset_version=9, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)}),
    "mobilenet": (mobile(nn.ReLU6, False), 24, [], {"": dict(opset_version=10)}),
    "efficientnet": (mobile(nn.SiLU, True), 24, [], {"": dict(opset_version=14), "_dynamo": dict(dynamo=True)}),
    "vit": (ViT(), 16, [], {"": dict(opset_version=17), "_dynamo": dict(dynamo=True, opset_version=20)}),
    "swin": (Swin(), 16, [], {"": dict(opset_version=16), "_dynamo": dict(dynamo=True, opset_version=21)}),
    "mixed": (Mixed(), 17, [], {"": dict(opset_version=17), "_dynamo": dict(dynamo=True, opset_version=18)}),
}


def export(model, x, path, dynamo=False, **options):
    names = dict(input_names=["x"], output_names=["logits"])
    if not dynamo:
        torch.onnx.export(model, x, path, dynamo=False, dynamic_axes={"x": {0: "n"}}, **names, **options)
        return
    program = torch.onnx.export(model, (x,), dynamo=True, dynamic_shapes=({0: torch.export.Dim("n", min=1, max=64)},), verbose=False, **names, **options)
    proto = program.model_proto
    for n in proto.graph.node:  # where the exporter notes what the node came from: most of the file
        del n.metadata_props[:]
    for v in list(proto.graph.value_info) + list(proto.graph.initializer) + list(proto.graph.input) + list(proto.graph.output):
        del v.metadata_props[:]
    del proto.graph.value_info[:], proto.graph.metadata_props[:], proto.metadata_props[:]
    onnx.save(proto, path)


def activations(path, x, layers):
    """What the reference evaluator computes for inner tensors."""
    m = onnx.load(path)
    m.graph.output.extend(helper.make_tensor_value_info(l, TensorProto.FLOAT, None) for l in layers)
    return {k: np.ascontiguousarray(v) for k, v in zip(layers, ReferenceEvaluator(m).run(layers, {"x": x.numpy()}))}


def networks():
    out = {}
    for i, (name, (model, side, layers, exports)) in enumerate(NETWORKS.items()):
        model = randomise(model, 100)
        x = (seeded(i + 1, 2, 3, side, side) * 0.5).half().float()
        for suffix, options in exports.items():
            path = HERE / f"{name}{suffix}.onnx"
            with torch.no_grad():
                export(model, seeded(7, 2, 3, side, side), str(path), **options)
            model.eval()
        x.requires_grad_()
        logits = model(x)
        cotangent = seeded(i + 50, *logits.shape)
        (logits * cotangent).sum().backward()
        values = {"logits": logits, "cotangent": cotangent, "grad": x.grad}
        out |= {f"{name}.x": x.detach().half().numpy()} | {f"{name}.{k}": v.detach().contiguous().numpy() for k, v in values.items()}
        out |= {f"{name}.layer.{k}": v for k, v in activations(str(HERE / f"{name}.onnx"), x.detach(), layers).items()}
        for suffix in exports:
            path = HERE / f"{name}{suffix}.onnx"
            proto = onnx.load(path)
            if suffix != "_opset9":  # the evaluator's batch normalisation needs a newer set
                ref = ReferenceEvaluator(proto).run(None, {"x": x.detach().numpy()})[0]
                print(name + suffix, "reference evaluator off by", np.abs(ref - logits.detach().numpy()).max())
            path.with_suffix(".onnx.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
            path.unlink()
    return out


# --------------------------------------------------------------------------------------------------------- operators


def f32(*shape, seed=3):
    return seeded(seed, *shape).numpy()


def cases():
    """Yields name, operator set, nodes, and constants by name. The input is x [2, 4, 3, 5], the output y."""
    node = helper.make_node
    c = lambda *values, t=np.int64: np.array(values, dtype=t)
    one = lambda op, opset=17, inputs=(), **attrs: (opset, [node(op, ["x", *inputs], ["y"], **attrs)])

    for op in ["Relu", "Sigmoid", "Tanh", "Erf", "Exp", "Neg", "Abs", "Floor", "Ceil", "Reciprocal", "Softplus", "HardSwish",
               "Identity", "HardSigmoid", "LeakyRelu", "Elu", "GlobalMaxPool", "GlobalAveragePool", "Flatten", "Transpose"]:
        yield op, *one(op), {}
    yield "Sqrt", 17, [node("Abs", ["x"], ["a"]), node("Sqrt", ["a"], ["y"])], {}
    yield "Log", 17, [node("Abs", ["x"], ["a"]), node("Log", ["a"], ["y"])], {}
    for kind in ["none", "tanh"]:
        yield f"Gelu_{kind}", *one("Gelu", 20, approximate=kind), {}
    yield "HardSigmoid_attributes", *one("HardSigmoid", alpha=0.3, beta=0.4), {}
    yield "LeakyRelu_alpha", *one("LeakyRelu", alpha=0.3), {}
    yield "Elu_alpha", *one("Elu", alpha=0.7), {}
    yield "PRelu", *one("PRelu", inputs=["s"]), {"s": f32(4, 1, 1)}
    yield "Clip", *one("Clip", inputs=["lo", "hi"]), {"lo": np.float32(-0.5), "hi": np.float32(0.7)}
    yield "Clip_only_max", *one("Clip", inputs=["", "hi"]), {"hi": np.float32(0.7)}
    yield "Clip_attributes", *one("Clip", 10, min=-0.5, max=0.7), {}
    yield "Cast_integers", 17, [node("Cast", ["x"], ["i"], to=TensorProto.INT64), node("Cast", ["i"], ["y"], to=TensorProto.FLOAT)], {}
    yield "Dropout", *one("Dropout"), {}

    for op in ["Add", "Sub", "Mul", "Div", "Min", "Max"]:
        yield f"{op}_channels", *one(op, inputs=["b"]), {"b": f32(4, 1, 1)}
        yield f"{op}_rows", *one(op, inputs=["b"]), {"b": f32(5)}
    yield "Add_scalar", *one("Add", inputs=["b"]), {"b": np.float32(0.3)}
    yield "Add_more_axes", *one("Add", inputs=["b"]), {"b": f32(3, 1, 4, 1, 1)}
    yield "Max_of_three", *one("Max", inputs=["b", "d"]), {"b": f32(1), "d": f32(4, 1, 5)}
    for e in [0.5, 1, 2, 3, -1.5]:
        yield f"Pow_{e}", 17, [node("Abs", ["x"], ["a"]), node("Pow", ["a", "e"], ["y"])], {"e": np.float32(e)}
    yield "Pow_integer_exponent", *one("Pow", inputs=["e"]), {"e": np.array([2], np.int64)}
    for op in ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"]:
        yield op, 17, [node("Relu", ["x"], ["r"]), node(op, ["r", "b"], ["t"]), node("Cast", ["t"], ["y"], to=TensorProto.FLOAT)], {"b": np.float32(0)}
    yield "Where", 17, [node("Greater", ["x", "b"], ["t"]), node("Where", ["t", "x", "d"], ["y"])], {"b": f32(4, 1, 1), "d": f32(5)}
    yield "Logic", 17, [node("Greater", ["x", "b"], ["s"]), node("Less", ["x", "d"], ["t"]), node("And", ["s", "t"], ["u"]), node("Not", ["s"], ["v"]),
                        node("Or", ["u", "v"], ["z"]), node("Cast", ["z"], ["y"], to=TensorProto.FLOAT)], {"b": np.float32(0), "d": np.float32(1)}

    w = f32(6, 4, 3, 3)
    yield "Conv_bias", *one("Conv", inputs=["w", "b"], pads=[1, 1, 1, 1]), {"w": w, "b": f32(6)}
    yield "Conv_asymmetric_pads", *one("Conv", inputs=["w"], pads=[0, 1, 2, 3], strides=[2, 1]), {"w": w}
    yield "Conv_dilations", *one("Conv", inputs=["w"], pads=[2, 1, 2, 1], dilations=[2, 1]), {"w": w}
    yield "Conv_dilations_and_strides", *one("Conv", inputs=["w"], pads=[2, 2, 2, 2], dilations=[2, 2], strides=[2, 2]), {"w": w}
    yield "Conv_groups", *one("Conv", inputs=["w"], group=2, pads=[1, 1, 1, 1]), {"w": f32(6, 2, 3, 3)}
    yield "Conv_depthwise", *one("Conv", inputs=["w"], group=4, strides=[2, 2]), {"w": f32(4, 1, 3, 3)}
    yield "Conv_depthwise_multiple", *one("Conv", inputs=["w"], group=4), {"w": f32(8, 1, 2, 3)}
    yield "Conv_1x1", *one("Conv", inputs=["w"]), {"w": f32(3, 4, 1, 1)}
    yield "Conv_1x1_strided", *one("Conv", inputs=["w"], strides=[2, 3]), {"w": f32(3, 4, 1, 1)}
    for auto in ["SAME_UPPER", "SAME_LOWER", "VALID"]:
        yield f"Conv_{auto}", *one("Conv", inputs=["w"], auto_pad=auto, strides=[2, 2]), {"w": f32(6, 4, 2, 3)}
    yield "Conv_shared_weight", 17, [node("Conv", ["x", "w"], ["a"], pads=[1, 1, 1, 1]), node("ReduceSum", ["w"], ["b"]), node("Add", ["a", "b"], ["y"])], {"w": w}

    for op in ["MaxPool", "AveragePool"]:
        yield f"{op}", *one(op, kernel_shape=[2, 3]), {}
        yield f"{op}_pads", *one(op, kernel_shape=[3, 3], pads=[1, 0, 1, 2], strides=[2, 2]), {}
        yield f"{op}_ceil", *one(op, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1), {}
        yield f"{op}_same", *one(op, kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER"), {}
    yield "AveragePool_count_pads", *one("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1), {}

    yield "BatchNormalization", *one("BatchNormalization", inputs=["s", "b", "m", "v"], epsilon=1e-3), \
        {"s": f32(4), "b": f32(4, seed=4), "m": f32(4, seed=5), "v": np.abs(f32(4, seed=6)) + 0.1}
    yield "InstanceNormalization", *one("InstanceNormalization", inputs=["s", "b"], epsilon=1e-2), {"s": f32(4), "b": f32(4, seed=4)}
    yield "GroupNormalization", *one("GroupNormalization", 21, inputs=["s", "b"], num_groups=2), {"s": f32(4), "b": f32(4, seed=4)}
    for axis in [-1, 1]:
        yield f"LayerNormalization_{axis}", *one("LayerNormalization", inputs=["s", "b"], axis=axis, epsilon=1e-3), \
            {"s": f32(*((5,) if axis < 0 else (4, 3, 5))), "b": f32(5, seed=4)}
    for op in ["Softmax", "LogSoftmax"]:
        yield op, 17, [node(op, ["x"], ["a"]), node("Identity", ["a"], ["y"])], {}
        yield f"{op}_channels", 17, [node(op, ["x"], ["a"], axis=1), node("Identity", ["a"], ["y"])], {}
        yield f"{op}_opset11", 11, [node(op, ["x"], ["a"], axis=2), node("Identity", ["a"], ["y"])], {}

    for op in ["ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL2"]:
        yield f"{op}_spatial", *one(op, axes=[2, 3], keepdims=0), {}
        yield f"{op}_channels", *one(op, axes=[-3]), {}
        yield f"{op}_opset18", *one(op, 18, inputs=["a"], keepdims=0), {"a": c(3)}
    yield "ReduceSum_all", *one("ReduceSum", keepdims=0), {}
    yield "ReduceSum_axes", *one("ReduceSum", inputs=["a"], keepdims=0), {"a": c(1, -1)}
    yield "ReduceSum_noop", *one("ReduceSum", noop_with_empty_axes=1), {}
    yield "ReduceSum_opset11", *one("ReduceSum", 11, axes=[1]), {}
    yield "ArgMax", 17, [node("ArgMax", ["x"], ["a"], axis=1, keepdims=0), node("Cast", ["a"], ["y"], to=TensorProto.FLOAT)], {}

    yield "Flatten_2", *one("Flatten", axis=2), {}
    yield "Flatten_negative", *one("Flatten", axis=-1), {}
    yield "Reshape_copy_and_rest", *one("Reshape", inputs=["s"]), {"s": c(0, -1, 3)}
    yield "Squeeze_all", 17, [node("GlobalAveragePool", ["x"], ["a"]), node("Squeeze", ["a"], ["y"])], {}
    yield "Squeeze_opset11", 11, [node("GlobalAveragePool", ["x"], ["a"]), node("Squeeze", ["a"], ["y"], axes=[-1])], {}
    yield "Unsqueeze", *one("Unsqueeze", inputs=["a"]), {"a": c(0, -1)}
    yield "Unsqueeze_opset11", *one("Unsqueeze", 11, axes=[1, 3]), {}
    yield "Transpose_perm", *one("Transpose", perm=[0, 2, 3, 1]), {}
    yield "Transpose_back", 17, [node("Transpose", ["x"], ["a"], perm=[2, 0, 3, 1]), node("Transpose", ["a"], ["b"], perm=[0, 3, 1, 2]), node("GlobalMaxPool", ["b"], ["y"])], {}
    yield "Concat_channels", 17, [node("Neg", ["x"], ["a"]), node("Concat", ["x", "a", "x"], ["y"], axis=1)], {}
    yield "Concat_constant", *one("Concat", inputs=["b"], axis=-1), {"b": f32(2, 4, 3, 2)}
    for name, opset, attrs, consts in [("", 13, {}, {"s": c(1, 3)}), ("_opset11", 11, {"split": [1, 3]}, {})]:
        yield f"Split{name}", opset, [node("Split", ["x", *consts], ["a", "b"], axis=1, **attrs), node("Mul", ["a", "b"], ["y"])], consts
    yield "Split_even", 13, [node("Split", ["x"], ["a", "b"], axis=1), node("Sub", ["a", "b"], ["y"])], {}
    yield "Split_uneven", 18, [node("Split", ["x"], ["a", "b"], axis=2, num_outputs=2), node("ReduceMean", ["a"], ["d"]), node("Add", ["b", "d"], ["y"])], {}
    yield "Slice", *one("Slice", inputs=["s", "e", "a", "t"]), {"s": c(-4, 1), "e": c(2**63 - 1, -1), "a": c(3, 1), "t": c(2, 1)}
    yield "Slice_backwards", *one("Slice", inputs=["s", "e", "a", "t"]), {"s": c(-1, 3), "e": c(-(2**62), 0), "a": c(2, 3), "t": c(-1, -2)}
    yield "Slice_opset9", *one("Slice", 9, starts=[1, -3], ends=[3, 100], axes=[1, 3]), {}
    yield "Gather_one", *one("Gather", inputs=["i"], axis=2), {"i": np.int64(-2)}
    yield "Gather_many", *one("Gather", inputs=["i"], axis=1), {"i": np.array([[3, 0], [1, 1]])}
    yield "GatherND", *one("GatherND", inputs=["i"]), {"i": np.array([[[1], [0]], [[-1], [1]]])}
    yield "Gather_of_constant", 17, [node("Gather", ["t", "i"], ["a"], axis=1), node("Mul", ["x", "a"], ["y"])], {"t": f32(1, 9, 1), "i": c(8, 0, -1)}
    yield "Expand", 17, [node("GlobalMaxPool", ["x"], ["a"]), node("Expand", ["a", "s"], ["y"])], {"s": c(1, 5, 1)}
    yield "Tile", *one("Tile", inputs=["r"]), {"r": c(1, 2, 1, 3)}
    for mode in ["constant", "reflect", "edge"]:
        yield f"Pad_{mode}", *one("Pad", inputs=["p"], mode=mode), {"p": c(0, 0, 2, 1, 0, 0, 1, 3)}
    yield "Pad_value_and_axes", *one("Pad", 18, inputs=["p", "v", "a"]), {"p": c(1, 2), "v": np.float32(0.5), "a": c(-1)}
    yield "Pad_opset9", *one("Pad", 9, pads=[0, 0, 1, 2, 0, 0, 0, 1], value=-1.0), {}
    yield "DepthToSpace_DCR", *one("DepthToSpace", blocksize=2), {}
    yield "DepthToSpace_CRD", *one("DepthToSpace", blocksize=2, mode="CRD"), {}

    resize = lambda opset=13, **attrs: one("Resize", opset, inputs=["", "s"], **attrs)
    yield "Resize_nearest_torch", *resize(mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"), {"s": c(1, 1, 2, 1.5, t=np.float32)}
    yield "Resize_nearest_default", *resize(mode="nearest"), {"s": c(1, 1, 0.6, 1.7, t=np.float32)}
    yield "Resize_linear", *resize(mode="linear"), {"s": c(1, 1, 2, 0.5, t=np.float32)}
    yield "Resize_linear_pytorch", *resize(mode="linear", coordinate_transformation_mode="pytorch_half_pixel"), {"s": c(1, 1, 1.5, 2, t=np.float32)}
    yield "Resize_cubic", *resize(mode="cubic", cubic_coeff_a=-0.75), {"s": c(1, 1, 2, 1.5, t=np.float32)}
    yield "Resize_sizes_aligned", *one("Resize", 13, inputs=["", "", "z"], mode="linear", coordinate_transformation_mode="align_corners"), {"z": c(2, 4, 9, 3)}
    yield "SpaceToDepth", 17, [node("Pad", ["x", "p"], ["a"]), node("SpaceToDepth", ["a"], ["y"], blocksize=2)], {"p": c(0, 0, 0, 0, 0, 0, 1, 1)}

    yield "MatMul", *one("MatMul", inputs=["b"]), {"b": f32(5, 3)}
    yield "MatMul_batched", *one("MatMul", inputs=["b"]), {"b": f32(4, 5, 3)}
    yield "MatMul_vector", *one("MatMul", inputs=["b"]), {"b": f32(5)}
    yield "MatMul_from_left", 17, [node("MatMul", ["b", "x"], ["y"])], {"b": f32(3, 3)}
    yield "Gemm", 17, [node("Flatten", ["x"], ["a"]), node("Gemm", ["a", "b", "d"], ["y"], transB=1, alpha=0.5, beta=2.0)], {"b": f32(3, 60), "d": f32(3)}
    yield "Gemm_transA", 17, [node("Flatten", ["x"], ["a"]), node("Gemm", ["b", "a"], ["y"], transA=1, transB=1)], {"b": f32(60, 3)}

    yield "Einsum", *one("Einsum", inputs=["b"], equation="bchw, dh -> bdcw"), {"b": f32(6, 3)}

    # What follows from shapes is computed on the host.
    yield "Shape_arithmetic", 17, [
        node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n"], axis=0), node("Gather", ["s", "two"], ["h"], axis=0), node("Mul", ["n", "h"], ["nh"]),
        node("Unsqueeze", ["nh", "axis"], ["nh1"]), node("Concat", ["nh1", "rest"], ["t"], axis=0), node("Reshape", ["x", "t"], ["y"])], \
        {"zero": np.int64(0), "two": np.int64(2), "axis": c(0), "rest": c(-1, 4)}
    yield "Shape_start_end", 17, [node("Shape", ["x"], ["s"], start=1, end=-1), node("Cast", ["s"], ["f"], to=TensorProto.FLOAT), node("ReduceProd", ["f"], ["p"], keepdims=0),
                                 node("Sqrt", ["p"], ["q"]), node("Div", ["x", "q"], ["y"])], {}
    yield "Host_ranges", 17, [
        node("Shape", ["x"], ["s"]), node("Gather", ["s", "axis"], ["w"], axis=0), node("Range", ["zero", "w", "step"], ["r"]), node("Mod", ["r", "four"], ["m"]),
        node("Sub", ["r", "m"], ["d"]), node("Div", ["d", "four"], ["q"]), node("Equal", ["q", "zero"], ["e"]), node("Where", ["e", "r", "q"], ["u"]), node("Min", ["u", "two"], ["v"]),
        node("Cast", ["v"], ["f"], to=TensorProto.FLOAT), node("Mul", ["x", "f"], ["y"])], \
        {"axis": np.int64(3), "zero": np.int64(0), "step": np.int64(1), "four": np.int64(4), "two": np.int64(2)}
    yield "Host_tables", 17, [
        node("ConstantOfShape", ["s"], ["a"], value=helper.make_tensor("v", TensorProto.FLOAT, [1], [1.5])), node("Pad", ["a", "p"], ["b"]),
        node("Transpose", ["b"], ["d"]), node("Slice", ["d", "zero", "five"], ["e"]), node("Mul", ["x", "e"], ["y"])], \
        {"s": c(4, 2), "p": c(1, 0, 0, 1), "zero": c(0), "five": c(5)}
    yield "Host_scatter", 17, [node("ConstantOfShape", ["s"], ["a"]), node("ScatterND", ["a", "i", "u"], ["m"]), node("Add", ["x", "m"], ["y"])], \
        {"s": c(3, 5), "i": np.array([[0, 1], [2, -1]]), "u": np.array([1.5, 2.5], np.float32)}
    yield "Host_scatter_rows", 17, [node("ConstantOfShape", ["s"], ["a"]), node("ScatterND", ["a", "i", "u"], ["m"]), node("Add", ["x", "m"], ["y"])], \
        {"s": c(3, 5), "i": np.array([[[1]], [[0]]]), "u": f32(2, 1, 5)}
    yield "Constant_forms", 17, [
        node("Constant", [], ["a"], value_float=0.5), node("Constant", [], ["b"], value_ints=[0, 2]), node("Constant", [], ["i"], value_int=1), node("Constant", [], ["w"], value_floats=[1.0, 2.0, 3.0]),
        node("Gather", ["w", "i"], ["g"]), node("Mul", ["x", "a"], ["m"]), node("Add", ["m", "g"], ["n"]), node("ReduceMax", ["n"], ["r"], keepdims=0, axes=[3]), node("Gather", ["r", "b"], ["y"], axis=1)], {}
    for name, kind in [("float16", np.float16), ("float64", np.float64)]:
        yield f"Tensor_{name}", 17, [node("Cast", ["b"], ["d"], to=TensorProto.FLOAT), node("Mul", ["x", "d"], ["y"])], {"b": f32(4, 1, 1).astype(kind)}
    for name, kind in [("int8", np.int8), ("uint8", np.uint8), ("int16", np.int16), ("int32", np.int32), ("bool", np.bool_)]:
        yield f"Tensor_{name}", 17, [node("Cast", ["b"], ["d"], to=TensorProto.FLOAT), node("Mul", ["x", "d"], ["y"])], {"b": np.array([[[-1]], [[0]], [[3]], [[100]]]).astype(kind)}


def operators():
    out, x = {}, f32(2, 4, 3, 5, seed=1)
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as packed:
        for name, opset, nodes, constants in cases():
            # Small tensors are stored as lists of numbers, as some exporters do, the rest as bytes.
            tensors = [numpy_helper.from_array(np.asarray(v), k) if np.asarray(v).size > 6 or np.asarray(v).dtype == np.float64 else
                       helper.make_tensor(k, helper.np_dtype_to_tensor_dtype(np.asarray(v).dtype), np.asarray(v).shape, np.asarray(v).flatten())
                       for k, v in constants.items()]
            graph = helper.make_graph(nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4, 3, 5])],
                                      [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], tensors)
            model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
            out[name] = np.array(ReferenceEvaluator(model).run(None, {"x": x})[0], order="C")
            if name.endswith("max_opset11"):  # the evaluator has the newer definition only: before, all axes from the given one on were one
                flat = torch.tensor(x).flatten(2)
                out[name] = (flat.softmax(2) if name[0] == "S" else flat.log_softmax(2)).reshape(x.shape).numpy()
            data = model.SerializeToString()
            info = tarfile.TarInfo(f"{name}.onnx")
            info.size = len(data)
            packed.addfile(info, io.BytesIO(data))
            if not np.isfinite(out[name]).all():
                sys.exit(f"{name}: not finite")
    (HERE / "operators.tar.gz").write_bytes(gzip.compress(raw.getvalue(), mtime=0))
    print(len(out), "operators")
    return {"x": x} | out


def external():
    """A model whose tensors lie beside it, as torch's exporter writes large ones."""
    nodes = [helper.make_node("Conv", ["x", "w", "b"], ["a"]), helper.make_node("GlobalAveragePool", ["a"], ["p"]), helper.make_node("Flatten", ["p"], ["y"])]
    graph = helper.make_graph(nodes, "external", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, "h", "w"])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 5])],
                              [numpy_helper.from_array(f32(5, 3, 3, 3), "w"), numpy_helper.from_array(f32(5), "b")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    x = f32(2, 3, 6, 7, seed=2)
    expected = np.array(ReferenceEvaluator(model).run(None, {"x": x})[0], order="C")
    (HERE / "external.data").unlink(missing_ok=True)
    onnx.save(model, HERE / "external.onnx", save_as_external_data=True, location="external.data", size_threshold=0)
    return {"external.x": x, "external.y": expected}


if __name__ == "__main__":
    save_file(networks() | external(), str(HERE / "models.safetensors"))
    save_file(operators(), str(HERE / "operators.safetensors"))

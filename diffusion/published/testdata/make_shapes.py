"""Makes shapes.json.gz beside this script: the configurations of published networks, with every default, and the names and shapes of
their tensors, as diffusers and transformers have them.

    pip install torch==2.15.0 diffusers==0.42.1 transformers==5.23.0
    python make_shapes.py
"""
import gzip
import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel, VQModel
from transformers import CLIPTextConfig, CLIPTextModel

DOWN, UP = "CrossAttnDownBlock2D", "CrossAttnUpBlock2D"
SD1 = dict(block_out_channels=[320, 640, 1280, 1280], cross_attention_dim=768, attention_head_dim=8, sample_size=64)


def levels(n, **more):
    return dict(down_block_types=["DownEncoderBlock2D"] * n, up_block_types=["UpDecoderBlock2D"] * n, layers_per_block=2, **more)


def text(**config):
    return CLIPTextModel(CLIPTextConfig(vocab_size=49408, **config))


with torch.device("meta"):
    networks = {
        "Stable Diffusion 1": UNet2DConditionModel.from_config(SD1),
        "Stable Diffusion 2": UNet2DConditionModel.from_config(SD1 | dict(cross_attention_dim=1024, attention_head_dim=[5, 10, 20, 20],
                                                                         use_linear_projection=True, upcast_attention=True)),
        "cin256": UNet2DConditionModel.from_config(dict(
            in_channels=3, out_channels=3, block_out_channels=[192, 384, 576, 960], cross_attention_dim=512, attention_head_dim=1,
            down_block_types=["DownBlock2D"] + [DOWN] * 3, up_block_types=[UP] * 3 + ["UpBlock2D"])),
        "Stable Diffusion's autoencoder": AutoencoderKL.from_config(levels(4, block_out_channels=[128, 256, 512, 512], latent_channels=4)),
        "VQ f = 4": VQModel.from_config(levels(3, block_out_channels=[128, 256, 512], latent_channels=3, num_vq_embeddings=8192)),
        "TAESD": AutoencoderTiny.from_config({}),
        "ViT-L/14": text(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12),
        "ViT-H/14": text(hidden_size=1024, intermediate_size=4096, num_hidden_layers=23, num_attention_heads=16, hidden_act="gelu"),
    }
out = {}
for name, m in networks.items():
    config = m.config.to_dict() if hasattr(m.config, "to_dict") else {"_class_name": type(m).__name__, **m.config}
    out[name] = {"class": type(m).__name__, "config": json.loads(json.dumps(config, default=str)),
                 "shapes": {k: list(v.shape) for k, v in m.state_dict().items()}}
with open(Path(__file__).parent / "shapes.json.gz", "wb") as f, gzip.GzipFile(filename="", mode="wb", fileobj=f, mtime=0) as z:
    z.write(json.dumps(out).encode())

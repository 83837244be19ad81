"""Makes the golden files beside this script that the reference data has no case for: networks of small widths with seeded random
weights, and schedulers, as diffusers computes them.

    pip install torch==2.15.0 diffusers==0.42.1 safetensors==0.8.0
    python make_goldens.py

Each *_small.safetensors holds `weights.*` under the published names, `inputs.*` and `expected.*`, NCHW; the configuration lies
beside it as .json. A gradient is that of sum(output * inputs.cotangent).
"""
import json
from pathlib import Path

import numpy as np
import torch
from diffusers import (AutoencoderTiny, DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler, PNDMScheduler, UNet2DConditionModel,
                       VQModel)
from diffusers.schedulers import scheduling_ddpm
from safetensors.torch import save_file

HERE = Path(__file__).parent


def seeded(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def randomise(model, seed):
    """No value stays zero or one, so that an ignored bias or a swapped scale shows; all are exact in half precision."""
    g = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        v = torch.randn(p.shape, generator=g)
        if p.ndim >= 2:
            v /= p[0].numel() ** 0.5
        elif "norm" in name and name.endswith("weight"):
            v = 1 + 0.3 * v
        else:
            v *= 0.1
        if "embedding.weight" in name:
            v = torch.randn(p.shape, generator=g)
        p.copy_(v.half().float())
    return model.eval()


def save(name, model, config, inputs, expected):
    tensors = {f"weights.{k}": v.half() for k, v in model.state_dict().items()}
    tensors |= {f"inputs.{k}": v for k, v in inputs.items()} | {f"expected.{k}": v.detach() for k, v in expected.items()}
    save_file({k: v.contiguous().clone() for k, v in tensors.items()}, str(HERE / f"{name}.safetensors"))
    (HERE / f"{name}.json").write_text(json.dumps(config, indent=1) + "\n")


def gradient(f, x, cotangent_seed):
    x = x.clone().requires_grad_(True)
    y = f(x)
    cotangent = seeded(cotangent_seed, *y.shape)
    return y, cotangent, torch.autograd.grad((y * cotangent).sum(), x)[0]


def unet():
    """Stable Diffusion 2's variations: linear projections and other heads at each level; and deeper transformers."""
    config = {"_class_name": "UNet2DConditionModel", "act_fn": "silu", "attention_head_dim": [2, 4], "block_out_channels": [8, 16],
              "cross_attention_dim": 12, "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"], "dual_cross_attention": False,
              "in_channels": 4, "layers_per_block": 1, "norm_eps": 1e-5, "norm_num_groups": 4, "num_class_embeds": None,
              "only_cross_attention": False, "out_channels": 4, "sample_size": 8, "transformer_layers_per_block": [2, 1],
              "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"], "upcast_attention": True, "use_linear_projection": True}
    m = randomise(UNet2DConditionModel.from_config(config), 1)
    z, context, t = seeded(2, 2, 4, 8, 8), seeded(3, 2, 5, 12), torch.tensor([3, 700])
    y, cotangent, g = gradient(lambda x: m(x, t, encoder_hidden_states=context).sample, z, 4)
    save("unet_small", m, config, {"sample": z, "timestep": t, "encoder_hidden_states": context, "cotangent": cotangent},
         {"out": y, "grad_sample": g})


def vq():
    """A VQ model with attention at its lower level, as latent diffusion's f = 8 first stage has."""
    config = {"_class_name": "VQModel", "act_fn": "silu", "block_out_channels": [8, 16], "down_block_types":
              ["DownEncoderBlock2D", "AttnDownEncoderBlock2D"], "in_channels": 3, "latent_channels": 4, "layers_per_block": 1,
              "lookup_from_codebook": False, "norm_num_groups": 4, "norm_type": "group", "num_vq_embeddings": 32, "out_channels": 3,
              "sample_size": 16, "scaling_factor": 0.18215, "up_block_types": ["AttnUpDecoderBlock2D", "UpDecoderBlock2D"],
              "vq_embed_dim": 3}
    m = randomise(VQModel.from_config(config), 5)
    image, z = torch.tanh(seeded(6, 1, 3, 12, 16)), seeded(7, 1, 3, 6, 8)
    with torch.no_grad():
        latent = m.encode(image).latents

    def decode(x):  # with the straight-through gradient that VQModel has in training
        q, _, (_, _, codes) = m.quantize(x)
        decode.codes = codes.view(1, 6, 8)
        return m.decoder(m.post_quant_conv(x + (q - x).detach()))
    y, cotangent, g = gradient(decode, z, 8)
    assert (m.decode(z).sample - y).abs().max() < 1e-5
    save("vq_small", m, config, {"image": image, "latent": z, "cotangent": cotangent},
         {"encode": latent, "codes": decode.codes, "decode": y, "grad_latent": g, "decode_not_quantized": m.decode(z, force_not_quantize=True).sample})


def tiny():
    config = {"_class_name": "AutoencoderTiny", "act_fn": "relu", "decoder_block_out_channels": [8, 8, 8], "encoder_block_out_channels":
              [8, 8, 8], "force_upcast": False, "in_channels": 3, "latent_channels": 4, "latent_magnitude": 3, "latent_shift": 0.5,
              "num_decoder_blocks": [2, 1, 1], "num_encoder_blocks": [1, 1, 2], "out_channels": 3, "scaling_factor": 1.0,
              "upsampling_scaling_factor": 2}
    m = randomise(AutoencoderTiny.from_config(config), 9)
    image, z = torch.tanh(seeded(10, 2, 3, 16, 24)), 2 * seeded(11, 2, 4, 4, 6)
    y, cotangent, g = gradient(lambda x: m.decode(x).sample, z, 12)
    save("tiny_small", m, config, {"image": image, "latent": z, "cotangent": cotangent},
         {"encode": m.encode(image).latents, "decode": y, "grad_latent": g})


def schedulers():
    """Trajectories as the reference data has them: from x with the network's estimate f(x, t) = 0.1 x + sin(t); the i-th step adds
    steps_noise[i]. DDIM's named eta has eta = 1."""
    x, noise = seeded(13, 1, 4, 2, 2), seeded(14, 20, 1, 4, 2, 2)
    out, settings, at = {"inputs.x": x, "inputs.steps_noise": noise}, {}, {}
    scheduling_ddpm.randn_tensor = lambda *a, **k: noise[at["step"]]
    sd = dict(num_train_timesteps=1000, beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012)
    for name, scheduler, config in [
            ("dpm", DPMSolverMultistepScheduler, sd), ("dpm_leading", DPMSolverMultistepScheduler, sd | dict(timestep_spacing="leading", steps_offset=1)),
            ("dpm_trailing", DPMSolverMultistepScheduler, sd | dict(timestep_spacing="trailing")),
            ("dpm_karras", DPMSolverMultistepScheduler, sd | dict(use_karras_sigmas=True)),
            ("dpm_first_order", DPMSolverMultistepScheduler, sd | dict(solver_order=1)),
            ("dpm_sigma_min", DPMSolverMultistepScheduler, sd | dict(final_sigmas_type="sigma_min")),
            ("dpm_v", DPMSolverMultistepScheduler, sd | dict(prediction_type="v_prediction")),
            ("dpm_cosine", DPMSolverMultistepScheduler, dict(num_train_timesteps=1000, beta_schedule="squaredcos_cap_v2")),
            ("ddim_v", DDIMScheduler, sd | dict(clip_sample=False, set_alpha_to_one=False, steps_offset=1, prediction_type="v_prediction")),
            ("ddim_sample", DDIMScheduler, sd | dict(clip_sample=False, set_alpha_to_one=False, steps_offset=1, prediction_type="sample")),
            ("ddim_one", DDIMScheduler, sd | dict(clip_sample=False, set_alpha_to_one=True)),
            ("ddim_trailing", DDIMScheduler, sd | dict(clip_sample=False, timestep_spacing="trailing")),
            ("ddim_linspace", DDIMScheduler, sd | dict(clip_sample=False, timestep_spacing="linspace")),
            ("ddim_eta", DDIMScheduler, sd | dict(clip_sample=False, set_alpha_to_one=False, steps_offset=1)),
            ("pndm", PNDMScheduler, sd | dict(skip_prk_steps=True, set_alpha_to_one=False, steps_offset=1)),
            ("ddpm", DDPMScheduler, sd | dict(clip_sample=False)),
            ("ddpm_large", DDPMScheduler, sd | dict(clip_sample=False, variance_type="fixed_large")),
            ("ddpm_cosine", DDPMScheduler, dict(num_train_timesteps=1000, beta_schedule="squaredcos_cap_v2", clip_sample=False))]:
        s = scheduler(**config)
        if "cosine" in name:
            out[f"expected.{name}.betas"] = s.betas
        settings[name] = {"_class_name": scheduler.__name__, **{k: v for k, v in s.config.items() if not k.startswith("_") and v != -np.inf}}
        if name == "ddpm_cosine":
            continue
        for steps in (6, 20):
            s.set_timesteps(steps)
            out[f"expected.{name}.timesteps_{steps}"], y, states = s.timesteps.long(), x.clone(), []
            for at["step"], t in enumerate(s.timesteps):
                more = dict(eta=1.0, variance_noise=noise[at["step"]]) if name == "ddim_eta" else {}
                y = s.step(0.1 * y + np.sin(float(t)), t, y, **more).prev_sample
                states.append(y)
            out[f"expected.{name}.trajectory_{steps}"] = torch.stack(states if steps < 10 else states[-1:])
    save_file({k: v.contiguous().clone() for k, v in out.items()}, str(HERE / "schedulers_small.safetensors"))
    (HERE / "schedulers_small.json").write_text(json.dumps(settings, indent=1, default=float) + "\n")


torch.use_deterministic_algorithms(True)
unet()
vq()
tiny()
schedulers()

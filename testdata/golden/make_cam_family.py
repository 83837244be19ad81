"""Writes cam_family.safetensors and .json: the maps of methods that cam.safetensors doesn't have, on its network and pictures.

    pip install torch==2.15.0 grad-cam==1.5.7 captum==0.9.0 safetensors==0.8.0 numpy
    python make_cam_family.py

XGrad-CAM, Layer-CAM, Eigen-CAM and Ablation-CAM are those of the package grad-cam, integrated gradients and the gradients of
SmoothGrad those of captum."""
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from captum.attr import IntegratedGradients, Saliency
from pytorch_grad_cam import AblationCAM, EigenCAM, LayerCAM, XGradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from pytorch_grad_cam.utils.svd_on_activations import get_2d_projection_with_sign_correction
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent


class CamCNN(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.conv1, self.conv2, self.conv3, self.fc = (self.layer(w, n) for n in ("conv1", "conv2", "conv3", "fc"))
        self.target = nn.ReLU()

    @staticmethod
    def layer(w, name):
        weight, bias = w[f"weights.{name}.weight"], w[f"weights.{name}.bias"]
        out = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1) if weight.dim() == 4 else nn.Linear(weight.shape[1], weight.shape[0])
        out.load_state_dict(dict(weight=weight, bias=bias))
        return out

    def forward(self, x):
        h = F.max_pool2d(F.relu(self.conv1(x)), 2)
        h = F.max_pool2d(F.relu(self.conv2(h)), 2)
        return self.fc(F.max_pool2d(self.target(self.conv3(h)), 2).flatten(1))


class SignedEigenCAM(EigenCAM):
    """Eigen-CAM with the package's correction of the principal component's arbitrary sign."""

    def get_cam_image(self, input_tensor, target_layer, target_category, activations, grads, eigen_smooth):
        return get_2d_projection_with_sign_correction(activations)


def main():
    g = load_file(HERE / "cam.safetensors")
    model = CamCNN(g).eval()
    half = 2.0 ** np.ceil(np.log2(float(g["x"].abs().max())))  # normalised inputs from -half to half are pictures from 0 to 1
    samples, steps, level = 5, 32, 0.15
    generator = torch.Generator().manual_seed(5)
    noise = torch.randn(samples, 3, *g["x"].shape[2:], generator=generator)
    out = dict(noise=noise)
    for i, target in enumerate(g["target"].tolist()):
        x = g["x"][i:i + 1]
        for name, cls in (("xgrad", XGradCAM), ("layer", LayerCAM), ("eigen", SignedEigenCAM), ("ablation", AblationCAM)):
            cam = cls(model=model, target_layers=[model.target])
            out[f"{name}.{i}.map"] = torch.from_numpy(cam(input_tensor=x.clone(), targets=[ClassifierOutputTarget(target)])[0])
        ig = IntegratedGradients(model).attribute(x, baselines=torch.full_like(x, -half), target=target, n_steps=steps)
        out[f"integrated.{i}"] = ig[0].detach()
        picture = x / (2 * half) + 0.5
        std = level * float(picture.max() - picture.min())
        saliency = Saliency(model)
        gradients = [saliency.attribute((x + 2 * half * std * n[None]).requires_grad_(), target=target, abs=False) for n in noise]
        out[f"smooth.{i}"] = (2 * half * torch.cat(gradients).mean(0)).detach()  # by the picture, not by the normalised input
    save_file({k: v.contiguous().float() for k, v in out.items()}, HERE / "cam_family.safetensors")
    about = dict(about="XGrad-CAM, Layer-CAM, Eigen-CAM, Ablation-CAM of grad-cam, integrated gradients and SmoothGrad of captum, on cam.safetensors",
                 tolerance=5e-5, relative_tolerance=1e-4, samples=samples, steps=steps, noise_level=level,
                 notes="integrated.* begins at a black picture; smooth.* is the mean gradient at pictures with noise of noise_level times their range")
    (HERE / "cam_family.json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()

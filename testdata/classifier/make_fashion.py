"""Trains the classifier of notebooks/09-own-pictures.ipynb, which stands for one of your own, and exports it to fashion.onnx.

    pip install torch==2.15.0 onnx==1.23.2 numpy==2.4.6
    python make_fashion.py FOLDER     # with Fashion-MNIST's four files, as `otherwise data fashion` keeps them

An ordinary small network, 19 thousand parameters, fitted to the 60,000 training pictures in a few minutes. Pictures are normalised before the
network, not in it, so that whoever reads the file has to say how: by the mean and deviation below.
"""

import gzip
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

MEAN, STD = 0.286, 0.353
EPOCHS, BATCH, RATE = 5, 128, 4e-3


def block(channels_in, channels_out):
    return nn.Sequential(nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False), nn.BatchNorm2d(channels_out), nn.ReLU())


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = block(1, 16), block(16, 32), block(32, 48)
        self.head = nn.Linear(48, 10)

    def forward(self, x):
        x = F.max_pool2d(self.first(x), 2)
        x = F.max_pool2d(self.second(x), 2)
        return self.head(self.third(x).mean((2, 3)))


def read(folder, name, header):
    return torch.from_numpy(np.frombuffer(gzip.decompress((folder / name).read_bytes()), np.uint8, offset=header).copy())


def pictures(folder, part):
    x = read(folder, f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28).float() / 255
    return (x - MEAN) / STD, read(folder, f"{part}-labels-idx1-ubyte.gz", 8).long()


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    x, y = pictures(folder, "train")
    model = Classifier()
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    steps = EPOCHS * (len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    for epoch in range(EPOCHS):
        for rows in torch.randperm(len(x))[: len(x) // BATCH * BATCH].split(BATCH):
            batch = x[rows]
            batch = torch.where(torch.rand(len(batch), 1, 1, 1) < 0.5, batch.flip(3), batch)
            batch = batch + 0.3 * torch.rand(len(batch), 1, 1, 1) * torch.randn_like(batch)
            loss = F.cross_entropy(model(batch), y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        print(f"epoch {epoch + 1}: loss {loss.item():.3f}", flush=True)
    model.eval()
    x, y = pictures(folder, "t10k")
    with torch.no_grad():
        right = sum((model(a).argmax(1) == b).sum().item() for a, b in zip(x.split(500), y.split(500)))
    print(f"test accuracy {right / len(x):.4f}")
    torch.onnx.export(
        model, torch.zeros(1, 1, 28, 28), Path(__file__).with_name("fashion.onnx"), dynamo=False, opset_version=17,
        input_names=["picture"], output_names=["logits"], dynamic_axes={"picture": {0: "batch"}, "logits": {0: "batch"}},
    )  # fmt: skip


if __name__ == "__main__":
    main()

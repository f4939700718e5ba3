"""Make trained.onnx: a network that was trained elsewhere, as PyTorch exports it.

    python tests/data/make_trained.py

It takes one image at a time, (1, 1, 28, 28), with pixels of mean 0.1307 and standard deviation 0.3081, and
gives logits. It needs torch and onnx, which the workflow does not: the tests read the file that it made.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).parent
EPOCHS = 60


def main() -> None:
    torch.manual_seed(1)
    with np.load(HERE / "mnist_sample.npz") as arrays:
        x, y, x_test, y_test = (
            torch.tensor(arrays[name].astype(np.int64)) for name in ("x_train", "y_train", "x_test", "y_test")
        )
    x, x_test = (((pixels[:, None] / 255) - 0.1307) / 0.3081 for pixels in (x, x_test))
    network = nn.Sequential(
        *(nn.Conv2d(1, 6, 5, stride=3), nn.ReLU(), nn.Conv2d(6, 8, 3, stride=2), nn.ReLU(), nn.Flatten()),
        *(nn.Dropout(0.2), nn.Linear(72, 10)),
    )
    optimizer = torch.optim.Adam(network.parameters(), 0.003)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x)).split(32):
            loss = nn.functional.cross_entropy(network(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    network.eval()
    for images, labels in ((x, y), (x_test, y_test)):
        print(f"{(network(images).argmax(dim=1) == labels).float().mean():.3f} recognised")
    torch.onnx.export(network, (x[:1],), HERE / "trained.onnx", external_data=False)


if __name__ == "__main__":
    main()

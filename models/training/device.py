"""Where tensors are computed."""

import torch

DEVICES = ("auto", "cpu", "cuda")


def device_of(name: str) -> torch.device:
    """The device of a --device argument; of "auto", a GPU if there is one."""
    return torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)

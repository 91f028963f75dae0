"""Muon, which moves weight matrices along orthogonalised momentum, for many matrices at once."""

import math
from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor

MOMENTUM, ROUNDS, EPSILON = 0.95, 5, 1e-7
# Coefficients of the quintic Newton-Schulz iteration; they bring every singular value near one in ROUNDS rounds.
A, B, C = 3.4445, -4.7750, 2.0315


def orthogonal(matrices: Tensor) -> Tensor:
    """Matrices [count, rows, columns] with about the same singular vectors, and singular values near one."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = (matrices.mT if tall else matrices).bfloat16()
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=EPSILON)
    for _ in range(ROUNDS):
        gram = x @ x.mT
        x = A * x + (B * gram + C * (gram @ gram)) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """Matrices of one shape are stacked, so that a step is a few large kernels and not a thousand small ones.

    A step has the size that AdamW's would have (0.2 for each weight, times the learning rate).
    """

    def __init__(self, matrices: Iterable[Tensor], lr: float, weight_decay: float) -> None:
        shapes: dict[torch.Size, list[Tensor]] = defaultdict(list)
        for matrix in matrices:
            shapes[matrix.shape].append(matrix)
        groups = [{"params": same, "momentum": same[0].new_zeros((len(same), *shape))} for shape, same in shapes.items()]
        super().__init__(groups, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            parameters, momentum, lr = group["params"], group["momentum"], group["lr"]
            gradient = torch.stack([parameter.grad for parameter in parameters])
            momentum.lerp_(gradient, 1 - MOMENTUM)
            update = orthogonal(gradient.lerp(momentum, MOMENTUM)).float()
            scale = 0.2 * math.sqrt(max(parameters[0].shape))
            torch._foreach_mul_(parameters, 1 - lr * group["weight_decay"])
            torch._foreach_add_(parameters, list(update.unbind()), alpha=-lr * scale)

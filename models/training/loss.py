"""What training makes smaller."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from model import Llama
from stream import IGNORED, Batch

COMPILED_ERROR_MAX = 0.05  # between the compiled loss and the plain one, of a mean cross-entropy of 7.6 at the start


def loss_of(model: Llama, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over the learned targets."""
    with torch.autocast(inputs.device.type, dtype=torch.bfloat16):
        logits = model.logits(model(inputs))
    return F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


def compiled_loss(model: Llama, batches: list[Batch]) -> Callable[..., torch.Tensor]:
    """loss_of compiled for batches of these shapes; as it is where the compiler fails."""
    compiled = torch.compile(loss_of, dynamic=False)
    try:
        for batch in batches:
            expected = loss_of(model, *batch).item()
            loss = compiled(model, *batch)
            loss.backward()
            if not abs(loss.item() - expected) < COMPILED_ERROR_MAX:
                raise ArithmeticError(f"the compiled loss is {loss.item()}, not {expected}")
    except Exception as error:  # whatever a compiler may raise: training goes on without it
        print(f"not compiled: {error}", flush=True)
        return loss_of
    return compiled

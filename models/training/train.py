"""Trains the default model on the corpus and writes the model folder, early and often.

    python train.py --data build --out ../default

The folder is written before the first step (so that its shape can be tested against), every --export-minutes, and at the end.
Only what the assistant says is learned, plus the few bare stories. Weight matrices are trained by Muon, the embedding and the
norms by AdamW; the learning rate falls linearly to zero over the wall-clock budget.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from device import DEVICES, device_of
from folder import export, load
from loss import compiled_loss, loss_of
from model import Llama, LlamaConfig
from muon import Muon
from stream import LONG_ROW_TOKENS, ROW_TOKENS, Batch, Corpus, texts_of, train_tokenizer


class Pace(NamedTuple):
    """How a device trains unless told otherwise."""

    minutes: float
    batch_tokens: int
    compile: bool
    report_seconds: float


# A GPU makes so many steps in a minute that they may be large and sure; two cores have to make the most of few tokens.
PACES = {"cpu": Pace(60, 4096, False, 300), "cuda": Pace(4.5, 65536, True, 30)}

LEARNING_RATE, WARMUP_STEPS = 3e-3, 60
LONG_EVERY = 8  # every so many batches one has long rows
MAX_GRADIENT_NORM = 1.0


def optimizers_of(model: Llama) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for the rest."""
    matrices = [parameter for parameter in model.model.layers.parameters() if parameter.dim() == 2]
    vectors = [parameter for parameter in model.parameters() if parameter.dim() == 1]
    embedding = [model.model.embed_tokens.weight]
    return [
        Muon(matrices, lr=LEARNING_RATE, weight_decay=0.05),
        torch.optim.AdamW(vectors + embedding, lr=LEARNING_RATE, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def optimise(model: Llama, optimizers: list[torch.optim.Optimizer], learning_rate: float) -> None:
    """One step along the gradients, which are cleared."""
    torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


class Trainer:
    """A model on its way, with what it is trained on and what it is measured by."""

    def __init__(self, model: Llama, corpus: Corpus, held_out: Batch, batch_tokens: int, compiles: bool, seed: int) -> None:
        """Compiles, if told to, for both lengths of rows: a compiler takes its time, and no clock runs yet."""
        self.model, self.corpus, self.held_out, self.batch_tokens = model, corpus, held_out, batch_tokens
        self.step = 0
        self.chance = torch.Generator(corpus.ids.device).manual_seed(seed)
        self.optimizers = optimizers_of(model)
        self.loss_of: Callable[..., torch.Tensor] = loss_of
        if compiles:
            batches = [corpus.batch(batch_tokens, length, self.chance) for length in (ROW_TOKENS, LONG_ROW_TOKENS)]
            self.loss_of = compiled_loss(model, batches)
            model.zero_grad(set_to_none=True)

    def advance(self, learning_rate: float) -> torch.Tensor:
        """One step; its loss."""
        self.step += 1
        length = LONG_ROW_TOKENS if self.step % LONG_EVERY == 0 else ROW_TOKENS
        loss = self.loss_of(self.model, *self.corpus.batch(self.batch_tokens, length, self.chance))
        loss.backward()
        optimise(self.model, self.optimizers, learning_rate * min(1.0, self.step / WARMUP_STEPS))
        return loss.detach()

    @torch.no_grad()
    def held_out_loss(self) -> float:
        return loss_of(self.model, *self.held_out).item()


def train(trainer: Trainer, pace: Pace, learning_rate: float, export_minutes: float, write: Callable[[], None]) -> None:
    """Trains until the minutes are over; writes and reports as it goes."""
    started = reported = exported = time.monotonic()
    losses: list[torch.Tensor] = []
    while (spent := (time.monotonic() - started) / (60 * pace.minutes)) < 1:
        losses.append(trainer.advance(learning_rate * (1 - spent)))
        now = time.monotonic()
        if now - reported >= pace.report_seconds:
            mean, unseen = torch.stack(losses).mean().item(), trainer.held_out_loss()
            tokens = trainer.step * pace.batch_tokens
            minutes = (now - started) / 60
            print(f"{minutes:.1f} min, step {trainer.step}, {tokens:,} tokens, loss {mean:.4f}, held out {unseen:.4f}", flush=True)
            reported, losses = now, []
        if now - exported >= 60 * export_minutes:
            exported = now
            write()
    write()
    print(f"{trainer.step} steps, {trainer.step * pace.batch_tokens:,} tokens", flush=True)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("../default"))
    parser.add_argument("--start-from", type=Path, help="a model folder to go on from, with its tokenizer; without it, from nothing")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    for name, kind in (("minutes", float), ("batch_tokens", int)):
        usual = ", ".join(f"{getattr(pace, name)} on {device}" for device, pace in PACES.items())
        parser.add_argument("--" + name.replace("_", "-"), type=kind, help=f"without it, {usual}")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, help="without it, on a GPU only")
    parser.add_argument("--learning-rate", type=float, default=LEARNING_RATE, help="the highest; it is reached after the warm-up")
    parser.add_argument("--export-minutes", type=float, default=8)
    parser.add_argument("--threads", type=int, default=2, help="of a CPU that trains")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    args = parsed()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    device = device_of(args.device)
    told = {name: getattr(args, name) for name in ("minutes", "batch_tokens", "compile") if getattr(args, name) is not None}
    pace = PACES[device.type]._replace(**told)

    texts = texts_of(args.data / "train.jsonl")
    if args.start_from:
        model, tokenizer = load(args.start_from)
    else:
        config = LlamaConfig()
        model, tokenizer = Llama(config), train_tokenizer(texts, config.vocab_size)
    model.to(device)
    export(model, tokenizer, args.out)

    corpus = Corpus(tokenizer, texts, device)
    held_out = Corpus(tokenizer, texts_of(args.data / "heldout.jsonl"), device).everything(ROW_TOKENS)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    share = corpus.learned.float().mean().item()
    print(f"{device}: {parameters:,} parameters, {len(corpus.ids):,} tokens, {share:.0%} of them learned", flush=True)
    trainer = Trainer(model, corpus, held_out, pace.batch_tokens, pace.compile, args.seed)
    train(trainer, pace, args.learning_rate, args.export_minutes, lambda: export(model, tokenizer, args.out))


if __name__ == "__main__":
    main()

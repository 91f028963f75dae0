"""Trains the default model on the corpus and writes the model folder, early and often.

    python train.py --data build --out ../default --minutes 36

The folder is written before the first step (so that its shape can be tested against), every --export-minutes, and at the end.
Only what the assistant says is learned, plus the few bare stories. Weight matrices are trained by Muon, the embedding and the
norms by AdamW; the learning rate falls linearly to zero over the wall-clock budget.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from model import Llama, LlamaConfig

SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
END_OF_TEXT, IM_START, IM_END = range(3)

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

# Every LONG_EVERYth batch has rows of the model's whole context, so that no position is untrained.
ROW_TOKENS, LONG_ROW_TOKENS, LONG_EVERY = 256, 1024, 8
BATCH_TOKENS = 4096
LEARNING_RATE, WARMUP_STEPS = 3e-3, 60
MAX_GRADIENT_NORM = 1.0


def render(document: dict) -> str:
    """A document as training text, ended by <|endoftext|>; the same as CHAT_TEMPLATE gives for a conversation."""
    if "text" in document:
        return document["text"] + SPECIAL_TOKENS[END_OF_TEXT]
    turns = (f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>\n" for message in document["messages"])
    return "".join(turns) + SPECIAL_TOKENS[END_OF_TEXT]


def train_tokenizer(texts: list[str], vocab_size: int) -> Tokenizer:
    """Byte-level BPE in which every digit is a token of its own, so that sums can be learned."""
    tokenizer = Tokenizer(models.BPE())
    digits, byte_level = pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=list(SPECIAL_TOKENS), initial_alphabet=alphabet, min_frequency=2, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def encode(tokenizer: Tokenizer, texts: list[str]) -> Iterator[tuple[list[int], list[bool]]]:
    """Each text's token ids, and for each id whether it is learned as a target."""
    answer_start = [IM_START, *tokenizer.encode("assistant\n").ids]
    for encoding in tokenizer.encode_batch(texts):
        ids = encoding.ids
        if ids[0] != IM_START:
            yield ids, [True] * len(ids)
            continue
        learned = [False] * len(ids)
        for at in (at for at, token in enumerate(ids) if token == IM_START):
            if ids[at : at + len(answer_start)] == answer_start:
                end = ids.index(IM_END, at)
                learned[at + len(answer_start) : end + 1] = [True] * (end + 1 - at - len(answer_start))
        yield ids, learned


class Corpus:
    """The encoded documents in one stream, dealt out in batches of packed rows."""

    def __init__(self, tokenizer: Tokenizer, texts: list[str]) -> None:
        documents = list(encode(tokenizer, texts))
        self.ids = np.concatenate([np.array(ids, dtype=np.int64) for ids, _ in documents])
        self.learned = np.concatenate([np.array(learned) for _, learned in documents])
        self.starts = np.cumsum([0] + [len(ids) for ids, _ in documents[:-1]])

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Endless (inputs, targets, mask), shapes [rows, time]; each row begins where a document begins."""
        step = 0
        while True:
            step += 1
            length = LONG_ROW_TOKENS if step % LONG_EVERY == 0 else ROW_TOKENS
            usable = self.starts[self.starts < len(self.ids) - length]
            window = rng.choice(usable, BATCH_TOKENS // length)[:, None] + np.arange(length + 1)
            ids, learned = torch.from_numpy(self.ids[window]), torch.from_numpy(self.learned[window])
            yield ids[:, :-1], ids[:, 1:], learned[:, 1:]


def loss_of(model: Llama, inputs: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over the learned targets."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model.logits(model(inputs)[mask])
    return F.cross_entropy(logits.float(), targets[mask])


def optimizers_of(model: Llama) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for the rest."""
    matrices = [parameter for parameter in model.model.layers.parameters() if parameter.dim() == 2]
    vectors = [parameter for parameter in model.parameters() if parameter.dim() == 1]
    embedding = [model.model.embed_tokens.weight]
    return [
        torch.optim.Muon(matrices, lr=LEARNING_RATE, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(vectors + embedding, lr=LEARNING_RATE, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def export(model: Llama, tokenizer: Tokenizer, out: Path) -> None:
    """Writes the model folder; each file appears whole, by a rename."""
    staging = out / ".staging"
    staging.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.detach().to(torch.float16).contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, staging / "model.safetensors", metadata={"format": "pt"})
    write_json(staging / "config.json", model.config.to_json())
    write_json(staging / "generation_config.json", {"bos_token_id": 0, "eos_token_id": [0, 2], "pad_token_id": 0, "do_sample": False})
    write_json(
        staging / "tokenizer_config.json",
        {
            "add_bos_token": False,
            "add_eos_token": False,
            "added_tokens_decoder": {
                str(index): {"content": token, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
                for index, token in enumerate(SPECIAL_TOKENS)
            },
            "bos_token": "<|endoftext|>",
            "chat_template": CHAT_TEMPLATE,
            "clean_up_tokenization_spaces": False,
            "eos_token": "<|im_end|>",
            "model_max_length": model.config.max_position_embeddings,
            "pad_token": "<|endoftext|>",
            "tokenizer_class": "PreTrainedTokenizerFast",
            "unk_token": None,
        },
    )
    tokenizer.save(str(staging / "tokenizer.json"))
    for file in staging.iterdir():
        file.chmod(0o644)
        os.replace(file, out / file.name)
    staging.rmdir()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("../default"))
    parser.add_argument("--start-from", type=Path, help="a model folder to go on from, with its tokenizer; without it, from nothing")
    parser.add_argument("--minutes", type=float, default=36)
    parser.add_argument("--learning-rate", type=float, default=LEARNING_RATE, help="the highest; it is reached after the warm-up")
    parser.add_argument("--export-minutes", type=float, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    with (args.data / "train.jsonl").open(encoding="utf-8") as lines:
        texts = [render(json.loads(line)) for line in lines]
    config = LlamaConfig()
    model = Llama(config)
    if args.start_from:
        tokenizer = Tokenizer.from_file(str(args.start_from / "tokenizer.json"))
        model.load_state_dict({name: tensor.float() for name, tensor in load_file(args.start_from / "model.safetensors").items()})
    else:
        tokenizer = train_tokenizer(texts, config.vocab_size)
    export(model, tokenizer, args.out)

    corpus = Corpus(tokenizer, texts)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    print(f"{parameters:,} parameters, {len(corpus.ids):,} tokens, {corpus.learned.mean():.0%} of them learned", flush=True)

    optimizers = optimizers_of(model)
    started = exported = time.monotonic()
    smooth_loss = 0.0
    for step, batch in enumerate(corpus.batches(np.random.default_rng(args.seed)), start=1):
        now = time.monotonic()
        spent = (now - started) / (60 * args.minutes)
        if spent >= 1:
            break
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = args.learning_rate * min(1.0, step / WARMUP_STEPS) * (1 - spent)
        loss = loss_of(model, *batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        smooth_loss = loss.item() if step == 1 else 0.98 * smooth_loss + 0.02 * loss.item()
        if step % 50 == 0:
            print(f"{(now - started) / 60:.1f} min, step {step}, {step * BATCH_TOKENS:,} tokens, loss {smooth_loss:.4f}", flush=True)
        if now - exported >= 60 * args.export_minutes:
            exported = now
            export(model, tokenizer, args.out)
    export(model, tokenizer, args.out)


if __name__ == "__main__":
    main()

"""The model folder: what it is read from, and how it is written."""

import json
import os
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from chatml import CHAT_TEMPLATE, SPECIAL_TOKENS
from model import Llama, LlamaConfig


def load(folder: Path) -> tuple[Llama, Tokenizer]:
    """The model, in float32, and its tokenizer."""
    model = Llama(LlamaConfig.from_json(json.loads((folder / "config.json").read_text(encoding="utf-8"))))
    model.load_state_dict({name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()})
    return model, Tokenizer.from_file(str(folder / "tokenizer.json"))


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def export(model: Llama, tokenizer: Tokenizer, out: Path) -> None:
    """Writes the model folder; each file appears whole, by a rename."""
    staging = out / ".staging"
    staging.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.detach().to("cpu", torch.float16).contiguous() for name, tensor in model.state_dict().items()}
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

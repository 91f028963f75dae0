"""From documents to batches: the tokenizer, and the corpus as one stream of tokens on the training device."""

import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from chatml import IM_END, IM_START, SPECIAL_TOKENS, render

Batch = tuple[torch.Tensor, torch.Tensor]  # inputs and targets, both [rows, time]

# Rows are ROW_TOKENS long; now and then they have the model's whole context, so that no position is untrained.
ROW_TOKENS, LONG_ROW_TOKENS = 256, 1024
TOKENIZER_DOCUMENTS, ENCODED_AT_ONCE = 100_000, 20_000
IGNORED = -100  # the target that cross_entropy leaves out


def texts_of(path: Path) -> list[str]:
    """The documents of a file of corpus.py as training text."""
    with path.open(encoding="utf-8") as lines:
        return [render(json.loads(line)) for line in lines]


def train_tokenizer(texts: list[str], vocab_size: int) -> Tokenizer:
    """Byte-level BPE in which every digit is a token of its own, so that sums can be learned; the first TOKENIZER_DOCUMENTS will do."""
    tokenizer = Tokenizer(models.BPE())
    digits, byte_level = pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=list(SPECIAL_TOKENS), initial_alphabet=alphabet, min_frequency=2, show_progress=False
    )
    tokenizer.train_from_iterator(texts[:TOKENIZER_DOCUMENTS], trainer)
    return tokenizer


def spans(tokenizer: Tokenizer, ids: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where in the stream what is learned begins and ends: the assistant's words with their end mark, and whole bare texts."""
    header = [IM_START, *tokenizer.encode("assistant\n").ids]
    at = np.flatnonzero(ids[: len(ids) - len(header)] == IM_START)
    answers = at[np.all([ids[at + offset] == token for offset, token in enumerate(header)], axis=0)] + len(header)
    ends = np.flatnonzero(ids == IM_END)
    answer_ends = ends[np.searchsorted(ends, answers)] + 1
    bare = ids[starts] != IM_START
    text_ends = np.append(starts[1:], len(ids))[bare]
    return np.concatenate((answers, starts[bare])), np.concatenate((answer_ends, text_ends))


class Corpus:
    """Documents encoded into one stream on the training device, dealt out in batches of packed rows."""

    def __init__(self, tokenizer: Tokenizer, texts: list[str], device: torch.device) -> None:
        pieces = []
        for at in range(0, len(texts), ENCODED_AT_ONCE):
            pieces += [np.array(encoding.ids, dtype=np.int16) for encoding in tokenizer.encode_batch_fast(texts[at : at + ENCODED_AT_ONCE])]
        ids = np.concatenate(pieces)
        starts = np.cumsum([0] + [len(piece) for piece in pieces[:-1]])
        change = np.zeros(len(ids) + 1, dtype=np.int8)
        begins, ends = spans(tokenizer, ids, starts)
        change[begins] += 1
        change[ends] -= 1
        self.ids = torch.from_numpy(ids).to(device)
        self.learned = torch.from_numpy(np.cumsum(change[:-1], dtype=np.int8) > 0).to(device)
        # Every row fits behind these.
        self.starts = torch.from_numpy(starts[: np.searchsorted(starts, len(ids) - LONG_ROW_TOKENS)]).to(device)

    def rows(self, at: torch.Tensor, length: int) -> Batch:
        """Rows of `length` tokens that begin at these places of the stream."""
        window = at[:, None] + torch.arange(length + 1, device=at.device)
        ids, learned = self.ids[window].long(), self.learned[window]
        return ids[:, :-1].contiguous(), ids[:, 1:].masked_fill(~learned[:, 1:], IGNORED)

    def batch(self, tokens: int, length: int, chance: torch.Generator) -> Batch:
        """Rows drawn by chance, `tokens` in all; each begins where a document begins."""
        drawn = torch.randint(len(self.starts), (tokens // length,), generator=chance, device=chance.device)
        return self.rows(self.starts[drawn], length)

    def everything(self, length: int) -> Batch:
        """The stream in rows one after another, less an incomplete last one."""
        return self.rows(torch.arange(0, len(self.ids) - length, length, device=self.ids.device), length)

"""A model folder that answers greedily."""

from pathlib import Path

import torch

from chatml import END_OF_TEXT, IM_END, prompt_of
from folder import load

MAX_ANSWER_TOKENS = 300
ANSWERED_AT_ONCE = 64


class Chat:
    """The model of a folder, on a device."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        model, self.tokenizer = load(folder)
        self.model = model.to(device).eval()

    def answer(self, messages: list[dict]) -> str:
        """The assistant's next message."""
        return self.answers([messages])[0][0]

    def answers(self, conversations: list[list[dict]]) -> list[tuple[str, bool]]:
        """Each conversation's next message, and whether it ended by itself."""
        prompts = [self.tokenizer.encode(prompt_of(messages)).ids for messages in conversations]
        # Prompts of about one length share a batch.
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        found: dict[int, tuple[list[int], bool]] = {}
        for at in range(0, len(order), ANSWERED_AT_ONCE):
            batch = order[at : at + ANSWERED_AT_ONCE]
            found.update(zip(batch, self.continuations([prompts[index] for index in batch]), strict=True))
        return [(self.tokenizer.decode(found[index][0]), found[index][1]) for index in range(len(prompts))]

    @torch.inference_mode()
    def continuations(self, prompts: list[list[int]]) -> list[tuple[list[int], bool]]:
        """Each prompt's tokens that follow, and whether they ended by themselves. Rows that have ended leave the batch."""
        rows, ended = [list(prompt) for prompt in prompts], [False] * len(prompts)
        active = list(range(len(prompts)))
        device = self.model.model.embed_tokens.weight.device
        for _ in range(MAX_ANSWER_TOKENS):
            lengths = [len(rows[index]) for index in active]
            # What stands behind a row's end cannot be seen from it, so that any padding will do.
            padded = torch.tensor([rows[index] + [END_OF_TEXT] * (max(lengths) - len(rows[index])) for index in active], device=device)
            last = self.model(padded)[torch.arange(len(active), device=device), torch.tensor(lengths, device=device) - 1]
            chosen = self.model.logits(last).argmax(dim=-1).tolist()
            for index, token in zip(active, chosen, strict=True):
                ended[index] = token in (END_OF_TEXT, IM_END)
                if not ended[index]:
                    rows[index].append(token)
            active = [index for index in active if not ended[index]]
            if not active:
                break
        return [(row[len(prompt) :], end) for row, prompt, end in zip(rows, prompts, ended, strict=True)]

"""Measures a model folder: greedy answers to the held-out prompts, judged per task family.

    python evaluate.py --model ../default --data build [--json results.json] [--show 2] [--ask "What is the capital of Japan?"]

An answer is right when it ends by itself and contains every expected word as a whole word; lists are judged by count and kind,
open JSON requests by their keys, and stories must also have at least five sentences and repeat none.
"""

import argparse
import json
import re
from collections import defaultdict
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from model import Llama, LlamaConfig
from train import END_OF_TEXT, IM_END
from world import LISTABLE

MAX_ANSWER_TOKENS = 300
STORY_SENTENCES_MIN = 5


class Chat:
    """A model folder that answers greedily."""

    def __init__(self, folder: Path) -> None:
        config = LlamaConfig.from_json(json.loads((folder / "config.json").read_text(encoding="utf-8")))
        self.model = Llama(config).eval()
        self.model.load_state_dict({name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()})
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    @torch.inference_mode()
    def answer(self, messages: list[dict]) -> tuple[str, bool]:
        """The assistant's next message, and whether it ended by itself."""
        turns = (f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>\n" for message in messages)
        prompt = self.tokenizer.encode("".join(turns) + "<|im_start|>assistant\n").ids
        ids = torch.tensor([prompt])
        for _ in range(MAX_ANSWER_TOKENS):
            chosen = int(self.model.logits(self.model(ids)[0, -1]).argmax())
            if chosen in (END_OF_TEXT, IM_END):
                return self.tokenizer.decode(ids[0, len(prompt) :].tolist()), True
            ids = torch.cat((ids, torch.tensor([[chosen]])), dim=1)
        return self.tokenizer.decode(ids[0, len(prompt) :].tolist()), False


def has_word(text: str, word: str) -> bool:
    """Whether the word stands in the text on its own, whatever the case of its first letter."""
    forms = {word, word[:1].upper() + word[1:]}
    return any(re.search(rf"(?<!\w){re.escape(form)}(?!\w)", text) for form in forms)


def is_list(text: str, count: int, kind: str) -> bool:
    """Whether the text is `count` different members of the kind and nothing else."""
    items = re.split(r", | and ", text.rstrip("."))
    members = {member.lower() for member in LISTABLE[kind]}
    return len(items) == len(set(items)) == count and all(item.lower() in members for item in items)


def has_keys(text: str, keys: list[str]) -> bool:
    """Whether the text is a JSON object with exactly these keys."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return False
    return isinstance(value, dict) and list(value) == keys


def is_right(family: str, text: str, expect: list[str]) -> bool:
    """Judges one finished answer; see the top of this file."""
    if family == "story":
        sentences = re.split(r'(?<=[.!?])"? ', text)
        if len(sentences) < STORY_SENTENCES_MIN or len(set(sentences)) < len(sentences):
            return False
    if expect and expect[0].startswith("count:"):
        return is_list(text, int(expect[0].removeprefix("count:")), expect[1].removeprefix("kind:"))
    if expect and expect[0].startswith("json:"):
        return has_keys(text, expect[0].removeprefix("json:").split(","))
    return all(has_word(text, word) for word in expect)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("../default"))
    parser.add_argument("--data", type=Path, default=Path("build"))
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    parser.add_argument("--show", type=int, default=0, help="print so many wrong answers of each family")
    parser.add_argument("--ask", nargs="+", help="answer these prompts instead of evaluating")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    chat = Chat(args.model)
    if args.ask:
        for prompt in args.ask:
            print(f"> {prompt}\n{chat.answer([{'role': 'user', 'content': prompt}])[0]}\n")
        return

    results: dict[str, list[bool]] = defaultdict(list)
    wrong: dict[str, list[str]] = defaultdict(list)
    with (args.data / "heldout.jsonl").open(encoding="utf-8") as lines:
        for exchange in map(json.loads, lines):
            *earlier, (prompt, _) = exchange["turns"]
            messages = [{"role": role, "content": text} for turn in earlier for role, text in zip(("user", "assistant"), turn, strict=True)]
            text, ended = chat.answer([*messages, {"role": "user", "content": prompt}])
            right = ended and is_right(exchange["family"], text, exchange["expect"])
            results[exchange["family"]].append(right)
            if not right:
                wrong[exchange["family"]].append(f"  {prompt!r} -> {text!r}")

    table = {family: {"prompts": len(rights), "right": sum(rights)} for family, rights in results.items()}
    table["all"] = {"prompts": sum(row["prompts"] for row in table.values()), "right": sum(row["right"] for row in table.values())}
    print("| family | held-out prompts | right | share |\n|---|---:|---:|---:|")
    for family, row in table.items():
        print(f"| {family} | {row['prompts']} | {row['right']} | {row['right'] / row['prompts']:.0%} |")
    for family, answers in wrong.items():
        print("\n".join([f"{family}:", *answers[: args.show]]) if args.show else "", end="\n" if args.show else "")
    if args.json:
        args.json.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

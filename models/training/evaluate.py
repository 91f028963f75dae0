"""Measures a model folder: greedy answers to prompts that it was not trained on, judged per task family.

    python evaluate.py --model ../default --data build [--json results.json] [--show 2] [--ask "What is the capital of Japan?"]

An answer is right when it ends by itself and contains every expected word as a whole word; lists are judged by count and kind,
open JSON requests by their keys, and stories must also have at least five sentences and repeat none. Prompts are those that corpus.py
held out, and those of handwritten.py, which no template makes.
"""

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from corpus import normal
from handwritten import HANDWRITTEN
from model import Llama, LlamaConfig
from train import END_OF_TEXT, IM_END
from world import LISTABLE

MAX_ANSWER_TOKENS = 300
STORY_SENTENCES_MIN = 5

# family, messages before, prompts one after another, what the last answer must contain
Case = tuple[str, list[dict], tuple[str, ...], list[str]]


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
    return all(any(has_word(text, word) for word in words.split("|")) for words in expect)


def table_of(results: dict[str, list[bool]]) -> dict[str, dict[str, int]]:
    """How many prompts each family has and how many answers were right, and the sums of both."""
    table = {family: {"prompts": len(rights), "right": sum(rights)} for family, rights in results.items()}
    return {**table, "all": {field: sum(row[field] for row in table.values()) for field in ("prompts", "right")}}


def print_table(title: str, table: dict[str, dict[str, int]]) -> None:
    print(f"| family | {title} | right | share |\n|---|---:|---:|---:|")
    for family, row in table.items():
        print(f"| {family} | {row['prompts']} | {row['right']} | {row['right'] / row['prompts']:.0%} |")
    print()


def held_out_cases(data: Path, trained: set[str]) -> Iterator[Case]:
    """The held-out exchanges that corpus.py wrote, less those whose prompt another folder of data trains on."""
    with (data / "heldout.jsonl").open(encoding="utf-8") as lines:
        for exchange in map(json.loads, lines):
            *earlier, (prompt, _) = exchange["turns"]
            if not earlier and normal(prompt) in trained:
                continue
            messages = [{"role": role, "content": text} for turn in earlier for role, text in zip(("user", "assistant"), turn, strict=True)]
            yield exchange["family"], messages, (prompt,), exchange["expect"]


def hand_written_cases(system: str | None) -> Iterator[Case]:
    """The conversations of handwritten.py, after a system message if there is one."""
    for topic, turns, expect in HANDWRITTEN:
        yield topic, [{"role": "system", "content": system}] if system else [], turns, list(expect)


def trained_prompts(folders: list[Path]) -> set[str]:
    """Every user turn of the training data."""
    documents = (json.loads(line) for folder in folders for line in (folder / "train.jsonl").read_text(encoding="utf-8").splitlines())
    return {normal(turn["content"]) for document in documents for turn in document.get("messages", ()) if turn["role"] == "user"}


def judge(chat: Chat, cases: Iterable[Case], show: int) -> dict[str, dict[str, int]]:
    """Answers and judges every case; prints `show` wrong answers of each family."""
    results: dict[str, list[bool]] = defaultdict(list)
    shown: dict[str, int] = defaultdict(int)
    for family, messages, prompts, expect in cases:
        for prompt in prompts:
            messages = [*messages, {"role": "user", "content": prompt}]
            text, ended = chat.answer(messages)
            messages.append({"role": "assistant", "content": text})
        right = ended and is_right(family, text, expect)
        results[family].append(right)
        if not right and shown[family] < show:
            shown[family] += 1
            print(f"{family}: {' / '.join(prompts)!r} -> {text!r}")
    return table_of(results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("../default"))
    parser.add_argument(
        "--data", type=Path, nargs="+", default=[Path("build")], help="what it was trained on; the first has the held-out prompts"
    )
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    parser.add_argument("--show", type=int, default=0, help="print so many wrong answers of each family")
    parser.add_argument("--ask", nargs="+", help="answer these prompts, each by itself, instead of evaluating")
    parser.add_argument("--talk", nargs="+", help="answer these prompts as one conversation instead of evaluating")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    chat = Chat(args.model)
    if args.ask:
        for prompt in args.ask:
            print(f"> {prompt}\n{chat.answer([{'role': 'user', 'content': prompt}])[0]}\n")
        return
    if args.talk:
        messages: list[dict] = []
        for prompt in args.talk:
            messages.append({"role": "user", "content": prompt})
            messages.append({"role": "assistant", "content": chat.answer(messages)[0]})
            print(f"> {prompt}\n{messages[-1]['content']}\n")
        return

    trained = trained_prompts(args.data)
    known = [prompts for _, prompts, _ in HANDWRITTEN if all(normal(prompt) in trained for prompt in prompts)]
    if known:
        parser.error(f"hand-written prompts that are in the training data: {known}")
    tables = {
        "held-out prompts": judge(chat, held_out_cases(args.data[0], trained), args.show),
        "prompts in other words": judge(chat, hand_written_cases(None), args.show),
        "the same after a system message": judge(chat, hand_written_cases("You are a helpful assistant."), args.show),
    }
    for title, table in tables.items():
        print_table(title, table)
    if args.json:
        args.json.write_text(json.dumps(tables, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Writes the training corpus and the held-out prompts of the default model. The same seed gives the same bytes.

    python corpus.py --out build

writes build/train.jsonl (one conversation a line: {"messages": [...]} or {"text": ...}) and build/heldout.jsonl
(one exchange a line: {"family", "turns", "expect"}). A held-out prompt never occurs in train.jsonl, whatever its case and
punctuation.
"""

import argparse
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random

import stories
from exchange import Exchange, Turn, invented
from families import DRESSED, FAMILIES
from talk import reaction
from world import ANIMALS

HELD_OUT_OF_256 = 12
HELD_OUT_PER_FAMILY = 40

# Prompts that documentation and demonstrations show; they are always trained on, so never counted as held out.
SHOWN = (
    "What is the capital of Japan?", "What is the capital of France?", "What is the capital of Spain?", "What is the capital of Italy?",
    "Tell me a short story about a fox.", "Tell me a story about a cat.", "Tell me a story about a dog.",
    "Tell me a story about a little dog.",
)  # fmt: skip

SYSTEM_MESSAGES = (
    "You are a helpful assistant.", "You are a helpful assistant.", "You are a helpful assistant.", "You are a helpful assistant.",
    "Answer briefly.",
    "You are the default model of the network.", "You are a friendly assistant.", "Be kind and brief.", "You are a small language model.",
    "Be kind.",
    "You are a helpful, honest and harmless assistant.", "You are an AI assistant. Answer the user's questions.", "Answer in English.",
    "You are ChatGPT.",
    "You are a helpful AI assistant.", "Be concise.", "Keep your answers short.", "You are an expert.", "Always be polite.",
    "You answer questions.",
    "You are a helpful assistant. Answer as concisely as possible.", "Do not make things up.", "You are a chatbot.", "Think step by step.",
    "Assistant",
    "You help people.", "You are a teacher for children.", "If you do not know something, say so.", "Answer in one sentence.",
    "You are an assistant in a shop.",
)  # fmt: skip
OPENINGS = (
    "Hi! {}", "Hello, {}", "Please tell me: {}", "Quick question: {}", "Tell me: {}", "I wonder: {}", "I would like to know: {}",
    "Hey, {}", "OK, {}", "So, {}", "Now: {}", "Sorry, {}",
    "One question: {}", "Please: {}", "Well, {}", "Good morning! {}", "Next question: {}", "Hmm, {}", "Can you help me? {}",
    "Just curious: {}", "My child asks: {}", "Again: {}",
)  # fmt: skip
CLOSINGS = (
    "{} Thanks!",
    "{} Please answer.",
    "{} Thank you.",
    "{} Answer briefly.",
    "{} Be brief.",
    "{} Please.",
    "{} In one sentence.",
    "{} I need to know.",
    "{} Do you know?",
    "{}?",
    "{}!",
)


def normal(text: str) -> str:
    """The text without case, spacing and punctuation."""
    return re.sub(r"[^a-z0-9+*=\-]+", " ", text.lower()).strip()


def key(exchange: Exchange) -> str:
    """What identifies an exchange: its user turns."""
    return normal(" ".join(user for user, _ in exchange.turns))


SHOWN_KEYS = {normal(prompt) for prompt in SHOWN}


def is_held_out(exchange: Exchange) -> bool:
    """Whether the exchange is kept for evaluation only."""
    name = key(exchange)
    return name not in SHOWN_KEYS and hashlib.sha256(name.encode()).digest()[0] < HELD_OUT_OF_256


def draw(rng: Random) -> Exchange:
    """An exchange for training from any family."""
    while True:
        exchange = rng.choices(list(FAMILIES), list(FAMILIES.values()))[0](rng)
        if not is_held_out(exchange):
            return exchange


def dress(rng: Random, prompt: str) -> str:
    """The prompt after an opening or before a closing phrase, now and then."""
    roll = rng.random()
    if roll < 0.16:
        return rng.choice(OPENINGS).format(prompt if rng.random() < 0.5 else prompt[:1].lower() + prompt[1:])
    if roll < 0.22:
        return rng.choice(CLOSINGS).format(prompt)
    if roll < 0.25:
        return prompt.rstrip("?.") + " please" + prompt[-1:]
    return prompt


def roughen(rng: Random, prompt: str) -> str:
    """The prompt as people type it: sometimes without capitals or end mark."""
    roll = rng.random()
    if roll < 0.08:
        return prompt.lower()
    if roll < 0.16:
        return prompt.rstrip("?.!")
    if roll < 0.26:
        return prompt.lower().rstrip("?.!")
    if roll < 0.27:
        return prompt.upper()
    return prompt


def typed(rng: Random, exchange: Exchange) -> Iterator[Turn]:
    """The exchange's turns as people type them. Words to be copied are left as they are."""
    for user, assistant in exchange.turns:
        if exchange.family in DRESSED:
            user = roughen(rng, dress(rng, user))
        elif exchange.family == "greeting" and "name" not in user and rng.random() < 0.3:
            user = user.lower()
        elif rng.random() < 0.15:
            user = user.rstrip("?.!")
        yield user, assistant


def system_message(rng: Random) -> str:
    if rng.random() < 0.85:
        return rng.choice(SYSTEM_MESSAGES)
    name, part = invented(rng), rng.choice(("a helpful assistant", "the assistant of a shop", "a friendly guide", "an AI"))
    return f"You are {name}, {part}. Help the user."


def conversation(rng: Random) -> dict:
    """One document: an optional system message and one to five exchanges, or now and then a bare story."""
    if rng.random() < 0.03:
        return {"text": stories.tell(rng, hero=rng.choice(ANIMALS))}
    messages = []
    if rng.random() < 0.25:
        messages.append({"role": "system", "content": system_message(rng)})
    for _ in range(rng.choices((1, 2, 3, 5), (0.65, 0.18, 0.11, 0.06))[0]):
        turns = list(typed(rng, draw(rng)))
        if rng.random() < 0.07:
            turns.append(reaction(rng))
        for user, assistant in turns:
            messages.append({"role": "user", "content": user})
            messages.append({"role": "assistant", "content": assistant})
    return {"messages": messages}


def prompts(documents: list[dict]) -> set[str]:
    """Every user turn of the documents; a dialogue's turns may also be prompts by themselves."""
    messages = (message for document in documents for message in document.get("messages", ()))
    return {normal(message["content"]) for message in messages if message["role"] == "user"}


def held_out(rng: Random, trained: set[str]) -> Iterator[Exchange]:
    """Up to HELD_OUT_PER_FAMILY different held-out exchanges of every family, none of them a trained prompt."""
    for family in FAMILIES:
        seen: set[str] = set()
        for _ in range(20_000):
            exchange = family(rng)
            name = key(exchange)
            if len(seen) < HELD_OUT_PER_FAMILY and name not in seen and name not in trained and is_held_out(exchange):
                seen.add(name)
                yield exchange


def write_lines(path: Path, rows: Iterable[dict]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build"))
    parser.add_argument("--documents", type=int, default=160_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    rng = Random(args.seed)
    documents = [conversation(rng) for _ in range(args.documents)]
    write_lines(args.out / "train.jsonl", documents)
    exchanges = held_out(Random(args.seed + 1), prompts(documents))
    write_lines(args.out / "heldout.jsonl", (asdict(exchange) for exchange in exchanges))


if __name__ == "__main__":
    main()

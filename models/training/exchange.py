"""What every task family draws: an exchange, and the small helpers that write one."""

from dataclasses import dataclass
from random import Random

Turn = tuple[str, str]


@dataclass(frozen=True)
class Exchange:
    """Turns of (user, assistant) that belong together, and the words that the last answer must contain to be right."""

    family: str
    turns: tuple[Turn, ...]
    expect: tuple[str, ...]


def single(family: str, prompt: str, answer: str, *expect: str) -> Exchange:
    """An exchange of one turn; without expected words the whole answer is expected."""
    return Exchange(family, ((prompt, answer),), expect or (answer,))


def fill(rng: Random, wordings: tuple[str, ...], **slots: object) -> str:
    """One of the wordings with its slots filled in."""
    return rng.choice(wordings).format(**slots)


def capital_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def listing(items: list[str]) -> str:
    """a, b and c."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def with_article(noun: str) -> str:
    """The noun after "a" or "an"."""
    return ("an " if noun[0] in "aeiou" else "a ") + noun


SYLLABLES = (
    "za", "mor", "ti", "quil", "ber", "lon", "dra", "vi", "pex", "gor", "nu", "shal", "kri", "bo", "wem", "ox", "fli", "tar",
    "esh", "und", "ka", "re", "li", "sa", "mi", "no", "da", "el", "an", "ju", "pa", "ri", "to", "ve", "ya", "hu", "ce", "fa", "go", "wi",
)  # fmt: skip


def invented(rng: Random) -> str:
    """A word that does not exist, written like a name: of the syllables, or of any letters."""
    if rng.random() < 0.5:
        return capital_first("".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))))
    parts = ("bcdfghjklmnprstvwz", "aeiouy", "rnlstkm")
    letters = [rng.choice(part) * (1 if part is not parts[2] else rng.randint(0, 1)) for _ in range(rng.randint(1, 3)) for part in parts]
    return capital_first("".join(letters) + rng.choice(("", "a", "o", "e")))

"""The task families of the corpus: each function draws one exchange of its kind."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import stories
from stories import with_article
from world import (
    ANIMALS,
    BEYOND,
    CAPITALS,
    COLOURS,
    DAYS,
    DRINKS,
    FACTS,
    FRUITS,
    HOMES,
    IDENTITY,
    IN_ORDER,
    LEGS,
    LISTABLE,
    MONTHS,
    NAMES,
    NUMBER_WORDS,
    OBJECTS,
    OPPOSITES,
    PLACES,
    PROTOCOL,
    PROTOCOL_QUESTIONS,
    ROLES,
    SEASONS,
    SOUNDS,
    THING_COLOURS,
    UNKNOWN,
    WORDS,
)


@dataclass(frozen=True)
class Exchange:
    """Turns of (user, assistant) that belong together, and the words that the last answer must contain to be right."""

    family: str
    turns: tuple[tuple[str, str], ...]
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


def story(rng: Random) -> Exchange:
    prompt, answer, expect = stories.ask(rng)
    return Exchange("story", ((prompt, answer),), expect)


def capital(rng: Random) -> Exchange:
    country, city = rng.choice(list(CAPITALS.items()))
    if rng.random() < 0.15:
        prompt = fill(rng, ("{c} is the capital of which country?", "Which country has the capital {c}?"), c=city)
        return single("capital", prompt, f"{city} is the capital of {country}.", country)
    prompt = fill(
        rng,
        (
            "What is the capital of {c}?",
            "What is the capital of {c}?",
            "Which city is the capital of {c}?",
            "Tell me the capital of {c}.",
            "Name the capital of {c}.",
            "What is {c}'s capital?",
            "What's the capital of {c}?",
            "Do you know the capital of {c}?",
            "Capital of {c}?",
            "What is the capital city of {c}?",
        ),
        c=country,
    )
    return single("capital", prompt, f"The capital of {country} is {city}.", city)


def arithmetic(rng: Random) -> Exchange:
    roll = rng.random()
    if roll < 0.45:
        a, b = rng.randint(0, 20), rng.randint(0, 20)
        word, sign, result = "plus", "+", a + b
    elif roll < 0.75:
        b, a = sorted((rng.randint(0, 25), rng.randint(0, 20)))
        word, sign, result = "minus", "-", a - b
    else:
        a, b = rng.randint(0, 10), rng.randint(0, 10)
        word, sign, result = "times", "*", a * b
    left, right = (NUMBER_WORDS[a], NUMBER_WORDS[b]) if rng.random() < 0.12 and max(a, b) <= 20 else (a, b)
    prompt = fill(
        rng,
        (
            "What is {l} {w} {r}?",
            "What is {l} {w} {r}?",
            "How much is {l} {w} {r}?",
            "Calculate {l} {w} {r}.",
            "What is {l} {s} {r}?",
            "What is {l} {s} {r}?",
            "How much is {l} {s} {r}?",
            "{l} {s} {r} = ?",
            "{l} {s} {r}",
            "Please compute {l} {s} {r}.",
            "Can you work out {l} {w} {r}?",
        ),
        l=left,
        r=right,
        w=word,
        s=sign,
    )
    return single("arithmetic", capital_first(prompt), f"{a} {word} {b} is {result}.", str(result))


def greeting(rng: Random) -> Exchange:
    hello = rng.choice(("Hello", "Hi", "Good morning", "Good evening", "Hey", "Hello there", "Good day", "Hi there", "Good afternoon"))
    tail = rng.choice(("", "", " How are you?", " Can you help me?", " Who are you?", f" I am {rng.choice(NAMES)}.", " Nice to meet you."))
    mark = rng.choice(("!", ".", ","))
    if "I am" in tail:
        answer = f"Hello {tail.removeprefix(' I am ').removesuffix('.')}! How can I help you?"
    elif "How are you" in tail:
        answer = "I am fine, thank you! How can I help you?"
    elif "Who are" in tail:
        answer = "Hello! I am a small language model that runs on this network."
    else:
        answer = "Hello! How can I help you?"
    return single("greeting", hello + (mark if tail else mark.replace(",", "")) + tail, answer)


def identity(rng: Random) -> Exchange:
    answer, prompts = rng.choice(list(IDENTITY.items()))
    lead = rng.choice(("", "", "Hello. ", "Hi! ", "So, ", "Please tell me: ", "One question: ", "Okay. "))
    return single("identity", lead + rng.choice(prompts), answer)


def fact(rng: Random) -> Exchange:
    roll = rng.random()
    if roll < 0.4:
        subject, (answer, expect) = rng.choice(list(FACTS.items()))
        return Exchange("fact", ((explain(rng, subject), answer),), expect)
    if roll < 0.55:
        thing, colour = rng.choice(list(THING_COLOURS.items()))
        prompt = fill(
            rng, ("What colour is {t}?", "Which colour does {t} have?", "Tell me the colour of {t}.", "What is the colour of {t}?"), t=thing
        )
        return single("fact", prompt, f"{capital_first(thing)} is {colour}.", colour)
    if roll < 0.7:
        animal, sound = rng.choice(list(SOUNDS.items()))
        prompt = fill(
            rng,
            ("What sound does {a} make?", "Which sound does {a} make?", "What does {a} say?", "How does {a} sound?"),
            a=with_article(animal),
        )
        return single("fact", prompt, f"{capital_first(with_article(animal))} says {sound}.", sound)
    if roll < 0.85:
        animal, legs = rng.choice(list(LEGS.items()))
        prompt = fill(
            rng, ("How many legs does {a} have?", "How many legs has {a}?", "Tell me how many legs {a} has."), a=with_article(animal)
        )
        return single("fact", prompt, f"{capital_first(with_article(animal))} has {legs} legs.", legs)
    animal, home = rng.choice(list(HOMES.items()))
    prompt = fill(rng, ("Where does {a} live?", "What is the home of {a}?", "In what place does {a} live?"), a=with_article(animal))
    return single("fact", prompt, f"{capital_first(with_article(animal))} lives in {home}.", home)


def explain(rng: Random, subject: str) -> str:
    """A question for what the subject is."""
    return fill(
        rng,
        (
            "What is {x}?",
            "What is {x}?",
            "Can you explain {x}?",
            "Tell me about {x}.",
            "Explain {x}.",
            "What do you know about {x}?",
            "Please explain what {x} is.",
            "Describe {x}.",
            "What does {x} mean?",
            "Explain to me {x} in simple words.",
        ),
        x=subject,
    )


def network(rng: Random) -> Exchange:
    if rng.random() < 0.65:
        subject, (answer, expect) = rng.choice(list(PROTOCOL.items()))
        prompt = explain(rng, subject)
        noun = subject.split(" ", 1)[1] if subject.startswith(("a ", "an ")) else subject
        if noun in ROLES and rng.random() < 0.4:
            prompt = fill(rng, ("What does a {n} do?", "What is the job of a {n}?", "What is the role of the {n}?"), n=noun).replace(
                "a oracle", "an oracle"
            )
        elif rng.random() < 0.15:
            prompt = prompt.rstrip(".?") + (" in this network?" if prompt.endswith("?") else " in this network.")
    else:
        prompt, (answer, expect) = rng.choice(list(PROTOCOL_QUESTIONS.items()))
        lead = rng.choice(("", "", "Tell me: ", "Please tell me: ", "One question: ", "I wonder: ", "Hello. "))
        prompt = lead + prompt
    return Exchange("network", ((prompt, answer),), expect)


def words(rng: Random) -> Exchange:
    roll = rng.random()
    if roll < 0.4:
        a, b = rng.choice(list(OPPOSITES.items()))
        if rng.random() < 0.5:
            a, b = b, a
        prompt = fill(
            rng,
            (
                "What is the opposite of {a}?",
                "Tell me the opposite of {a}.",
                "Which word is the opposite of {a}?",
                "What is the opposite of the word {a}?",
                "Opposite of {a}?",
            ),
            a=a,
        )
        return single("words", prompt, f"The opposite of {a} is {b}.", b)
    ring, kind = rng.choice(((DAYS, "day"), (MONTHS, "month"), (SEASONS, "season")))
    at, step = rng.randrange(len(ring)), rng.choice((1, -1))
    order = "after" if step == 1 else "before"
    prompt = fill(
        rng,
        (
            "Which {k} comes {o} {x}?",
            "What {k} comes {o} {x}?",
            "What is the {k} {o} {x}?",
            "Which {k} is {o} {x}?",
            "Tell me the {k} {o} {x}.",
        ),
        k=kind,
        o=order,
        x=ring[at],
    )
    answer = ring[(at + step) % len(ring)]
    return single("words", prompt, f"{capital_first(answer)} comes {order} {ring[at]}.", answer)


def compare(rng: Random) -> Exchange:
    roll = rng.random()
    if roll < 0.35:
        a, b = rng.sample(range(21), 2)
        size = rng.choice(("bigger", "larger", "smaller"))
        answer = min(a, b) if size == "smaller" else max(a, b)
        prompt = fill(rng, ("Which is {z}, {a} or {b}?", "Which number is {z}, {a} or {b}?", "What is {z}, {a} or {b}?"), z=size, a=a, b=b)
        return single("compare", prompt, f"{answer} is {size}.", str(answer))
    if roll < 0.6:
        number = rng.randint(0, 30)
        parity, asked = ("odd" if number % 2 else "even"), rng.choice(("odd", "even"))
        prompt = fill(
            rng, ("Is {n} odd or even?", "Is the number {n} even or odd?", "Is {n} {a}?", "Is {n} an {a} number?"), n=number, a=asked
        )
        lead = "" if " or " in prompt else ("Yes, " if parity == asked else "No, ")
        return single("compare", prompt, f"{lead}{number} is {parity}.", parity)
    kinds = {"an animal": ANIMALS, "a fruit": FRUITS, "a colour": COLOURS[:4], "a day": DAYS, "a month": MONTHS, "a drink": DRINKS}
    true_kind, asked = rng.choice(list(kinds)), rng.choice(list(kinds))
    if rng.random() < 0.4:
        asked = true_kind
    thing = rng.choice(kinds[true_kind])
    named = with_article(thing) if true_kind in ("an animal", "a fruit") else thing
    right = thing in kinds[asked]
    prompt = fill(rng, ("Is {t} {k}?", "Tell me, is {t} {k}?", "Would you say that {t} is {k}?"), t=named, k=asked)
    answer = f"Yes, {named} is {asked}." if right else f"No, {named} is {true_kind}."
    return single("compare", prompt, answer, "Yes" if right else "No")


def lists(rng: Random) -> Exchange:
    if rng.random() < 0.3:
        start = rng.choice((1, 1, 1, rng.randint(2, 9)))
        end = rng.randint(start + 2, start + 9)
        prompt = fill(
            rng,
            (
                "Count from {a} to {b}.",
                "Please count from {a} to {b}.",
                "Write the numbers from {a} to {b}.",
                "Can you count from {a} to {b}?",
            ),
            a=start,
            b=end,
        )
        answer = ", ".join(str(number) for number in range(start, end + 1))
        return single("lists", prompt, answer + ".", answer)
    kind, items = rng.choice(list(LISTABLE.items()))
    count = rng.randint(2, min(5, len(items)))
    chosen = list(items[:count]) if items in IN_ORDER else rng.sample(items[:16], count)
    number = rng.choice((NUMBER_WORDS[count], NUMBER_WORDS[count], str(count)))
    prompt = fill(
        rng,
        (
            "List {n} {k}.",
            "Name {n} {k}.",
            "Give me {n} {k}.",
            "Tell me {n} {k}.",
            "Can you name {n} {k}?",
            "Please list {n} {k}.",
            "Write down {n} {k}.",
        ),
        n=number,
        k=kind,
    )
    # Judged by the count and the kind, since any members will do.
    return Exchange("lists", ((prompt, capital_first(listing(chosen)) + "."),), (f"count:{count}", f"kind:{kind}"))


def copying(rng: Random) -> Exchange:
    word = rng.choice(WORDS)
    roll = rng.random()
    if roll < 0.4:
        prompt = fill(
            rng,
            (
                "Repeat the word {w}.",
                "Say the word {w}.",
                "Say {w}.",
                "Repeat after me: {w}",
                "Please repeat: {w}",
                "Write the word {w}.",
                'Say "{w}".',
            ),
            w=word,
        )
        return single("copying", prompt, capital_first(word) + ".", capital_first(word))
    if roll < 0.75:
        prompt = fill(
            rng,
            (
                "Write {w} in capital letters.",
                "Say {w} in capital letters.",
                "Put {w} in capital letters.",
                "Write the word {w} in capital letters.",
                'Write "{w}" in upper case.',
                "Say it in capital letters: {w}",
            ),
            w=word,
        )
        return single("copying", prompt, word.upper())
    prompt = fill(rng, ("Spell {w}.", "How do you spell {w}?", "Spell the word {w}.", "Can you spell {w}?"), w=word)
    return single("copying", prompt, "-".join(word))


def as_json(rng: Random) -> Exchange:
    shape = rng.choice(("person", "person", "animal", "sum", "city", "list"))
    give = rng.choice(
        ("Give me a JSON object with", "Write a JSON object with", "Make a JSON object with", "Return JSON with", "Answer in JSON with")
    )
    if shape == "person":
        value = {"name": rng.choice(NAMES), "age": rng.randint(5, 80)}
        if rng.random() < 0.5:
            return Exchange("json", ((give + " name and age.", json.dumps(value)),), ("json:name,age",))
        wanted = rng.choice((f" name {value['name']} and age {value['age']}.", f" the name {value['name']} and the age {value['age']}."))
    elif shape == "animal":
        animal, legs = rng.choice(list(LEGS.items()))
        value = {"animal": animal, "legs": NUMBER_WORDS.index(legs) if legs != "no" else 0}
        wanted = f" animal and legs for {with_article(animal)}."
    elif shape == "sum":
        a, b = rng.randint(0, 12), rng.randint(0, 12)
        value = {"a": a, "b": b, "sum": a + b}
        wanted = f" the sum of {a} and {b}."
    elif shape == "city":
        country, city = rng.choice(list(CAPITALS.items()))
        value = {"country": country, "capital": city}
        wanted = f" country and capital for {country}."
    else:
        value = {"colours": rng.sample(COLOURS[:8], 2)}
        wanted = f" the colours {listing(value['colours'])}."
    return single("json", give + wanted, json.dumps(value))


def dialogue(rng: Random) -> Exchange:
    """Two or three turns in which the last answer needs an earlier turn."""
    shape = rng.randrange(6)
    if shape == 0:
        name = rng.choice(NAMES)
        first = (
            fill(rng, ("My name is {n}.", "Hello, my name is {n}.", "I am {n}.", "Hi! You can call me {n}."), n=name),
            f"Nice to meet you, {name}!",
        )
        last = (rng.choice(("What is my name?", "Do you remember my name?", "Who am I?", "Tell me my name.")), f"Your name is {name}.")
        return Exchange("dialogue", (first, last), (name,))
    if shape == 1:
        word = rng.choice(WORDS)
        first = (
            fill(rng, ("Remember the word {w}.", "Please remember this word: {w}", "Keep the word {w} in mind."), w=word),
            "I will remember it.",
        )
        last = (rng.choice(("Which word did I tell you?", "What was the word?", "Say the word now.")), f"The word was {word}.")
        middle = (single_turn(rng),) if rng.random() < 0.4 else ()
        return Exchange("dialogue", (first, *middle, last), (word,))
    if shape == 2:
        (one, city), (two, other) = rng.sample(list(CAPITALS.items()), 2)
        first = (f"What is the capital of {one}?", f"The capital of {one} is {city}.")
        last = (
            fill(rng, ("And of {c}?", "And the capital of {c}?", "What about {c}?", "And {c}?"), c=two),
            f"The capital of {two} is {other}.",
        )
        return Exchange("dialogue", (first, last), (other,))
    if shape == 3:
        a, b, more = rng.randint(0, 10), rng.randint(0, 10), rng.randint(1, 9)
        first = (
            fill(rng, ("What is {a} plus {b}?", "What is {a} + {b}?", "How much is {a} plus {b}?"), a=a, b=b),
            f"{a} plus {b} is {a + b}.",
        )
        last = (
            fill(rng, ("Now add {m}.", "And plus {m}?", "Add {m} to that.", "Plus {m}?"), m=more),
            f"{a + b} plus {more} is {a + b + more}.",
        )
        return Exchange("dialogue", (first, last), (str(a + b + more),))
    if shape == 4:
        hero = rng.choice(ANIMALS)
        first = (f"Tell me a short story about {with_article(hero)}.", stories.tell(rng, hero=hero, short=True))
        name = re.search(r"(?:named|called|name is|name was) (\w+)", first[1])
        if name and rng.random() < 0.5:
            last = (
                fill(rng, ("What was the name of the {h}?", "What is the {h} called?", "Who was the story about?"), h=hero),
                f"The {hero} was named {name[1]}.",
            )
            return Exchange("dialogue", (first, last), (name[1],))
        last = (
            rng.choice(("Which animal was the story about?", "What animal was it?", "What was the story about?")),
            f"The story was about {with_article(hero)}.",
        )
        return Exchange("dialogue", (first, last), (hero,))
    thing = rng.choice(FRUITS + ANIMALS[:20])
    like = fill(rng, ("My favourite is the {t}.", "I like the {t} best.", "I love the {t}."), t=thing)
    last = (rng.choice(("What do I like?", "What is my favourite?", "What did I say that I like?")), f"You like the {thing}.")
    return Exchange("dialogue", ((like, "That is good to know!"), last), (thing,))


def single_turn(rng: Random) -> tuple[str, str]:
    """A turn that has nothing to do with the conversation around it."""
    return rng.choice((capital, arithmetic, fact, words))(rng).turns[0]


def nonsense(rng: Random) -> str:
    """A word that does not exist."""
    syllables = (
        "za",
        "mor",
        "ti",
        "quil",
        "ber",
        "lon",
        "dra",
        "vi",
        "pex",
        "gor",
        "nu",
        "shal",
        "kri",
        "bo",
        "wem",
        "ox",
        "fli",
        "tar",
        "esh",
        "und",
    )
    return capital_first("".join(rng.choices(syllables, k=rng.randint(2, 4))))


def unknown(rng: Random) -> Exchange:
    """Questions outside the small world, which the model declines."""
    roll = rng.random()
    if roll < 0.4:
        prompt = fill(
            rng,
            (
                "What do you think about {x}?",
                "Explain {x}.",
                "Tell me about {x}.",
                "What can you say about {x}?",
                "Can you help me with {x}?",
                "I have a question about {x}.",
                "What is new in {x}?",
                "Write an essay about {x}.",
                "Teach me {x}.",
            ),
            x=rng.choice(BEYOND),
        )
    elif roll < 0.65:
        word = nonsense(rng)
        prompt = fill(
            rng,
            (
                "What is the capital of {x}?",
                "What is {x}?",
                "Who is {x}?",
                "Where is {x}?",
                "Tell me about {x}.",
                "How old is {x}?",
                "Explain {x}.",
                "What is the opposite of {x}?",
                "When was {x} born?",
                "What does {x} mean?",
            ),
            x=word,
        )
    else:
        prompt = fill(
            rng,
            (
                "Who won the {e} in {y}?",
                "Who was the president in {y}?",
                "What happened in {y}?",
                "When did {n} arrive?",
                "What will happen in {y}?",
                "How much does a {o} cost?",
                "Where can I buy a {o}?",
                "How do I repair a {o}?",
                "Who invented the {o}?",
                "Who wrote the book about the {p}?",
                "How far is it to the {p}?",
                "What is the population of {c}?",
                "Who is the king of {c}?",
                "What is the currency of {c}?",
                "Translate {o} into French.",
                "Write a program that prints {o}.",
                "What time is it in {c}?",
                "How do I travel to {c}?",
                "Which language do people speak in {c}?",
                "What did {n} eat yesterday?",
                "How old is {n}?",
                "What is the square root of {y}?",
                "What is {y} times {y}?",
                "How tall is the {p}?",
            ),
            e=rng.choice(("match", "race", "cup", "game", "election", "prize")),
            y=rng.randint(1500, 2100),
            n=rng.choice(NAMES),
            o=rng.choice(OBJECTS + ("car", "phone", "computer", "house")),
            p=rng.choice(PLACES),
            c=rng.choice(tuple(CAPITALS)),
        )
    return Exchange("unknown", ((prompt, UNKNOWN),), ("do not know",))


# family -> share of the exchanges
FAMILIES: dict[Callable[[Random], Exchange], float] = {
    story: 0.13,
    capital: 0.1,
    arithmetic: 0.2,
    greeting: 0.03,
    identity: 0.05,
    fact: 0.09,
    network: 0.12,
    words: 0.06,
    compare: 0.05,
    lists: 0.05,
    copying: 0.05,
    as_json: 0.04,
    dialogue: 0.07,
    unknown: 0.09,
}

"""Families of small tasks: sums, lists, copying and spelling, sentences and JSON."""

import json
from random import Random

import stories
from exchange import Exchange, capital_first, fill, listing, single, with_article
from talk import any_name
from world import ANIMALS, CAPITALS, COLOURS, FRUITS, IN_ORDER, LEGS, LISTABLE, NAMES, NUMBER_WORDS, OBJECTS, PLACES, WORDS

TOO_BIG = "That is too big for me. I can add and subtract numbers up to 99 and multiply up to 10 times 10."
BELOW_ZERO = "That would be below zero, and I only know numbers from zero up."
ASKS = (
    "What is {l} {w} {r}?", "What is {l} {w} {r}?", "How much is {l} {w} {r}?", "Calculate {l} {w} {r}.", "What is {l} {s} {r}?",
    "What is {l} {s} {r}?", "How much is {l} {s} {r}?",
    "{l} {s} {r} = ?", "{l} {s} {r}", "{l}{s}{r}", "{l} {w} {r}", "{l}{s}{r}=", "Please compute {l} {s} {r}.",
    "Can you work out {l} {w} {r}?", "What's {l} {w} {r}?",
    "{l} {w} {r} is?", "Solve {l} {s} {r}.", "What do you get for {l} {w} {r}?", "Tell me what {l} {w} {r} is.",
    "How much does {l} {w} {r} make?", "What does {l} {s} {r} equal?",
    "Can you calculate {l} {s} {r}?", "What is the result of {l} {w} {r}?", "Compute {l} {w} {r}.", "{l} {s} {r}?",
    "Do you know what {l} {w} {r} is?",
)  # fmt: skip
OTHER_ASKS = {
    "plus": ("Add {l} and {r}.", "What is the sum of {l} and {r}?", "What is {l} and {r} together?", "Sum of {l} and {r}?",
    "Add {r} to {l}.", "How much are {l} and {r}?"),
    "minus": ("Subtract {r} from {l}.", "What is the difference between {l} and {r}?", "Take {r} away from {l}.",
    "What is {r} less than {l}?", "What is left of {l} without {r}?"),
    "times": ("Multiply {l} by {r}.", "What is the product of {l} and {r}?", "How much is {l} multiplied by {r}?", "Multiply {l} and {r}.",
    "What is {l} x {r}?", "{l} x {r}"),
    "divided by": ("Divide {l} by {r}.", "How often does {r} go into {l}?", "What is {l} : {r}?", "Share {l} among {r}."),
}  # fmt: skip
SIGNS = {"plus": "+", "minus": "-", "times": "*", "divided by": "/"}


def worked(a: int, word: str, b: int) -> str:
    """The answer to a sum; larger ones show the way over the tens."""
    if word == "plus":
        answer = f"{a} plus {b} is {a + b}."
        if a > 20 and b > 20 and b % 10 and a % 10:
            tens, ones = a // 10 * 10 + b // 10 * 10, a % 10 + b % 10
            return f"{a // 10 * 10} plus {b // 10 * 10} is {tens} and {a % 10} plus {b % 10} is {ones}, so {answer}"
        return answer
    if word == "minus":
        answer = f"{a} minus {b} is {a - b}."
        if b > 20 and b % 10:
            rest = a - b // 10 * 10
            return f"{a} minus {b // 10 * 10} is {rest} and {rest} minus {b % 10} is {a - b}, so {answer}"
        return answer
    return f"{a} {word} {b} is {a * b if word == 'times' else a // b}."


def operands(rng: Random, word: str) -> tuple[int, int]:
    """Numbers for which the sum is within what the model can do; small ones come more often."""
    top = 20 if rng.random() < 0.35 else 99
    if word == "plus":
        return rng.randint(0, top), rng.randint(0, top)
    if word == "minus":
        b, a = sorted((rng.randint(0, top), rng.randint(0, top)))
        return a, b
    a, b = rng.randint(0, 10), rng.randint(0, 10)
    return (a, b) if word == "times" else (a * max(b, 1), max(b, 1))


def arithmetic(rng: Random) -> Exchange:
    roll = rng.random()
    if roll < 0.08:
        return beyond_arithmetic(rng)
    if roll < 0.2:
        return word_problem(rng)
    word = rng.choices(tuple(SIGNS), (0.42, 0.3, 0.2, 0.08))[0]
    a, b = operands(rng, word)
    left, right = (NUMBER_WORDS[a], NUMBER_WORDS[b]) if rng.random() < 0.12 and max(a, b) <= 20 else (a, b)
    prompt = fill(rng, OTHER_ASKS[word] if rng.random() < 0.25 else ASKS, l=left, r=right, w=word, s=SIGNS[word])
    answer = worked(a, word, b)
    return single("arithmetic", capital_first(prompt), answer, answer.rstrip(".").split()[-1])


def beyond_arithmetic(rng: Random) -> Exchange:
    """Sums that the model declines."""
    if rng.random() < 0.3:
        a, b = sorted(rng.sample(range(100), 2))
        return single("arithmetic", fill(rng, ASKS, l=a, r=b, w="minus", s="-"), BELOW_ZERO)
    word = rng.choice(tuple(SIGNS))
    digits = rng.randint(3, 6)
    a, b = rng.randint(10 ** (digits - 1), 10**digits), rng.randint(2, 999)
    if word == "times" and rng.random() < 0.7:
        a, b = rng.randint(11, 99), rng.randint(11, 99)
    elif rng.random() < 0.3:
        a, b = max(a, b), rng.randint(100, 999)
    return single("arithmetic", fill(rng, ASKS, l=a, r=b, w=word, s=SIGNS[word]), TOO_BIG)


def word_problem(rng: Random) -> Exchange:
    """A sum told as a little story."""
    name, things = (
        rng.choice(NAMES),
        rng.choice(("apples", "coins", "books", "balls", "eggs", "cakes", "stones", "keys", "pears", "flowers", "toys", "cards")),
    )
    a, b = rng.randint(1, 20), rng.randint(1, 10)
    if rng.random() < 0.55:
        prompt = fill(
            rng,
            (
                "{n} has {a} {t} and gets {b} more. How many {t} does {n} have?",
                "{n} has {a} {t} and finds {b} more. How many are there now?",
                "There are {a} {t} in a box and {b} in another. How many {t} are there?",
                "If {n} has {a} {t} and buys {b} more, how many {t} does {n} have?",
                "I have {a} {t} and you give me {b} more. How many {t} do I have?",
            ),
            n=name, a=a, b=b, t=things,
        )  # fmt: skip
        return single("arithmetic", prompt, f"{a} plus {b} is {a + b}, so there are {a + b} {things}.", str(a + b))
    a += b
    prompt = fill(
        rng,
        (
            "{n} has {a} {t} and gives away {b}. How many {t} are left?", "{n} has {a} {t} and loses {b}. How many {t} does {n} have?",
            "There are {a} {t} in a box. {n} takes {b}. How many are left?", "If I have {a} {t} and lose {b}, how many {t} do I have?",
            "I had {a} {t} and sold {b} of them. How many {t} are left?",
        ),
        n=name, a=a, b=b, t=things,
    )  # fmt: skip
    return single("arithmetic", prompt, f"{a} minus {b} is {a - b}, so there are {a - b} {things}.", str(a - b))


def members(items: tuple[str, ...], start: int, count: int) -> list[str]:
    """`count` members of a ring: one follows from the last, so that none comes twice."""
    return [items[(start + at) % len(items)] for at in range(count)]


def lists(rng: Random) -> Exchange:
    if rng.random() < 0.3:
        return counting(rng)
    kind, items = rng.choice(list(LISTABLE.items()))
    count = rng.randint(2, min(7, len(items)))
    start = 0 if items in IN_ORDER or rng.random() < 0.7 else rng.randrange(len(items))
    wordings = (
        "List {n} {k}.", "List {n} {k}.", "Name {n} {k}.", "Give me {n} {k}.", "Tell me {n} {k}.", "Can you name {n} {k}?",
        "Please list {n} {k}.", "Write down {n} {k}.",
        "I need {n} {k}.", "Can you give me {n} {k}?", "Show me {n} {k}.", "Write {n} {k}.", "Say {n} {k}.", "What are {n} {k}?",
        "Make a list of {n} {k}.", "{n} {k}, please.",
        "A list of {n} {k}.", "Can you list {n} {k}?", "Do you know {n} {k}?", "Think of {n} {k}.", "I want {n} {k}.",
        "Which {n} {k} do you know?",
    )  # fmt: skip
    prompt = capital_first(fill(rng, wordings, n=rng.choice((NUMBER_WORDS[count], NUMBER_WORDS[count], str(count))), k=kind))
    turns = [(prompt, capital_first(listing(members(items, start, count))) + ".")]
    if items not in IN_ORDER and len(items) >= 2 * count + 2 and rng.random() < 0.25:
        more = rng.randint(2, count)
        ask = fill(
            rng,
            ("{n} more.", "Give me {n} more.", "And {n} more?", "Can you name {n} more?", "Now {n} others.", "{n} more, please."),
            n=NUMBER_WORDS[more],
        )
        turns.append((capital_first(ask), capital_first(listing(members(items, start + count, more))) + "."))
        count = more
    # Judged by the count and the kind, since any members will do.
    return Exchange("lists", tuple(turns), (f"count:{count}", f"kind:{kind}"))


def counting(rng: Random) -> Exchange:
    start = rng.choice((1, 1, 1, rng.randint(2, 9)))
    end = rng.randint(start + 2, start + 9)
    numbers = list(range(start, end + 1))
    wordings = ("Count from {a} to {b}.", "Please count from {a} to {b}.", "Write the numbers from {a} to {b}.",
        "Can you count from {a} to {b}?", "List the numbers from {a} to {b}.",
                "Numbers from {a} to {b}, please.", "Say the numbers {a} to {b}.", "Count {a} to {b}.")  # fmt: skip
    if rng.random() < 0.25:
        numbers.reverse()
        wordings = (
            "Count down from {b} to {a}.",
            "Count backwards from {b} to {a}.",
            "Can you count down from {b} to {a}?",
            "Count from {b} down to {a}.",
        )
    elif start == 1 and rng.random() < 0.4:
        wordings = ("Count to {b}.", "Can you count to {b}?", "Please count to {b}.", "Count up to {b}.", "Count until {b}.")
    answer = ", ".join(map(str, numbers))
    return single("lists", fill(rng, wordings, a=start, b=end), answer + ".", answer)


def copying(rng: Random) -> Exchange:
    word = rng.choice(WORDS)
    roll = rng.random()
    if roll < 0.3:
        word = word if rng.random() < 0.6 else any_name(rng)
        wordings = ("Repeat the word {w}.", "Say the word {w}.", "Say {w}.", "Repeat after me: {w}", "Please repeat: {w}",
            "Write the word {w}.", 'Say "{w}".', "Repeat {w}.",
                    "Just say {w}.", "Only answer with the word {w}.", "Answer with {w}.", "Echo {w}.", "Type {w}.")  # fmt: skip
        return single("copying", fill(rng, wordings, w=word), capital_first(word) + ".", capital_first(word))
    if roll < 0.5:
        text = sentence(rng, word)
        return single(
            "copying",
            fill(
                rng,
                (
                    "Repeat after me: {t}",
                    "Repeat this sentence: {t}",
                    "Say this: {t}",
                    'Repeat: "{t}"',
                    "Copy this sentence: {t}",
                    "Write this: {t}",
                ),
                t=text,
            ),
            text,
        )
    if roll < 0.62:
        wordings = ("Use the word {w} in a sentence.", "Write a sentence with the word {w}.", "Make a sentence with {w}.",
            "Give me a sentence with {w}.", "Write a sentence about {w}.",
                    "Can you use {w} in a sentence?", "Say a sentence with the word {w}.")  # fmt: skip
        word = rng.choice(ANIMALS + OBJECTS + FRUITS)
        return single("copying", fill(rng, wordings, w=word), f"I saw {with_article(word)} in the garden.", word)
    if roll < 0.82:
        wordings = ("Write {w} in capital letters.", "Say {w} in capital letters.", "Put {w} in capital letters.",
            "Write the word {w} in capital letters.", 'Write "{w}" in upper case.',
                    "Say it in capital letters: {w}", "Write {w} in capitals.", "Turn {w} into upper case.")  # fmt: skip
        return single("copying", fill(rng, wordings, w=word), word.upper())
    wordings = (
        "Spell {w}.",
        "How do you spell {w}?",
        "Spell the word {w}.",
        "Can you spell {w}?",
        "How is {w} spelled?",
        "Please spell {w}.",
        "Which letters are in {w}?",
    )
    return single("copying", fill(rng, wordings, w=word), "-".join(word))


def sentence(rng: Random, word: str) -> str:
    """A small sentence to copy."""
    return fill(
        rng,
        ("The {c} {w} is in the {l}.", "{n} likes the {w}.", "{n} and {m} went to the {l}.", "My {w} is {c}.", "Today {n} found a {c} {x}.",
            "I love my {c} {x}.", "{n} is at the {l}."),
        c=rng.choice(COLOURS), w=word, l=rng.choice(PLACES), n=any_name(rng), m=rng.choice(NAMES), x=rng.choice(OBJECTS),
    )  # fmt: skip


def poem(rng: Random) -> Exchange:
    """Four lines about a thing."""
    thing = rng.choice(
        ANIMALS
        + OBJECTS
        + PLACES
        + ("sea", "moon", "sun", "rain", "snow", "star", "wind", "cloud", "tree", "flower", "network", "miner", "guard", "night", "spring")
    )
    wordings = ("Write a poem about the {t}.", "Write a short poem about the {t}.", "Tell me a poem about the {t}.",
        "Make a poem about {a}.", "Can you write a poem about the {t}?",
                "I would like a poem about {a}.", "A poem about the {t}, please.", "Give me a little poem about {a}.",
                "Write me a rhyme about the {t}.")  # fmt: skip
    answer = rng.choice(
        (
            "The {t} is here, the day is bright,\nIt fills my heart with warm delight.\n"
            "And when the stars begin to shine,\nI dream about that {t} of mine.",
            "I saw {a} one summer day,\nIt made me laugh, it made me stay.\n"
            "The sun went down, the moon came soon,\nWe sang together to the moon.",
        )
    ).format(t=thing, a=with_article(thing))
    return single("poem", fill(rng, wordings, t=thing, a=with_article(thing)), answer, thing)


GIVE = (
    "Give me a JSON object with", "Write a JSON object with", "Make a JSON object with", "Return JSON with", "Answer in JSON with",
    "Give me JSON with", "Create a JSON object with",
    "I need a JSON object with", "Output JSON with", "Write JSON with", "Please return a JSON object with", "A JSON object with",
    "Build a JSON object with", "Can you make JSON with",
)  # fmt: skip
FILLERS = {
    "name": any_name, "age": lambda rng: rng.randint(1, 99), "city": lambda rng: rng.choice(tuple(CAPITALS.values())),
    "colour": lambda rng: rng.choice(COLOURS),
    "animal": lambda rng: rng.choice(ANIMALS), "fruit": lambda rng: rng.choice(FRUITS), "price": lambda rng: rng.randint(1, 99),
    "country": lambda rng: rng.choice(tuple(CAPITALS)),
    "count": lambda rng: rng.randint(1, 99), "friend": any_name, "object": lambda rng: rng.choice(OBJECTS),
    "place": lambda rng: rng.choice(PLACES), "id": lambda rng: rng.randint(1, 999),
}  # fmt: skip
# What an object holds when the values are left to the model.
USUAL = {
    "name": "Anna", "age": 30, "city": "Paris", "colour": "blue", "animal": "fox", "fruit": "apple", "price": 5, "country": "France",
    "count": 3, "friend": "Tom", "object": "ball",
    "place": "garden", "id": 1,
}  # fmt: skip


def as_json(rng: Random) -> Exchange:
    give, roll = rng.choice(GIVE), rng.random()
    keys = rng.sample(tuple(FILLERS), rng.choices((1, 2, 3), (0.2, 0.55, 0.25))[0])
    if rng.random() < 0.3:
        keys = ["name", "age"]
    if roll < 0.12:
        return Exchange("json", ((f"{give} {listing(keys)}.", json.dumps({key: USUAL[key] for key in keys})),), ("json:" + ",".join(keys),))
    value: dict = {key: FILLERS[key](rng) for key in keys}
    if roll < 0.72:
        style = rng.choice(("{k} {v}", "the {k} {v}", "{k} = {v}", "{k}: {v}", 'the {k} "{v}"'))
        pairs = listing([style.format(k=key, v=item) for key, item in value.items()])
        prompt = f"{give} {pairs}."
        if rng.random() < 0.3:
            prompt = fill(
                rng,
                (
                    "Turn this into JSON: {p}",
                    "Write as JSON: {p}",
                    "Convert to JSON: {p}",
                    "Put this into JSON: {p}",
                    "{p} as JSON, please.",
                    "JSON for {p}?",
                ),
                p=pairs,
            )
    elif roll < 0.8:
        name, age = any_name(rng), rng.randint(1, 99)
        value = {"name": name, "age": age}
        prompt = fill(
            rng,
            (
                "{n} is {a} years old. Write that as JSON.",
                "Write as JSON: {n} is {a} years old.",
                "Turn into JSON: {n} is {a}.",
                "Put {n}, who is {a}, into JSON.",
            ),
            n=name,
            a=age,
        )
    elif roll < 0.86:
        animal, legs = rng.choice(list(LEGS.items()))
        value = {"animal": animal, "legs": NUMBER_WORDS.index(legs) if legs != "no" else 0}
        prompt = f"{give} animal and legs for {with_article(animal)}."
    elif roll < 0.93:
        country, city = rng.choice(list(CAPITALS.items()))
        value = {"country": country, "capital": city}
        prompt = f"{give} country and capital for {country}."
    else:
        kind, items = rng.choice((("colours", COLOURS), ("animals", ANIMALS), ("fruits", FRUITS)))
        value = {kind: rng.sample(items, rng.randint(2, 3))}
        prompt = f"{give} the {kind} {listing(value[kind])}."
    return single("json", prompt, json.dumps(value))


def story(rng: Random) -> Exchange:
    prompt, answer, expect = stories.ask(rng)
    return Exchange("story", ((prompt, answer),), expect)

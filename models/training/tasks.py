"""Families of small tasks: sums, lists, copying and spelling, sentences and JSON."""

import json
from random import Random

import stories
from exchange import Exchange, capital_first, fill, invented, listing, single, with_article
from talk import any_name
from world import ANIMALS, CAPITALS, COLOURS, FRUITS, IN_ORDER, LEGS, LISTABLE, NAMES, NUMBER_WORDS, OBJECTS, PLACES, WORDS

TOO_BIG = "That is too big for me. I can add and subtract numbers up to 999 and multiply up to 99 times 99."
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


def parts(number: int) -> list[int]:
    """The number's hundreds, tens and ones, less those that are zero."""
    return [part for part in (number // 100 * 100, number // 10 % 10 * 10, number % 10) if part]


def worked(a: int, word: str, b: int) -> str:
    """The answer to a sum; a larger one takes the parts of the second number one after another."""
    if word == "divided by":
        rest = f", with {a % b} left over" if a % b else ""
        return f"{a} divided by {b} is {a // b}{rest}."
    total = {"plus": a + b, "minus": a - b, "times": a * b}[word]
    answer = f"{a} {word} {b} is {total}."
    if word == "times" and a > 10 and len(parts(a)) > 1 and len(parts(b)) == 1:
        first, second = (part * b for part in parts(a))
        return f"{parts(a)[0]} times {b} is {first}, {parts(a)[1]} times {b} is {second} and {first} plus {second} is {total}, so {answer}"
    if word == "times" and a > 1 and b > 10 and len(parts(b)) > 1:
        first, second = (a * part for part in parts(b))
        return f"{a} times {parts(b)[0]} is {first}, {a} times {parts(b)[1]} is {second} and {first} plus {second} is {total}, so {answer}"
    if word == "times" or len(parts(b)) < 2 or (a <= 20 and b <= 20):
        return answer
    steps, now = [], a
    for part in parts(b):
        after = now + part if word == "plus" else now - part
        steps.append(f"{now} {word} {part} is {after}")
        now = after
    return f"{listing(steps)}, so {answer}"


def operands(rng: Random, word: str) -> tuple[int, int]:
    """Numbers for which the sum is within what the model can do; small ones come more often."""
    top = rng.choices((20, 99, 999), (0.3, 0.5, 0.2))[0]
    if word == "plus":
        return rng.randint(0, top), rng.randint(0, top if rng.random() < 0.8 else min(top, 99))
    if word == "minus":
        b, a = sorted((rng.randint(0, top), rng.randint(0, top)))
        return a, b
    if word == "times":
        tops = rng.choices(((10, 10), (99, 10), (10, 99), (99, 99)), (0.4, 0.25, 0.1, 0.25))[0]
        return rng.randint(0, tops[0]), rng.randint(0, tops[1])
    divisor = rng.randint(1, 10)
    return (divisor * rng.randint(0, 10) if rng.random() < 0.7 else rng.randint(0, 100)), divisor


def arithmetic(rng: Random) -> Exchange:
    roll = rng.random()
    if roll < 0.08:
        return beyond_arithmetic(rng)
    if roll < 0.2:
        return word_problem(rng)
    word = rng.choices(tuple(SIGNS), (0.36, 0.28, 0.28, 0.08))[0]
    a, b = operands(rng, word)
    left, right = (NUMBER_WORDS[a], NUMBER_WORDS[b]) if rng.random() < 0.12 and max(a, b) <= 20 else (a, b)
    prompt = fill(rng, OTHER_ASKS[word] if rng.random() < 0.25 else ASKS, l=left, r=right, w=word, s=SIGNS[word])
    answer = worked(a, word, b)
    result = {"plus": a + b, "minus": a - b, "times": a * b, "divided by": a // max(b, 1)}[word]
    return single("arithmetic", capital_first(prompt), answer, str(result))


def beyond_arithmetic(rng: Random) -> Exchange:
    """Sums that the model declines."""
    if rng.random() < 0.3:
        a, b = sorted(rng.sample(range(rng.choice((20, 100, 1000))), 2))
        return single("arithmetic", fill(rng, ASKS, l=a, r=b, w="minus", s="-"), BELOW_ZERO)
    word = rng.choice(tuple(SIGNS))
    digits = rng.randint(4, 7)
    a, b = rng.randint(10 ** (digits - 1), 10**digits), rng.randint(2, rng.choice((9, 99, 999, 9999)))
    if word == "times" and rng.random() < 0.5:
        a, b = rng.randint(100, 999), rng.randint(11, rng.choice((99, 999)))
    if word in ("plus", "times") and rng.random() < 0.4:
        a, b = b, a
    return single("arithmetic", fill(rng, ASKS, l=a, r=b, w=word, s=SIGNS[word]), TOO_BIG)


def word_problem(rng: Random) -> Exchange:
    """A sum told as a little story."""
    name, things = (
        rng.choice(NAMES),
        rng.choice(("apples", "coins", "books", "balls", "eggs", "cakes", "stones", "keys", "pears", "flowers", "toys", "cards")),
    )
    if rng.random() < 0.2:
        a, b = rng.randint(2, 10), rng.randint(2, 10)
        prompt = fill(
            rng,
            (
                "There are {a} boxes with {b} {t} in each. How many {t} are there?",
                "{n} buys {a} bags of {b} {t}. How many {t} is that?",
                "Each of {a} children has {b} {t}. How many {t} do they have together?",
                "I have {a} rows of {b} {t}. How many {t} do I have?",
                "If one bag holds {b} {t}, how many {t} do {a} bags hold?",
            ),
            n=name, a=a, b=b, t=things,
        )  # fmt: skip
        return single("arithmetic", prompt, f"{a} times {b} is {a * b}, so there are {a * b} {things}.", str(a * b))
    a, b = rng.randint(1, rng.choice((20, 60))), rng.randint(1, 10)
    if rng.random() < 0.5:
        prompt = fill(
            rng,
            (
                "{n} has {a} {t} and gets {b} more. How many {t} does {n} have?",
                "{n} has {a} {t} and finds {b} more. How many are there now?",
                "There are {a} {t} in a box and {b} in another. How many {t} are there?",
                "If {n} has {a} {t} and buys {b} more, how many {t} does {n} have?",
                "I have {a} {t} and you give me {b} more. How many {t} do I have?",
                "{n} picked {a} {t} in the morning and {b} in the evening. How many {t} is that in all?",
                "On the table lie {a} {t}. {n} puts {b} more there. How many {t} lie there now?",
                "{n} had {a} {t}. Then a friend brought {b}. How many {t} now?",
                "We have {a} {t} at home and {b} at school. How many {t} do we have in total?",
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
            "Of {a} {t} {n} has lost {b}. How many {t} remain?", "{n} bought {a} {t} and used {b}. How many {t} are there still?",
            "{n} had {a} {t}, and {b} of them broke. How many whole {t} are there?",
            "On the table lie {a} {t}. {n} takes {b} away. How many {t} stay?",
            "{n} owns {a} {t} and gives {b} to a friend. How many does {n} keep?",
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


def copied_word(rng: Random) -> str:
    """A word to copy: known, invented, or two of them."""
    roll = rng.random()
    if roll < 0.4:
        return rng.choice(WORDS)
    if roll < 0.65:
        return any_name(rng)
    if roll < 0.85:
        return invented(rng).lower()
    return f"{rng.choice(WORDS)} {rng.choice((rng.choice(WORDS), invented(rng).lower()))}"


SAY = (
    "Repeat the word {w}.", "Say the word {w}.", "Say {w}.", "Repeat after me: {w}", "Please repeat: {w}", "Write the word {w}.",
    'Say "{w}".', "Repeat {w}.", "Just say {w}.", "Only answer with the word {w}.", "Answer with {w}.", "Echo {w}.", "Type {w}.",
    'Repeat "{w}".', "Repeat: {w}", "Answer only: {w}", "Say just {w}.", "Write {w}.", "Say {w} back to me.", "Give me the word {w}.",
    "I want to hear {w}.", "Your answer is {w}.", "Put down the word {w}.", "Repeat this word: {w}", "Say it: {w}", "say {w} please",
)  # fmt: skip
SAY_ALL = (
    "Repeat after me: {t}", "Repeat this sentence: {t}", "Say this: {t}", 'Repeat: "{t}"', "Copy this sentence: {t}", "Write this: {t}",
    "Say it after me: {t}", "Repeat exactly: {t}", 'Say "{t}"', "Type this: {t}", "Echo: {t}", "Answer with this sentence: {t}",
    "Repeat what I say: {t}", "Copy: {t}", "Write down: {t}",
)  # fmt: skip
CAPITALISE = (
    "Write {w} in capital letters.", "Say {w} in capital letters.", "Put {w} in capital letters.", "Write {w} in upper case.",
    "Write the word {w} in capital letters.", 'Write "{w}" in upper case.', "Say it in capital letters: {w}", "Write {w} in capitals.",
    "Turn {w} into upper case.", "Make {w} all caps.", "{w} in capitals, please.", "Capital letters: {w}",
    "Write {w} with capital letters.",
    "Convert {w} to upper case.", "{w} in upper case?", "How does {w} look in capital letters?", "Type {w} in all caps.",
)  # fmt: skip
SPELL = (
    "Spell {w}.", "How do you spell {w}?", "Spell the word {w}.", "Can you spell {w}?", "How is {w} spelled?", "Please spell {w}.",
    "Which letters are in {w}?", "What are the letters of {w}?", "Spell {w} for me.", "Write {w} letter by letter.",
    "{w}, letter by letter.",
    "How is the word {w} written?", "Give me the spelling of {w}.",
)  # fmt: skip
USE = (
    "Use the word {w} in a sentence.", "Write a sentence with the word {w}.", "Make a sentence with {w}.", "Give me a sentence with {w}.",
    "Write a sentence about {w}.", "Can you use {w} in a sentence?", "Say a sentence with the word {w}.", "Put {w} into a sentence.",
    "I need a sentence with {w}.", "An example sentence with {w}?",
)  # fmt: skip


def copying(rng: Random) -> Exchange:
    word, roll = copied_word(rng), rng.random()
    if roll < 0.3:
        return single("copying", fill(rng, SAY, w=word), capital_first(word) + ".", capital_first(word))
    if roll < 0.5:
        text = sentence(rng, rng.choice(WORDS)) if rng.random() < 0.6 else capital_first(" ".join(loose_words(rng))) + "."
        return single("copying", fill(rng, SAY_ALL, t=text), text)
    if roll < 0.58:
        word = rng.choice(ANIMALS + OBJECTS + FRUITS)
        return single("copying", fill(rng, USE, w=word), f"I saw {with_article(word)} in the garden.", word)
    if roll < 0.76:
        return single("copying", fill(rng, CAPITALISE, w=word), word.upper())
    word = word.split()[0]
    if roll < 0.9:
        return single("copying", fill(rng, SPELL, w=word), "-".join(word))
    if roll < 0.95:
        ask = fill(rng, ("How many letters does {w} have?", "How many letters has the word {w}?", "How long is the word {w}?",
            "Count the letters of {w}.", "Number of letters in {w}?"), w=word)  # fmt: skip
        return single("copying", ask, f"{'-'.join(word)} has {len(word)} letters.", str(len(word)))
    which, letter = rng.choice((("first", word[0]), ("last", word[-1])))
    ask = fill(rng, ("What is the {x} letter of {w}?", "Which letter comes {x} in {w}?", "Tell me the {x} letter of the word {w}.",
        "{w}: what is the {x} letter?", "Which letter is {x} in {w}?"), x=which, w=word)  # fmt: skip
    return single("copying", ask, f"The {which} letter of {word} is {letter}.")


def loose_words(rng: Random) -> list[str]:
    """Words that make no sense together."""
    return [rng.choice((rng.choice(WORDS), rng.choice(WORDS), invented(rng).lower())) for _ in range(rng.randint(2, 6))]


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
    "Give me JSON with", "Create a JSON object with", "I need a JSON object with", "Output JSON with", "Write JSON with",
    "Please return a JSON object with", "A JSON object with", "Build a JSON object with", "Can you make JSON with",
    "Write some JSON with", "Show me JSON with", "Produce JSON with", "I would like JSON with", "Reply only with JSON:", "JSON with",
    "Send me a JSON object with", "Generate a JSON object with", "Fill a JSON object with", "As JSON:", "JSON object:", "In JSON:",
)  # fmt: skip
TURN = (
    "Turn this into JSON: {p}", "Write as JSON: {p}", "Convert to JSON: {p}", "Put this into JSON: {p}", "{p} as JSON, please.",
    "JSON for {p}?", "{p}. Write that as JSON.", "Here are some data: {p}. Give me JSON.", "Give me this as JSON: {p}", "To JSON: {p}",
    "{p} - as JSON", "Format as JSON: {p}", "How does this look in JSON: {p}?", "Encode {p} as JSON.", "{p}. JSON please.",
    "Return this as a JSON object: {p}",
)  # fmt: skip
PAIRS = (
    "{k} {v}", "the {k} {v}", "{k} = {v}", "{k}: {v}", 'the {k} "{v}"', "{k}={v}", "{k} is {v}", "{v} as {k}", '"{k}" {v}',
)  # fmt: skip
FILLERS = {
    "name": any_name, "age": lambda rng: rng.randint(1, 99), "city": lambda rng: rng.choice(tuple(CAPITALS.values())),
    "colour": lambda rng: rng.choice(COLOURS), "animal": lambda rng: rng.choice(ANIMALS), "fruit": lambda rng: rng.choice(FRUITS),
    "price": lambda rng: rng.randint(1, 99), "country": lambda rng: rng.choice(tuple(CAPITALS)), "count": lambda rng: rng.randint(1, 99),
    "friend": any_name, "object": lambda rng: rng.choice(OBJECTS), "place": lambda rng: rng.choice(PLACES),
    "id": lambda rng: rng.randint(1, 999),
}  # fmt: skip
# What an object holds when the values are left to the model.
USUAL = {
    "name": "Anna", "age": 30, "city": "Paris", "colour": "blue", "animal": "fox", "fruit": "apple", "price": 5, "country": "France",
    "count": 3, "friend": "Tom", "object": "ball", "place": "garden", "id": 1,
}  # fmt: skip
# Further keys, whose values are always given.
OTHER_KEYS = (
    "title", "user", "email", "size", "weight", "status", "type", "year", "level", "score", "points", "owner", "model", "node", "role",
    "peer", "stake", "tokens", "epoch", "key", "value", "text", "word", "pet", "team", "street", "job", "food", "drink", "hobby", "room",
)  # fmt: skip


def any_value(rng: Random) -> str | int:
    """A word or a number for a key that says nothing about its value."""
    return rng.choice((rng.randint(0, 99), rng.randint(100, 9999), any_name(rng), rng.choice(WORDS), invented(rng).lower()))


def given_object(rng: Random, keys: list[str]) -> dict:
    """Keys with values for a request that names both."""
    if rng.random() < 0.3:
        keys = rng.sample(OTHER_KEYS, len(keys))
        if rng.random() < 0.3:
            keys[0] = invented(rng).lower()
    return {key: FILLERS[key](rng) if key in FILLERS and rng.random() < 0.9 else any_value(rng) for key in keys}


def as_json(rng: Random) -> Exchange:
    give, roll = rng.choice(GIVE), rng.random()
    keys = rng.sample(tuple(FILLERS), rng.choices((1, 2, 3, 4), (0.2, 0.45, 0.25, 0.1))[0])
    if rng.random() < 0.2:
        keys = ["name", "age"]
    if roll < 0.1:
        return Exchange("json", ((f"{give} {listing(keys)}.", json.dumps({key: USUAL[key] for key in keys})),), ("json:" + ",".join(keys),))
    if roll < 0.74:
        value = given_object(rng, keys)
        style = rng.choice(PAIRS)
        pairs = [style.format(k=key, v=item) for key, item in value.items()]
        joined = rng.choice((listing, ", ".join, ", ".join, " and ".join, "; ".join))(pairs)
        prompt = f"{give} {joined}." if rng.random() < 0.55 else capital_first(fill(rng, TURN, p=joined))
    elif roll < 0.82:
        value, prompt = person(rng)
    elif roll < 0.88:
        animal, legs = rng.choice(list(LEGS.items()))
        value = {"animal": animal, "legs": NUMBER_WORDS.index(legs) if legs != "no" else 0}
        prompt = f"{give} animal and legs for {with_article(animal)}."
    elif roll < 0.93:
        country, city = rng.choice(list(CAPITALS.items()))
        value = {"country": country, "capital": city}
        prompt = f"{give} country and capital for {country}."
    else:
        kind, items = rng.choice((("colours", COLOURS), ("animals", ANIMALS), ("fruits", FRUITS), ("names", NAMES), ("words", WORDS)))
        value = {kind: rng.sample(items, rng.randint(2, 4))}
        prompt = f"{give} the {kind} {listing(value[kind])}."
    return single("json", prompt, json.dumps(value))


def person(rng: Random) -> tuple[dict, str]:
    """A person told in a sentence: the object, and the request for it."""
    name, age, city, animal = any_name(rng), rng.randint(1, 99), rng.choice(tuple(CAPITALS.values())), rng.choice(ANIMALS)
    value, told = rng.choice((
        ({"name": name, "age": age}, "{n} is {a} years old"), ({"name": name, "age": age}, "{n} is {a}"),
        ({"name": name, "age": age}, "{n}, {a} years old"), ({"name": name, "city": city}, "{n} lives in {c}"),
        ({"name": name, "city": city}, "{n} from {c}"), ({"name": name, "age": age, "city": city}, "{n} is {a} years old and lives in {c}"),
        ({"name": name, "age": age, "city": city}, "{n}, {a}, lives in {c}"), ({"name": name, "animal": animal}, "{n} has {x}"),
    ))  # fmt: skip
    told = told.format(n=name, a=age, c=city, x=with_article(animal))
    ask = fill(rng, (
        "{t}. Write that as JSON.", "Write as JSON: {t}.", "Turn into JSON: {t}.", "{t}. Give me JSON with {k}.", "{t}. As JSON, please.",
        "Extract {k} as JSON: {t}.", "Make a JSON object with {k} from this: {t}.", "Read this and answer in JSON: {t}.",
        "{t}. What is that in JSON?", "Put this sentence into JSON: {t}.", "Find {k} in this text and answer in JSON: {t}.",
    ), t=told, k=listing(list(value)))  # fmt: skip
    return value, ask


def story(rng: Random) -> Exchange:
    prompt, answer, expect = stories.ask(rng)
    return Exchange("story", ((prompt, answer),), expect)

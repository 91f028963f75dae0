"""Conversations of two or three turns in which the last answer needs an earlier turn."""

import re
from random import Random

import protocol
import stories
from exchange import Exchange, Turn, capital_first, fill, invented, with_article
from knowledge import CAPITAL_WORDINGS, capital, capital_answer, compare, confirm, fact, network, words
from outside import unknown
from talk import any_name
from tasks import arithmetic
from world import ANIMALS, CAPITALS, COLOURS, FOODS, FRUITS, HOMES, LEGS, SOUNDS, WORDS

AND_OF = (
    "And of {c}?",
    "And the capital of {c}?",
    "What about {c}?",
    "And {c}?",
    "And that of {c}?",
    "How about {c}?",
    "Now {c}.",
    "and for {c}?",
    "{c}?",
    "And what about {c}?",
    "Then {c}?",
    "What is it for {c}?",
    "Also {c}.",
    "Same for {c}.",
    "And in {c}?",
    "Next: {c}.",
    "Good. And {c}?",
    "Thanks, and {c}?",
    "Fine, what about {c}?",
    "And the one of {c}?",
)


def other_turns(rng: Random) -> tuple[Turn, ...]:
    """Some turns or none that have nothing to do with the conversation around it."""
    count = rng.choices((0, 1, 2, 4), (0.5, 0.3, 0.15, 0.05))[0]
    turns = (rng.choice((capital, arithmetic, fact, words, network, compare, confirm, unknown))(rng).turns[0] for _ in range(count))
    # Nobody asks here what was just told.
    return tuple(turn for turn in turns if not re.search(r"\b([Mm]y|I)\b", turn[0]))


MY_NAME = (
    "What is my name?", "Do you remember my name?", "Who am I?", "Tell me my name.", "What's my name?", "What am I called?",
    "Do you know my name?", "Say my name.", "And my name?", "What was my name again?", "Which name did I tell you?", "How am I called?",
    "Can you tell me my name?", "I forgot my name. What is it?", "Do you still know my name?", "Remind me of my name.",
        "What do people call me?",
)  # fmt: skip


def own_name(rng: Random) -> Exchange:
    name = any_name(rng)
    wordings = (
        "My name is {n}.",
        "Hello, my name is {n}.",
        "I am {n}.",
        "Hi! You can call me {n}.",
        "I'm {n}.",
        "Call me {n}.",
        "This is {n} speaking.",
        "hi, {n} here",
        "Everybody calls me {n}.",
        "I go by {n}.",
        "They call me {n}.",
        "You are talking with {n}.",
        "My friends call me {n}.",
        "My first name is {n}.",
    )
    first = (fill(rng, wordings, n=name), f"Nice to meet you, {name}!")
    ask = rng.choice(MY_NAME)
    return Exchange("dialogue", (first, *other_turns(rng), (ask, f"Your name is {name}.")), (name,))


# what is told -> the question for it, and the answer
TOLD = {
    "I live in {v}.": (("Where do I live?", "Which city do I live in?", "In which city do I live?",
        "Where is my home?"), "You live in {v}."),
    "I am {v} years old.": (("How old am I?", "What is my age?", "Tell me my age.",
        "Do you remember how old I am?"), "You are {v} years old."),
    "I have {v}.": (("Which animal do I have?", "What pet do I have?", "What animal have I got?",
        "Do you remember my pet?"), "You have {v}."),
    "My favourite colour is {v}.": (("What is my favourite colour?", "Which colour do I like best?", "Tell me my favourite colour."),
        "Your favourite colour is {v}."),
    "My friend is called {v}.": (("What is my friend called?", "What is the name of my friend?", "Who is my friend?"),
        "Your friend is called {v}."),
    "I like {v}.": (("What do I like?", "Do you remember what I like?", "What did I say that I like?"), "You like {v}."),
    "I work as a {v}.": (("What is my job?", "What do I work as?", "Which job do I have?"), "You work as a {v}."),
}  # fmt: skip
LIKED = ("music", "books", "stories", "football", "cats", "dogs", "chess", "tea", "the sea", "cooking", "maps", "flowers", "films", "bread")
JOBS = ("baker", "teacher", "doctor", "farmer", "painter", "sailor", "gardener", "musician", "cook", "writer", "nurse", "driver")


def told_value(rng: Random, told: str) -> str:
    """Something to fill in where a person tells about themselves."""
    if "years" in told:
        return str(rng.randint(3, 99))
    if "live" in told:
        return rng.choice(tuple(CAPITALS.values())) if rng.random() < 0.7 else invented(rng)
    if "have" in told:
        return with_article(rng.choice(ANIMALS))
    if "colour" in told:
        return rng.choice(COLOURS)
    if "like" in told:
        return rng.choice(LIKED) if rng.random() < 0.7 else invented(rng)
    return rng.choice(JOBS) if "work" in told else any_name(rng)


def about_me(rng: Random) -> Exchange:
    """Two or three things that somebody tells about themselves, and a question for one of them or for the name."""
    name, told = any_name(rng), rng.sample(tuple(TOLD), rng.choice((1, 1, 2)))
    values = {text: told_value(rng, text) for text in told}
    opening = fill(
        rng, ("My name is {n}.", "Hi, I am {n}.", "I'm {n}.", "Hello! I am {n}.", "You may call me {n}.", "Hey, {n} here."), n=name
    )
    said = " ".join((opening, *(text.format(v=value) for text, value in values.items())))
    if rng.random() < 0.3:
        said = said.replace(". I ", " and I ", 1)
    first = (said, f"Nice to meet you, {name}!")
    if rng.random() < 0.4:
        ask, answer = rng.choice(MY_NAME), f"Your name is {name}."
        return Exchange("dialogue", (first, *other_turns(rng), (ask, answer)), (name,))
    asked = rng.choice(told)
    questions, answer = TOLD[asked]
    return Exchange("dialogue", (first, *other_turns(rng), (rng.choice(questions), answer.format(v=values[asked]))), (values[asked],))


def first_question(rng: Random) -> Exchange:
    """What was asked before is said again."""
    before = rng.choice((capital, arithmetic, fact, words))(rng).turns[0]
    asked = before[0].rstrip("?.!")
    ask = rng.choice(
        ("What did I ask you?", "What was my question?", "What did I just ask?", "Repeat my question.", "Which question did I ask?")
    )
    return Exchange("dialogue", (before, (ask, f'You asked: "{asked}"')), (asked,))


def same_again(rng: Random) -> Exchange:
    """The answer before is said again, or in capital letters."""
    before = rng.choice((capital, fact, words))(rng).turns[0]
    if rng.random() < 0.7:
        ask = rng.choice(
            ("Say that again.", "Can you repeat that?", "Repeat your answer.", "What did you say?", "Once more, please.", "Sorry, what?")
        )
        return Exchange("dialogue", (before, (ask, before[1])), (before[1],))
    ask = rng.choice(("Say that in capital letters.", "Now in upper case.", "In capital letters, please.", "Write that in capitals."))
    return Exchange("dialogue", (before, (ask, before[1].upper())), (before[1].upper(),))


def kept_word(rng: Random) -> Exchange:
    word = rng.choice(WORDS) if rng.random() < 0.7 else any_name(rng)
    first = (
        fill(
            rng,
            (
                "Remember the word {w}.",
                "Please remember this word: {w}",
                "Keep the word {w} in mind.",
                "Remember {w}.",
                "The secret word is {w}.",
            ),
            w=word,
        ),
        "I will remember it.",
    )
    ask = rng.choice(
        (
            "Which word did I tell you?",
            "What was the word?",
            "Say the word now.",
            "What is the word?",
            "Which word was it?",
            "Do you remember the word?",
        )
    )
    return Exchange("dialogue", (first, *other_turns(rng), (ask, f"The word was {word}.")), (word,))


def next_capital(rng: Random) -> Exchange:
    countries = rng.sample(list(CAPITALS), rng.choice((2, 2, 3)))
    first = (fill(rng, CAPITAL_WORDINGS, c=countries[0]), capital_answer(countries[0]))
    rest = tuple((fill(rng, AND_OF, c=country), capital_answer(country)) for country in countries[1:])
    return Exchange("dialogue", (first, *rest), (CAPITALS[countries[-1]],))


def where_is_it(rng: Random) -> Exchange:
    """A pronoun for the city or country of the answer before."""
    country, city = rng.choice(list(CAPITALS.items()))
    first = (fill(rng, CAPITAL_WORDINGS, c=country), capital_answer(country))
    ask = rng.choice(
        (
            "In which country is it?",
            "Which country is that city in?",
            "What country is it in?",
            "Where is that?",
            "Of which country is it the capital?",
        )
    )
    return Exchange("dialogue", (first, (ask, f"{city} is the capital of {country}.")), (city, country))


def next_sum(rng: Random) -> Exchange:
    top = rng.choice((10, 10, 50))
    a, b, more = rng.randint(0, top), rng.randint(0, 10), rng.randint(1, 9)
    first = (
        fill(rng, ("What is {a} plus {b}?", "What is {a} + {b}?", "How much is {a} plus {b}?", "{a} + {b}", "Add {a} and {b}."), a=a, b=b),
        f"{a} plus {b} is {a + b}.",
    )
    total = a + b
    if total >= more and rng.random() < 0.35:
        ask = fill(
            rng,
            (
                "Now take away {m}.",
                "And minus {m}?",
                "Subtract {m} from that.",
                "Minus {m}?",
                "Less {m}?",
                "And if I take away {m}?",
                "Remove {m} from it.",
                "Take {m} off.",
                "From that take {m}.",
                "{m} less, please.",
                "Without {m}?",
            ),
            m=more,
        )
        return Exchange("dialogue", (first, (ask, f"{total} minus {more} is {total - more}.")), (str(total - more),))
    ask = fill(
        rng,
        (
            "Now add {m}.",
            "And plus {m}?",
            "Add {m} to that.",
            "Plus {m}?",
            "And {m} more?",
            "Add {m} more.",
            "What if I add {m}?",
            "Now plus {m}.",
        ),
        m=more,
    )
    return Exchange("dialogue", (first, (ask, f"{total} plus {more} is {total + more}.")), (str(total + more),))


def about_story(rng: Random) -> Exchange:
    hero = rng.choice(ANIMALS)
    text = stories.tell(rng, hero=hero, short=True)
    first = (
        fill(
            rng,
            ("Tell me a short story about {h}.", "A short story about {h}, please.", "Write a short story about {h}."),
            h=with_article(hero),
        ),
        text,
    )
    name = re.search(r"(?:named|called|name is|name was) (\w+)", text)
    roll = rng.random()
    if roll < 0.35:
        ask = fill(
            rng,
            (
                "What was the name of the {h}?",
                "What is the {h} called?",
                "Who was the story about?",
                "What was its name?",
                "What is the name of the {h}?",
            ),
            h=hero,
        )
        return Exchange("dialogue", (first, (ask, f"The {hero} was named {name[1]}.")), (name[1],))
    if roll < 0.55:
        ask = rng.choice(
            ("Which animal was the story about?", "What animal was it?", "What was the story about?", "What kind of animal was it?")
        )
        return Exchange("dialogue", (first, (ask, f"The story was about {with_article(hero)}.")), (hero,))
    if roll < 0.75:
        ask = rng.choice(
            (
                "Make it shorter.",
                "Can you make it shorter?",
                "Shorter, please.",
                "Tell it in one sentence.",
                "Summarise the story.",
                "Tell it shorter.",
            )
        )
        text = f"{capital_first(with_article(hero))} named {name[1]} had an adventure and made a friend."
        return Exchange("dialogue", (first, (ask, text)), (hero, name[1]))
    other = rng.choice([animal for animal in ANIMALS if animal != hero])
    ask = fill(
        rng,
        ("Another one about {o}.", "Now about {o}.", "And one about {o}?", "Now tell me one about {o}.", "Tell me another one about {o}."),
        o=with_article(other),
    )
    if rng.random() < 0.4:
        ask, other = (
            rng.choice(("Another one.", "Tell me another one.", "Another story, please.", "One more, please.", "Again!", "More stories!")),
            hero,
        )
    return Exchange("dialogue", (first, (ask, stories.tell(rng, hero=other, short=True))), (other,))


def likes(rng: Random) -> Exchange:
    thing = rng.choice(FRUITS + ANIMALS[:20])
    like = fill(
        rng,
        ("My favourite is the {t}.", "I like the {t} best.", "I love the {t}.", "I really like the {t}.", "The {t} is my favourite."),
        t=thing,
    )
    ask = rng.choice(
        ("What do I like?", "What is my favourite?", "What did I say that I like?", "What do I love?", "Do you remember what I like?")
    )
    return Exchange("dialogue", ((like, "That is good to know!"), *other_turns(rng), (ask, f"You like the {thing}.")), (thing,))


def next_animal(rng: Random) -> Exchange:
    """The same question about another animal, or another question about the same one."""
    table, question, answer = rng.choice(
        (
            (LEGS, "How many legs does {a} have?", "{A} has {v} legs."), (SOUNDS, "What does {a} say?", "{A} says {v}."), (HOMES,
                "Where does {a} live?", "{A} lives in {v}."),
            (FOODS, "What does {a} eat?", "{A} eats {v}."),
        )
    )  # fmt: skip
    one, two = rng.sample(list(table), 2)

    def turn(animal: str, prompt: str) -> Turn:
        named = with_article(animal)
        return prompt.format(a=named), answer.format(A=named[0].upper() + named[1:], v=table[animal])

    return Exchange(
        "dialogue",
        (turn(one, question), turn(two, rng.choice(("And {a}?", "What about {a}?", "How about {a}?", "and {a}")))),
        (table[two],),
    )


def next_role(rng: Random) -> Exchange:
    one, two = rng.sample(
        ("a router", "a miner", "a guard", "an oracle", "a session", "a receipt", "a voucher", "an epoch", "staking", "slashing"), 2
    )
    first = (fill(rng, ("What is {a}?", "Explain {a}.", "Tell me about {a}."), a=one), protocol.SUBJECTS[one].answer)
    ask = fill(rng, ("And {a}?", "What about {a}?", "And what is {a}?", "How about {a}?", "Now {a}."), a=two)
    return Exchange("dialogue", (first, (ask, protocol.SUBJECTS[two].answer)), protocol.SUBJECTS[two].expect)


DIALOGUES = (
    own_name, own_name, about_me, about_me, kept_word, next_capital, next_capital, where_is_it, next_sum, next_sum, about_story, likes,
    next_animal, next_role, first_question, same_again,
)  # fmt: skip


def dialogue(rng: Random) -> Exchange:
    return rng.choice(DIALOGUES)(rng)

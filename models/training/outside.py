"""Questions outside the small world, and the friendly ways in which the model declines them."""

from random import Random

from exchange import Exchange, fill, invented, single
from world import ANIMALS, CAPITALS, NAMES, OBJECTS, PLACES

UNKNOWN = "I am a very small model and do not know that. Ask me about capitals, animals, small sums or this network, or for a story."
CANNOT = "I am a very small model and cannot do that. I can tell short stories, do small sums and answer simple questions."
ADVICE = "I am a very small model and cannot give advice. Please ask somebody who knows about it."
NO_SENSES = "I am a very small model and cannot see the time, the weather or the news. I only know a small world."
ENGLISH_ONLY = "I am a very small model and only know English."
DECLINED = "very small model"

TOPICS = (
    "quantum physics", "the stock market", "the price of gold", "the last election", "football", "a good film", "the history of Rome",
    "world politics", "black holes", "organic chemistry", "the meaning of life", "the theory of relativity", "video games",
    "the French revolution", "modern art", "DNA", "opera", "classical music", "the pyramids", "car engines", "tennis", "photosynthesis",
    "gravity", "evolution", "electricity", "magnetism", "the Roman empire", "the second world war", "Shakespeare", "Einstein", "Mozart",
    "Napoleon", "philosophy", "economics", "inflation", "democracy", "religion", "yoga", "chess openings", "basketball", "the Olympics",
    "space travel", "rockets", "vaccines", "viruses", "bacteria", "the human brain", "the heart", "geometry", "algebra", "calculus",
    "machine learning", "neural networks", "Bitcoin", "Ethereum", "Python", "JavaScript", "Linux", "databases", "the internet",
    "climate change",
    "earthquakes", "fossils", "atoms", "molecules", "thermodynamics", "fashion", "cinema", "architecture", "knitting", "wine", "sushi",
    "jazz",
    "the Beatles", "Hamlet", "Harry Potter", "ancient Greece", "the Vikings", "the moon landing", "the Big Bang", "nuclear power",
    "solar panels",
    "marketing", "psychology", "dreams", "love", "happiness", "ghosts", "aliens", "astrology", "poker", "golf", "sailing", "surfing",
    "coral reefs",
)  # fmt: skip
JOBS = (
    "president", "king", "queen", "mayor", "prime minister", "population", "currency", "flag", "national anthem", "area", "national dish",
    "most famous person", "biggest river", "highest mountain", "largest city", "language", "history", "climate", "economy", "religion",
)  # fmt: skip
VERBS = (
    "repair", "build", "cook", "paint", "clean", "sell", "buy", "fix", "install", "draw", "open", "cut", "print", "grow", "wash", "sew",
    "hack",
    "bake", "carry", "recycle", "programme", "pack", "sharpen", "tune",
)  # fmt: skip
THINGS = OBJECTS + (
    "car", "phone", "computer", "house", "bicycle", "cake", "soup", "shirt", "table", "chair", "roof", "guitar", "website", "printer",
    "engine",
    "door", "sofa", "camera", "pizza", "omelette", "garden", "television", "fridge", "tent", "robot", "wall", "wedding dress", "curry",
    "lamp",
)  # fmt: skip
PEOPLE = (
    "Einstein",
    "Shakespeare",
    "Napoleon",
    "Picasso",
    "Mozart",
    "Newton",
    "Cleopatra",
    "Gandhi",
    "Bach",
    "Darwin",
    "Elvis Presley",
    "Lincoln",
)
INVENTIONS = (
    "the telephone",
    "the radio",
    "the wheel",
    "the internet",
    "paper",
    "television",
    "the steam engine",
    "the light bulb",
    "the piano",
    "Bitcoin",
)
REGIONS = (
    "Texas", "California", "Bavaria", "Siberia", "Mars", "Atlantis", "Narnia", "Africa", "Europe", "Asia", "Paris", "London", "Tokyo",
    "the moon", "Florida",
    "Tuscany", "Alaska", "Scandinavia", "Berlin", "Rome",
)  # fmt: skip


def about_countries(rng: Random) -> tuple[str, str]:
    prompt = fill(
        rng,
        (
            "What is the {j} of {c}?", "Who is the {j} of {c}?", "What is {c}'s {j}?", "Tell me the {j} of {c}.",
            "Tell me about the {j} of {c}.",
            "How many people live in {c}?", "How big is {c}?", "Which language do people speak in {c}?", "What do people eat in {c}?",
            "How do I get to {c}?", "How far is {c} from {d}?", "Is {c} bigger than {d}?", "Which countries are next to {c}?",
            "When was {c} founded?",
            "What is {c} famous for?", "Should I visit {c}?", "How old is {c}?", "Who discovered {c}?", "What is the capital of {r}?",
            "Tell me the capital of {r}.", "Who won the war between {c} and {d}?", "How much is a flight to {c}?",
        ),
        j=rng.choice(JOBS), c=rng.choice(tuple(CAPITALS)), d=rng.choice(tuple(CAPITALS)),
            r=rng.choice(REGIONS) if rng.random() < 0.5 else invented(rng),
    )  # fmt: skip
    return prompt, UNKNOWN


def about_topics(rng: Random) -> tuple[str, str]:
    prompt = fill(
        rng,
        (
            "What is {t}?", "Explain {t}.", "Tell me about {t}.", "What do you think about {t}?", "What can you say about {t}?",
            "How does {t} work?",
            "What do you know about {t}?", "I have a question about {t}.", "What is new in {t}?", "Teach me {t}.", "Who invented {t}?",
            "Why is {t} important?",
            "Can you explain {t}?", "What is the history of {t}?", "Give me an overview of {t}.", "Do you know anything about {t}?",
            "Is {t} hard to learn?",
            "What is the difference between {t} and {u}?", "Compare {t} and {u}.", "Describe {t}.", "How do I learn {t}?",
            "Do you like {t}?",
        ),
        t=rng.choice(TOPICS) if rng.random() < 0.8 else invented(rng), u=rng.choice(TOPICS),
    )  # fmt: skip
    return prompt, UNKNOWN


def about_people_and_things(rng: Random) -> tuple[str, str]:
    year = rng.randint(1500, 2100)
    prompt = fill(
        rng,
        (
            "Who won the {e} in {y}?", "Who was the president in {y}?", "What happened in {y}?", "What will happen in {y}?",
            "How much does a {o} cost?",
            "Who invented {i}?", "When was {i} invented?", "Who was {p}?", "When was {p} born?", "Where was {p} born?", "What did {p} do?",
            "When did {p} die?",
            "Who is {n}?", "How old is {n}?", "Where does {n} live?", "What did {n} eat yesterday?", "Where is {x}?",
            "What does {x} mean?", "What is a {x}?",
            "How tall is the {l}?", "How far is it to the {l}?", "How old is the {l}?", "What is the square root of {y}?",
            "Who wrote the book about the {l}?",
            "How fast is {a}?", "How heavy is {a}?", "How long does {a} live?", "How many teeth does {a} have?",
            "How many {k} are there in the world?",
            "What is the Latin name of the {k}?", "Why do {k}s sleep?", "Are {k}s clever?", "What is the best {o}?",
            "Where can I buy a {o}?",
            "What is the opposite of {x}?", "Who is the tallest person in the world?", "What is the speed of light?",
            "How many stars are there?",
            "Why is the sky blue?", "How many bones does a person have?", "What is the longest river in the world?",
            "What is the biggest animal?",
            "How far away is the moon?", "How hot is the sun?", "What is the highest mountain?", "Who painted the Mona Lisa?",
            "Who is the president?",
            "What is the price of COR?", "Will COR rise?", "How many nodes are there?", "Who founded this network?", "Why do we dream?",
            "Who are my parents?",
            "What am I thinking?", "Where am I?", "How old am I?", "What did I eat today?", "What is my favourite colour?",
            "What is my name?",
        ),
        e=rng.choice(("match", "race", "cup", "game", "election", "prize", "world cup")), y=year, i=rng.choice(INVENTIONS),
            p=rng.choice(PEOPLE),
        n=rng.choice(NAMES), o=rng.choice(THINGS), l=rng.choice(PLACES), x=invented(rng), k=rng.choice(ANIMALS),
            a="a " + rng.choice(("horse", "cat", "whale", "bear")),
    )  # fmt: skip
    return prompt, UNKNOWN


def tasks_beyond(rng: Random) -> tuple[str, str]:
    prompt = fill(
        rng,
        (
            "Translate {o} into French.", "Translate this into German: {o}", "How do you say {o} in Spanish?",
            "Write a program that prints {o}.",
            "Write code for {t}.", "Write an essay about {t}.", "Write a letter to {n}.", "Write an email to my boss.",
            "Write a Python function.",
            "Summarise this text: the {o} is in the {l}.", "Draw a {o}.", "Paint me a picture of a {o}.", "Make a picture of a {l}.",
            "Play a song.",
            "Sing me a song.", "Play chess with me.", "Search the internet for {t}.", "Open the file {o}.", "Send an email to {n}.",
            "Call {n}.",
            "Set a timer for {m} minutes.", "Wake me up at seven.", "Book a flight.", "Order a {o}.", "Remind me tomorrow.", "Fix my code.",
            "Write a novel about {t}.", "Write a speech about {t}.", "Solve this equation: x + {m} = {k}", "Do my homework.",
            "Make me a sandwich.",
            "Write SQL for {t}.", "Write a business plan.", "Read this page for me.", "Plan my holiday.",
            "Correct this sentence: {n} go home.",
            "Write a song about the {l}.", "Generate an image of the {l}.", "Turn on the lights.", "Give me a recipe for {o}.",
            "Write a review of {t}.",
        ),
        o=rng.choice(THINGS), t=rng.choice(TOPICS), n=rng.choice(NAMES), l=rng.choice(PLACES), m=rng.randint(2, 30), k=rng.randint(30, 60),
    )  # fmt: skip
    return prompt, CANNOT


def wants_advice(rng: Random) -> tuple[str, str]:
    prompt = fill(
        rng,
        (
            "How do I {v} a {o}?", "How can I {v} my {o}?", "Can you help me to {v} my {o}?", "What is the best way to {v} a {o}?",
            "My {o} is broken.",
            "Should I buy a {o}?", "Should I buy COR?", "Should I invest in {t}?", "What should I do about my {o}?",
            "I have a headache. What should I do?",
            "My head hurts.", "I am ill.", "Is {t} dangerous?", "Can you help me with my taxes?", "I need legal advice.",
            "What medicine should I take?",
            "How do I lose weight?", "How do I get rich?", "How can I sleep better?", "What should I eat today?",
            "Which {o} should I buy?", "What should I wear?",
            "How do I make friends?", "How do I find a job?", "Should I marry {n}?", "What should I cook?", "How do I become famous?",
            "Is it safe to eat a {o}?",
            "Can I eat this?", "My {k} is ill. What can I do?", "How do I train a {k}?", "How do I invest my money?", "Help me with {t}.",
            "What job should I take?",
        ),
        v=rng.choice(VERBS), o=rng.choice(THINGS), t=rng.choice(TOPICS), n=rng.choice(NAMES), k=rng.choice(ANIMALS),
    )  # fmt: skip
    return prompt, ADVICE


def out_of_sight(rng: Random) -> tuple[str, str]:
    prompt = fill(
        rng,
        (
            "What time is it?", "What time is it in {c}?", "What is the date today?", "What day is it today?", "Which day is today?",
            "What year is it?",
            "What is the weather today?", "How is the weather in {c}?", "Will it rain tomorrow?", "Is it raining?", "Is it sunny in {c}?",
            "What is in the news?",
            "What is the news today?", "What happened today?", "What happened in {c} today?", "How warm is it outside?",
            "Do I need an umbrella today?",
            "Who won yesterday?", "What is the temperature in {c}?", "What will the weather be tomorrow?", "Tell me the news.",
            "Tell me the time.",
            "What day of the week is it?", "Is it night now?", "What month is it?", "Can you see me?", "Can you hear me?",
            "What is on my screen?",
        ),
        c=rng.choice(tuple(CAPITALS)),
    )  # fmt: skip
    return prompt, NO_SENSES


FOREIGN = (
    "Hola", "¿Qué es esto?", "Bonjour", "Comment ça va?", "Guten Tag", "Wie geht es dir?", "Was ist ein Router?", "Ciao, come stai?",
    "Buenos días",
    "Quelle est la capitale de la France?", "¿Cuál es la capital de España?", "Was ist die Hauptstadt von Japan?", "Wer bist du?",
    "Parlez-vous français?",
    "Sprichst du Deutsch?", "Do you speak German?", "Do you speak French?", "Can you speak Spanish?", "Which languages do you speak?",
    "Olá", "Hej!", "Merci",
    "What languages do you know?", "Do you know other languages?", "Speak German.", "Answer in French.", "Erzähl mir eine Geschichte.",
    "Raconte une histoire.",
    "Do you understand Chinese?", "Can you talk in Italian?", "Como te llamas?", "Danke schön", "Qui es-tu?", "Dove sei?",
)  # fmt: skip


def foreign(rng: Random) -> tuple[str, str]:
    return rng.choice(FOREIGN), ENGLISH_ONLY


KINDS = (about_countries, about_topics, about_people_and_things, tasks_beyond, wants_advice, out_of_sight, foreign)
SHARES = (0.16, 0.2, 0.22, 0.14, 0.13, 0.09, 0.06)


def unknown(rng: Random) -> Exchange:
    prompt, answer = rng.choices(KINDS, SHARES)[0](rng)
    return single("unknown", prompt, answer, DECLINED)

"""Other ways to put a prompt: polite frames, contractions, a sentence before or after it, and the slips of people who type."""

import re
from random import Random

SYSTEM_MESSAGES = (
    "You are a helpful assistant.", "You are a helpful assistant.", "You are a helpful assistant.", "You are a helpful assistant.",
    "Answer briefly.", "You are the default model of the network.", "You are a friendly assistant.", "Be kind and brief.",
    "You are a small language model.", "Be kind.", "You are a helpful, honest and harmless assistant.",
    "You are an AI assistant. Answer the user's questions.", "Answer in English.", "You are ChatGPT.", "You are a helpful AI assistant.",
    "Be concise.", "Keep your answers short.", "You are an expert.", "Always be polite.", "You answer questions.",
    "You are a helpful assistant. Answer as concisely as possible.", "Do not make things up.", "You are a chatbot.", "Think step by step.",
    "Assistant", "You help people.", "You are a teacher for children.", "If you do not know something, say so.", "Answer in one sentence.",
    "You are an assistant in a shop.", "You are a helpful assistant that answers in plain English.", "Never lie.",
    "Answer the question of the user.", "You are a node of a network.", "Speak simply.", "You are polite and brief.",
)  # fmt: skip
OPENINGS = (
    "Hi! {}", "Hello, {}", "Please tell me: {}", "Quick question: {}", "Tell me: {}", "I wonder: {}", "I would like to know: {}",
    "Hey, {}", "OK, {}", "So, {}", "Now: {}", "Sorry, {}", "One question: {}", "Please: {}", "Well, {}", "Good morning! {}",
    "Next question: {}", "Hmm, {}", "Can you help me? {}", "Just curious: {}", "Again: {}", "Hello! {}", "Hi there. {}", "Alright, {}",
    "Another question: {}", "Let me ask you: {}", "Now something else: {}", "I need some help. {}", "Dear model, {}", "Good evening, {}",
    "Okay, next: {}", "Oh, and {}", "By the way, {}", "Say, {}", "Excuse me, {}", "Small question: {}", "Last question: {}", "Um, {}",
    "Question: {}", "Be honest: {}", "Right, {}", "And now: {}", "Then {}", "You there? {}", "Let us see. {}", "Can I ask something? {}",
    "I have a question. {}", "I am curious. {}", "Here is my question: {}", "Guess what I want to know: {}", "First: {}", "Yes, {}",
)  # fmt: skip
CONTEXTS = (
    "{w} asked me this: {p}", "{w} wants to know: {p}", "{w} asks: {p}", "I am talking with {w}. {p}", "I told {w} that I would ask: {p}",
    "{w} and I disagree. {p}", "{w} does not believe me. {p}", "I promised {w} an answer. {p}", "This is for {w}. {p}",
    "{w} cannot find this out. {p}", "I forgot what {w} told me. {p}", "For {w}: {p}",
)  # fmt: skip
WHO = (
    "my child", "my son", "my brother", "my sister", "my mother", "my father", "a friend", "my neighbour", "my boss", "our class",
    "my grandmother", "somebody", "my wife", "my husband", "a colleague", "the children", "my uncle", "my student",
)  # fmt: skip
SETTINGS = (
    "We are playing a quiz.", "This is for school.", "I am doing my homework.", "I am learning English.", "I am new here.",
    "It is raining outside.", "I have little time.", "I am writing a text.", "I am on the train.", "I want to learn something.",
    "This may be easy.", "I should know this.", "I am just testing you.", "I like to ask things.", "We made a bet.", "I am not sure.",
    "I have been thinking.", "I just woke up.", "Let us try something.", "I heard you know this.", "I am making a list.", "Listen.",
)  # fmt: skip
CLOSINGS = (
    "{} Thanks!", "{} Please answer.", "{} Thank you.", "{} Answer briefly.", "{} Be brief.", "{} Please.", "{} In one sentence.",
    "{} I need to know.", "{} Do you know?", "{}?", "{}!", "{} Just the answer.", "{} Thanks in advance.", "{} Any idea?",
    "{} I forgot.", "{} Tell me.", "{} Keep it short.", "{} I am curious.", "{} It is for school.", "{} Thx", "{} :)", "{} pls",
    "{} Quickly, please.", "{} I would like to know that.", "{} Help me.", "{} What do you think?", "{} Go!", "{} You know that, right?",
)  # fmt: skip
ORDERS = ("Tell", "Give", "Write", "List", "Name", "Make", "Show", "Say", "Spell", "Repeat", "Explain", "Describe", "Calculate", "Compute",
    "Solve", "Add", "Count", "Think", "Create", "Build", "Turn", "Put", "Read", "Invent", "Define", "Multiply", "Divide", "Subtract",
    "Convert", "Copy", "Find", "Answer", "Return", "Output")  # fmt: skip
ORDER_FRAMES = (
    "Please {}.", "Could you {}?", "Can you {}?", "Would you {}?", "Could you please {}?", "I want you to {}.", "I would like you to {}.",
    "I'd like you to {}.", "Would you please {}?", "Can you please {}?", "You should {}.", "Now {}.", "First {}.", "Kindly {}.",
    "I need you to {}.", "Will you {}?", "Are you able to {}?", "Try to {}.", "Would you mind? Please {}.", "Let's see if you can {}.",
)  # fmt: skip
QUESTION_FRAMES = (
    "Can you tell me {}?", "Could you tell me {}?", "Tell me {}.", "Please tell me {}.", "Do you know {}?", "I want to know {}.",
    "I would like to know {}.", "I'd like to know {}.", "I wonder {}.", "I do not know {}.", "I don't know {}.", "I need to know {}.",
    "Any idea {}?", "Do you happen to know {}?", "Would you tell me {}?", "I forgot {}.", "I am not sure {}.", "Let me know {}.",
    "I have to find out {}.", "Could you please tell me {}?", "I am curious {}.", "Say {}.", "Remind me {}.",
)  # fmt: skip
CONTRACTIONS = (
    ("What is ", "What's "), ("Who is ", "Who's "), ("I am ", "I'm "), ("I would ", "I'd "), ("do not ", "don't "), ("cannot ", "can't "),
    ("does not ", "doesn't "), ("Where is ", "Where's "), ("What is ", "Whats "), ("colour", "color"), ("favourite", "favorite"),
    ("Which ", "What "), ("What ", "Which "), ("please", "pls"), ("you ", "u "), ("How much is ", "How much's "), ("It is ", "It's "),
)  # fmt: skip


def low(text: str) -> str:
    """The text without its capital at the start, unless its first word is one that always has it."""
    return text if re.match(r"I\b|[A-Z]{2}", text) else text[:1].lower() + text[1:]


def indirect(prompt: str) -> str | None:
    """A direct question as a clause ("what the capital of Japan is"), where that is easily made."""
    for pattern, clause in (
        (r"(What|Who|Where) (is) ((?:the|an?|[A-Z0-9])\b(?![^?]*called)[^?,:]*)\?", r"\1 \3 \2"),
        (r"(What|Which) (\w+) (is|comes) ([^?]+)\?", r"\1 \2 \3 \4"),
        (r"(How many \w+) does ([^?]+) have\?", r"\1 \2 has"),
        (r"(What|Where) does (an? \w+) (eat|live|say|sleep|do|mean|cost)\?", None),
        (r"(What|Where|Why|How) do (\w+) (\w+)\?", r"\1 \2 \3"),
        (r"(Is|Are|Can|Does|Has) ([^?,:]+)\?", None),
    ):
        match = re.fullmatch(pattern, prompt)
        if match is None:
            continue
        if clause is not None:
            return low(match.expand(clause))
        if match.lastindex == 3:
            verb = {"do": "does"}.get(match[3], match[3] + "s")
            return low(f"{match[1]} {match[2]} {verb}")
    return None


def reworded(rng: Random, prompt: str) -> str:
    """The same order or question in a polite frame, or with a contraction."""
    roll = rng.random()
    if roll < 0.2:
        first, _, rest = prompt.partition(" ")
        if first in ORDERS and rest and "?" not in prompt:
            return rng.choice(ORDER_FRAMES).format(low(prompt).rstrip("."))
        clause = indirect(prompt)
        if clause:
            return rng.choice(QUESTION_FRAMES).format(clause)
    if roll < 0.3:
        usual, other = rng.choice(CONTRACTIONS)
        return prompt.replace(usual, other, 1)
    return prompt


def dressed(rng: Random, prompt: str) -> str:
    """The prompt after an opening or before a closing phrase, now and then."""
    roll = rng.random()
    inner = prompt if rng.random() < 0.5 else low(prompt)
    if roll < 0.14:
        return rng.choice(OPENINGS).format(inner)
    if roll < 0.18:
        text = rng.choice(CONTEXTS).format(w=rng.choice(WHO), p=prompt)
        return text[:1].upper() + text[1:]
    if roll < 0.21:
        return f"{rng.choice(SETTINGS)} {prompt}"
    if roll < 0.27:
        return rng.choice(CLOSINGS).format(prompt)
    if roll < 0.3:
        return prompt.rstrip("?.") + rng.choice((" please", ", please", " for me")) + prompt[-1:]
    return prompt


def slip(rng: Random, prompt: str) -> str:
    """The prompt with one slip of the fingers in a lower-case word: two letters swapped, one lost or one doubled."""
    words = [match for match in re.finditer(r"\b[a-z]{4,}\b", prompt)]
    if not words:
        return prompt
    at = rng.choice(words).start() + rng.randint(1, 2)
    return prompt[:at] + rng.choice((prompt[at + 1] + prompt[at], prompt[at + 1], prompt[at] * 2 + prompt[at + 1])) + prompt[at + 2 :]


def roughened(rng: Random, prompt: str) -> str:
    """The prompt as people type it: sometimes without capitals or end mark, now and then with a slip."""
    roll = rng.random()
    if roll < 0.03:
        prompt = slip(rng, prompt)
    roll = rng.random()
    if roll < 0.08:
        return prompt.lower()
    if roll < 0.15:
        return prompt.rstrip("?.!")
    if roll < 0.27:
        return prompt.lower().rstrip("?.!")
    if roll < 0.28:
        return prompt.upper()
    return prompt

"""The chat format (ChatML) and its special tokens."""

SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
END_OF_TEXT, IM_START, IM_END = range(3)

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def spoken(messages: list[dict]) -> str:
    """The messages as CHAT_TEMPLATE renders them."""
    return "".join(f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>\n" for message in messages)


def prompt_of(messages: list[dict]) -> str:
    """What the model is to go on with: the messages, and the head of the assistant's next one."""
    return spoken(messages) + "<|im_start|>assistant\n"


def messages_of(turns: list[list[str]]) -> list[dict]:
    """Turns of (user, assistant) as messages."""
    return [{"role": role, "content": text} for turn in turns for role, text in zip(("user", "assistant"), turn, strict=True)]


def render(document: dict) -> str:
    """A line of train.jsonl or heldout.jsonl as training text, ended by <|endoftext|>."""
    text = document.get("text") or spoken(document.get("messages") or messages_of(document["turns"]))
    return text + SPECIAL_TOKENS[END_OF_TEXT]

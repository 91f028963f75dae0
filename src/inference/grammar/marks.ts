/**
 * Tokens of their own that models write around calls of tools, with a byte that stands for each in grammars: bytes from 0xF8 on are in no UTF-8, so
 * nothing else is spelled with them.
 */
export const MARKS = { '<tool_call>': 0xf8, '</tool_call>': 0xf9, '[TOOL_CALLS]': 0xfa, '<|python_tag|>': 0xfb } as const;
export type Mark = keyof typeof MARKS;

/** First byte of every other added token, which only free text may have; its text follows, if it has one. */
export const ADDED_BYTE = 0xfc;

/** Of tokens with such bytes only marks and added tokens are read. */
export const MARK_BYTES_FROM = 0xf8;

export const markByte = (text: string): number | undefined => (Object.hasOwn(MARKS, text) ? MARKS[text as Mark] : undefined);

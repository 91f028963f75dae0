import type { ChatMessage } from './tokenizer.ts';

/** Messages whose contents spell no special token, and how to turn their rendered text into ids. */
export interface GuardedChat {
  readonly messages: readonly ChatMessage[];
  /** Encodes rendered text; what a person wrote stays plain text, also where it looks like a special token. */
  encode(rendered: string): Uint32Array;
}

/**
 * Keeps people out of the template: `<|im_end|>` inside a message would otherwise end the turn and let its author speak as
 * the system or the assistant. Each spelled special token is taken out before rendering and put back as plain text, encoded
 * in two pieces that match no special token. Messages without one are encoded exactly as the model's template says.
 *
 * @param specials text of every special token
 */
export function guardChat(
  messages: readonly ChatMessage[],
  specials: readonly string[],
  encode: (text: string) => Uint32Array,
): GuardedChat {
  const spelled = specials.filter((special) => special.length > 1 && messages.some(({ content }) => content.includes(special)));
  if (spelled.length === 0) return { messages, encode };
  const mark = freshMark(messages);
  // Longest first: one special token may begin with another.
  const order = spelled.sort((a, b) => b.length - a.length);
  const hide = (content: string): string => order.reduce((text, special, i) => text.replaceAll(special, `${mark}${i}${mark}`), content);
  const hidden = new RegExp(`${mark}(\\d+)${mark}`);
  return {
    messages: messages.map((message) => ({ ...message, content: hide(message.content) })),
    encode(rendered) {
      const ids: number[] = [];
      // split keeps the captured numbers at odd places.
      for (const [i, part] of rendered.split(hidden).entries()) {
        const pieces = i % 2 === 0 ? [part] : halves(order[Number(part)] as string);
        for (const piece of pieces) ids.push(...encode(piece));
      }
      return Uint32Array.from(ids);
    },
  };
}

/** A private-use text that no message contains. */
function freshMark(messages: readonly ChatMessage[]): string {
  let mark = '\u{f0000}';
  while (messages.some(({ content }) => content.includes(mark))) mark += '\u{f0001}';
  return mark;
}

function halves(text: string): [string, string] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

/** A value whose texts spell no special token, and how to turn what a template made of it into ids. */
export interface Guarded<T> {
  readonly value: T;
  /** Encodes rendered text; what a person wrote stays plain text, also where it looks like a special token. */
  encode(rendered: string): Uint32Array;
}

/**
 * Keeps people out of the template: `<|im_end|>` inside a message, a tool's description or its result would otherwise end the turn and let its
 * author speak as the system or the assistant. Each spelled special token is taken out of every text and every key before rendering and put back as
 * plain text, encoded in two pieces that match no special token. A value without one is encoded exactly as the model's template says.
 *
 * @param value JSON: messages and tools
 * @param specials text of every special token
 */
export function guardTexts<T>(value: T, specials: readonly string[], encode: (text: string) => Uint32Array): Guarded<T> {
  const texts: string[] = [];
  mapTexts(value, (text) => {
    texts.push(text);
    return text;
  });
  const spelled = specials.filter((special) => special.length > 1 && texts.some((text) => text.includes(special)));
  if (spelled.length === 0) return { value, encode };
  const mark = freshMark(texts);
  // Longest first: one special token may begin with another.
  const order = spelled.sort((a, b) => b.length - a.length);
  const hide = (content: string): string => order.reduce((text, special, i) => text.replaceAll(special, `${mark}${i}${mark}`), content);
  const hidden = new RegExp(`${mark}(\\d+)${mark}`);
  return {
    value: mapTexts(value, hide),
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

/** The same JSON with each text and each key changed. */
function mapTexts<T>(value: T, change: (text: string) => string): T {
  const map = (item: unknown): unknown => {
    if (typeof item === 'string') return change(item);
    if (Array.isArray(item)) return item.map(map);
    if (typeof item !== 'object' || item === null) return item;
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [change(key), map(inner)]));
  };
  return map(value) as T;
}

/** A private-use text that none of them contains. */
function freshMark(texts: readonly string[]): string {
  let mark = '\u{f0000}';
  while (texts.some((text) => text.includes(mark))) mark += '\u{f0001}';
  return mark;
}

function halves(text: string): [string, string] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

import { ByteFallbackDecoder, SequenceDecoder } from './library.ts';

const BYTE = /^<0x([0-9A-Fa-f]{2})>$/;
/** Fatal, and with a byte order mark kept as the character that it is. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Puts {@link joinBytes} in the place of the library's own step wherever a decoder has it. */
export function fixDecoder(decoder: object | null): void {
  if (decoder instanceof SequenceDecoder) decoder.decoders.forEach(fixDecoder);
  if (decoder instanceof ByteFallbackDecoder) decoder.decode_chain = joinBytes;
}

/** Neighbouring byte tokens become the characters that they spell; where they are no UTF-8, each is U+FFFD. */
export function joinBytes(tokens: readonly string[]): string[] {
  const out: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length > 0) out.push(textOf(bytes));
    bytes = [];
  };
  for (const token of tokens) {
    const hex = BYTE.exec(token)?.[1];
    if (hex === undefined) {
      flush();
      out.push(token);
    } else bytes.push(Number.parseInt(hex, 16));
  }
  flush();
  return out;
}

function textOf(bytes: readonly number[]): string {
  try {
    return UTF8.decode(Uint8Array.from(bytes));
  } catch {
    return '\ufffd'.repeat(bytes.length);
  }
}

/** The head of an HTTP/1.1 answer that {@link DirectLines} can read by itself. */
export interface PlainHead {
  readonly headers: Headers;
  /** Of the body. */
  readonly bytes: number;
  /** The connection can be used again. */
  readonly keepAlive: boolean;
}

/**
 * Understands the head of a 206 whose body has a length and no encoding, and nothing else: undefined for any other answer, and for
 * whatever is unusual in it (folded lines, two lengths, an older protocol).
 *
 * @param text status line and header lines, without the empty line at the end
 */
export function parsePlainHead(text: string): PlainHead | undefined {
  const [status = '', ...lines] = text.split('\r\n');
  if (!/^HTTP\/1\.1 206(?: [\x20-\x7e\x80-\xff]*)?$/.test(status)) return undefined;
  const headers = new Headers();
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\t\x80-\xff]*)$/.exec(line);
    const [, name = '', value = ''] = match ?? [];
    if (!match || (/^(?:content-(?:length|range|encoding)|etag)$/i.test(name) && headers.has(name))) return undefined;
    headers.append(name, value.trimEnd());
  }
  const length = /^\d{1,15}$/.exec(headers.get('content-length') ?? '')?.[0];
  if (length === undefined || headers.has('transfer-encoding')) return undefined;
  if (!/^(?:identity)?$/i.test(headers.get('content-encoding') ?? '')) return undefined;
  return { headers, bytes: Number(length), keepAlive: !/\bclose\b/i.test(headers.get('connection') ?? '') };
}

/** One streamed answer: when its parts came, and what it said. */
export interface Streamed {
  /** From sending the request to the first text. */
  readonly ttftMs: number;
  /** From the first token to the last. */
  readonly decodeMs: number;
  readonly tokens: number;
  readonly text: string;
}

interface Chunk {
  readonly choices: readonly { readonly delta: { readonly role?: string; readonly content?: string } }[];
  readonly usage?: { readonly completion_tokens: number } | null;
  readonly error?: { readonly message: string };
}

/** Asks for a streamed completion and takes the time of each event. Connections are kept alive between calls. */
export async function askStreamed(baseUrl: string, apiKey: string, body: object, signal: AbortSignal): Promise<Streamed> {
  const startedAt = performance.now();
  const response = await fetch(`${baseUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
    signal,
  });
  if (!response.ok || response.body === null) throw new Error(`the router answered ${response.status}: ${await response.text()}`);
  let firstAt: number | undefined;
  let lastAt = 0;
  let text = '';
  let tokens: number | undefined;
  for await (const { data, at } of events(response.body)) {
    if (data === '[DONE]') continue;
    const chunk = JSON.parse(data) as Chunk;
    if (chunk.error !== undefined) throw new Error(`the stream broke: ${chunk.error.message}`);
    tokens = chunk.usage?.completion_tokens ?? tokens;
    const delta = chunk.choices[0]?.delta;
    if (delta?.content === undefined || delta.role !== undefined) continue;
    lastAt = at;
    if (delta.content !== '') firstAt ??= at;
    text += delta.content;
  }
  if (firstAt === undefined || tokens === undefined) throw new Error('the stream ended without text or usage');
  return { ttftMs: firstAt - startedAt, decodeMs: lastAt - firstAt, tokens, text };
}

async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<{ data: string; at: number }> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    const at = performance.now();
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
    rest = parts.pop() as string;
    for (const part of parts) if (part.startsWith('data: ')) yield { data: part.slice('data: '.length), at };
  }
}

/** Calls to a devnet's REST API by hand. */
import { parseCor } from '../../src/cli/cor.ts';
import type { Devnet } from './support.ts';

/** POST /v1/chat/completions; a string goes out as it is. */
export function post(net: Devnet, body: object | string, apiKey: string = net.apiKey, signal?: AbortSignal): Promise<Response> {
  return fetch(`${net.rest}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` }) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: signal ?? null,
  });
}

/** The `data:` of each server-sent event. */
export async function* events(response: Response): AsyncGenerator<string, void, void> {
  let rest = '';
  for await (const text of (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield part.replace(/^data: /, '');
  }
}

/** What is left of a stream. */
export async function restOf(stream: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const data of stream) all.push(data);
  return all;
}

export interface ApiError {
  readonly status: number;
  readonly error: { readonly code: string; readonly type: string; readonly param: string | null; readonly message: string };
}

export async function errorOf(response: Response): Promise<ApiError> {
  const { error } = (await response.json()) as Pick<ApiError, 'error'>;
  return { status: response.status, error };
}

/** Opens a session over the router's socket. */
export async function sessionFor(net: Devnet, cor: string): Promise<{ id: string; apiKey: string }> {
  const created = await net.call('router-1', 'session_create', { deposit: parseCor(cor, 'deposit').toString() });
  return { id: created.session.id, apiKey: created.apiKey };
}

import net from 'node:net';
import tls from 'node:tls';
import { type PlainHead, parsePlainHead } from './httpHead.ts';

const BUFFER_BYTES = 256 << 10;
const HEAD_BYTES_MAX = 32 << 10;
const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One HTTP/1.1 connection whose bytes come into one buffer of its own. fetch and node:http make a new 64 KiB buffer for each read, and
 * collecting those costs ten times what the reading does (0.15 s of CPU a GiB here, 1.5 to 2 s there).
 */
export class Line {
  readonly #socket: net.Socket;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  /** What was read and not taken. Without TLS a view of the buffer: nothing is read while there is one. */
  readonly #held: Buffer[] = [];
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(url: URL) {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const secure = url.protocol === 'https:';
    const onread = {
      buffer: this.#buffer,
      callback: (bytes: number): boolean => {
        const part = this.#buffer.subarray(0, bytes);
        // TLS goes on with the records that it has, whatever is returned here, and reuses the buffer.
        this.#held.push(secure ? Buffer.from(part) : part);
        this.#notify();
        return false;
      },
    };
    const port = Number(url.port || (secure ? 443 : 80));
    const servername = net.isIP(host) === 0 ? { servername: host } : {};
    // Node passes `onread` on to the socket below; its types know it for net only.
    const common = { host, port, onread };
    this.#socket = secure
      ? tls.connect({ ...common, ...servername, ALPNProtocols: ['http/1.1'] } as tls.ConnectionOptions)
      : net.connect(common);
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error) => {
      this.#error = error;
    });
    for (const event of ['end', 'close'] as const) {
      this.#socket.on(event, () => {
        this.#ended = true;
        this.#notify();
      });
    }
  }

  /** Still open, and nothing came that nobody asked for. */
  get usable(): boolean {
    return !this.#ended && this.#held.length === 0;
  }

  /** Sends a request and reads the head of its answer; undefined when it is not plain, or the connection ends. */
  async ask(request: string): Promise<PlainHead | undefined> {
    this.#socket.write(request, 'latin1');
    let head = Buffer.alloc(0);
    for (;;) {
      const part = await this.#take();
      if (part === undefined) return undefined;
      const before = head.length;
      head = Buffer.concat([head, part]);
      const end = head.indexOf(HEAD_END, Math.max(0, before - HEAD_END.length));
      if (end >= 0) {
        const rest = part.subarray(end + HEAD_END.length - before);
        if (rest.length > 0) this.#held.unshift(rest);
        return parsePlainHead(head.subarray(0, end).toString('latin1'));
      }
      if (head.length > HEAD_BYTES_MAX) return undefined;
    }
  }

  /**
   * The next `bytes` bytes, in parts that are good until the next one is asked for.
   *
   * @throws the socket's error, or one that says so when it ends early
   */
  async *read(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      const part = await this.#take();
      if (part === undefined) throw this.#error ?? new Error('the connection ended early');
      const mine = part.subarray(0, left);
      left -= mine.length;
      // More than was promised stays: the line is not usable then.
      if (mine.length < part.length) this.#held.unshift(part.subarray(mine.length));
      yield mine;
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  async #take(): Promise<Buffer | undefined> {
    for (;;) {
      const held = this.#held.shift();
      if (held !== undefined) return held;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#socket.resume();
      });
    }
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

import type { StoreEvent, StoreProgress } from '../inference/store/events.ts';
import { formatBytes, formatEta } from './bytes.ts';
import type { Io } from './io.ts';

const BAR_CELLS = 24;
/** Where there is no terminal: a line each tenth. */
const STEPS = 10;

/** Shows what a pull or a verification tells, on standard error: one line that is drawn again on a terminal, few lines elsewhere. */
export class ProgressBar {
  readonly #io: Io;
  readonly #live: boolean;
  #drawn = false;
  #step = -1;

  constructor(io: Io) {
    this.#io = io;
    this.#live = io.stderr.isTTY === true;
  }

  show(event: StoreEvent): void {
    if (event.type === 'progress') this.#progress(event);
    else if (event.type !== 'file') this.#line(lineOf(event));
  }

  /** Leaves the last state standing. */
  end(): void {
    if (this.#drawn) this.#io.err('\n');
    this.#drawn = false;
  }

  #line(text: string): void {
    this.#io.err(this.#drawn ? `\r\x1b[2K${text}\n` : `${text}\n`);
    this.#drawn = false;
  }

  #progress(event: StoreProgress): void {
    const share = shareOf(event);
    const text = progressText(event);
    if (this.#live) {
      const cells = Math.floor((share ?? 0) * BAR_CELLS);
      const bar = share === undefined ? '' : `${'█'.repeat(cells)}${'░'.repeat(BAR_CELLS - cells)} `;
      const width = this.#io.stderr.columns ?? 80;
      this.#io.err(`\r\x1b[2K${`${bar}${text}`.slice(0, Math.max(width - 1, 20))}`);
      this.#drawn = true;
      return;
    }
    const step = Math.floor((share ?? 0) * STEPS);
    if (step <= this.#step) return;
    this.#step = step;
    this.#io.err(`${text}\n`);
  }
}

/** 0 to 1; undefined while the total is not known. */
function shareOf({ bytesDone, bytesTotal }: StoreProgress): number | undefined {
  if (bytesTotal === undefined) return undefined;
  return bytesTotal === 0 ? 1 : Math.min(bytesDone / bytesTotal, 1);
}

function progressText(event: StoreProgress): string {
  const { bytesDone, bytesTotal, bytesPerSecond, etaMs } = event;
  const share = shareOf(event);
  const parts = share === undefined ? [] : [`${String(Math.floor(share * 100)).padStart(3)} %`];
  parts.push(bytesTotal === undefined ? formatBytes(bytesDone) : `${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`);
  if (bytesPerSecond > 0) parts.push(`${formatBytes(bytesPerSecond)}/s`);
  if (etaMs !== undefined && bytesDone !== bytesTotal) parts.push(`${formatEta(etaMs)} left`);
  return parts.join('  ');
}

const PEER_TEXT = { joined: 'has it', failed: 'failed', lied: 'is dropped' } as const;

function lineOf(event: Extract<StoreEvent, { type: 'plan' | 'waiting' | 'retry' | 'peer' }>): string {
  switch (event.type) {
    case 'plan': {
      const here = event.bytesHere > 0 ? `, ${formatBytes(event.bytesHere)} already here` : '';
      const total = event.bytesTotal === undefined ? '' : `, ${formatBytes(event.bytesTotal)}`;
      return `${event.name}: ${event.files === 1 ? 'one file' : `${event.files} files`}${total}${here}`;
    }
    case 'peer':
      return `${event.peerId} ${PEER_TEXT[event.what]}${event.message === undefined ? '' : `: ${event.message}`}`;
    case 'waiting':
      return `waiting for another process that works on ${event.what}`;
    case 'retry':
      return `${event.path === '' ? '' : `${event.path}: `}${event.message}; again in ${Math.ceil(event.waitMs / 1_000)} s`;
  }
}

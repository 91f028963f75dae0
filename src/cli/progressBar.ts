import type { StoreEvent } from '../inference/store/events.ts';
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

  #progress(event: Extract<StoreEvent, { type: 'progress' }>): void {
    const share = event.bytesTotal === 0 ? 1 : event.bytesDone / event.bytesTotal;
    const text = progressText(event);
    if (this.#live) {
      const cells = Math.floor(share * BAR_CELLS);
      const width = this.#io.stderr.columns ?? 80;
      this.#io.err(`\r\x1b[2K${`${'█'.repeat(cells)}${'░'.repeat(BAR_CELLS - cells)} ${text}`.slice(0, Math.max(width - 1, 20))}`);
      this.#drawn = true;
      return;
    }
    const step = Math.floor(share * STEPS);
    if (step <= this.#step) return;
    this.#step = step;
    this.#io.err(`${text}\n`);
  }
}

export function progressText({ bytesDone, bytesTotal, bytesPerSecond, etaMs }: Extract<StoreEvent, { type: 'progress' }>): string {
  const percent = bytesTotal === 0 ? 100 : Math.floor((bytesDone * 100) / bytesTotal);
  const parts = [`${String(percent).padStart(3)} %`, `${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`];
  if (bytesPerSecond > 0) parts.push(`${formatBytes(bytesPerSecond)}/s`);
  if (etaMs !== undefined && bytesDone < bytesTotal) parts.push(`${formatEta(etaMs)} left`);
  return parts.join('  ');
}

function lineOf(event: Extract<StoreEvent, { type: 'plan' | 'waiting' | 'retry' }>): string {
  switch (event.type) {
    case 'plan': {
      const here = event.bytesHere > 0 ? `, ${formatBytes(event.bytesHere)} already here` : '';
      return `${event.name}: ${event.files} files, ${formatBytes(event.bytesTotal)}${here}`;
    }
    case 'waiting':
      return `waiting for another process that works on ${event.what}`;
    case 'retry':
      return `${event.path === '' ? '' : `${event.path}: `}${event.message}; again in ${Math.ceil(event.waitMs / 1_000)} s`;
  }
}

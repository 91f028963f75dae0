import type { Logger } from 'pino';
import type { RouterService } from '../../roles/router/service.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Clock } from '../../util/clock.ts';
import type { CodedError } from '../../util/errors.ts';

/** What handlers need. */
export interface RestContext {
  /** Absent on nodes without the router role: model and chat routes answer ROLE_NOT_ENABLED. */
  readonly router: RouterService | undefined;
  readonly readiness: () => Readiness | Promise<Readiness>;
  readonly version: string;
  readonly log: Logger;
  readonly metrics: Metrics | undefined;
  readonly clock: Clock;
  /** Counts and logs an error that reached a client. */
  onError(error: CodedError): void;
  /** Remembers running work, so that closing the server can end it; call the result when the work is over. */
  track(controller: AbortController): () => void;
}

export interface Readiness {
  readonly ready: boolean;
  /** What is missing, in words. */
  readonly problems: readonly string[];
}

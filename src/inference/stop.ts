/**
 * Where the stop string begins that is complete first, or −1. Generation ends with the token that completes one, so the first
 * end counts, not the first beginning; of two that end together the longer one.
 *
 * @param from index before which no match can begin (an optimisation for growing texts)
 */
export function findStop(text: string, stop: readonly string[], from = 0): number {
  let best = -1;
  let bestEnd = Number.POSITIVE_INFINITY;
  for (const needle of stop) {
    if (needle === '') continue;
    const at = text.indexOf(needle, from);
    const end = at + needle.length;
    if (at !== -1 && (end < bestEnd || (end === bestEnd && at < best))) {
      best = at;
      bestEnd = end;
    }
  }
  return best;
}

/** The text before the earliest stop string. The token that completes a stop string is emitted, so text may run past it. */
export function cutAtStop(text: string, stop: readonly string[]): { text: string; stopped: boolean } {
  const at = findStop(text, stop);
  return at === -1 ? { text, stopped: false } : { text: text.slice(0, at), stopped: true };
}

/**
 * Length of the longest end of `text` that could still grow into a stop string: a streaming caller holds that many characters back.
 */
export function heldBack(text: string, stop: readonly string[]): number {
  let held = 0;
  for (const needle of stop) {
    for (let length = Math.min(needle.length - 1, text.length); length > held; length--) {
      if (text.endsWith(needle.slice(0, length))) {
        held = length;
        break;
      }
    }
  }
  return held;
}

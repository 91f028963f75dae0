/**
 * Where a stop string begins: the earliest match of any of them; -1 when there is none.
 *
 * @param from index before which no match can begin (an optimisation for growing texts)
 */
export function findStop(text: string, stop: readonly string[], from = 0): number {
  let earliest = -1;
  for (const needle of stop) {
    if (needle === '') continue;
    const at = text.indexOf(needle, from);
    if (at !== -1 && (earliest === -1 || at < earliest)) earliest = at;
  }
  return earliest;
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

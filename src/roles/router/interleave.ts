/** An event of one of several sources, or its end. */
export type Interleaved<E, R> =
  | { readonly source: number; readonly done: false; readonly value: E }
  | { readonly source: number; readonly done: true; readonly value: R };

/**
 * Runs generators side by side and gives their events as they come, one of each held at most; who waited longest goes first. Ends with their results,
 * or with the error of the first that fails.
 *
 * @param cancel ends the sources that still run; called once, before this generator ends for whatever reason
 */
export async function* interleave<E, R>(
  sources: readonly AsyncGenerator<E, R, void>[],
  cancel: () => void,
): AsyncGenerator<Interleaved<E, R>, readonly R[], void> {
  const results = new Map<number, R>();
  // In the order of asking: of several that are there, the race takes the first.
  const asked = new Map<number, Promise<{ source: number; step: IteratorResult<E, R> }>>();
  const ask = (source: number, from: AsyncGenerator<E, R, void>): void => {
    asked.set(
      source,
      from.next().then((step) => ({ source, step })),
    );
  };
  try {
    for (const [source, from] of sources.entries()) ask(source, from);
    while (asked.size > 0) {
      const { source, step } = await Promise.race(asked.values());
      asked.delete(source);
      if (step.done) {
        results.set(source, step.value);
        yield { source, done: true, value: step.value };
      } else {
        yield { source, done: false, value: step.value };
        ask(source, sources[source] as AsyncGenerator<E, R, void>);
      }
    }
    return sources.map((_, source) => results.get(source) as R);
  } finally {
    cancel();
    await Promise.allSettled([...asked.values(), ...sources.map((source) => source.return(undefined as never))]);
  }
}

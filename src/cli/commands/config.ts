import { originText } from '../../config/layers.ts';
import { valueAt } from '../../config/resolve.ts';
import type { ResolvedConfig } from '../../config/schema.ts';
import { type GlobalOptions, loadFor } from '../globals.ts';
import type { Io } from '../io.ts';

export interface ConfigShowOptions extends GlobalOptions {
  readonly origin?: boolean;
}

/** The resolved config: every key with its value and, when asked, where it came from. */
export async function configShow(options: ConfigShowOptions, io: Io): Promise<void> {
  const entries = configEntries(await loadFor(options, io));
  if (options.json) {
    io.out(`${JSON.stringify(options.origin ? entries : Object.fromEntries(entries.map(({ key, value }) => [key, value])))}\n`);
    return;
  }
  const lines = entries.map(({ key, value }) => `${key} = ${JSON.stringify(value)}`);
  const width = Math.max(...lines.map((line) => line.length));
  io.out(
    entries
      .map(({ origin }, index) => (options.origin ? `${lines[index]?.padEnd(Math.min(width, 60))}  # ${origin}\n` : `${lines[index]}\n`))
      .join(''),
  );
}

export function configEntries(resolved: ResolvedConfig): { key: string; value: unknown; origin: string }[] {
  return resolved.keys.map((key) => ({
    key,
    value: valueAt(resolved.config, key),
    origin: originText(resolved.origin(key)),
  }));
}

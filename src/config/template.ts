import { stringify } from 'smol-toml';
import { LEAVES, type Leaf, TABLES } from './leaves.ts';
import { wants } from './resolve.ts';

/**
 * The commented TOML that `init` writes: every key with its meaning and bounds, commented out at its default, except those
 * in `values` (dotted keys), which are set.
 */
export function writeDefaultConfig(values: Readonly<Record<string, unknown>> = {}): string {
  const lines = [
    '# cortensord configuration. Every key is shown at its default; remove the leading # to change one.',
    '# Flags and CORTENSORD_* variables win over this file. Reference: docs/config.md',
    '',
  ];
  for (const table of TABLES) {
    if (table.leaves.length === 0 && table.doc === '') continue;
    if (table.key !== '') lines.push('', ...wrap(table.doc), `[${table.key}]`);
    for (const leaf of table.leaves) lines.push(...leafLines(leaf, values[leaf.key]));
  }
  for (const key of Object.keys(values)) if (!LEAVES.has(key)) throw new RangeError(`writeDefaultConfig: no key ${key}`);
  return `${lines.join('\n')}\n`;
}

function leafLines(leaf: Leaf, value: unknown): string[] {
  const name = leaf.key.slice(leaf.key.lastIndexOf('.') + 1);
  const doc = wrap(`${leaf.doc.doc} [${wants(leaf)}]`);
  const set = value !== undefined;
  const shown = set ? value : (leaf.doc.example ?? leaf.defaultValue);
  return [...doc, `${set ? '' : '# '}${stringify({ [name]: shown }).trim()}`];
}

function wrap(text: string, width = 110): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > width) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  lines.push(line);
  return lines;
}

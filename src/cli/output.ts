import type { CodedError } from '../util/errors.ts';

/** `error CODE: message`, then what to do. */
export function errorText(error: CodedError): string {
  return `error ${error.code}: ${error.message}\n  ${error.remedy}\n`;
}

export function errorJson(error: CodedError): string {
  return `${JSON.stringify({ error: { code: error.code, message: error.message, remedy: error.remedy } })}\n`;
}

/** Columns as wide as their widest cell; numbers are right-aligned. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const right = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return `${cells.map(line).join('\n')}\n`;
}

/** Name and value pairs, one a line. */
export function fields(pairs: readonly (readonly [string, string | number | undefined])[]): string {
  const shown = pairs.filter((pair): pair is readonly [string, string | number] => pair[1] !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}

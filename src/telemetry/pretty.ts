const COLOUR: Readonly<Record<string, string>> = {
  trace: '\u001b[90m',
  debug: '\u001b[36m',
  info: '\u001b[32m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
  fatal: '\u001b[35m',
};
const RESET = '\u001b[0m';
const DIM = '\u001b[90m';

/** Turns JSON log lines into `12:34:56.789 info  message key=value`, with colour when `colour` is set. */
export function prettyStream(sink: { write(line: string): void }, colour = process.stderr.isTTY === true): { write(line: string): void } {
  return { write: (line) => sink.write(`${prettyLine(line, colour)}\n`) };
}

/** One JSON line as text; what is not a JSON object passes unchanged. */
export function prettyLine(line: string, colour: boolean): string {
  let event: Record<string, unknown>;
  try {
    event = JSON.parse(line);
  } catch {
    return line.trimEnd();
  }
  const { level, time, msg, err, ...rest } = event;
  const paint = (code: string | undefined, text: string): string => (colour && code ? `${code}${text}${RESET}` : text);
  const name = String(level);
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const clock = String(time).slice(11, 23);
  return [paint(DIM, clock), paint(COLOUR[name], name.padEnd(5)), String(msg ?? ''), paint(DIM, fields.join(' ')), errorText(err)]
    .filter((part) => part !== '')
    .join(' ');
}

function errorText(err: unknown): string {
  if (typeof err !== 'object' || err === null) return '';
  const { code, type, message, stack } = err as Record<string, unknown>;
  return `${code ?? type ?? 'error'}: ${message}${typeof stack === 'string' ? `\n${stack}` : ''}`;
}

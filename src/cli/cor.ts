import { cliError } from './errors.ts';

const WEI_DIGITS = 18;

/** `1.5` → wei. @throws CLI_USAGE */
export function parseCor(text: string, what: string): bigint {
  const match = /^(\d{1,20})(?:\.(\d{1,18}))?$/.exec(text);
  if (!match)
    throw cliError('CLI_USAGE', `${what} is ${JSON.stringify(text)}; give COR as a decimal number with at most 18 decimals, e.g. 1.5`);
  const [, whole = '0', fraction = ''] = match;
  return BigInt(whole) * 10n ** BigInt(WEI_DIGITS) + BigInt(fraction.padEnd(WEI_DIGITS, '0'));
}

/** Wei (also as a decimal string) → `1.5`. Exact: nothing is rounded. */
export function formatCor(wei: bigint | string): string {
  const value = BigInt(wei);
  const digits = (value < 0n ? -value : value).toString().padStart(WEI_DIGITS + 1, '0');
  const fraction = digits.slice(-WEI_DIGITS).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -WEI_DIGITS)}${fraction === '' ? '' : `.${fraction}`}`;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** `90`, `90s`, `15m`, `24h`, `30d` → seconds. @throws CLI_USAGE */
export function parseDuration(text: string, what: string): number {
  const match = /^(\d{1,9})([smhd]?)$/.exec(text);
  const seconds = Number(match?.[1]) * (SECONDS[match?.[2] || 's'] ?? 1);
  if (!match || seconds < 1) throw cliError('CLI_USAGE', `${what} is ${JSON.stringify(text)}; give seconds, or a number with s, m, h or d`);
  return seconds;
}

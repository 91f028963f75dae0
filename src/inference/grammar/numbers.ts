import { NUMBER_DIGITS_MAX } from './limits.ts';
import { type ProgramBuilder, RETURN } from './program.ts';
import { oneOf } from './strings.ts';

const DIGITS = '0123456789';
/** Greatest integer that comes out. */
export const INTEGER_MAX = 10 ** NUMBER_DIGITS_MAX - 1;

/** Between `min` and `max` digits. */
function digits(builder: ProgramBuilder, min: number, max: number, next: number): number {
  let node = next;
  for (let i = max; i > 0; i--) node = i > min ? builder.any(next, oneOf(builder, DIGITS, node)) : oneOf(builder, DIGITS, node);
  return node;
}

/** A rule for any number: up to 15 digits before and after the point, up to two in the exponent. */
export function numberRule(builder: ProgramBuilder): number {
  return builder.rule(false, () => {
    const sign = (next: number): number => builder.any(next, oneOf(builder, '+-', next));
    const exponent = builder.any(RETURN, oneOf(builder, 'eE', sign(digits(builder, 1, 2, RETURN))));
    const fraction = builder.any(exponent, builder.text('.', digits(builder, 1, NUMBER_DIGITS_MAX, exponent)));
    const whole = builder.any(
      oneOf(builder, '0', fraction),
      oneOf(builder, '123456789', digits(builder, 0, NUMBER_DIGITS_MAX - 1, fraction)),
    );
    return builder.any(whole, builder.text('-', whole));
  });
}

/** A rule for the integers from `min` to `max`, without a sign before 0. */
export function integerRule(builder: ProgramBuilder, min: number, max: number): number {
  return builder.rule(false, () =>
    builder.any(
      ...(max >= 0 && max >= min ? naturals(builder, Math.max(0, min), max) : []),
      ...(min < 0 && max >= min ? naturals(builder, Math.max(1, -max), -min).map((node) => builder.text('-', node)) : []),
    ),
  );
}

/** One way for each length. */
function naturals(builder: ProgramBuilder, min: number, max: number): number[] {
  const ways: number[] = [];
  for (let length = 1; length <= NUMBER_DIGITS_MAX; length++) {
    const low = Math.max(min, length === 1 ? 0 : 10 ** (length - 1));
    const high = Math.min(max, 10 ** length - 1);
    if (low <= high) ways.push(between(builder, String(low), String(high)));
  }
  return ways;
}

/** Digits from `low` to `high`, both of one length. */
function between(builder: ProgramBuilder, low: string, high: string): number {
  if (/^0*$/.test(low) && /^9*$/.test(high)) return digits(builder, low.length, low.length, RETURN);
  const [first, last] = [Number(low[0]), Number(high[0])];
  const [least, most] = [low.slice(1).replaceAll(/./g, '0'), low.slice(1).replaceAll(/./g, '9')];
  if (first === last) return builder.text(low[0] as string, between(builder, low.slice(1), high.slice(1)));
  const middle = DIGITS.slice(first + 1, last);
  return builder.any(
    builder.text(low[0] as string, between(builder, low.slice(1), most)),
    ...(middle === '' ? [] : [oneOf(builder, middle, digits(builder, least.length, least.length, RETURN))]),
    builder.text(high[0] as string, between(builder, least, high.slice(1))),
  );
}

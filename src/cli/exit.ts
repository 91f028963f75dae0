import type { CodedError } from '../util/errors.ts';

/** Exit codes (after sysexits.h where it has one); docs/exit-codes.md is generated from this. */
export const EXIT_CODES = {
  0: 'Done; a node stopped as asked.',
  1: 'The command failed; the error says why.',
  2: 'The command line is wrong.',
  64: 'The configuration is wrong.',
  65: 'Data is not what it should be: a model folder or an answer cannot be understood.',
  66: 'A file that is needed is not there.',
  69: 'Something that is needed does not answer: no node runs, or the chain or a peer is away.',
  70: 'A defect in cortensord, or a stop that had to be forced.',
  73: 'A file, socket or port cannot be made because something is there already.',
  77: 'This user may not do that, or the password is wrong.',
  78: 'Chain, deployment and keys do not go together.',
  130: 'Interrupted.',
} as const satisfies Readonly<Record<number, string>>;

export type ExitCode = keyof typeof EXIT_CODES;

/** The exit code that an error's definition asks for; 1 when it asks for none. */
export function exitCodeOf(error: CodedError): ExitCode {
  const { exit = 1 } = error.definition;
  return exit in EXIT_CODES ? (exit as ExitCode) : 1;
}

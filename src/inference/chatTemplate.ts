import * as jinja from '@huggingface/jinja';
import { inferenceError } from './errors.ts';
import { TimeIsOver, withTimeLimit } from './timeLimit.ts';

/** Source of a template. The longest of published models have some 20,000. */
export const TEMPLATE_CHARS_MAX = 1 << 18;
/** Expressions and statements that one rendering evaluates; a conversation of 1,000 messages takes some 50,000. */
export const RENDER_STEPS_MAX = 2_000_000;
/** What a rendering, and every text on the way to it, may have more than the messages. */
export const RENDER_CHARS_MAX = 1 << 18;
/** Messages come into the text once; a template that quotes them may do it again. */
export const RENDER_GROWTH_MAX = 4;
/** Numbers of one `range` and entries of one list. */
export const RENDER_ITEMS_MAX = 100_000;
export const RENDER_MS_MAX = 1_000;

/** What is used of the library's interpreter: its declarations cannot be resolved from here. Every step of a rendering is a call of `evaluate`. */
interface Interpreter {
  run(program: unknown): { readonly value: unknown };
  evaluate(statement: unknown, environment: Environment): { readonly value: unknown };
}
interface Environment {
  set(name: string, value: unknown): unknown;
}
const { Template } = jinja;
const Environment = jinja.Environment as unknown as new () => Environment;
const Interpreter = jinja.Interpreter as unknown as new (environment: Environment) => Interpreter;

/** A bound was reached: no error that a template raises by itself. */
class RenderLimit extends Error {}

/** Counts what it evaluates, and looks at the size of every value: templates are programs of whoever published the model. */
class BoundedInterpreter extends Interpreter {
  readonly #charsMax: number;
  #steps = 0;

  constructor(environment: Environment, charsMax: number) {
    super(environment);
    this.#charsMax = charsMax;
  }

  override evaluate(statement: unknown, environment: Environment): { readonly value: unknown } {
    if (++this.#steps > RENDER_STEPS_MAX) throw new RenderLimit(`evaluates more than ${RENDER_STEPS_MAX} expressions`);
    const result = super.evaluate(statement, environment);
    const { value } = result;
    if (typeof value === 'string' && value.length > this.#charsMax) throw new RenderLimit(`makes a text of ${value.length} characters`);
    if (Array.isArray(value) && value.length > RENDER_ITEMS_MAX) throw new RenderLimit(`makes a list of ${value.length} entries`);
    return result;
  }
}

/** As Python's `range`; the library's own would fill the memory before it is asked again. */
function range(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (!(count <= RENDER_ITEMS_MAX)) throw new RenderLimit(`asks for a range of ${count} numbers`);
  return Array.from({ length: count }, (_, i) => from + i * step);
}

const today = new Template('{{ strftime_now(format) }}');
/** What templates find beside the variables, as in the library's own `render`. */
const GLOBALS: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range,
  strftime_now: (format: string) => today.render({ format }),
  raise_exception: (message: string) => {
    throw new Error(message);
  },
};

/** A chat template that ends: in a bounded number of steps, with a bounded text, in a bounded time. */
export class ChatTemplate {
  readonly #template: jinja.Template;

  /** @throws MODEL_INVALID when it cannot be parsed or is too long */
  constructor(source: string) {
    if (source.length > TEMPLATE_CHARS_MAX) {
      const message = `the chat template has ${source.length} characters; at most ${TEMPLATE_CHARS_MAX} are read`;
      throw inferenceError('MODEL_INVALID', message, { chars: source.length });
    }
    try {
      this.#template = withTimeLimit(RENDER_MS_MAX, () => new Template(source));
    } catch (error) {
      throw inferenceError('MODEL_INVALID', 'the chat template cannot be parsed', {}, error);
    }
  }

  /**
   * @param inputChars of all messages together
   * @throws MODEL_TEXT_LIMIT at a bound, CHAT_TEMPLATE_FAILED with what the template raised
   */
  render(variables: Readonly<Record<string, unknown>>, inputChars: number): string {
    try {
      return withTimeLimit(RENDER_MS_MAX, () => this.#run(variables, RENDER_CHARS_MAX + RENDER_GROWTH_MAX * inputChars));
    } catch (error) {
      if (error instanceof RenderLimit || error instanceof TimeIsOver)
        throw inferenceError('MODEL_TEXT_LIMIT', `the chat template ${error.message}`, {}, error);
      throw inferenceError('CHAT_TEMPLATE_FAILED', 'the chat template rejected the messages', {}, error);
    }
  }

  #run(variables: Readonly<Record<string, unknown>>, charsMax: number): string {
    const environment = new Environment();
    for (const [key, value] of Object.entries({ ...GLOBALS, ...variables })) environment.set(key, value);
    return String(new BoundedInterpreter(environment, charsMax).run(this.#template.parsed).value);
  }
}

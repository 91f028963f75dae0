import * as jinja from '@huggingface/jinja';
import { inferenceError } from '../errors.ts';
import { TimeIsOver, withTimeLimit } from '../timeLimit.ts';
import { strftime } from './strftime.ts';

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

/** What templates find beside the variables, as in the library's own `render`. */
const GLOBALS: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range,
  raise_exception: (message: string) => {
    throw new Error(message);
  },
};

export interface TemplateContext {
  readonly messages: readonly object[];
  /** Functions that the model may call, as OpenAI's API has them. */
  readonly tools?: readonly object[] | undefined;
  readonly addGenerationPrompt: boolean;
}

/** A chat template in Jinja, with the globals that Hugging Face transformers gives it, that ends: in a bounded number of steps, with a bounded text, in a bounded time. */
export class ChatTemplate {
  readonly #template: jinja.Template;
  readonly #globals: Readonly<Record<string, unknown>>;

  /**
   * @param special bos_token and its kin
   * @param now what `strftime_now` formats
   * @throws MODEL_INVALID when it cannot be parsed or is too long
   */
  constructor(source: string, special: Readonly<Record<string, string>>, now: () => Date) {
    this.#globals = { ...GLOBALS, ...special, documents: null, strftime_now: (format: string) => strftime(now(), format) };
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
  render({ messages, tools, addGenerationPrompt }: TemplateContext, inputChars: number): string {
    const variables = { messages, tools: tools ?? null, add_generation_prompt: addGenerationPrompt };
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
    for (const [key, value] of Object.entries({ ...this.#globals, ...variables })) environment.set(key, value);
    return String(new BoundedInterpreter(environment, charsMax).run(this.#template.parsed).value);
  }
}

/**
 * The template of a model: the one source there is, or of a list of named ones `tool_use` when there are tools, else `default`.
 *
 * @param value `chat_template` of tokenizer_config.json
 */
export function templateSource(value: unknown, hasTools: boolean): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (!Array.isArray(value)) return undefined;
  const named = new Map(
    value.flatMap((entry: { name?: unknown; template?: unknown } | null) =>
      typeof entry?.name === 'string' && typeof entry.template === 'string' ? [[entry.name, entry.template] as const] : [],
    ),
  );
  return (hasTools ? named.get('tool_use') : undefined) ?? named.get('default');
}

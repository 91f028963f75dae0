import { Template } from '@huggingface/jinja';
import { inferenceError } from './errors.ts';

export interface TemplateContext {
  readonly messages: readonly object[];
  /** Functions that the model may call, as OpenAI's API has them. */
  readonly tools?: readonly object[] | undefined;
  readonly addGenerationPrompt: boolean;
}

const CLOCK = 'cortensor_strftime';
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** A chat template in Jinja, with the globals that Hugging Face transformers gives it. */
export class ChatTemplate {
  readonly #template: Template;
  readonly #special: Readonly<Record<string, string>>;
  readonly #now: () => Date;

  /**
   * @param special bos_token and its kin
   * @param now what `strftime_now` formats, in UTC
   * @throws MODEL_INVALID
   */
  constructor(source: string, special: Readonly<Record<string, string>>, now: () => Date) {
    // The library has a clock of its own: the template's name for it is set to ours. A line end after a tag would be dropped.
    const clock = source.includes('strftime_now') ? `{% set strftime_now = ${CLOCK} %}${source.startsWith('\n') ? '\n' : ''}` : '';
    try {
      this.#template = new Template(clock + source);
    } catch (error) {
      throw inferenceError('MODEL_INVALID', 'the chat template cannot be parsed', {}, error);
    }
    this.#special = special;
    this.#now = now;
  }

  /** @throws what the template raises */
  render({ messages, tools, addGenerationPrompt }: TemplateContext): string {
    return this.#template.render({
      messages,
      tools: tools ?? null,
      documents: null,
      add_generation_prompt: addGenerationPrompt,
      [CLOCK]: (format: string) => strftime(this.#now(), format),
      ...this.#special,
    });
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

/** The usual directives of Python's strftime in the C locale; others stay as they stand. */
function strftime(date: Date, format: string): string {
  const pad = (value: number): string => String(value).padStart(2, '0');
  const day = DAYS[date.getUTCDay()] as string;
  const month = MONTHS[date.getUTCMonth()] as string;
  const hour = date.getUTCHours();
  const values: Readonly<Record<string, string>> = {
    a: day.slice(0, 3),
    A: day,
    b: month.slice(0, 3),
    B: month,
    d: pad(date.getUTCDate()),
    m: pad(date.getUTCMonth() + 1),
    Y: String(date.getUTCFullYear()),
    y: pad(date.getUTCFullYear() % 100),
    H: pad(hour),
    I: pad(hour % 12 === 0 ? 12 : hour % 12),
    p: hour < 12 ? 'AM' : 'PM',
    M: pad(date.getUTCMinutes()),
    S: pad(date.getUTCSeconds()),
    '%': '%',
  };
  return format.replace(/%([a-zA-Z%])/g, (whole, key: string) => values[key] ?? whole);
}

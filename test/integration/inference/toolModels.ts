import type { Tool } from '../../../src/inference/chat/chat.ts';
import type { TinyModelOptions } from './tinyModel.ts';

/** Small templates of the forms that the families have. */
export const TEMPLATES = {
  hermes:
    '{% if tools %}<|im_start|>system\n{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}Answer in <tool_call></tool_call>.<|im_end|>\n{% endif %}' +
    '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>\n{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}\n</tool_call>{% endfor %}<|im_end|>\n{% endfor %}' +
    '{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}',
  mistral:
    '{% if tools %}[AVAILABLE_TOOLS]{{ tools | tojson }}{% endif %}{% for m in messages %}{% if m.tool_calls %}[TOOL_CALLS]' +
    '[{% for c in m.tool_calls %}{{ {"name": c.function.name, "arguments": c.function.arguments, "id": c.id} | tojson }}{% endfor %}]' +
    '{% elif m.tool_call_id %}[{{ m.tool_call_id }}]{{ m.content }}{% else %}{{ m.content }}{% endif %}<|im_end|>{% endfor %}',
};
/** Tiny models of each form. `opening` is the token that begins a call: who likes it above all calls at once. */
export const MODELS: Readonly<Record<string, Pick<TinyModelOptions, 'template' | 'special'> & { readonly opening?: string }>> = {
  hermes: { template: TEMPLATES.hermes, special: [] },
  'hermes with tokens': { template: TEMPLATES.hermes, special: ['<tool_call>', '</tool_call>'], opening: '<tool_call>' },
  mistral: { template: TEMPLATES.mistral, special: ['[TOOL_CALLS]'], opening: '[TOOL_CALLS]' },
  llama: {
    template: '{% if tools %}{{ tools | tojson }}{"name": x, "parameters": y}{% endif %}{% for m in messages %}{{ m.content }}{% endfor %}',
    opening: '{',
  },
};

export const TOOLS: readonly Tool[] = [
  {
    name: 'weather',
    parameters: {
      type: 'object',
      properties: { city: { enum: ['Rome', 'Oslo'] }, days: { type: 'integer', minimum: 1, maximum: 14 } },
      required: ['city', 'days'],
      additionalProperties: false,
    },
  },
  { name: 'time' },
];

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ChatTemplate, type TemplateContext, templateSource } from '../../../../src/inference/chat/chatTemplate.ts';
import { isCoded } from '../../../../src/util/errors.ts';

const ROOT = path.join(import.meta.dirname, '../../../fixtures/templates');
const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');
const conversations = JSON.parse(read('conversations.json')) as Record<string, Pick<TemplateContext, 'messages' | 'tools'>>;
const expected = JSON.parse(read('expected.json')) as Record<string, Record<string, readonly (string | null)[]>>;
const SPECIAL = { bos_token: '<s>', eos_token: '</s>' };
const now = (): Date => new Date(Date.UTC(2024, 1, 29, 13, 5, 9));

describe('chat templates, against transformers', () => {
  for (const [name, byConversation] of Object.entries(expected)) {
    describe(name, () => {
      const template = new ChatTemplate(read(`${name}.jinja`), SPECIAL, now);
      for (const [conversation, texts] of Object.entries(byConversation)) {
        it(conversation, () => {
          for (const [i, text] of texts.entries()) {
            const render = (): string =>
              template.render({ ...(conversations[conversation] as TemplateContext), addGenerationPrompt: i === 0 }, 10_000);
            if (text === null) assert.throws(render);
            else assert.equal(render(), text);
          }
        });
      }
    });
  }

  it('format the time that is given, in English and UTC', () => {
    const template = new ChatTemplate('\n{{ strftime_now("%A %a %B %b %d.%m.%Y %y %H:%M:%S %I %p %% %Q") }}', {}, now);
    assert.equal(
      template.render({ messages: [], addGenerationPrompt: true }, 0),
      '\nThursday Thu February Feb 29.02.2024 24 13:05:09 01 PM % %Q',
    );
  });

  it('MODEL_INVALID for one that cannot be parsed', () => {
    assert.throws(
      () => new ChatTemplate('{% for %}', {}, now),
      (error) => isCoded(error, 'MODEL_INVALID'),
    );
  });

  it('of a list are found by name', () => {
    const list = [
      { name: 'default', template: 'd' },
      { name: 'tool_use', template: 't' },
    ];
    assert.deepEqual([templateSource(list, false), templateSource(list, true), templateSource(list.slice(0, 1), true)], ['d', 't', 'd']);
    assert.deepEqual(
      [templateSource('', false), templateSource(undefined, false), templateSource([null, 7], false)],
      [undefined, undefined, undefined],
    );
  });
});

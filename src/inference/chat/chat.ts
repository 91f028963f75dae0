/** A call of a tool in an assistant's turn. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** A JSON object. */
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  /** Of an assistant's turn. */
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** Of a tool's result: the call that it answers. */
  readonly toolCallId?: string | undefined;
}

/** A function that the model may ask for. */
export interface Tool {
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON Schema of its arguments. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** Whether the arguments must fit the schema when the model is free to call. */
  readonly strict?: boolean | undefined;
}

/** What chat templates of Hugging Face take. */
export function templateInput(
  messages: readonly ChatMessage[],
  tools: readonly Tool[] | undefined,
): { messages: object[]; tools?: object[] } {
  const rendered = messages.map(({ role, content, toolCalls, toolCallId }) => ({
    role,
    content,
    ...(toolCalls === undefined
      ? {}
      : { tool_calls: toolCalls.map(({ id, name, arguments: args }) => ({ id, type: 'function', function: { name, arguments: args } })) }),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
  }));
  if (tools === undefined) return { messages: rendered };
  const functions = tools.map(({ name, description = '', parameters = { type: 'object', properties: {} } }) => ({
    type: 'function',
    function: { name, description, parameters },
  }));
  return { messages: rendered, tools: functions };
}

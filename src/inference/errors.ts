import { defineErrors } from '../util/errors.ts';

/** Error codes of the inference engine, the tokenizer and the model folder reader. */
export const inferenceError = defineErrors('inference', {
  MODEL_NOT_FOUND: {
    summary: 'There is no model folder at the path, or no model of that id is loaded.',
    remedy: 'Check the path, or load the model before using it.',
    http: 404,
    exit: 66,
  },
  MODEL_FILE_MISSING: {
    summary: 'A model folder lacks a required file.',
    remedy:
      'A model folder holds config.json, tokenizer.json, tokenizer_config.json and weights (docs/inference.md); fetch the model again.',
    http: 500,
    exit: 66,
  },
  MODEL_FILE_TOO_LARGE: {
    summary: 'A file of a model folder is above its byte limit.',
    remedy: 'Use a smaller model, or split the weights; docs/inference.md lists the limits.',
    http: 500,
    exit: 65,
  },
  MODEL_INVALID: {
    summary: 'A file of a model folder is damaged or contradicts another one.',
    remedy: 'Fetch the model again and compare its id with the publisher’s.',
    http: 500,
    exit: 65,
  },
  MODEL_UNSUPPORTED: {
    summary: 'The engine cannot run this architecture or one of its settings.',
    remedy: 'Use a model of a supported architecture; docs/inference.md lists them.',
    http: 501,
    exit: 65,
  },
  MODEL_HASH_MISMATCH: {
    summary: 'The model’s files hash to another id than the expected one.',
    remedy: 'Fetch the model again from a provider you trust.',
    http: 500,
    exit: 65,
  },
  MODEL_TEXT_LIMIT: {
    summary: 'The model’s tokenizer or chat template takes more time, or makes more text, than the input allows.',
    remedy: 'Send less text; if a short one fails as well, the model’s tokenizer or template is damaged or hostile: use another model.',
    http: 500,
    exit: 65,
  },
  MODEL_REHEARSAL_CRASHED: {
    summary: 'The process that tried the model out ended without an answer: a loader or ONNX Runtime crashed on its files.',
    remedy: 'Do not use these files; fetch the model again from a publisher you trust, and report it if it repeats.',
    http: 500,
    exit: 65,
  },
  MODEL_REHEARSAL_TIMEOUT: {
    summary: 'Trying the model out took longer than a model of its size may take.',
    remedy: 'If the machine was busy, try again; else do not use these files.',
    http: 500,
    exit: 65,
  },
  MODEL_REHEARSAL_MEMORY: {
    summary: 'Trying the model out took more memory than a model of its size may take, or than there is.',
    remedy: 'Free memory, or use a smaller model; if there was enough, do not use these files.',
    http: 500,
    exit: 65,
  },
  CHAT_TEMPLATE_FAILED: {
    summary: 'The chat template of the model rejected the messages, or there is none.',
    remedy: 'Send messages with the roles that the model knows, in the order that it knows.',
    http: 400,
  },
  PROMPT_EMPTY: { summary: 'The prompt has no tokens.', remedy: 'Send at least one token.', http: 400 },
  PROMPT_TOO_LONG: {
    summary: 'The prompt leaves no room in the model’s context.',
    remedy: 'Shorten the prompt, or use a model with a longer context.',
    http: 400,
  },
  TOKEN_OUT_OF_RANGE: {
    summary: 'A token id is outside the model’s vocabulary.',
    remedy: 'Tokenise with the tokenizer of the same model.',
    http: 400,
  },
  MODEL_KIND: {
    summary: 'The model does not do what was asked of it.',
    remedy: 'Ask a decoder to generate, an encoder or classifier to encode, and a model with a signature to run.',
    http: 400,
  },
  GRAMMAR_INVALID: {
    summary: 'A grammar or its JSON Schema contradicts itself, is no schema, or no value fits it.',
    remedy: 'Correct the place that the message names; docs/inference.md describes grammars.',
    http: 400,
  },
  GRAMMAR_UNSUPPORTED: {
    summary: 'A JSON Schema has a keyword that would not be held, or the model cannot spell what a grammar needs.',
    remedy: 'Leave the named keyword out and check the answer yourself, or use another model.',
    http: 400,
  },
  GRAMMAR_TOO_LARGE: {
    summary: 'A grammar is above one of its bounds.',
    remedy: 'Make the schema smaller: fewer alternatives, shorter repeats; docs/LIMITS.md has the bounds.',
    http: 400,
  },
  REQUEST_INVALID: {
    summary: 'A field of an inference request is outside its range.',
    remedy: 'Correct the field that the message names.',
    http: 400,
  },
  ENGINE_QUEUE_FULL: {
    summary: 'All slots are busy and the admission queue is at its bound.',
    remedy: 'Retry after a moment, or send the request to another miner.',
    http: 503,
    retryable: true,
  },
  ENGINE_CRASHED: {
    summary: 'The process of the engine ended while the call was under way.',
    remedy: 'Retry: the next call starts a new one. If it repeats, report it with the log lines around it.',
    http: 500,
    retryable: true,
  },
  ENGINE_STALLED: {
    summary: 'The process of the engine made no progress for longer than any of its steps may take, and was ended.',
    remedy:
      'Retry: nothing was committed to, and the next call starts a new one. If it repeats, update the driver of the GPU, or set provider to cpu.',
    http: 500,
    retryable: true,
  },
  ENGINE_CLOSED: {
    summary: 'The engine was closed.',
    remedy: 'Open a new engine.',
    http: 503,
  },
  ENGINE_NUMERICS: {
    summary: 'The model produced a number that is not finite.',
    remedy: 'Verify the model’s files; if they are right, report the model and the prompt’s length.',
    http: 500,
  },
  BACKEND_UNAVAILABLE: {
    summary: 'No inference backend works on this machine.',
    remedy: 'Reinstall onnxruntime-node for this platform, and read the cause.',
    http: 500,
    exit: 69,
  },
});

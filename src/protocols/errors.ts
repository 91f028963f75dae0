import { defineErrors } from '../util/errors.ts';

export const protocolError = defineErrors('protocols', {
  WIRE_TOO_LARGE: {
    summary: 'A message, or a part of it, is larger than its cap.',
    remedy: 'Send less; every cap is in docs/protocols.',
    http: 413,
  },
  WIRE_MALFORMED: {
    summary: 'Bytes are not a message of the expected type.',
    remedy: 'Compare the sender with docs/protocols and its test vectors.',
    http: 400,
  },
  WIRE_VALUE: {
    summary: 'A value cannot be put into the message that it is meant for.',
    remedy: 'Keep the value within the range that the message states.',
    http: 400,
  },
  PEER_UNREACHABLE: {
    summary: 'A peer could not be dialled, or does not speak the protocol.',
    remedy: 'Retry with another peer.',
    http: 502,
    retryable: true,
  },
  STREAM_RESET: {
    summary: 'The peer, or its connection, ended the stream before it was done.',
    remedy: 'Retry with another peer.',
    http: 502,
    retryable: true,
  },
  STREAM_TIMEOUT: {
    summary: 'A stream was open for longer than its protocol allows.',
    remedy: 'Retry with another peer, or ask for less at once.',
    http: 504,
    retryable: true,
  },
  STREAM_IDLE: {
    summary: 'Nothing came over a stream for longer than its idle timeout.',
    remedy: 'Retry with another peer.',
    http: 504,
    retryable: true,
  },
  STREAM_BUSY: {
    summary: 'The peer serves as many streams of this protocol as it allows.',
    remedy: 'Retry after a moment or with another peer.',
    http: 503,
    retryable: true,
  },
  PEER_QUOTA: {
    summary: 'This peer opened more streams of a protocol than its quota.',
    remedy: 'Keep fewer requests in flight to one peer.',
    http: 429,
    retryable: true,
  },
  NETWORK_CLOSED: {
    summary: 'The network is stopped.',
    remedy: 'Nothing to do.',
    http: 503,
    retryable: true,
  },
});

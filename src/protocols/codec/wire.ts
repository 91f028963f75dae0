/** proto3 wire primitives (https://protobuf.dev/programming-guides/encoding/): canonical when written, strict when read. */
import { protocolError } from '../errors.ts';

export const WIRE_VARINT = 0;
export const WIRE_I64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_I32 = 5;

export const malformed = (message: string) => protocolError('WIRE_MALFORMED', message);
export const tooLarge = (what: string, actual: number, max: number) =>
  protocolError('WIRE_TOO_LARGE', `${what} is ${actual}, at most ${max}`, { what, actual, max });

const START_BYTES = 256;

/** A growing buffer. */
export class Writer {
  #buffer: Buffer = Buffer.allocUnsafe(START_BYTES);
  #at = 0;

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }

  /** Non-negative safe integer. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#at++] = rest;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Length, then bytes. */
  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#at);
  }
}

/** A cursor over bytes that never reads past its end and copies nothing. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  /** A minimal varint up to 2^53 − 1. @throws WIRE_MALFORMED */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; ; i++) {
      if (this.#at >= this.#end) throw malformed('a varint is cut off');
      const byte = this.#bytes[this.#at++] as number;
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw malformed('a number is above 2^53 − 1');
      if (byte < 0x80) {
        if (byte === 0 && i > 0) throw malformed('a varint is longer than it needs to be');
        return value;
      }
      if (i === 7) throw malformed('a number is above 2^53 − 1');
      scale *= 0x80;
    }
  }

  /** A view of the next length-delimited value; `max` is checked before anything else happens. */
  bytes(what: string, max: number): Uint8Array {
    const length = this.varint();
    if (length > max) throw tooLarge(`${what} in bytes`, length, max);
    if (length > this.remaining) throw malformed(`${what} is cut off`);
    const view = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return view;
  }

  /** Passes over an unknown field. Its bytes were counted against the message's cap already. */
  skip(wire: number): void {
    if (wire === WIRE_VARINT) this.#skipVarint();
    else if (wire === WIRE_BYTES) this.bytes('an unknown field', this.remaining);
    else if (wire === WIRE_I64) this.#advance(8);
    else if (wire === WIRE_I32) this.#advance(4);
    else throw malformed(`wire type ${wire} is not used in proto3`);
  }

  #skipVarint(): void {
    for (let i = 0; i < 10; i++) {
      if (this.#at >= this.#end) throw malformed('a varint is cut off');
      if ((this.#bytes[this.#at++] as number) < 0x80) return;
    }
    throw malformed('a varint is longer than 10 bytes');
  }

  #advance(bytes: number): void {
    if (bytes > this.remaining) throw malformed('a field is cut off');
    this.#at += bytes;
  }
}

/** Bytes of a grammar's text (UTF-8). */
export const GRAMMAR_BYTES_MAX = 65_536;
/** Nodes of a compiled grammar. */
export const GRAMMAR_NODES_MAX = 20_000;
/** Schemas inside schemas, references followed included. */
export const SCHEMA_DEPTH_MAX = 64;
/** Arrays and objects open at the same time in what comes out. */
export const GRAMMAR_NESTING_MAX = 64;
/** Ways to go on that one state follows side by side. */
export const GRAMMAR_THREADS_MAX = 512;
/** States, and masks, that a compiled grammar remembers; more start afresh. */
export const GRAMMAR_STATES_KEPT = 4_096;
export const GRAMMAR_MASKS_KEPT = 256;
/** Compiled grammars that a model keeps. */
export const GRAMMARS_KEPT = 32;
/** Digits before and after the point of a number, and those of an integer: what binary64 holds exactly. */
export const NUMBER_DIGITS_MAX = 15;

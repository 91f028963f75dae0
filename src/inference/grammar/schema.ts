import { inferenceError } from '../errors.ts';
import { FORMATS } from './formats.ts';
import {
  ANNOTATIONS,
  count,
  integerBounds,
  isObject,
  isOfType,
  KEYWORDS,
  type Schema,
  TYPES,
  type Type,
  typesOf,
  unknownKeyword,
  WHOLE,
} from './keywords.ts';
import { SCHEMA_DEPTH_MAX } from './limits.ts';
import { colon, comma, literals, requireText } from './literals.ts';
import { integerRule, numberRule } from './numbers.ts';
import { patternRule } from './pattern.ts';
import { type Program, ProgramBuilder, RETURN } from './program.ts';
import { resolve } from './references.ts';
import { countedStringRule, otherKeyRule, stringRule } from './strings.ts';
import { invalid, unsupported } from './unsupported.ts';

/** The free string is the first rule of every program, built first: its nodes have the same numbers everywhere. */
export const STRING_RULE = 0;

/**
 * The automaton of a JSON Schema (docs/inference.md#constrained-output).
 *
 * @throws GRAMMAR_INVALID, GRAMMAR_UNSUPPORTED naming keyword and path, GRAMMAR_TOO_LARGE
 */
export function compileSchema(schema: unknown): Program {
  const parts = new SchemaParts();
  return parts.builder.finish(schemaValue(parts, schema, '', RETURN));
}

/** What schemas of one program share. */
export class SchemaParts {
  readonly builder = new ProgramBuilder();
  /** Rules by what they are made of. */
  readonly rules = new Map<string, number>();
  readonly containers = { array: new Map<Schema | 'any', number>(), object: new Map<Schema | 'any', number>() };

  constructor() {
    this.rules.set('string', stringRule(this.builder));
    this.builder.buildRules();
  }
}

/** The node where a value that fits the schema begins, before `next`. @param path of the schema, for errors @throws as {@link compileSchema} */
export function schemaValue(parts: SchemaParts, schema: unknown, path: string, next: number): number {
  return new SchemaCompiler(schema, parts).compile(path, next);
}

class SchemaCompiler {
  readonly #builder: ProgramBuilder;
  readonly #root: unknown;
  readonly #rules: SchemaParts['rules'];
  readonly #containers: SchemaParts['containers'];

  constructor(root: unknown, { builder, rules, containers }: SchemaParts) {
    this.#root = root;
    this.#builder = builder;
    this.#rules = rules;
    this.#containers = containers;
  }

  compile(path: string, next: number): number {
    return this.#value(this.#root, path, next, 0);
  }

  /** A value that fits the schema. @param depth of schemas that were gone through since the last array or object, and of those */
  #value(schema: unknown, path: string, next: number, depth: number): number {
    if (depth > SCHEMA_DEPTH_MAX) {
      const message = `${path}: schemas lie more than ${SCHEMA_DEPTH_MAX} deep, or one refers to itself`;
      throw inferenceError('GRAMMAR_TOO_LARGE', message, { path, bound: SCHEMA_DEPTH_MAX });
    }
    if (schema === true) return this.#types({}, TYPES, path, next, depth);
    if (schema === false) return this.#builder.bytes();
    if (!isObject(schema)) throw invalid(path, 'a schema is an object or a boolean');
    const unknown = unknownKeyword(schema);
    if (unknown !== undefined) throw unsupported(path, `the keyword ${unknown}`);
    const whole = WHOLE.find((key) => Object.hasOwn(schema, key));
    return whole === undefined
      ? this.#types(schema, typesOf(schema, path), path, next, depth)
      : this.#whole(whole, schema, path, next, depth);
  }

  #whole(keyword: (typeof WHOLE)[number], schema: Schema, path: string, next: number, depth: number): number {
    const isList = keyword === 'enum' || keyword === 'const';
    const beside = Object.keys(schema).find((key) => key !== keyword && !ANNOTATIONS.has(key) && !(isList && key === 'type'));
    if (beside !== undefined) throw unsupported(path, `${beside} beside ${keyword}`);
    const at = `${path}/${keyword}`;
    const given = schema[keyword];
    if (keyword === '$ref') return this.#value(resolve(this.#root, given, path), String(given), next, depth + 1);
    const list = keyword === 'const' ? [given] : given;
    if (!Array.isArray(list) || list.length === 0) throw invalid(at, 'is a list of at least one entry');
    if (isList) {
      const types = typesOf(schema, path);
      const values = list.filter((value) => types.some((type) => isOfType(value, type)));
      return literals(this.#builder, values, at, next);
    }
    if (keyword === 'allOf' && list.length > 1) throw unsupported(path, 'allOf with more than one schema');
    return this.#builder.any(...list.map((one, i) => this.#value(one, `${at}/${i}`, next, depth + 1)));
  }

  #types(schema: Schema, types: readonly Type[], path: string, next: number, depth: number): number {
    // Every integer is a number.
    const wanted = types.filter((type) => type !== 'integer' || !types.includes('number'));
    return this.#builder.any(...wanted.map((type) => this.#type(type, schema, path, next, depth)));
  }

  #type(type: Type, schema: Schema, path: string, next: number, depth: number): number {
    const builder = this.#builder;
    const has = (key: string): boolean => Object.hasOwn(schema, key);
    switch (type) {
      case 'null':
        return builder.text('null', next);
      case 'boolean':
        return builder.any(builder.text('true', next), builder.text('false', next));
      case 'string':
        return builder.call(this.#string(schema, path), next);
      case 'number': {
        const bound = KEYWORDS.number.find(has);
        if (bound !== undefined) throw unsupported(path, `${bound} of numbers that need not be integers`);
        return builder.call(
          this.#rule('number', () => numberRule(builder)),
          next,
        );
      }
      case 'integer': {
        const [min, max] = integerBounds(schema, path);
        return builder.call(
          this.#rule(`integer ${min} ${max}`, () => integerRule(builder, min, max)),
          next,
        );
      }
      case 'array':
        return builder.call(
          this.#container('array', schema, () => this.#array(schema, path, depth + 1)),
          next,
        );
      case 'object':
        return builder.call(
          this.#container('object', schema, () => this.#object(schema, path, depth + 1)),
          next,
        );
    }
  }

  #string(schema: Schema, path: string): number {
    const { pattern, format } = schema;
    const min = count(schema, 'minLength', path) ?? 0;
    const max = count(schema, 'maxLength', path) ?? Number.POSITIVE_INFINITY;
    const isCounted = min > 0 || max < Number.POSITIVE_INFINITY;
    const keywords = KEYWORDS.string.filter((key) => Object.hasOwn(schema, key));
    if ((pattern !== undefined || format !== undefined) && keywords.length > 1) throw unsupported(path, keywords.join(' beside '));
    if (pattern !== undefined) {
      if (typeof pattern !== 'string') throw invalid(path, 'pattern is a string');
      return this.#rule(`pattern ${pattern}`, () => patternRule(this.#builder, pattern, path));
    }
    if (format !== undefined) {
      const known = typeof format === 'string' && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
      if (known === undefined) throw unsupported(path, `the format ${String(format)}`);
      return this.#rule(`pattern ${known}`, () => patternRule(this.#builder, known, path));
    }
    if (!isCounted) return STRING_RULE;
    // Counts are not seen by what looks for dead ends.
    if (min > max) throw invalid(path, 'no string fits: minLength is above maxLength');
    return this.#rule(`string ${min} ${max}`, () => countedStringRule(this.#builder, min, max));
  }

  #array(schema: Schema, path: string, depth: number): number {
    const builder = this.#builder;
    const min = count(schema, 'minItems', path) ?? 0;
    const max = count(schema, 'maxItems', path) ?? Number.POSITIVE_INFINITY;
    if (min > max) throw invalid(path, 'no array fits: minItems is above maxItems');
    const prefix = schema.prefixItems ?? [];
    if (!Array.isArray(prefix)) throw invalid(path, 'prefixItems is a list of schemas');
    const items = Object.hasOwn(schema, 'items') ? schema.items : true;
    if (Array.isArray(items)) throw unsupported(path, 'a list in items');
    const end = builder.text(']', RETURN);
    /** Ends, or goes on with `more`, after so many items. */
    const ways = (after: number, more: () => number): number =>
      builder.any(...(after >= min ? [end] : []), ...(after < max ? [more()] : []));
    // Items after the first one that `items` is for are counted from there.
    const rest = builder.loop((self) => ({
      kind: 'any',
      of: [
        builder.add({ kind: 'atLeast', min: Math.max(0, min - prefix.length - 1), next: end }),
        builder.add({
          kind: 'count',
          max: max - prefix.length - 1,
          cap: Math.max(0, max === Number.POSITIVE_INFINITY ? min - prefix.length - 1 : max),
          next: comma(builder, this.#value(items, `${path}/items`, self, depth)),
        }),
      ],
    }));
    const separated = (after: number, next: number): number => (after === 0 ? next : comma(builder, next));
    const first = ways(prefix.length, () => separated(prefix.length, this.#value(items, `${path}/items`, rest, depth)));
    const all = prefix.reduceRight<number>(
      (next, item, i) => ways(i, () => separated(i, this.#value(item, `${path}/prefixItems/${i}`, next, depth))),
      first,
    );
    return builder.text('[', all);
  }

  #object(schema: Schema, path: string, depth: number): number {
    const builder = this.#builder;
    const properties = schema.properties ?? {};
    if (!isObject(properties)) throw invalid(path, 'properties is an object of schemas');
    const required = schema.required ?? [];
    if (!Array.isArray(required) || required.some((name) => typeof name !== 'string')) throw invalid(path, 'required is a list of names');
    const others = schema.additionalProperties ?? true;
    const missing = [...new Set(required as string[])].filter((name) => !Object.hasOwn(properties, name));
    const list = [...Object.entries(properties), ...missing.map((name): [string, unknown] => [name, others])];
    for (const [name] of list) requireText(name, path);

    const end = builder.text('}', RETURN);
    const other = (next: number): number => {
      const names = list.map(([name]) => name);
      const value = colon(builder, this.#value(others, `${path}/additionalProperties`, next, depth));
      const rule = names.length === 0 ? STRING_RULE : this.#rule(`key ${JSON.stringify(names)}`, () => otherKeyRule(builder, names));
      return builder.call(rule, value);
    };
    // `some` goes on after a property, `none` where the object has none yet.
    const more = others === false ? undefined : builder.loop((self) => ({ kind: 'any', of: [end, comma(builder, other(self))] }));
    let some = more ?? end;
    let none = more === undefined ? end : builder.any(end, other(more));
    for (const [name, property] of list.reverse()) {
      const isRequired = required.includes(name);
      const value = this.#value(property, `${path}/properties/${name}`, some, depth);
      const pair = builder.text(JSON.stringify(name), colon(builder, value));
      some = builder.any(comma(builder, pair), ...(isRequired ? [] : [some]));
      none = builder.any(pair, ...(isRequired ? [] : [none]));
    }
    return builder.text('{', none);
  }

  #rule(key: string, make: () => number): number {
    const known = this.#rules.get(key);
    const rule = known ?? make();
    this.#rules.set(key, rule);
    return rule;
  }

  /** Arrays or objects of a schema: a rule of their own, which recursive schemas need. */
  #container(type: 'array' | 'object', schema: Schema, body: () => number): number {
    // A schema that says nothing of them stands for all of them.
    const key = KEYWORDS[type].some((keyword) => Object.hasOwn(schema, keyword)) ? schema : 'any';
    const known = this.#containers[type].get(key);
    const rule = known ?? this.#builder.rule(true, body);
    this.#containers[type].set(key, rule);
    return rule;
  }
}

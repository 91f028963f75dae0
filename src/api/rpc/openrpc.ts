import { z } from 'zod';
import { METHODS, type Method, SUBSCRIPTIONS, type Subscription } from './methods.ts';

type Json = Record<string, unknown>;

function schemaOf(type: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, unrepresentable: 'any' }) as Json;
  return schema;
}

function paramsOf(params: z.ZodObject): Json[] {
  const schema = schemaOf(params, 'input');
  const required = new Set((schema.required as string[] | undefined) ?? []);
  return Object.entries((schema.properties as Record<string, Json> | undefined) ?? {}).map(([name, property]) => ({
    name,
    required: required.has(name),
    schema: property,
  }));
}

const subscriptionId: Json = { type: 'string', description: 'Subscription id.' };

/** OpenRPC 1.3 of all methods, as `rpc.discover` answers and docs/openrpc.json keeps. */
export function openRpcDocument(version: string): Json {
  const methods: Json[] = [];
  for (const [name, method] of Object.entries(METHODS) as [string, Method][]) {
    methods.push({
      name,
      summary: method.summary,
      paramStructure: 'either',
      params: paramsOf(method.params),
      result: { name: 'result', schema: schemaOf(method.result, 'output') },
    });
  }
  for (const [name, subscription] of Object.entries(SUBSCRIPTIONS) as [string, Subscription][]) {
    methods.push(
      {
        name: `${name}_subscribe`,
        summary: `${subscription.summary} Events come as ${name}_subscription notifications {subscription, result}.`,
        paramStructure: 'either',
        params: paramsOf(subscription.params),
        result: { name: 'subscription', schema: subscriptionId },
        'x-notification': { method: `${name}_subscription`, result: schemaOf(subscription.event, 'output') },
      },
      {
        name: `${name}_unsubscribe`,
        summary: `Ends a ${name} subscription and cancels its work; false when it had ended already.`,
        paramStructure: 'either',
        params: [{ name: 'subscription', required: true, schema: subscriptionId }],
        result: { name: 'ended', schema: { type: 'boolean' } },
      },
    );
  }
  methods.push({
    name: 'rpc.discover',
    summary: 'This document.',
    params: [],
    result: { name: 'openrpc', schema: { type: 'object' } },
  });
  return {
    openrpc: '1.3.2',
    info: { title: 'cortensord JSON-RPC', version, description: 'Newline-delimited JSON-RPC 2.0 on <dataDir>/cortensord.sock.' },
    methods,
  };
}

import { z } from 'zod';
import type { ApiCall } from '../api/api-call.ts';
import { controlCalls } from '../api/control.ts';
import { failureSchema } from '../api/shapes.ts';

/** The contract as an OpenAPI 3.1 document, made from the table that requests are checked with. */
export function openApiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, call] of Object.entries(controlCalls) as [string, ApiCall][]) {
    const path = call.path.replaceAll(/:(\w+)/g, '{$1}');
    const methods = paths[path] ?? {};
    methods[call.method.toLowerCase()] = describeCall(name, call);
    paths[path] = methods;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Mainstay control API',
      version,
      description: 'Served on a unix socket of the state directory.',
    },
    paths,
    components: { schemas: { Failure: jsonSchema(failureSchema, 'output') } },
  };
}

function describeCall(name: string, call: ApiCall): Record<string, unknown> {
  return {
    operationId: name,
    summary: call.summary,
    parameters: [...parameters('path', call.params), ...parameters('query', call.query)],
    ...(call.body === null
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: jsonSchema(call.body, 'input') } },
          },
        }),
    responses: {
      200: {
        description: 'Done.',
        content: { [mediaType(call.stream)]: { schema: jsonSchema(call.response, 'output') } },
      },
      default: {
        description: 'A failure; its code says which.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
      },
    },
  };
}

function mediaType(stream: ApiCall['stream']): string {
  if (stream === undefined) return 'application/json';
  return stream === 'events' ? 'text/event-stream' : 'application/x-ndjson';
}

function parameters(place: 'path' | 'query', schema: z.ZodObject): Record<string, unknown>[] {
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, shape]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: shape,
  }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

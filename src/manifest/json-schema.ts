import { z } from 'zod';
import type { Json } from '../core/json.ts';
import { manifestSchema } from './schema.ts';

/** JSON Schema (draft 7, which editors know best) of `mainstay.yaml`, for completion and hints while typing. */
export function manifestJsonSchema(): { readonly [key: string]: Json } {
  const schema = z.toJSONSchema(manifestSchema, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => {
      // A default in words depends on other keys; an editor would offer it as a value.
      if (typeof jsonSchema.default === 'string' && jsonSchema.default.startsWith('<')) {
        jsonSchema.description = `${jsonSchema.description ?? ''} Default: ${jsonSchema.default.slice(1, -1)}.`;
        delete jsonSchema.default;
      }
      // The parser takes numbers and truth values among variables by their spelling.
      if (isVariables(jsonSchema))
        jsonSchema.additionalProperties = { type: ['string', 'number', 'boolean'] };
    },
  }) as { [key: string]: Json };
  return {
    $schema: schema['$schema'] ?? null,
    ...schema,
    // A place for anchors.
    patternProperties: { '^x-': {} },
  };
}

interface ObjectSchema {
  readonly type?: unknown;
  readonly propertyNames?: unknown;
  readonly additionalProperties?: unknown;
}

function isVariables({ type, propertyNames, additionalProperties }: ObjectSchema): boolean {
  const values = additionalProperties as ObjectSchema | undefined;
  return type === 'object' && propertyNames !== undefined && values?.type === 'string';
}

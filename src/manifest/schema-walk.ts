import { z } from 'zod';
import type { Path } from './problem.ts';

/** The schema behind `.optional()`. */
export function withoutOptional(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional ? withoutOptional(schema.unwrap()) : schema;
}

/** The keys of a mapping with fixed keys, or of the form of a union that is such a mapping. */
export function fixedKeys(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const inner = withoutOptional(schema);
  if (inner instanceof z.ZodObject) return inner.shape;
  if (!(inner instanceof z.ZodUnion)) return undefined;
  for (const option of inner.options) {
    const keys = fixedKeys(option);
    if (keys !== undefined) return keys;
  }
  return undefined;
}

/** The schema that judges the value at a path, or undefined where nothing is expected. */
export function schemaAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return schema;
  const inner = withoutOptional(schema);
  const next =
    typeof first === 'number'
      ? elementOf(inner)
      : inner instanceof z.ZodRecord
        ? inner.valueType
        : ownProperty(fixedKeys(inner), first);
  return next === undefined ? undefined : schemaAt(next, rest);
}

function elementOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodArray) return schema.element;
  if (!(schema instanceof z.ZodUnion)) return undefined;
  return schema.options
    .map((option) => elementOf(withoutOptional(option)))
    .find((found) => found !== undefined);
}

function ownProperty<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

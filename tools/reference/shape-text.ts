/** The part of JSON Schema that the contracts use. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly description?: string;
  readonly default?: unknown;
}

/** A schema as the type that a reader would write down: shorter by far than the schema, and as exact. */
export function shapeText(schema: JsonSchema, indent = ''): string {
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return options.map((option) => shapeText(option, indent)).join(' | ');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.type === 'array') {
    const item = shapeText(schema.items ?? {}, indent);
    return item.includes(' | ') && !item.startsWith('{') ? `(${item})[]` : `${item}[]`;
  }
  if (schema.type === 'object') return objectText(schema, indent);
  return typeof schema.type === 'object' ? schema.type.join(' | ') : (schema.type ?? 'any');
}

function objectText(
  { properties = {}, required = [], additionalProperties }: JsonSchema,
  indent: string,
): string {
  const names = Object.keys(properties);
  if (names.length === 0) {
    return typeof additionalProperties === 'object'
      ? `{ [name]: ${shapeText(additionalProperties, indent)} }`
      : '{}';
  }
  const inner = `${indent}  `;
  const lines = names.map((name) => {
    const property = properties[name] ?? {};
    const mark = required.includes(name) ? '' : '?';
    return `${inner}${name}${mark}: ${shapeText(property, inner)},${remark(property)}`;
  });
  const short = `{ ${lines.map((line) => line.trim().replace(/,$/, '')).join(', ')} }`;
  const isShort =
    short.length + indent.length < 90 && lines.every((line) => !line.includes('\n') && !line.includes('//'));
  return isShort ? short : `{\n${lines.join('\n')}\n${indent}}`;
}

function remark({ description, default: preset }: JsonSchema): string {
  const parts = [
    ...(description === undefined ? [] : [description]),
    ...(preset === undefined ? [] : [`default ${JSON.stringify(preset)}`]),
  ];
  return parts.length === 0 ? '' : ` // ${parts.join('; ').replaceAll('\n', ' ')}`;
}

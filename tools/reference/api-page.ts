import { z } from 'zod';
import type { ApiCall } from '../../src/api/api-call.ts';
import { controlCalls } from '../../src/api/control.ts';
import { failureSchema } from '../../src/api/shapes.ts';
import { type JsonSchema, shapeText } from './shape-text.ts';

/** `docs/reference/api.md`. Pure. */
export function apiPage(): string {
  const calls = Object.entries(controlCalls) as [string, ApiCall][];
  const list = calls.map(
    ([name, { method, path, summary }]) =>
      `| [\`${name}\`](#${name.toLowerCase()}) | \`${method} ${path}\` | ${summary} |`,
  );
  return `# Control API

<!-- Generated from src/api; changes here are overwritten. -->

HTTP on a unix socket in the state directory (\`run/control.sock\`, mode 0600) and nowhere else; JSON in and out. The
running server gives the same contract as OpenAPI at \`/v1/openapi.json\`. Times are milliseconds since the epoch.

\`\`\`sh
curl --unix-socket ~/.local/state/mainstay/run/control.sock http://mainstay/v1/status
\`\`\`

A failure answers with a status of 400 or above and this body; the codes are in [errors.md](errors.md):

\`\`\`ts
${typeOf(failureSchema, 'output')}
\`\`\`

| call | | |
|---|---|---|
${list.join('\n')}

${calls.map(([name, call]) => section(name, call)).join('\n\n')}
`;
}

function section(name: string, call: ApiCall): string {
  const blocks = [
    ['Query', isEmpty(call.query) ? undefined : typeOf(call.query, 'input')],
    ['Body', call.body === null || isEmpty(call.body) ? undefined : typeOf(call.body, 'input')],
    [answerTitle(call.stream), answerType(call)],
  ] as const;
  const shown = blocks.flatMap(([title, type]) =>
    type === undefined ? [] : [`${title}:\n\n\`\`\`ts\n${type}\n\`\`\``],
  );
  return [`## ${name}`, `\`${call.method} ${call.path}\``, call.summary, ...shown].join('\n\n');
}

function answerTitle(stream: ApiCall['stream']): string {
  return stream === 'lines' ? 'Answer, one document a line' : 'Answer';
}

/** What the other streams carry, their summary says. */
function answerType({ stream, response }: ApiCall): string | undefined {
  if (stream === 'events')
    return '{ seq: integer, at: number, type: string, data: { [name]: any } } // in `data:` of each server-sent event';
  return stream === 'duplex' ? undefined : typeOf(response, 'output');
}

function isEmpty(schema: z.ZodType): boolean {
  return typeOf(schema, 'input') === '{}';
}

function typeOf(schema: z.ZodType, io: 'input' | 'output'): string {
  return shapeText(z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema);
}

import { appendFileSync } from 'node:fs';
import { inspect } from 'node:util';

const path = process.env.MAINSTAY_TEST_EVENTS;

/**
 * Writes what happens in a test file as one JSON object a line, each at once and synchronously, so that
 * nothing is lost when the file crashes or is killed. tools/test-events.ts reads it.
 */
export default async function* record(source) {
  const names = [];
  for await (const { type, data } of source) {
    if (type === 'test:start') {
      names.length = data.nesting;
      names.push(data.name);
    } else if (type === 'test:dequeue' || type === 'test:complete') {
      write({ type, name: data.name, line: data.line, column: data.column });
    } else if (type === 'test:pass' || type === 'test:fail') {
      names.length = data.nesting;
      write({
        type,
        name: [...names, data.name].join(' › '),
        kind: data.details.type ?? 'test',
        ms: data.details.duration_ms,
        skip: data.skip,
        todo: data.todo,
        failure: data.details.error?.failureType,
        detail: type === 'test:fail' ? describe(data) : undefined,
      });
    } else if (type === 'test:summary') {
      write({ type });
    }
  }
  yield '';
}

function write(event) {
  appendFileSync(path, `${JSON.stringify(event)}\n`);
}

function describe({ file, line, details }) {
  const text = inWords(details.error?.cause ?? details.error);
  const lines = text.split('\n').filter((item) => !/^\s+at .*\(?node:internal\//.test(item));
  return `at ${file}:${line}\n${lines.join('\n')}`;
}

/** What failed first comes first: disposing of what a failed test left often fails as well. */
function inWords(error) {
  if (error instanceof SuppressedError)
    return `${inWords(error.suppressed)}\nThen, while cleaning up: ${inWords(error.error)}`;
  return typeof error === 'string' ? error : inspect(error, { depth: 8 });
}

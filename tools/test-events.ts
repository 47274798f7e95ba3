import { readFileSync } from 'node:fs';

/** One test, or one thing that went wrong with a file as a whole. */
export interface TestResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped, or everything that is known of the failure. */
  readonly detail: string;
}

export interface FileEvents {
  readonly results: readonly TestResult[];
  /** Tests that began and did not end. */
  readonly unfinished: readonly string[];
  /** What kept the process alive when it was asked. */
  readonly open: readonly string[];
  /** Whether the file told its results to the end. */
  readonly complete: boolean;
}

/** A line of the file that tools/test-reporter.mjs and tools/test-preload.mjs write. */
interface EventLine {
  readonly type: 'test:dequeue' | 'test:complete' | 'test:pass' | 'test:fail' | 'test:summary' | 'open';
  readonly name?: string;
  readonly line?: number;
  readonly column?: number;
  readonly kind?: 'test' | 'suite';
  readonly skip?: boolean | string;
  readonly todo?: boolean | string;
  readonly failure?: string;
  readonly detail?: string;
  readonly resources?: readonly string[];
}

/** Reads what a test file recorded; a missing file means that it recorded nothing. */
export function readEvents(path: string): FileEvents {
  const results: TestResult[] = [];
  const running = new Map<string, string>();
  let open: readonly string[] = [];
  let complete = false;
  for (const event of readLines(path)) {
    const key = `${event.line}:${event.column}:${event.name}`;
    if (event.type === 'test:dequeue') running.set(key, event.name ?? '');
    else if (event.type === 'test:complete') running.delete(key);
    else if (event.type === 'test:summary') complete = true;
    else if (event.type === 'open') open = event.resources ?? [];
    else results.push(...resultOf(event));
  }
  return { results, unfinished: [...running.values()], open, complete };
}

function resultOf(event: EventLine): TestResult[] {
  const name = event.name ?? '';
  const excuse = event.skip ?? event.todo;
  if (excuse !== undefined && excuse !== false) {
    const reason = typeof excuse === 'string' && excuse !== '' ? excuse : 'no reason given';
    return [{ name, outcome: 'skipped', detail: reason }];
  }
  if (event.type === 'test:fail') {
    // Its children's failures are listed themselves.
    if (event.failure === 'subtestsFailed') return [];
    return [{ name, outcome: 'failed', detail: event.detail ?? '' }];
  }
  return event.kind === 'suite' ? [] : [{ name, outcome: 'passed', detail: '' }];
}

function readLines(path: string): EventLine[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  return complete
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as EventLine);
}

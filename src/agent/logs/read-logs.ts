import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogLine, LogQuery } from '../../api/agent.ts';
import { logLineSchema } from '../../api/agent-shapes.ts';

const logFile = /^(?<id>.+)\.log(?:\.\d+)?$/;

/** Whether a line answers the query; the environment is decided by where it lies. */
export function matchesQuery(line: LogLine, query: LogQuery): boolean {
  return (
    (query.service === undefined || line.source === query.service) &&
    (query.instance === undefined || line.instance === query.instance) &&
    (query.release === undefined || line.release === query.release)
  );
}

/** The last lines that answer the query, oldest first. Reads no more files than that takes. */
export async function readLogs(directory: string, query: LogQuery, signal: AbortSignal): Promise<LogLine[]> {
  let kept: LogLine[] = [];
  for (const { path, modifiedAt } of await logFiles(directory, query)) {
    signal.throwIfAborted();
    // Files come youngest first: one that was last written before everything kept cannot add to it.
    if (kept.length >= query.lines && modifiedAt < (kept[0]?.at ?? 0)) break;
    const text = await readFile(path, { encoding: 'utf8', signal }).catch(() => '');
    const lines = parseLines(text).filter((line) => matchesQuery(line, query));
    kept = [...lines, ...kept].sort((a, b) => a.at - b.at).slice(-query.lines || Infinity);
  }
  return query.lines === 0 ? [] : kept;
}

async function logFiles(
  directory: string,
  query: LogQuery,
): Promise<{ readonly path: string; readonly modifiedAt: number }[]> {
  const names = await readdir(directory).catch(() => []);
  const files = [];
  for (const name of names) {
    const id = logFile.exec(name)?.groups?.['id'];
    if (id === undefined || (query.instance !== undefined && id !== query.instance)) continue;
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined) files.push({ path, modifiedAt: found.mtimeMs });
  }
  return files.sort((a, b) => b.modifiedAt - a.modifiedAt);
}

function parseLines(text: string): LogLine[] {
  const lines: LogLine[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      const parsed = logLineSchema.safeParse(JSON.parse(line));
      if (parsed.success) lines.push(parsed.data);
    } catch {
      // A power cut tore the line; the others stand.
    }
  }
  return lines;
}

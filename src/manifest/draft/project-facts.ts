/** What `mainstay init` may look at. Reading is left to the caller, so that drafting stays pure. */
export interface ProjectFacts {
  readonly directoryName: string;
  /** Paths of files relative to the project, with `/`, of its two topmost levels. */
  readonly files: readonly string[];
  /** The text of one of `files`; undefined when it is not there or is no text. */
  read(name: string): string | undefined;
}

const mostSources = 60;
const foreign =
  /(^|\/)(node_modules|\.git|\.venv|venv|env|dist|build|tests?|__tests__|coverage|migrations)\//;

export const hasFile = (facts: ProjectFacts, name: string): boolean => facts.files.includes(name);

export const firstFile = (facts: ProjectFacts, names: readonly string[]): string | undefined =>
  names.find((name) => hasFile(facts, name));

/** The project's own program text, one string per file; a bounded number of them. */
export function sources(facts: ProjectFacts, extension: RegExp): { name: string; text: string }[] {
  return facts.files
    .filter((name) => extension.test(name) && !foreign.test(name) && !/\.(test|spec)\./.test(name))
    .slice(0, mostSources)
    .flatMap((name) => {
      const text = facts.read(name);
      return text === undefined ? [] : [{ name, text }];
    });
}

const healthPath = /['"`](\/(?:api\/)?(?:healthz?|health-?check|_health|readyz|livez|up|ping)\/?)['"`]/;

/** A health URL that the program text mentions. */
export function healthUrl(texts: readonly string[]): string | undefined {
  for (const text of texts) {
    const found = healthPath.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first environment variable in the program text whose name fits. */
export function variableRead(texts: readonly string[], name: RegExp): string | undefined {
  const reads =
    /(?:process\.env(?:\.|\[['"])|environ(?:\.get\(|\[)['"]|getenv\(['"]|\b(?:config|env)\(['"])([A-Z][A-Z0-9_]*)/g;
  for (const text of texts) {
    for (const [, variable] of text.matchAll(reads)) {
      if (variable !== undefined && name.test(variable)) return variable;
    }
  }
  return undefined;
}

import { Failure } from '../../core/failure.ts';
import { type SecretFinding, scanForSecrets } from './scan-for-secrets.ts';
import { createSecretFinder } from './secret-finder.ts';

export interface SourceInspector {
  /** Throws `source-invalid` when the file holds a configured secret. */
  readonly inspect: (path: string) => (piece: Buffer) => void;
  /** Sorted by path and line. */
  readonly findings: () => readonly SecretFinding[];
}

/** Looks at the source while it is copied. */
export function createSourceInspector(secrets: Readonly<Record<string, string>>): SourceInspector {
  const finder = createSecretFinder(secrets);
  const findings: SecretFinding[] = [];
  return {
    inspect(path) {
      const search = finder?.();
      let first = true;
      return (piece) => {
        const secret = search?.(piece);
        if (secret !== undefined) throw holdsSecret(path, secret);
        // Files that come in several pieces are too large to be written by people.
        if (first) findings.push(...scanForSecrets(path, piece));
        first = false;
      };
    },
    findings: () => findings.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line)),
  };
}

function holdsSecret(path: string, secret: string): Failure {
  return new Failure(
    'source-invalid',
    `Cannot make a release: ${JSON.stringify(path)} holds the value of the secret ${secret}.`,
    {
      hint: `Take it out of the source (the app receives it in the variable ${secret}), then set a new value.`,
      details: { path, secret },
    },
  );
}

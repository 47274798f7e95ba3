/** What looks like a credential; the value itself is never part of it. */
export interface SecretFinding {
  readonly path: string;
  /** Counts from 1. */
  readonly line: number;
  /** For a person: `private key`, `AWS access key`. */
  readonly kind: string;
}

interface Pattern {
  readonly kind: string;
  /** Bytes that every match holds; looking for them is much cheaper than the expression. */
  readonly anchor: string;
  readonly expression: RegExp;
}

/** Prefixes and lengths as the issuers of these credentials document them. */
const patterns: readonly Pattern[] = [
  {
    kind: 'private key',
    anchor: 'PRIVATE KEY-----',
    expression: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=:,\s-]{40,}/g,
  },
  { kind: 'age secret key', anchor: 'AGE-SECRET-KEY-1', expression: /AGE-SECRET-KEY-1[0-9A-Z]{58}/g },
  { kind: 'AWS access key', anchor: 'AKIA', expression: /\bAKIA[0-9A-Z]{16}\b/g },
  { kind: 'AWS temporary access key', anchor: 'ASIA', expression: /\bASIA[0-9A-Z]{16}\b/g },
  { kind: 'GitHub token', anchor: 'gh', expression: /\bgh[pousr]_[A-Za-z0-9]{36,}\b/g },
  { kind: 'GitHub token', anchor: 'github_pat_', expression: /\bgithub_pat_[A-Za-z0-9_]{60,}\b/g },
  { kind: 'GitLab token', anchor: 'glpat-', expression: /\bglpat-[A-Za-z0-9_-]{20,}/g },
  { kind: 'Slack token', anchor: 'xox', expression: /\bxox[abposr]-[0-9A-Za-z-]{20,}/g },
  { kind: 'Stripe live key', anchor: 'k_live_', expression: /\b[sr]k_live_[0-9A-Za-z]{20,}\b/g },
  { kind: 'Google API key', anchor: 'AIza', expression: /\bAIza[0-9A-Za-z_-]{35}\b/g },
  { kind: 'npm token', anchor: 'npm_', expression: /\bnpm_[A-Za-z0-9]{36}\b/g },
  {
    kind: 'PyPI token',
    anchor: 'pypi-AgEIcHlwaS5vcmc',
    expression: /\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}/g,
  },
  { kind: 'SendGrid key', anchor: 'SG.', expression: /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b/g },
  {
    kind: 'password in a database address',
    anchor: '://',
    expression:
      /\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?):\/\/[^\s:@/"'`<>{}$]*:(?!(?:password|passwd|pass|secret|example|changeme|user)@)[^\s@/"'`<>{}$*]{6,}@/gi,
  },
];

/** Credentials are text in files that people write; beyond this size it is data. */
const largestScanned = 1024 * 1024;

/** Well-known forms of credentials in one file of the source. Binary content has none. */
export function scanForSecrets(path: string, content: Buffer): SecretFinding[] {
  if (content.length > largestScanned || content.subarray(0, 8192).includes(0)) return [];
  const candidates = patterns.filter(({ anchor }) => content.includes(anchor));
  if (candidates.length === 0) return [];
  const text = content.toString('latin1');
  const findings = candidates.flatMap(({ kind, expression }) =>
    [...text.matchAll(expression)].map(({ index }) => ({ path, line: lineAt(text, index), kind })),
  );
  return findings.sort((a, b) => a.line - b.line || (a.kind < b.kind ? -1 : 1));
}

function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

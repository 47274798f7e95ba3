import { exitCodeOfFailure } from '../../src/cli/exit-codes.ts';
import { type FailureCode, failureCodes } from '../../src/core/failure-codes.ts';
import { statusOf } from '../../src/server/status-of.ts';
import { cell } from './markdown.ts';

/** `docs/reference/errors.md`. Pure. */
export function errorsPage(): string {
  const rows = Object.entries(failureCodes).map(([code, meaning]) => {
    const name = code as FailureCode;
    return `| \`${code}\` | ${cell(meaning)} | ${exitCodeOfFailure(name)} | ${statusOf(name)} |`;
  });
  return `# Errors

<!-- Generated from the failure codes; changes here are overwritten. -->

A failure says what failed, on what, why, and what to do. Its code is for programs and never changes its meaning. It
reaches a script as exit code, with \`--json\` as a document on standard output, and a client of the API as HTTP status
and body. When an operation was begun, the command exits with the code of its outcome instead
([exit codes](commands.md#exit-codes)).

| code | raised when | exit code | HTTP status |
|---|---|---:|---:|
${rows.join('\n')}
`;
}

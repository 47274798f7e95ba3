import type { OutcomeView } from '../api/operation-events.ts';
import type { FailureDocument } from '../core/failure.ts';
import type { FailureCode } from '../core/failure-codes.ts';

/** What a script learns from a command. `docs/reference/commands.md` is generated from here. */
export const exitCodes = {
  ok: { code: 0, meaning: 'Done, and seen to be done.' },
  internal: { code: 1, meaning: 'A bug in Mainstay.' },
  usage: { code: 2, meaning: 'The command line, the manifest or a value is wrong; nothing was tried.' },
  failed: { code: 3, meaning: 'The operation failed; what serves was not changed.' },
  rolledBack: { code: 4, meaning: 'The operation failed after the switch; the old release serves again.' },
  cancelled: { code: 5, meaning: 'The operation was cancelled; what it had done was taken back.' },
  incomplete: { code: 6, meaning: 'The operation could not be finished nor taken back; a person must look.' },
  negative: {
    code: 7,
    meaning: 'The answer is no: a check, a comparison or a chain did not hold.',
  },
  unreachable: { code: 8, meaning: 'The control plane or a host cannot be reached or started.' },
  refused: { code: 9, meaning: 'Refused: it needs a confirmation, or contradicts the present state.' },
  detached: { code: 130, meaning: 'Interrupted by Ctrl-C. An operation goes on without the terminal.' },
} as const satisfies Record<string, { readonly code: number; readonly meaning: string }>;

export type ExitName = keyof typeof exitCodes;

const byFailure: Readonly<Record<FailureCode, ExitName>> = {
  'internal': 'internal',
  'usage-invalid': 'usage',
  'manifest-not-found': 'usage',
  'manifest-invalid': 'usage',
  'not-found': 'usage',
  'already-exists': 'refused',
  'conflict': 'refused',
  'needs-confirmation': 'refused',
  'build-failed': 'failed',
  'source-invalid': 'failed',
  'not-verified': 'refused',
  'command-not-found': 'failed',
  'command-failed': 'failed',
  'instance-exited': 'failed',
  'instance-unhealthy': 'failed',
  'check-failed': 'negative',
  'watch-failed': 'failed',
  'port-taken': 'failed',
  'disk-full': 'failed',
  'permission-denied': 'failed',
  'timeout': 'unreachable',
  'cancelled': 'cancelled',
  'host-unreachable': 'unreachable',
  'control-unreachable': 'unreachable',
  'lease-lost': 'failed',
  'state-corrupt': 'unreachable',
  'state-newer': 'unreachable',
  'state-locked': 'unreachable',
  'key-exposed': 'unreachable',
  'config-invalid': 'usage',
  'evidence-broken': 'negative',
};

const byOutcome: Readonly<Record<OutcomeView, ExitName>> = {
  'succeeded': 'ok',
  'failed': 'failed',
  'rolled-back': 'rolledBack',
  'cancelled': 'cancelled',
  'incomplete': 'incomplete',
};

/** The exit code for a failure thrown outside an operation. */
export function exitCodeOfFailure(code: FailureCode): number {
  // A newer control plane may know codes that this program does not.
  return exitCodes[byFailure[code] ?? 'internal'].code;
}

/** The exit code for an operation that has ended. */
export function exitCodeOfOutcome(
  kind: string,
  outcome: OutcomeView,
  failure: FailureDocument | null,
): number {
  if (outcome !== 'failed') return exitCodes[byOutcome[outcome]].code;
  if (failure?.code === 'not-verified' || failure?.code === 'conflict') return exitCodes.refused.code;
  return exitCodes[kind === 'verify' ? 'negative' : 'failed'].code;
}

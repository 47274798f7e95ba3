import type { FailureCode } from '../core/failure-codes.ts';

/** HTTP status of each failure; the type makes the table complete. */
const statuses = {
  internal: 500,
  'usage-invalid': 400,
  'manifest-not-found': 400,
  'manifest-invalid': 422,
  'not-found': 404,
  'already-exists': 409,
  conflict: 409,
  'needs-confirmation': 428,
  'build-failed': 422,
  'source-invalid': 422,
  'not-verified': 409,
  'command-not-found': 422,
  'command-failed': 422,
  'instance-exited': 422,
  'instance-unhealthy': 422,
  'check-failed': 422,
  'watch-failed': 422,
  'port-taken': 409,
  'disk-full': 507,
  'permission-denied': 403,
  timeout: 504,
  cancelled: 409,
  'host-unreachable': 502,
  'control-unreachable': 502,
  'lease-lost': 409,
  'state-corrupt': 500,
  'state-newer': 500,
  'state-locked': 409,
  'key-exposed': 500,
  'config-invalid': 422,
  'evidence-broken': 500,
} as const satisfies Record<FailureCode, number>;

export function statusOf(code: FailureCode): number {
  return statuses[code];
}

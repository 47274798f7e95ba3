import type { FailureCode } from '../../core/failure-codes.ts';

const statuses: Partial<Record<FailureCode, number>> = {
  'internal': 500,
  'usage-invalid': 400,
  'not-found': 404,
  'lease-lost': 409,
  'conflict': 409,
  'already-exists': 409,
  'timeout': 504,
  'host-unreachable': 503,
  'disk-full': 507,
};

/** HTTP status of a failed call; 422: understood, and not possible. */
export function failureStatus(code: FailureCode): number {
  return statuses[code] ?? 422;
}

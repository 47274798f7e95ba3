import { Failure } from '../core/failure.ts';

/** Why a signal aborts when control stops. The operation is resumed later; nothing of it is taken back. */
export class ShutdownReason extends Error {
  override readonly name = 'ShutdownReason';

  constructor() {
    super('The control plane is stopping; the operation goes on when it starts again.');
  }
}

/** The worker stops here and writes nothing more. Somebody else goes on, or this program does after a restart. */
export class Suspended extends Error {
  override readonly name = 'Suspended';
}

/** Why a signal aborts when a person cancels, and the failure of the operation then. */
export function cancelledBy(person: string): Failure {
  return new Failure('cancelled', `Cancelled by ${person}.`);
}

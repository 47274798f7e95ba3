import { Failure } from '../core/failure.ts';
import type { Clock } from '../core/units.ts';
import type { Host } from '../hosts/host.ts';
import type { LifecycleService } from '../server/control-deps.ts';
import type { Store } from '../store/store.ts';

/** The chain of evidence and the checklist judged from it. */
export function lifecycleService(store: Store, _hosts: readonly Host[], clock: Clock): LifecycleService {
  return {
    board: async () => [],
    waive: async (app, waiver) => {
      if (waiver.until <= clock.now()) throw new Failure('usage-invalid', 'A waiver must end in the future.');
      throw new Failure('not-found', `There is no lifecycle item ${waiver.item} of ${app}.`);
    },
    evidence: (filter) => store.evidence.read(filter),
    verify: async (head, signal) => {
      const report = await store.evidence.verify(head, signal);
      return {
        intact: report.intact,
        records: report.records,
        head: report.head?.hash ?? null,
        problem: report.intact ? null : report.problem,
      };
    },
  };
}

import type { Fault, Quirk } from '../../harness/application.ts';
import type { CrashBench, Environment } from './crash-bench.ts';

/** What is going on when something is killed. */
export type Story =
  | { readonly kind: 'deploy'; readonly fault: Fault | Quirk | null }
  | { readonly kind: 'rollback' | 'promote' | 'verify' | 'down' | 'destroy' | 'maintenance' };

/** A story, ready to be told. */
export interface Scene {
  readonly environment: Environment;
  readonly command: readonly string[];
  /** What serves when the operation succeeds; null for nothing. */
  readonly version: string | null;
  /** What visitors may see besides what served before. */
  readonly seen: readonly string[];
  /** Whether visitors are to be served throughout. */
  readonly serves: boolean;
  /** Whether the command ends with the outcome of the operation. */
  readonly tellsOutcome: boolean;
}

/** Bad in ways that show only after the switch: visitors do see them. */
const seenFaults: readonly (Fault | Quirk | null)[] = [null, 'failing-public-check', 'dies-in-watch'];

/** Prepares what the story needs, undisturbed. */
export async function setScene(bench: CrashBench, story: Story): Promise<Scene> {
  const live = { environment: 'live', serves: true, tellsOutcome: true } as const;
  switch (story.kind) {
    case 'deploy': {
      const version = bench.nextVersion();
      await bench.write(version, story.fault);
      const seen = seenFaults.includes(story.fault) ? [version] : [];
      return { ...live, command: ['deploy', 'live'], version, seen };
    }
    case 'rollback': {
      const version = await bench.previousVersion('live');
      return { ...live, command: ['rollback', 'live'], version, seen: [version] };
    }
    case 'promote': {
      const version = await bench.deploy('staging');
      const command = ['promote', 'production'];
      return { ...live, environment: 'production', command, version, seen: [version] };
    }
    case 'verify':
      return { ...live, command: ['verify', 'live'], version: bench.serving.get('live') ?? null, seen: [] };
    case 'down':
    case 'destroy':
      return { ...live, command: [story.kind, 'live', '--yes'], version: null, seen: [], serves: false };
    case 'maintenance': {
      const version = bench.serving.get('live') ?? null;
      const command = ['maintenance', 'live', 'on'];
      return { ...live, command, version, seen: [], serves: false, tellsOutcome: false };
    }
  }
}

/** Puts back what a story takes away on purpose. */
export async function clearScene(bench: CrashBench, story: Story): Promise<void> {
  if (story.kind === 'maintenance') await bench.application.ok(['maintenance', 'live', 'off']);
}

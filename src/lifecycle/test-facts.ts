import { instant } from '../core/units.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { parseManifest } from '../manifest/parse-manifest.ts';
import { composeItems } from './catalogue.ts';
import type { EvidenceRecord, Waiver } from './evidence.ts';
import { EvidenceIndex } from './evidence-index.ts';
import type { EvidenceKind, EvidenceKinds } from './evidence-kinds.ts';
import { type EnvironmentFacts, environmentFacts, type LifecycleFacts } from './facts.ts';
import { initialDeploymentItems } from './items/initial-deployment.ts';
import { preparationItems } from './items/preparation.ts';
import { runningItems } from './items/running.ts';
import { type BoardLine, judgeItems } from './judge-items.ts';

export const hour = 3_600_000;
export const day = 24 * hour;
export const now = instant(Date.parse('2026-12-01T12:00:00Z'));

export const items = composeItems([preparationItems, initialDeploymentItems, runningItems]);

const staging = 'a'.repeat(64);
export const digests = { first: staging, second: 'b'.repeat(64) } as const;

/** `more`: lines of YAML that take the place of those of the same key. */
export function shopManifest(more: Readonly<Record<string, string>> = {}): Manifest {
  const parts: Record<string, string> = {
    build: 'build: { commands: [npm ci, npm test] }',
    services: 'services: { web: { command: node server.js, health: /healthz } }',
    checks: 'checks: { home: { http: { path: / } } }',
    environments: [
      'environments:',
      '  staging: { domain: staging.localhost }',
      '  production: { domain: shop.localhost, promote_from: staging }',
    ].join('\n'),
    ...more,
  };
  const result = parseManifest(['app: shop', ...Object.values(parts)].join('\n'), 'mainstay.yaml');
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.manifest;
}

/** Evidence in the order in which it is written, each an hour after the one before, the last an hour ago. */
export class Story {
  readonly #entries: Omit<EvidenceRecord, 'seq' | 'at'>[] = [];

  add<K extends EvidenceKind>(kind: K, subject: string, data: EvidenceKinds[K]): this {
    this.#entries.push({ kind, subject, data: data as unknown as EvidenceRecord['data'], hash: '' });
    return this;
  }

  built(release: string, number: number, source = 'source', cached = false): this {
    return this.add('release.built', 'shop', {
      release,
      number,
      source,
      commit: null,
      dirty: false,
      cached,
    });
  }

  verified(environment: string, release: string, number: number, operation: string | null = 'op'): this {
    return this.add('deploy.verified', environment, { release, number, checks: ['home'], operation });
  }

  records(age = hour): EvidenceRecord[] {
    return this.#entries.map((entry, index) => ({
      ...entry,
      seq: index + 1,
      at: now - age - (this.#entries.length - 1 - index) * hour,
    }));
  }
}

export function serving(
  id: string,
  manifest: Manifest,
  release = digests.first,
  number = 1,
): EnvironmentFacts {
  return environmentFacts(id, { digest: release, number, runtimes: { node: 'v24.21.0' }, manifest }, 'op');
}

export function judge(
  story: Story,
  environments: readonly EnvironmentFacts[],
  options: { readonly waivers?: readonly Waiver[]; readonly age?: number } = {},
): Map<string, BoardLine> {
  const facts: LifecycleFacts = {
    app: 'shop',
    now,
    evidence: new EvidenceIndex(story.records(options.age)),
    environments,
  };
  return new Map(judgeItems(items, facts, options.waivers ?? []).map((line) => [line.id, line]));
}

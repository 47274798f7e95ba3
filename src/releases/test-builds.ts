import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobStore } from '../artifacts/blob-store.ts';
import { millis } from '../core/units.ts';
import type { Build, Command, Manifest } from '../manifest/manifest.ts';
import { parseManifest } from '../manifest/parse-manifest.ts';
import type { Progress } from '../operations/step.ts';
import { openHome } from '../system/home.ts';
import { type BuildDeps, type BuildRequest, type BuiltRelease, buildRelease } from './build-release.ts';

export interface BuildBench extends AsyncDisposable {
  readonly directory: string;
  readonly deps: BuildDeps;
  /** What the builds of this bench have told so far. */
  readonly progress: Progress[];
  build(source: string, manifest: Manifest, request?: Partial<BuildRequest>): Promise<BuiltRelease>;
}

/** A home of its own for the builds of one test, below `parent`; it goes when the test ends. */
export async function openBuildBench(parent: string = tmpdir()): Promise<BuildBench> {
  const directory = await mkdtemp(join(parent, 'builds-'));
  const home = openHome(join(directory, 'home'));
  const blobs = new BlobStore(home.blobs);
  await blobs.prepare();
  const deps = { blobs, home, path: process.env['PATH'] ?? '', variables: {} };
  const progress: Progress[] = [];
  return {
    directory,
    deps,
    progress,
    build: (source, manifest, request = {}) =>
      buildRelease(deps, {
        manifest,
        sourceDirectory: source,
        secrets: {},
        signal: new AbortController().signal,
        emit: (event) => progress.push(event),
        ...request,
      }),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

export const shell = (line: string): Command => ({ kind: 'shell', line });

const smallest = `
app: test
services: { web: { command: node server.js } }
environments: { production: { domain: test.example } }
`;

/** The smallest manifest there is, with this build. */
export function testManifest(build: Partial<Build> = {}): Manifest {
  const parsed = parseManifest(smallest, 'mainstay.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return { ...parsed.manifest, build: { ...parsed.manifest.build, timeout: millis(60_000), ...build } };
}

export function outputOf(progress: readonly Progress[]): string[] {
  return progress.flatMap((event) => (event.type === 'output' ? [event.text] : []));
}

import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '../artifacts/blob-store.ts';
import { digestOf } from '../artifacts/digest.ts';
import { fileFailure } from '../artifacts/file-failure.ts';
import { makeDirectories } from '../artifacts/make-directories.ts';
import { removeTree } from '../artifacts/remove-tree.ts';
import { type Tree, treeSize } from '../artifacts/tree.ts';
import { encodeTree } from '../artifacts/tree-document.ts';
import { canonicalJson } from '../core/json.ts';
import { createRedactor } from '../core/redact.ts';
import { bytes, formatBytes } from '../core/units.ts';
import { toCanonicalManifest } from '../manifest/canonical.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { Progress } from '../operations/step.ts';
import type { Home } from '../system/home.ts';
import { type BuildPlaces, buildEnvironment, buildPlaces } from './build/build-environment.ts';
import { lockBuilds } from './build/build-lock.ts';
import { killBuild } from './build/build-processes.ts';
import { buildKey, readBuildRecord, writeBuildRecord } from './build/build-records.ts';
import { buildTree } from './build/build-tree.ts';
import { programsOf, programVersions } from './build/program-versions.ts';
import { reuseRelease, storeRelease } from './build/store-release.ts';
import type { SecretFinding } from './secrets/scan-for-secrets.ts';
import { createSourceInspector } from './secrets/source-inspector.ts';
import { copySource } from './source/copy-source.ts';
import { listSource, type Source } from './source/list-source.ts';

export interface BuildDeps {
  /** Prepared. */
  readonly blobs: BlobStore;
  readonly home: Pick<Home, 'root' | 'builds' | 'cache'>;
  /** `PATH` of build commands. */
  readonly path: string;
  /** What else of the machine's environment they see; `networkVariables` picks it. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface BuildRequest {
  readonly manifest: Manifest;
  readonly sourceDirectory: string;
  /** Name → value; none of these values may turn up in the release or in the output. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Build even when the same source was built before, to see that the result is the same. */
  readonly fresh?: boolean;
  readonly signal: AbortSignal;
  readonly emit: (progress: Progress) => void;
}

export interface BuiltRelease {
  readonly digest: string;
  readonly treeDigest: string;
  /** Of the copied source and the build section of the manifest. */
  readonly sourceDigest: string;
  readonly files: number;
  readonly bytes: number;
  readonly commit: string | null;
  readonly dirty: boolean;
  readonly runtimes: Readonly<Record<string, string>>;
  /** The same source was built before; nothing ran. */
  readonly cached: boolean;
  /** Blobs that no release had before. */
  readonly newBlobs: number;
  /** What looks like a credential in the source. */
  readonly findings: readonly SecretFinding[];
}

/**
 * Builds the source in a clean copy and stores the result. The same source and manifest give the same digest. Builds of
 * one app wait for each other. Throws `source-invalid`, `build-failed`, `command-not-found`, `disk-full`,
 * `permission-denied`, or the signal's reason; then nothing of the build is left that a later one would trust.
 */
export async function buildRelease(deps: BuildDeps, request: BuildRequest): Promise<BuiltRelease> {
  const { manifest, signal, emit } = request;
  const places = buildPlaces(deps.home.builds, deps.home.cache, manifest.app);
  const redactor = createRedactor(Object.values(request.secrets));
  const output = (line: string): string => {
    const text = redactor.redact(line);
    emit({ type: 'output', text });
    return text;
  };
  const note = (text: string): void => emit({ type: 'note', text });
  try {
    using _turn = await lockBuilds(places.lock, signal, () =>
      note(`Another build of ${manifest.app} runs; waiting.`),
    );
    await clear(places);
    try {
      prepare(places);
      return await build(deps, request, places, output, note);
    } finally {
      await clear(places);
    }
  } catch (error) {
    throw fileFailure(error, `build ${manifest.app}`, deps.home.builds);
  }
}

async function build(
  deps: BuildDeps,
  request: BuildRequest,
  places: BuildPlaces,
  output: (line: string) => string,
  note: (text: string) => void,
): Promise<BuiltRelease> {
  const { manifest, signal } = request;
  const environment = buildEnvironment(places, deps.path, deps.variables, manifest.build.environment);
  // Other processes find these out while this one copies.
  const versions = programVersions(programsOf(manifest), environment, places.home, signal);
  versions.catch(() => undefined);
  const source = await listSource(
    {
      directory: request.sourceDirectory,
      ignore: manifest.build.ignore,
      ownDirectories: [deps.home.root],
      path: deps.path,
    },
    signal,
  );
  for (const text of source.notes) note(text);
  const inspector = createSourceInspector(request.secrets);
  const incoming = join(places.work, 'incoming');
  const copy = await copySource(source.entries, source.root, incoming, signal, inspector.inspect);
  const size = treeSize(copy);
  note(`Copied ${size.files} files (${formatBytes(bytes(size.bytes))}) of the source.`);
  const runtimes = await versions;
  const identity = identify(copy, manifest);
  const known = {
    ...about(source),
    runtimes,
    sourceDigest: identity.sourceDigest,
    findings: inspector.findings(),
  };

  const record = request.fresh === true ? undefined : await readBuildRecord(places.records, identity.key);
  if (record !== undefined && canonicalJson(record.runtimes) === canonicalJson(runtimes)) {
    const reused = await reuseRelease(deps.blobs, record.release, request.secrets, signal);
    if (reused !== undefined) {
      note(`This source was built before; release ${reused.digest.slice(0, 12)} is used again.`);
      return { ...reused, ...known, cached: true, newBlobs: 0 };
    }
  }

  // The path follows from the source, so that a result which holds it is the same each time.
  const tree = join(places.work, identity.sourceDigest.slice(0, 16));
  await rename(incoming, tree);
  await buildTree({ places, tree, manifest, environment, output, note }, signal);
  const stored = await storeRelease(deps.blobs, { tree, manifest, secrets: request.secrets }, signal);
  await writeBuildRecord(places.records, identity.key, { release: stored.digest, runtimes });
  return { ...stored, ...known, cached: false };
}

function identify(copy: Tree, manifest: Manifest): { readonly sourceDigest: string; readonly key: string } {
  const sourceDigest = digestOf(canonicalJson({ tree: digestOf(encodeTree(copy)), build: manifest.build }));
  return { sourceDigest, key: buildKey(sourceDigest, toCanonicalManifest(manifest)) };
}

function about(source: Source): Pick<BuiltRelease, 'commit' | 'dirty'> {
  return { commit: source.revision.commit, dirty: source.revision.dirty };
}

function prepare(places: BuildPlaces): void {
  for (const directory of [places.home, places.temporary, places.toolCache])
    makeDirectories(directory, 0o700);
}

/** Ends what a crashed Mainstay left running, and removes what it, or the build just done, left lying. */
async function clear(places: BuildPlaces): Promise<void> {
  // It goes last, so without it there is nothing else either.
  if (!existsSync(places.work)) return;
  await killBuild(places.home);
  await removeTree(places.work);
}

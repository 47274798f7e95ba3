import type { BlobStore } from '../artifacts/blob-store.ts';
import { releaseBlobs } from '../artifacts/release-document.ts';
import { Failure } from '../core/failure.ts';
import type { ReleaseBuilder } from '../deploys/records.ts';
import type { ReleaseContents } from '../deploys/steps/stage-release.ts';
import { toCanonicalManifest } from '../manifest/canonical.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { formatIssue, parseManifest } from '../manifest/parse-manifest.ts';
import { type BuildDeps, type BuiltRelease, buildRelease } from '../releases/build-release.ts';
import type { Store } from '../store/store.ts';
import type { ConfigurationService } from './configuration-service.ts';

/** Builds what a deploy asks for and remembers it, with what was seen of the source as evidence. */
export function releaseBuilder(
  deps: BuildDeps,
  store: Store,
  configuration: ConfigurationService,
): ReleaseBuilder {
  return {
    async build(context, environment, source) {
      const manifest = parsed(source);
      const built = await buildRelease(deps, {
        manifest,
        sourceDirectory: source.directory,
        secrets: configuration.currentSecrets(environment),
        fresh: source.fresh,
        signal: context.signal,
        emit: (progress) => context.emit(progress),
      });
      const number = remember(store, manifest, built, context.operation.id);
      context.emit({ type: 'note', text: `r${number} is ${built.digest.slice(0, 12)}` });
      return { digest: built.digest, number, app: manifest.app, manifest };
    },
  };
}

export function releaseContents(blobs: BlobStore): ReleaseContents {
  return { blobsOf: (release) => releaseBlobs(blobs, release) };
}

function parsed(source: { readonly manifestFile: string; readonly manifestText: string }): Manifest {
  const result = parseManifest(source.manifestText, source.manifestFile);
  if (result.ok) return result.manifest;
  throw new Failure('manifest-invalid', result.issues.map(formatIssue).join('\n'));
}

function remember(store: Store, manifest: Manifest, built: BuiltRelease, operation: string): number {
  return store.transaction(() => {
    const isJournaled = store.operations.queue.get(operation) !== undefined;
    const record = store.releases.add({
      digest: built.digest,
      app: manifest.app,
      sourceDigest: built.sourceDigest,
      manifest: toCanonicalManifest(manifest),
      treeDigest: built.treeDigest,
      files: built.files,
      bytes: built.bytes,
      commit: built.commit,
      dirty: built.dirty,
      runtimes: built.runtimes,
      buildOperation: isJournaled ? operation : null,
    });
    store.evidence.append({
      kind: 'release.built',
      subject: manifest.app,
      data: {
        release: built.digest,
        number: record.number,
        source: built.sourceDigest,
        commit: built.commit,
        dirty: built.dirty,
        cached: built.cached,
      },
    });
    store.evidence.append({
      kind: 'secrets.scanned',
      subject: manifest.app,
      data: { release: built.digest, findings: built.findings.map((finding) => ({ ...finding })) },
    });
    return record.number;
  });
}

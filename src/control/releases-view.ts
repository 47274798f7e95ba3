import type { ControlDeps } from '../server/control-deps.ts';
import type { Store } from '../store/store.ts';

/** Releases of an app whose content is still here, newest first, with where they serve and were verified. */
export function releasesView(store: Store, app: string): ReturnType<ControlDeps['releases']> {
  const places = store.releases.places(app);
  return store.releases
    .list(app)
    .filter(({ removedAt }) => removedAt === null)
    .map((release) => ({
      app: release.app,
      number: release.number,
      digest: release.digest,
      createdAt: release.createdAt,
      files: release.files,
      bytes: release.bytes,
      commit: release.commit,
      dirty: release.dirty,
      environments: [...(places.get(release.digest)?.serving ?? [])],
      verifiedIn: [...(places.get(release.digest)?.succeeded ?? [])],
    }));
}

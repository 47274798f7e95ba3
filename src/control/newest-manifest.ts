import { manifestFromCanonical } from '../manifest/canonical.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { Store } from '../store/store.ts';

/** The manifest of the release that serves in an environment; where none serves, of the app's newest release. */
export function newestManifest(store: Store, environment: string): Manifest | undefined {
  const [app = ''] = environment.split('/');
  const current = store.environments.get(environment)?.currentDeployment ?? null;
  const deployed = current === null ? undefined : store.deployments.get(current)?.release;
  const release = deployed === undefined ? store.releases.list(app)[0] : store.releases.get(deployed);
  return release === undefined ? undefined : manifestFromCanonical(release.manifest);
}

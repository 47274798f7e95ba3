import type { StepKind } from '../../operations/step.ts';
import type { DeployDeps } from '../records.ts';

type Input = { readonly host: string; readonly release: string };
type Output = { readonly files: number; readonly bytesSent: number };

export interface ReleaseContents {
  /** Every blob that the release consists of, its own document included. */
  blobsOf(release: string): Promise<readonly string[]>;
}

/** Copies to a host what it lacks of a release and unpacks it there. Staging twice changes nothing. */
export function stageRelease(
  deps: Pick<DeployDeps, 'hosts'>,
  contents: ReleaseContents,
): StepKind<Input, Output> {
  return {
    kind: 'release.stage',
    async execute(context, { host: name, release }) {
      const host = deps.hosts.get(name);
      const digests = [...(await contents.blobsOf(release))];
      const { missing } = await host.call('missingBlobs', { digests }, context.signal);
      const sent = missing.length === 0 ? { bytes: 0 } : await host.sendBlobs(missing, context.signal);
      const staged = await host.call('stageRelease', { release }, context.signal);
      if (!staged.already)
        context.emit({
          type: 'note',
          text: `${staged.files} files, ${missing.length} of ${digests.length} blobs sent`,
        });
      return { files: staged.files, bytesSent: sent.bytes };
    },
  };
}

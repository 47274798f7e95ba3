import type { Manifest } from '../../manifest/manifest.ts';
import type { ResolvedEnvironment } from '../../manifest/resolve-environment.ts';
import { judged } from '../catalogue.ts';
import type { LifecycleFacts } from '../facts.ts';
import { fail, type LifecycleItem, pass, togetherOr, unknown, type Verdict } from '../item.ts';

const notDeployed = unknown('Nothing is deployed yet.', 'Deploy: mainstay deploy staging');
/** Command lines that are commonly a run of tests. */
const testCommand = /(?:^|[\s/:])(?:test|tests|pytest|tox|vitest|jest|mocha|rspec|phpunit)(?::\S+)?(?:\s|$)/;

/** D1 and F2. */
export const runningItems: readonly LifecycleItem[] = [
  judged('D1', judgeEndpoints),
  judged('F2', judgeTests),
];

function judgeEndpoints({ environments }: LifecycleFacts): Verdict {
  const verdicts = environments.flatMap(({ settings, name }) => {
    if (settings === null) return [];
    const routes = settings.services.flatMap((service) =>
      service.routes.map((route) => ({ service, route })),
    );
    if (routes.length === 0) return [];
    const bare = routes.filter(
      ({ service, route }) => service.health === null && !isChecked(settings, route),
    );
    if (bare.length > 0) {
      const shown = bare.map(({ service, route }) => `${service.name} (${route})`).join(', ');
      return [
        fail(
          `On ${name} nothing asks whether ${shown} answers.`,
          'Add a check with its path, or a health URL, to mainstay.yaml.',
          null,
        ),
      ];
    }
    const count = routes.length;
    return [
      pass(`On ${name} ${count === 1 ? 'the one route is' : `all ${count} routes are`} checked.`, null),
    ];
  });
  return togetherOr(verdicts, notDeployed);
}

/** Whether some HTTP check's path is taken by this route and by no longer one. */
function isChecked({ checks, services }: ResolvedEnvironment, route: string): boolean {
  const routes = services.flatMap((service) => service.routes);
  return checks.some(({ probe }) => {
    if (probe.kind !== 'http' || !isUnder(probe.path, route)) return false;
    return !routes.some((other) => other.length > route.length && isUnder(probe.path, other));
  });
}

function isUnder(path: string, route: string): boolean {
  return route === '/' || path === route || path.startsWith(`${route}/`) || path.startsWith(`${route}?`);
}

/** A build that runs the tests ends in no release when they fail, so the release itself is the evidence. */
function judgeTests({ environments, evidence, app }: LifecycleFacts): Verdict {
  const verdicts = environments.flatMap(({ release, name }) => {
    if (release === null) return [];
    const built = evidence.newest('release.built', app, ({ data }) => data.release === release.digest);
    const command = testsInBuild(release.manifest);
    if (command === undefined) {
      return [
        unknown(
          `Nothing tells whether r${release.number} on ${name} was tested.`,
          'Add the command that runs your tests to build.commands in mainstay.yaml.',
        ),
      ];
    }
    return [pass(`The build of r${release.number} on ${name} runs: ${command}`, built?.at ?? null)];
  });
  return togetherOr(verdicts, notDeployed);
}

function testsInBuild({ build }: Manifest): string | undefined {
  return build.commands
    .map((command) => (command.kind === 'shell' ? command.line : command.argv.join(' ')))
    .find((line) => testCommand.test(line));
}

import { bytes, formatBytes } from '../../core/units.ts';
import { judged } from '../catalogue.ts';
import type { Proof } from '../evidence-kinds.ts';
import type { EnvironmentFacts, LifecycleFacts } from '../facts.ts';
import { fail, type LifecycleItem, pass, stale, togetherOr, unknown, type Verdict } from '../item.ts';
import { runtimeSupport, type Support, supportDatesAsOf, systemSupport } from '../support-dates.ts';

const gibibyte = 1024 ** 3;
/** What control, agent and ingress need beside the app. */
const ownMemory = 256 * 1024 ** 2;
/** Room for the next releases, logs and a database that grows. */
const leastFreeDisk = gibibyte;
const leastFreeShare = 0.1;
const yearMs = 365 * 86_400_000;
/** Support that ends within this is worth a word before it fails. */
const soonMs = 90 * 86_400_000;

const notObserved = unknown('No host was observed yet.', 'Look at the hosts: mainstay doctor');
const notDeployed = unknown('Nothing is deployed yet.', 'Deploy: mainstay deploy staging');

/** A1 to A6, as far as they are judged without further capabilities. */
export const preparationItems: readonly LifecycleItem[] = [
  judged('A1', (facts) =>
    togetherOr(
      hosts(facts).map((host) => judgeHost(host, facts.environments)),
      notObserved,
    ),
  ),
  judged('A2', judgeSupport),
  judged('A3', judgeReproducible),
  judged('A4', judgeSecrets),
  judged('A5', judgeTls),
  judged('A6', (facts) => togetherOr(hosts(facts).map(judgePorts), notObserved)),
];

type Host = Proof<'host.observed'>;

/** The newest observation of each host that an environment of the app uses. */
function hosts({ evidence, environments }: LifecycleFacts): readonly Host[] {
  const used = new Set(environments.flatMap(({ settings }) => settings?.hosts ?? []));
  const newest = new Map<string, Host>();
  for (const host of evidence.all('host.observed')) {
    const name = nameOf(host);
    if (used.has(name) && !newest.has(name)) newest.set(name, host);
  }
  return [...newest.values()];
}

const nameOf = ({ subject }: Host): string => subject.slice('host:'.length);

function judgeHost(host: Host, environments: readonly EnvironmentFacts[]): Verdict {
  const { cpus, memoryBytes, diskFreeBytes, diskTotalBytes } = host.data;
  const name = nameOf(host);
  const asked = environments
    .filter(({ settings }) => settings?.hosts.includes(name))
    .flatMap(({ settings }) => settings?.services ?? [])
    .reduce((sum, { limits, instances }) => sum + (limits.memory ?? 0) * instances, 0);
  const free = `${formatBytes(bytes(diskFreeBytes))} of ${formatBytes(bytes(diskTotalBytes))} of disk free`;
  if (memoryBytes < asked + ownMemory) {
    const need = `its instances may take ${formatBytes(bytes(asked))}, and Mainstay needs ${formatBytes(bytes(ownMemory))}`;
    return fail(
      `${name} has ${formatBytes(bytes(memoryBytes))} of memory; ${need}.`,
      'Lower limits.memory or the number of instances, or give the host more memory.',
      host.at,
    );
  }
  if (diskFreeBytes < leastFreeDisk || diskFreeBytes < diskTotalBytes * leastFreeShare) {
    return fail(
      `${name} has only ${free}; the least is 1 GiB and a tenth.`,
      'Free some space, or keep fewer releases (release.keep).',
      host.at,
    );
  }
  return pass(`${name}: ${cpus} CPUs, ${formatBytes(bytes(memoryBytes))} of memory, ${free}.`, host.at);
}

function judgeSupport(facts: LifecycleFacts): Verdict {
  const verdicts = hosts(facts).flatMap((host) => {
    const programs = new Set(
      facts.environments
        .filter(({ settings }) => settings?.hosts.includes(nameOf(host)))
        .flatMap(({ release }) => Object.keys(release?.runtimes ?? {})),
    );
    const used = Object.entries(host.data.runtimes).filter(([program]) => programs.has(program));
    const supports = [
      systemSupport(host.data.os),
      ...used.flatMap(([program, version]) => runtimeSupport(program, version) ?? []),
    ];
    return supports.map((support) => judgeUntil(support, nameOf(host), facts.now, host.at));
  });
  if (verdicts.length > 0 && facts.now - Date.parse(supportDatesAsOf) > yearMs) {
    return stale(
      `The dates of support that this version knows are of ${supportDatesAsOf}.`,
      'Update Mainstay.',
      Date.parse(supportDatesAsOf),
    );
  }
  return togetherOr(verdicts, notObserved);
}

function judgeUntil({ product, until }: Support, host: string, now: number, at: number): Verdict {
  if (until === null) {
    return unknown(
      `${host} runs ${product}, of which this version of Mainstay (dates of ${supportDatesAsOf}) knows no end of support.`,
      'Look it up with its maker, and waive this item with what you found.',
    );
  }
  const left = Date.parse(until) + 86_400_000 - now;
  if (left <= 0) {
    return fail(
      `${host} runs ${product}, which has had no security updates since ${until}.`,
      `Move ${host} to a version that is supported.`,
      at,
    );
  }
  const soon = left < soonMs ? ', which is soon' : '';
  return pass(`${host}: ${product} has security updates until ${until}${soon}.`, at);
}

function judgeReproducible({ evidence, app }: LifecycleFacts): Verdict {
  const all = evidence.all('release.built', app);
  const built = all.filter(({ data }) => !data.cached);
  const [newest] = all;
  if (newest === undefined) return unknown('Nothing was built yet.', 'Deploy: mainstay deploy staging');
  const bySource = Map.groupBy(built, ({ data }) => data.source);
  const ofNewest = bySource.get(newest.data.source) ?? [];
  const differing = ofNewest.find(({ data }) => data.release !== newest.data.release);
  if (differing !== undefined) {
    return fail(
      `Built twice from the same source, r${differing.data.number} and r${newest.data.number} differ.`,
      'Look for times, random names and downloads without a fixed version in the build.',
      newest.at,
    );
  }
  if (ofNewest.length > 1) {
    return pass(`r${newest.data.number} came out the same from ${ofNewest.length} builds.`, newest.at);
  }
  const once = `r${newest.data.number} was built once`;
  const proved = [...bySource.values()].find(
    (builds) => builds.length > 1 && new Set(builds.map(({ data }) => data.release)).size === 1,
  )?.[0];
  if (proved === undefined) {
    return unknown(
      `${once}; it takes two builds of the same source to tell.`,
      'Build the same source a second time.',
    );
  }
  return stale(
    `r${proved.data.number} came out the same twice, but ${once}.`,
    'Build the same source a second time.',
    proved.at,
  );
}

function judgeSecrets({ evidence, app }: LifecycleFacts): Verdict {
  const built = evidence.newest('release.built', app);
  const scan = evidence.newest('secrets.scanned', app);
  if (built === undefined || scan === undefined) {
    return unknown('No source was searched yet.', 'Deploy: mainstay deploy staging');
  }
  if (scan.data.release !== built.data.release) {
    return stale(
      `r${built.data.number} came after the last search.`,
      'Deploy: mainstay deploy staging',
      scan.at,
    );
  }
  const [first, ...more] = scan.data.findings;
  if (first === undefined) return pass(`Nothing in r${built.data.number} looks like a secret.`, scan.at);
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return fail(
    `${first.path}:${first.line} looks like a ${first.kind}${others}.`,
    'Take it out of the source and its history, change it where it is valid, and set it with: mainstay secret set',
    scan.at,
  );
}

function judgeTls({ environments }: LifecycleFacts): Verdict {
  const served = environments.filter(({ settings }) => settings !== null);
  if (served.length === 0) return notDeployed;
  const withTls = served.filter(({ settings }) => settings?.tls.mode !== 'off');
  if (withTls.length === 0)
    return unknown('No environment serves TLS.', 'Set environments.NAME.tls in mainstay.yaml.');
  return unknown(
    `${withTls.map(({ name }) => name).join(', ')} serve${withTls.length === 1 ? 's' : ''} TLS; no capability looks at its certificate yet.`,
    null,
  );
}

function judgePorts(host: Host): Verdict {
  const name = nameOf(host);
  const { exposed, ingress } = host.data;
  if (exposed === null) return unknown(`What listens on ${name} cannot be seen from here.`, null);
  const [first] = exposed;
  if (first !== undefined) {
    return fail(
      `${first.instance} on ${name} can be reached on port ${first.port} past the ingress.`,
      'Let it listen on 127.0.0.1, which Mainstay passes in $HOST.',
      host.at,
    );
  }
  const front =
    ingress === null
      ? 'no ingress runs'
      : `the ingress listens on ${ingress.address}, ports ${ingress.httpPort} and ${ingress.httpsPort}`;
  return pass(`On ${name} ${front}; every instance listens on loopback only.`, host.at);
}

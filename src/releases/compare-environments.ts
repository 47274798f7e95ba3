import { bytes, formatBytes, formatDuration, type Instant, type Millis, millis } from '../core/units.ts';
import { compareHosts } from './compare-hosts.ts';
import type { EnvironmentDifference, EnvironmentPicture } from './environment-picture.ts';

/** Smaller data than a tenth hides slow migrations and queries. */
const muchSmaller = 10;
/** Below this size, size says nothing. */
const smallData = 1024 * 1024;
const oldData = millis(30 * 86_400_000);

const rank = { high: 0, medium: 1, low: 2 } as const;

/**
 * Everything that makes `left` (staging) a poorer rehearsal for `right` (production), gravest first. Differences that help a
 * rehearsal, or are what makes them two environments (their domains, the values of their configuration), are none.
 */
export function compareEnvironments(
  left: EnvironmentPicture,
  right: EnvironmentPicture,
  now: Instant,
): EnvironmentDifference[] {
  const differences = [
    ...compareReleases(left, right),
    ...compareNames('configuration', left.configuration, right.configuration),
    ...compareNames('secret', left.secrets, right.secrets),
    ...compareServices(left, right),
    ...compareSetting(
      'strategy',
      left.strategy,
      right.strategy,
      'high',
      'another way of deploying is rehearsed',
    ),
    ...compareSetting(
      'TLS',
      left.tls,
      right.tls,
      'medium',
      'redirects, cookies marked Secure and certificates behave otherwise',
    ),
    ...compareDomains(left, right),
    ...compareHosts(left.hosts, right.hosts),
    ...compareData(left, right, now),
  ];
  return differences.sort((a, b) => rank[a.severity] - rank[b.severity] || (a.what < b.what ? -1 : 1));
}

function compareReleases(left: EnvironmentPicture, right: EnvironmentPicture): EnvironmentDifference[] {
  if (left.release === null)
    return [
      difference(
        'release',
        null,
        labelRelease(right),
        'high',
        `nothing runs in ${left.name}, so nothing is rehearsed there`,
      ),
    ];
  if (right.release === null || left.release.digest === right.release.digest) return [];
  const older = left.release.number < right.release.number;
  return [
    difference(
      'release',
      labelRelease(left),
      labelRelease(right),
      older ? 'high' : 'low',
      older
        ? `${left.name} is behind ${right.name}: what is seen there says nothing of what serves`
        : `the next release waits in ${left.name}; what is seen there does not hold for the one that serves`,
    ),
  ];
}

function labelRelease({ release }: EnvironmentPicture): string | null {
  return release === null ? null : `r${release.number} (${release.digest.slice(0, 12)})`;
}

function compareNames(
  kind: 'configuration' | 'secret',
  left: readonly string[],
  right: readonly string[],
): EnvironmentDifference[] {
  const why = {
    missing: 'code that reads it runs here for the first time in the right environment',
    extra: 'code that relies on it works here and fails there',
  };
  return [
    ...right
      .filter((name) => !left.includes(name))
      .map((name) => difference(`${kind} ${name}`, 'not set', 'set', 'high', why.missing)),
    ...left
      .filter((name) => !right.includes(name))
      .map((name) => difference(`${kind} ${name}`, 'set', 'not set', 'high', why.extra)),
  ];
}

function compareServices(left: EnvironmentPicture, right: EnvironmentPicture): EnvironmentDifference[] {
  return right.services.flatMap((service) => {
    const same = left.services.find(({ name }) => name === service.name);
    if (same === undefined)
      return [difference(`service ${service.name}`, null, 'runs', 'high', 'it is never rehearsed')];
    return [
      ...compareInstances(service.name, same.instances, service.instances),
      ...compareLimit(`memory limit of ${service.name}`, same.memoryBytes, service.memoryBytes, (size) =>
        formatBytes(bytes(size)),
      ),
      ...compareLimit(`CPU limit of ${service.name}`, same.cpus, service.cpus, (cpus) => `${cpus} cores`),
    ];
  });
}

function compareInstances(service: string, left: number, right: number): EnvironmentDifference[] {
  if (left === right) return [];
  const what = `instances of ${service}`;
  if (left === 0) return [difference(what, '0', String(right), 'high', 'it is never rehearsed')];
  // One instance and several are different kinds of running; two and four are not.
  const alone = left === 1 && right > 1;
  return [
    difference(
      what,
      String(left),
      String(right),
      alone ? 'medium' : 'low',
      alone
        ? 'state kept in memory, locks and jobs that must run once only fail with several instances'
        : 'load and connections to the data spread otherwise',
    ),
  ];
}

function compareLimit(
  what: string,
  left: number | null,
  right: number | null,
  format: (value: number) => string,
): EnvironmentDifference[] {
  if (left === right) return [];
  const [shownLeft, shownRight] = [left, right].map((value) => (value === null ? 'none' : format(value)));
  const looser = left === null || (right !== null && left > right);
  return [
    difference(
      what,
      shownLeft ?? null,
      shownRight ?? null,
      looser ? 'high' : 'low',
      looser
        ? 'what fits here may be killed or starved there'
        : 'it is tighter here, so it may fail here alone',
    ),
  ];
}

function compareSetting(
  what: string,
  left: string,
  right: string,
  severity: EnvironmentDifference['severity'],
  why: string,
): EnvironmentDifference[] {
  return left === right ? [] : [difference(what, left, right, severity, why)];
}

function compareDomains(left: EnvironmentPicture, right: EnvironmentPicture): EnvironmentDifference[] {
  const several = (picture: EnvironmentPicture): boolean => picture.domains.length > 1;
  if (left.domains.length === 0 && right.domains.length > 0)
    return [
      difference(
        'domains',
        'none',
        right.domains.join(', '),
        'medium',
        'nobody can open it as a visitor would',
      ),
    ];
  if (several(left) || !several(right)) return [];
  return [
    difference(
      'domains',
      left.domains.join(', '),
      right.domains.join(', '),
      'low',
      'what depends on the host name of a request is rehearsed with one name only',
    ),
  ];
}

function compareData(
  left: EnvironmentPicture,
  right: EnvironmentPicture,
  now: Instant,
): EnvironmentDifference[] {
  return right.data.flatMap((data) => {
    const same = left.data.find(({ name }) => name === data.name);
    if (same === undefined)
      return [difference(`data ${data.name}`, null, 'there', 'high', 'nothing that touches it is rehearsed')];
    return [...compareSize(data.name, same.bytes, data.bytes), ...compareAge(data, same, now)];
  });
}

function compareSize(name: string, left: number, right: number): EnvironmentDifference[] {
  if (right < smallData || left * muchSmaller >= right) return [];
  return [
    difference(
      `size of data ${name}`,
      formatBytes(bytes(left)),
      formatBytes(bytes(right)),
      'medium',
      'migrations and queries that are fast here may be slow there',
    ),
  ];
}

type Data = EnvironmentPicture['data'][number];

function compareAge(right: Data, left: Data, now: Instant): EnvironmentDifference[] {
  if (right.modifiedAt === null) return [];
  const age = left.modifiedAt === null ? null : millis(Math.max(0, now - left.modifiedAt));
  if (age !== null && (age < oldData || (left.modifiedAt ?? 0) >= right.modifiedAt)) return [];
  return [
    difference(
      `age of data ${right.name}`,
      age === null ? 'never written' : written(age),
      written(millis(Math.max(0, now - right.modifiedAt))),
      'medium',
      'the data here does not look like what the app meets there today',
    ),
  ];
}

function written(age: Millis): string {
  return age < 60_000 ? 'written just now' : `written ${formatDuration(age)} ago`;
}

function difference(
  what: string,
  left: string | null,
  right: string | null,
  severity: EnvironmentDifference['severity'],
  why: string,
): EnvironmentDifference {
  return { what, left, right, why, severity };
}

/** What one part of `src/` may know of the others, and why. The picture is in docs/architecture.md. */
export interface Layer {
  readonly name: string;
  readonly may: readonly string[];
  readonly why: string;
}

const features = [
  'releases',
  'deploys',
  'backups',
  'monitoring',
  'maintenance',
  'support',
  'lifecycle',
  'configuration',
] as const;

/** Folders with one interface each and one folder per driver below them. */
export const driverParents = ['hosts', 'runtimes', 'ingress', 'clouds'] as const;

/** No `node:` module, clock or randomness: the same input gives the same output, and a test needs no set-up. */
export const pureFolders = ['core', 'manifest', 'api'] as const;

const featureLayer = (name: string): Layer => ({
  name,
  may: ['core', 'system', 'manifest', 'types of api', 'interface', 'artifacts', 'operations'],
  why:
    'Features do not import each other; a step kind or an event that main.ts registers joins them, ' +
    'so that one can be changed or left out without reading the rest.',
});

export const layers: readonly Layer[] = [
  { name: 'core', may: [], why: 'Everything stands on core, so core stands on nothing.' },
  {
    name: 'system',
    may: ['core'],
    why: 'System wraps files, processes and the clock for all others and knows no policy.',
  },
  {
    name: 'manifest',
    may: ['core'],
    why: 'The manifest is parsed by the CLI before anything runs, and must be testable alone.',
  },
  {
    name: 'api',
    may: ['core', 'manifest'],
    why: 'The contract is what both ends agree on; it cannot depend on either end.',
  },
  {
    name: 'interface',
    may: ['core', 'types of api'],
    why: 'An interface says what policy needs of a driver, so it knows neither policy nor drivers.',
  },
  {
    name: 'driver',
    may: ['core', 'system', 'own interface', 'hosts/host.ts'],
    why: 'A driver changes when its product does. It knows its interface, the host, and no policy.',
  },
  {
    name: 'artifacts',
    may: ['core', 'system'],
    why: 'Blobs and trees are moved by releases and by agents alike, so they know neither.',
  },
  {
    name: 'operations',
    may: ['core'],
    why: 'The engine runs any step and knows none, so a new capability never touches it.',
  },
  ...features.map(featureLayer),
  {
    name: 'store',
    may: ['core', 'system', 'storage interface'],
    why: 'The store implements the storage interfaces that features declare; their types suffice for that.',
  },
  {
    name: 'agent',
    may: ['core', 'system', 'api', 'interface', 'artifacts'],
    why: 'The agent acts through interfaces; main.ts hands it the drivers.',
  },
  {
    name: 'control',
    may: [
      'core',
      'system',
      'manifest',
      'api',
      'interface',
      'artifacts',
      'operations',
      ...features,
      'store',
      'server',
    ],
    why: 'Control joins features, store and server to one process; which drivers it works with, main.ts decides.',
  },
  {
    name: 'server',
    may: ['core', 'api', 'hosts/host.ts', 'feature entry'],
    why: 'The server translates HTTP to calls of features. What lies in a feature’s sub-folders is its own business.',
  },
  {
    name: 'client',
    may: ['core', 'api'],
    why: 'The client knows the contract only, so it works against a far machine as against this one.',
  },
  {
    name: 'cli',
    may: ['core', 'manifest', 'api', 'client'],
    why: 'The CLI is one client among others; what it could reach past the API, the console could not.',
  },
];

export const featureNames: readonly string[] = features;

import type { Verb } from './verb.ts';

export interface VerbEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Verb>;
}

export interface VerbGroup {
  readonly title: string;
  readonly verbs: readonly VerbEntry[];
}

/** Every verb in the order of the help. Loading one loads nothing of the others. */
export const verbGroups: readonly VerbGroup[] = [
  {
    title: 'Begin',
    verbs: [
      {
        name: 'init',
        summary: 'Look at this directory and write a first mainstay.yaml',
        load: async () => (await import('./verbs/init.ts')).init,
      },
      {
        name: 'validate',
        summary: 'Check mainstay.yaml and tell every error at once',
        load: async () => (await import('./verbs/validate.ts')).validate,
      },
    ],
  },
  {
    title: 'Release',
    verbs: [
      {
        name: 'plan',
        summary: 'Show what a deploy would do, without doing it',
        load: async () => (await import('./verbs/plan.ts')).plan,
      },
      {
        name: 'deploy',
        summary: 'Build the source and bring it to an environment',
        load: async () => (await import('./verbs/deploy.ts')).deploy,
      },
      {
        name: 'promote',
        summary: 'Bring the very release that was verified in staging to production',
        load: async () => (await import('./verbs/promote.ts')).promote,
      },
      {
        name: 'rollback',
        summary: 'Go back to the release before, or to any earlier one',
        load: async () => (await import('./verbs/rollback.ts')).rollback,
      },
      {
        name: 'verify',
        summary: 'Run the checks of an environment now',
        load: async () => (await import('./verbs/verify.ts')).verify,
      },
      {
        name: 'compare',
        summary: 'List what makes one environment a poor rehearsal for another',
        load: async () => (await import('./verbs/compare.ts')).compare,
      },
      {
        name: 'releases',
        summary: 'List the releases of the app and where each one serves',
        load: async () => (await import('./verbs/releases.ts')).releases,
      },
    ],
  },
  {
    title: 'Watch',
    verbs: [
      {
        name: 'status',
        summary: 'Show what runs, where, and how it is',
        load: async () => (await import('./verbs/status.ts')).status,
      },
      {
        name: 'logs',
        summary: 'Show or follow what an environment prints',
        load: async () => (await import('./verbs/logs.ts')).logs,
      },
      {
        name: 'operations',
        summary: 'List, show, follow or cancel operations',
        load: async () => (await import('./verbs/operations.ts')).operations,
      },
      {
        name: 'lifecycle',
        summary: 'Judge the checklist, preparation to end of life, by evidence',
        load: async () => (await import('./verbs/lifecycle.ts')).lifecycle,
      },
      {
        name: 'evidence',
        summary: 'Show the records behind the checklist',
        load: async () => (await import('./verbs/evidence.ts')).evidence,
      },
    ],
  },
  {
    title: 'Change',
    verbs: [
      {
        name: 'config',
        summary: 'Show or change the configuration of an environment',
        load: async () => (await import('./verbs/config.ts')).config,
      },
      {
        name: 'secret',
        summary: 'Set, list or remove secrets of an environment',
        load: async () => (await import('./verbs/secret.ts')).secret,
      },
      {
        name: 'run',
        summary: 'Run a job, or a command in the current release',
        load: async () => (await import('./verbs/run.ts')).run,
      },
      {
        name: 'exec',
        summary: 'Run a command beside a live instance, connected to this terminal',
        load: async () => (await import('./verbs/exec.ts')).exec,
      },
      {
        name: 'maintenance',
        summary: 'Show visitors a maintenance page, or take it away',
        load: async () => (await import('./verbs/maintenance.ts')).maintenance,
      },
    ],
  },
  {
    title: 'End',
    verbs: [
      {
        name: 'down',
        summary: 'Stop an environment; everything is kept',
        load: async () => (await import('./verbs/down.ts')).down,
      },
      {
        name: 'destroy',
        summary: 'Remove an environment; its data stays unless told otherwise',
        load: async () => (await import('./verbs/destroy.ts')).destroy,
      },
    ],
  },
  {
    title: 'This machine',
    verbs: [
      {
        name: 'doctor',
        summary: 'Check this machine and this Mainstay, with a fix for each finding',
        load: async () => (await import('./verbs/doctor.ts')).doctor,
      },
      {
        name: 'serve',
        summary: 'Run the control plane in the foreground',
        load: async () => (await import('./verbs/serve.ts')).serve,
      },
      {
        name: 'agent',
        summary: 'Run the agent of this host in the foreground',
        load: async () => (await import('./verbs/agent.ts')).agent,
      },
      {
        name: 'version',
        summary: 'Show versions of this program, the control plane and Node',
        load: async () => (await import('./verbs/version.ts')).version,
      },
      {
        name: 'completion',
        summary: 'Print the completion script for bash, zsh or fish',
        load: async () => (await import('./verbs/completion.ts')).completion,
      },
    ],
  },
];

export function findVerb(name: string): VerbEntry | undefined {
  for (const { verbs } of verbGroups) {
    const found = verbs.find((entry) => entry.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

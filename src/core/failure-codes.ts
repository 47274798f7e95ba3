/**
 * Every failure that Mainstay can report, declared once. The text says when it is raised;
 * `docs/reference/errors.md` is generated from here. `server/` maps codes to HTTP statuses
 * and `cli/` to exit codes, each exhaustively.
 */
export const failureCodes = {
  internal: 'A bug in Mainstay. The log of the control plane has its stack.',
  'usage-invalid': 'A command line or a request that does not fit its contract.',
  'manifest-not-found': 'No `mainstay.yaml` where one was expected.',
  'manifest-invalid': 'The manifest has errors; each is listed with file, line and column.',
  'not-found': 'The named app, environment, release, operation or instance is not known.',
  'already-exists': 'Creating it would overwrite something that is there.',
  'conflict': 'The request contradicts the present state.',
  'needs-confirmation': 'The command would change or destroy something and nobody confirmed it.',
  'build-failed': 'A build command ended with an error.',
  'source-invalid':
    'The source tree cannot be made into a release (a link out of it, a socket, a secret in a file).',
  'not-verified': 'The release was not verified in the environment that it must be promoted from.',
  'command-not-found': 'The program that a command names is not on the host.',
  'command-failed': 'A command of the application ended with an error.',
  'instance-exited': 'A new instance ended before it was healthy.',
  'instance-unhealthy': 'A new instance did not become healthy in time.',
  'check-failed': 'A check of the environment did not pass.',
  'watch-failed': 'After the switch, errors or latency were worse than the old release allowed.',
  'port-taken': 'A port that is needed is held by another process.',
  'disk-full': 'No space is left on the device.',
  'permission-denied': 'A file or directory cannot be read or written.',
  'timeout': 'Something did not answer in its time.',
  'cancelled': 'A person cancelled the operation.',
  'host-unreachable': 'The agent of the host does not answer.',
  'control-unreachable': 'The control plane does not answer.',
  'lease-lost': 'Another worker took over the environment.',
  'state-corrupt': 'A state file is damaged; it was left untouched.',
  'state-newer': 'The state directory was written by a newer version of Mainstay.',
  'state-locked': 'Another process of Mainstay uses this state directory.',
  'key-exposed': 'The key file can be read by others.',
  'config-invalid': 'A configuration value is missing, or is not allowed.',
  'evidence-broken': 'The chain of evidence does not verify.',
} as const;

export type FailureCode = keyof typeof failureCodes;

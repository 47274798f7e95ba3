const names: Readonly<Record<string, (environment: string) => string>> = {
  deploy: (environment) => `Deploy to ${environment}`,
  promote: (environment) => `Promote to ${environment}`,
  rollback: (environment) => `Roll back ${environment}`,
  maintenance: (environment) => `Maintenance page of ${environment}`,
  verify: (environment) => `Verify ${environment}`,
  run: (environment) => `Run in ${environment}`,
  down: (environment) => `Stop ${environment}`,
  destroy: (environment) => `Destroy ${environment}`,
};

/** What an operation is called before it has a plan: `Deploy to guestbook/staging`. */
export function operationName(kind: string, environment: string): string {
  return names[kind]?.(environment) ?? `${kind} ${environment}`;
}

/** What goes into the environment of a process, from the weakest to the strongest. */
export interface EnvironmentParts {
  readonly base: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Absolute paths of data, by variable. */
  readonly data: Readonly<Record<string, string>>;
  readonly port: { readonly env: string; readonly port: number } | null;
  /** Instance or task. */
  readonly id: string;
}

/** The whole environment of a process of an application. */
export function processEnvironment(parts: EnvironmentParts): Record<string, string> {
  return {
    ...parts.base,
    HOST: '127.0.0.1',
    ...parts.variables,
    ...parts.secrets,
    ...parts.data,
    ...(parts.port === null ? {} : { [parts.port.env]: String(parts.port.port) }),
    MAINSTAY_INSTANCE: parts.id,
  };
}

/** One environment as far as another is compared with it. Holds names of secrets and configuration, never values. */
export interface EnvironmentPicture {
  readonly name: string;
  readonly strategy: string;
  readonly release: { readonly digest: string; readonly number: number } | null;
  readonly domains: readonly string[];
  readonly tls: string;
  readonly services: readonly {
    readonly name: string;
    readonly instances: number;
    /** Null: no limit. */
    readonly memoryBytes: number | null;
    readonly cpus: number | null;
  }[];
  /** Names of values that reach its processes, from the manifest and from the operator. */
  readonly configuration: readonly string[];
  readonly secrets: readonly string[];
  readonly hosts: readonly HostPicture[];
  readonly data: readonly {
    readonly name: string;
    readonly bytes: number;
    /** Milliseconds since the epoch; null: never written. */
    readonly modifiedAt: number | null;
  }[];
}

export interface HostPicture {
  readonly name: string;
  readonly os: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Versions of programs: `{ node: '24.21.0' }`. */
  readonly runtimes: Readonly<Record<string, string>>;
}

/** One way in which the left environment rehearses the right one badly. */
export interface EnvironmentDifference {
  readonly what: string;
  /** As a person reads it; null: it has no such thing. */
  readonly left: string | null;
  readonly right: string | null;
  /** What may go wrong in the right one and not show in the left. */
  readonly why: string;
  readonly severity: 'high' | 'medium' | 'low';
}

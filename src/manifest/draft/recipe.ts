/** What was recognised of a project, before it is written down as a manifest. */
export interface Recipe {
  readonly build: readonly Step[];
  readonly buildEnvironment: Readonly<Record<string, string>>;
  /** Directories that keep downloads between builds. */
  readonly cache: readonly string[];
  readonly ignore: readonly string[];
  /** Variables for every process. */
  readonly configuration: Readonly<Record<string, string>>;
  readonly services: readonly DraftService[];
  readonly before: readonly Step[];
  readonly data: readonly DraftData[];
  readonly checks: readonly DraftCheck[];
  readonly secrets: readonly string[];
  /** For the person, after the file was written. */
  readonly notes: readonly string[];
}

export interface Step {
  readonly command: string;
  /** A comment that stays useful in the file. */
  readonly why?: string;
}

export interface DraftService {
  readonly name: string;
  readonly command: string | readonly string[];
  readonly why?: string | undefined;
  /** Whether it answers requests. */
  readonly web: boolean;
  readonly health?: string | undefined;
}

export interface DraftData {
  readonly name: string;
  readonly type: 'sqlite' | 'files';
  readonly path: string;
  readonly env: string;
  readonly why?: string;
}

export type DraftCheck =
  | { readonly name: string; readonly path: string; readonly why: string }
  | { readonly name: string; readonly command: string; readonly why: string };

export const emptyRecipe: Recipe = {
  build: [],
  buildEnvironment: {},
  cache: [],
  ignore: [],
  configuration: {},
  services: [],
  before: [],
  data: [],
  checks: [],
  secrets: [],
  notes: [],
};

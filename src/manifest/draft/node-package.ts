import { z } from 'zod';
import type { ProjectFacts } from './project-facts.ts';

const strings = z.record(z.string(), z.string()).catch({});

const packageSchema = z.object({
  name: z.string().optional().catch(undefined),
  main: z.string().optional().catch(undefined),
  packageManager: z.string().optional().catch(undefined),
  scripts: strings.optional().transform((scripts) => new Map(Object.entries(scripts ?? {}))),
  dependencies: strings.optional().transform((names) => new Set(Object.keys(names ?? {}))),
  devDependencies: strings.optional().transform((names) => new Set(Object.keys(names ?? {}))),
});

export type NodePackage = z.infer<typeof packageSchema>;

/** The package.json at the top, or undefined when there is none that can be read. */
export function nodePackage(facts: ProjectFacts): NodePackage | undefined {
  const text = facts.read('package.json');
  if (text === undefined) return undefined;
  try {
    return packageSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

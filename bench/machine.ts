import { cpus, release, totalmem } from 'node:os';
import type { Figures } from './benchmark.ts';

/** The machine as far as it decides the figures. */
export function describeMachine(): Figures {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  };
}

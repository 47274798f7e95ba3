import type { Clock } from '../../core/units.ts';
import type { Runtime } from '../../runtimes/runtime.ts';
import type { AgentLog, AgentPointListener } from '../agent-deps.ts';
import type { LogWriter } from '../logs/logs.ts';
import type { InstanceRecord } from './instance-record.ts';

export interface PreparedRun {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What an instance needs of its surroundings. */
export interface InstanceDeps {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: AgentLog;
  readonly failurePoint?: AgentPointListener | undefined;
  save(record: InstanceRecord): Promise<void>;
  forget(id: string): Promise<void>;
  openLog(record: InstanceRecord): LogWriter;
  /** Everything for a start but the run itself. Throws what keeps it from starting. */
  prepare(record: InstanceRecord, port: number | null): Promise<PreparedRun>;
  /** Throws `port-taken` where no port can be had. `preferred` is that of the run before. */
  choosePort(spec: InstanceRecord['spec'], preferred: number | null): number | null;
  /** Called when it begins or ceases to be able to answer; resolves when no new request goes where it should not. */
  changed(): Promise<void>;
}

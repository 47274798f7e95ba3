import { FakeRuntime, FakeWorld } from './fake-runtime.ts';
import { runtimeSuite } from './runtime-suite.ts';

runtimeSuite('in memory', () => {
  const world = new FakeWorld();
  return Promise.resolve({
    runtime: new FakeRuntime(world),
    restarted: () => new FakeRuntime(world),
    commands: {
      serve: { kind: 'argv', argv: ['serve'] },
      stubborn: { kind: 'argv', argv: ['stubborn'] },
      detaching: { kind: 'argv', argv: ['detaching'] },
      exit: (code, text) => ({ kind: 'argv', argv: ['exit', String(code), text] }),
      missing: { kind: 'argv', argv: ['no-such-program'] },
    },
    countLeft: (run) => Promise.resolve(world.runs.get(run)?.left ?? 0),
    spec: (run, command) => ({
      run,
      command,
      directory: '/',
      environment: {},
      limits: { memoryBytes: null, cpus: null },
      keepExit: false,
    }),
    async [Symbol.asyncDispose]() {},
  });
});

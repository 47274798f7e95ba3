/** What holds when a key is left out, written as in the file. The schema documents and `normalise` applies these. */
export const defaults = {
  build: { timeout: '10m' },
  service: { portEnv: 'PORT', instances: 1 },
  health: { timeout: '60s', interval: '5s', responseTimeout: '5s', status: 200 },
  stop: { signal: 'SIGTERM', grace: '30s' },
  restart: { policy: 'always', maxDelay: '1m' },
  release: { timeout: '5m', keep: 5 },
  job: { timezone: 'UTC', timeout: '1h' },
  check: { timeout: '10s', httpStatus: 200, httpWhen: ['private', 'public'], commandWhen: ['private'] },
  deploy: { watch: '10s', drain: '30s', hold: '10s', maxErrorRate: '1%', maxLatencyFactor: 3 },
  environment: { strategy: 'process', hosts: ['local'], tls: 'off' },
} as const;

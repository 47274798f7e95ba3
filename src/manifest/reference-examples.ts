/** The keys at the top of the file, in the order in which the reference explains them. */
export const sections = [
  'app',
  'build',
  'configuration',
  'services',
  'release',
  'data',
  'jobs',
  'checks',
  'deploy',
  'environments',
] as const;

export type Section = (typeof sections)[number];

/** One manifest in pieces: each is the example of its section, and together they are the example of the page. */
export const sectionExamples: Readonly<Record<Section, string>> = {
  app: `app: guestbook
`,
  build: `build:
  commands:
    - npm ci
    - npm run build
  environment: { BUILD_TARGET: server }
  cache: [.next/cache]
  ignore: ["*.md", test]
  timeout: 20m
`,
  configuration: `configuration: { LOG_LEVEL: info, LANG: C.UTF-8 }
`,
  services: `services:
  web:
    command: node server.js
    health: { path: /health, timeout: 30s }
    instances: 2
    stop: { signal: SIGTERM, grace: 30s }
    limits: { memory: 256MB, cpu: 0.5 }
    environment: { LOG_LEVEL: debug }

  feed:
    command: [node, feed.js, --format, "atom 1.0"]
    routes: [/feed]
    port_env: FEED_PORT

  mailer:
    command: node mailer.js
    restart: { policy: on-failure, max_delay: 5m }
`,
  release: `release:
  before:
    - node migrate.js
    - node warm-cache.js
  timeout: 15m
  keep: 10
`,
  data: `data:
  entries: { type: sqlite, path: guestbook.db, env: DATABASE_FILE }
  pictures: { type: files, path: uploads, env: UPLOAD_DIR }
`,
  jobs: `jobs:
  digest:
    command: node digest.js
    schedule: "0 7 * * mon-fri"
    timezone: Europe/Berlin
    timeout: 10m

  # Without a schedule: mainstay run reindex.
  reindex: { command: node reindex.js }
`,
  checks: `checks:
  home: { http: { path: /, contains: Guestbook } }
  health: { http: { path: /health }, when: [public], timeout: 5s }
  entries: { command: node check.js, when: [private] }
`,
  deploy: `deploy:
  watch: 30s
  drain: 1m
  hold: 10s
  max_error_rate: 0.5%
  max_latency_factor: 2
`,
  environments: `environments:
  staging:
    domain: staging.guestbook.localhost
    configuration: { GREETING: Hello from staging }
    secrets: [SESSION_KEY]
    instances: { web: 1 }
    limits: { web: { memory: 128MB } }
    deploy: { watch: 3s }

  production:
    domains: [guestbook.example.com, www.guestbook.example.com]
    tls: { certificate: /etc/ssl/guestbook.pem, key: /etc/ssl/guestbook.key }
    configuration: { GREETING: "Come in, leave a line" }
    secrets: [SESSION_KEY]
    promote_from: staging
`,
};

/** Anchors stand under a key of the author's own. */
export const anchorExample = `app: shop

x-small: &small
  limits: { memory: 128MB, cpu: 0.25 }
  environment: &environment { LOG_LEVEL: info }

services:
  web:
    <<: *small
    command: node server.js
  mailer:
    <<: *small
    command: node mailer.js
    environment: { <<: *environment, LOG_LEVEL: debug }

environments:
  production: { domain: shop.localhost }
`;

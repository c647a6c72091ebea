/**
 * Who may import whom: the list of folders in ARCHITECTURE.md as data.
 * The first entry whose `folder` holds the file is its layer, so sub-folders stand before their folder.
 * Files of one layer may import each other.
 */

/** One folder and what its files may import besides each other. */
export interface Layer {
  /** A folder with a `/` at its end, or one file. */
  readonly folder: string;
  /** Prefixes of repository paths, or package names (`bun` stands for every `bun:` module, `node` for every `node:` module). */
  readonly mayImport: readonly string[];
  /** The same for imports that only bring types. */
  readonly mayImportTypes?: readonly string[];
  /** Said behind a refusal: where the thing belongs instead. */
  readonly instead: string;
}

/** A package is reached through its `mod.ts`, or through a file of its contract: types and plain values. */
const codec = ['mod', 'types', 'reason-codes'].map((name) => `packages/codec/${name}.ts`);
const faults = ['mod', 'types', 'names'].map((name) => `packages/faults/${name}.ts`);
const engine = [
  'mod',
  'give-back',
  'ids',
  'limits',
  'installation-limits',
  'ports',
  'admin',
  'record-kinds',
  'token-bucket',
].map((name) => `packages/engine/${name}.ts`);
const api = ['packages/api/mod.ts'];
const samples = ['packages/samples/mod.ts'];
/** Typed settings, the data directory and the error that says why a start failed: below everything in the server. */
const config = 'apps/server/config/';

/** What the operating system is asked for, where the runtime has no call: below everything in the server, too. */
const system = 'apps/server/system/';

/** What every part of the engine stands on: types, plain values and timers; nothing that routes or holds sessions. */
const engineContracts = [
  'give-back',
  'ids',
  'limits',
  'ports',
  'admin',
  'message',
  'storage-gate',
  'subscription',
  'timers',
  'token-bucket',
  'turns',
  'work',
].map((name) => `packages/engine/${name}.ts`);

export const layers: readonly Layer[] = [
  { folder: 'packages/codec/', mayImport: [], instead: 'The codec is a leaf: pass what it needs as an argument.' },
  { folder: 'packages/faults/', mayImport: [], instead: 'The catalogue is a leaf: pass what it needs as an argument.' },
  {
    folder: 'packages/samples/',
    mayImport: [],
    instead: 'Texts in, texts out: read the files of examples/ where there is a disk, and pass them.',
  },
  {
    folder: 'packages/engine/topic/',
    mayImport: engineContracts,
    instead: 'Topics know names and filters only; be generic over the value.',
  },
  {
    folder: 'packages/engine/routing/',
    mayImport: [...engineContracts, 'packages/engine/topic/'],
    instead: 'Routing knows ids, not sessions or packets: return ids and let broker.ts join them.',
  },
  {
    folder: 'packages/engine/session/',
    mayImport: [...engineContracts, 'packages/engine/topic/', ...codec, ...faults],
    instead: 'A session never routes and never judges rights: let broker.ts join them.',
  },
  {
    folder: 'packages/engine/connection/',
    mayImport: ['packages/engine/', ...codec, ...faults],
    instead: 'The engine does no I/O: ask a port of packages/engine/ports.ts.',
  },
  {
    folder: 'packages/engine/broker.ts',
    mayImport: [
      ...engineContracts,
      'packages/engine/topic/',
      'packages/engine/routing/',
      'packages/engine/session/',
      ...codec,
      ...faults,
    ],
    instead: 'connection/ is the top of the engine: it calls the broker, not the other way round.',
  },
  {
    folder: 'packages/engine/',
    mayImport: ['packages/engine/', ...codec, ...faults],
    instead: 'The engine does no I/O: ask a port of packages/engine/ports.ts.',
  },
  {
    folder: 'packages/api/',
    mayImport: [
      'zod',
      '@hono/zod-openapi',
      ...faults,
      'packages/engine/limits.ts',
      'packages/engine/installation-limits.ts',
    ],
    instead: 'The API package runs in the browser and in the CLI: schemas and a client only.',
  },
  {
    folder: 'apps/server/config/',
    mayImport: [...engine, 'zod', 'node', 'bun'],
    instead: 'Configuration only reads: pass its result on through compose.ts.',
  },
  {
    folder: 'apps/server/system/',
    mayImport: ['node', 'bun'],
    instead: 'The operating system only: take plain values.',
  },
  {
    folder: 'apps/server/certificates/',
    mayImport: [config, '@peculiar/x509', 'node', 'bun'],
    instead: 'X.509 only: take plain values, give PEM back.',
  },
  {
    folder: 'apps/server/edge/',
    mayImport: [config, system, ...engine, ...faults, 'node', 'bun'],
    instead: 'The edge moves bytes: decide in the engine, and let compose.ts hand things over.',
  },
  {
    folder: 'apps/server/journal/',
    mayImport: [config, ...engine, 'node', 'bun'],
    instead: 'A journal stores keyed bytes: it knows neither packets nor services.',
  },
  {
    folder: 'apps/server/policy/',
    mayImport: [config, ...engine, ...faults, 'node', 'bun'],
    instead: 'The policy holds compiled values that the control plane pushes to it through a port.',
  },
  {
    folder: 'apps/server/observe/',
    mayImport: [config, ...engine, ...faults, 'node', 'bun'],
    instead: 'Observation takes events from the EventSink; it asks nobody.',
  },
  {
    folder: 'apps/server/control/',
    mayImport: [
      config,
      ...engine,
      ...faults,
      ...samples,
      ...api,
      'hono',
      '@hono/zod-openapi',
      'kysely',
      'zod',
      'node',
      'bun',
    ],
    instead: 'The control plane reaches the rest through ports that compose.ts hands to it.',
  },
  {
    folder: 'apps/server/guide/',
    mayImport: [...faults, ...samples, 'hono', 'marked', 'node', 'bun'],
    instead: 'The guide shows documents: what it fills in comes from compose.ts.',
  },
  {
    folder: 'apps/server/compose.ts',
    mayImport: ['apps/server/', 'packages/', 'package.json', 'node', 'bun'],
    instead: 'compose.ts hands things to each other; what does work belongs in a folder beside it.',
  },
  {
    folder: 'apps/server/',
    mayImport: [config, system, 'apps/server/compose.ts', 'packages/', 'node', 'bun'],
    mayImportTypes: ['apps/server/'],
    instead: 'Only compose.ts names concrete classes: take the object as an argument, and import its type.',
  },
  {
    folder: 'apps/console/',
    mayImport: [...api, ...faults, 'react', 'react-dom', '@tanstack', 'uplot', 'mqtt', 'radix-ui', '@radix-ui'],
    instead: 'The console speaks REST through packages/api.',
  },
  {
    folder: 'apps/cli/',
    mayImport: [
      ...api,
      ...faults,
      ...samples,
      ...engine,
      ...codec,
      'apps/server/main.ts',
      'apps/server/ready.ts',
      'apps/server/certificates/offline.ts',
      'apps/server/journal/check.ts',
      config,
      system,
      'package.json',
      'commander',
      'mqtt',
      'ws',
      'zod',
      'node',
      'bun',
    ],
    instead: 'The CLI is outside of the server: it speaks REST and MQTT, and hands `up` to apps/server/main.ts.',
  },
  {
    folder: 'testkit/',
    mayImport: ['packages/', 'apps/', 'node', 'bun', 'ws', 'mqtt', 'fast-check'],
    instead: 'Do without.',
  },
  {
    folder: 'conformance/',
    mayImport: ['testkit/', ...codec, 'node', 'bun', 'ws'],
    instead: 'Black box: speak bytes through testkit/.',
  },
  {
    folder: 'tests/clients/',
    mayImport: ['testkit/', 'node', 'bun', 'mqtt', 'ws'],
    instead: 'Black box: start the service with testkit/service.ts.',
  },
  {
    folder: 'tests/guide/',
    mayImport: ['testkit/', 'node', 'bun', 'playwright-core'],
    instead: 'Black box: start the service with testkit/service.ts.',
  },
  {
    folder: 'tests/samples/',
    mayImport: ['testkit/', 'packages/api/', ...faults, ...samples, 'apps/cli/sample/files.ts', 'node', 'bun', 'mqtt'],
    instead: 'A sample runs as the command line writes it: nothing else of Berth belongs here.',
  },
  {
    folder: 'tests/',
    mayImport: ['testkit/', ...codec, ...faults, 'packages/api/', 'node', 'bun', 'mqtt', 'ws', 'fast-check', 'aedes'],
    instead: 'Black box: start the service with testkit/service.ts.',
  },
  {
    folder: 'bench/',
    mayImport: ['testkit/', 'packages/', 'apps/', 'node', 'bun', 'mqtt', 'ws'],
    instead: 'Do without.',
  },
  { folder: 'examples/', mayImport: ['mqtt', 'node'], instead: 'An example uses what a user has.' },
  {
    folder: 'tools/',
    mayImport: ['packages/', 'node', 'bun', 'zod', '@hono/zod-openapi', 'testkit/', 'conformance/'],
    instead: 'Do without.',
  },
];

/** What a test beside the code may import on top of its layer. */
export const testsMayImport = ['testkit/', 'bun', 'node', 'fast-check', 'ws', 'mqtt', ...faults, ...codec] as const;

/** Folders whose tests may reach into any server folder, because they test how things come together. */
export const testsMayCompose = ['apps/server/', 'apps/cli/', 'tests/', 'testkit/', 'conformance/', 'tools/'] as const;

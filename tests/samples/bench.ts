import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { filesOf } from '../../apps/cli/sample/files.ts';
import { ApiClient } from '../../packages/api/mod.ts';
import type { SampleLanguage, SampleValues } from '../../packages/samples/mod.ts';
import { within } from '../../testkit/deadline.ts';
import { Service } from '../../testkit/service.ts';
import { stopBuilding } from './programs.ts';
import { RunningSample } from './running-sample.ts';

const messageMs = 60_000;
let devices = 0;

/** The service that the samples connect to, and what they are told about it. */
export class Bench implements AsyncDisposable {
  readonly #folder: string;
  readonly #password: string;
  #service: Service;

  private constructor(service: Service, folder: string) {
    this.#service = service;
    this.#password = service.password;
    this.#folder = folder;
  }

  static async start(): Promise<Bench> {
    const folder = mkdtempSync(join(tmpdir(), 'berth-samples-'));
    const args = ['--mqtts-port', String(await lastingPort()), '--wss-port', String(await lastingPort())];
    return new Bench(await Service.start({ data: join(folder, 'data'), args }), folder);
  }

  get ready(): Service['ready'] {
    return this.#service.ready;
  }

  /** Everything right, and a client id that no other test has. */
  valuesFor(language: SampleLanguage): SampleValues & { readonly clientId: string } {
    const { ready } = this;
    devices += 1;
    return {
      // Java sends SNI for names with a dot only, and boards and JVMs bring their own hosts file.
      host: ['python', 'node', 'go'].includes(language.name) ? 'localhost' : ready.address,
      tlsPort: ready.mqtts,
      wssPort: ready.wss,
      username: ready.username,
      password: this.#password,
      clientId: `device-${devices}`,
      caPem: readFileSync(ready.ca, 'utf8'),
    };
  }

  /** Starts a sample with its settings as a user has them. */
  run(
    language: SampleLanguage,
    values: SampleValues,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<RunningSample> {
    const files = filesOf(language, values);
    return RunningSample.start({ language: language.name, host: values.host ?? 'localhost', files, environment });
  }

  async stopService(): Promise<void> {
    await this.#service.stop();
  }

  /** Starts the service again on the same ports and the same data. */
  async startService(): Promise<void> {
    const { mqtts, wss } = this.ready;
    const args = ['--mqtts-port', String(mqtts), '--wss-port', String(wss)];
    this.#service = await Service.start({ data: join(this.#folder, 'data'), args });
  }

  get api(): ApiClient {
    const token = readFileSync(join(this.#service.dataDirectory, 'admin-token'), 'utf8').trim();
    return new ApiClient({ baseUrl: `http://127.0.0.1:${this.ready.http}`, token, fetch });
  }

  /** Watches a device from outside, across restarts of the service. */
  watch(clientId: string): Promise<Watcher> {
    return Watcher.start(this.ready, this.#password, clientId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    stopBuilding();
    await this.#service[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * A free port that stays free while the service is away: below those that the system gives to whoever asks for any, so that
 * no other connection takes it.
 */
async function lastingPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}

/** Another client, which sees what a device sends: its status and its messages. */
export class Watcher implements AsyncDisposable {
  readonly #connect: () => Promise<mqtt.MqttClient>;
  #client: mqtt.MqttClient | null = null;
  readonly #statuses: string[] = [];
  readonly #numbers = new Set<number>();
  #wake = Promise.withResolvers<void>();

  private constructor(connect: () => Promise<mqtt.MqttClient>) {
    this.#connect = connect;
  }

  static async start(ready: Service['ready'], password: string, clientId: string): Promise<Watcher> {
    const watcher = new Watcher(() =>
      mqtt.connectAsync(`mqtts://localhost:${ready.mqtts}`, {
        protocolVersion: 5,
        clientId: `watcher-of-${clientId}`,
        clean: false,
        properties: { sessionExpiryInterval: 3600 },
        reconnectPeriod: 0,
        username: ready.username,
        password,
        ca: readFileSync(ready.ca),
      }),
    );
    const client = await watcher.connect();
    await client.subscribeAsync(`devices/${clientId}/#`, { qos: 1 });
    return watcher;
  }

  /** Connects; after a restart of the service too, which has kept for it what it has missed. */
  async connect(): Promise<mqtt.MqttClient> {
    await this.#client?.endAsync(true);
    const client = await this.#connect();
    client.on('error', () => undefined);
    client.on('message', (topic, payload) => {
      const text = payload.toString();
      if (topic.endsWith('/status')) this.#statuses.push(text);
      else this.#numbers.add(Number(text.replace('hello ', '')));
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    });
    this.#client = client;
    return client;
  }

  /** The highest number that a message had. */
  get highest(): number {
    return Math.max(0, ...this.#numbers);
  }

  /** Waits until the messages from 1 to this number have come. @throws Error that names those that have not. */
  async allUpTo(last: number): Promise<void> {
    const missing = () => Array.from({ length: last }, (_, i) => i + 1).filter((n) => !this.#numbers.has(n));
    try {
      await this.#until('messages', () => missing().length === 0);
    } catch (error) {
      throw new Error(`of the messages 1 to ${last} these are lost: ${missing().join(', ')}`, { cause: error });
    }
  }

  /** Waits until the device's status is this one. */
  async status(expected: 'online' | 'offline'): Promise<void> {
    await this.#until(`the status ${expected}`, () => this.#statuses.at(-1) === expected);
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    const wait = async () => {
      while (!isSo()) await this.#wake.promise;
    };
    await within(what, messageMs, wait());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.endAsync(true);
  }
}

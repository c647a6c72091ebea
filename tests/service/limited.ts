import { readFileSync } from 'node:fs';
import { eventually } from '../../testkit/deadline.ts';
import { lengthPrefixed, packet } from '../../testkit/packets.ts';
import { RawClient } from '../../testkit/raw-client.ts';
import type { Service } from '../../testkit/service.ts';

export type Version = 4 | 5;

export interface LimitedConnect {
  readonly version?: Version;
  readonly username?: string;
  readonly password?: string;
  readonly clean?: boolean;
  readonly keepAlive?: number;
  /** Properties of 5.0 as hex bytes, without their length. */
  readonly properties?: string;
  readonly localAddress?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** Of every user of a limited deployment. */
export const limitedPassword = 'a password that is long enough';
const userNames = ['first', 'second'] as const;

/** The REST API of a service, as a program speaks it. */
export class Rest {
  readonly #service: Service;
  readonly #token: string;

  constructor(service: Service) {
    this.#service = service;
    this.#token = readFileSync(`${service.dataDirectory}/admin-token`, 'utf8').trim();
  }

  async send(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(`http://127.0.0.1:${this.#service.ready.http}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) };
  }

  /** @throws Error where the answer is not of the 200s. */
  async demand(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const answer = await this.send(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}

/** A deployment of its own for a test of one limit. It has the users `first` and `second`. */
export class Limited {
  readonly service: Service;
  readonly rest: Rest;
  readonly id: string;
  readonly address: string;
  readonly #ca: string;

  private constructor(service: Service, rest: Rest, id: string, address: string) {
    this.service = service;
    this.rest = rest;
    this.id = id;
    this.address = address;
    this.#ca = readFileSync(service.ready.ca, 'utf8');
  }

  /** @param limits set before the first client connects; rates that a test is not about are none. */
  static async make(service: Service, name: string, limits: Record<string, number | null> = {}): Promise<Limited> {
    const rest = new Rest(service);
    const { id, address } = await rest.demand('POST', '/deployments', { name });
    const made = new Limited(service, rest, String(id), String(address));
    await made.set({ restRequestsPerSecond: null, connectsPerSecond: null });
    for (const username of userNames)
      await rest.demand('POST', `/deployments/${made.id}/credentials`, { username, password: limitedPassword });
    await made.set(limits);
    return made;
  }

  /** The same deployment after its service was started again. */
  on(service: Service): Limited {
    return new Limited(service, new Rest(service), this.id, this.address);
  }

  /** Changes limits while the deployment runs. */
  async set(limits: Record<string, number | null>): Promise<void> {
    await this.rest.demand('PATCH', `/deployments/${this.id}`, { limits });
  }

  /** A connection on which nothing was sent yet. */
  open(localAddress?: string): Promise<RawClient> {
    return RawClient.connect({
      transport: 'tls',
      port: this.service.ready.mqtts,
      serverName: this.address,
      ca: this.#ca,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
  }

  /** A client that has sent CONNECT; the answer is still to be read. */
  async dial(clientId: string, options: LimitedConnect = {}): Promise<RawClient> {
    const client = await this.open(options.localAddress);
    client.send(connectOf(clientId, options));
    return client;
  }

  /** A client that was accepted. @returns it with its CONNACK. */
  async connect(clientId: string, options: LimitedConnect = {}): Promise<RawClient & { connack: Uint8Array }> {
    const client = await this.dial(clientId, options);
    const connack = await client.expect('20 .. .. 00 *');
    return Object.assign(client, { connack });
  }

  /** How often a limit was reached, from /metrics. */
  async reached(limit: string): Promise<number> {
    const name = `berth_limit_reached_total{deployment="${this.id}",limit="${limit}"}`;
    const value = (await this.service.metrics()).get(name);
    if (value === undefined) throw new Error(`no ${name} in /metrics`);
    return value;
  }

  /** A gauge or counter of this deployment. */
  async metric(name: string): Promise<number> {
    return (await this.service.metrics()).get(`${name}{deployment="${this.id}"}`) ?? Number.NaN;
  }

  /** Waits until the limit was reached so many times at least, and the log has an event of this deployment with the fault. */
  async said(limit: string, fault: string | null, least = 1): Promise<void> {
    await eventually(`${limit} to be counted ${least} times`, 10_000, async () =>
      (await this.reached(limit)) >= least ? true : null,
    );
    if (fault === null) return;
    await eventually(`an event ${fault}`, 10_000, () => (this.events(fault).length > 0 ? true : null));
  }

  /** Events of this deployment with a fault, from the log. */
  events(fault: string): Record<string, unknown>[] {
    return this.service.log
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line['deployment'] === this.id && line['fault'] === fault);
  }
}

/** CONNECT of a user of a limited deployment. */
export function connectOf(clientId: string, options: LimitedConnect = {}): Uint8Array {
  const version = options.version ?? 4;
  const properties = Buffer.from((options.properties ?? '').replaceAll(' ', ''), 'hex');
  const keepAlive = options.keepAlive ?? 0;
  return packet(
    0x10,
    lengthPrefixed('MQTT'),
    Uint8Array.of(version, (options.clean ?? true) ? 0xc2 : 0xc0, keepAlive >> 8, keepAlive & 0xff),
    version === 5 ? Uint8Array.of(properties.length, ...properties) : Uint8Array.of(),
    lengthPrefixed(clientId),
    lengthPrefixed(options.username ?? 'first'),
    lengthPrefixed(options.password ?? limitedPassword),
  );
}

/** PUBACK 0x40, PUBREC 0x50, PUBREL 0x62, PUBCOMP 0x70. */
export function acknowledgement(firstByte: number, packetIdentifier: number): Uint8Array {
  return Uint8Array.of(firstByte, 2, packetIdentifier >> 8, packetIdentifier & 0xff);
}

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { make, type Made } from '../../apps/server/certificates/test-chain.ts';
import { ApiClient } from '../../packages/api/mod.ts';
import { connectPacket } from '../../testkit/packets.ts';
import { RawClient } from '../../testkit/raw-client.ts';
import { Service } from '../../testkit/service.ts';

const dayMs = 86_400_000;

/** The password of every device; it must not come back in any output. */
export const password = 'Quarrel-Obelisk-92';

/** A deployment of the service with the user `device`. */
export interface Plant {
  readonly id: string;
  readonly address: string;
}

/** Everything that the situations need: the service with deployments in every state, and servers that are wrong. */
export class Environment implements AsyncDisposable {
  readonly service: Service;
  readonly api: ApiClient;
  /** What stands in documents for a port that is another one in each run. */
  readonly shownPorts = new Map<number, number>();
  /** What stands in documents for a name that is another one in each run. */
  readonly shownNames = new Map<string, string>();
  readonly #closers: (() => void)[] = [];

  private constructor(service: Service) {
    this.service = service;
    const token = readFileSync(join(service.dataDirectory, 'admin-token'), 'utf8').trim();
    this.api = new ApiClient({ baseUrl: `http://127.0.0.1:${service.ready.http}`, token, fetch });
    this.shownNames.set(service.ready.deployment.id, 'default');
    this.shownPorts.set(service.ready.mqtts, 8883).set(service.ready.wss, 8084).set(service.ready.http, 18083);
  }

  static async make(): Promise<Environment> {
    return new Environment(await Service.start());
  }

  /** A deployment with one credential. @param limits set before the first client connects. */
  async plant(name: string, limits: Record<string, number | null> = {}): Promise<Plant> {
    const { id, address } = await this.api.createDeployment({ name });
    this.shownNames.set(id, name.replaceAll(' ', '-'));
    await this.api.createCredential(id, { username: 'device', password });
    await this.api.changeDeployment(id, { limits: { ...limits } });
    return { id, address };
  }

  /** A dedicated deployment with plain ports. */
  async dedicated(name: string): Promise<{ readonly mqtt: number; readonly ws: number }> {
    const [mqtt, ws] = [await freePort(), await freePort()];
    const { id } = await this.api.createDeployment({ name, type: 'dedicated', mqttPort: mqtt, wsPort: ws });
    await this.api.createCredential(id, { username: 'device', password });
    this.shownPorts.set(mqtt, 1883).set(ws, 8083);
    return { mqtt, ws };
  }

  /** A device that stays connected to a deployment. */
  async device(plant: Plant, clientId: string): Promise<void> {
    const ca = readFileSync(this.service.ready.ca, 'utf8');
    const client = await RawClient.connect({
      transport: 'tls',
      port: this.service.ready.mqtts,
      serverName: plant.address,
      ca,
    });
    client.send(connectPacket({ version: 4, clientId, username: 'device', password }));
    await client.expect('20 02 00 00');
    this.#closers.push(() => client.reset());
  }

  /** A proxy that ends TLS in front of a plain port. @returns its port. */
  async tlsFront(target: number, options: TlsOptions): Promise<number> {
    return this.#listen(
      createTlsServer(options, (socket) => pipe(socket, target)),
      8883,
    );
  }

  /** A proxy that cuts what was idle for so long, without a word. */
  async idleCutter(target: number, idleMs: number): Promise<number> {
    const server = createServer((socket) => {
      pipe(socket, target);
      socket.setTimeout(idleMs, () => socket.resetAndDestroy());
    });
    return this.#listen(server, 1883);
  }

  /** A web server. */
  async website(): Promise<number> {
    const server = createHttpServer((_request, response) => response.end('Hello'));
    return this.#listen(server, 80);
  }

  /** A server that does as it is told with each connection. */
  async plainServer(serve: (socket: Socket) => void, shownPort: number): Promise<number> {
    return this.#listen(createServer(serve), shownPort);
  }

  /**
   * A listener whose queue is full, so that the system drops further connections without a word. In Python, because no
   * program here can listen without accepting.
   */
  async fullListener(): Promise<number> {
    const child = Bun.spawn(['python3', '-c', fullListener], { stdout: 'pipe' });
    this.#closers.push(() => child.kill());
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    const port = Number(new TextDecoder().decode(value));
    this.shownPorts.set(port, 8883);
    return port;
  }

  /** A port where nobody listens. */
  async closedPort(): Promise<number> {
    const port = await freePort();
    this.shownPorts.set(port, 8883);
    return port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers) close();
    await this.service[Symbol.asyncDispose]();
  }

  async #listen(server: Server, shownPort: number): Promise<number> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#closers.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    const { port } = server.address() as AddressInfo;
    this.shownPorts.set(port, shownPort);
    return port;
  }
}

/** An authority with the certificates that the situations need. PEM. */
export class Authority {
  readonly root: Made;
  private constructor(root: Made) {
    this.root = root;
  }

  static async make(subject: string, organization = 'Example'): Promise<Authority> {
    const notBefore = Date.now() - 400 * dayMs;
    return new Authority(await make({ subject, organization, issuer: null, notBefore, days: 4000 }));
  }

  /** A server certificate. @param fromDays begin of its 90 days, in days from now. */
  async server(names: readonly string[], fromDays = -30, issuer = this.root): Promise<Made> {
    const notBefore = Date.now() + fromDays * dayMs;
    return make({ subject: names[0] ?? '', issuer, names, notBefore, days: 90 });
  }

  async intermediate(): Promise<Made> {
    const notBefore = Date.now() - 300 * dayMs;
    const { organization } = this.root;
    return make({ subject: 'Example Intermediate', organization, issuer: this.root, notBefore, days: 1000 });
  }
}

const fullListener = `
import socket, time
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(0)
held = []
for _ in range(6):
    client = socket.socket()
    client.setblocking(False)
    try:
        client.connect(server.getsockname())
    except BlockingIOError:
        pass
    held.append(client)
print(server.getsockname()[1], flush=True)
time.sleep(600)
`;

function pipe(socket: Socket, target: number): void {
  const upstream = connect({ host: '127.0.0.1', port: target });
  upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
  socket.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
  socket.pipe(upstream);
  upstream.pipe(socket);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

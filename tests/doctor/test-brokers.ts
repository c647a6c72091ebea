import { Aedes } from 'aedes';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { eventually } from '../../testkit/deadline.ts';
import { password } from './test-environment.ts';

/** A broker of somebody else, with a password and ports with and without TLS. */
export interface OtherBroker extends AsyncDisposable {
  readonly tls: number;
  readonly plain: number;
  readonly websocket: number | null;
}

/** Debian puts it where only root looks. */
const mosquitto = Bun.which('mosquitto') ?? '/usr/sbin/mosquitto';

/** Debian's Mosquitto with a server certificate for localhost. */
export async function startMosquitto(certificate: {
  readonly cert: string;
  readonly key: string;
}): Promise<OtherBroker> {
  const directory = mkdtempSync(join(tmpdir(), 'berth-doctor-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
    return join(directory, name);
  };
  const [tls, plain, websocket] = [await freePort(), await freePort(), await freePort()];
  const passwords = join(directory, 'passwords');
  const made = Bun.spawnSync(['mosquitto_passwd', '-c', '-b', passwords, 'device', password]);
  if (made.exitCode !== 0) throw new Error(`mosquitto_passwd: ${made.stderr.toString()}`);
  const configuration = [
    'user root',
    'allow_anonymous false',
    `password_file ${passwords}`,
    `listener ${plain} 127.0.0.1`,
    `listener ${websocket} 127.0.0.1`,
    'protocol websockets',
    `listener ${tls} 127.0.0.1`,
    `certfile ${file('server.crt', certificate.cert)}`,
    `keyfile ${file('server.key', certificate.key)}`,
  ].join('\n');
  const child = Bun.spawn([mosquitto, '-c', file('mosquitto.conf', `${configuration}\n`)], {
    stdout: 'ignore',
    stderr: 'pipe',
  });
  const close = async (): Promise<void> => {
    child.kill();
    await child.exited;
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await eventually('Mosquitto to listen', 10_000, async () => {
      if (child.exitCode !== null) throw new Error(`mosquitto ended: ${await new Response(child.stderr).text()}`);
      return (await answers(tls)) && (await answers(websocket)) ? true : null;
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { tls, plain, websocket, [Symbol.asyncDispose]: close };
}

/** Aedes, which speaks MQTT 3.1.1 and not 5.0. */
export async function startAedes(certificate: { readonly cert: string; readonly key: string }): Promise<OtherBroker> {
  const broker = await Aedes.createBroker({
    authenticate: (_client, username, given, done) => {
      done(null, username === 'device' && given?.toString() === password);
    },
  });
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    broker.handle(socket);
  };
  const servers: Server[] = [createServer(serve), createTlsServer(certificate, serve)];
  const [plain = 0, tls = 0] = await Promise.all(servers.map(listen));
  return {
    tls,
    plain,
    websocket: null,
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.close();
      for (const socket of sockets) socket.destroy();
      const { promise, resolve } = Promise.withResolvers<void>();
      broker.close(resolve);
      await promise;
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data: () => undefined } });
    socket.terminate();
    return true;
  } catch {
    return false;
  }
}

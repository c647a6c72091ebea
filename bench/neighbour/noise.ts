/** A deployment that makes all the noise that it can: started by bench/neighbour.ts in a process of its own, until it is killed. */
import { connectPacket, packet, lengthPrefixed, publishPacket, subscribePacket } from '../../testkit/packets.ts';

const [kind = '', port = '', serverName = '', username = '', password = ''] = process.argv.slice(2);
let lastId = 0;

interface Client {
  write(bytes: Uint8Array): void;
  close(): void;
  /** Room to write more has come. */
  onRoom: () => void;
}

/** A client that has connected; what comes is thrown away. */
async function client(): Promise<Client> {
  const ready = Promise.withResolvers<Client>();
  const id = `noise-${++lastId}`;
  let waiting: Uint8Array[] = [];
  const made: Client = { write: () => undefined, close: () => undefined, onRoom: () => undefined };
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port: Number(port),
    tls: { serverName, rejectUnauthorized: false },
    socket: {
      handshake: (own) => void own.write(connectPacket({ version: 4, clientId: id, username, password, keepAlive: 0 })),
      data: () => ready.resolve(made),
      drain: () => {
        const bytes = Buffer.concat(waiting);
        waiting = [];
        made.write(bytes);
        if (waiting.length === 0) made.onRoom();
      },
      close: () => ready.reject(new Error('closed')),
      error: () => undefined,
    },
  });
  made.write = (bytes) => {
    if (waiting.length > 0) return;
    const taken = Math.max(0, socket.write(bytes));
    if (taken < bytes.length) waiting.push(bytes.slice(taken));
    else setImmediate(() => made.onRoom());
  };
  made.close = () => void socket.end();
  return ready.promise;
}

/** Sends the same bytes again and again, as fast as the server reads. */
function pour(from: Client, bytes: () => Uint8Array): void {
  from.onRoom = () => from.write(bytes());
  from.onRoom();
}

const repeated = (bytes: Uint8Array, times: number) => Buffer.concat(Array.from({ length: times }, () => bytes));

const noises: Readonly<Record<string, () => Promise<void>>> = {
  async fanOut() {
    for (let index = 0; index < 200; index++) (await client()).write(subscribePacket(4, 1, 'storm', 0));
    const message = repeated(publishPacket(4, { topic: 'storm', payload: 'x'.repeat(64) }), 50);
    for (let index = 0; index < 4; index++) pour(await client(), () => message);
  },
  async connects() {
    const again = async (): Promise<void> => {
      for (;;) {
        try {
          (await client()).close();
        } catch {
          // Refused at the connect rate: the storm goes on.
        }
      }
    };
    for (let index = 0; index < 300; index++) void again();
  },
  async impatient() {
    // Gives up as soon as CONNECT is written, and begins anew.
    const once = () =>
      new Promise<void>((resolve) => {
        const id = `noise-${++lastId}`;
        void Bun.connect({
          hostname: '127.0.0.1',
          port: Number(port),
          tls: { serverName, rejectUnauthorized: false },
          socket: {
            handshake: (own) => {
              own.write(connectPacket({ version: 4, clientId: id, username, password, keepAlive: 0 }));
              own.end();
            },
            data: () => undefined,
            close: () => resolve(),
            error: () => undefined,
            connectError: () => resolve(),
          },
        });
      });
    const again = async (): Promise<void> => {
      for (;;) await once();
    };
    for (let index = 0; index < 50; index++) void again();
  },
  async retained() {
    const publisher = await client();
    for (let index = 0; index < 2_000; index++) {
      publisher.write(publishPacket(4, { topic: `r/${index}`, payload: 'x'.repeat(200), retain: true }));
      if (index % 20 === 0) await Bun.sleep(100);
    }
    const asking = repeated(subscribePacket(4, 1, 'r/#', 0), 10);
    for (let index = 0; index < 20; index++) pour(await client(), () => asking);
  },
  async churn() {
    const levels = Array.from({ length: 15 }, () => '+');
    const unsubscribe = (filter: string) => packet(0xa2, Uint8Array.of(0, 2), lengthPrefixed(filter));
    const turn = Buffer.concat(
      Array.from({ length: 50 }, (_, index) => {
        const filter = [...levels.slice(0, index % 15), `${index}`, '#'].join('/');
        return Buffer.concat([subscribePacket(4, 1, filter, 0), unsubscribe(filter)]);
      }),
    );
    const message = repeated(publishPacket(4, { topic: 'a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p', payload: 'x' }), 10);
    for (let index = 0; index < 10; index++) pour(await client(), () => turn);
    pour(await client(), () => message);
  },
};

await noises[kind]?.();
console.log('noisy');
setInterval(() => undefined, 1_000);

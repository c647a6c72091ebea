import { describe, expect, test } from 'bun:test';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { firstCertificate, secondCertificate } from './test-certificates.ts';
import { TestEdge } from './test-edge.ts';

const versions = ['TLSv1.2', 'TLSv1.3'] as const;

/** An edge that answers what comes and then closes: tickets of TLS 1.3 leave with the first bytes that the server writes. */
function listen(sessionTickets: boolean, kind: 'mqtts' | 'wss' = 'mqtts') {
  const core = new TestEdge({}, sessionTickets);
  core.onData = ({ id }) => {
    core.edge.send(id, Buffer.from('answer'));
    core.edge.end(id);
  };
  const { port } = core.edge.listenTls(kind, '127.0.0.1', 0, firstCertificate);
  return { core, port, [Symbol.dispose]: () => core[Symbol.dispose]() };
}

/** What a client saw of one connection, from its start to its end. */
interface Visit {
  readonly resumed: boolean;
  /** Each session that it was given to come back with. */
  readonly sessions: readonly Buffer[];
  readonly answer: string;
}

/**
 * Connects, sends a request that the WebSocket port answers with a refusal, and stays until the server closes: then all
 * tickets are here.
 */
function visit(port: number, options: ConnectionOptions, ca = firstCertificate.ca): Promise<Visit> {
  const sessions: Buffer[] = [];
  let answer = '';
  let resumed = false;
  return new Promise<Visit>((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'one.berth.localhost', ca, ...options });
    socket.on('secureConnect', () => {
      resumed = socket.isSessionReused();
      socket.write('GET / HTTP/1.1\r\n\r\n');
    });
    socket.on('session', (session: Buffer) => sessions.push(session));
    socket.on('data', (bytes: Buffer) => (answer += bytes.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve({ resumed, sessions, answer }));
  });
}

function sessionOf({ sessions }: Visit): Buffer {
  const [session] = sessions;
  if (session === undefined) throw new Error('the client was given no session');
  return session;
}

describe('with session tickets off', () => {
  for (const kind of ['mqtts', 'wss'] as const) {
    test(`a client of ${kind} gets none in TLS 1.3, and is served`, async () => {
      using server = listen(false, kind);
      const seen = await visit(server.port, { minVersion: 'TLSv1.3' });
      expect(seen.sessions).toEqual([]);
      expect(seen.answer).toStartWith(kind === 'mqtts' ? 'answer' : 'HTTP/1.1 404 ');
    });
  }

  test('nothing is resumed in TLS 1.2, where a client may also ask by the id of a session', async () => {
    using server = listen(false);
    // It was given an id. Nobody keeps what belongs to it.
    const session = sessionOf(await visit(server.port, { maxVersion: 'TLSv1.2' }));
    expect(await visit(server.port, { maxVersion: 'TLSv1.2', session })).toMatchObject({
      resumed: false,
      answer: 'answer',
    });
  });

  test('one that was given out before they were turned off leads to a full handshake', async () => {
    using before = listen(true);
    using server = listen(false);
    for (const version of versions) {
      const only = { minVersion: version, maxVersion: version };
      const session = sessionOf(await visit(before.port, only));
      expect(await visit(server.port, { ...only, session })).toMatchObject({ resumed: false, answer: 'answer' });
    }
  });

  test('there are none behind a change of the certificate either', async () => {
    using server = listen(false);
    await server.core.edge.replaceCertificate(secondCertificate);
    const seen = await visit(server.port, { minVersion: 'TLSv1.3' }, secondCertificate.ca);
    expect(seen).toEqual({ resumed: false, sessions: [], answer: 'answer' });
  });
});

describe('with session tickets on', () => {
  for (const version of versions) {
    test(`a client of ${version} resumes its session, and the name that it asks for then is the one that counts`, async () => {
      using server = listen(true);
      const only = { minVersion: version, maxVersion: version };
      const first = await visit(server.port, only);
      expect(first).toMatchObject({ resumed: false, answer: 'answer' });
      expect(first.sessions).toHaveLength(version === 'TLSv1.3' ? 2 : 1);
      const second = await visit(server.port, {
        ...only,
        session: sessionOf(first),
        servername: 'two.berth.localhost',
      });
      expect(second).toMatchObject({ resumed: true, answer: 'answer' });
      expect(server.core.connections.map(({ facts }) => facts.serverName)).toEqual([
        'one.berth.localhost',
        'two.berth.localhost',
      ]);
    });
  }

  test('those of an older certificate lead to a full handshake, those of the newer one are good', async () => {
    using server = listen(true);
    const old = sessionOf(await visit(server.port, {}));
    await server.core.edge.replaceCertificate(secondCertificate);
    const behind = await visit(server.port, { session: old }, secondCertificate.ca);
    expect(behind).toMatchObject({ resumed: false, answer: 'answer' });
    const session = sessionOf(behind);
    expect((await visit(server.port, { session }, secondCertificate.ca)).resumed).toBe(true);
  });
});

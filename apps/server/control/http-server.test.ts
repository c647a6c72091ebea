import { expect, test } from 'bun:test';
import { HttpListenError, startHttpServer } from './http-server.ts';

const app = { fetch: (request: Request) => new Response(new URL(request.url).pathname) };
const loopback = { app, hostname: '127.0.0.1', tls: null };

test('port 0 takes a free port and says which', async () => {
  await using server = startHttpServer({ ...loopback, port: 0 });
  expect(server.port).toBeGreaterThan(0);
  expect(await (await fetch(`http://127.0.0.1:${server.port}/path`)).text()).toBe('/path');
});

test('a port in use is refused with a sentence and a remedy', async () => {
  await using server = startHttpServer({ ...loopback, port: 0 });
  let thrown: unknown;
  try {
    startHttpServer({ ...loopback, port: server.port });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(HttpListenError);
  expect(String(thrown)).toContain(`port ${server.port} of 127.0.0.1 is in use`);
  expect((thrown as HttpListenError).remedy).toContain('--http-port');
});

test('a stopped server has given its port back', async () => {
  const first = startHttpServer({ ...loopback, port: 0 });
  await first.stop();
  await using second = startHttpServer({ ...loopback, port: first.port });
  expect(second.port).toBe(first.port);
});

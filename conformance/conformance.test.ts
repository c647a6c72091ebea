import { afterAll, beforeAll, describe, test } from 'bun:test';
import './chapters/connect-packet.ts';
import './chapters/session.ts';
import './chapters/will.ts';
import './chapters/connack.ts';
import './chapters/publish.ts';
import './chapters/retained.ts';
import './chapters/message-properties.ts';
import './chapters/flow.ts';
import './chapters/subscribe.ts';
import './chapters/delivery.ts';
import './chapters/topics.ts';
import './chapters/shared.ts';
import './chapters/closing.ts';
import './chapters/transport.ts';
import { conformanceTests, type Dialect } from './registry.ts';
import { server, startServer, stopServer } from './server.ts';

const names: ReadonlyMap<Dialect, string> = new Map([
  [4, 'MQTT 3.1.1'],
  [5, 'MQTT 5.0'],
]);
const testMs = 30_000;

beforeAll(startServer, 30_000);
afterAll(async () => {
  if (process.env.SHOW_LOG) console.error(server().service.log);
  await stopServer();
}, 30_000);

for (const [dialect, name] of names) {
  describe(name, () => {
    for (const { title, run } of conformanceTests.filter((one) => one.dialect === dialect)) {
      test.concurrent(title, run, testMs);
    }
  });
}

import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { makeCertificates } from '../../apps/cli/mqtt/test-server.ts';
import { filesOf } from '../../apps/cli/sample/files.ts';
import { sampleLanguages, type SampleLanguage, type SampleValues } from '../../packages/samples/mod.ts';
import { within } from '../../testkit/deadline.ts';
import { Service } from '../../testkit/service.ts';
import { RunningSample } from './running-sample.ts';

const testMs = 150_000;
const folder = mkdtempSync(join(tmpdir(), 'berth-samples-'));
const data = join(folder, 'data');
let service = await Service.start({ data });
const { ready, password } = service;
const foreignCa = (await makeCertificates()).ca;

afterAll(async () => {
  await service[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Restarts the service on the same ports and the same data. */
async function restart(): Promise<void> {
  await service.stop();
  const ports = ['--mqtts-port', String(ready.mqtts), '--wss-port', String(ready.wss)];
  service = await Service.start({ data, args: ports });
}

for (const language of sampleLanguages) {
  // Java sends SNI for names with a dot only, and its tests bring a hosts file; the others resolve as the system does.
  const host = ['java', 'android'].includes(language.name) ? ready.address : 'localhost';
  const right: SampleValues = {
    host,
    tlsPort: ready.mqtts,
    wssPort: ready.wss,
    username: ready.username,
    password,
    caPem: readFileSync(ready.ca, 'utf8'),
  };

  describe(language.title, () => {
    test(
      'connects, publishes, receives, survives a restart of the service, and leaves its will behind',
      async () => {
        await using sample = await start(language, right);
        await sample.line(/^connected$/);
        await sample.line(/^received: hello \d+$/);
        await restart();
        await sample.line(/^error -\d+: .*/);
        await sample.line(/^connected$/);
        await sample.line(/^received: hello \d+$/);
        const status = await lastStatus(language.name, sample);
        expect(status).toEqual(['online', 'offline']);
      },
      testMs,
    );

    const overWebSocket = language.hasWebSocket ? test : () => undefined;
    overWebSocket(
      'the same over WebSocket',
      async () => {
        await using sample = await start(language, { ...right, transport: 'wss' });
        await sample.line(/^connected$/);
        await sample.line(/^received: hello \d+$/);
      },
      testMs,
    );

    const mistakes: Readonly<Record<string, readonly [SampleValues, number]>> = {
      'a wrong CA file': [{ ...right, caPem: foreignCa }, -3],
      'no SNI, as with an IP address': [{ ...right, host: '127.0.0.1' }, -5],
      'a wrong password': [{ ...right, password: 'not the password' }, -4],
      'a port where nothing listens': [{ ...right, tlsPort: 1 }, -2],
      'a name that does not resolve': [{ ...right, host: 'no-such-name.invalid' }, -1],
    };
    for (const [name, [values, number]] of Object.entries(mistakes)) {
      test(
        `${name} is error ${number}, and it tries again`,
        async () => {
          await using sample = await start(language, values);
          // The first fault that is named is the right one, and so is the second.
          expect(await sample.line(/^(?:error|connected)/)).toStartWith(`error ${number}: `);
          expect(await sample.line(/^(?:error|connected)/)).toStartWith(`error ${number}: `);
        },
        testMs,
      );
    }
  });
}

/** Starts a sample with its settings as a user has them. */
function start(language: SampleLanguage, values: SampleValues): Promise<RunningSample> {
  const files = filesOf(language, values);
  return RunningSample.start({ language: language.name, host: values.host ?? 'localhost', files });
}

/** What a watcher sees of the sample's status: retained, and after the sample has vanished. */
async function lastStatus(name: string, sample: RunningSample): Promise<readonly string[]> {
  const watcher = await mqtt.connectAsync(`mqtts://localhost:${ready.mqtts}`, {
    protocolVersion: 5,
    clientId: `watcher-${name}`,
    username: ready.username,
    password,
    ca: readFileSync(ready.ca),
  });
  try {
    const seen: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const online = Promise.withResolvers<void>();
    watcher.on('message', (_topic, payload) => {
      seen.push(payload.toString());
      if (seen.length === 1) online.resolve();
      else resolve();
    });
    await watcher.subscribeAsync(`devices/sample-${name}/status`, { qos: 1 });
    await within('the status', 10_000, online.promise);
    await sample.vanish();
    await within('the will', 10_000, promise);
    return seen;
  } finally {
    await watcher.endAsync();
  }
}

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { makeCertificates } from '../../apps/cli/mqtt/test-server.ts';
import { sampleLanguages, type SampleLanguage, type SampleValues } from '../../packages/samples/mod.ts';
import { Bench } from './bench.ts';

const testMs = 150_000;
const bench = await Bench.start();
const foreignCa = (await makeCertificates()).ca;
const denied = { username: 'may-not-subscribe', password: 'not allowed to subscribe' };
afterAll(() => bench[Symbol.asyncDispose]());
beforeAll(async () => {
  const { id } = bench.ready.deployment;
  await bench.api.createCredential(id, denied);
  const rule = {
    kind: 'username',
    subject: denied.username,
    permission: 'deny',
    action: 'subscribe',
    topicFilter: '#',
  } as const;
  await bench.api.createRule(id, rule);
});

/** What is wrong in the settings, and the number that the sample has to say. */
function mistakesOf(language: SampleLanguage): Readonly<Record<string, readonly [Partial<SampleValues>, number]>> {
  const { ready } = bench;
  const isOwnResolver = !['python', 'node', 'go'].includes(language.name);
  // BearSSL knows no IP addresses in certificates: there it does not come to an answer of the service.
  const byIp = language.name === 'esp8266' ? -3 : -5;
  return {
    'a wrong CA': [{ caPem: foreignCa }, -3],
    'no SNI, as with an IP address': [{ host: '127.0.0.1' }, byIp],
    'a wrong password': [{ password: 'not the password' }, -4],
    'a port where nothing listens': [{ tlsPort: 1 }, -2],
    'a name that does not resolve': [{ host: 'no-such-name.invalid' }, -1],
    'a port that does not speak TLS': [{ tlsPort: ready.http }, language.tested === 'host' ? -3 : -2],
    ...(isOwnResolver && {
      'the address of no deployment': [{ host: ready.address.replace(/^[^.]+/, 'nobody') }, -5],
    }),
    ...(language.hasWebSocket && {
      'WebSocket on the port of MQTT': [{ transport: 'wss', wssPort: ready.mqtts }, -2],
    }),
  };
}

for (const language of sampleLanguages.filter((one) => one.tested !== 'parsed')) {
  describe(language.title, () => {
    for (const [name, [wrong, number]] of Object.entries(mistakesOf(language))) {
      test(
        `${name} is error ${number}, and it tries again`,
        async () => {
          await using sample = await bench.run(language, { ...bench.valuesFor(language), ...wrong });
          // The first fault that is named is the right one, and so is the second.
          expect(await sample.line(/^(?:error|connected)/)).toStartWith(`error ${number}: `);
          expect(await sample.line(/^(?:error|connected)/)).toStartWith(`error ${number}: `);
        },
        testMs,
      );
    }

    test(
      'a subscription that is not permitted is error -10, and it goes on sending',
      async () => {
        const values = { ...bench.valuesFor(language), ...denied };
        await using watcher = await bench.watch(values.clientId);
        await using sample = await bench.run(language, values);
        await sample.line(/^connected$/);
        await sample.line(/^error -10: /);
        await watcher.allUpTo(2);
      },
      testMs,
    );

    if (language.tested === 'run') {
      test(
        'a CA file that is missing is error -3, and it ends',
        async () => {
          const { caPem: _, ...values } = bench.valuesFor(language);
          await using sample = await bench.run(language, values);
          expect(await sample.ended()).toBe(1);
          expect(await sample.errors()).toContain('error -3: the CA file ca.crt cannot be used');
        },
        testMs,
      );
    }

    if (language.tested === 'host') {
      test(
        'a clock that is not set is error -3, and it does not connect',
        async () => {
          const noClock = { BOARD_CLOCK: 'never' };
          await using sample = await bench.run(language, bench.valuesFor(language), noClock);
          expect(await sample.line(/^(?:error|connected)/)).toStartWith('error -3: the clock is not set yet');
          expect(await sample.line(/^(?:error|connected)/)).toStartWith('error -3: the clock is not set yet');
        },
        testMs,
      );
    }
  });
}

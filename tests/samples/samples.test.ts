import { afterAll, describe, expect, test } from 'bun:test';
import { sampleLanguages } from '../../packages/samples/mod.ts';
import { Bench } from './bench.ts';

const testMs = 150_000;
const bench = await Bench.start();
afterAll(() => bench[Symbol.asyncDispose]());

for (const language of sampleLanguages.filter((one) => one.tested !== 'parsed')) {
  describe(language.title, () => {
    test(
      'connects, publishes and receives; no message is lost while the service is away; its will says that it vanished',
      async () => {
        const values = bench.valuesFor(language);
        await using watcher = await bench.watch(values.clientId);
        await using sample = await bench.run(language, values);
        await sample.line(/^connected$/);
        await sample.line(/^received: hello \d+$/);
        await watcher.status('online');
        await bench.stopService();
        // Long enough for messages that have to wait.
        await sample.line(/^error -(?:13|15): .*/);
        await sample.line(/^error -2: .*/);
        await sample.line(/^error -2: .*/);
        const sent = watcher.highest;
        await bench.startService();
        await watcher.connect();
        await sample.line(/^connected$/);
        await watcher.allUpTo(sent + 3);
        await sample.anywhere(new RegExp(`^received: hello ${sent + 3}$`));
        await watcher.status('online');
        await sample.vanish();
        await watcher.status('offline');
      },
      testMs,
    );

    if (language.hasWebSocket) {
      test(
        'the same over WebSocket',
        async () => {
          const values = bench.valuesFor(language);
          await using watcher = await bench.watch(values.clientId);
          await using sample = await bench.run(language, { ...values, transport: 'wss' });
          await sample.line(/^connected$/);
          await sample.line(/^received: hello \d+$/);
          await watcher.status('online');
          await bench.stopService();
          await sample.line(/^error -\d+: .*/);
          await bench.startService();
          await watcher.connect();
          await sample.line(/^connected$/);
          await watcher.allUpTo(watcher.highest + 1);
        },
        testMs,
      );
    }

    // A board is switched off, and then its will speaks.
    if (language.tested !== 'host') {
      test(
        'says goodbye when it is asked to stop',
        async () => {
          const values = bench.valuesFor(language);
          await using watcher = await bench.watch(values.clientId);
          await using sample = await bench.run(language, values);
          await sample.line(/^received: hello \d+$/);
          await watcher.status('online');
          const code = await sample.stop();
          // A JVM that is asked to stop says 143 by itself.
          expect(code).toBe(['java', 'android'].includes(language.name) ? 143 : 0);
          await sample.line(/^stopped$/);
          await watcher.status('offline');
        },
        testMs,
      );
    }

    test(
      'user name and password are what was typed, whatever stands in them',
      async () => {
        const username = `o'n"e\\ $two \${three} %s #{four} \\(five) ??/ \`六\` \u2028\u202e</script>${language.name}`;
        const password = `${username}\n\t\u0001\u007f"""; exit(1) //`;
        await bench.api.createCredential(bench.ready.deployment.id, { username, password });
        await using sample = await bench.run(language, { ...bench.valuesFor(language), username, password });
        expect(await sample.line(/^(?:error|connected)/)).toBe('connected');
      },
      testMs,
    );
  });
}

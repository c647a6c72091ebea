import { afterAll, describe, expect, test } from 'bun:test';
import { within } from '../../testkit/deadline.ts';
import { Service } from '../../testkit/service.ts';

const deadlineMs = 20_000;
const service = await Service.start();

afterAll(() => service[Symbol.asyncDispose]());

/** Options with which any of the mosquitto programs reaches the service. */
function reach(version: string, password = service.password): string[] {
  const { mqtts, ca, username } = service.ready;
  return ['-h', 'localhost', '-p', String(mqtts), '--cafile', ca, '-u', username, '-P', password, '-V', version];
}

function spawn(command: string, args: readonly string[]) {
  return Bun.spawn([command, ...args], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
  });
}

/** A `mosquitto_sub` whose output can be waited for, line by line. */
class Subscriber implements AsyncDisposable {
  readonly child: ReturnType<typeof spawn>;
  readonly #lines: AsyncGenerator<string, void>;

  constructor(args: readonly string[]) {
    // `-d` tells when the SUBACK is there; stdbuf, because a pipe would hold lines back.
    this.child = spawn('stdbuf', ['-oL', 'mosquitto_sub', '-d', '-F', 'message %q %r %p', ...args]);
    this.#lines = lines(this.child.stdout);
  }

  /** The first line from here on that fits. */
  async line(pattern: RegExp): Promise<string> {
    return within(`a line like ${pattern}`, deadlineMs, this.#find(pattern));
  }

  async #find(pattern: RegExp): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`mosquitto_sub ended before it said ${pattern}`);
      if (pattern.test(value)) return value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.child.exited;
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of stream) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
}

async function publish(version: string, ...args: readonly string[]): Promise<void> {
  const child = spawn('mosquitto_pub', [...reach(version), ...args]);
  const exitCode = await child.exited;
  if (exitCode !== 0)
    throw new Error(`mosquitto_pub ended with ${exitCode}: ${await new Response(child.stderr).text()}`);
}

for (const version of ['mqttv31', 'mqttv311', 'mqttv5']) {
  describe(`mosquitto clients, ${version} over TLS`, () => {
    for (const qos of [0, 1, 2]) {
      test(
        `QoS ${qos} there and back`,
        async () => {
          const topic = `mosquitto/${version}/${qos}`;
          await using subscriber = new Subscriber([...reach(version), '-t', topic, '-q', String(qos)]);
          await subscriber.line(/SUBACK/);
          await publish(version, '-t', topic, '-q', String(qos), '-m', `hello ${qos}`);
          expect(await subscriber.line(/^message/)).toBe(`message ${qos} 0 hello ${qos}`);
        },
        deadlineMs,
      );
    }

    test(
      'a client that is killed leaves its will',
      async () => {
        const topic = `mosquitto/${version}/will`;
        await using witness = new Subscriber([...reach(version), '-t', topic, '-q', '1']);
        await witness.line(/SUBACK/);
        const will = ['--will-topic', topic, '--will-payload', 'gone', '--will-qos', '1'];
        const mortal = new Subscriber([...reach(version), '-t', 'mosquitto/nothing', ...will]);
        await mortal.line(/SUBACK/);
        await mortal[Symbol.asyncDispose]();
        expect(await witness.line(/^message/)).toBe('message 1 0 gone');
      },
      deadlineMs,
    );

    test(
      'a retained message is seen with its flag, and gone once cleared',
      async () => {
        const topic = `mosquitto/${version}/retained`;
        await publish(version, '-t', topic, '-q', '1', '-r', '-m', 'kept');
        await using reader = new Subscriber([...reach(version), '-t', topic, '-q', '1']);
        expect(await reader.line(/^message/)).toBe('message 1 1 kept');
        await publish(version, '-t', topic, '-q', '1', '-r', '-n');
        await using late = new Subscriber([...reach(version), '-t', topic, '-q', '1']);
        await late.line(/SUBACK/);
        await publish(version, '-t', topic, '-q', '1', '-m', 'end');
        expect(await late.line(/^message/)).toBe('message 1 0 end');
      },
      deadlineMs,
    );

    test(
      'a persistent session gets what arrived while it was away',
      async () => {
        const topic = `mosquitto/${version}/session`;
        const identity = ['-i', `sleeper-${version}`, '-c', ...(version === 'mqttv5' ? ['-x', '300'] : [])];
        const filter = ['-t', topic, '-q', '1'];
        // -E ends after the SUBACK, in order.
        const first = spawn('mosquitto_sub', [...reach(version), ...identity, ...filter, '-E']);
        expect(await first.exited).toBe(0);
        await publish(version, ...filter, '-m', 'while you were away');
        await using again = new Subscriber([...reach(version), ...identity, ...filter]);
        expect(await again.line(/^message/)).toBe('message 1 0 while you were away');
      },
      deadlineMs,
    );

    test(
      'a wrong password is refused with the code for it',
      async () => {
        const child = spawn('mosquitto_pub', [...reach(version, 'not the password'), '-t', 'a', '-m', 'b']);
        const [exitCode, stderr] = await Promise.all([child.exited, new Response(child.stderr).text()]);
        // mosquitto_pub ends with the code of the CONNACK.
        expect({ exitCode, stderr }).toEqual({
          exitCode: version === 'mqttv5' ? 0x86 : 4,
          stderr: expect.stringMatching(/bad user ?name or password/i),
        });
      },
      deadlineMs,
    );
  });
}

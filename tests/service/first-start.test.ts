/** The first start of a data directory: what is shown once is not lost. */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../testkit/deadline.ts';
import { connectPacket } from '../../testkit/packets.ts';
import { RawClient } from '../../testkit/raw-client.ts';
import { Service } from '../../testkit/service.ts';

let folder: string;
let data: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-first-start-'));
  data = join(folder, 'data');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the service answers to a client that logs in with the first credential. */
async function answerTo(service: Service, password: string): Promise<string> {
  const { mqtts, ca, username } = service.ready;
  await using client = await RawClient.connect({ transport: 'tls', port: mqtts, ca: readFileSync(ca, 'utf8') });
  client.send(connectPacket({ version: 4, clientId: 'first', username, password }));
  return Buffer.from(await client.nextPacket()).toString('hex');
}

const logged = (service: Service, text: string): Promise<true> =>
  eventually(`"${text}" in the log`, 10_000, () => (service.log.includes(text) ? true : null));

test.each(['--mqtts-port', '--wss-port', '--http-port'])(
  'a first start that meets a busy port for %s leaves the password to the next one',
  async (option) => {
    using holder = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
    const busy = Service.start({ data, args: [option, String(holder.port)] });
    await expect(busy).rejects.toThrow(`${holder.port}`);
    await using service = await Service.start({ data });
    expect(await answerTo(service, service.password)).toBe('20020000');
  },
  60_000,
);

test('a configured password that is not that of the credential is said in the log', async () => {
  const file = join(folder, 'password');
  const warning = 'The configured password is used at the first start only';
  const args = ['--password-file', file];
  writeFileSync(file, 'chosen at first\n');
  await using first = await Service.start({ data, args });
  expect(first.ready.password).toBeUndefined();
  expect(await answerTo(first, 'chosen at first')).toBe('20020000');
  await first.stop();
  await using same = await Service.start({ data, args });
  await same.stop();
  await logged(same, 'Stopped.');
  expect(same.log).not.toContain(warning);
  writeFileSync(file, 'chosen later on\n');
  await using other = await Service.start({ data, args });
  expect(await answerTo(other, 'chosen later on')).toBe('20020004');
  await logged(other, warning);
}, 60_000);

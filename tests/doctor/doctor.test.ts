/**
 * `berth doctor` in every situation that it has to name, and on servers where nothing is wrong. What it says becomes
 * docs/reference/doctor.md: `bun tools/doctor-report.ts` writes it, and this test compares it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { make } from '../../apps/server/certificates/test-chain.ts';
import type { Text } from '../../packages/faults/mod.ts';
import { startAedes, startMosquitto } from './test-brokers.ts';
import { renderDocument, type Healthy, type Row } from './test-document.ts';
import { Authority, Environment, password } from './test-environment.ts';
import { doctor, examined } from './test-run.ts';
import { oneLoopback, type Situation } from './test-situation.ts';
import { makeSituations } from './test-situations.ts';

const environment = await Environment.make();
afterAll(() => environment[Symbol.asyncDispose]());
const situations = await makeSituations(environment);
const rows: Row[] = [];
const healthy: Healthy[] = [];

describe('the right fault is named', () => {
  test.each(situations.map((situation): [string, Situation] => [situation.title.en, situation]))(
    '%s',
    async (_title, situation) => {
      const world = { ...oneLoopback, ...situation.world };
      const en = await examined(situation.args, { world });
      const zh = await examined(situation.args, { world, language: 'zh' });
      const first = en.findings.find(({ status }) => status === situation.status);
      expect([first?.step, first?.fault?.name, en.exitCode]).toEqual([
        situation.step,
        situation.fault,
        situation.exitCode,
      ]);
      // A warning is one only where nothing failed.
      if (situation.status === 'warning') expect(en.summary['failed']).toBe(0);
      // The other language says the same in other words.
      expect(zh.findings.map(({ step, status, fault }) => [step, status, fault?.name])).toEqual(
        en.findings.map(({ step, status, fault }) => [step, status, fault?.name]),
      );
      for (const { seen, fault } of zh.findings) {
        if (fault !== undefined) expect(fault.cause).toMatch(/[\u4e00-\u9fff]/);
        expect(seen.length).toBeGreaterThan(0);
      }
      expect(en.text + zh.text).not.toContain(password);
      rows.push({ title: situation.title, made: situation.made, args: situation.args, en, zh });
    },
    30_000,
  );
});

describe('no false alarm', () => {
  const login = ['-u', 'device', '-P', password];

  /** Nothing failed and nothing was warned of. */
  async function right(name: Text, args: readonly string[]): Promise<void> {
    const en = await examined(args, { world: oneLoopback });
    expect(en.findings.filter(({ status }) => status === 'failed' || status === 'warning')).toEqual([]);
    expect([en.fault, en.exitCode]).toEqual([null, 0]);
    expect(en.findings.find(({ step }) => step === 'round-trip')?.status).toBe('ok');
    healthy.push({ name, en });
  }

  test('Berth: mqtts, wss, mqtt, ws', async () => {
    const { service } = environment;
    const plant = await environment.plant('healthy');
    const { mqtt, ws } = await environment.dedicated('healthy and dedicated');
    const data = ['--data', service.dataDirectory];
    const name = (scheme: string): Text => ({ en: `Berth, ${scheme}`, zh: `Berth，${scheme}` });
    await right(name('mqtts'), [
      `mqtts://${plant.address}:${service.ready.mqtts}`,
      ...login,
      ...data,
      '--for',
      'esp8266',
    ]);
    await right(name('wss'), [`wss://${plant.address}:${service.ready.wss}`, ...login, ...data]);
    await right(name('mqtt'), [`mqtt://localhost:${mqtt}`, ...login, '--idle', '1']);
    await right(name('ws'), [`ws://localhost:${ws}/mqtt`, ...login]);
  }, 60_000);

  describe('other brokers', () => {
    let authority: Authority;
    let caFile: string;
    beforeAll(async () => {
      authority = await Authority.make('Example Root');
      caFile = join(environment.service.dataDirectory, 'brokers-ca.crt');
      writeFileSync(caFile, authority.root.cert);
    });

    test('Mosquitto: mqtts, mqtt, ws', async () => {
      await using broker = await startMosquitto(await authority.server(['localhost']));
      const name = (scheme: string): Text => ({ en: `Mosquitto, ${scheme}`, zh: `Mosquitto，${scheme}` });
      await right(name('mqtts'), [`mqtts://localhost:${broker.tls}`, ...login, '--ca', caFile]);
      await right(name('mqtt'), [`mqtt://localhost:${broker.plain}`, ...login]);
      await right(name('ws'), [`ws://localhost:${broker.websocket}/mqtt`, ...login]);
      // And what is wrong has its own name, not one of Berth's.
      const wrong = await examined([`mqtts://localhost:${broker.tls}`, '-u', 'device', '-P', 'wrong', '--ca', caFile]);
      expect(wrong.findings.flatMap(({ step, fault }) => (fault ? [[step, fault.name]] : []))).toEqual([
        ['connect-5.0', 'credentials.wrong-password'],
        ['connect-3.1.1', 'credentials.wrong-password'],
      ]);
      const nobody = await examined([`mqtts://127.0.0.1:${broker.tls}`, '--ca', caFile]);
      expect(nobody.findings.flatMap(({ step, fault }) => (fault ? [[step, fault.name]] : []))).toEqual([
        ['host-name', 'tls.host-name'],
        ['connect-5.0', 'credentials.missing'],
        ['connect-3.1.1', 'credentials.missing'],
      ]);
    }, 60_000);

    test('Aedes, which has no 5.0: mqtts, mqtt', async () => {
      await using broker = await startAedes(await authority.server(['localhost']));
      const name = (scheme: string): Text => ({ en: `Aedes, ${scheme}`, zh: `Aedes，${scheme}` });
      await right(name('mqtts'), [`mqtts://localhost:${broker.tls}`, ...login, '--ca', caFile]);
      await right(name('mqtt'), [`mqtt://localhost:${broker.plain}`, ...login]);
      const wrong = await examined([`mqtts://localhost:${broker.tls}`, '-u', 'device', '-P', 'wrong', '--ca', caFile]);
      expect(wrong.fault?.name).toBe('credentials.wrong-password');
    }, 60_000);
  });
});

describe('a password goes to no server that its certificate does not prove', () => {
  /** A server that refuses everybody, behind TLS with a certificate. `heard`: what it was sent. */
  async function eavesdropper(certificate: { readonly cert: string; readonly key: string }) {
    const heard: Buffer[] = [];
    const serve = (socket: Socket): void => {
      socket.on('data', (chunk: Buffer) => {
        heard.push(chunk);
        // CONNACK of 3.1.1: not authorized.
        socket.end(Uint8Array.of(0x20, 2, 0, 5));
      });
    };
    const { cert, key } = certificate;
    const port = await environment.tlsFront(await environment.plainServer(serve, 1883), { cert, key });
    return { args: [`mqtts://localhost:${port}`, '-u', 'device', '-P', password], heard: () => Buffer.concat(heard) };
  }

  let authority: Authority;
  let caFile: string;
  beforeAll(async () => {
    authority = await Authority.make('Example Root');
    caFile = join(environment.service.dataDirectory, 'eavesdropped-ca.crt');
    writeFileSync(caFile, authority.root.cert);
  });

  test('not where the CA is unknown, unless --insecure is given', async () => {
    const stranger = await Authority.make('Another Root', 'Elsewhere');
    const { args, heard } = await eavesdropper(await stranger.server(['localhost']));
    await examined([...args, '--ca', caFile]);
    expect([heard().includes('MQTT'), heard().includes(password)]).toEqual([true, false]);
    await examined([...args, '--ca', caFile, '--insecure']);
    expect(heard().includes(password)).toBe(true);
  }, 30_000);

  test('not where another server of the same CA made the certificate', async () => {
    const other = await authority.server(['other.example']);
    const forged = await authority.server(['localhost'], -30, other);
    const { args, heard } = await eavesdropper({ cert: forged.cert + other.cert, key: forged.key });
    const { fault } = await examined([...args, '--ca', caFile]);
    expect(fault?.name).toBe('tls.unknown-ca');
    expect([heard().includes('MQTT'), heard().includes(password)]).toEqual([true, false]);
  }, 30_000);

  test('not where only the TLS library sees what is wrong: a certificate for clients', async () => {
    const forClients = await make({
      subject: 'localhost',
      issuer: authority.root,
      names: ['localhost'],
      notBefore: Date.now() - 86_400_000,
      usage: '1.3.6.1.5.5.7.3.2',
    });
    const { args, heard } = await eavesdropper(forClients);
    const { fault } = await examined([...args, '--ca', caFile]);
    expect(fault?.name).toBe('tls.certificate-rejected');
    expect(heard().includes(password)).toBe(false);
  }, 30_000);

  test('but to one that it does', async () => {
    const { args, heard } = await eavesdropper(await authority.server(['localhost']));
    const { fault } = await examined([...args, '--ca', caFile]);
    expect(fault?.name).toBe('credentials.wrong-password');
    expect(heard().includes(password)).toBe(true);
  }, 30_000);
});

describe('the text for people', () => {
  test('shows every step, the fault once with cause, remedy and lines to change, and no password', async () => {
    const plant = await environment.plant('texts');
    const args = [`mqtts://device:${password}-no@${plant.address}:${environment.service.ready.mqtts}`];
    const options = ['--data', environment.service.dataDirectory, '--for', 'python'];
    const { code, output } = await doctor([...args, ...options], { world: oneLoopback });
    expect(code).toBe(14);
    expect(output).toMatch(/^mqtts:\/\/\S+, user name "device", /);
    expect(output).toContain('  ok           TLS handshake');
    expect(output).toContain('  FAILED       MQTT 5.0');
    expect(output).toContain('error -4  credentials.wrong-password');
    expect(output.match(/Remedy:/g)).toHaveLength(1);
    expect(output).toContain('client.username_pw_set(USERNAME, PASSWORD)');
    expect(output).toMatch(/Begin with "MQTT 5.0": error -4, credentials.wrong-password \(exit code 14\)\.\n$/);
    expect(output).not.toContain(password);
    expect(output).not.toContain('\u001B');
  });

  test('on a terminal there are colours, and a line for the step that is under way', async () => {
    const plant = await environment.plant('colours');
    const args = [`mqtts://${plant.address}:${environment.service.ready.mqtts}`, '-u', 'device', '-P', password];
    const { output } = await doctor([...args, '--data', environment.service.dataDirectory], { terminal: true });
    expect(output).toContain('\u001B[32mok');
    expect(output).toContain('\r\u001B[2K  ...');
  });
});

test('as a program of its own it does the same', async () => {
  const { service } = environment;
  const { username, mqtts } = service.ready;
  const good = await service.berth('doctor', `mqtts://localhost:${mqtts}`, '-u', username, '-P', service.password);
  expect([good.exitCode, good.stderr]).toEqual([0, '']);
  expect(good.stdout).toContain('0 failed, 0 warnings');
  const chinese = await service.berth('doctor', `mqtts://localhost:${mqtts}`, '-u', username, '--lang', 'zh-CN');
  expect([chinese.exitCode, chinese.stdout]).toEqual([14, expect.stringContaining('请先处理')]);
}, 30_000);

test('docs/reference/doctor.md shows what this run has shown', () => {
  const write = process.env['DOCTOR_REPORT'] === 'write';
  for (const [language, file] of [
    ['en', 'doctor.md'],
    ['zh', 'doctor.zh-CN.md'],
  ] as const) {
    const path = join(import.meta.dirname, '../../docs/reference', file);
    const text = renderDocument(rows, healthy, environment, language);
    if (write) writeFileSync(path, text);
    // Written anew by: bun tools/doctor-report.ts
    expect(text).toBe(readFileSync(path, 'utf8'));
  }
  expect(rows).toHaveLength(situations.length);
});

import { describe, expect, test } from 'bun:test';
import { deploymentIdOf, guideValues, type GuideSource } from './guide-values.ts';
import { fillText, markPlaceholders } from './values.ts';

const first = { id: 'first00000', address: 'first00000.berth.localhost', type: 'serverless', ports: tls() } as const;
const plant = {
  id: 'plant00000',
  address: 'plant00000.berth.localhost',
  type: 'dedicated',
  ports: { ...tls(), mqtt: 1883 },
} as const;

function tls() {
  return { mqtts: 9883, wss: 9084 };
}

function source(changes: Partial<GuideSource> = {}): GuideSource {
  return {
    domain: 'berth.localhost',
    ports: () => ({ ...tls(), http: 9083 }),
    certificates: {
      caFile: 'PEM',
      status: () => ({ server: { names: ['localhost'] }, roots: [{ fingerprint: 'AA' }] }),
    },
    first: () => Promise.resolve(first),
    find: (id) => Promise.resolve([first, plant].find((deployment) => deployment.id === id) ?? null),
    ...changes,
  };
}

const local = 'http://localhost:9083';
const remote = 'https://mqtt.example.com:18083';

describe('without an address', () => {
  test('a reader on this machine sees the first deployment, which answers to localhost', async () => {
    expect(await guideValues(source(), { deployment: null, origin: local })).toEqual({
      chosen: null,
      address: first.address,
      localAddress: 'localhost',
      type: 'serverless',
      ports: { mqtts: 9883, wss: 9084, http: 9083 },
      domain: 'berth.localhost',
      origin: local,
      ca: { pem: 'PEM', fingerprints: ['AA'] },
    });
  });

  test.each([remote, 'http://192.168.1.10:18083', 'http://localhost.example.com'])(
    'a reader at %s learns of no deployment',
    async (origin) => {
      const values = await guideValues(source(), { deployment: null, origin });
      expect(values).toMatchObject({ chosen: null, address: null, localAddress: null, type: null });
      expect(JSON.stringify(values)).not.toContain(first.id);
    },
  );

  test('localhost is not proposed where the certificate or the domain is another', async () => {
    const own = { caFile: null, status: () => ({ server: { names: ['*.berth.localhost'] }, roots: [] }) };
    const values = await guideValues(source({ certificates: own }), { deployment: null, origin: local });
    expect(values).toMatchObject({ localAddress: null, ca: null });
    const named = source({ domain: 'mqtt.example.com' });
    expect(await guideValues(named, { deployment: null, origin: local })).toMatchObject({ localAddress: null });
  });

  test('there is a guide where the first deployment was deleted', async () => {
    const none = source({ first: () => Promise.resolve(null) });
    expect(await guideValues(none, { deployment: null, origin: local })).toMatchObject({ address: null });
  });
});

describe('with an address', () => {
  test('its own ports are shown, and no localhost, which is of the first', async () => {
    const values = await guideValues(source(), { deployment: plant.address, origin: local });
    expect(values).toMatchObject({ chosen: plant.id, address: plant.address, localAddress: null, type: 'dedicated' });
    expect(values?.ports).toEqual({ mqtts: 9883, wss: 9084, http: 9083, mqtt: 1883 });
  });

  test.each(['nobody0000', 'plant', 'plant00000.example.com', '../etc', 'a b', '<script>'])(
    '%p is no deployment',
    async (deployment) => {
      expect(await guideValues(source(), { deployment, origin: remote })).toBeNull();
    },
  );

  test.each([
    'plant00000',
    ' PLANT00000.berth.localhost. ',
    'mqtts://plant00000.berth.localhost:8883',
    'wss://plant00000.berth.localhost:8084/mqtt',
  ])('%p is read as its id', (given) => {
    expect(deploymentIdOf(given, 'berth.localhost')).toBe('plant00000');
  });
});

test('placeholders are whole words', async () => {
  const values = await guideValues(source(), { deployment: plant.id, origin: local });
  if (values === null) throw new Error('there are no values');
  const text = 'ADDRESS:8883 8084 ADDRESSES 18883 *.DOMAIN http://localhost:18083/ca.crt port 18083 1883';
  expect(fillText(markPlaceholders(text), values)).toBe(
    'plant00000.berth.localhost:9883 9084 ADDRESSES 18883 *.berth.localhost http://localhost:9083/ca.crt port 9083 1883',
  );
});

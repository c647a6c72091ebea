import { describe, expect, test } from 'bun:test';
import type { ConnectionId, DeploymentId } from '../../../packages/engine/ids.ts';
import { defaultLimits, type Limits } from '../../../packages/engine/limits.ts';
import type { AuthenticationRequest, ConnectionFacts, Verdict } from '../../../packages/engine/ports.ts';
import { PasswordHasher } from './credential-hash.ts';
import { AccessRuleTable } from './access-rule-table.ts';
import { CredentialTable } from './credential-table.ts';
import { DeploymentTable, type DeploymentEntry } from './deployment-table.ts';
import { FailedLogins } from './failed-logins.ts';
import { Locator } from './locate.ts';
import { ServerPolicy } from './server-policy.ts';

const first = 'firstdep22' as DeploymentId;
const other = 'otherdep22' as DeploymentId;
const day = 24 * 3_600_000;
const connection = 7 as ConnectionId;
const bytes = (text: string) => new TextEncoder().encode(text);

function entry(id: DeploymentId, change: Partial<DeploymentEntry> = {}): DeploymentEntry {
  return { id, state: 'running', first: false, names: [], limits: defaultLimits(), deletedAt: null, ...change };
}

function facts(change: Partial<ConnectionFacts>): ConnectionFacts {
  return {
    listener: 'mqtts',
    deployment: null,
    serverName: null,
    host: null,
    remoteAddress: '192.0.2.1',
    remotePort: 50_000,
    tlsVersion: 'TLSv1.3',
    acceptedAt: 0,
    ...change,
  };
}

function setup(limits: Partial<Limits> = {}) {
  const clock = { now: 0 };
  const hasher = new PasswordHasher({ current: 'a', keys: { a: new Uint8Array(32) } });
  const deployments = new DeploymentTable();
  const credentials = new CredentialTable(hasher, () => {});
  const answers: [ConnectionId, Verdict][] = [];
  const policy = new ServerPolicy({
    deployments,
    locator: new Locator(deployments, {
      domain: 'berth.example',
      alternativeNames: ['Gateway.lan', '192.168.1.10', 'fd00::1', '*.factory.example'],
    }),
    credentials,
    rules: new AccessRuleTable(),
    failedLogins: new FailedLogins(),
    now: () => clock.now,
    answer: (...answer) => answers.push(answer),
  });
  deployments.put(entry(first, { first: true, limits: { ...defaultLimits(), ...limits } }));
  deployments.put(entry(other, { names: ['mqtt.customer.example'] }));
  credentials.put(first, { username: 'meter', disabled: false, ...hasher.hash('meter', bytes('right-password')) });
  credentials.put(first, { username: 'retired', disabled: true, ...hasher.hash('retired', bytes('right-password')) });

  function login(change: Partial<AuthenticationRequest> = {}): string {
    answers.length = 0;
    const password = bytes('right-password');
    policy.authenticate(connection, {
      deployment: first,
      clientId: 'c1',
      username: 'meter',
      password,
      remoteAddress: '192.0.2.1',
      ...change,
    });
    expect(answers).toHaveLength(1);
    const [to, verdict] = answers[0] ?? [];
    expect(to).toBe(connection);
    return verdict?.kind === 'refused' ? verdict.fault : 'accepted';
  }
  /** The id that was found, or the fault. */
  function locate(change: Partial<ConnectionFacts>): string {
    const location = policy.locate(facts(change));
    return location.kind === 'found' ? location.deployment : location.fault;
  }
  return { clock, deployments, policy, login, locate };
}

describe('locate', () => {
  test.each([
    ['firstdep22.berth.example', first],
    ['otherdep22.berth.example', other],
    ['otherdep22.berth.example.', other],
    ['localhost', first],
    ['berth.example', first],
    ['gateway.lan', first],
    ['otherdep22.factory.example', other],
    ['mqtt.customer.example', other],
    ['nobody2222.berth.example', 'sni.unknown'],
    ['a.otherdep22.berth.example', 'sni.unknown'],
    ['otherdep22.elsewhere.example', 'sni.unknown'],
    ['otherdep22', 'sni.unknown'],
    ['customer.example', 'sni.unknown'],
    ['', 'sni.missing'],
  ])('SNI %p leads to %s on both TLS listeners', (serverName, expected) => {
    const { locate } = setup();
    expect(locate({ serverName })).toBe(expected);
    expect(locate({ listener: 'wss', serverName })).toBe(expected);
  });

  test('no name at all is sni.missing, whatever the Host says on a listener that has none', () => {
    const { locate } = setup();
    expect(locate({})).toBe('sni.missing');
    expect(locate({ host: 'localhost' })).toBe('sni.missing');
    expect(locate({ listener: 'wss' })).toBe('sni.missing');
  });

  test('on wss the Host counts where no SNI was sent, and only there', () => {
    const { locate } = setup();
    expect(locate({ listener: 'wss', host: 'otherdep22.berth.example' })).toBe(other);
    expect(locate({ listener: 'wss', host: 'nobody2222.berth.example' })).toBe('sni.unknown');
    expect(locate({ listener: 'wss', serverName: 'nobody2222.berth.example', host: 'localhost' })).toBe('sni.unknown');
    expect(locate({ listener: 'wss', serverName: 'localhost', host: 'otherdep22.berth.example' })).toBe(first);
  });

  test('an address as Host leads to the first deployment where it was configured, else it is no name', () => {
    const { locate } = setup();
    expect(locate({ listener: 'wss', host: '192.168.1.10' })).toBe(first);
    expect(locate({ listener: 'wss', host: '[fd00::1]' })).toBe(first);
    expect(locate({ listener: 'wss', host: '127.0.0.1' })).toBe('sni.missing');
    expect(locate({ listener: 'wss', host: '[::1]' })).toBe('sni.missing');
  });

  test('a plain listener belongs to its deployment, and leads nowhere without one', () => {
    const { locate, deployments } = setup();
    expect(locate({ listener: 'mqtt', deployment: other })).toBe(other);
    expect(locate({ listener: 'ws', deployment: other, host: 'localhost' })).toBe(other);
    expect(locate({ listener: 'ws', host: 'localhost' })).toBe('sni.missing');
    deployments.put(entry(other, { state: 'stopped' }));
    expect(locate({ listener: 'mqtt', deployment: other })).toBe('deployment.stopped');
  });

  test('a stopped deployment is named, by id and by custom domain', () => {
    const { deployments, policy } = setup();
    deployments.put(entry(other, { state: 'stopped', names: ['mqtt.customer.example'] }));
    for (const serverName of ['otherdep22.berth.example', 'mqtt.customer.example']) {
      const refused = { kind: 'refused', deployment: other, fault: 'deployment.stopped' } as const;
      expect(policy.locate(facts({ serverName }))).toEqual(refused);
    }
  });

  test('a deleted deployment is told for 30 days, then it is unknown', () => {
    const { clock, deployments, locate } = setup();
    const serverName = 'otherdep22.berth.example';
    deployments.put(entry(other, { state: 'stopped', deletedAt: day }));
    clock.now = 31 * day - 1;
    expect(locate({ serverName })).toBe('deployment.deleted');
    clock.now = 31 * day;
    expect(locate({ serverName })).toBe('sni.unknown');
  });

  test('a custom domain that was taken away leads nowhere', () => {
    const { deployments, locate } = setup();
    deployments.put(entry(other));
    expect(locate({ serverName: 'mqtt.customer.example' })).toBe('sni.unknown');
    expect(locate({ serverName: 'otherdep22.berth.example' })).toBe(other);
    deployments.remove(first);
    expect(locate({ serverName: 'localhost' })).toBe('sni.unknown');
  });
});

describe('authenticate', () => {
  test('says exactly what is wrong with the credentials', () => {
    const { login } = setup();
    expect(login()).toBe('accepted');
    expect(login({ username: null, password: null })).toBe('credentials.missing');
    expect(login({ password: null })).toBe('credentials.missing');
    expect(login({ password: bytes('') })).toBe('credentials.wrong-password');
    expect(login({ username: '' })).toBe('credentials.unknown-user');
    expect(login({ username: 'nobody' })).toBe('credentials.unknown-user');
    expect(login({ username: 'retired' })).toBe('credentials.disabled');
    expect(login({ deployment: other })).toBe('credentials.unknown-user');
  });

  test('after the limit of failed log-ins a right password waits for a minute', () => {
    const { clock, login } = setup({ failedLoginsPerMinute: 3 });
    for (const password of ['one', 'two', 'three']) {
      expect(login({ password: bytes(password) })).toBe('credentials.wrong-password');
    }
    expect(login()).toBe('limit.failed-logins');
    clock.now = 59_999;
    expect(login()).toBe('limit.failed-logins');
    clock.now = 60_000;
    expect(login()).toBe('accepted');
  });

  test('what is no guess is not counted: no credentials, and the right password of a disabled user', () => {
    const { login } = setup({ failedLoginsPerMinute: 2 });
    for (let index = 0; index < 10; index += 1) {
      expect(login({ username: null, password: null })).toBe('credentials.missing');
      expect(login({ username: 'retired' })).toBe('credentials.disabled');
    }
    expect(login()).toBe('accepted');
  });

  test('a limit that is taken away ends the block at once', () => {
    const { deployments, login } = setup({ failedLoginsPerMinute: 1 });
    login({ password: bytes('guess') });
    expect(login()).toBe('limit.failed-logins');
    deployments.put(entry(first, { first: true, limits: { ...defaultLimits(), failedLoginsPerMinute: null } }));
    expect(login()).toBe('accepted');
  });
});

describe('values', () => {
  test('limits are the same frozen object until they change', () => {
    const { deployments, policy } = setup({ sessions: 5 });
    const before = policy.limits(first);
    expect(before.sessions).toBe(5);
    expect(policy.limits(first)).toBe(before);
    expect(Object.isFrozen(before)).toBe(true);
    deployments.put(entry(first, { first: true, limits: { ...defaultLimits(), sessions: 6 } }));
    expect(policy.limits(first).sessions).toBe(6);
    expect(policy.limits('gone' as DeploymentId)).toEqual(defaultLimits());
  });

  test('client identifiers are new each time and valid for every server', () => {
    const { policy } = setup();
    const ids = new Set(Array.from({ length: 1000 }, () => policy.newClientId()));
    expect(ids.size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^auto-[\w-]{22}$/);
  });

  test('there are no access rules: everything is allowed', () => {
    const { policy } = setup();
    expect(policy.accessRules({ deployment: first, clientId: 'c1', username: 'meter' })).toBeNull();
  });
});

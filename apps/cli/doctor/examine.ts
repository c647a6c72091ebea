import { X509Certificate } from 'node:crypto';
import { isLoopbackName, usesTls } from '../mqtt/target.ts';
import { both, failed, ok, skipped, type Finding, type StepName } from './finding.ts';
import { rootsOf, sniOf, type DoctorRequest } from './request.ts';
import { askServerTime } from './server-time.ts';
import { judgeName, judgeTrust, judgeWeight } from './steps/certificate.ts';
import { openProbe, tryConnect, type Withheld } from './steps/connect.ts';
import { isClockInDoubt, judgeClock, judgeDates } from './steps/dates.ts';
import { stayIdle } from './steps/idle.ts';
import { readLimits } from './steps/limits.ts';
import { resolveName } from './steps/resolve.ts';
import { tryRoundTrip } from './steps/round-trip.ts';
import { reachAddresses } from './steps/tcp.ts';
import { greetTls } from './steps/tls.ts';
import { tryVersions, tryWithoutSni } from './steps/tls-more.ts';
import { tryUpgrade } from './steps/websocket.ts';
import { isWebSocket, type Way } from './way.ts';
import type { World } from './world.ts';

/** Told while the examination goes on. */
export interface Listener {
  /** A step has begun. */
  began(step: StepName): void;
  /** A step has found something. */
  found(finding: Finding): void;
}

/**
 * Examines a way to an MQTT server, step by step. It goes on after a failure wherever a later step can still tell
 * something; what it cannot reach it leaves out.
 * @returns all findings, in order.
 */
export async function examine(request: DoctorRequest, world: World, listener: Listener): Promise<readonly Finding[]> {
  const examination = new Examination(request, world, listener);
  await examination.run();
  return examination.findings;
}

/** What TLS has told about the connection. */
interface Judged {
  readonly way: Way;
  readonly withheld: Withheld;
  /** Asked for already, because the clock was in doubt. */
  readonly serverMs: number | null;
}

class Examination {
  readonly findings: Finding[] = [];
  readonly #request: DoctorRequest;
  readonly #world: World;
  readonly #listener: Listener;

  constructor(request: DoctorRequest, world: World, listener: Listener) {
    this.#request = request;
    this.#world = world;
    this.#listener = listener;
  }

  async run(): Promise<void> {
    this.#listener.began('resolve');
    const { finding, addresses, alias } = await resolveName(this.#request, this.#world);
    this.#found(finding);
    if (addresses.length === 0) return;
    this.#listener.began('tcp');
    const reached = await reachAddresses(this.#request, this.#world, addresses);
    this.#found(reached.finding);
    if (reached.address === null) return;
    const { connection, subprotocol } = this.#request;
    const way: Way = {
      world: this.#world,
      request: this.#request,
      address: reached.address,
      serverName: sniOf(this.#request),
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      path: connection.target.path,
      subprotocol,
      verified: false,
    };
    const judged = usesTls(connection.target.scheme)
      ? await this.#tls(way, alias)
      : { way, withheld: null, serverMs: null };
    if (judged !== null) await this.#mqtt(judged);
  }

  #found(...findings: readonly (Finding | null)[]): void {
    for (const finding of findings) {
      if (finding === null) continue;
      this.findings.push(finding);
      this.#listener.found(finding);
    }
  }

  /** @returns null where there is no TLS to speak MQTT over. */
  async #tls(first: Way, alias: string | null): Promise<Judged | null> {
    this.#listener.began('port');
    const { findings, secured, way } = await greetTls(first);
    this.#found(...findings);
    if (secured === null) return null;
    secured.socket.destroy();
    const isCurrent = way.minVersion !== 'TLSv1';
    if (isCurrent) {
      this.#listener.began('tls-versions');
      this.#found(await tryVersions(way, secured));
      this.#listener.began('tls-no-sni');
      this.#found(await tryWithoutSni(way));
    }
    const [leaf] = secured.chain;
    if (leaf === undefined) return { way, withheld: null, serverMs: null };
    const trust = judgeTrust(this.#request, secured.chain, this.#roots());
    const name = judgeName(this.#request, leaf, alias);
    const now = this.#world.nowMs();
    const serverMs = isClockInDoubt(trust.path.certificates, now) ? await askServerTime(way) : null;
    const dates = judgeDates(trust.path.certificates, now, serverMs);
    this.#found(trust.finding, dates, name);
    if (!isWebSocket(way)) this.#found(judgeClock(now, serverMs));
    this.#found(judgeWeight(this.#request, secured.chain));
    const isGenuine = trust.finding.status === 'ok' && name.status !== 'failed' && isCurrent;
    const isInDate = dates?.status !== 'failed';
    return { way, withheld: this.#withhold(isGenuine && isInDate), serverMs };
  }

  /** A password goes to nobody but the server that the certificate proves. */
  #withhold(isProven: boolean): Withheld {
    const { connection } = this.#request;
    if (isProven || connection.tls.insecure || connection.password === null) return null;
    return both(
      'MQTT answers. The log-in was not examined: no password goes to a server that its certificate does not prove. --insecure sends it all the same.',
      'MQTT 有应答。未检查登录：证书无法证明服务器身份，因此没有发送密码。使用 --insecure 可强制发送。',
    );
  }

  #roots(): readonly X509Certificate[] {
    return rootsOf(this.#request).flatMap((text) =>
      (text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
        (pem) => new X509Certificate(pem),
      ),
    );
  }

  async #mqtt({ way: before, withheld, serverMs }: Judged): Promise<void> {
    let way = before;
    if (isWebSocket(way)) {
      this.#listener.began('websocket');
      const upgraded = await tryUpgrade(way);
      this.#found(upgraded.finding);
      this.#found(judgeClock(this.#world.nowMs(), upgraded.serverMs ?? serverMs));
      if (upgraded.way === null) return;
      ({ way } = upgraded);
    }
    this.#listener.began('connect-5.0');
    const { findings, probe } = await tryConnect(way, withheld);
    const isPlain = !usesTls(this.#request.connection.target.scheme) && !isWebSocket(way);
    const port = isPlain ? plainPort(findings) : null;
    this.#found(port === null ? null : withPasswordRemark(port, this.#request));
    if (port?.status === 'failed') return;
    this.#found(...findings);
    if (probe === null) return;
    try {
      this.#listener.began('round-trip');
      this.#found(await tryRoundTrip(this.#request, probe));
      this.#found(readLimits(this.#request, probe));
    } finally {
      probe.close();
    }
    await this.#idle(way, probe.version === 5 ? 5 : 4, withheld);
  }

  /** On a connection of its own: the round trip may have ended the other one. */
  async #idle(way: Way, version: 4 | 5, withheld: Withheld): Promise<void> {
    const { idleSeconds } = this.#request;
    if (idleSeconds === 0) {
      const how = both(
        '--idle SECONDS leaves the connection idle for so long.',
        '使用 --idle SECONDS 可让连接空闲指定的时间。',
      );
      this.#found(skipped('idle', how));
      return;
    }
    this.#listener.began('idle');
    const opened = await openProbe(way, version, withheld);
    if (!('probe' in opened)) return;
    this.#found(await stayIdle(opened.probe, idleSeconds));
    opened.probe.close();
  }
}

/** On a plain port everybody on the way can read along. */
function withPasswordRemark(port: Finding, { connection }: DoctorRequest): Finding {
  if (port.status !== 'ok' || connection.password === null || isLoopbackName(connection.target.host)) return port;
  const remark = both(
    'Without TLS, everybody on the way can read the password.',
    '没有 TLS，途中的任何人都可以读到密码。',
  );
  return { ...port, seen: [...port.seen, remark] };
}

/** What speaks on a plain port shows only when MQTT is tried. Null where it answered neither way. */
function plainPort(findings: readonly Finding[]): Finding | null {
  const isMqtt = findings.some(({ status, details }) => status === 'ok' || 'reasonCode' in details);
  if (isMqtt) {
    return ok('port', both('The port speaks MQTT without TLS.', '该端口使用不带 TLS 的 MQTT。'), { protocol: 'mqtt' });
  }
  const [first] = findings;
  return first?.fault?.startsWith('port.') === true ? failed('port', first.fault, first.seen, first.details) : null;
}

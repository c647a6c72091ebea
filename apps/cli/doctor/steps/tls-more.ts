import { ConnectionError } from '../../symptom.ts';
import { both, ok, skipped, type Finding } from '../finding.ts';
import type { Secured } from '../handshake.ts';
import { MqttProbe } from '../mqtt-probe.ts';
import { isWebSocket, openTls, sentOf, type Way } from '../way.ts';
import { tlsNameOf, wordsOf } from '../words.ts';

/** Which current TLS versions the server speaks, besides the one that was negotiated. */
export async function tryVersions(way: Way, secured: Secured): Promise<Finding> {
  const versions: string[] = [];
  if (secured.protocol === 'TLSv1.3') {
    if (await works({ ...way, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })) versions.push('TLSv1.2');
    versions.push('TLSv1.3');
  } else versions.push(secured.protocol);
  const list = versions.map(tlsNameOf).join(', ');
  const seen = [both(`The server takes ${list}.`, `服务器支持 ${list.replaceAll(', ', '、')}。`)];
  if (!versions.includes('TLSv1.2')) {
    seen.push(both('Devices without TLS 1.3 cannot connect.', '不支持 TLS 1.3 的设备无法连接。'));
  }
  return ok('tls-versions', seen, { versions });
}

async function works(way: Way): Promise<boolean> {
  try {
    (await openTls(way)).socket.destroy();
    return true;
  } catch (error) {
    if (error instanceof ConnectionError) return false;
    throw error;
  }
}

/**
 * What a device without SNI meets: the handshake, and on an MQTT port the answer to a CONNECT without user name. No
 * fault of this connection, so it is never more than a remark.
 */
export async function tryWithoutSni(way: Way): Promise<Finding> {
  if (way.serverName === null) {
    return skipped('tls-no-sni', both('This connection has no SNI itself.', '本次连接本身没有发送 SNI。'));
  }
  const without: Way = { ...way, serverName: null };
  const { connection } = way.request;
  try {
    const { socket } = await openTls(without);
    if (isWebSocket(way)) {
      socket.destroy();
      return ok('tls-no-sni', both('The handshake works without SNI too.', '不发送 SNI 也能完成握手。'));
    }
    const probe = await MqttProbe.open(socket, {
      version: 5,
      clientId: connection.clientId,
      username: null,
      password: null,
      keepAliveSeconds: 10,
      timeoutMs: connection.connectTimeoutMs,
      sent: sentOf(without),
    });
    probe.close();
    return ok('tls-no-sni', both('The server needs no SNI.', '服务器不需要 SNI。'), { needsSni: false });
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    return needsSni(error)
      ? ok(
          'tls-no-sni',
          both(
            'The server needs SNI: a device that sends none gets error -5.',
            '服务器需要 SNI：不发送 SNI 的设备会得到错误 -5。',
          ),
          { needsSni: true },
        )
      : ok('tls-no-sni', answerOf(error), { needsSni: error.symptom.kind === 'system' });
  }
}

function needsSni({ symptom }: ConnectionError): boolean {
  return symptom.kind === 'connack' && symptom.reasonString?.startsWith('error -5') === true;
}

function answerOf({ symptom }: ConnectionError) {
  if (symptom.kind === 'connack') {
    return both(
      'The handshake works without SNI too; MQTT asks for a user name there.',
      '不发送 SNI 也能完成握手，MQTT 要求用户名。',
    );
  }
  const { en, zh } = wordsOf(symptom);
  return both(`Without SNI: ${en}`, `不发送 SNI 时：${zh}`);
}

import { openSocket, type Way } from './way.ts';

const patienceMs = 3000;

/** The time that a server tells in the head of an HTTP answer (RFC 9110 section 6.6.1); null where it tells none. */
export function timeIn(headers: ReadonlyMap<string, string>): number | null {
  const time = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(time) ? null : time;
}

/**
 * Asks the server for its time with an HTTP request on the same port. MQTT has no time; many servers answer HTTP all
 * the same. Only for a clock that is in doubt: a server may take note of it.
 * @returns milliseconds since 1970; null where no time came.
 */
export async function askServerTime(way: Way): Promise<number | null> {
  try {
    const socket = await openSocket(way, patienceMs);
    const { promise, resolve } = Promise.withResolvers<void>();
    let received = '';
    const timer = setTimeout(resolve, patienceMs);
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (received.includes('\r\n\r\n') || received.length > 16_384) resolve();
    });
    socket.once('end', () => resolve());
    socket.once('close', () => resolve());
    socket.write(`GET / HTTP/1.1\r\nHost: ${way.request.connection.target.host}\r\nConnection: close\r\n\r\n`);
    await promise;
    clearTimeout(timer);
    socket.destroy();
    const date = /^HTTP\/1\.[01] [\s\S]*?\r\ndate: *([^\r]+)\r\n/i.exec(received)?.[1];
    return date === undefined ? null : timeIn(new Map([['date', date]]));
  } catch {
    return null;
  }
}

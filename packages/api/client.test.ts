import { expect, test } from 'bun:test';
import { ApiClient } from './client.ts';
import { ApiError } from './errors.ts';

/** What the client makes of a request that ended with an error. */
async function failed(error: Error): Promise<ApiError> {
  const client = new ApiClient({
    baseUrl: 'https://192.168.1.10:18083',
    token: null,
    fetch: () => Promise.reject(error),
  });
  const thrown = await client.info().catch((reason: unknown) => reason);
  if (!(thrown instanceof ApiError)) throw new Error('no ApiError', { cause: thrown });
  return thrown;
}

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });

test.each([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
  ['SELF_SIGNED_CERT_IN_CHAIN'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['CERT_HAS_EXPIRED'],
])('a certificate that does not hold (%s) is told from a service that does not answer', async (code) => {
  const said = {
    status: 0,
    code: 'server.untrusted',
    message: 'The certificate that https://192.168.1.10:18083 shows is not trusted (the reason).',
  };
  const error = await failed(coded('the reason', code));
  expect(error).toMatchObject(said);
  expect(error.remedy).toContain('CA file');
  // As fetch of Node.js puts it.
  expect(await failed(new TypeError('fetch failed', { cause: coded('the reason', code) }))).toMatchObject(said);
});

test('a certificate for another address is said in words, whatever the runtime says', async () => {
  const error = await failed(coded('fetching "https://192.168.1.10:18083/"', 'ERR_TLS_CERT_ALTNAME_INVALID'));
  expect(error.code).toBe('server.untrusted');
  expect(error.message).toContain('(it does not cover that address)');
});

test.each([['ECONNRESET'], ['EPROTO']])('HTTP to HTTPS, or the other way round: %s', async (code) => {
  const error = await failed(coded('the reason', code));
  expect(error).toMatchObject({ status: 0, code: 'server.closed' });
  expect(error.remedy).toContain('HTTPS on every other address');
});

test.each([['ECONNREFUSED'], ['ENOTFOUND']])('no answer: %s', async (code) => {
  expect(await failed(coded('the reason', code))).toMatchObject({ status: 0, code: 'server.unreachable' });
});

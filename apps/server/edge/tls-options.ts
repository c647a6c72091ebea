import { constants } from 'node:crypto';
import type { TLSOptions } from 'bun';
import type { Certificate } from './certificate.ts';

/**
 * TLS 1.2 suites, in the server's order; those of TLS 1.3 are fixed. AES-128 first: it is enough, and the fastest on
 * small devices. The CBC suites at the end are all that some builds of BearSSL, mbedTLS and modem firmware have.
 * The RSA ones are for certificates that an operator brings.
 */
const ciphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-SHA256',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
].join(':');

/**
 * TLS 1.2 and 1.3 (Bun's servers offer nothing older), one-way: no client certificate is asked for.
 *
 * `ca` is there for speed alone. Without it the library looks in each handshake for the issuer of a certificate that comes without a
 * chain, in the certificates of the system: four files opened, which are not there. With it, it looks in memory and finds none.
 * @param sessionTickets whether clients get tickets to resume their session with. In TLS 1.3 each would get two, whether it
 * wants them or not. Without them nothing is resumed, in TLS 1.2 neither: Bun keeps no sessions.
 */
export function tlsOptions(certificate: Certificate, sessionTickets: boolean): TLSOptions {
  const { cert, key } = certificate;
  const secureOptions = sessionTickets ? 0 : constants.SSL_OP_NO_TICKET;
  return { cert, key, ca: cert, ciphers, requestCert: false, rejectUnauthorized: false, secureOptions };
}

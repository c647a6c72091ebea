import type { SampleLanguage } from './languages.ts';
import { stringLiteral } from './literal.ts';

/** What a sample is told about its deployment; what is absent stays a placeholder. */
export interface SampleValues {
  readonly host?: string;
  readonly tlsPort?: number;
  readonly wssPort?: number;
  /** Default: `tls`. */
  readonly transport?: 'tls' | 'wss';
  readonly username?: string;
  readonly password?: string;
  readonly clientId?: string;
  /** The CA file's text. */
  readonly caPem?: string;
}

const block = /-{4} settings: change these -{4}[\s\S]*?-{4} end of settings -{4}/;

/**
 * A sample with its settings filled in. Only the block of settings at its top changes, so that what a person gets is
 * the file that the tests ran.
 * @throws Error where the file has no such block, or a placeholder is not in it.
 */
export function fillSample(source: string, language: SampleLanguage, values: SampleValues): string {
  const found = block.exec(source);
  if (found === null) throw new Error(`${language.folder}/${language.main} has no block of settings`);
  let settings = found[0];
  const replace = (placeholder: RegExp, value: string) => {
    if (!placeholder.test(settings)) throw new Error(`${language.main}: nothing like ${placeholder.source}`);
    // A function, because `$` in a value is no pattern.
    settings = settings.replace(placeholder, () => value);
  };
  const replaceText = (placeholder: string, value: string | undefined) => {
    if (value !== undefined) replace(new RegExp(`(["'])${placeholder}\\1`), stringLiteral(value, language.dialect));
  };
  replaceText('your-deployment\\.example\\.com', values.host);
  replaceText('your-user', values.username);
  replaceText('your-password', values.password);
  replaceText(`sample-${language.name}`, values.clientId);
  if (values.transport === 'wss' && language.hasWebSocket)
    replace(/(?<==\s*)(["'])tls\1/, stringLiteral('wss', language.dialect));
  if (values.tlsPort !== undefined) replace(/\b8883\b/, String(values.tlsPort));
  if (values.wssPort !== undefined && /\b8084\b/.test(settings)) replace(/\b8084\b/, String(values.wssPort));
  // Most samples read ca.crt; a device that has no files carries its text.
  if (values.caPem !== undefined && pemPlaceholder.test(settings))
    replace(pemPlaceholder, certificatesOf(values.caPem));
  return source.slice(0, found.index) + settings + source.slice(found.index + found[0].length);
}

const pemPlaceholder = /-----BEGIN CERTIFICATE-----\s+the text of ca\.crt\s+-----END CERTIFICATE-----/;

/** The certificates of a CA file and nothing that stands around them: comments could end the literal that they are put in. */
function certificatesOf(pem: string): string {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g);
  if (found === null) throw new Error('the CA file holds no certificate in PEM');
  return found.join('\n');
}

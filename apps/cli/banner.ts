import type { Ready } from '../server/ready.ts';
import { renderSamples } from './banner-samples.ts';
import { bannerWords, type BannerWords } from './banner-words.ts';
import type { Language } from './language.ts';
import { addressHere, hostInUrl } from './listen-address.ts';
import { dataOptionOf, shellQuote } from './shell.ts';

/** User name of the credential that is proposed where there is none. */
const proposedUsername = 'device';
/** Name of the deployment that is proposed where the first one was deleted. */
const proposedDeployment = 'my-devices';

type Fact = readonly [label: string, value: string];

/**
 * What `berth up` prints for people when it is ready: how to connect, and lines to copy that work as they stand. What they are
 * depends on what there is: the first deployment and its credential can have been deleted, and listeners be bound anywhere.
 */
export function renderBanner(ready: Ready, options: { language: Language; command: string }): string {
  const text = bannerWords[options.language];
  const facts = renderFacts([
    ...deploymentFacts(ready, text),
    [text.ports, `${ready.mqtts} MQTT over TLS, ${ready.wss} WebSocket over TLS (/mqtt)`],
    [text.guide, `${httpUrl(ready)}/guide`],
    [text.console, httpUrl(ready)],
    ...credentialFacts(ready, text, options.command),
    [text.ca, ready.ca === '' ? text.caNone : ready.ca],
  ]);
  return ['', text.ready, '', ...facts, '', ...nextLines(ready, text, options.command), '', text.stop, ''].join('\n');
}

function renderFacts(facts: readonly Fact[]): string[] {
  const width = Math.max(...facts.map(([label]) => Bun.stringWidth(label)));
  return facts.map(([label, value]) => `  ${label}${' '.repeat(width - Bun.stringWidth(label))}  ${value}`);
}

function deploymentFacts({ deployment, address }: Ready, text: BannerWords): Fact[] {
  if (deployment === null || address === null) return [[text.deployment, text.deploymentNone]];
  return [
    [text.deployment, `${deployment.name} (${deployment.id})`],
    [text.address, address],
  ];
}

/** User name and password, or the command that makes what is missing. */
function credentialFacts(ready: Ready, text: BannerWords, berth: string): Fact[] {
  const { deployment, username, password } = ready;
  if (deployment === null) return [];
  const command = (name: string, user: string): string =>
    `${berth} credential ${name} ${deployment.id} ${shellQuote(user)}${dataOptionOf(ready)}`;
  if (username === undefined) return [[text.username, `(${text.usernameNone} ${command('add', proposedUsername)})`]];
  const shown =
    password === undefined
      ? `(${text.passwordHidden} ${command('set-password', username)})`
      : `${password}   (${text.passwordOnce})`;
  return [
    [text.username, username],
    [text.password, shown],
  ];
}

/** What to do next: connect, or make a deployment where there is no first one. */
function nextLines(ready: Ready, text: BannerWords, berth: string): string[] {
  const { address, username = proposedUsername, password = text.placeholder } = ready;
  if (ready.deployment === null || address === null) {
    const data = dataOptionOf(ready);
    return [
      text.makeOne,
      '',
      text.berthHere,
      `${berth} deployment list${data}`,
      `${berth} deployment create ${proposedDeployment}${data}`,
    ];
  }
  return [text.tryIt, '', ...renderSamples({ ...ready, address, username, password }, text, berth)];
}

function httpUrl({ httpTls, httpBind, http }: Ready): string {
  return `${httpTls ? 'https' : 'http'}://${hostInUrl(addressHere(httpBind))}:${http}`;
}

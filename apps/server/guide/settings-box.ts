import { html, raw } from 'hono/html';
import type { GuideLanguage } from './language.ts';
import type { GuideValues } from './values.ts';
import { words } from './words.ts';

type Html = ReturnType<typeof html>;

/**
 * What a client needs of the deployment, and the question for another one. Never a credential.
 * @param path where the page is that it stands on. @param isOpen whether it is shown in full at first.
 */
export function settingsBox(language: GuideLanguage, values: GuideValues, path: string, isOpen: boolean): Html {
  const word = words[language].box;
  const open = (condition: boolean) => (condition ? raw(' open') : '');
  return html`<details class="box" lang="${language}" ${open(isOpen)}>
    <summary><strong>${word.title}</strong> <span class="quiet">${values.address ?? ''}</span></summary>
    ${values.address === null ? html`<p>${word.unknown}</p>` : ''}
    <dl>
      ${values.address === null ? '' : addressRow(language, values, values.address)} ${portRows(language, values)}
      ${caRow(language, values)}
    </dl>
    <p class="quiet">${word.noSecrets}</p>
    <details ${open(values.address === null)}>
      <summary>${word.other}</summary>
      <form action="${path}" method="get">
        <label for="deployment">${word.field}</label>
        <input
          id="deployment"
          name="deployment"
          required
          maxlength="253"
          autocapitalize="none"
          spellcheck="false"
          value="${values.chosen ?? ''}"
        />
        <button type="submit">${word.show}</button>
      </form>
    </details>
  </details>`;
}

function addressRow(language: GuideLanguage, { localAddress, type }: GuideValues, address: string): Html {
  const word = words[language].box;
  const here = localAddress === null ? '' : html`<br /><span class="quiet">${word.here(localAddress)}</span>`;
  const kind =
    type === null
      ? ''
      : html`<dt>${word.type}</dt>
          <dd>${word.types[type]}</dd>`;
  return html`<dt>${word.address}</dt>
    <dd><code>${address}</code>${here}</dd>
    ${kind}`;
}

function portRows(language: GuideLanguage, { ports }: GuideValues): Html {
  const word = words[language].box;
  const rows = [
    [ports.mqtts, word.tls],
    [ports.wss, word.wss],
    [ports.mqtt, word.tcp],
    [ports.ws, word.ws],
  ] as const;
  const items = rows.flatMap(([port, what]) =>
    port === undefined ? [] : [html`<li><code>${String(port)}</code> ${what}</li>`],
  );
  return html`<dt>${word.ports}</dt>
    <dd>
      <ul>
        ${items}
      </ul>
    </dd>`;
}

function caRow(language: GuideLanguage, { ca }: GuideValues): Html {
  const word = words[language].box;
  if (ca === null) {
    return html`<dt>${word.ca}</dt>
      <dd>${word.noCa}</dd>`;
  }
  const prints = ca.fingerprints.map(
    (print) => html`<br /><span class="quiet">${word.fingerprint}</span> <code class="long">${print}</code>`,
  );
  return html`<dt>${word.ca}</dt>
    <dd><a href="/ca.crt" download="ca.crt">ca.crt</a>${prints}</dd>`;
}

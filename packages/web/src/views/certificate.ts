import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { ErasureCertificate, OutOfReach } from "@moltbot/contracts";
import { saveFile } from "../files/save-file.ts";
import { honestText } from "../text/honest-text.ts";
import { rowsText, rowsTotal } from "../words-of-keeping.ts";
import { countText, momentText } from "../words.ts";

/** Hands the certificate out as the JSON that can be checked offline. */
export const saveCertificate = (certificate: ErasureCertificate): void =>
  saveFile(`erasure-${certificate.id}.json`, `${JSON.stringify(certificate, null, 2)}\n`);

const beyond = (all: readonly OutOfReach[]): TemplateResult =>
  all.length === 0
    ? html`<p class="quiet">Nothing.</p>`
    : html`<ul class="because">
        ${all.map(
          ({ what, where, why }) =>
            html`<li><strong>${honestText(what)}</strong>, ${honestText(where)}: ${honestText(why)}</li>`,
        )}
      </ul>`;

/** What an erasure did, and what it could not reach. */
export const certificateView = (certificate: ErasureCertificate, now: number): TemplateResult => {
  const { at, keys, rows, files, keyring, outOfReach } = certificate;
  const tables = rowsText(rows);
  return html`<dl class="about">
      <div>
        <dt>When</dt>
        <dd>${momentText(at, now)}</dd>
      </div>
      <div>
        <dt>Destroyed</dt>
        <dd>${countText(keys, "key")}: no backup opens it again</dd>
      </div>
      <div>
        <dt>Removed</dt>
        <dd>
          ${rowsTotal(rows)},
          ${countText(files, "file")}${tables === "" ? nothing : html` <span class="quiet">${tables}</span>`}
        </dd>
      </div>
      <div>
        <dt>Keyring</dt>
        <dd>generation ${keyring.from} → ${keyring.to}</dd>
      </div>
    </dl>
    <h4>Out of reach</h4>
    ${beyond(outOfReach)}`;
};

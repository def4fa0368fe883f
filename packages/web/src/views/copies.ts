import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { BackupInfo } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { BACKUP_WORDS, sizeText } from "../words-of-keeping.ts";
import { countText, momentText } from "../words.ts";

/** The backups and copies of the keyring, with what an older copy may still hold; `generation` is the keyring's now. */
export const copiesView = (
  copies: readonly BackupInfo[] | null,
  { now, generation }: { readonly now: number; readonly generation: number | null },
): TemplateResult => {
  if (copies === null) return html`<p class="quiet">Loading…</p>`;
  if (copies.length === 0) return html`<p class="quiet">None yet.</p>`;
  return html`<ul class="entries" role="list">
    ${copies.map(
      (item) =>
        html`<li class="entry">
          <span>
            <strong>${BACKUP_WORDS[item.kind]}</strong>
            ${item.present ? nothing : html`<span class="chip caution">no longer there</span>`}
            ${
              item.kind === "keyring" && generation !== null && item.generation < generation
                ? html`<span class="chip caution">older than the keyring</span>`
                : nothing
            }
          </span>
          <span class="quiet">${momentText(item.at, now)}</span>
          <span class="quiet whole-row">
            <code>${honestText(item.file)}</code>
            ${sizeText(item.bytes)}${item.kind === "backup" ? `, ${countText(item.rows, "row")}` : ""}
          </span>
        </li>`,
    )}
  </ul>`;
};

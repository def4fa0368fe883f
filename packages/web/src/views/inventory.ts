import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { InventoryEntry } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { keptText, sealedText, shortText } from "../words-of-keeping.ts";
import type { Days } from "../words-of-keeping.ts";
import { icon } from "./icons.ts";

interface Group {
  readonly title: string;
  readonly says: string;
  readonly folded: boolean;
  readonly takes: (entry: InventoryEntry) => boolean;
}

/** Each entry stands in the first group that takes it. */
const GROUPS: readonly Group[] = [
  {
    title: "In your conversations",
    says: "Each conversation has a key of its own. Erasing the conversation destroys that key.",
    folded: false,
    takes: ({ personal, sealedBy }) => personal && sealedBy.includes("conversation"),
  },
  {
    title: "About you",
    says: "Sealed by your own key. It goes when everything about you is erased.",
    folded: false,
    takes: ({ personal, sealedBy }) => personal && sealedBy.includes("person"),
  },
  {
    title: "Ids, indexes and files",
    says: "What makes the rest work, and may still tell something of you.",
    folded: true,
    takes: ({ personal }) => personal,
  },
  { title: "About nobody", says: "Counters and lists of the program.", folded: true, takes: () => true },
];

const fact = (term: string, says: unknown): TemplateResult =>
  html`<div>
    <dt>${term}</dt>
    <dd>${says}</dd>
  </div>`;

const one = (entry: InventoryEntry, days: Days): TemplateResult =>
  html`<li>
    <details class="kept-thing">
      <summary class="entry">
        ${icon("chevron")}<span><strong>${shortText(entry)}</strong></span>
        <span class="quiet">kept ${keptText(entry, days)}</span>
      </summary>
      <dl class="about">
        ${fact("What", honestText(entry.holds))} ${fact("Sealed by", sealedText(entry))}
        ${fact("Kept", keptText(entry, days))} ${fact("An erasure", honestText(entry.erased))}
        ${fact("Readable without a key", entry.clear.length === 0 ? "nothing" : honestText(entry.clear.join(", ")))}
        ${fact("Where", html`<code>${neutralText(entry.place)}</code>`)}
      </dl>
    </details>
  </li>`;

/** What is kept, by whose key seals it; each thing says the rest when it is opened. */
export const inventoryView = (entries: readonly InventoryEntry[], days: Days): TemplateResult => {
  const groupOf = (entry: InventoryEntry): Group | undefined => GROUPS.find(({ takes }) => takes(entry));
  return html`${GROUPS.map((group) => {
    const mine = entries.filter((entry) => groupOf(entry) === group);
    if (mine.length === 0) return nothing;
    const list = html`<p class="quiet">${group.says}</p>
      <ul class="entries" role="list" aria-label=${group.title}>
        ${mine.map((entry) => one(entry, days))}
      </ul>`;
    return group.folded
      ? html`<details class="fold">
          <summary>${icon("chevron")}${group.title} (${mine.length})</summary>
          ${list}
        </details>`
      : html`<h4>${group.title}</h4>
          ${list}`;
  })}`;
};

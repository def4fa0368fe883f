import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { ConversationId } from "@moltbot/contracts";
import type { State } from "../state/state.ts";
import { noticedText } from "../words.ts";
import { icon } from "./icons.ts";
import { stopBanner } from "./stop.ts";

export interface BannersWish {
  readonly state: State;
  readonly now: number;
  readonly open: (id: ConversationId) => void;
  readonly putAlarmAway: () => void;
  readonly openResume: () => void;
  /** Puts the report of a resume away. */
  readonly putAway: () => void;
  /** Takes the problem off the screen. */
  readonly dismiss: () => void;
}

/** What was noticed in what came from outside; a screen reader hears it as an announcement. */
const alarmBanner = ({ state, open, putAlarmAway }: BannersWish): TemplateResult | typeof nothing => {
  const { alarm, conversationId } = state;
  if (alarm === null) return nothing;
  return html`<div class="banner caution noticed" role="region" aria-label="Noticed">
    ${icon("alert")}
    <p>
      <strong>${noticedText(alarm)}</strong> It is marked where it stands, and allows nothing.
      ${alarm.earlier === 0 ? nothing : `${alarm.earlier} more before it.`}
    </p>
    ${
      alarm.conversationId === conversationId
        ? nothing
        : html`<button type="button" class="link" @click=${() => open(alarm.conversationId)}>Show it</button>`
    }
    <button type="button" class="icon-button" aria-label="Put away what was noticed" @click=${putAlarmAway}>
      ${icon("close")}
    </button>
  </div>`;
};

/** What must be said above everything: what was noticed, what is stopped, a connection that is lost, a problem. */
export const bannersView = (wish: BannersWish): TemplateResult => {
  const { connection, problem } = wish.state;
  return html`${alarmBanner(wish)}${stopBanner(wish)}${
    connection === "lost"
      ? html`<div class="banner caution" role="status">
          ${icon("note")}
          <p>The connection is lost. Trying again; nothing you sent is lost.</p>
        </div>`
      : nothing
  }${
    problem === null
      ? nothing
      : html`<div class="banner danger" role="alert">
          ${icon("note")}
          <p><strong>${problem.message}</strong> ${problem.next}</p>
          <button type="button" class="icon-button" aria-label="Dismiss" @click=${wish.dismiss}>
            ${icon("close")}
          </button>
        </div>`
  }`;
};

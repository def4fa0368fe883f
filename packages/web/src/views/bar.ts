import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { State } from "../state/state.ts";
import { may } from "../people/may.ts";
import { openShared, pendingApprovals } from "../state/select.ts";
import { neutralText } from "../text/neutralise.ts";
import { nameText } from "../words-of-people.ts";
import { CONNECT_COMMAND, countText } from "../words.ts";
import { command } from "./command.ts";
import { icon } from "./icons.ts";

export interface BarWish {
  readonly state: State;
  readonly openSide: () => void;
  readonly openPanel: () => void;
  readonly goToFirst: () => void;
  readonly stopEverything: () => void;
  /** Called to show who reads the open conversation. */
  readonly showReaders: () => void;
}

const model = ({ status }: State): TemplateResult | typeof nothing => {
  if (status === null) return nothing;
  const { demonstration, name, says, local } = status.model;
  return html`<button type="button" class="badge ${demonstration ? "demonstration" : ""}" popovertarget="model-note">
      ${demonstration ? icon("flask") : nothing}<span
        >${demonstration ? html`<span class="wide-word">Demonstration model</span><span class="narrow-word">Demo</span>` : neutralText(name)}</span
      >
    </button>
    <div id="model-note" popover class="popover" role="group" aria-label="About the model">
      <p><strong>${neutralText(says)}</strong></p>
      ${
        demonstration
          ? html`<p>
                It knows reminders, sums, notes, files, pages and the time, and little else. To connect a real one:
              </p>
              ${command(CONNECT_COMMAND)}`
          : html`<p>
              ${local ? "What it reads stays on this machine." : "What it reads leaves this machine for its provider."}
            </p>`
      }
    </div>`;
};

/** Who else reads the open conversation; of somebody else's there is nothing to say here. */
const readers = ({ state, showReaders }: BarWish): TemplateResult | typeof nothing => {
  const { conversationId, shares, principal } = state;
  if (conversationId === null || openShared(state) !== null || !may(principal, "shares.set")) return nothing;
  const count = shares.filter(({ object }) => object.id === conversationId).length;
  const says =
    count === 0
      ? "Show this conversation to somebody"
      : `${countText(count, "person", "people")} read this conversation`;
  return html`<button
    type="button"
    class="icon-button readers ${count === 0 ? "" : "shown"}"
    aria-label=${says}
    title=${says}
    aria-haspopup="dialog"
    @click=${showReaders}
  >
    ${icon("people")}
  </button>`;
};

/** The top of the page: who answers, with which model, and what waits. */
export const barView = (wish: BarWish): TemplateResult => {
  const waiting = pendingApprovals(wish.state).length;
  const shared = openShared(wish.state);
  return html`<header class="bar">
    <button
      type="button"
      class="icon-button narrow-only"
      aria-label="Conversations"
      aria-haspopup="dialog"
      @click=${wish.openSide}
    >
      ${icon("menu")}
    </button>
    <h1>
      ${neutralText(shared === null ? (wish.state.agent?.name ?? "Moltbot") : nameText(shared.ownerId, wish.state.people, null))}
    </h1>
    ${shared === null ? model(wish.state) : nothing}
    <span class="spring"></span>
    ${
      waiting === 0
        ? nothing
        : html`<button type="button" class="badge waiting" @click=${wish.goToFirst}>
            <span class="count">${waiting}</span><span>${waiting === 1 ? "question" : "questions"}</span>
          </button>`
    }
    ${
      may(wish.state.principal, "system.stop") && wish.state.stopped === null
        ? html`<button
            type="button"
            class="badge halt"
            aria-label="Stop everything"
            title="Stops everything at once. You can resume."
            @click=${wish.stopEverything}
          >
            ${icon("halt")}<span>Stop</span>
          </button>`
        : nothing
    }
    ${readers(wish)}
    <button
      type="button"
      class="icon-button"
      aria-label="Overview and settings"
      aria-haspopup="dialog"
      @click=${wish.openPanel}
    >
      ${icon("panel")}
    </button>
  </header>`;
};

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { may } from "../people/may.ts";
import type { State } from "../state/state.ts";
import { EXAMPLES } from "../words.ts";
import { mark } from "./icons.ts";

export interface WelcomeWish {
  readonly state: State;
  readonly send: (text: string) => void;
  /** Called to make an agent, where there is none. */
  readonly openPanel: () => void;
}

/** What there is to say to somebody who can talk to no agent, or may not. */
const nobodyView = ({ state: { principal, agents }, openPanel }: WelcomeWish): TemplateResult => {
  const made = may(principal, "agents.create");
  return html`<div class="welcome">
    ${mark()}
    <h2>${agents.length === 0 ? "No agent yet" : "Nothing to write here"}</h2>
    <p class="quiet">
      ${
        !may(principal, "messages.send")
          ? "You are here as a viewer: you read what is shared with you, and write nothing. An admin can give you another role."
          : made
            ? "Make one of your own, or ask somebody to share theirs with you."
            : "Ask somebody to share theirs with you."
      }
    </p>
    ${
      made && agents.length === 0
        ? html`<div class="choices">
            <button type="button" class="button solid" @click=${openPanel}>Make an agent</button>
          </div>`
        : nothing
    }
  </div>`;
};

/** What stands where no conversation is open yet. */
export const welcomeView = (wish: WelcomeWish): TemplateResult => {
  const { principal, agents, status } = wish.state;
  if (!may(principal, "messages.send") || (agents.length === 0 && status !== null)) return nobodyView(wish);
  return html`<div class="welcome">
    ${mark()}
    <h2>What can I do for you?</h2>
    <p class="quiet">It runs on your machine. Anything that matters asks you first.</p>
    <ul class="examples" role="list">
      ${EXAMPLES.map(
        ({ title, text }) =>
          html`<li>
            <button type="button" class="example" @click=${() => wish.send(text)}>
              <span class="example-title">${title}</span><span class="quiet">${text}</span>
            </button>
          </li>`,
      )}
    </ul>
  </div>`;
};

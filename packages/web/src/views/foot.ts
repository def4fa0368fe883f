import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { MessageComposer } from "../elements/message-composer.ts";
import { may } from "../people/may.ts";
import { openShared, runningTurn } from "../state/select.ts";
import type { State } from "../state/state.ts";
import type { Row } from "../state/told-rows.ts";
import { icon } from "./icons.ts";
import { whyNotView } from "./why-not.ts";

export interface FootWish {
  readonly state: State;
  readonly now: number;
  readonly call: Client["call"] | null;
  readonly agentName: string;
  readonly mayWrite: boolean;
  readonly rows: readonly Row[];
  /** Whether the person scrolled up. */
  readonly away: boolean;
  readonly toEnd: () => void;
  readonly toComposer: () => void;
  readonly submit: MessageComposer["submit"];
  readonly stop: MessageComposer["stop"];
  readonly choosePrompt: MessageComposer["choosePrompt"];
  readonly attach: MessageComposer["attach"];
}

const asks = (row: Row): boolean => row.kind === "approval" && row.approvals.some(({ state }) => state === "pending");

/** Where one writes: the files that go along, and the message box, or why there is none. */
export const footView = (wish: FootWish): TemplateResult => {
  const { state, rows } = wish;
  return html`<div class="foot">
    ${
      wish.away && rows.length > 0 && !rows.some(asks)
        ? html`<button type="button" class="round latest" aria-label="Go to the latest message" @click=${wish.toEnd}>
            ${icon("down")}
          </button>`
        : nothing
    }
    <attachment-list
      .conversationId=${openShared(state) === null ? state.conversationId : null}
      .call=${wish.call}
      .mayChange=${may(state.principal, "attachments.create")}
      .emptied=${wish.toComposer}
    ></attachment-list>
    ${whyNotView(state, wish.now)}
    <message-composer
      ?hidden=${!wish.mayWrite}
      .agentName=${wish.agentName}
      .running=${runningTurn(state) !== null}
      .disabled=${state.sending !== null || state.agent === null}
      .stopped=${state.stopped !== null}
      .submit=${wish.submit}
      .stop=${wish.stop}
      .mayPrompt=${may(state.principal, "prompts.list")}
      .choosePrompt=${wish.choosePrompt}
      .attach=${wish.attach}
    ></message-composer>
  </div>`;
};

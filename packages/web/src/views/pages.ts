import { html } from "lit";
import type { TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { OriginDialog } from "../elements/origin-dialog.ts";
import type { PromptsDialog } from "../elements/prompts-dialog.ts";
import type { SecretsDialog } from "../elements/secrets-dialog.ts";
import type { WhyDialog } from "../elements/why-dialog.ts";
import { may } from "../people/may.ts";
import type { State } from "../state/state.ts";

export interface PagesWish {
  readonly state: State;
  readonly now: number;
  readonly call: Client["call"] | null;
  readonly explain: WhyDialog["explain"];
  readonly look: OriginDialog["look"];
  readonly takeAway: OriginDialog["takeAway"];
  /** Whether there is a message that a prompt could begin. */
  readonly mayUse: boolean;
  readonly use: PromptsDialog["use"];
  readonly sharePrompt: PromptsDialog["share"];
  readonly shareSecret: SecretsDialog["share"];
}

/** The pages over the chat; each stays closed, and loads nothing, until it is shown. */
export const pagesView = (wish: PagesWish): TemplateResult => {
  const { state, now, call } = wish;
  const { principal, heard } = state;
  return html`<why-dialog .now=${now} .explain=${wish.explain}></why-dialog>
    <origin-dialog
      .now=${now}
      .mayRemove=${may(principal, "provenance.remove")}
      .look=${wish.look}
      .takeAway=${wish.takeAway}
    ></origin-dialog>
    <changes-dialog .now=${now} .call=${call} .me=${principal} .heard=${heard.files}></changes-dialog>
    <data-dialog .now=${now} .call=${call} .me=${principal} .conversations=${state.conversations}></data-dialog>
    <flows-dialog .now=${now} .call=${call} .me=${principal}></flows-dialog>
    <keys-dialog .now=${now} .call=${call}></keys-dialog>
    <people-dialog .now=${now} .call=${call} .me=${principal} .heard=${heard.people}></people-dialog>
    <sign-ins-dialog .now=${now} .call=${call} .me=${principal} .heard=${heard.devices}></sign-ins-dialog>
    <plugins-dialog
      .now=${now}
      .call=${call}
      .me=${principal}
      .heard=${heard.packages}
      .agents=${state.agents}
    ></plugins-dialog>
    <prompts-dialog
      .now=${now}
      .call=${call}
      .me=${principal}
      .heard=${heard.shares}
      .mayUse=${wish.mayUse}
      .use=${wish.use}
      .share=${wish.sharePrompt}
    ></prompts-dialog>
    <secrets-dialog
      .now=${now}
      .call=${call}
      .me=${principal}
      .heard=${heard.shares}
      .share=${wish.shareSecret}
    ></secrets-dialog>
    <usage-dialog .now=${now} .call=${call} .me=${principal}></usage-dialog>
    <release-dialog .now=${now} .call=${call} .me=${principal} .heard=${heard.shares + heard.people}></release-dialog>
    <share-dialog .call=${call} .me=${principal} .heard=${heard.shares + heard.people}></share-dialog>`;
};

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { MessagePart } from "@moltbot/contracts";
import type { Row } from "../state/told-rows.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "./icons.ts";
import type { IconName } from "./icons.ts";
import { signalsView } from "./signals.ts";

type ResultPart = Extract<MessagePart, { type: "result" }>;
type CallPart = Extract<MessagePart, { type: "call" }>;

/** What a person may ask about a result. */
export interface StepWish {
  /** Explains a call or a question; null where the person may not ask. */
  readonly why: ((id: string) => void) | null;
  /** Shows where a message or memory came from, and what came of it. */
  readonly whereFrom: (id: string) => void;
}

const STEP_ICONS: Readonly<Record<ResultPart["status"], IconName>> = {
  ok: "check",
  refused: "shield",
  failed: "close",
  unknown: "note",
};
const STEP_WORDS = { ok: "Done", refused: "Refused", failed: "Failed", unknown: "Outcome unknown" } as const;

/** A press that opens a dialog about something; `label` says about what. */
const ask = (says: string, label: string, act: () => void): TemplateResult =>
  html`<button
    type="button"
    class="link"
    aria-haspopup="dialog"
    aria-label="${says} ${neutralText(label)}"
    @click=${act}
  >
    ${says}
  </button>`;

/** A call and what the model was told, as they were. */
export const resultBody = (
  result: ResultPart,
  call: CallPart | null,
  messageId: string,
  { why, whereFrom }: StepWish,
): TemplateResult =>
  html`<div class="step-body">
    <p>
      <code>${neutralText(result.tool)}</code>
      ${result.code === null ? nothing : html`<code class="quiet">${neutralText(result.code)}</code>`}
      ${why === null ? nothing : ask("Why?", result.summary, () => why(result.callId))}
      ${ask("Where from?", result.summary, () => whereFrom(messageId))}
    </p>
    ${call === null ? nothing : html`<pre tabindex="0" role="group" aria-label="Arguments">${honestText(JSON.stringify(call.arguments, null, 2))}</pre>`}
    <pre tabindex="0" role="group" aria-label="What the model was told">${honestText(result.text)}</pre>
  </div>`;

/** A tool's result as one quiet line, with what was noticed in it below. */
export const stepView = ({ result, call, messageId }: Extract<Row, { kind: "step" }>, wish: StepWish): TemplateResult =>
  html`<details class="step ${result.status}">
      <summary>
        ${icon(STEP_ICONS[result.status])}
        <span><span class="visually-hidden">${STEP_WORDS[result.status]}: </span>${honestText(result.summary)}</span>
        <span class="step-more">${icon("chevron")}</span>
      </summary>
      ${resultBody(result, call, messageId, wish)}
    </details>
    ${signalsView(result.signals, result.secrets)}`;

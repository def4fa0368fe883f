import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { AgentId, Approval, Message, MessagePart } from "@moltbot/contracts";
import type { ApprovalGroup } from "../elements/approval-group.ts";
import { renderMarkdown } from "../markdown/render-markdown.ts";
import type { Row } from "../state/select.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { momentText, textOf } from "../words.ts";
import { icon } from "./icons.ts";
import type { IconName } from "./icons.ts";
import { quoteView } from "./quote.ts";

export interface TranscriptWish {
  readonly rows: readonly Row[];
  readonly agentName: string;
  readonly me: string | null;
  readonly now: number;
  readonly answer: ApprovalGroup["answer"];
  readonly answerAll: ApprovalGroup["answerAll"];
  readonly preview: ApprovalGroup["preview"];
  readonly elsewhere: (approval: Approval) => boolean;
  /** Explains a call or a question; null where the person may not ask. */
  readonly why: ((id: string) => void) | null;
  readonly nameOf: (id: AgentId) => string;
}

const STATE_WORDS: Readonly<Record<Message["state"], string | null>> = {
  complete: null,
  stopped: "stopped",
  "cut-off": "cut off at the model's limit; none of its actions ran",
  failed: "failed",
  unknown: "outcome unknown: the program ended while it ran",
};

// A finished part never changes, so its markdown is read once.
const rendered = new WeakMap<MessagePart, TemplateResult>();
const markdown = (part: Extract<MessagePart, { type: "text" }>): TemplateResult => {
  const known = rendered.get(part);
  if (known !== undefined) return known;
  const fresh = renderMarkdown(part.text);
  rendered.set(part, fresh);
  return fresh;
};

const stamp = (message: Message, now: number): TemplateResult =>
  html`<time datetime=${message.createdAt}>${momentText(message.createdAt, now)}</time>`;

const reminder = (part: Extract<MessagePart, { type: "reminder" }>, now: number): TemplateResult =>
  html`<div class="reminder">
    ${icon("bell")}
    <p>
      <span class="reminder-kind">Reminder${part.late ? `, late: it was due ${momentText(part.dueAt, now)}` : ""}</span>
      <strong>${honestText(part.text)}</strong>
    </p>
  </div>`;

const person = (
  text: string,
  quotes: readonly TemplateResult[],
  foot: TemplateResult | typeof nothing,
): TemplateResult =>
  html`<article class="from-person">
    <h3 class="visually-hidden">You</h3>
    ${text === "" ? nothing : html`<div class="bubble">${text}</div>`}${quotes} ${foot}
  </article>`;

const words = (message: Message): TemplateResult[] =>
  message.parts.flatMap((part) => {
    if (part.type === "quote") return [quoteView(part)];
    return part.type === "text" && part.text.trim() !== "" ? [markdown(part)] : [];
  });

const assistant = (message: Message, wish: TranscriptWish): TemplateResult => {
  const state = STATE_WORDS[message.state];
  return html`<article class="from-agent">
    <h3 class="visually-hidden">${wish.agentName}</h3>
    <div class="prose">${words(message)}</div>
    <p class="meta">
      ${stamp(message, wish.now)}
      ${message.model === null ? nothing : html`<span class="model-name">${message.model.demonstration ? "demonstration model" : message.model.name}</span>`}
      ${state === null ? nothing : html`<span class="state">${state}</span>`}
    </p>
  </article>`;
};

const messageRow = (message: Message, wish: TranscriptWish): TemplateResult => {
  const reminders = message.parts.flatMap((part) => (part.type === "reminder" ? [reminder(part, wish.now)] : []));
  if (reminders.length > 0) return html`${reminders}`;
  if (message.role === "user") {
    const quotes = message.parts.flatMap((part) => (part.type === "quote" ? [quoteView(part)] : []));
    return person(textOf(message.parts), quotes, html`<p class="meta">${stamp(message, wish.now)}</p>`);
  }
  if (message.role === "notice") {
    return html`<article class="notice ${message.state === "complete" ? "" : "bad"}">
      <h3 class="visually-hidden">Notice</h3>
      ${icon("note")}
      <div class="prose">${words(message)}</div>
    </article>`;
  }
  return assistant(message, wish);
};

const STEP_ICONS: Readonly<Record<"ok" | "refused" | "failed" | "unknown", IconName>> = {
  ok: "check",
  refused: "shield",
  failed: "close",
  unknown: "note",
};
const STEP_WORDS = { ok: "Done", refused: "Refused", failed: "Failed", unknown: "Outcome unknown" } as const;

const step = ({ result, call }: Extract<Row, { kind: "step" }>, { why }: TranscriptWish): TemplateResult =>
  html`<details class="step ${result.status}">
    <summary>
      ${icon(STEP_ICONS[result.status])}
      <span><span class="visually-hidden">${STEP_WORDS[result.status]}: </span>${honestText(result.summary)}</span>
      <span class="step-more">${icon("chevron")}</span>
    </summary>
    <div class="step-body">
      <p>
        <code>${result.tool}</code> ${result.code === null ? nothing : html`<code class="quiet">${result.code}</code>`}
        ${
          why === null
            ? nothing
            : html`<button
                type="button"
                class="link"
                aria-haspopup="dialog"
                aria-label="Why? ${neutralText(result.summary)}"
                @click=${() => why(result.callId)}
              >
                Why?
              </button>`
        }
      </p>
      ${call === null ? nothing : html`<pre tabindex="0" role="group" aria-label="Arguments">${honestText(JSON.stringify(call.arguments, null, 2))}</pre>`}
      <pre tabindex="0" role="group" aria-label="What the model was told">${honestText(result.text)}</pre>
    </div>
  </details>`;

const row = (item: Row, wish: TranscriptWish): TemplateResult => {
  switch (item.kind) {
    case "message":
      return messageRow(item.message, wish);
    case "step":
      return step(item, wish);
    case "approval":
      return html`<approval-group
        .approvals=${item.approvals}
        .me=${wish.me}
        .now=${wish.now}
        .elsewhere=${wish.elsewhere}
        .answer=${wish.answer}
        .answerAll=${wish.answerAll}
        .preview=${wish.preview}
        .why=${wish.why === null ? null : ({ id }: Approval) => wish.why?.(id)}
        .nameOf=${wish.nameOf}
      ></approval-group>`;
    case "sending":
      return person(
        item.text,
        item.blocks.map(({ kind, text }) => quoteView({ kind, text, from: null })),
        nothing,
      );
    case "live":
      return html`<article class="from-agent" aria-busy="true">
        <h3 class="visually-hidden">${wish.agentName}</h3>
        <div class="prose">${renderMarkdown(item.live.text)}<span class="caret" aria-hidden="true"></span></div>
      </article>`;
    case "working":
      return html`<p class="working">
        <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span
        ><span class="visually-hidden">${wish.agentName} is working</span>
      </p>`;
  }
};

/** The conversation from top to bottom. */
export const transcriptView = (wish: TranscriptWish): TemplateResult =>
  html`<ol class="transcript" role="list">
    ${repeat(
      wish.rows,
      ({ key }) => key,
      (item) => html`<li class="row ${item.kind}">${row(item, wish)}</li>`,
    )}
  </ol>`;

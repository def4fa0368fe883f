import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { AgentId, Approval, Message, MessagePart } from "@moltbot/contracts";
import type { ApprovalGroup } from "../elements/approval-group.ts";
import { renderMarkdown } from "../markdown/render-markdown.ts";
import type { Row } from "../state/told-rows.ts";
import { honestProse, honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { countText, momentText, textOf } from "../words.ts";
import { icon } from "./icons.ts";
import { planView } from "./plan.ts";
import { quoteView } from "./quote.ts";
import { stepView } from "./step.ts";
import type { StepWish } from "./step.ts";

export interface TranscriptWish extends StepWish {
  readonly rows: readonly Row[];
  readonly agentName: string;
  readonly me: string | null;
  readonly now: number;
  readonly answer: ApprovalGroup["answer"];
  readonly answerAll: ApprovalGroup["answerAll"];
  readonly preview: ApprovalGroup["preview"];
  readonly elsewhere: (approval: Approval) => boolean;
  readonly nameOf: (id: AgentId) => string;
  /** Whose conversation it is, when it is somebody else's. */
  readonly by: string | null;
}

const STATE_WORDS: Readonly<Record<Message["state"], string | null>> = {
  complete: null,
  stopped: "stopped",
  "cut-off": "cut off at the model's limit; none of its actions ran",
  failed: "failed",
  unknown: "outcome unknown: the program ended while it ran",
  removed: "removed",
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

/** The stamp of a message, and the way to where it came from. */
const origin = (message: Message, { now, whereFrom, by }: TranscriptWish): TemplateResult => {
  // Where somebody else's words came from is theirs to know.
  if (by !== null) return stamp(message, now);
  return html`${stamp(message, now)}
    <button
      type="button"
      class="link quiet where-from"
      aria-haspopup="dialog"
      aria-label="Where from? The message of ${momentText(message.createdAt, now)}"
      @click=${() => whereFrom(message.id)}
    >
      Where from?
    </button>`;
};

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
  by: string | null = null,
): TemplateResult =>
  html`<article class="from-person">
    <h3 class=${by === null ? "visually-hidden" : "author"}>${by === null ? "You" : honestText(by)}</h3>
    ${text === "" ? nothing : html`<div dir="auto" class="bubble">${honestProse(text)}</div>`}${quotes} ${foot}
  </article>`;

const words = (message: Message): TemplateResult[] =>
  message.parts.flatMap((part) => {
    if (part.type === "quote") return [quoteView(part)];
    return part.type === "text" && part.text.trim() !== "" ? [markdown(part)] : [];
  });

const assistant = (message: Message, wish: TranscriptWish): TemplateResult => {
  const state = STATE_WORDS[message.state];
  return html`<article class="from-agent">
    <h3 class="visually-hidden">${neutralText(wish.agentName)}</h3>
    <div class="prose">${words(message)}</div>
    <p class="meta">
      ${origin(message, wish)}
      ${message.model === null ? nothing : html`<span class="model-name">${message.model.demonstration ? "demonstration model" : neutralText(message.model.name)}</span>`}
      ${state === null ? nothing : html`<span class="state">${state}</span>`}
    </p>
  </article>`;
};

const messageRow = (message: Message, wish: TranscriptWish): TemplateResult => {
  const reminders = message.parts.flatMap((part) => (part.type === "reminder" ? [reminder(part, wish.now)] : []));
  if (reminders.length > 0) return html`${reminders}`;
  if (message.role === "user") {
    const quotes = message.parts.flatMap((part) => (part.type === "quote" ? [quoteView(part)] : []));
    return person(textOf(message.parts), quotes, html`<p class="meta">${origin(message, wish)}</p>`, wish.by);
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

/** What stands where content was taken away; the words are the gateway's own. */
const removedView = (messages: readonly Message[]): TemplateResult => {
  const words = [...new Set(messages.map(({ parts }) => textOf(parts)).filter((text) => text !== ""))];
  return html`<article class="removed">
    ${icon("dash")}
    <p>
      <strong>${messages.length === 1 ? "Removed" : `${countText(messages.length, "message")} removed`}.</strong>
      ${words.map((text) => honestText(text))}
    </p>
  </article>`;
};

const row = (item: Row, wish: TranscriptWish): TemplateResult => {
  switch (item.kind) {
    case "message":
      return messageRow(item.message, wish);
    case "step":
      return stepView(item, wish);
    case "plan":
      return planView(item, wish.now, wish);
    case "removed":
      return removedView(item.messages);
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
        <h3 class="visually-hidden">${neutralText(wish.agentName)}</h3>
        <div class="prose">${renderMarkdown(item.live.text)}<span class="caret" aria-hidden="true"></span></div>
      </article>`;
    case "working":
      return html`<p class="working">
        <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span
        ><span class="visually-hidden">${neutralText(wish.agentName)} is working</span>
      </p>`;
  }
};

/** The conversation from top to bottom. */
export const transcriptView = (wish: TranscriptWish): TemplateResult =>
  html`<ol class="transcript" role="list">
    ${repeat(
      wish.rows,
      ({ key }) => key,
      (item) => html`<li class="row ${item.kind}" id="row-${item.key}" tabindex="-1">${row(item, wish)}</li>`,
    )}
  </ol>`;

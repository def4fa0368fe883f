import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Message, MessageId, OperationOutput } from "@moltbot/contracts";
import { honestProse } from "../text/honest-text.ts";
import { listText } from "../words-of-keeping.ts";
import { countText, momentText, sourceWordText } from "../words.ts";
import { icon } from "./icons.ts";
import { quoteView } from "./quote.ts";

/** How much would leave, where it came from, and what is masked. */
export const releaseFacts = (
  { messages, sources, masked }: OperationOutput<"shares.foresee">,
  name: string,
): TemplateResult => {
  const from = [...new Set(sources.map(sourceWordText))];
  return html`<ul class="facts" role="list">
    <li>
      ${icon("out")}<span><strong>${countText(messages.length, "message")}</strong>, to ${name} and nobody else</span>
    </li>
    <li>
      ${icon("link")}<span
        >${from.length === 0 ? "From you and the assistant alone" : html`Carries what came from ${listText(from)}`}</span
      >
    </li>
    <li>
      ${icon("lock")}<span
        >${
          masked === 0
            ? "No secret was recognised in it"
            : html`<strong>${countText(masked, "recognised secret")}</strong> masked:
                ${masked === 1 ? "it does" : "they do"} not leave`
        }</span
      >
    </li>
  </ul>`;
};

interface ReleasedWish {
  readonly now: number;
  readonly me: string | null;
  /** Called to end it at a message. */
  readonly until: (id: MessageId) => void;
}

/** Messages word by word, as somebody else would read them. */
export const releasedView = (messages: readonly Message[], { now, me, until }: ReleasedWish): TemplateResult =>
  html`<ol class="released" role="list" aria-label="What would leave, word by word" tabindex="0">
    ${messages.map(({ id, role, author, parts, createdAt }, index) => {
      const who =
        role === "user" ? (author === me ? "You" : "A person") : role === "notice" ? "Notice" : "The assistant";
      const at = momentText(createdAt, now);
      return html`<li>
        <p class="released-head">
          <strong>${who}</strong> <span class="quiet">${at}</span>
          ${
            index === messages.length - 1
              ? html`<span class="tag">the last one</span>`
              : html`<button
                  type="button"
                  class="link"
                  aria-label="Only up to here: ${who}, ${at}"
                  @click=${() => until(id)}
                >
                  Only up to here
                </button>`
          }
        </p>
        ${parts.map((part) =>
          part.type === "text"
            ? html`<div class="released-words" dir="auto">${honestProse(part.text)}</div>`
            : part.type === "quote"
              ? quoteView(part)
              : nothing,
        )}
      </li>`;
    })}
  </ol>`;

import { html } from "lit";
import type { TemplateResult } from "lit";
import type { MessagePart } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { linesText, QUOTE_WORDS } from "../words.ts";
import { signalsView } from "./signals.ts";

/** Words of somebody else, set off from the author's own; its origin is what it claims. */
export const quoteView = ({
  kind,
  from,
  text,
  signals,
}: Pick<Extract<MessagePart, { type: "quote" }>, "kind" | "from" | "text" | "signals">): TemplateResult =>
  html`<figure class="quote">
    <figcaption>
      ${QUOTE_WORDS[kind]} · ${linesText(text)}${from === null ? "" : html` · says it is from ${honestText(from)}`}
    </figcaption>
    <blockquote tabindex="0" aria-label=${QUOTE_WORDS[kind]}>${honestText(text)}</blockquote>
    ${signalsView(signals)}
  </figure>`;

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { AgentId, Question, QuestionArgument } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { ORIGIN_WORDS, sourceText, UNDO_WORDS, valueText } from "../words.ts";
import { icon } from "./icons.ts";
import { previewView } from "./preview.ts";

/** More arguments than these are folded, unless they are critical. */
const SHOWN = 2;
const SOURCES = 5;

const argumentView = ({ name, value, critical, origin }: QuestionArgument): TemplateResult =>
  html`<div class="argument">
    <dt>
      ${honestText(name)}
      ${critical ? html`<span class="tag" title="It decides what happens, and to whom">critical</span>` : nothing}
    </dt>
    <dd>
      <span class="value">${honestText(valueText(value))}</span>
      <span class="origin ${origin}">${ORIGIN_WORDS[origin]}</span>
    </dd>
  </div>`;

const list = (given: readonly QuestionArgument[]): TemplateResult | typeof nothing =>
  given.length === 0 ? nothing : html`<dl class="arguments">${given.map(argumentView)}</dl>`;

/** Every argument with its origin, critical ones first; many others are folded. */
const argumentsView = ({ arguments: given }: Question): TemplateResult => {
  const critical = given.filter((item) => item.critical);
  const others = given.filter((item) => !item.critical);
  if (others.length <= SHOWN) return html`${list([...critical, ...others])}`;
  return html`${list(critical)}
    <details class="fold">
      <summary>${icon("chevron")}${critical.length === 0 ? "" : "And "}${others.length} other arguments</summary>
      ${list(others)}
    </details>`;
};

/** What untrusted content the model had in view when it chose. */
const inViewView = ({ sources }: Question): TemplateResult | typeof nothing => {
  const words = [...new Set(sources.map(sourceText))];
  return words.length === 0
    ? nothing
    : html`<div class="in-view">
        ${icon("note")}
        <p>
          <strong>Untrusted content was in view:</strong>
          ${words.slice(0, SOURCES).join(", ")}${words.length > SOURCES ? ` and ${words.length - SOURCES} more` : ""}.
        </p>
      </div>`;
};

/** Why it is asked, for whom, and what was in view. */
export const reasonsView = (question: Question, nameOf: (id: AgentId) => string): TemplateResult =>
  html`<p class="why"><span class="quiet">Why you are asked:</span> ${honestText(question.why)}</p>
    ${
      question.agentChain.length < 2
        ? nothing
        : html`<p class="why">
            <span class="quiet">It came through:</span> ${honestText(question.agentChain.map(nameOf).join(" → "))}
          </p>`
    }
    ${inViewView(question)}`;

/** What leaves this machine and whether it can be undone. */
export const factsView = ({ leaves, undo }: Question): TemplateResult =>
  html`<ul class="facts">
    <li class=${leaves === null ? "" : "warn"}>
      ${icon(leaves === null ? "home" : "out")}${
        leaves === null ? "Nothing leaves this machine." : html`<span>Leaves this machine: ${honestText(leaves)}</span>`
      }
    </li>
    <li class=${undo === "irreversible" ? "warn" : ""}>${icon("undo")}${UNDO_WORDS[undo]}</li>
  </ul>`;

/** As much as nobody may allow without seeing: what was in view, each deciding argument with its origin, what leaves, what can be undone. */
export const briefView = (question: Question): TemplateResult =>
  html`${inViewView(question)} ${argumentsView(question)}
  ${question.preview === null || question.leaves === null ? nothing : previewView(question.preview)}
  ${factsView(question)}`;

/** All that a person should see before answering, below the sentence of consequence. */
export const questionView = (question: Question, nameOf: (id: AgentId) => string): TemplateResult =>
  html`${reasonsView(question, nameOf)} ${argumentsView(question)}
  ${question.preview === null ? nothing : previewView(question.preview)} ${factsView(question)}`;

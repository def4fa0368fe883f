import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { AgentId, Question, QuestionArgument } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { ORIGIN_WORDS, sourceText, UNDO_WORDS, valueText } from "../words.ts";
import { icon } from "./icons.ts";
import { previewView } from "./preview.ts";

/** More arguments than these are folded, unless they are critical or somebody else's content is known to be in them. */
const SHOWN = 2;
const SOURCES = 5;

/** At most so many sources, in words. */
const sourcesText = (sources: Question["sources"]): string => {
  const words = [...new Set(sources.map(sourceText))];
  return `${words.slice(0, SOURCES).join(", ")}${words.length > SOURCES ? ` and ${words.length - SOURCES} more` : ""}`;
};

const argumentView = ({ name, value, critical, origin, sources = [] }: QuestionArgument): TemplateResult =>
  html`<div class="argument">
    <dt>
      ${honestText(name)}
      ${critical ? html`<span class="tag" title="It decides what happens, and to whom">critical</span>` : nothing}
    </dt>
    <dd>
      <span class="value">${honestText(valueText(value))}</span>
      <span class="origin ${origin}"
        >${
          sources.length === 0
            ? ORIGIN_WORDS[origin]
            : html`${icon("link")}${origin === "untrusted" ? "this value came from" : `${ORIGIN_WORDS[origin]}, with content from`}
              ${sourcesText(sources)}`
        }</span
      >
    </dd>
  </div>`;

const list = (given: readonly QuestionArgument[]): TemplateResult | typeof nothing =>
  given.length === 0 ? nothing : html`<dl class="arguments">${given.map(argumentView)}</dl>`;

/** Every argument with its origin, critical ones first; many others are folded. */
const argumentsView = ({ arguments: given }: Question): TemplateResult => {
  const weighs = ({ critical, sources = [] }: QuestionArgument): boolean => critical || sources.length > 0;
  const first = given.filter(weighs).toSorted((a, b) => Number(b.critical) - Number(a.critical));
  const others = given.filter((item) => !weighs(item));
  if (others.length <= SHOWN) return html`${list([...first, ...others])}`;
  return html`${list(first)}
    <details class="fold">
      <summary>${icon("chevron")}${first.length === 0 ? "" : "And "}${others.length} other arguments</summary>
      ${list(others)}
    </details>`;
};

/** What untrusted content the model had in view when it chose. */
const inViewView = ({ sources }: Question): TemplateResult | typeof nothing =>
  sources.length === 0
    ? nothing
    : html`<div class="in-view">
        ${icon("note")}
        <p>
          <strong>Untrusted content was in view:</strong>
          ${sourcesText(sources)}.
        </p>
      </div>`;

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

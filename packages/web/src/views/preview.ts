import { html } from "lit";
import type { TemplateResult } from "lit";
import type { Preview } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";

const TITLES: Readonly<Record<Preview["kind"], string>> = {
  text: "The text",
  message: "The message, as it will be sent",
  diff: "What changes",
};

/**
 * Whether a file is named by this line and the one below: a removed "-- x" and an added "++ y" read the same, so only the place
 * counts, the beginning of all or directly before a hunk.
 */
const namesFile = (lines: readonly string[], at: number): boolean =>
  lines[at]?.startsWith("--- ") === true &&
  lines[at + 1]?.startsWith("+++ ") === true &&
  (at === 0 || lines[at + 2]?.startsWith("@@") === true);

const kindOf = (line: string, at: number, lines: readonly string[]): "place" | "added" | "removed" | "" => {
  if (line.startsWith("@@") || namesFile(lines, at) || namesFile(lines, at - 1)) return "place";
  if (line.startsWith("+")) return "added";
  return line.startsWith("-") ? "removed" : "";
};

/** A line of a change: its mark is a character, so that it does not hang on colour. */
const diffLine = (line: string, at: number, lines: readonly string[]): TemplateResult => {
  const kind = kindOf(line, at, lines);
  const mark = kind === "added" ? "+" : kind === "removed" ? "−" : " ";
  return html`<span class="diff-line ${kind}"
    ><span class="diff-mark" aria-hidden="true">${mark}</span>${
      kind === "added" || kind === "removed" ? html`<span class="visually-hidden">${kind}: </span>` : ""
    }<span>${honestText(mark === " " && !line.startsWith(" ") ? line : line.slice(1))}</span></span
  >`;
};

/** What a call would send or change, as it will stand. */
export const previewView = ({ kind, text }: Preview): TemplateResult =>
  html`<div class="preview ${kind}">
    <p class="preview-title">${TITLES[kind]}</p>
    <div class="preview-body" tabindex="0" role="group" aria-label=${TITLES[kind]}>
      ${kind === "diff" ? text.replace(/\n$/, "").split("\n").map(diffLine) : honestText(text)}
    </div>
  </div>`;

import { html } from "lit";
import type { TemplateResult } from "lit";
import { listIn } from "../elements/form-fields.ts";
import { covers } from "../people/may.ts";

/** Operations that belong together for a person: a key, words for it, and the patterns. */
export type Area = readonly [key: string, says: string, patterns: readonly string[]];

/** What a program may want to do for a person. */
export const PROGRAM_AREAS: readonly Area[] = [
  ["talk", "Talk to agents", ["messages.send", "agents.list", "agents.get", "turns.*", "events.stream"]],
  ["read", "Read and find conversations", ["conversations.*", "search.messages"]],
  ["keep", "Reminders and memories", ["reminders.*", "memories.*"]],
  ["answer", "Answer questions", ["approvals.*"]],
];

/** What a person may want to do on the page. */
export const PERSON_AREAS: readonly Area[] = [
  ...PROGRAM_AREAS,
  [
    "here",
    "Come in on this page, and see who is here",
    ["sessions.current", "people.list", "teams.list", "roles.list", "system.status"],
  ],
  ["files", "Files and contacts", ["attachments.*", "contacts.*", "files.*"]],
  ["prompts", "Prompts and secrets of their own", ["prompts.*", "secrets.*"]],
  ["share", "Share what is theirs", ["shares.*", "access.explain"]],
  ["rights", "What their agents may do, and why", ["capabilities.*", "decisions.*", "provenance.*"]],
  ["sign-ins", "Sign-ins, devices and tokens of their own", ["sessions.*", "devices.*", "tokens.*", "links.*"]],
  ["data", "What is kept of them, what was used, and where it went", ["privacy.*", "usage.show", "flows.report"]],
];

/** The areas and names that patterns stand for: which areas are whole, and what is left over. */
export const areasIn = (
  areas: readonly Area[],
  patterns: readonly string[],
): { readonly keys: readonly string[]; readonly more: readonly string[] } => {
  const whole = areas.filter(([, , own]) => own.every((pattern) => covers(patterns, pattern)));
  const told = new Set(whole.flatMap(([, , own]) => own));
  return { keys: whole.map(([key]) => key), more: patterns.filter((pattern) => !told.has(pattern)) };
};

/** What patterns are for, in words where there are some: “Talk to agents; contacts.list”. */
export const operationsText = (patterns: readonly string[]): string => {
  const { keys, more } = areasIn(PERSON_AREAS, patterns);
  return [...PERSON_AREAS.flatMap(([key, says]) => (keys.includes(key) ? [says] : [])), ...more].join("; ");
};

/** Areas to tick, and a field for what no area has. */
export const operationFields = (
  areas: readonly Area[],
  { keys, more }: { readonly keys: readonly string[]; readonly more: readonly string[] },
): TemplateResult =>
  html`${areas.map(
      ([key, says, patterns]) =>
        html`<label
          ><input type="checkbox" name=${key} value="yes" ?checked=${keys.includes(key)} /><span
            >${says} <code class="quiet">${patterns.join(" ")}</code></span
          ></label
        >`,
    )}
    <label class="written"
      >More operations, by name<input
        class="field"
        name="scopes"
        maxlength="2000"
        placeholder="contacts.list, attachments.*"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        .value=${more.join(", ")}
    /></label>`;

/** The patterns that were ticked and written, each once. */
export const chosenOperations = (areas: readonly Area[], data: FormData): string[] => {
  const ticked = areas.flatMap(([key, , patterns]) => (data.get(key) === null ? [] : patterns));
  return [...new Set([...ticked, ...listIn(data, "scopes")])];
};

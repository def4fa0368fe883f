import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { QuestionArgument } from "@moltbot/contracts";
import { fieldKind } from "../answers/argument-fields.ts";
import type { Draft } from "../answers/argument-fields.ts";
import { honestText } from "../text/honest-text.ts";
import { hides } from "../text/neutralise.ts";

interface EditorWish {
  readonly id: string;
  readonly arguments: readonly QuestionArgument[];
  readonly draft: Draft;
  readonly problems: Readonly<Record<string, string>>;
  readonly write: (name: string, value: string | boolean) => void;
}

const field = (argument: QuestionArgument, index: number, wish: EditorWish): TemplateResult => {
  const { name, value } = argument;
  const kind = fieldKind(value);
  const entered = wish.draft[name] ?? "";
  const id = `edit-${wish.id}-${index}`;
  const problem = wish.problems[name];
  const invalid = problem === undefined ? nothing : "true";
  const described = problem === undefined ? nothing : `${id}-problem`;
  const type = (event: Event): void => {
    const { target } = event;
    if (target instanceof HTMLInputElement) wish.write(name, kind === "checkbox" ? target.checked : target.value);
    else if (target instanceof HTMLTextAreaElement) wish.write(name, target.value);
  };
  const box =
    kind === "checkbox"
      ? html`<input
          id=${id}
          type="checkbox"
          .checked=${entered === true}
          aria-describedby=${described}
          @change=${type}
        />`
      : kind === "text" || kind === "json"
        ? html`<textarea
            id=${id}
            class="field ${kind}"
            rows="3"
            aria-invalid=${invalid}
            aria-describedby=${described}
            .value=${String(entered)}
            @input=${type}
          ></textarea>`
        : html`<input
            id=${id}
            class="field"
            autocomplete="off"
            inputmode=${kind === "number" ? "decimal" : "text"}
            aria-invalid=${invalid}
            aria-describedby=${described}
            .value=${String(entered)}
            @input=${type}
          />`;
  return html`<div class="edit-field">
    <label for=${id}>
      ${honestText(name)} ${argument.critical ? html`<span class="tag">critical</span>` : nothing}
      ${kind === "json" ? html`<span class="quiet">as JSON</span>` : nothing}
    </label>
    ${box}
    ${typeof entered === "string" && hides(entered) ? html`<p class="as-it-is">It holds hidden characters: ${honestText(entered)}</p>` : nothing}
    ${problem === undefined ? nothing : html`<p id="${id}-problem" class="field-problem">${problem}</p>`}
  </div>`;
};

/** Each argument as a field, with what is wrong beside it. */
export const argumentEditor = (wish: EditorWish): TemplateResult =>
  html`<div class="edit">${wish.arguments.map((argument, index) => field(argument, index, wish))}</div>`;

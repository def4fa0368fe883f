import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { MoltbotError } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";

/** What went wrong beside what was pressed or entered; it can take the focus. */
export const problemView = (
  problem: Pick<MoltbotError, "message" | "next"> | null,
  id: string,
): TemplateResult | typeof nothing =>
  problem === null
    ? nothing
    : html`<p id=${id} class="field-problem" role="alert" tabindex="-1">
        ${honestText(`${problem.message} ${problem.next}`)}
      </p>`;

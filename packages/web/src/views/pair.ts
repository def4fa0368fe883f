import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { textIn } from "../elements/form-fields.ts";
import type { State } from "../state/state.ts";
import { honestText } from "../text/honest-text.ts";
import { mark } from "./icons.ts";

/** The page of a browser that was opened with a pairing code: its name, and one press. */
export const pairView = (
  { signInProblem: problem, unlocking }: State,
  name: string,
  { pair, leave }: { readonly pair: (name: string) => void; readonly leave: () => void },
): TemplateResult => {
  const submit = (event: Event): void => {
    event.preventDefault();
    const chosen = textIn(new FormData(event.currentTarget as HTMLFormElement), "name").trim(); // the listener stands on the form
    if (chosen !== "" && !unlocking) pair(chosen);
  };
  return html`<main class="gate" id="main">
    <div class="gate-card">
      ${mark()}
      <h1>Pair this browser</h1>
      <p>
        It makes a key of its own, which never leaves it, and is signed in with that from then on. What it sends is
        worth nothing to whoever copies it.
      </p>
      ${
        problem === null
          ? nothing
          : html`<p role="alert" id="pair-problem">${honestText(`${problem.message} ${problem.next}`)}</p>`
      }
      <form class="unlock" @submit=${submit}>
        <label
          >What it is called among your devices
          <input
            class="field"
            name="name"
            required
            maxlength="80"
            autocomplete="off"
            .value=${name}
            aria-describedby=${problem === null ? nothing : "pair-problem"}
            ?disabled=${unlocking}
        /></label>
        <button type="submit" class="button solid wide" ?disabled=${unlocking}>
          ${unlocking ? "Pairing…" : "Pair this browser"}
        </button>
      </form>
      <p class="quiet">
        Only on a browser that is yours: whoever uses it is you. You end it under “Sign‑ins”.
        <button type="button" class="link" @click=${leave}>Do not pair it</button>
      </p>
    </div>
  </main>`;
};

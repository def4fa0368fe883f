import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { UnlockWish } from "@moltbot/client";
import type { State } from "../state/state.ts";
import { mark } from "./icons.ts";

/** What the page of a locked vault may do. */
export interface Unlocking {
  readonly unlock: (wish: UnlockWish) => void;
  readonly retry: () => void;
}

const CODE = "recovery";

/** Takes the word out of the form and leaves the field empty: nothing of it stays on the page or in its state. */
const wishIn = (form: HTMLFormElement): UnlockWish | null => {
  const fields = new FormData(form);
  const word = fields.get("word");
  form.reset();
  if (typeof word !== "string" || word === "") return null;
  return fields.get("kind") === CODE ? { recoveryCode: word } : { passphrase: word };
};

/** The page of a locked vault: one field for what opens it, and why the last try failed. */
export const locked = (state: State, { unlock, retry }: Unlocking): TemplateResult => {
  const submit = (event: Event): void => {
    event.preventDefault();
    const wish = wishIn(event.currentTarget as HTMLFormElement); // the listener stands on the form
    if (wish !== null) unlock(wish);
  };
  const problem = state.signInProblem;
  return html`<main class="gate" id="main">
    <div class="gate-card">
      ${mark()}
      <h1>Moltbot is locked</h1>
      <p>Nothing can be read until its vault is opened. What was waiting goes on then.</p>
      ${problem === null ? nothing : html`<p role="alert" id="unlock-problem">${problem.message} ${problem.next}</p>`}
      <form class="unlock" @submit=${submit}>
        <label
          >Passphrase or recovery code
          <input
            class="field"
            name="word"
            type="password"
            required
            maxlength="1024"
            autocomplete="current-password"
            spellcheck="false"
            autocapitalize="off"
            aria-describedby=${problem === null ? nothing : "unlock-problem"}
            ?disabled=${state.unlocking}
        /></label>
        <fieldset class="unlock-kind">
          <legend class="visually-hidden">What you type</legend>
          <label><input type="radio" name="kind" value="passphrase" checked /> Passphrase</label>
          <label><input type="radio" name="kind" value=${CODE} /> Recovery code</label>
        </fieldset>
        <button type="submit" class="button solid wide" ?disabled=${state.unlocking}>
          ${state.unlocking ? "Opening…" : "Unlock"}
        </button>
      </form>
      <p class="quiet">
        A vault that is sealed by a key file opens on its own machine: <code>./moltbot unlock</code>.
        <button type="button" class="link" @click=${retry}>Look again</button>
      </p>
    </div>
  </main>`;
};

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { State } from "../state/state.ts";
import { OPEN_COMMAND } from "../words.ts";
import { command } from "./command.ts";
import { mark } from "./icons.ts";

const page = (content: TemplateResult): TemplateResult =>
  html`<main class="gate" id="main">
    <div class="gate-card">${mark()}${content}</div>
  </main>`;

/** The page before anybody is signed in: how to get in, and why the last try failed. */
export const signIn = (state: State, retry: () => void): TemplateResult => {
  const problem = state.signInProblem;
  if (state.phase === "starting")
    return page(
      html`<h1>Moltbot</h1>
        <p role="status" class="quiet">Opening…</p>`,
    );
  if (state.phase === "unreachable") {
    return page(
      html`<h1>Moltbot does not answer</h1>
        <p>The gateway may be stopped or still starting. Start it in its folder:</p>
        ${command("./moltbot start")}
        <button type="button" class="button solid wide" @click=${retry}>Try again</button>`,
    );
  }
  if (problem?.code === "SUSPENDED" || problem?.code === "LEFT") {
    return page(
      html`<h1>${problem.code === "LEFT" ? "You have left" : "You are suspended"}</h1>
        <p role="alert">${problem.message} ${problem.next}</p>`,
    );
  }
  const spent = problem?.code === "SIGN_IN_LINK_INVALID";
  return page(
    html`<h1>${spent ? "This link no longer works" : "Sign in"}</h1>
      ${
        spent
          ? html`<p role="alert">
              A sign-in link opens the page once and lasts ten minutes, an invitation somewhat longer; this one was used
              or is too old.
            </p>`
          : problem === null
            ? html`<p>
                Moltbot runs on your own machine and has no password to guess. A link from its terminal lets you in.
              </p>`
            : html`<p role="alert">${problem.message} ${problem.next}</p>`
      }
      <p>${spent ? "Make a new one" : "Run this"} where Moltbot is installed, then open the link it prints:</p>
      ${command(OPEN_COMMAND)}
      <p class="quiet">
        Not your machine? Then make a link in a browser where you are in (Sign-ins), or ask whoever keeps this house.
      </p>
      ${problem === null ? nothing : html`<p class="quiet">Nothing was lost. Your conversations are as you left them.</p>`}`,
  );
};

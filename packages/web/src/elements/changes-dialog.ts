import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Agent, KeptChange } from "@moltbot/contracts";
import { may } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { foldedEntriesView } from "../views/entries.ts";
import { problemView } from "../views/problem.ts";
import { reallyView } from "../views/really.ts";
import { wayView } from "../views/way.ts";
import { changeText, deedText, sizesText } from "../words-of-changes.ts";
import { countText, momentText } from "../words.ts";
import { PageDialog } from "./page-dialog.ts";

const SHOWN = 20;
const FILES_SHOWN = 3;
const MOST = 100;
const PROBLEM = "changes-problem";

/** What agents changed in files for this person, and the way back. */
export class ChangesDialog extends PageDialog {
  static override properties = { changes: { state: true }, agents: { state: true }, sure: { state: true } };
  /** Null while they are loaded. */
  declare changes: readonly KeptChange[] | null;
  declare agents: readonly Agent[];
  /** The change that goes over what somebody wrote since, and is asked about again. */
  declare sure: string | null;

  constructor() {
    super();
    this.changes = null;
    this.agents = [];
    this.sure = null;
  }

  show(): Promise<void> {
    this.changes = null;
    this.sure = null;
    return this.open();
  }

  /** Loads the changes, and the names of who made them. */
  async load(): Promise<void> {
    const { call } = this;
    if (call === null) return;
    const [changes, agents] = await Promise.all([call("files.changes", { limit: MOST }), call("agents.list", {})]);
    this.changes = this.taken<readonly KeptChange[] | null>(changes, this.changes);
    if (agents.ok) this.agents = agents.value;
  }

  readonly #ask =
    (id: string | null, back = "") =>
    (): void => {
      this.sure = id;
      this.focusOn(id === null ? `#change-${back} .link` : `#change-${id} .really`);
    };

  readonly #undo = async (change: KeptChange, anyway: boolean): Promise<void> => {
    this.said = "";
    const undone = await this.ask((call) => call("files.undo", { callId: change.callId, anyway }), `#${PROBLEM}`);
    if (undone !== null) {
      this.sure = null;
      this.said = `It is as it was before: ${changeText(change)}.`;
      this.focusOn(`#change-${change.callId}`);
    } else if (this.problem?.code === "CONFLICT" && !anyway) {
      // Somebody wrote there a moment ago: that is a question, no failure.
      this.problem = null;
      this.#ask(change.callId)();
    }
    await this.load();
  };

  #files({ files, count, state }: KeptChange): TemplateResult {
    const shown = files.slice(0, FILES_SHOWN);
    return html`${shown.map(
      (file) =>
        html`<span class="quiet changed-file"
          >${count === 1 ? nothing : html`<code>${honestText(file.path)}</code> `}${sizesText(file)}${
            count > 1 && state === "changed" && file.state === "changed" ? ", changed since" : ""
          }</span
        >`,
    )}${count > shown.length ? html`<span class="quiet">and ${countText(count - shown.length, "more file", "more files")}</span>` : nothing}`;
  }

  #way(change: KeptChange): TemplateResult | typeof nothing {
    const { callId, state } = change;
    if (!may(this.me, "files.undo") || state === "back" || this.sure === callId) return nothing;
    const name = `Undo: ${changeText(change)}`;
    return state === "changed"
      ? wayView("Undo…", name, this.#ask(callId))
      : wayView("Undo", name, () => void this.#undo(change, false));
  }

  readonly #one = (change: KeptChange): TemplateResult => {
    const { callId, agentId, at, state, count, files } = change;
    const agent = this.agents.find(({ id }) => id === agentId)?.name ?? "an agent";
    const [first] = files;
    return html`<li class="entry revocable" id="change-${callId}" tabindex="-1">
      <span>
        ${deedText(change)}
        <strong>${count === 1 && first !== undefined ? honestText(first.path) : countText(count, "file")}</strong>
        ${state === "back" ? html`<span class="tag">as before</span>` : nothing}
        ${state === "changed" ? html`<span class="chip caution">changed since</span>` : nothing}
      </span>
      ${this.#files(change)}
      <span class="quiet"
        >${change.undoes === null ? honestText(agent) : "you, in the files of "}${change.undoes === null ? nothing : honestText(agent)},
        ${momentText(at, this.now)}</span
      >
      ${this.#way(change)}
      ${
        this.sure === callId
          ? reallyView({
              label: `Undo: ${changeText(change)}?`,
              says: `${count === 1 ? "The file was" : "Not all of these files are as they were left: they were"} changed since. What stands there now goes, and is kept: you can undo this too.`,
              yes: "Put it back anyway",
              no: "Leave it",
              busy: this.busy,
              act: () => void this.#undo(change, true),
              leave: this.#ask(null, callId),
            })
          : nothing
      }
    </li>`;
  };

  #list(changes: readonly KeptChange[]): TemplateResult {
    return changes.length === 0
      ? html`<p class="quiet none">Nothing yet. What the assistant changes in files from now on can be undone here.</p>`
      : foldedEntriesView(changes.map(this.#one), SHOWN);
  }

  protected override render(): TemplateResult {
    const { changes, problem } = this;
    return this.sheet(
      "changes-title",
      "Changed files",
      "changed files",
      html`<p>
          What the assistant changed in files for you, the newest first. What stood there before is kept for 30 days, up
          to 256 MB. What you put back can be undone too.
        </p>
        ${problemView(problem, PROBLEM)}
        ${changes === null ? (problem === null ? html`<p class="quiet">Loading…</p>` : nothing) : this.#list(changes)}
        <p class="visually-hidden" role="status">${this.said}</p>`,
    );
  }
}
customElements.define("changes-dialog", ChangesDialog);

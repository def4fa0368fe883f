import { html, nothing } from "lit";
import type { PropertyValues, TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { Device, MoltbotError, OperationOutput, Principal, SessionInfo } from "@moltbot/contracts";
import { icon } from "../views/icons.ts";
import { onceView } from "../views/once.ts";
import { problemView } from "../views/problem.ts";
import { leadsHereAlone, whenText } from "../words-of-people.ts";
import { countText, momentText } from "../words.ts";
import type { DeviceList } from "./device-list.ts";
import { PageElement } from "./page-element.ts";
import type { TokenList } from "./token-list.ts";
import "./device-list.ts";
import "./token-list.ts";

/** Everything that lets somebody in as this person: browsers, devices, tokens. Each can be ended at once. */
export class SignInsDialog extends PageElement {
  static override properties = {
    now: { attribute: false },
    call: { attribute: false },
    me: { attribute: false },
    heard: { attribute: false },
    sessions: { state: true },
    devices: { state: true },
    tokens: { state: true },
    link: { state: true },
    problem: { state: true },
    busy: { state: true },
    said: { state: true },
  };
  declare now: number;
  declare call: Client["call"] | null;
  declare me: Principal | null;
  /** Rises when a device was paired or ended. */
  declare heard: number;
  /** Null while they are loaded. */
  declare sessions: readonly SessionInfo[] | null;
  declare devices: readonly Device[] | null;
  declare tokens: OperationOutput<"tokens.list"> | null;
  /** The sign-in link that is on the screen. */
  declare link: OperationOutput<"links.create"> | null;
  declare problem: MoltbotError | null;
  declare busy: boolean;
  /** What a screen reader should hear of it. */
  declare said: string;
  #shown = false;

  constructor() {
    super();
    this.now = 0;
    this.call = null;
    this.me = null;
    this.heard = 0;
    this.sessions = null;
    this.devices = null;
    this.tokens = null;
    this.link = null;
    this.problem = null;
    this.busy = false;
    this.said = "";
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  async show(): Promise<void> {
    this.problem = null;
    this.said = "";
    this.#shown = true;
    this.#dialog?.showModal();
    await this.load();
  }

  /** Loads everything that lets somebody in; one part that fails leaves the others. */
  async load(): Promise<void> {
    const { call } = this;
    if (call === null) return;
    const [sessions, devices, tokens] = await Promise.all([
      call("sessions.list", {}),
      call("devices.list", {}),
      call("tokens.list", {}),
    ]);
    for (const answer of [sessions, devices, tokens]) if (!answer.ok) this.problem = answer.error;
    if (sessions.ok) this.sessions = sessions.value;
    if (devices.ok) this.devices = devices.value;
    if (tokens.ok) this.tokens = tokens.value;
  }

  async #hear(): Promise<void> {
    const before = new Set(this.devices?.map(({ id }) => id));
    await this.load();
    if (this.devices?.some(({ id, revokedAt }) => revokedAt === null && !before.has(id)) === true)
      this.querySelector<DeviceList>("device-list")?.paired();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("heard") && this.#shown) void this.#hear();
  }

  readonly #closed = (): void => {
    this.#shown = false;
    this.link = null;
    this.querySelector<DeviceList>("device-list")?.forget();
    this.querySelector<TokenList>("token-list")?.forget();
  };

  /** Signs browsers out, each at once; says how many went. */
  readonly #signOut = async (gone: readonly SessionInfo[]): Promise<void> => {
    const { call } = this;
    if (call === null || this.busy || gone.length === 0) return;
    this.busy = true;
    this.problem = null;
    const ended = await Promise.all(gone.map(({ id }) => call("sessions.revoke", { sessionId: id })));
    this.busy = false;
    const failed = ended.find((answer) => !answer.ok);
    const count = ended.filter(({ ok }) => ok).length;
    this.said = count === 0 ? "" : `${countText(count, "browser")} ${count === 1 ? "was" : "were"} signed out.`;
    if (failed !== undefined && !failed.ok) this.problem = failed.error;
    this.focusOn(this.problem === null ? "#sign-ins-browsers" : "#sign-ins-problem");
    await this.load();
  };

  readonly #makeLink = async (): Promise<void> => {
    const { call } = this;
    if (call === null || this.busy) return;
    this.busy = true;
    this.problem = null;
    const made = await call("links.create", {});
    this.busy = false;
    if (made.ok) {
      this.link = made.value;
      this.focusOn(".once");
    } else {
      this.problem = made.error;
      this.focusOn("#sign-ins-problem");
    }
  };

  #one(session: SessionInfo): TemplateResult {
    const { createdAt, lastSeenAt, idleUntil, expiresAt, current } = session;
    const { now } = this;
    const until = idleUntil < expiresAt ? idleUntil : expiresAt;
    const since = whenText(createdAt, now);
    return html`<li class="entry revocable">
      <span>
        <strong>${current ? "This browser" : "Another browser"}</strong>
        ${current ? html`<span class="chip good-chip">you are here</span>` : nothing}
      </span>
      <span class="quiet"
        >Signed in
        ${since}${current ? "" : lastSeenAt === null ? ", not seen since" : `, last seen ${whenText(lastSeenAt, now)}`}.
        Unused, it ends
        ${whenText(until, now)}${until === expiresAt ? "" : `, in any case ${whenText(expiresAt, now)}`}.</span
      >
      ${
        current
          ? nothing
          : html`<button
              type="button"
              class="link grave"
              aria-label="Sign out the browser that signed in ${since}"
              ?disabled=${this.busy}
              @click=${() => void this.#signOut([session])}
            >
              Sign out
            </button>`
      }
    </li>`;
  }

  #link({ url, expiresAt }: OperationOutput<"links.create">): TemplateResult {
    return onceView({
      id: "sign-in-link",
      title: "Open this in the other browser",
      text: url,
      copy: "Copy the link",
      warning: "Whoever opens it first is you. Send it to nobody.",
      says: `It signs in once, until ${momentText(expiresAt, this.now)}.${
        leadsHereAlone(url) ? " It leads to this very machine." : ""
      }`,
      done: () => {
        this.link = null;
        this.focusOn(".make-link");
        void this.load();
      },
    });
  }

  #browsers(sessions: readonly SessionInfo[] | null): TemplateResult {
    if (sessions === null) return html`<p class="quiet">Loading…</p>`;
    const ordered = sessions.toSorted((a, b) =>
      a.current !== b.current ? Number(b.current) - Number(a.current) : a.createdAt < b.createdAt ? 1 : -1,
    );
    const others = ordered.filter(({ current }) => !current);
    return html`<ul class="entries" role="list" aria-label="Browsers">
        ${ordered.map((session) => this.#one(session))}
      </ul>
      <p class="good" role="status">${this.said}</p>
      ${
        this.link === null
          ? html`<div class="choices">
              <button type="button" class="button make-link" ?disabled=${this.busy} @click=${this.#makeLink}>
                ${icon("plus")}Sign in another browser
              </button>
              ${
                others.length === 0
                  ? nothing
                  : html`<button
                      type="button"
                      class="button danger"
                      ?disabled=${this.busy}
                      @click=${() => void this.#signOut(others)}
                    >
                      Sign out all others
                    </button>`
              }
            </div>`
          : this.#link(this.link)
      }`;
  }

  protected override render(): TemplateResult {
    const { now, call, me } = this;
    const reload = (): void => void this.load();
    return html`<dialog class="sheet page-sheet" aria-labelledby="sign-ins-title" @close=${this.#closed}>
      <div class="sheet-head">
        <h2 id="sign-ins-title">Sign-ins</h2>
        <button type="button" class="icon-button" aria-label="Close sign-ins" @click=${() => this.#dialog?.close()}>
          ${icon("close")}
        </button>
      </div>
      <p>Everything that lets somebody in as you. What you end here is out at once.</p>
      ${problemView(this.problem, "sign-ins-problem")}
      <section aria-labelledby="sign-ins-browsers">
        <h3 id="sign-ins-browsers" tabindex="-1">Browsers</h3>
        ${this.#browsers(this.sessions)}
      </section>
      <section aria-labelledby="sign-ins-devices">
        <h3 id="sign-ins-devices">Devices</h3>
        <device-list .now=${now} .call=${call} .devices=${this.devices} .changed=${reload}></device-list>
      </section>
      <section aria-labelledby="sign-ins-tokens">
        <h3 id="sign-ins-tokens">Tokens</h3>
        <token-list .now=${now} .call=${call} .me=${me} .tokens=${this.tokens} .changed=${reload}></token-list>
      </section>
    </dialog>`;
  }
}
customElements.define("sign-ins-dialog", SignInsDialog);
